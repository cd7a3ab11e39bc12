/* counter.c - the windows there are, and which of them a call draws on */
#include <string.h>

#include "common/base/mem.h"
#include "dispatcher/core/inside.h"

struct counter *counter_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->counters, slot);
}

/* The place of a length among those met, made known if need be; COUNT_OF(lengths) when there
 * are too many. */
static uint32_t length_index(struct core *c, usec_t length)
{
	uint32_t i = 0;

	while (i < c->length_count && c->lengths[i] != length)
		i++;
	if (i == c->length_count && i < COUNT_OF(c->lengths))
		c->lengths[c->length_count++] = length;
	return i;
}

static uint64_t key(
	const struct core *c, uint32_t owner, unsigned family, unsigned scope, usec_t length)
{
	uint32_t i = 0;

	while (i < c->length_count && c->lengths[i] != length)
		i++;
	ASSERT(i < c->length_count);
	return (uint64_t)owner << 32 | (uint64_t)family << 16 | (uint64_t)scope << 15 | i;
}

uint64_t counter_key_of(const void *ctx, uint32_t slot)
{
	const struct window_row *row = &counter_at(ctx, slot)->w.row;

	return key(ctx, row->owner, row->family, row->scope, row->length);
}

/* --- plans --- */

/* The kinds of a call that the plan does not include, as bits. */
static uint8_t barred(const struct core *c, const char *plan, enum call call)
{
	uint8_t bits = 0;

	for (int kind = 0; c->conf.entitlements && kind < POST_KIND_COUNT; kind++)
		if (entitlements_find(c->conf.entitlements, plan, call, (enum post_kind)kind,
			    ENTITLE_REFUSED))
			bits |= (uint8_t)(1u << kind);
	return bits;
}

static bool plan_fill(struct core *c, struct plan *p)
{
	for (int o = 0; o < OBJECT_COUNT; o++)
		p->reads[o] = c->conf.read_caps
				      ? read_cap_of(c->conf.read_caps, p->name, (enum object)o)
				      : CAPS_NONE;
	for (unsigned call = 0; call < CALL_COUNT; call++) {
		struct call_limits *of = &p->calls[call];

		p->barred[call] = barred(c, p->name, (enum call)call);
		of->count = (uint32_t)limits_of(
			c->conf.limits, p->name, (enum call)call, of->limit);
		for (uint32_t i = 0; i < of->count; i++)
			if (length_index(c, of->limit[i].length) == COUNT_OF(c->lengths))
				return false;
	}
	return true;
}

const struct plan *plan_of(struct core *c, const char *name)
{
	for (const struct plan *p = c->plans; p; p = p->next)
		if (!strcmp(p->name, name))
			return p;

	struct plan *p = mem_alloc(sizeof(*p));
	if (!p)
		return NULL;
	memcpy(p->name, name, strnlen(name, sizeof(p->name) - 1));
	if (!plan_fill(c, p)) {
		mem_free(p);
		return NULL;
	}
	p->next = c->plans;
	c->plans = p;
	return p;
}

void plans_done(struct core *c)
{
	while (c->plans) {
		struct plan *p = c->plans;

		c->plans = p->next;
		mem_free(p);
	}
}

/* --- windows --- */

static uint32_t find(const struct core *c, const struct account *a, const struct limit *limit)
{
	uint32_t owner =
		limit->scope == LIMIT_ACCOUNT ? a->fact.id : account_app(c, a)->fact.id;

	return map_find(
		&c->counter_by_key, key(c, owner, limit->family, limit->scope, limit->length));
}

static uint32_t counter_new(struct core *c, const struct limit *limit, uint32_t owner)
{
	if (!bars_reserve(c))
		return NONE;
	uint32_t slot = slab_take(&c->counters);
	if (slot == SLAB_NONE)
		return NONE;
	struct counter *n = counter_at(c, slot);
	window_init(&n->w, limit, owner);
	bar_init(&n->bar);
	if (!map_put(&c->counter_by_key, slot)) {
		slab_give(&c->counters, slot);
		return NONE;
	}
	return slot;
}

bool counters_of(struct core *c, const struct account *a, enum call call, enum post_kind kind,
	struct draws *ret)
{
	const struct app *app = account_app(c, a);
	const struct call_limits *of = &app->plan->calls[call];
	struct draws d = {0};

	for (uint32_t i = 0; i < of->count; i++) {
		const struct limit *limit = &of->limit[i];

		if (!limit_is_for(limit, kind, a->fact.unverified))
			continue;
		uint32_t slot = find(c, a, limit);

		if (slot == MAP_NONE)
			slot = counter_new(c, limit,
				limit->scope == LIMIT_ACCOUNT ? a->fact.id : app->fact.id);
		if (slot == NONE)
			return false;
		window_set_limit(&counter_at(c, slot)->w, limit->limit);
		counter_at(c, slot)->w.is_spoken_of =
			limit_is_spoken_of(limit) && !c->conf.table_is_true;
		d.own |= (uint16_t)(limit->own << d.count);
		d.slot[d.count++] = slot;
	}
	*ret = d;
	return true;
}

void counters_find(const struct core *c, const struct account *a, enum call call,
	enum post_kind kind, struct draws *ret)
{
	const struct call_limits *of = &account_app(c, a)->plan->calls[call];

	*ret = (struct draws){0};
	for (uint32_t i = 0; i < of->count; i++) {
		uint32_t slot = find(c, a, &of->limit[i]);

		if (slot == MAP_NONE || !limit_is_for(&of->limit[i], kind, a->fact.unverified))
			continue;
		ret->own |= (uint16_t)(of->limit[i].own << ret->count);
		ret->slot[ret->count++] = slot;
	}
}

enum err counter_load(struct core *c, const struct window_row *row, usec_t wall)
{
	struct limit limit = {
		.family = row->family, .scope = row->scope, .length = row->length};

	if (row->length < 1 || row->limit < 1 || row->limit > UINT32_MAX ||
		row->scope > LIMIT_APP || row->family >= limits_family_count(c->conf.limits))
		return ERR_INVALID;
	limit.limit = (uint32_t)row->limit;
	if (length_index(c, row->length) == COUNT_OF(c->lengths))
		return ERR_TOO_BIG;
	uint32_t slot = map_find(
		&c->counter_by_key, key(c, row->owner, row->family, row->scope, row->length));
	if (slot == MAP_NONE)
		slot = counter_new(c, &limit, row->owner);
	if (slot == NONE)
		return ERR_NOMEM;
	window_load(&counter_at(c, slot)->w, row, wall);
	if (MISTAKE(MISTAKE_WINDOW_FORGOTTEN))
		counter_at(c, slot)->w.row.used = 0;
	return ERR_OK;
}

void counter_changed(struct core *c, uint32_t slot)
{
	struct counter *n = counter_at(c, slot);

	bar_stir(c, BAR_REF(BAR_WINDOW, slot));
	if (MISTAKE(MISTAKE_CHARGE_UNSAVED))
		n->w.dirty = false;
	if (!n->w.dirty || n->listed)
		return;
	n->listed = true;
	n->next_dirty = c->dirty;
	c->dirty = slot + 1;
}

bool counters_order(struct core *c)
{
	if (!c->dirty || !orders_reserve(c, 1))
		return false;
	struct counter *n = counter_at(c, c->dirty - 1);
	c->dirty = n->next_dirty;
	n->listed = false;
	n->w.dirty = false;
	order_put(c, ORDER_WINDOW)->window = n->w.row;
	return true;
}
