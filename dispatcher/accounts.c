#include "dispatcher/accounts.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/wire/write.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/entitle.h"
#include "dispatcher/guard/guard.h"
#include "dispatcher/requests/settings.h"

_Static_assert((int)VAULT_OK == (int)GRANT_OK && (int)VAULT_SUSPECT == (int)GRANT_SUSPECT &&
		       (int)VAULT_DEAD == (int)GRANT_DEAD,
	"vault and core name the same states");

static void copy_text(char *out, size_t cap, struct str s)
{
	(void)snprintf(out, cap, "%.*s", STR_ARG(s));
}

/* --- to the core --- */

static void tell_app(struct dispatcher *d, const struct vault_app *a)
{
	struct fact f = {.kind = FACT_APP,
		.app = {.id = a->id,
			.paused = a->paused,
			.weight = (uint16_t)settings_number(d, OWNER_app_weight, a->id),
			.parked_until = a->parked_until}};

	copy_text(f.app.plan, sizeof(f.app.plan), str_of(a->plan));
	turn_fact(d, &f);
}

/* How many effects at once: what the operator said, or 0. */
static uint32_t concurrency_of(const struct dispatcher *d, const struct vault_account *a)
{
	return (uint32_t)settings_number(d, OWNER_account_concurrency, a->id);
}

static uint16_t weight_of(const struct dispatcher *d, const struct vault_account *a)
{
	return (uint16_t)settings_number(d, OWNER_account_weight, a->id);
}

static void tell_account(struct dispatcher *d, const struct vault_account *a)
{
	enum grant_state grant = (enum grant_state)a->grant;
	bool given = vault_is_given(a);

	if (grant == GRANT_OK && given)
		grant = GRANT_SUSPECT; /* nothing to renew with: the access token serves while
					  it lives */
	turn_fact(d, &(struct fact){
			     .kind = FACT_ACCOUNT,
			     .account =
				     {
					     .id = a->id,
					     .app = vault_app_at(d->vault, a->app)->id,
					     .grant = grant,
					     .given = given,
					     .signs = a->kind == VAULT_OAUTH1,
					     .paused = a->paused,
					     .unverified = !settings_number(
						     d, OWNER_account_premium, a->id),
					     .refreshing = a->refreshing,
					     .token_until = a->token_until,
					     .parked_until = a->parked_until,
					     .concurrency = concurrency_of(d, a),
					     .weight = weight_of(d, a),
					     .scopes = scopes_read(str_of(a->scopes)),
				     },
		     });
	guard_tell(d, a->id);
}

/* --- to the store --- */

static void keep_app(struct dispatcher *d, struct vault_app *a)
{
	struct app_row row = {
		.id = a->id,
		.name = str_of(a->name),
		.client_id = str_of(a->client_id),
		.plan = str_of(a->plan),
		.data_key = a->data_key,
		.secret = a->sealed_secret,
		.paused = a->paused,
		.parked_until = a->parked_until,
		.park_cause = str_of(a->park_cause),
	};
	uint32_t id;

	if (!turn_write(d) || turn_fail(d, store_put_app(d->store, &row, &id), NULL))
		return;
	vault_app_has_id(d->vault, a, id);
	a->unsaved = true;
}

static void keep_account(struct dispatcher *d, struct vault_account *a)
{
	struct account_row row = {
		.id = a->id,
		.app = vault_app_at(d->vault, a->app)->id,
		.name = str_of(a->name),
		.user_id = str_of(a->user_id),
		.username = str_of(a->username),
		.scopes = str_of(a->scopes),
		.kind = (uint8_t)a->kind,
		.grant = (uint8_t)a->grant,
		.refreshing = a->refreshing,
		.generation = a->generation,
		.token_until = a->token_until,
		.data_key = a->data_key,
		.access = a->sealed_access,
		.refresh = a->sealed_refresh,
		.paused = a->paused,
		.parked_until = a->parked_until,
		.park_cause = str_of(a->park_cause),
	};
	uint32_t id;

	if (!turn_write(d) || turn_fail(d, store_put_account(d->store, &row, &id), NULL))
		return;
	vault_has_id(d->vault, a, id);
	buf_put(&d->kept_accounts, &id, sizeof(id));
}

/* --- from the store --- */

struct loading {
	struct dispatcher *d;
	enum err err;
	struct errmsg *m;
};

static void load_app(void *ctx, const struct app_row *row)
{
	struct loading *l = ctx;
	struct vault_app a = {
		.id = row->id,
		.data_key = row->data_key,
		.sealed_secret = row->secret,
		.paused = row->paused,
		.parked_until = row->parked_until,
	};

	copy_text(a.name, sizeof(a.name), row->name);
	copy_text(a.client_id, sizeof(a.client_id), row->client_id);
	copy_text(a.plan, sizeof(a.plan), row->plan);
	copy_text(a.park_cause, sizeof(a.park_cause), row->park_cause);
	if (!l->err)
		l->err = vault_load_app(l->d->vault, &a, l->m);
}

static void load_account(void *ctx, const struct account_row *row)
{
	struct loading *l = ctx;
	struct vault_app *app = vault_app_by_id(l->d->vault, row->app);
	struct vault_account a = {
		.id = row->id,
		.kind = (enum vault_kind)row->kind,
		.grant = (enum vault_grant)row->grant,
		.refreshing = row->refreshing,
		.generation = row->generation,
		.token_until = row->token_until,
		.data_key = row->data_key,
		.sealed_access = row->access,
		.sealed_refresh = row->refresh,
		.paused = row->paused,
		.parked_until = row->parked_until,
	};

	if (!l->err && !app && a.grant == VAULT_DEAD)
		l->err = vault_know_gone(l->d->vault, row->app, &app);
	if (l->err)
		return;
	if (!app) {
		l->err = err_say(l->m, ERR_CORRUPT,
			"account %.*s belongs to an app that is not stored",
			STR_ARG(row->name));
		return;
	}
	a.app = vault_app_number(l->d->vault, app);
	copy_text(a.name, sizeof(a.name), row->name);
	copy_text(a.user_id, sizeof(a.user_id), row->user_id);
	copy_text(a.username, sizeof(a.username), row->username);
	copy_text(a.scopes, sizeof(a.scopes), row->scopes);
	copy_text(a.park_cause, sizeof(a.park_cause), row->park_cause);
	l->err = vault_load_account(l->d->vault, &a, l->m);
}

enum err accounts_load(struct dispatcher *d, struct errmsg *m)
{
	struct loading l = {.d = d, .m = m};
	struct vault_account *account;
	struct vault_app *app;

	enum err e = store_each_app(d->store, load_app, &l);
	if (!e)
		e = store_each_account(d->store, load_account, &l);
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	if (l.err)
		return l.err;
	for (uint32_t i = 0; (app = vault_app_at(d->vault, i)); i++)
		if (app->id)
			tell_app(d, app);
	for (uint32_t i = 0; (account = vault_account_at(d->vault, i)); i++) {
		if (account->unsaved) {
			keep_account(d, account);
			if (account->grant == VAULT_SUSPECT)
				audit_note(d, AUDIT_ROOST, "account.suspect",
					whom_of("account", account->name),
					"stopped in the middle of a renewal");
		}
		tell_account(d, account);
	}
	return ERR_OK;
}

/* --- parking --- */

static void park_account(struct dispatcher *d, const struct order *o)
{
	struct vault_account *a = vault_account_by_id(d->vault, o->account);

	ASSERT(a);
	if (o->cause == CAUSE_TOKEN)
		a->grant = VAULT_DEAD;
	else
		a->parked_until = o->until;
	copy_text(a->park_cause, sizeof(a->park_cause), str_of(outcome_cause_name(o->cause)));
	keep_account(d, a);
	audit_note(d, AUDIT_ROOST, o->cause == CAUSE_TOKEN ? "account.lost" : "account.parked",
		whom_of("account", a->name), "cause=%s", a->park_cause);
	log_event(LOG_ACCOUNT, "account=%s parked=%s", a->name, a->park_cause);
}

static void park_app(struct dispatcher *d, const struct order *o)
{
	struct vault_app *a = vault_app_by_id(d->vault, o->app);

	ASSERT(a);
	a->parked_until = o->until;
	copy_text(a->park_cause, sizeof(a->park_cause),
		str_of(o->until ? outcome_cause_name(o->cause) : ""));
	keep_app(d, a);
	audit_note(d, AUDIT_ROOST, o->until ? "app.parked" : "app.unparked",
		whom_of("app", a->name), o->until ? "cause=%s" : "%s", a->park_cause);
	log_event(LOG_ACCOUNT, "app=%s parked=%s", a->name, o->until ? a->park_cause : "no");
}

void accounts_park(struct dispatcher *d, const struct order *o)
{
	if (o->what == PARK_APP)
		park_app(d, o);
	else if (o->what == PARK_ACCOUNT)
		park_account(d, o);
	else
		log_event(LOG_ACCOUNT, "app=%s reads_parked=%s",
			vault_app_by_id(d->vault, o->app)->name, outcome_cause_name(o->cause));
}

/* --- administration --- */

static void answer_ok(
	struct dispatcher *d, const struct request *r, const char *key, const char *value)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	answer_text(&a, key, value);
	answer_close(&a);
}

static bool is_plan(const struct dispatcher *d, struct str plan)
{
	return limits_has_plan(d->limits, plan) || entitlements_has_plan(d->entitlements, plan);
}

enum err accounts_check_plan(const struct dispatcher *d, struct str plan, struct errmsg *m)
{
	if (is_plan(d, plan))
		return ERR_OK;
	err_say(m, ERR_INVALID,
		"plans are payg, enterprise, free, basic and pro, and those of your own tables "
		"(x.limits, x.entitlements)");
	return err_at(m, ERR_INVALID, "plan");
}

void accounts_app_changed(struct dispatcher *d, struct vault_app *app, struct str plan)
{
	const struct vault_account *a;

	if (plan.len) {
		entitle_forget(d, app->id);
		copy_text(app->plan, sizeof(app->plan), plan);
		keep_app(d, app);
	}
	if (d->failed)
		return;
	tell_app(d, app);
	for (uint32_t i = 0; (a = vault_account_at(d->vault, i)); i++)
		if (vault_app_at(d->vault, a->app) == app)
			guard_tell(d, a->id);
}

void accounts_keep_app(struct dispatcher *d, struct vault_app *app)
{
	keep_app(d, app);
}

void accounts_keep_only(struct dispatcher *d, struct vault_account *account)
{
	keep_account(d, account);
}

void accounts_keep(struct dispatcher *d, struct vault_account *account)
{
	keep_account(d, account);
	if (!d->failed)
		tell_account(d, account);
}

void accounts_changed(struct dispatcher *d, struct vault_account *account)
{
	if (!d->failed)
		tell_account(d, account);
}

void accounts_app_add(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_app_add in = {.plan = str_of("payg")};
	struct vault_app *app;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_APP_ADD, &in, &m);
	if (!e)
		e = accounts_check_plan(d, in.plan, &m);
	if (!e)
		e = vault_set_app(d->vault,
			&(struct vault_app_set){
				in.name, in.plan, in.client_id, in.client_secret},
			&app, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	keep_app(d, app);
	if (!d->failed)
		tell_app(d, app);
	audit_note(d, agent, "app.added", whom_of("app", app->name),
		"plan=%s client_id=%s secret=%s", app->plan, app->client_id,
		app->sealed_secret.len ? "sealed" : "none");
	answer_ok(d, r, "app", app->name);
	turn_orders(d);
}

void accounts_app_list(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct vault_app *app;
	struct answer a;
	uint32_t count = 0;

	(void)agent;
	answer_open(&a, d->outbox, r, true);
	struct buf *out = answer_key(&a, "apps");
	size_t mark = wire_array_later(out);
	for (uint32_t i = 0; (app = vault_app_at(d->vault, i)); i++) {
		bool parked = app->parked_until > d->now.wall;

		if (app->gone)
			continue;
		wire_put_map(out, 8);
		wire_pair_text(out, "name", app->name);
		wire_pair_text(out, "client_id", app->client_id);
		wire_pair_text(out, "plan", app->plan);
		wire_pair_bool(out, "public", app->sealed_secret.len == 0);
		wire_pair_text(out, "state",
			app->paused ? "paused"
			: parked    ? "parked"
				    : "active");
		wire_pair_text(out, "park_cause", parked ? app->park_cause : NULL);
		wire_put_text(out, "refusals");
		entitle_put(d, app->id, out);
		wire_put_text(out, "settings");
		settings_put(d, OWNER_app, app->id, out);
		count++;
	}
	wire_array_end(out, mark, count);
	answer_close(&a);
}

void accounts_set_app_paused(struct dispatcher *d, struct vault_app *app, bool paused)
{
	app->paused = paused;
	if (!paused)
		app->parked_until = 0;
	keep_app(d, app);
	if (!d->failed)
		tell_app(d, app);
}

void accounts_set_paused(struct dispatcher *d, struct vault_account *a, bool paused)
{
	ASSERT(a);
	a->paused = paused;
	if (!paused)
		a->parked_until = 0;
	keep_account(d, a);
	if (!d->failed)
		tell_account(d, a);
	log_event(LOG_ACCOUNT, "account=%s paused=%s", a->name, paused ? "true" : "false");
}

static void set_paused(
	struct dispatcher *d, const struct request *r, uint32_t agent, bool paused)
{
	struct msg_name in = {0};
	struct errmsg m;
	char shown[80];

	enum err e =
		message_read(r->root, paused ? MSG_ACCOUNT_PAUSE : MSG_ACCOUNT_RESUME, &in, &m);
	struct vault_account *a = e ? NULL : vault_account_named(d->vault, in.name);
	if (!e && !a)
		e = err_say(&m, ERR_NOT_FOUND, "there is no account '%s'",
			text_show(in.name, shown, sizeof(shown)));
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	accounts_set_paused(d, a, paused);
	audit_note(
		d, agent, paused ? "paused" : "resumed", whom_of("account", a->name), "%s", "");
	answer_ok(d, r, "account", a->name);
	turn_orders(d);
}

void accounts_pause(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	set_paused(d, r, agent, true);
}

void accounts_resume(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	set_paused(d, r, agent, false);
}
