/*
 * lane.c - the jobs of one agent and account that make the same call, and whose turn it is
 *
 * All that the gate asks is the same for every job of a lane, so only its
 * first job is ever tried. Lanes that could run stand in rings within rings
 * (inside.h); an app or account of weight n has n turns in a row.
 */
#include "dispatcher/core/inside.h"

static struct lane *lane_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->lanes, slot);
}

struct share *share_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->shares, slot);
}

static uint64_t share_key(uint32_t account, uint32_t agent)
{
	return (uint64_t)account << 32 | agent;
}

uint64_t share_key_of(const void *ctx, uint32_t slot)
{
	const struct share *s = share_at(ctx, slot);

	return share_key(s->account, s->agent);
}

static uint64_t key(uint32_t share, unsigned call, unsigned kind)
{
	return (uint64_t)share << 16 | kind << 14 | call;
}

uint64_t lane_key_of(const void *ctx, uint32_t slot)
{
	const struct lane *l = lane_at(ctx, slot);

	return key(l->share, l->call, l->kind);
}

struct lane *lane_find(const struct core *c, uint32_t account, const struct item *it)
{
	uint32_t share = map_find(&c->share_by_key, share_key(account, it->job.agent));
	uint32_t slot = share == MAP_NONE ? MAP_NONE
					  : map_find(&c->lane_by_key,
						    key(share, item_call(it), item_kind(it)));

	return slot == MAP_NONE ? NULL : lane_at(c, slot);
}

uint32_t lane_slot(const struct core *c, const struct lane *l)
{
	return slab_slot(&c->lanes, l);
}

/* --- rings --- */

enum { SHARE, ACCOUNT, APP, LEVELS };

/* The levels above a lane, from below, and how many turns in a row each has. */
struct levels {
	struct turn *turn[LEVELS];
	uint32_t weight[LEVELS];
};

static struct levels levels_of(const struct core *c, const struct lane *l)
{
	struct account *a = account_at(c, l->account);
	struct app *app = account_app(c, a);

	return (struct levels){
		.turn = {&share_at(c, l->share)->turn, &a->turn, &app->turn},
		.weight = {1, a->fact.weight ? a->fact.weight : 1,
			app->fact.weight ? app->fact.weight : 1},
	};
}

void turn_init(struct turn *t)
{
	*t = (struct turn){0};
	list_init(&t->node);
	list_init(&t->ring);
}

static void ring_join(struct core *c, struct lane *l)
{
	struct levels of = levels_of(c, l);
	struct list *node = &l->node;

	if (c->watch && c->watch->joined)
		c->watch->joined(c->watch, c, lane_slot(c, l));
	l->bar = NONE;
	for (int i = 0; i < LEVELS; i++) {
		bool stood = !list_is_empty(&of.turn[i]->ring);

		list_append(&of.turn[i]->ring, node);
		if (stood)
			return;
		of.turn[i]->left = of.weight[i];
		node = &of.turn[i]->node;
	}
	list_append(&c->ring, node);
}

/* Takes l out of the rings or away from its bar. */
static void leave(struct core *c, struct lane *l)
{
	if (l->bar != NONE) {
		bar_leave(c, l);
		return;
	}
	struct levels of = levels_of(c, l);
	list_remove(&l->node);
	for (int i = 0; i < LEVELS && list_is_empty(&of.turn[i]->ring); i++)
		list_remove(&of.turn[i]->node);
}

struct lane *lane_first(const struct core *c)
{
	if (list_is_empty(&c->ring))
		return NULL;
	const struct app *app = LIST_ITEM(c->ring.next, struct app, turn.node);
	const struct account *a = LIST_ITEM(app->turn.ring.next, struct account, turn.node);
	const struct share *s = LIST_ITEM(a->turn.ring.next, struct share, turn.node);
	return LIST_ITEM(s->turn.ring.next, struct lane, node);
}

void lane_turn(struct core *c, struct lane *l)
{
	struct levels of = levels_of(c, l);
	struct list *node = &l->node;

	for (int i = 0; i < LEVELS; i++) {
		struct turn *t = of.turn[i];

		if (i == ACCOUNT && MISTAKE(MISTAKE_NO_TURN))
			return;
		list_remove(node);
		list_append(&t->ring, node);
		if (t->left > 1) {
			t->left--;
			return;
		}
		t->left = of.weight[i];
		node = &t->node;
	}
	list_remove(node);
	list_append(&c->ring, node);
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

/* --- what the estimate of core_eta() counts --- */

static void count_lane(struct core *c, const struct lane *l, int lanes, int64_t jobs)
{
	struct account *a = account_at(c, l->account);

	for (uint32_t i = 0; i < l->draws.count; i++) {
		struct counter *n = counter_at(c, l->draws.slot[i]);

		n->lanes = (uint32_t)((int64_t)n->lanes + lanes);
		n->jobs = (uint32_t)((int64_t)n->jobs + jobs);
	}
	if (!kind_has_effect((enum call)l->call, l->kind))
		return;
	a->effect_lanes = (uint32_t)((int64_t)a->effect_lanes + lanes);
	a->effect_jobs = (uint32_t)((int64_t)a->effect_jobs + jobs);
}

/* The share of that key, made if need be: its slot, or NONE. */
static uint32_t share_need(struct core *c, uint32_t account, uint32_t agent)
{
	uint32_t slot = map_find(&c->share_by_key, share_key(account, agent));

	if (slot != MAP_NONE)
		return slot;
	slot = slab_take(&c->shares);
	if (slot == SLAB_NONE)
		return NONE;
	struct share *s = share_at(c, slot);
	*s = (struct share){.account = account, .agent = agent};
	turn_init(&s->turn);
	list_init(&s->order_node);
	list_init(&s->order_lanes);
	if (!map_put(&c->share_by_key, slot)) {
		slab_give(&c->shares, slot);
		return NONE;
	}
	return slot;
}

static void share_drop(struct core *c, uint32_t slot)
{
	const struct share *s = share_at(c, slot);

	if (!s->lanes)
		slab_give(&c->shares,
			map_remove(&c->share_by_key, share_key(s->account, s->agent)));
}

static struct lane *lane_new(
	struct core *c, uint32_t account, uint32_t share, const struct item *it)
{
	uint32_t slot = slab_take(&c->lanes);

	if (slot == SLAB_NONE)
		return NULL;
	struct lane *l = lane_at(c, slot);
	*l = (struct lane){.account = account,
		.share = share,
		.call = (uint16_t)item_call(it),
		.kind = (uint8_t)item_kind(it),
		.bar = NONE,
		.woken_by = NONE,
		.agent = purse_find(c, LEDGER_AGENT, share_at(c, share)->agent)};
	list_init(&l->node);
	if (!counters_of(c, account_at(c, account), (enum call)l->call, (enum post_kind)l->kind,
		    &l->draws) ||
		!purse_lane_room(c, l) || !map_put(&c->lane_by_key, slot)) {
		slab_give(&c->lanes, slot);
		return NULL;
	}
	purse_lane_count(c, l, 1);
	share_at(c, share)->lanes++;
	count_lane(c, l, 1, 0);
	ring_join(c, l);
	return l;
}

/* The lane of that key, made if need be; NULL: no memory. */
static struct lane *lane_need(struct core *c, uint32_t account, const struct item *it)
{
	struct lane *l = lane_find(c, account, it);

	if (l)
		return l;
	uint32_t share = share_need(c, account, it->job.agent);
	if (share == NONE)
		return NULL;
	l = lane_new(c, account, share, it);
	if (!l)
		share_drop(c, share);
	return l;
}

static void lane_free(struct core *c, struct lane *l)
{
	uint32_t share = l->share;

	leave(c, l);
	purse_lane_count(c, l, -1);
	lane_tried(c, l);
	heap_done(&l->jobs);
	count_lane(c, l, -1, 0);
	slab_give(&c->lanes, map_remove(&c->lane_by_key, key(share, l->call, l->kind)));
	share_at(c, share)->lanes--;
	share_drop(c, share);
}

/* Another job is the first: what it costs is another matter. */
static void head_changed(struct core *c, struct lane *l)
{
	if (BAR_KIND(l->bar) == BAR_BUDGET)
		lane_run(c, l, NONE);
}

bool lane_put(struct core *c, struct item *it, uint32_t account)
{
	struct lane *l = lane_need(c, account, it);

	if (!l)
		return false;
	if (heap_put(&l->jobs, item_slot(c, it), &item_lane_ops, c)) {
		it->holder = lane_slot(c, l);
		l->by_priority[it->job.priority]++;
		count_lane(c, l, 0, 1);
		if (it->at == 0)
			head_changed(c, l);
		return true;
	}
	if (!l->jobs.count)
		lane_free(c, l);
	return false;
}

void lane_take(struct core *c, struct item *it)
{
	struct lane *l = lane_at(c, it->holder);
	bool was_head = it->at == 0;

	(void)heap_remove(&l->jobs, it->at, &item_lane_ops, c);
	it->holder = NONE;
	l->by_priority[it->job.priority]--;
	count_lane(c, l, 0, -1);
	if (!l->jobs.count)
		lane_free(c, l);
	else if (was_head)
		head_changed(c, l);
}

/* Looks up the lane's windows again and lets it try. What cannot be had stays as it was. */
static void refit(struct core *c, struct lane *l)
{
	struct draws draws;

	if (counters_of(c, account_at(c, l->account), (enum call)l->call,
		    (enum post_kind)l->kind, &draws)) {
		count_lane(c, l, -1, -(int64_t)l->jobs.count);
		l->draws = draws;
		count_lane(c, l, 1, l->jobs.count);
	}
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

void lanes_refit_account(struct core *c, uint32_t account)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;)
		if (lane_at(c, slot)->account == account)
			refit(c, lane_at(c, slot));
}

static uint32_t lanes_of(const struct core *c, uint32_t account)
{
	uint32_t at = 0, n = 0;

	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;)
		n += lane_at(c, slot)->account == account;
	return n;
}

bool lanes_move(struct core *c, uint32_t account, uint32_t app)
{
	uint32_t n = lanes_of(c, account);
	uint32_t at = 0;

	if (!purse_reserve_lanes(c, app_at(c, app)->purse, n))
		return false;
	for (int o = 0; o < OBJECT_COUNT; o++)
		if (!purse_reserve_lanes(c, app_at(c, app)->quota[o], n))
			return false;

	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;) {
		if (lane_at(c, slot)->account != account)
			continue;
		leave(c, lane_at(c, slot));
		purse_lane_count(c, lane_at(c, slot), -1);
	}
	account_at(c, account)->app = app;
	at = 0;
	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;) {
		struct lane *l = lane_at(c, slot);

		if (l->account != account)
			continue;
		purse_lane_count(c, l, 1);
		ring_join(c, l);
		lane_tried(c, l);
		refit(c, l);
	}
	return true;
}

void lanes_done(struct core *c)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;)
		heap_done(&lane_at(c, slot)->jobs);
}
