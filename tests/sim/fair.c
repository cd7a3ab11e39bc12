/*
 * fair.c - the order within a lane, and that no lane is starved
 *
 * A lane is what one agent's jobs of one account and call stand in. Right
 * after the core has decided, nothing that waits in the lane of an assigned
 * job may rank before it, and what is assigned has room in its windows to
 * begin. No lane that could run waits longer than its rings go round.
 */
#include "dispatcher/core/inside.h"
#include "tests/sim/world.h"

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
	case STEP_MEDIA:
		return o->call;
	case STEP_ACT:
		break;
	}
	return (enum call)o->job.call;
}

static void check_rank(const struct world *w, const struct order *o)
{
	uint64_t lane = lane_key(&o->job, call_of(o));

	for (uint64_t id = 1; id <= w->last_id; id++) {
		const struct item *it = item_find(w->core, id);

		if (!it || it->place != PLACE_LANE || lane_key(&it->job, item_call(it)) != lane)
			continue;
		CHECK(w, !ranks_before(&it->job, &o->job), "j%llu is served before j%llu",
			(unsigned long long)o->job.id, (unsigned long long)id);
	}
}

/* --- whose turn it is --- */

/*
 * The bound. Lanes that could run stand in rings within rings: A apps, in an app C accounts, in
 * an account S shares, in a share N lanes. A node goes to the end of its ring when it had its
 * turn, and whoever joins stands behind it; so between two turns of a node each of its like has
 * at most one. A lane that stands in its ring has its turn after at most N turns of its share,
 * each of which comes after at most S turns of its account, each of these after at most C of
 * its app, and each of these after at most A of any. Of the N * S * C * A assignments until
 * then the last is its own: no more than N * S * C * A - 1 others are served while it stands
 * there; but for a suspect, which goes out of turn to the worker that was kept for it
 * (core/place/suspect.h). That is more than there are lanes where rings differ in size: an app
 * with one lane has as many turns as one with twenty, which is what rings within rings are for.
 * The sizes are those that were seen while it stood.
 *
 * A lane that is blocked when its turn comes has had it, and waits at a bar. There lanes are
 * let through as they came (at an account's order, the shares in turn), and what is counted is
 * what rivals get: two agents' lanes of one account and call want the same of the same. Agents
 * have as many turns; so while a lane of a share with N lanes has one, its rival has at most N.
 * It may have as many again: when no worker had room to find out that it is blocked by now, it
 * stands in its ring still while the other is woken into its own, behind it. And one more, for
 * an assignment that is handed back was none.
 */
#define RIVAL_MOST(lanes) (2 * (lanes) + 1)

struct ring_sizes {
	uint32_t of[4];
};

struct stander {
	uint64_t key;    /* 0: none */
	uint32_t passed; /* by assignments of others, since its own turn */
	struct ring_sizes most;
	uint32_t lanes; /* that its share had at most, since it was served */
};

static struct fairness {
	struct watch watch; /* first: the core knows only this */
	const struct world *world;
	struct stander at[LANES_MAX]; /* by slot of the lane */
	uint32_t rival[LANES_MAX]
		      [LANES_MAX]; /* how often the second was served since the first */
} fair;

static const struct lane *lane_in(const struct core *c, uint32_t slot)
{
	return slab_at(&c->lanes, slot);
}

static uint32_t length(const struct list *ring)
{
	uint32_t n = 0;

	for (const struct list *i = ring->next; i != ring; i = i->next)
		n++;
	return n;
}

static struct ring_sizes sizes_of(const struct core *c, const struct lane *l)
{
	const struct account *a = account_at(c, l->account);

	return (struct ring_sizes){
		{length(&share_at(c, l->share)->turn.ring), length(&a->turn.ring),
			length(&account_app(c, a)->turn.ring), length(&c->ring)}};
}

static struct stander *stander_of(const struct core *c, uint32_t slot)
{
	CHECK(fair.world, slot < LANES_MAX, "there are too many lanes");
	struct stander *s = &fair.at[slot];
	uint64_t key = lane_key_of(c, slot) + 1;

	if (s->key == key)
		return s;
	*s = (struct stander){.key = key};
	for (uint32_t i = 0; i < LANES_MAX; i++)
		fair.rival[slot][i] = fair.rival[i][slot] = 0;
	return s;
}

static void is_passed(const struct core *c, uint32_t slot)
{
	struct stander *s = stander_of(c, slot);
	struct ring_sizes now = sizes_of(c, lane_in(c, slot));
	uint32_t bound = 1;

	for (size_t i = 0; i < COUNT_OF(now.of); i++) {
		if (now.of[i] > s->most.of[i])
			s->most.of[i] = now.of[i];
		bound *= s->most.of[i];
	}
	s->passed++;
	CHECK(fair.world, s->passed < bound,
		"lane %u starves: %u others were served, in rings of %u lanes, %u shares, %u "
		"accounts and %u apps",
		slot, s->passed, s->most.of[0], s->most.of[1], s->most.of[2], s->most.of[3]);
}

static bool are_rivals(const struct lane *a, const struct lane *b)
{
	return a->account == b->account && a->call == b->call && a->kind == b->kind;
}

static void count_rivals(const struct core *c, uint32_t served, uint32_t other)
{
	const struct lane *l = lane_in(c, other);

	fair.rival[served][other] = 0;
	/* who has to go alone, to show that it kills no worker, stands aside for others */
	bool stands_aside = l->jobs.count && item_at(c, heap_first(&l->jobs))->losses >= 2;
	if (!are_rivals(l, lane_in(c, served)) || BAR_KIND(l->bar) == BAR_BUDGET ||
		stands_aside)
		return;
	uint32_t n = ++fair.rival[other][served], most = RIVAL_MOST(fair.at[other].lanes);
	CHECK(fair.world, n <= most, "lane %u waits while its rival %u is served %u times",
		other, served, n);
}

/* A lane that is new, or was woken: behind the others. */
static void stands_behind(struct watch *watch, const struct core *c, uint32_t lane)
{
	(void)watch;
	struct stander *s = stander_of(c, lane);
	s->passed = 0;
	s->most = (struct ring_sizes){0};
	for (uint32_t i = 0; !lane_in(c, lane)->jobs.count && i < LANES_MAX; i++)
		fair.rival[lane][i] = fair.rival[i][lane] = 0; /* it is new */
}

static void has_had_its_turn(
	struct watch *watch, const struct asked *q, const struct answer *a, uint32_t lane)
{
	(void)a;
	stands_behind(watch, q->c, lane);
}

static void is_served(struct watch *watch, const struct asked *q, uint32_t lane)
{
	const struct core *c = q->c;
	uint32_t at = 0;

	has_had_its_turn(watch, q, NULL, lane);
	fair.at[lane].lanes = 0;
	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;) {
		if (slot == lane)
			continue;
		struct stander *s = stander_of(c, slot);
		uint32_t lanes = share_at(c, lane_in(c, slot)->share)->lanes;
		s->lanes = lanes > s->lanes ? lanes : s->lanes;
		count_rivals(c, lane, slot);
		if (lane_in(c, slot)->bar == NONE && !is_suspect(q->it))
			is_passed(c, slot);
	}
}

/* From now on it is told of each turn that a lane of this core has. */
void fair_watch(struct world *w)
{
	fair = (struct fairness){
		.watch = {has_had_its_turn, is_served, stands_behind}, .world = w};
	w->core->watch = &fair.watch;
}

/* Lanes that are gone are forgotten: others, or they themselves, may come in their place. */
void fair_turn(struct world *w)
{
	bool there[LANES_MAX] = {false};
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&w->core->lane_by_key, &at)) != MAP_NONE;)
		there[slot] = true;
	for (uint32_t i = 0; i < LANES_MAX; i++)
		if (!there[i])
			fair.at[i].key = 0;
}

/* --- what is handed out can begin --- */

struct drawn {
	const struct world *w;
	const struct order *by;
	uint32_t app;
	struct limit limits[LIMITS_PER_CALL_MAX];
	size_t count;
};

static bool draws_on(const struct drawn *d, const struct window_row *row)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct limit *l = &d->limits[i];
		uint32_t owner = l->scope == LIMIT_ACCOUNT ? d->by->job.account : d->app;

		if (row->owner == owner && row->family == l->family && row->scope == l->scope &&
			row->length == l->length)
			return true;
	}
	return false;
}

static void check_room(void *ctx, const struct window *v)
{
	const struct drawn *d = ctx;
	struct window alone = *v;

	if (!v->reserved || !draws_on(d, &v->row))
		return;
	alone.reserved = 0;
	int64_t room = window_left(&alone, world_now(d->w).wall);
	CHECK(d->w, v->reserved <= room,
		"j%llu is assigned, and with it %d are for a window with room for %lld",
		(unsigned long long)d->by->job.id, v->reserved, (long long)room);
}

/* Nothing is assigned that its windows would not let begin. */
static void check_rooms(const struct world *w, const struct order *o)
{
	const struct account *a = account_at(w->core, account_find(w->core, o->job.account));
	struct drawn d = {.w = w, .by = o, .app = account_app(w->core, a)->fact.id};

	d.count =
		limits_of(w->limits, account_app(w->core, a)->plan->name, call_of(o), d.limits);
	core_each_window(w->core, o->job.account, check_room, &d);
}

void check_order(struct world *w, const struct order *taken, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (taken[i].kind != ORDER_ASSIGN)
			continue;
		if (w->named != w->steps)
			check_rank(w, &taken[i]);
		if (taken[i].begin)
			check_rooms(w, &taken[i]);
	}
}
