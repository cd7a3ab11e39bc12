#include <stdio.h>
#include <string.h>

#include "tests/xsim/call.h"
#include "tests/xsim/demo.h"

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
	answer_json(c, 200, stats_json(&c->x->stats, &c->x->oauth));
}

static const struct {
	const char *method, *path;
	void (*handle)(struct call *c);
} paths[] = {
	{"GET", "/_xsim/accounts", list_accounts},
	{"GET", "/_xsim/app", show_app},
	{"GET", "/_xsim/ledger", show_ledger},
	{"GET", "/_xsim/stats", show_stats},
};

void admin_handle(struct xsim *x, const struct httpd_request *r, struct httpd_answer *a)
{
	struct call c = {.x = x, .r = r, .a = a};

	a->status = 404;
	for (size_t i = 0; r->local && i < COUNT_OF(paths); i++) {
		if (!str_is(r->path, paths[i].path) || !str_is(r->method, paths[i].method))
			continue;
		a->status = 200;
		if (params_parse(&c.query, r->query))
			answer_invalid(&c, NULL, r->query, "The query cannot be read");
		else
			paths[i].handle(&c);
	}
	params_done(&c.query);
	json_decref(c.body);
}
