#include "dispatcher/requests/pause.h"

#include <stdio.h>

#include "common/base/log.h"
#include "common/wire/write.h"
#include "common/xapi/entitle.h"
#include "dispatcher/accounts.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/requests/present.h"

#define OWNER     1   /* of every row of PAUSE_KIND */
#define ALL       "*" /* the name of the row for everything; others have an action's */
#define KINDS_ALL ((uint8_t)((1u << POST_KIND_COUNT) - 1))

/* --- to the core and the store --- */

static void tell(struct dispatcher *d, enum call call, uint8_t kinds, bool paused)
{
	turn_fact(d, &(struct fact){.kind = FACT_PAUSE,
			     .pause = {.call = call, .kinds = kinds, .paused = paused}});
}

static void tell_action(struct dispatcher *d, const struct action *a, bool paused)
{
	uint8_t kinds = KINDS_ALL;

	if (a->call == CALL_CREATE_POST)
		kinds = (uint8_t)(1u << action_kind(a));
	tell(d, a->call, kinds, paused);
	if (a->other_when[0] && a->other_call != a->call)
		tell(d, a->other_call, KINDS_ALL, paused);
}

static void keep(struct dispatcher *d, const char *name, bool paused)
{
	struct setting_row row = {.kind = PAUSE_KIND,
		.owner = OWNER,
		.name = str_of(name),
		.value = str_of(paused ? "paused" : "")};

	if (turn_write(d))
		turn_fail(d, store_put_setting(d->store, &row), NULL);
}

static void load_one(void *ctx, const struct setting_row *r)
{
	struct dispatcher *d = ctx;
	const struct action *a = action_find(r->name);

	if (r->kind != PAUSE_KIND)
		return;
	if (str_is(r->name, ALL))
		tell(d, CALL_COUNT, 0, true);
	else if (a)
		tell_action(d, a, true);
}

enum err pause_load(struct dispatcher *d, struct errmsg *m)
{
	enum err e = store_each_setting(d->store, load_one, d);

	return e ? err_say(m, e, "%s", store_words(d->store)) : ERR_OK;
}

/* --- the answer --- */

struct listing {
	const struct dispatcher *d;
	struct buf *out;
	uint32_t count;
	bool all;
};

static void put_action(void *ctx, const struct setting_row *r)
{
	struct listing *l = ctx;

	if (r->kind != PAUSE_KIND)
		return;
	if (str_is(r->name, ALL)) {
		l->all = true;
		return;
	}
	wire_put_str(l->out, r->name);
	l->count++;
}

static void put_apps(struct dispatcher *d, struct buf *out)
{
	const struct vault_app *app;
	uint32_t count = 0;
	size_t mark = wire_array_later(out);

	for (uint32_t i = 0; (app = vault_app_at(d->vault, i)); i++)
		if (app->paused) {
			wire_put_text(out, app->name);
			count++;
		}
	wire_array_end(out, mark, count);
}

static void put_accounts(struct dispatcher *d, struct buf *out)
{
	const struct vault_account *a;
	uint32_t count = 0;
	size_t mark = wire_array_later(out);

	for (uint32_t i = 0; (a = vault_account_at(d->vault, i)); i++)
		if (a->paused) {
			wire_put_text(out, a->name);
			count++;
		}
	wire_array_end(out, mark, count);
}

static void put_breaker(void *ctx, const struct core_breaker *b)
{
	struct listing *l = ctx;
	const struct vault_app *app = vault_app_by_id(l->d->vault, b->app);

	wire_put_map(l->out, 3);
	wire_pair_text(l->out, "app", app ? app->name : "?");
	wire_pair_text(
		l->out, "call", b->call == CALL_COUNT ? NULL : call_info(b->call)->operation);
	present_time(l->out, "next_try_at", b->until);
	l->count++;
}

static void answer(struct dispatcher *d, const struct request *r)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	struct listing actions = {.out = answer_key(&a, "actions")};
	size_t mark = wire_array_later(actions.out);
	turn_fail(d, store_each_setting(d->store, put_action, &actions), NULL);
	wire_array_end(actions.out, mark, actions.count);
	wire_put_bool(answer_key(&a, "everything"), actions.all);
	put_apps(d, answer_key(&a, "apps"));
	put_accounts(d, answer_key(&a, "accounts"));
	struct listing breakers = {.d = d, .out = answer_key(&a, "breakers")};
	mark = wire_array_later(breakers.out);
	core_each_breaker(d->core, put_breaker, &breakers);
	wire_array_end(breakers.out, mark, breakers.count);
	answer_close(&a);
	turn_orders(d);
}

/* --- requests --- */

static enum err no_such(const char *what, struct str name, struct errmsg *m)
{
	char shown[80];

	err_say(m, ERR_NOT_FOUND, "there is no %s '%s'", what,
		text_show(name, shown, sizeof(shown)));
	return err_at(m, ERR_NOT_FOUND, "%s", what);
}

/* What a request names; NULL what it does not. */
struct named {
	struct vault_app *app;
	struct vault_account *account;
	const struct action *action;
};

static enum err find(
	struct dispatcher *d, const struct msg_pause *in, struct named *ret, struct errmsg *m)
{
	*ret = (struct named){0};
	if (in->app.len && !(ret->app = vault_app_named(d->vault, in->app)))
		return no_such("app", in->app, m);
	if (in->account.len && !(ret->account = vault_account_named(d->vault, in->account)))
		return no_such("account", in->account, m);
	if (in->action.len && !(ret->action = action_find(in->action)))
		return no_such("action", in->action, m);
	return ERR_OK;
}

static void set(struct dispatcher *d, const struct named *n, bool paused)
{
	if (n->app)
		accounts_set_app_paused(d, n->app, paused);
	if (n->account)
		accounts_set_paused(d, n->account, paused);
	if (n->action) {
		keep(d, n->action->name, paused);
		tell_action(d, n->action, paused);
	}
	if (n->app || n->account || n->action)
		return;
	keep(d, ALL, paused);
	tell(d, CALL_COUNT, 0, paused);
}

static void note(struct dispatcher *d, uint32_t agent, const struct named *n, bool paused)
{
	const char *what = paused ? "paused" : "resumed";

	if (n->app)
		audit_note(d, agent, what, whom_of("app", n->app->name), "%s", "");
	if (n->account)
		audit_note(d, agent, what, whom_of("account", n->account->name), "%s", "");
	if (n->action)
		audit_note(d, agent, what, whom_of("action", n->action->name), "%s", "");
	if (!n->app && !n->account && !n->action)
		audit_note(d, agent, what, whom_of("everything", ""), "%s", "");
}

static void change(struct dispatcher *d, const struct request *r, uint32_t agent, bool paused)
{
	struct msg_pause in = {0};
	struct named n;
	struct errmsg m;

	enum err e = message_read(r->root, paused ? MSG_PAUSE : MSG_RESUME, &in, &m);
	if (!e)
		e = find(d, &in, &n, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	set(d, &n, paused);
	note(d, agent, &n, paused);
	log_event(LOG_PAUSED, "app=%s account=%s action=%s paused=%s",
		n.app ? n.app->name : "-", n.account ? n.account->name : "-",
		n.action ? n.action->name : "-", paused ? "true" : "false");
	answer(d, r);
}

void pause_pause(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	change(d, r, agent, true);
}

void pause_resume(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	change(d, r, agent, false);
}

void pause_list(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct errmsg m;

	(void)agent;
	enum err e = message_read(r->root, MSG_PAUSES, NULL, &m);
	if (e)
		answer_error(d->outbox, r, e, &m);
	else
		answer(d, r);
}
