/*
 * queue.h - the orders of the turn, in the order to carry them out
 */
#ifndef ROOST_DISPATCHER_CORE_QUEUE_H
#define ROOST_DISPATCHER_CORE_QUEUE_H

#include "dispatcher/core/core.h"

struct item;

struct order_queue {
	struct order *ring; /* owned; a power of two of them */
	uint32_t size, first, count;
};

MUST_USE bool orders_reserve(
	struct core *c, size_t n); /* room for n more; order_put() then cannot fail */
struct order *order_put(struct core *c, enum order_kind kind);
struct order *order_job(struct core *c, enum order_kind kind, const struct item *it);
void order_note(
	struct core *c, enum note note, const struct item *it, enum outcome_cause cause);

/* Whether one of that kind about that account was put, and not taken yet: who tells of the
 * account now does not know of it. */
bool order_waits(const struct core *c, enum order_kind kind, uint32_t account);
bool order_take(struct core *c, struct order *ret);

#endif
