/* forecast.c - when a job is expected to start, as far as its lane and its windows tell */
#include "dispatcher/core/inside.h"

#define BLOCKERS_MAX 8 /* instants that one job waits for, one after the other */

/* How many jobs of its lane come before it. */
static uint64_t ahead_of(const struct core *c, const struct item *it, const struct asked *q)
{
	const struct lane *l = lane_find(c, q->account_slot, it->job.agent, q->call);
	uint32_t slot = item_slot(c, it);
	uint64_t n = 0;

	for (uint32_t i = 0; l && i < l->jobs.count; i++)
		n += l->jobs.slots[i] != slot &&
		     (it->place != PLACE_LANE ||
			     item_lane_ops.before(c, l->jobs.slots[i], slot));
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

	uint64_t n = ahead_of(c, it, &q);
	usec_t at = from;
	for (uint32_t i = 0; i < draws.count; i++) {
		usec_t nth = window_nth_at(&counter_at(c, draws.slot[i])->w, n, from);

		at = nth > at ? nth : at;
	}
	return at;
}
