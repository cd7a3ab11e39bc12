/*
 * forecast.c - when a job is expected to start, in the time that an enqueue has for it
 *
 * An estimate from counts that are at hand: how many jobs go first in its
 * lane, how many lanes share each of its windows, how long the call takes.
 * Exact where one lane has its windows for itself; where lanes share, it takes
 * them for equally busy. A walk (walk.h) is exact, and costs more.
 */
#include "dispatcher/core/inside.h"

#define BLOCKERS_MAX 8   /* instants that one job waits for, one after the other */
#define SCAN_MAX     256 /* jobs of a lane that are looked at one by one */
#define AFTER_MAX    64  /* jobs looked at that one comes after, and those come after */

/* How many jobs of its lane come before it. */
static uint64_t ahead_of(const struct core *c, const struct item *it, const struct lane *l)
{
	bool in_lane = it->place == PLACE_LANE;
	uint64_t n = 0;

	if (!l)
		return 0;
	for (int p = it->job.priority; p < 10; p++)
		n += l->by_priority[p];
	n -= in_lane;
	if (!in_lane || l->jobs.count > SCAN_MAX)
		return n; /* as if it had come last of its priority */
	uint32_t slot = item_slot(c, it);
	n = 0;
	for (uint32_t i = 0; i < l->jobs.count; i++)
		n += l->jobs.slots[i] != slot &&
		     item_lane_ops.before(c, l->jobs.slots[i], slot);
	return n;
}

/* The instant from which neither time nor pause nor grant stands in the way; USEC_NEVER. */
static usec_t unblocked_at(const struct asked *q, const struct item *it)
{
	struct item then = *it;
	struct asked later = *q;
	struct answer a;

	if (it->place == PLACE_DUE) {
		later.now.wall = it->job.not_before;
		then.place = PLACE_LANE;
	}
	later.it = &then;
	for (int i = 0; i < BLOCKERS_MAX; i++) {
		if (gate_passes(&later, &a) || a.blocker > BLOCKER_POLICY)
			return later.now.wall;
		if (a.until == USEC_NEVER || a.until <= later.now.wall)
			return a.until;
		later.now.wall = a.until;
	}
	return later.now.wall;
}

/* With lanes taking turns, how many of `jobs` go before the one that `ahead` of its own lane go
 * before. */
static uint64_t in_turns(uint64_t ahead, uint64_t lanes, uint64_t jobs)
{
	uint64_t rounds = (ahead + 1) * (lanes ? lanes : 1) - 1;

	return lanes > 1 && rounds > jobs ? jobs : rounds;
}

/* How long `before` calls take, made one after the other by those who make them. */
static usec_t serial(const struct asked *q, uint64_t before)
{
	const struct core *c = q->c;
	uint64_t at_once = kind_has_effect(q->call, q->kind)
				   ? account_concurrency(c, q->account)
				   : c->counts.slots;

	return (usec_t)(before / (at_once ? at_once : 1)) * call_takes(c, q->call);
}

/* From `from` on, with `ahead` of its lane before it. */
static usec_t estimate(const struct asked *q, usec_t from, uint64_t ahead)
{
	const struct core *c = q->c;
	uint64_t effects = kind_has_effect(q->call, q->kind) ? q->account->effects : 0;
	uint64_t in_line =
		kind_has_effect(q->call, q->kind)
			? in_turns(ahead, q->account->effect_lanes, q->account->effect_jobs)
			: ahead;
	usec_t opens = from;

	for (uint32_t i = 0; i < q->draws->count; i++) {
		const struct counter *n = counter_at(c, q->draws->slot[i]);
		uint64_t first = in_turns(ahead, n->lanes, n->jobs);
		uint64_t within;
		usec_t at = window_nth_at(&n->w, first, from, &within);

		if (at <= opens)
			continue;
		opens = at;
		in_line = within;
		effects = 0;
	}
	return opens == USEC_NEVER ? USEC_NEVER : opens + serial(q, in_line + effects);
}

static usec_t eta_of(
	const struct core *c, const struct item *it, struct now now, uint32_t *left);

/* When all that it comes after is expected to be done; USEC_NEVER: nobody can say. */
static usec_t freed_at(
	const struct core *c, const struct item *it, struct now now, uint32_t *left)
{
	usec_t latest = now.wall;
	uint64_t id;

	for (uint32_t i = 0; (id = knots_nth(c, it, i)); i++) {
		const struct item *its = item_find(c, id);
		usec_t at = its ? eta_of(c, its, now, left) : USEC_NEVER;

		if (at == USEC_NEVER || its->job.state == JOB_UNSURE)
			return USEC_NEVER;
		if (!(its->job.flags & JOB_WHOLE))
			at += call_takes(c, item_call(its));
		latest = at > latest ? at : latest;
	}
	return latest;
}

/* As if it did not wait for others. */
static usec_t eta_alone(
	const struct core *c, const struct item *it, usec_t from, struct now now)
{
	struct draws draws;
	struct asked q;

	gate_ask(c, it, &draws, now, &q);
	usec_t free = unblocked_at(&q, it);
	if (free == USEC_NEVER || it->place == PLACE_LEASE)
		return free;
	if (from && from >= free)
		return estimate(&q, from, 0);
	return estimate(&q, free, ahead_of(c, it, lane_find(c, q.account_slot, it)));
}

static usec_t eta_of(
	const struct core *c, const struct item *it, struct now now, uint32_t *left)
{
	if (*left == 0)
		return USEC_NEVER;
	--*left;
	if (it->job.state != JOB_WAITING)
		return eta_alone(c, it, 0, now);
	usec_t freed = freed_at(c, it, now, left);
	if (freed == USEC_NEVER || it->job.flags & JOB_WHOLE)
		return freed;
	struct item free = *it;
	free.holder = NONE;
	free.job.state = it->job.not_before > now.wall ? JOB_SCHEDULED : JOB_READY;
	free.place = it->job.not_before > now.wall ? PLACE_DUE : PLACE_NONE;
	if (it->job.not_before > freed)
		return eta_alone(c, &free, it->job.not_before, now);
	usec_t alone = eta_alone(c, &free, 0, now);
	usec_t later = eta_alone(c, &free, freed, now);
	return later > alone ? later : alone;
}

usec_t core_eta(const struct core *c, uint64_t id, struct now now)
{
	const struct item *it = item_find(c, id);
	uint32_t left = AFTER_MAX;

	return it ? eta_of(c, it, now, &left) : USEC_NEVER;
}

uint64_t core_ahead(const struct core *c, uint64_t id)
{
	const struct item *it = item_find(c, id);

	if (!it || it->place != PLACE_LANE)
		return 0;
	uint32_t account = account_find(c, it->job.account);
	return ahead_of(c, it, lane_find(c, account, it));
}
