#include <stddef.h>

#include "dispatcher/store/memory/memory.h"

static const struct strings spent_shape = {sizeof(struct ledger_row), NULL, 0};

static const size_t raise_strings[] = {offsetof(struct raise_row, reason)};
static const struct strings raise_shape = {sizeof(struct raise_row), raise_strings, 1};

static bool is_same_period(const struct ledger_row *a, const struct ledger_row *b)
{
	return a->length == b->length && a->begins == b->begins && a->kind == b->kind &&
	       a->owner == b->owner;
}

static bool is_within(const struct ledger_row *r, const struct periods *p)
{
	return r->length == p->length && r->begins >= p->from && r->begins <= p->to;
}

/* The first cell that holds nothing. */
static uint32_t free_cell(const struct cells *c)
{
	uint32_t i = 0;

	while (cells_at(c, i))
		i++;
	return i;
}

enum err memory_put_spent(struct store *s, const struct ledger_row *r)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);
	uint32_t i = 0;

	while (i < m->spent.count && !(m->spent.at[i] && is_same_period(m->spent.at[i], r)))
		i++;
	if (i == m->spent.count)
		i = free_cell(&m->spent);
	return e ? e : memory_put(m, &m->spent, i, &spent_shape, r);
}

enum err memory_put_raise(struct store *s, const struct raise_row *r)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	return e ? e : memory_put(m, &m->raises, m->raises.count, &raise_shape, r);
}

enum err memory_forget_money(struct store *s, int32_t before)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	for (uint32_t i = 0; !e && i < m->spent.count; i++) {
		const struct ledger_row *r = m->spent.at[i];

		if (r && r->begins < before)
			e = memory_put(m, &m->spent, i, &spent_shape, NULL);
	}
	for (uint32_t i = 0; !e && i < m->raises.count; i++) {
		const struct raise_row *r = m->raises.at[i];

		if (r && r->row.begins < before)
			e = memory_put(m, &m->raises, i, &raise_shape, NULL);
	}
	return e;
}

enum err memory_each_spent(
	struct store *s, const struct periods *p, store_spent_fn *each, void *ctx)
{
	const struct cells *c = &memory_of(s)->spent;

	for (uint32_t i = 0; i < c->count; i++)
		if (c->at[i] && is_within(c->at[i], p))
			each(ctx, c->at[i]);
	return ERR_OK;
}

enum err memory_each_raise(
	struct store *s, const struct periods *p, store_raise_fn *each, void *ctx)
{
	const struct cells *c = &memory_of(s)->raises;

	for (uint32_t i = 0; i < c->count; i++) {
		const struct raise_row *r = c->at[i];

		if (r && is_within(&r->row, p))
			each(ctx, r);
	}
	return ERR_OK;
}
