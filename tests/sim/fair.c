/*
 * fair.c - the order within a lane, and that no lane is starved
 *
 * A lane is what one agent's jobs of one account and call stand in. Right
 * after the core has decided, nothing that waits in the lane of an assigned
 * job may rank before it; and a lane for which only a worker is missing is
 * served before every other has been served many times.
 */
#include "dispatcher/core/inside.h"
#include "tests/sim/world.h"

#define SLACK 8

static uint64_t lane_key(const struct job *j, enum call call)
{
	return (uint64_t)j->account << 32 | (uint64_t)j->agent << 16 | (uint64_t)call;
}

/* As interface.md has it: the higher priority, then the earlier time, then the lower id. */
static bool ranks_before(const struct job *a, const struct job *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->not_before != b->not_before)
		return a->not_before < b->not_before;
	return a->id < b->id;
}

static enum call call_of(const struct order *o)
{
	switch (o->step) {
	case STEP_LOOK:
		return call_info((enum call)o->job.call)->settle == SETTLE_DM
			       ? CALL_DM_EVENTS_WITH
			       : CALL_TIMELINE;
	case STEP_NAME:
		return CALL_GET_USER_BY_NAME;
	case STEP_ACT:
		break;
	}
	return (enum call)o->job.call;
}

static void check_rank(const struct world *w, const struct order *o)
{
	uint64_t lane = lane_key(&o->job, call_of(o));

	for (uint64_t id = 1; id < IDS_MAX; id++) {
		const struct item *it = item_find(w->core, id);

		if (!it || it->place != PLACE_LANE || lane_key(&it->job, item_call(it)) != lane)
			continue;
		CHECK(w, !ranks_before(&it->job, &o->job), "j%llu is served before j%llu",
			(unsigned long long)o->job.id, (unsigned long long)id);
	}
}

static struct waiting *waiting_of(struct world *w, uint64_t lane)
{
	for (size_t i = 0; i < w->waiting_count; i++)
		if (w->waiting[i].lane == lane)
			return &w->waiting[i];
	CHECK(w, w->waiting_count < LANES_MAX, "there are too many lanes");
	w->waiting[w->waiting_count] = (struct waiting){.lane = lane};
	return &w->waiting[w->waiting_count++];
}

static bool only_wants_a_worker(const struct world *w, const struct item *it)
{
	struct verdict v;

	if (it->place != PLACE_LANE || core_verdict(w->core, it->job.id, world_now(w), &v))
		return false;
	return v.blocker == BLOCKER_WORKER;
}

/* Every lane that there is has its turn before another has many. */
static uint32_t most_served(const struct world *w)
{
	return SLACK + 4 * (uint32_t)w->waiting_count;
}

static void check_starving(struct world *w, const struct order *taken, size_t count)
{
	uint32_t served = 0;

	for (size_t i = 0; i < w->waiting_count; i++)
		w->waiting[i].waits = false;
	for (uint64_t id = 1; id < IDS_MAX; id++) {
		const struct item *it = item_find(w->core, id);

		if (it && only_wants_a_worker(w, it))
			waiting_of(w, lane_key(&it->job, item_call(it)))->waits = true;
	}
	for (size_t i = 0; i < count; i++) {
		if (taken[i].kind != ORDER_ASSIGN)
			continue;
		served++;
		waiting_of(w, lane_key(&taken[i].job, call_of(&taken[i])))->served = 0;
	}
	for (size_t i = 0; i < w->waiting_count; i++) {
		struct waiting *l = &w->waiting[i];

		l->served = l->waits ? l->served + served : 0;
		CHECK(w, l->served <= most_served(w),
			"lane %llx starves: %u others were served", (unsigned long long)l->lane,
			l->served);
	}
}

void check_order(struct world *w, const struct order *taken, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (taken[i].kind != ORDER_ASSIGN)
			continue;
		any = true;
		if (w->named != w->steps)
			check_rank(w, &taken[i]);
	}
	if (any)
		check_starving(w, taken, count);
}
