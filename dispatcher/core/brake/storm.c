/*
 * storm.c - pauses, and what roost pauses by itself: a call of an app that X answers only with
 * its own errors, and an app whose accounts are refused their tokens one after the other
 */
#include "common/base/mem.h"
#include "dispatcher/core/inside.h"

#define GRACE BREAKER_WAIT_MIN /* for the account whose token was renewed to try it first */

/* --- pauses --- */

static void stir_all(struct core *c)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->app_by_id, &at)) != MAP_NONE;)
		bar_stir(c, BAR_REF(BAR_APP, slot));
}

enum err pause_set(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	const struct fact_pause *p = &f->pause;

	(void)now;
	(void)m;
	if (p->call == CALL_COUNT)
		c->paused = p->paused;
	else if (p->paused)
		c->paused_calls[p->call] |= p->kinds;
	else
		c->paused_calls[p->call] &= (uint8_t)~p->kinds;
	stir_all(c);
	return ERR_OK;
}

/* --- breakers --- */

const struct breaker *app_breaker(const struct app *a, enum call call)
{
	return a->breakers ? &a->breakers[call] : NULL;
}

/* To change it; NULL: no memory, and nothing is broken. */
static struct breaker *need_breaker(struct app *a, enum call call)
{
	if (!a->breakers)
		a->breakers = mem_array(CALL_COUNT, sizeof(*a->breakers));
	return a->breakers ? &a->breakers[call] : NULL;
}

static struct app *app_of(const struct core *c, const struct lease *l)
{
	return account_app(c, account_at(c, l->account));
}

static void stir(struct core *c, const struct lease *l)
{
	bar_stir(c, BAR_REF(BAR_APP, account_at(c, l->account)->app));
}

usec_t storm_ready_at(const struct asked *q, const struct app *a)
{
	const struct storm *s = &a->storm;
	usec_t at = breaker_ready_at(&s->breaker, q->now.wall);

	if (!breaker_is_open(&s->breaker) || q->account_slot == s->accounts[0])
		return at;
	return at > s->breaker.until + GRACE ? at : s->breaker.until + GRACE;
}

void storm_assigned(struct core *c, struct lease *l)
{
	struct app *a = app_of(c, l);

	if (a->breakers)
		l->probe = breaker_take(&a->breakers[l->call]);
	l->storm_probe = breaker_take(&a->storm.breaker);
	if (l->storm_probe)
		a->storm.accounts[0] = l->account;
}

bool storm_may_begin(const struct core *c, const struct lease *l)
{
	const struct app *a = app_of(c, l);
	const struct breaker *b = app_breaker(a, (enum call)l->call);

	if (c->paused || c->paused_calls[l->call] & 1u << job_kind(&lease_item(c, l)->job))
		return false;
	return (!b || !breaker_is_open(b) || l->probe) &&
	       (!breaker_is_open(&a->storm.breaker) || l->storm_probe);
}

void storm_left(struct core *c, struct lease *l)
{
	struct app *a = app_of(c, l);

	if (!l->probe && !l->storm_probe)
		return;
	if (l->probe)
		breaker_give(&a->breakers[l->call]);
	if (l->storm_probe)
		breaker_give(&a->storm.breaker);
	l->probe = l->storm_probe = false;
	stir(c, l);
}

static void note(struct core *c, enum note what, const struct lease *l, enum call call)
{
	struct order *o = order_put(c, ORDER_NOTE);

	o->note = what;
	o->app = app_of(c, l)->fact.id;
	o->job.call = (uint16_t)call;
}

/* X answered with an error of its own. */
static void failed(struct core *c, struct lease *l, struct now now)
{
	struct breaker *b = need_breaker(app_of(c, l), (enum call)l->call);

	if (!b)
		return;
	bool was_open = breaker_is_open(b);
	if (breaker_failed(b, l->probe, now.wall) && !was_open) {
		c->counts.breakers++;
		note(c, NOTE_BREAKER, l, (enum call)l->call);
	}
	l->probe = false;
}

static void succeeded(struct core *c, struct lease *l)
{
	struct app *a = app_of(c, l);

	if (a->breakers && breaker_succeeded(&a->breakers[l->call]))
		stir(c, l);
	l->probe = false;
}

void storm_told(struct core *c, struct lease *l, const struct outcome *o, struct now now)
{
	struct breaker *b = &app_of(c, l)->storm.breaker;

	if (o->http_status >= 500)
		failed(c, l, now);
	else if (o->http_status > 0)
		succeeded(c, l);
	if (l->storm_probe && o->http_status > 0) {
		if (o->cause == CAUSE_TOKEN || o->http_status >= 500) /* nothing is proven */
			(void)breaker_failed(b, true, now.wall);
		else if (breaker_succeeded(b))
			stir(c, l);
		l->storm_probe = false;
	}
}

/* --- many 401s at once --- */

/* Counts the account among those refused lately. */
static void count(struct storm *s, uint32_t account, usec_t wall)
{
	if (s->since > wall || s->since + STORM_TIME < wall)
		s->count = 0;
	if (s->count == 0)
		s->since = wall;
	for (uint32_t i = 0; i < s->count; i++)
		if (s->accounts[i] == account)
			return;
	if (s->count < STORM_ACCOUNTS)
		s->accounts[s->count++] = account;
}

bool storm_rises(struct core *c, uint32_t account, struct now now)
{
	struct account *a = account_at(c, account);
	struct app *app = account_app(c, a);
	struct storm *s = &app->storm;

	if (breaker_is_open(&s->breaker)) {
		if (s->accounts[0] ==
			account) { /* the one that was tried: with a new token, next */
			a->distrusted = true;
			account_refresh(c, a, now);
		}
		return true;
	}
	count(s, account, now.wall);
	if (s->count < STORM_ACCOUNTS || MISTAKE(MISTAKE_STORM_SMALL))
		return false;
	s->count = 0;
	s->accounts[0] = account;
	breaker_trip(&s->breaker, now.wall);
	c->counts.storms++;
	struct order *o = order_put(c, ORDER_NOTE);
	o->note = NOTE_STORM;
	o->app = app->fact.id;
	return true;
}

void core_each_breaker(
	const struct core *c, void (*each)(void *ctx, const struct core_breaker *b), void *ctx)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->app_by_id, &at)) != MAP_NONE;) {
		const struct app *a = app_at(c, slot);
		struct core_breaker b = {.app = a->fact.id, .call = CALL_COUNT};

		b.until = a->storm.breaker.until;
		if (b.until)
			each(ctx, &b);
		for (int i = 0; a->breakers && i < CALL_COUNT; i++) {
			b.call = (enum call)i;
			b.until = a->breakers[i].until;
			if (b.until)
				each(ctx, &b);
		}
	}
}
