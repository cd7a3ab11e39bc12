/*
 * bar.c - where blocked lanes wait, and how they are woken
 *
 * A window and an account's order wake no more lanes than they have room for,
 * and wake more only when those have been tried: a reset that could free a
 * hundred thousand lanes costs only as many tries as it lets through.
 */
#include "dispatcher/core/inside.h"

#define WAKE_MAX 64

struct bar *bar_of(const struct core *c, uint32_t ref)
{
	uint32_t slot = ref & BAR_SLOT;

	switch (BAR_KIND(ref)) {
	case BAR_WINDOW:
		return &counter_at(c, slot)->bar;
	case BAR_GRANT:
		return &account_at(c, slot)->grant;
	case BAR_ORDER:
		return &account_at(c, slot)->order;
	case BAR_PACE:
		return pacer_bar(c, slot);
	case BAR_BUDGET:
		return &purse_at(c, slot)->bar;
	case BAR_APP:
		break;
	}
	return &app_at(c, slot)->bar;
}

static bool before(const void *ctx, uint32_t a, uint32_t b)
{
	usec_t x = bar_of(ctx, a)->until;
	usec_t y = bar_of(ctx, b)->until;

	return x != y ? x < y : a < b;
}

static void moved(void *ctx, uint32_t ref, uint32_t at)
{
	bar_of(ctx, ref)->at = at;
}

static const struct heap_ops ops = {before, moved};

void bar_init(struct bar *b)
{
	*b = (struct bar){.until = USEC_NEVER, .at = HEAP_NONE};
	list_init(&b->lanes);
}

bool bars_reserve(struct core *c)
{
	return heap_reserve(&c->bars, c->counters.count + 2 * c->accounts.count +
					      c->apps.count + c->purses.count + 2 +
					      ACT_COUNT * (c->pacers.count + 1));
}

static void set_until(struct core *c, uint32_t ref, struct bar *b, usec_t until)
{
	bool later = until == USEC_NEVER;

	b->until = until;
	if (b->at != HEAP_NONE && later) {
		(void)heap_remove(&c->bars, b->at, &ops, c);
	} else if (b->at != HEAP_NONE) {
		heap_fix(&c->bars, b->at, &ops, c);
	} else if (!later) {
		bool put = heap_put(&c->bars, ref, &ops, c);

		ASSERT(put); /* room for every bar was reserved */
	}
}

/*
 * At an account's order lanes stand by share, and shares take turns: an agent
 * that waits there with thirty lanes is let through as often as one with one.
 */
static void order_join(struct bar *b, struct share *s, struct lane *l)
{
	if (list_is_empty(&s->order_lanes))
		list_append(&b->lanes, &s->order_node);
	list_append(&s->order_lanes, &l->node);
}

static struct lane *order_first(struct bar *b)
{
	struct share *s = LIST_ITEM(b->lanes.next, struct share, order_node);

	list_remove(&s->order_node);
	list_append(&b->lanes, &s->order_node);
	return LIST_ITEM(s->order_lanes.next, struct lane, node);
}

/* Whose turn it is at the bar, which has lanes. */
static struct lane *first(uint32_t ref, struct bar *b)
{
	if (BAR_KIND(ref) == BAR_ORDER)
		return order_first(b);
	return LIST_ITEM(b->lanes.next, struct lane, node);
}

void bar_join(struct core *c, uint32_t ref, struct lane *l, usec_t until)
{
	struct bar *b = bar_of(c, ref);

	if (BAR_KIND(ref) == BAR_ORDER)
		order_join(b, share_at(c, l->share), l);
	else
		list_append(&b->lanes, &l->node);
	if (BAR_KIND(ref) == BAR_BUDGET)
		purse_join(c, ref & BAR_SLOT, l);
	l->bar = ref;
	if (!b->pending && until < b->until)
		set_until(c, ref, b, until);
}

void bar_leave(struct core *c, struct lane *l)
{
	struct bar *b = bar_of(c, l->bar);

	list_remove(&l->node);
	if (BAR_KIND(l->bar) == BAR_BUDGET)
		purse_leave(c, l->bar & BAR_SLOT, l);
	if (BAR_KIND(l->bar) == BAR_ORDER && list_is_empty(&share_at(c, l->share)->order_lanes))
		list_remove(&share_at(c, l->share)->order_node);
	if (list_is_empty(&b->lanes))
		set_until(c, l->bar, b, USEC_NEVER);
	l->bar = NONE;
}

void bar_stir(struct core *c, uint32_t ref)
{
	struct bar *b = bar_of(c, ref);

	if (!b->pending && !list_is_empty(&b->lanes) && b->until != 0)
		set_until(c, ref, b, 0);
}

void bar_tried(struct core *c, uint32_t ref)
{
	struct bar *b = bar_of(c, ref);

	ASSERT(b->pending > 0);
	b->pending--;
	bar_stir(c, ref);
}

/* How many lanes what the bar stands for could let through now; when none, *ret_until is when
 * to look again. */
static int64_t room(const struct core *c, uint32_t ref, struct now now, usec_t *ret_until)
{
	const struct account *a;
	const struct window *w;
	uint32_t slot = ref & BAR_SLOT;

	*ret_until = USEC_NEVER;
	switch (BAR_KIND(ref)) {
	case BAR_WINDOW:
		w = &counter_at(c, slot)->w;
		*ret_until = window_ready_at(w, now.wall);
		return window_room(w, now.wall);
	case BAR_ORDER:
		a = account_at(c, slot);
		return (int64_t)account_concurrency(c, a) - a->effects;
	case BAR_PACE:
		return pacer_room(c, slot, now.wall, ret_until);
	case BAR_GRANT:
	case BAR_APP:
	case BAR_BUDGET:
		break;
	}
	return INT64_MAX;
}

/* Lanes whose needs fit into the room there is; the others look again on the next day. */
static void wake_budget(struct core *c, uint32_t ref, struct bar *b, usec_t wall)
{
	uint32_t slot = ref & BAR_SLOT;
	int64_t room = ledger_room(&purse_at(c, slot)->l, wall);
	struct lane *l;

	for (int n = 0; n < WAKE_MAX && (l = purse_next(c, slot, room)); n++) {
		room -= l->need;
		b->pending++;
		lane_run(c, l, ref);
	}
	set_until(c, ref, b,
		b->pending || list_is_empty(&b->lanes) ? USEC_NEVER
						       : (ledger_day(wall) + 1) * USEC_DAY);
}

void bars_wake(struct core *c, struct now now)
{
	uint32_t ref = heap_first(&c->bars);
	struct bar *b = bar_of(c, ref);
	enum bar_kind kind = BAR_KIND(ref);
	bool counts = kind == BAR_WINDOW || kind == BAR_ORDER || kind == BAR_PACE;
	usec_t until;

	if (BAR_KIND(ref) == BAR_BUDGET) {
		wake_budget(c, ref, b, now.wall);
		return;
	}
	int64_t n = room(c, ref, now, &until);

	if (n <= 0) {
		set_until(c, ref, b, until);
		return;
	}
	if (counts && n > WAKE_MAX)
		n = WAKE_MAX;
	while (n-- > 0 && !list_is_empty(&b->lanes)) {
		b->pending += counts;
		lane_run(c, first(ref, b), counts ? ref : NONE);
	}
	set_until(c, ref, b, USEC_NEVER); /* bar_tried() looks after the others */
}

usec_t bars_first(const struct core *c)
{
	uint32_t ref = heap_first(&c->bars);

	return ref == HEAP_NONE ? USEC_NEVER : bar_of(c, ref)->until;
}

void bars_open(struct core *c, struct now now)
{
	while (bars_first(c) == 0)
		bars_wake(c, now);
}

void bars_mend(struct core *c)
{
	for (uint32_t at = 0; at < c->bars.count; at++) {
		bar_of(c, c->bars.slots[at])->until = 0;
		heap_fix(&c->bars, at, &ops,
			c); /* upwards: those after it stay where they are */
	}
}
