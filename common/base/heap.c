#include "common/base/heap.h"

#include <string.h>

#include "common/base/mem.h"

#define FIRST_SIZE 4u

void heap_done(struct heap *h)
{
	mem_free(h->slots);
	*h = (struct heap){0};
}

bool heap_copy(struct heap *to, const struct heap *from)
{
	*to = (struct heap){0};
	if (!heap_reserve(to, from->count))
		return false;
	if (from->count)
		memcpy(to->slots, from->slots, from->count * sizeof(*to->slots));
	to->count = from->count;
	return true;
}

uint32_t heap_first(const struct heap *h)
{
	return h->count ? h->slots[0] : HEAP_NONE;
}

static void place(
	struct heap *h, uint32_t at, uint32_t slot, const struct heap_ops *ops, void *ctx)
{
	h->slots[at] = slot;
	ops->moved(ctx, slot, at);
}

static void sift_up(struct heap *h, uint32_t at, const struct heap_ops *ops, void *ctx)
{
	uint32_t slot = h->slots[at];

	while (at > 0) {
		uint32_t parent = (at - 1) / 2;

		if (!ops->before(ctx, slot, h->slots[parent]))
			break;
		place(h, at, h->slots[parent], ops, ctx);
		at = parent;
	}
	place(h, at, slot, ops, ctx);
}

static void sift_down(struct heap *h, uint32_t at, const struct heap_ops *ops, void *ctx)
{
	uint32_t slot = h->slots[at];

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= h->count)
			break;
		if (child + 1 < h->count &&
			ops->before(ctx, h->slots[child + 1], h->slots[child]))
			child++;
		if (!ops->before(ctx, h->slots[child], slot))
			break;
		place(h, at, h->slots[child], ops, ctx);
		at = child;
	}
	place(h, at, slot, ops, ctx);
}

bool heap_reserve(struct heap *h, uint32_t count)
{
	uint32_t size = h->size ? h->size : FIRST_SIZE;

	if (count <= h->size)
		return true;
	while (size < count)
		size *= 2;
	uint32_t *slots = mem_grow(h->slots, size * sizeof(*slots));
	if (!slots)
		return false;
	h->slots = slots;
	h->size = size;
	return true;
}

bool heap_put(struct heap *h, uint32_t slot, const struct heap_ops *ops, void *ctx)
{
	if (!heap_reserve(h, h->count + 1))
		return false;
	h->slots[h->count++] = slot;
	sift_up(h, h->count - 1, ops, ctx);
	return true;
}

void heap_fix(struct heap *h, uint32_t at, const struct heap_ops *ops, void *ctx)
{
	ASSERT(at < h->count);
	if (at > 0 && ops->before(ctx, h->slots[at], h->slots[(at - 1) / 2]))
		sift_up(h, at, ops, ctx);
	else
		sift_down(h, at, ops, ctx);
}

uint32_t heap_remove(struct heap *h, uint32_t at, const struct heap_ops *ops, void *ctx)
{
	ASSERT(at < h->count);
	uint32_t slot = h->slots[at];
	uint32_t last = h->slots[--h->count];

	ops->moved(ctx, slot, HEAP_NONE);
	if (at < h->count) {
		h->slots[at] = last;
		heap_fix(h, at, ops, ctx);
	}
	return slot;
}
