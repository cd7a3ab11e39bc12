/* dispatch.c - the lane whose turn it is, through the gate, to a worker */
#include "dispatcher/core/inside.h"

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
	l->effect = kind_has_effect(call, q->kind);
	l->act = (uint8_t)(q->kind == KIND_AHEAD ? ACT_FREE
						 : act_of(call, q->kind == POST_REPLY));
	l->draws = draws;
	l->given_at = q->now.mono;
	if (is_suspect(it))
		lease_watch(c, l);
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
	o->call = (enum call)l->call;
	o->begin = l->effect;
	return true;
}

/* Until a worker is there for it alone. */
static void stand_aside(struct core *c, struct item *it, struct now now)
{
	item_rest(c, it);
	it->job.not_before = now.wall + SUSPECT_AGAIN;
	item_stand(c, it, now);
}

/*
 * Whether others wait at the account's order and it comes fresh from its ring: they go first. A
 * lane that was woken from any bar has waited, too; to send it from queue to queue would starve
 * it.
 */
static bool would_overtake(const struct core *c, const struct lane *l, uint32_t woken_by)
{
	const struct bar *b = bar_of(c, BAR_REF(BAR_ORDER, l->account));

	return kind_has_effect((enum call)l->call, l->kind) && woken_by == NONE &&
	       (b->pending || !list_is_empty(&b->lanes));
}

bool dispatch(struct core *c, struct now now)
{
	struct worker *w = worker_next(c, now);
	struct lane *l = w ? lane_first(c) : suspect_lane(c, now);

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
	} else if (would_overtake(c, l, woken_by)) {
		lane_wait(c, l, BAR_REF(BAR_ORDER, l->account), USEC_NEVER);
		bar_stir(c, BAR_REF(BAR_ORDER, l->account));
	} else if (is_suspect(it) && !(w = suspect_worker(c, it, now))) {
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
