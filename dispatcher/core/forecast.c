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

/* How many jobs of its lane come before it. */
static uint64_t ahead_of(const struct core *c, const struct item *it, const struct lane *l)
{
	uint32_t slot = item_slot(c, it);
	bool in_lane = it->place == PLACE_LANE;
	uint64_t n = 0;

	if (!l)
		return 0;
	for (int p = it->job.priority; p < 10; p++)
		n += l->by_priority[p];
	n -= in_lane;
	if (!in_lane || l->jobs.count > SCAN_MAX)
		return n; /* as if it had come last of its priority */
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
	uint64_t at_once =
		call_has_effect(q->call) ? account_concurrency(c, q->account) : c->counts.slots;

	return (usec_t)(before / (at_once ? at_once : 1)) * call_takes(c, q->call);
}

usec_t core_eta(const struct core *c, uint64_t id, struct now now)
{
	const struct item *it = item_find(c, id);
	struct draws draws;
	struct asked q;

	if (!it)
		return USEC_NEVER;
	gate_ask(c, it, &draws, now, &q);
	usec_t from = unblocked_at(&q, it);
	if (from == USEC_NEVER || it->place == PLACE_LEASE)
		return from;

	uint64_t ahead = ahead_of(c, it, lane_find(c, q.account_slot, it));
	uint64_t effects = call_has_effect(q.call) ? q.account->effects : 0;
	uint64_t in_line = call_has_effect(q.call) ? in_turns(ahead, q.account->effect_lanes,
							     q.account->effect_jobs)
						   : ahead;
	usec_t opens = from;
	for (uint32_t i = 0; i < draws.count; i++) {
		const struct counter *n = counter_at(c, draws.slot[i]);
		uint64_t first = in_turns(ahead, n->lanes, n->jobs);
		uint64_t within;
		usec_t at = window_nth_at(&n->w, first, from, &within);

		if (at <= opens)
			continue;
		opens = at;
		in_line = within;
		effects = 0;
	}
	return opens == USEC_NEVER ? USEC_NEVER : opens + serial(&q, in_line + effects);
}

uint64_t core_ahead(const struct core *c, uint64_t id)
{
	const struct item *it = item_find(c, id);

	if (!it || it->place != PLACE_LANE)
		return 0;
	uint32_t account = account_find(c, it->job.account);
	return ahead_of(c, it, lane_find(c, account, it));
}
