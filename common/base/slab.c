#include "common/base/slab.h"

#include <string.h>

#include "common/base/mem.h"

/* How many slots the n-th chunk has, and how many all before it. */
static uint32_t chunk_slots(uint32_t n)
{
	return SLAB_FIRST << n;
}

static uint32_t slots_before(uint32_t n)
{
	return chunk_slots(n) - SLAB_FIRST;
}

/* Which chunk a slot is in. */
static uint32_t chunk_of(uint32_t slot)
{
	return (uint32_t)(__builtin_clz(SLAB_FIRST) - __builtin_clz(slot + SLAB_FIRST));
}

void slab_init(struct slab *s, size_t item_size)
{
	ASSERT(item_size >= sizeof(uint32_t) && item_size <= UINT16_MAX);
	*s = (struct slab){.item_size = (uint32_t)item_size, .free = SLAB_NONE};
}

void slab_done(struct slab *s)
{
	for (uint32_t i = 0; i < s->chunk_count; i++)
		mem_free(s->chunks[i]);
	slab_init(s, s->item_size);
}

size_t slab_chunk_bytes(const struct slab *s, uint32_t n)
{
	return (size_t)chunk_slots(n) * s->item_size;
}

static bool add_chunk(struct slab *s)
{
	if (s->chunk_count == SLAB_CHUNKS)
		return false;
	unsigned char *chunk = mem_array(chunk_slots(s->chunk_count), s->item_size);
	if (!chunk)
		return false;
	s->chunks[s->chunk_count++] = chunk;
	return true;
}

void *slab_at(const struct slab *s, uint32_t slot)
{
	uint32_t n = chunk_of(slot);

	ASSERT(slot < s->used);
	return s->chunks[n] + (size_t)(slot - slots_before(n)) * s->item_size;
}

uint32_t slab_slot(const struct slab *s, const void *item)
{
	uint32_t n = s->chunk_count;
	uintptr_t from = 0;

	/* The last chunk has half of them, so it comes first. */
	do {
		ASSERT(n > 0);
		from = (uintptr_t)s->chunks[--n];
	} while ((uintptr_t)item - from >= slab_chunk_bytes(s, n));
	return slots_before(n) + (uint32_t)(((uintptr_t)item - from) / s->item_size);
}

uint32_t slab_take(struct slab *s)
{
	uint32_t slot = s->free;

	if (slot != SLAB_NONE) {
		memcpy(&s->free, slab_at(s, slot), sizeof(s->free));
		memset(slab_at(s, slot), 0, s->item_size);
	} else {
		if (s->used == slots_before(s->chunk_count) && !add_chunk(s))
			return SLAB_NONE;
		slot = s->used++;
	}
	s->count++;
	return slot;
}

void slab_give(struct slab *s, uint32_t slot)
{
	memcpy(slab_at(s, slot), &s->free, sizeof(s->free));
	s->free = slot;
	s->count--;
}

bool slab_copy(struct slab *to, const struct slab *from)
{
	slab_init(to, from->item_size);
	for (uint32_t n = 0; n < from->chunk_count; n++) {
		uint32_t used = from->used - slots_before(n);

		if (!add_chunk(to)) {
			slab_done(to);
			return false;
		}
		if (used > chunk_slots(n))
			used = chunk_slots(n);
		memcpy(to->chunks[n], from->chunks[n], (size_t)used * from->item_size);
	}
	to->used = from->used;
	to->free = from->free;
	to->count = from->count;
	return true;
}
