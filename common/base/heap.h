/*
 * heap.h - slots in order, the first at hand
 *
 * A binary heap of 32-bit slot numbers. The owner says which of two comes
 * first, and may be told where a slot stands so that it can be taken out from
 * the middle. O(log n) each.
 */
#ifndef ROOST_COMMON_BASE_HEAP_H
#define ROOST_COMMON_BASE_HEAP_H

#include "common/base/base.h"

#define HEAP_NONE UINT32_MAX

struct heap_ops {
	bool (*before)(const void *ctx, uint32_t a, uint32_t b);
	void (*moved)(void *ctx, uint32_t slot, uint32_t at); /* HEAP_NONE: it has left */
};

struct heap {
	uint32_t *slots; /* owned */
	uint32_t count;
	uint32_t size;
};

/* An empty heap is all zeroes. */
void heap_done(struct heap *h);

/* Makes the empty *to a copy of *from. False when out of memory: *to is empty. */
MUST_USE bool heap_copy(struct heap *to, const struct heap *from);

/* The first slot, or HEAP_NONE. */
uint32_t heap_first(const struct heap *h);

/* Makes room for `count` slots in all, so that heap_put() cannot fail before. False when out of
 * memory. */
MUST_USE bool heap_reserve(struct heap *h, uint32_t count);

/* False when out of memory: nothing changed. */
MUST_USE bool heap_put(struct heap *h, uint32_t slot, const struct heap_ops *ops, void *ctx);

/* Takes out what stands at position `at`; returns its slot. */
uint32_t heap_remove(struct heap *h, uint32_t at, const struct heap_ops *ops, void *ctx);

/* Restores the order after the slot at position `at` has changed. */
void heap_fix(struct heap *h, uint32_t at, const struct heap_ops *ops, void *ctx);

#endif
