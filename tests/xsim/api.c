#include <stdio.h>
#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/generic.h"
#include "tests/xsim/calls/schema.h"
#include "tests/xsim/calls/values.h"
#include "tests/xsim/oauth/sign.h"

#define API_VERSION "2.167"

struct user *call_user(const struct call *c)
{
	return world_user(&c->x->world, c->user);
}

uint64_t id_of(struct str text)
{
	uint64_t id = 0;

	for (size_t i = 0; i < text.len; i++)
		id = id * 10 + (uint64_t)(text.at[i] - '0');
	return id;
}

uint64_t call_id(const struct call *c, size_t param)
{
	return id_of(c->path[param]);
}

uint64_t body_id(const struct call *c, const char *name)
{
	return id_of(str_of(json_string_value(json_object_get(c->body, name))));
}

bool list_next(struct str *rest, struct str *item)
{
	const char *comma = rest->len ? memchr(rest->at, ',', rest->len) : NULL;

	if (!rest->at)
		return false;
	*item = (struct str){rest->at, comma ? (size_t)(comma - rest->at) : rest->len};
	*rest = comma ? (struct str){comma + 1, rest->len - item->len - 1}
		      : (struct str){NULL, 0};
	return true;
}

static size_t route_number(const struct call *c)
{
	return (size_t)(c->route - routes);
}

void call_effect(struct call *c, const struct effect *e)
{
	const struct user *u = call_user(c);
	char print[20];
	uint64_t hash = text_hash(c->grant->access, strlen(c->grant->access));

	snprintf(print, sizeof(print), "%08x", (unsigned)(hash >> 32));
	AUTO_JSON line = need_json(json_pack(
		"{s:I,s:o,s:s,s:s,s:s,s:s%,s:o*,s:s*,s:o*,s:b,s:I,s:s,s:O*}", "time_ms",
		(json_int_t)(c->r->now.wall / USEC_MSEC), "account", id_json(u->id), "username",
		u->username, "action", e->action, "method", c->route->method, "path",
		c->r->path.at, c->r->path.len, "id", e->id ? id_json(e->id) : NULL, "text",
		e->text, "target", e->target ? id_json(e->target) : NULL, "changed",
		!e->unchanged, "request", (json_int_t)c->r->number, "token", print, "media",
		e->media));
	ledger_add(&c->x->ledger, line);
	c->x->stats.effects++;
	c->x->stats.post_effects += strcmp(c->route->method, "POST") == 0;
}

static struct str bearer_of(const struct httpd_request *r)
{
	struct str value = httpd_request_header(r, "authorization");

	if (value.len < 7 || !http_is((struct str){value.at, 7}, "Bearer "))
		return (struct str){"", 0};
	return (struct str){value.at + 7, value.len - 7};
}

/* The grant whose keys signed it, if it is signed; else OAUTH_NONE. */
static uint32_t signer_of(struct call *c)
{
	struct str value = httpd_request_header(c->r, "authorization");
	struct str host = httpd_request_header(c->r, "host");
	uint32_t grant;
	struct buf url;

	if (!str_has_prefix(value, "OAuth "))
		return OAUTH_NONE;
	buf_init(&url, OAUTH1_BASE_MAX);
	buf_fmt(&url, "%s://%.*s%.*s%s%.*s", c->x->o.tls ? "https" : "http", STR_ARG(host),
		STR_ARG(c->r->path), c->r->query.len ? "?" : "", STR_ARG(c->r->query));
	struct oauth1_request r = {.method = c->r->method, .url = buf_view(&url)};
	grant = sign_check(&c->x->oauth, value, &r, c->r->now.wall);
	buf_done(&url);
	return grant;
}

/* Whose token is it? */
static bool authenticate(struct call *c)
{
	struct oauth *o = &c->x->oauth;
	struct str token = bearer_of(c->r);
	uint32_t grant = oauth_find_access(o, token, c->r->now.wall);

	if (grant == OAUTH_NONE)
		grant = signer_of(c);

	c->user = NOBODY;
	if (grant != OAUTH_NONE) {
		c->grant = oauth_at(o, grant);
		c->user = c->grant->user;
		c->app = c->grant->app;
		return true;
	}
	c->app = oauth_find_bearer(o, token);
	if (c->app == OAUTH_NONE) {
		answer_fixture(c, "401-invalid-token");
		return false;
	}
	if (!(c->route->flags & ROUTE_APP_OK))
		answer_fixture(c, "403-unsupported-authentication");
	return c->route->flags & ROUTE_APP_OK;
}

static bool pass_windows(struct call *c)
{
	size_t limit;

	if (windows_take(
		    &c->x->windows, route_number(c), c->user, c->app, c->r->now.wall, &limit))
		return true;
	c->x->stats.limited++;
	answer_fixture(c, "429-rate-limit");
	return false;
}

struct shape call_shape(const struct call *c)
{
	struct str tweet = params_get(&c->query, "tweet.fields");

	return (struct shape){
		.user = params_get(&c->query, "user.fields"),
		.post = tweet.at ? tweet : params_get(&c->query, "post.fields"),
		.dm = params_get(&c->query, "dm_event.fields"),
		.new_names = !tweet.at && params_get(&c->query, "post.fields").at,
	};
}

static bool has_scopes(struct call *c)
{
	char scopes[200], *next = scopes;

	if (!c->grant)
		return true;
	snprintf(scopes, sizeof(scopes), "%s", c->route->scopes);
	for (char *scope; (scope = strsep(&next, " ")) != NULL;) {
		if (!scope[0] || oauth_has_scope(c->grant->scopes, scope))
			continue;
		answer_fixture(c, "403-missing-scope");
		return false;
	}
	return true;
}

/* Is what the path has for {…} an id, and the right one? */
static bool check_path(struct call *c)
{
	const char *brace = c->route->path;
	char name[40];

	if (c->route->spec)
		return generic_check_path(c);
	for (size_t i = 0; i < ROUTE_PARAMS_MAX && (brace = strchr(brace, '{')) != NULL; i++) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(brace + 1, "}"), brace + 1);
		brace++;
		if (i == 0 && c->route->flags & ROUTE_TEXT_ID)
			continue;
		if (!text_is_x_id(c->path[i])) {
			answer_invalid(c, name, c->path[i],
				"The `%s` query parameter value [%.*s] is not valid", name,
				STR_ARG(c->path[i]));
			return false;
		}
		if (i == 0 && c->route->flags & ROUTE_SELF &&
			call_id(c, 0) != call_user(c)->id) {
			answer_invalid(c, name, c->path[i],
				"The `%s` query parameter value [%.*s] must be the same as the "
				"authenticating user [%llu]",
				name, STR_ARG(c->path[i]),
				(unsigned long long)call_user(c)->id);
			return false;
		}
	}
	return true;
}

static bool check_query(struct call *c)
{
	if (params_parse(&c->query, c->r->query)) {
		answer_invalid(c, NULL, c->r->query, "The query cannot be read");
		return false;
	}
	if (c->route->spec)
		return generic_check_query(c);
	for (size_t i = 0; i < c->query.count; i++) {
		char name[64];

		text_show(c->query.items[i].name, name, sizeof(name));
		if (!oauth_has_scope(c->route->params, name)) {
			answer_invalid(c, name, c->query.items[i].value,
				"The query parameter [%s] is not one of [%s]", name,
				c->route->params);
			return false;
		}
		if (!value_check(c, name, c->query.items[i].value))
			return false;
	}
	return true;
}

static bool check_body(struct call *c)
{
	struct str type = httpd_request_header(c->r, "content-type");
	const json_t *spec = json_object_get(c->route->spec, "body");
	char words[512];

	if (!c->route->body[0] && !spec)
		return true;
	if (!http_is((struct str){type.at, strcspn(type.at ? type.at : "", "; \r")},
		    "application/json")) {
		answer_invalid(c, NULL, type,
			"Requests with bodies must have content-type of application/json.");
		return false;
	}
	c->body = json_loadb(
		c->r->body.at, c->r->body.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	if (!c->body) {
		answer_invalid(
			c, NULL, c->r->body, "Request body could not be parsed as JSON.");
		return false;
	}
	if (spec ? !schema_check_json(spec, c->body, words, sizeof(words))
		 : !schema_check(c->route->body, c->body, words, sizeof(words))) {
		answer_invalid(c, NULL, c->r->body, "%s", words);
		return false;
	}
	return true;
}

static bool check_plan(struct call *c)
{
	if (c->x->o.enterprise || !(c->route->flags & ROUTE_ENTERPRISE))
		return true;
	answer_fixture(c, "403-not-permitted-or-too-long");
	return false;
}

/* The doors of every call, in order; each answers by itself when it does not open. */
static bool (*const doors[])(struct call *) = {
	pass_windows,
	has_scopes,
	check_path,
	check_query,
	check_body,
	check_plan,
};

static void pass_doors(struct call *c)
{
	size_t i = 0;

	while (i < COUNT_OF(doors) && doors[i](c))
		i++;
	if (i == COUNT_OF(doors))
		c->route->handle(c);
}

/* Whether a fault answers in the place of the call. */
static bool is_struck(struct call *c, bool *ret_shuts)
{
	const struct fault *f =
		faults_strike(&c->x->faults, FAULT_BEFORE, route_number(c), c->r->nth);

	*ret_shuts = f && f->kind->shuts;
	if (f)
		fault_apply(f, c->a);
	if (*ret_shuts)
		windows_shut(&c->x->windows, route_number(c), c->user, c->app, c->r->now.wall);
	return f != NULL;
}

static void lead(struct call *c)
{
	bool limits = true;

	if (!authenticate(c))
		return;
	if (!is_struck(c, &limits)) {
		limits = true;
		pass_doors(c);
	}
	if (limits)
		windows_headers(
			&c->x->windows, route_number(c), c->user, c->app, c->r->now.wall, c->a);
	httpd_header(
		c->a, "x-access-level", "%s", c->grant ? "read-write-directmessages" : "read");
}

void api_handle(struct xsim *x, const struct httpd_request *r, struct httpd_answer *a)
{
	struct call c = {.x = x, .r = r, .a = a};
	bool known;

	a->delay = x->o.latency;
	c.route = route_find(r->method, r->path, c.path, &known);
	if (!c.route) {
		x->stats.unknown_paths++;
		a->status = known ? 405 : 404;
		return;
	}
	x->stats.seen[route_number(&c)]++;
	lead(&c);
	const struct fault *f =
		faults_strike(&x->faults, FAULT_AFTER, route_number(&c), r->nth);
	if (f)
		fault_apply(f, a);
	stats_answer(&x->stats, route_number(&c), a->status);
	httpd_header(a, "api-version", "%s", API_VERSION);
	httpd_header(a, "x-transaction-id", "%016llx",
		(unsigned long long)r->number * 0x9e3779b97f4a7c15ULL);
	httpd_header(a, "x-response-time", "1");
	params_done(&c.query);
	json_decref(c.body);
}
