/* orders.c - the orders of the turn, in the order to carry them out */
#include "common/base/mem.h"
#include "dispatcher/core/inside.h"

#define FIRST_SIZE 64u

bool orders_reserve(struct core *c, size_t n)
{
	struct order_queue *q = &c->orders;
	uint64_t size = q->size ? q->size : FIRST_SIZE;

	while (size < q->count + n)
		size *= 2;
	if (size == q->size)
		return true;
	if (size > UINT32_MAX / 2)
		return false;
	struct order *ring = mem_array(size, sizeof(*ring));
	if (!ring)
		return false;
	for (uint32_t i = 0; i < q->count; i++)
		ring[i] = q->ring[(q->first + i) & (q->size - 1)];
	mem_free(q->ring);
	*q = (struct order_queue){.ring = ring, .size = (uint32_t)size, .count = q->count};
	return true;
}

struct order *order_put(struct core *c, enum order_kind kind)
{
	struct order_queue *q = &c->orders;

	ASSERT(q->count < q->size);
	struct order *o = &q->ring[(q->first + q->count++) & (q->size - 1)];
	*o = (struct order){.kind = kind, .tag = c->tag};
	return o;
}

struct order *order_job(struct core *c, enum order_kind kind, const struct item *it)
{
	struct order *o = order_put(c, kind);

	o->job = it->job;
	return o;
}

void order_note(struct core *c, enum note note, const struct item *it, enum outcome_cause cause)
{
	struct order *o = order_job(c, ORDER_NOTE, it);

	o->note = note;
	o->cause = cause;
}

bool order_waits(const struct core *c, enum order_kind kind, uint32_t account)
{
	const struct order_queue *q = &c->orders;

	for (uint32_t i = 0; i < q->count; i++) {
		const struct order *o = &q->ring[(q->first + i) & (q->size - 1)];

		if (o->kind == kind && o->account == account)
			return true;
	}
	return false;
}

bool order_take(struct core *c, struct order *ret)
{
	struct order_queue *q = &c->orders;

	if (!q->count)
		return false;
	*ret = q->ring[q->first];
	q->first = (q->first + 1) & (q->size - 1);
	q->count--;
	return true;
}
