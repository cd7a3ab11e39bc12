/*
 * lane.c - the jobs of one account that make the same call
 *
 * All that the gate asks is the same for every job of a lane, so only its
 * first job is ever tried. Lanes that could run stand in their app's ring, and
 * apps that have such lanes in a ring: each gets its turn.
 */
#include "dispatcher/core/inside.h"

static struct lane *lane_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->lanes, slot);
}

static uint64_t key(uint32_t account, unsigned call)
{
	return (uint64_t)account << 16 | call;
}

uint64_t lane_key_of(const void *ctx, uint32_t slot)
{
	const struct lane *l = lane_at(ctx, slot);

	return key(l->account, l->call);
}

struct lane *lane_find(const struct core *c, uint32_t account, enum call call)
{
	uint32_t slot = map_find(&c->lane_by_key, key(account, call));

	return slot == MAP_NONE ? NULL : lane_at(c, slot);
}

static struct app *app_of(const struct core *c, const struct lane *l)
{
	return account_app(c, account_at(c, l->account));
}

/* --- rings --- */

static void ring_join(struct core *c, struct lane *l)
{
	struct app *app = app_of(c, l);

	l->bar = NONE;
	if (list_is_empty(&app->lanes))
		list_append(&c->ring, &app->node);
	list_append(&app->lanes, &l->node);
}

/* Takes l out of the ring or away from its bar. */
static void leave(struct core *c, struct lane *l)
{
	if (l->bar != NONE) {
		bar_leave(c, l);
		return;
	}
	struct app *app = app_of(c, l);
	list_remove(&l->node);
	if (list_is_empty(&app->lanes))
		list_remove(&app->node);
}

struct lane *lane_first(const struct core *c)
{
	if (list_is_empty(&c->ring))
		return NULL;
	const struct app *app = LIST_ITEM(c->ring.next, struct app, node);
	return LIST_ITEM(app->lanes.next, struct lane, node);
}

void lane_turn(struct core *c, struct lane *l)
{
	struct app *app = app_of(c, l);

	list_remove(&l->node);
	list_append(&app->lanes, &l->node);
	list_remove(&app->node);
	list_append(&c->ring, &app->node);
}

void lane_wait(struct core *c, struct lane *l, uint32_t bar, usec_t until)
{
	leave(c, l);
	bar_join(c, bar, l, until);
}

void lane_run(struct core *c, struct lane *l, uint32_t woken_by)
{
	ASSERT(l->bar != NONE && l->woken_by == NONE);
	bar_leave(c, l);
	l->woken_by = woken_by;
	ring_join(c, l);
}

static void lane_tried(struct core *c, struct lane *l)
{
	uint32_t bar = l->woken_by;

	l->woken_by = NONE;
	if (bar != NONE)
		bar_tried(c, bar);
}

/* --- lanes are there while they have jobs --- */

static struct lane *lane_new(struct core *c, uint32_t account, enum call call)
{
	uint32_t slot = slab_take(&c->lanes);

	if (slot == SLAB_NONE)
		return NULL;
	struct lane *l = lane_at(c, slot);
	*l = (struct lane){
		.account = account, .call = (uint16_t)call, .bar = NONE, .woken_by = NONE};
	list_init(&l->node);
	if (!counters_of(c, account_at(c, account), call, &l->draws) ||
		!map_put(&c->lane_by_key, slot)) {
		slab_give(&c->lanes, slot);
		return NULL;
	}
	ring_join(c, l);
	return l;
}

static void lane_free(struct core *c, struct lane *l)
{
	leave(c, l);
	lane_tried(c, l);
	heap_done(&l->jobs);
	slab_give(&c->lanes, map_remove(&c->lane_by_key, key(l->account, l->call)));
}

bool lane_put(struct core *c, struct item *it, uint32_t account)
{
	enum call call = item_call(it);
	struct lane *l = lane_find(c, account, call);

	if (!l)
		l = lane_new(c, account, call);
	if (!l)
		return false;
	if (heap_put(&l->jobs, item_slot(c, it), &item_lane_ops, c)) {
		it->holder = map_find(&c->lane_by_key, key(account, call));
		return true;
	}
	if (!l->jobs.count)
		lane_free(c, l);
	return false;
}

void lane_take(struct core *c, struct item *it)
{
	struct lane *l = lane_at(c, it->holder);

	(void)heap_remove(&l->jobs, it->at, &item_lane_ops, c);
	it->holder = NONE;
	if (!l->jobs.count)
		lane_free(c, l);
}

/* Looks up the lane's windows again and lets it try. What cannot be had stays as it was. */
static void refit(struct core *c, struct lane *l)
{
	struct draws draws;

	if (counters_of(c, account_at(c, l->account), (enum call)l->call, &draws))
		l->draws = draws;
	if (l->bar != NONE)
		lane_run(c, l, NONE);
}

void lanes_refit(struct core *c, uint32_t app)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;)
		if (account_at(c, lane_at(c, slot)->account)->app == app)
			refit(c, lane_at(c, slot));
}

void lanes_move(struct core *c, uint32_t account, uint32_t app)
{
	struct account *a = account_at(c, account);

	for (unsigned call = 0; call < CALL_COUNT; call++) {
		struct lane *l = lane_find(c, account, (enum call)call);

		if (l)
			leave(c, l);
	}
	a->app = app;
	for (unsigned call = 0; call < CALL_COUNT; call++) {
		struct lane *l = lane_find(c, account, (enum call)call);

		if (!l)
			continue;
		ring_join(c, l);
		lane_tried(c, l);
		refit(c, l);
	}
}

void lanes_done(struct core *c)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;)
		heap_done(&lane_at(c, slot)->jobs);
}
