/* vault.c - apps and accounts: tokens, their renewal, parking, and users who connect again */
#include "tests/sim/world.h"

#define RENEW_AGAIN (15 * USEC_SEC)
#define TOKEN_LIFE  (2 * USEC_HOUR)

struct sim_account *account_by_id(struct world *w, uint32_t id)
{
	for (uint32_t i = 0; i < w->account_count; i++)
		if (w->accounts[i].id == id)
			return &w->accounts[i];
	sim_fail(w, "there is no account %u", id);
}

struct sim_app *app_by_id(struct world *w, uint32_t id)
{
	for (uint32_t i = 0; i < w->app_count; i++)
		if (w->apps[i].id == id)
			return &w->apps[i];
	sim_fail(w, "there is no app %u", id);
}

void vault_tell_app(struct world *w, const struct sim_app *a)
{
	struct fact f = {.kind = FACT_APP,
		.app = {.id = a->id, .paused = a->paused, .parked_until = a->parked_until}};

	for (size_t i = 0; i < sizeof(f.app.plan) - 1 && a->plan[i]; i++)
		f.app.plan[i] = a->plan[i];
	(void)tell(w, &f);
}

void vault_tell(struct world *w, const struct sim_account *a)
{
	(void)tell(w, &(struct fact){.kind = FACT_ACCOUNT,
			      .account = {.id = a->id,
				      .app = w->apps[a->app].id,
				      .grant = a->grant,
				      .paused = a->paused,
				      .refreshing = a->refreshing,
				      .token_until = a->token_until,
				      .parked_until = a->parked_until,
				      .scopes = a->scopes}});
}

/* Every scope that roost knows. */
static scope_set all_scopes(void)
{
	char names[512];

	return scopes_read(str_of(scopes_write(UINT32_MAX, names, sizeof(names))));
}

/* --- renewal: the intent is kept, the request sent, the end told --- */

static void offer_again(struct world *w, const struct event *e)
{
	struct sim_account *a = &w->accounts[e->number];

	if (a->again_at != e->at)
		return;
	a->again_at = 0;
	vault_tell(w, a);
}

static void new_tokens(struct world *w, struct sim_account *a)
{
	usec_t life = TOKEN_LIFE + draw(w, 0, 10 * USEC_MIN);

	a->x_generation++;
	a->x_until = w->time + life;
	a->revoked = false;
	a->generation = a->x_generation;
	a->token_until = world_now(w).wall + life - 5 * USEC_SEC;
	a->grant = GRANT_OK;
}

static void renewal_ended(struct world *w, struct sim_account *a)
{
	int64_t how = chance(w, w->weather.renewal) ? draw(w, 0, 2) : 3;

	if (how == 0) {
		path(PATH_RENEW_LATER);
		a->again_at = w->time + RENEW_AGAIN;
		plan(w, RENEW_AGAIN, offer_again)->number = (uint32_t)(a - w->accounts);
	} else if (how == 1) {
		path(PATH_RENEW_LOST);
		a->x_generation++; /* the pair that X gave is nobody's */
		a->grant = GRANT_SUSPECT;
	} else if (how == 2) {
		path(PATH_RENEW_REFUSED);
		a->grant = GRANT_DEAD;
	} else {
		path(PATH_RENEWED);
		new_tokens(w, a);
	}
}

static void renewed(struct world *w, const struct event *e)
{
	struct sim_account *a = &w->accounts[e->number];

	if (!a->sending || e->lease != w->boot)
		return; /* whoever asked is gone: the account is suspect */
	a->sending = false;
	a->refreshing = false;
	renewal_ended(w, a);
	keep_account(w, a);
	vault_tell(w, a);
}

void vault_refresh(struct world *w, uint32_t account)
{
	struct sim_account *a = account_by_id(w, account);

	CHECK(w, !a->refreshing, "account %u is to be renewed while it is being renewed",
		account);
	CHECK(w, a->grant == GRANT_OK, "account %u has nothing to be renewed with", account);
	if (a->again_at > w->time)
		return;
	a->refreshing = true;
	keep_account(w, a);
}

void vault_committed(struct world *w)
{
	for (uint32_t i = 0; i < w->account_count; i++) {
		struct sim_account *a = &w->accounts[i];

		if (!a->refreshing || a->sending)
			continue;
		a->sending = true;
		usec_t most = w->weather.slow_renewal ? 45 * USEC_SEC : 5 * USEC_SEC;
		struct event *e = plan(w, draw(w, USEC_MSEC, most), renewed);
		e->number = i;
		e->lease = w->boot;
	}
}

/* What was not kept never happened; a renewal that was sent is of another life. */
void vault_dropped(struct world *w)
{
	for (uint32_t i = 0; i < w->account_count; i++) {
		w->accounts[i].refreshing = false;
		w->accounts[i].sending = false;
		w->accounts[i].again_at = 0;
	}
}

/* --- users --- */

void vault_reconnect(struct world *w, struct sim_account *a)
{
	path(PATH_RECONNECTED);
	new_tokens(w, a);
	a->scopes = all_scopes();
	a->refreshing = false;
	a->sending = false;
	keep_account(w, a);
	vault_tell(w, a);
}

/* A user sees now and then that an account wants to be connected again. */
static void look_after(struct world *w, const struct event *e)
{
	struct sim_account *a = &w->accounts[e->number];
	bool ends = a->grant == GRANT_SUSPECT && a->token_until < world_now(w).wall;
	bool lacks = a->scopes != all_scopes() && (w->calm || chance(w, 300));

	plan(w, draw(w, 10 * USEC_MIN, USEC_HOUR), look_after)->number = e->number;
	if (a->refreshing || (a->grant != GRANT_DEAD && !ends && !lacks && !a->revoked))
		return;
	vault_reconnect(w, a);
}

void vault_park(struct world *w, const struct order *o)
{
	if (o->what == PARK_ACCOUNT) {
		struct sim_account *a = account_by_id(w, o->account);

		if (o->cause == CAUSE_TOKEN)
			a->grant = GRANT_DEAD;
		else
			a->parked_until = o->until;
		path(PATH_PARKED_ACCOUNT);
		keep_account(w, a);
	} else if (o->what == PARK_APP) {
		struct sim_app *a = app_by_id(w, o->app);

		a->parked_until = o->until;
		path(PATH_PARKED_APP);
		keep_app(w, a);
	} else {
		path(PATH_PARKED_READS);
	}
}

static void connect(struct world *w, uint32_t i)
{
	struct sim_account *a = &w->accounts[i];
	usec_t life = draw(w, 2 * USEC_MIN, TOKEN_LIFE);

	*a = (struct sim_account){.id = i + 1,
		.app = (uint32_t)draw(w, 0, w->app_count - 1),
		.grant = GRANT_OK,
		.generation = 1,
		.x_generation = 1,
		.token_until = world_now(w).wall + life - 5 * USEC_SEC,
		.x_until = w->time + life,
		.scopes = all_scopes()};
	if (chance(w, 50) && !w->weather.full) /* nothing but windows holds jobs there */
		a->scopes = call_info(CALL_CREATE_POST)->scopes;
	keep_account(w, a);
	plan(w, draw(w, 10 * USEC_MIN, USEC_HOUR), look_after)->number = i;
}

void vault_start(struct world *w)
{
	for (uint32_t i = 0; i < w->app_count; i++) {
		w->apps[i] = (struct sim_app){.id = i + 1, .plan = "payg"};
		keep_app(w, &w->apps[i]);
	}
	for (uint32_t i = 0; i < w->account_count; i++)
		connect(w, i);
}
