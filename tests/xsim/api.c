#include <stdio.h>
#include <string.h>

#include "tests/xsim/call.h"
#include "tests/xsim/schema.h"

#define API_VERSION "2.167"

struct user *call_user(const struct call *c)
{
	return world_user(&c->x->world, c->user);
}

uint64_t call_id(const struct call *c, size_t param)
{
	uint64_t id = 0;

	for (size_t i = 0; i < c->path[param].len; i++)
		id = id * 10 + (uint64_t)(c->path[param].at[i] - '0');
	return id;
}

static size_t route_number(const struct call *c)
{
	return (size_t)(c->route - routes);
}

void call_effect(
	struct call *c, const char *action, uint64_t id, const char *text, const char *target)
{
	const struct user *u = call_user(c);
	char number[24], owner[24], print[20];
	uint64_t hash = text_hash(c->grant->access, strlen(c->grant->access));

	snprintf(owner, sizeof(owner), "%llu", (unsigned long long)u->id);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)id);
	snprintf(print, sizeof(print), "%08x", (unsigned)(hash >> 32));
	AUTO_JSON line = need_json(
		json_pack("{s:I,s:s,s:s,s:s,s:s,s:s%,s:s*,s:s*,s:s*,s:I,s:s}", "time_ms",
			(json_int_t)(c->r->now.wall / USEC_MSEC), "account", owner, "username",
			u->username, "action", action, "method", c->route->method, "path",
			c->r->path.at, c->r->path.len, "id", id ? number : NULL, "text", text,
			"target", target, "request", (json_int_t)c->r->number, "token", print));
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

/* Whose token is it? */
static bool authenticate(struct call *c)
{
	struct oauth *o = &c->x->oauth;
	struct str token = bearer_of(c->r);
	uint32_t grant = oauth_find_access(o, token, c->r->now.wall);

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

static bool has_scopes(struct call *c)
{
	char scopes[200], *next = scopes;

	if (!c->grant)
		return true;
	snprintf(scopes, sizeof(scopes), "%s", c->route->scopes);
	for (char *scope; (scope = strsep(&next, " ")) != NULL;) {
		if (oauth_has_scope(c->grant->scopes, scope))
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
	for (size_t i = 0; i < c->query.count; i++) {
		char name[64];

		text_show(c->query.items[i].name, name, sizeof(name));
		if (oauth_has_scope(c->route->params, name))
			continue;
		answer_invalid(c, name, c->query.items[i].value,
			"The query parameter [%s] is not one of [%s]", name, c->route->params);
		return false;
	}
	return true;
}

static bool check_body(struct call *c)
{
	struct str type = httpd_request_header(c->r, "content-type");
	char words[512];

	if (!c->route->body[0])
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
	if (!schema_check(c->route->body, c->body, words, sizeof(words))) {
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

static void lead(struct call *c)
{
	if (!authenticate(c))
		return;
	size_t i = 0;
	while (i < COUNT_OF(doors) && doors[i](c))
		i++;
	if (i == COUNT_OF(doors))
		c->route->handle(c);
	windows_headers(&c->x->windows, route_number(c), c->user, c->app, c->r->now.wall, c->a);
	httpd_header(
		c->a, "x-access-level", "%s", c->grant ? "read-write-directmessages" : "read");
}

void api_handle(struct xsim *x, const struct httpd_request *r, struct httpd_answer *a)
{
	struct call c = {.x = x, .r = r, .a = a};
	bool known;

	c.route = route_find(r->method, r->path, c.path, &known);
	if (!c.route) {
		x->stats.unknown_paths++;
		a->status = known ? 405 : 404;
		return;
	}
	x->stats.seen[route_number(&c)]++;
	lead(&c);
	stats_answer(&x->stats, route_number(&c), a->status);
	httpd_header(a, "api-version", "%s", API_VERSION);
	httpd_header(a, "x-transaction-id", "%016llx",
		(unsigned long long)(r->number * 0x9e3779b97f4a7c15));
	httpd_header(a, "x-response-time", "1");
	params_done(&c.query);
	json_decref(c.body);
}
