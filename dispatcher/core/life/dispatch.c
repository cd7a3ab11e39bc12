/* dispatch.c - the lane whose turn it is, through the gate, to a worker */
#include "dispatcher/core/inside.h"

#define WATCHED_FROM 2 /* losses: it goes alone, to see whether it is to blame */
#define WATCH_AGAIN  (100 * USEC_MSEC)

static uint64_t next_lease(struct core *c)
{
	uint64_t boot = MISTAKE(MISTAKE_LEASE_TWICE) ? 1 : c->conf.boot;

	return boot << 40 | ++c->lease_last;
}

static struct lease *lease_to(
	struct core *c, struct item *it, const struct asked *q, struct worker *w)
{
	enum call call = q->call;
	enum step step = item_step(it);
	struct draws draws = *q->draws; /* of the lane, which may go with its last job */
	struct lease *l = lease_new(c, next_lease(c), it, w, q->now.mono + c->conf.lease);

	if (!l)
		return NULL;
	l->call = (uint16_t)call;
	l->step = (uint8_t)step;
	l->effect = call_has_effect(call);
	l->act = (uint8_t)act_of(call, q->kind == POST_REPLY);
	l->draws = draws;
	l->given_at = q->now.mono;
	l->watched = it->losses >= WATCHED_FROM;
	c->watched += l->watched;
	lease_reserve(c, l, q->now.wall);
	storm_assigned(c, l);
	if (!l->effect)
		lease_charge(c, l, q->now.wall);
	return l;
}

/* False when there is no memory: nothing changed. */
static bool assign(struct core *c, struct item *it, const struct asked *q, struct worker *w)
{
	struct lease *l = lease_to(c, it, q, w);

	if (!l)
		return false;
	if (it->job.state == JOB_READY)
		(void)become(c, it, JOB_RUNNING, IMPLIED);
	if (l->step == STEP_ACT && !l->effect)
		it->job.attempts++;
	c->counts.assigned++;
	c->counts.looks += l->step == STEP_LOOK;

	struct order *o = order_job(c, ORDER_ASSIGN, it);
	o->worker = w->id;
	o->lease = l->id;
	o->step = (enum step)l->step;
	o->begin = l->effect;
	return true;
}

/* Another one is being watched: a little later. */
static void stand_aside(struct core *c, struct item *it, struct now now)
{
	item_rest(c, it);
	it->job.not_before = now.wall + WATCH_AGAIN;
	item_stand(c, it, now);
}

bool dispatch(struct core *c, struct now now)
{
	struct worker *w = worker_next(c);
	struct lane *l = w ? lane_first(c) : NULL;

	if (!l || c->starved)
		return false;
	c->trials--;

	struct item *it = item_at(c, heap_first(&l->jobs));
	struct account *a = account_at(c, l->account);
	struct asked q = {.c = c,
		.it = it,
		.account = a,
		.account_slot = l->account,
		.call = (enum call)l->call,
		.kind = (enum post_kind)l->kind,
		.draws = &l->draws,
		.now = now};
	struct answer answer;
	uint32_t woken_by = l->woken_by;

	account_refresh(c, a, now);
	l->woken_by = NONE;
	uint32_t slot = c->watch ? lane_slot(c, l) : NONE;
	if (!gate_passes(&q, &answer)) {
		if (c->watch)
			c->watch->blocked(c->watch, &q, &answer, slot);
		c->counts.held[answer.blocker]++;
		if (answer.blocker == BLOCKER_BUDGET)
			purse_stopped(c, answer.money.purse, answer.money.length);
		lane_wait(c, l, answer.bar, answer.until);
	} else if (it->losses >= WATCHED_FROM && c->watched) {
		stand_aside(c, it, now);
	} else {
		lane_turn(c, l);
		if (c->watch)
			c->watch->assigned(c->watch, &q, slot);
		c->starved = !assign(c, it, &q, w);
	}
	if (woken_by != NONE)
		bar_tried(c, woken_by);
	return true;
}
