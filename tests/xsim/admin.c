#include <stdio.h>
#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/world/demo.h"

#define LINES "application/x-ndjson"

static int put_bytes(const char *p, size_t n, void *buf)
{
	buf_put(buf, p, n);
	return 0;
}

/* One account as roost imports it. The caller's. */
static json_t *account_json(const struct xsim *x, uint32_t grant)
{
	const struct grant *g = oauth_at(&x->oauth, grant);
	const struct user *u = world_user(&x->world, g->user);
	json_t *scopes = need_json(json_array());
	char list[SCOPES_LEN], *next = list, id[24];

	snprintf(id, sizeof(id), "%llu", (unsigned long long)u->id);
	snprintf(list, sizeof(list), "%s", g->scopes);
	for (char *scope; (scope = strsep(&next, " ")) != NULL;)
		json_array_append_new(scopes, need_json(json_string(scope)));
	return need_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s*,s:I,s:o}", "name", u->username,
		"app", x->oauth.apps[g->app].name, "user_id", id, "username", u->username,
		"access_token", g->access, "refresh_token", g->refresh[0] ? g->refresh : NULL,
		"expires_at", (json_int_t)(g->expires_at / USEC_MSEC), "scopes", scopes));
}

static void list_accounts(struct call *c)
{
	c->a->type = LINES;
	for (uint32_t i = 0; i < c->x->oauth.grants.count; i++) {
		if (oauth_at(&c->x->oauth, i)->dead)
			continue;
		AUTO_JSON line = account_json(c->x, i);
		if (json_dump_callback(line, put_bytes, &c->a->body, JSON_COMPACT))
			out_of_memory();
		buf_byte(&c->a->body, '\n');
	}
}

/* The same with keys of OAuth 1.0a in the place of tokens. */
static void list_keys(struct call *c)
{
	const struct oauth *o = &c->x->oauth;

	c->a->type = LINES;
	for (uint32_t i = 0; i < o->grants.count; i++) {
		const struct grant *g = oauth_at(o, i);
		const struct user *u = world_user(&c->x->world, g->user);
		char id[24];

		if (g->dead)
			continue;
		snprintf(id, sizeof(id), "%llu", (unsigned long long)u->id);
		AUTO_JSON line = need_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}",
			"name", u->username, "app", o->apps[g->app].name, "user_id", id,
			"username", u->username, "api_key", o->apps[g->app].api_key,
			"api_secret", o->apps[g->app].api_secret, "access_token", g->token1,
			"access_token_secret", g->secret1));
		if (json_dump_callback(line, put_bytes, &c->a->body, JSON_COMPACT))
			out_of_memory();
		buf_byte(&c->a->body, '\n');
	}
}

static void show_app(struct call *c)
{
	const struct app *a = &c->x->oauth.apps[0];
	const struct app *p = &c->x->oauth.apps[1];

	answer_json(c, 200,
		json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:s}}", "name", a->name, "client_id",
			a->client_id, "client_secret", a->client_secret, "redirect_uri",
			a->redirect_uris[0], "bearer_token", a->bearer, "plan",
			c->x->o.enterprise ? "enterprise" : "payg", "public", "name", p->name,
			"client_id", p->client_id));
}

static void show_ledger(struct call *c)
{
	struct str since = params_get(&c->query, "since");
	int64_t seq = 0;

	if (since.len && text_to_int(since, 0, INT64_MAX, &seq)) {
		answer_invalid(c, "since", since, "since is a number");
		return;
	}
	c->a->type = LINES;
	ledger_read(&c->x->ledger, (uint64_t)seq, &c->a->body);
	httpd_header(c->a, "x-xsim-last", "%llu", (unsigned long long)c->x->ledger.count);
}

static void show_stats(struct call *c)
{
	json_t *j = stats_json(&c->x->stats, &c->x->oauth);

	json_object_set_new(
		j, "faults", need_json(json_integer((json_int_t)c->x->faults.struck)));
	answer_json(c, 200, j);
}

/* --- changes --- */

static void say_done(struct call *c)
{
	answer_json(c, 200, json_pack("{s:b}", "ok", 1));
}

static void show_faults(struct call *c)
{
	answer_json(c, 200, faults_json(&c->x->faults));
}

static void add_fault(struct call *c)
{
	char words[160];

	if (faults_add(&c->x->faults, c->body, words, sizeof(words)))
		say_done(c);
	else
		answer_invalid(c, NULL, c->r->body, "%s", words);
}

static void drop_faults(struct call *c)
{
	c->x->faults.count = 0;
	say_done(c);
}

/* Whether the body has no other keys than these, separated by blanks. False: it has answered.
 */
static bool has_only(struct call *c, const char *keys)
{
	const char *key;
	json_t *value;

	json_object_foreach(c->body, key, value)
	{
		if (oauth_has_scope(keys, key))
			continue;
		answer_invalid(c, NULL, c->r->body, "the keys are: %s", keys);
		return false;
	}
	return true;
}

static void set_windows(struct call *c)
{
	const json_t *scale = json_object_get(c->body, "scale");
	double to = json_number_value(scale);

	if (!has_only(c, "scale reset"))
		return;
	if (scale && !(to >= 0.01 && to <= 1e6)) {
		answer_invalid(c, NULL, c->r->body, "scale is 0.01 to 1000000");
		return;
	}
	if (scale)
		windows_set_scale(&c->x->windows, to);
	if (json_is_true(json_object_get(c->body, "reset")))
		windows_reset(&c->x->windows);
	say_done(c);
}

static void set_flag(const json_t *body, const char *key, bool *flag)
{
	const json_t *v = json_object_get(body, key);

	if (json_is_boolean(v))
		*flag = json_is_true(v);
}

static void set_grant(struct call *c, uint32_t grant)
{
	struct oauth *o = &c->x->oauth;
	const char *scopes = json_string_value(json_object_get(c->body, "scopes"));
	struct grant *g = oauth_at(o, grant);

	if (scopes)
		snprintf(g->scopes, sizeof(g->scopes), "%s", scopes);
	if (json_is_true(json_object_get(c->body, "expire")))
		oauth_expire(o, grant, c->r->now.wall);
	if (json_is_true(json_object_get(c->body, "revoke")))
		oauth_revoke(o, str_of(g->refresh[0] ? g->refresh : g->access), g->app);
}

static void set_account(struct call *c)
{
	struct world *w = &c->x->world;
	const char *name = json_string_value(json_object_get(c->body, "username"));
	uint32_t user = name ? world_find_name(w, str_of(name)) : NOBODY;

	if (!has_only(c, "username protected premium dm_closed scopes expire revoke"))
		return;
	if (user == NOBODY) {
		answer_invalid(c, NULL, c->r->body, "there is no such username");
		return;
	}
	struct user *u = world_user(w, user);
	set_flag(c->body, "protected", &u->is_protected);
	set_flag(c->body, "premium", &u->premium);
	set_flag(c->body, "dm_closed", &u->dm_closed);
	uint32_t grant = oauth_grant_of(&c->x->oauth, user);
	if (grant != OAUTH_NONE)
		set_grant(c, grant);
	say_done(c);
}

/* Registers one more callback with both apps. */
static void set_app(struct call *c)
{
	const char *uri = json_string_value(json_object_get(c->body, "redirect_uri"));
	bool room = uri && strlen(uri) < sizeof(c->x->oauth.apps[0].redirect_uris[0]);

	if (!has_only(c, "redirect_uri"))
		return;
	for (uint32_t i = 0; room && i < APP_COUNT; i++)
		room = oauth_is_redirect(&c->x->oauth, i, str_of(uri)) ||
		       oauth_add_redirect(&c->x->oauth, i, str_of(uri));
	if (room)
		say_done(c);
	else
		answer_invalid(c, NULL, c->r->body,
			"redirect_uri is a text, and an app has at most %d", REDIRECTS_MAX);
}

static const struct {
	const char *method, *path;
	void (*handle)(struct call *c);
} paths[] = {
	{"GET", "/_xsim/accounts", list_accounts},
	{"POST", "/_xsim/accounts", set_account},
	{"GET", "/_xsim/keys", list_keys},
	{"GET", "/_xsim/app", show_app},
	{"POST", "/_xsim/app", set_app},
	{"GET", "/_xsim/ledger", show_ledger},
	{"GET", "/_xsim/stats", show_stats},
	{"GET", "/_xsim/faults", show_faults},
	{"POST", "/_xsim/faults", add_fault},
	{"DELETE", "/_xsim/faults", drop_faults},
	{"POST", "/_xsim/windows", set_windows},
};

static void lead(struct call *c, size_t path)
{
	bool post = strcmp(paths[path].method, "POST") == 0;

	c->a->status = 200;
	if (post)
		c->body =
			json_loadb(c->r->body.at, c->r->body.len, JSON_REJECT_DUPLICATES, NULL);
	if (post && !json_is_object(c->body))
		answer_invalid(c, NULL, c->r->body, "the body must be a JSON object");
	else if (params_parse(&c->query, c->r->query))
		answer_invalid(c, NULL, c->r->query, "The query cannot be read");
	else
		paths[path].handle(c);
}

void admin_handle(struct xsim *x, const struct httpd_request *r, struct httpd_answer *a)
{
	struct call c = {.x = x, .r = r, .a = a};

	a->status = 404;
	for (size_t i = 0; r->local && i < COUNT_OF(paths); i++)
		if (str_is(r->path, paths[i].path) && str_is(r->method, paths[i].method))
			lead(&c, i);
	params_done(&c.query);
	json_decref(c.body);
}
