/* party.c - apps and accounts */
#include <stdio.h>

#include "common/base/mem.h"
#include "dispatcher/core/inside.h"

#define TOKEN_LEAST USEC_MIN        /* a token with less time than that is not used any more */
#define REFRESH_GAP (10 * USEC_SEC) /* between two orders for the same account */
#define TRIAL_FIRST                                                                         \
	(15 * USEC_MIN)            /* after a refusal of the app, until one job tries again \
				    */
#define TRIAL_LAST (4 * USEC_HOUR) /* each time twice as long, up to that */
#define PARK_MAX   (62 * USEC_DAY) /* nothing X says parks longer than two billing cycles */

const char *owner_name(
	const struct core *c, enum ledger_kind kind, uint32_t owner, char out[OWNER_NAME_MAX])
{
	const char *name = c->conf.name ? c->conf.name(c->conf.name_ctx, kind, owner) : NULL;

	if (name)
		(void)snprintf(out, OWNER_NAME_MAX, "%s", name);
	else
		(void)snprintf(out, OWNER_NAME_MAX, "#%u", owner);
	return out;
}

struct app *app_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->apps, slot);
}

struct account *account_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->accounts, slot);
}

uint64_t app_key_of(const void *ctx, uint32_t slot)
{
	return app_at(ctx, slot)->fact.id;
}

uint64_t account_key_of(const void *ctx, uint32_t slot)
{
	return account_at(ctx, slot)->fact.id;
}

uint32_t account_find(const struct core *c, uint32_t id)
{
	return map_find(&c->account_by_id, id);
}

struct app *account_app(const struct core *c, const struct account *a)
{
	return app_at(c, a->app);
}

/* --- apps --- */

static uint32_t app_new(struct core *c, const struct fact_app *f, usec_t wall)
{
	uint32_t purse = purse_of(c, LEDGER_APP, f->id, wall);
	if (purse == NONE || !bars_reserve(c))
		return NONE;
	uint32_t slot = slab_take(&c->apps);
	if (slot == SLAB_NONE)
		return NONE;
	struct app *a = app_at(c, slot);
	a->fact.id = f->id;
	a->purse = purse;
	if (!quotas_new(c, a, f->id, wall)) {
		slab_give(&c->apps, slot);
		return NONE;
	}
	turn_init(&a->turn);
	bar_init(&a->bar);
	if (!map_put(&c->app_by_id, slot)) {
		slab_give(&c->apps, slot);
		return NONE;
	}
	return slot;
}

enum err party_app(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	(void)m;
	const struct plan *plan = plan_of(c, f->app.plan);
	if (!plan)
		return ERR_NOMEM;
	uint32_t slot = map_find(&c->app_by_id, f->app.id);
	if (slot == MAP_NONE)
		slot = app_new(c, &f->app, now.wall);
	if (slot == NONE)
		return ERR_NOMEM;
	struct app *a = app_at(c, slot);
	bool other = a->plan && a->plan != plan;
	a->fact = f->app;
	a->plan = plan;
	if (!f->app.parked_until) {
		a->reads_until = 0;
		a->strikes = 0;
	}
	quotas_fit(c, a, now.wall);
	if (other)
		lanes_refit(c, slot);
	bar_stir(c, BAR_REF(BAR_APP, slot));
	return ERR_OK;
}

void parties_done(struct core *c)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->app_by_id, &at)) != MAP_NONE;) {
		refusals_done(&app_at(c, slot)->refusals);
		mem_free(app_at(c, slot)->breakers);
		seen_done(&app_at(c, slot)->seen);
	}
}

/* --- what X refused an app --- */

enum err party_refusal(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	uint32_t slot = map_find(&c->app_by_id, f->refusal.app);

	(void)now;
	if (slot == MAP_NONE)
		return err_say(m, ERR_NOT_FOUND, "the app is not known");
	struct refusals *r = &app_at(c, slot)->refusals;
	if (f->refusal.since) {
		enum err e =
			refusals_add(r, f->refusal.call, f->refusal.kind, f->refusal.since);

		return e == ERR_CONFLICT ? ERR_OK : e;
	}
	refusals_done(r);
	bar_stir(c, BAR_REF(BAR_APP, slot));
	return ERR_OK;
}

/* Out of memory it is not remembered, and the next one of the kind learns it again. */
void app_refused(struct core *c, struct app *a, const struct item *it, usec_t wall)
{
	struct job j = it->job;

	j.call = (uint16_t)item_call(it);
	if (item_step(it) != STEP_ACT)
		j.flags = 0;
	if (refusals_add(&a->refusals, (enum call)j.call, job_kind(&j), wall))
		return;
	struct order *o = order_put(c, ORDER_REFUSAL);
	o->app = a->fact.id;
	o->job = j;
	o->until = wall;
}

usec_t core_refused(const struct core *c, uint32_t account, enum call call, enum post_kind kind)
{
	uint32_t slot = account_find(c, account);
	const struct refusal *r =
		slot == NONE ? NULL
			     : refusals_find(&account_app(c, account_at(c, slot))->refusals,
				       call, kind);

	return r ? r->since : 0;
}

/* --- accounts --- */

static uint32_t account_new(
	struct core *c, const struct fact_account *f, uint32_t app, usec_t wall)
{
	uint32_t purse = purse_of(c, LEDGER_ACCOUNT, f->id, wall);
	if (purse == NONE || !bars_reserve(c))
		return NONE;
	uint32_t slot = slab_take(&c->accounts);
	if (slot == SLAB_NONE)
		return NONE;
	struct account *a = account_at(c, slot);
	a->fact = *f;
	a->app = app;
	a->purse = purse;
	turn_init(&a->turn);
	bar_init(&a->grant);
	bar_init(&a->order);
	if (!map_put(&c->account_by_id, slot)) {
		slab_give(&c->accounts, slot);
		return NONE;
	}
	return slot;
}

/* Late: the margin before the end, but of a short life never more than the last fifth. */
static usec_t refresh_due(const struct core *c, usec_t token_until, usec_t wall)
{
	usec_t last_part = (token_until - wall) / 5;
	usec_t margin = c->conf.refresh_margin;

	return token_until - (last_part < margin && last_part > 0 ? last_part : margin);
}

enum err party_account(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	uint32_t app = map_find(&c->app_by_id, f->account.app);
	if (app == MAP_NONE)
		return err_say(m, ERR_NOT_FOUND, "the account's app is not known");
	uint32_t slot = account_find(c, f->account.id);
	if (slot == NONE)
		slot = account_new(c, &f->account, app, now.wall);
	if (slot == NONE)
		return ERR_NOMEM;
	struct account *a = account_at(c, slot);
	if (a->app != app && !lanes_move(c, slot, app))
		return ERR_NOMEM;
	purse_joins_app(c, a, now.wall);
	if (a->fact.token_until != f->account.token_until ||
		a->fact.grant != f->account.grant) {
		a->tokens++;
		a->distrusted = false;
	}
	if (a->refresh_at == 0 || a->fact.token_until != f->account.token_until)
		a->refresh_at = refresh_due(c, f->account.token_until, now.wall);
	a->refreshing =
		f->account.refreshing ||
		(f->account.grant == GRANT_OK && order_waits(c, ORDER_REFRESH, f->account.id));
	bool other = a->fact.unverified != f->account.unverified;
	a->fact = f->account;
	if (other)
		lanes_refit_account(c, slot);
	bar_stir(c, BAR_REF(BAR_GRANT, slot));
	bar_stir(c, BAR_REF(BAR_ORDER, slot));
	return ERR_OK;
}

uint32_t account_concurrency(const struct core *c, const struct account *a)
{
	return a->fact.concurrency ? a->fact.concurrency : c->conf.account_concurrency;
}

bool account_has_token(const struct account *a, usec_t wall)
{
	return a->fact.grant != GRANT_DEAD && !a->distrusted &&
	       a->fact.token_until - TOKEN_LEAST > wall;
}

static struct order *order_park(
	struct core *c, enum park_what what, usec_t until, enum outcome_cause cause)
{
	struct order *o = order_put(c, ORDER_PARK);

	o->what = what;
	o->until = until;
	o->cause = cause;
	return o;
}

void account_lose(struct core *c, struct account *a)
{
	if (a->fact.grant == GRANT_DEAD)
		return;
	a->fact.grant = GRANT_DEAD;
	order_park(c, PARK_ACCOUNT, USEC_NEVER, CAUSE_TOKEN)->account = a->fact.id;
}

void account_refresh(struct core *c, struct account *a, struct now now)
{
	bool near_its_end = a->refresh_at < now.wall;

	if (a->fact.grant == GRANT_SUSPECT && !account_has_token(a, now.wall)) {
		account_lose(c, a);
		return;
	}
	if (a->fact.grant != GRANT_OK || (a->refreshing && !MISTAKE(MISTAKE_REFRESH_TWICE)) ||
		now.mono < a->refresh_not_before)
		return;
	if (!near_its_end && account_has_token(a, now.wall))
		return;
	a->refreshing = true;
	a->refresh_not_before = now.mono + REFRESH_GAP;
	order_put(c, ORDER_REFRESH)->account = a->fact.id;
	c->counts.refreshes++;
}

void account_dead_words(const struct account *a, usec_t wall, char *out, size_t cap)
{
	const struct fact_account *f = &a->fact;
	char ended[40];

	if (!f->given || f->token_until == 0)
		(void)snprintf(
			out, cap, "the account is not connected any more; connect it again");
	else if (f->signs)
		(void)snprintf(out, cap,
			"X refuses the account's keys of OAuth 1.0a; import others with "
			"`roost account import`, or connect the account");
	else if (f->token_until - TOKEN_LEAST <= wall)
		(void)snprintf(out, cap,
			"the token given ended at %s; connect the account, or give a new one "
			"with `roost account import`",
			text_from_time(f->token_until, ended, sizeof(ended)));
	else
		(void)snprintf(out, cap,
			"X refuses the token given; connect the account, or give a new one "
			"with `roost account import`");
}

/* --- parking --- */

/* The later of what holds and what X said just now: answers may overtake each other. */
static usec_t park_until(usec_t parked, usec_t until, usec_t wall)
{
	if (until != USEC_NEVER && until > wall + PARK_MAX)
		until = wall + PARK_MAX;
	return parked > until ? parked : until;
}

void account_park(
	struct core *c, struct account *a, usec_t until, enum outcome_cause cause, usec_t wall)
{
	a->fact.parked_until = park_until(a->fact.parked_until, until, wall);
	order_park(c, PARK_ACCOUNT, a->fact.parked_until, cause)->account = a->fact.id;
}

bool app_is_on_trial(const struct app *a, usec_t wall)
{
	return a->fact.parked_until != 0 && a->fact.parked_until <= wall;
}

void app_answered(struct core *c, struct app *a)
{
	a->fact.parked_until = 0;
	a->strikes = 0;
	order_park(c, PARK_APP, 0, CAUSE_NONE)->app = a->fact.id;
	bar_stir(c, BAR_REF(BAR_APP, map_find(&c->app_by_id, a->fact.id)));
}

usec_t app_trial_at(struct app *a, usec_t wall)
{
	usec_t wait = TRIAL_FIRST << a->strikes;

	if (a->fact.parked_until > wall)
		return a->fact.parked_until; /* answers to what was under way say no more */
	if (wait < TRIAL_LAST)
		a->strikes++;
	return wall + (wait < TRIAL_LAST ? wait : TRIAL_LAST);
}

void app_park(struct core *c, struct app *a, enum park_what what, usec_t until,
	enum outcome_cause cause, usec_t wall)
{
	usec_t *parked = what == PARK_READS ? &a->reads_until : &a->fact.parked_until;

	*parked = park_until(*parked, until, wall);
	order_park(c, what, *parked, cause)->app = a->fact.id;
}
