#include "common/base/slab.h"

#include <string.h>

#include "common/base/mem.h"

#define CHUNK_BITS 10u
#define CHUNK      (1u << CHUNK_BITS) /* slots in one chunk */

void slab_init(struct slab *s, size_t item_size)
{
	ASSERT(item_size >= sizeof(uint32_t) && item_size <= UINT32_MAX / CHUNK);
	*s = (struct slab){.item_size = (uint32_t)item_size, .free = SLAB_NONE};
}

void slab_done(struct slab *s)
{
	for (uint32_t i = 0; i < s->chunk_count; i++)
		mem_free(s->chunks[i]);
	mem_free(s->chunks);
	slab_init(s, s->item_size);
}

static bool add_chunk(struct slab *s)
{
	if (s->chunk_count == s->chunk_size) {
		uint32_t size = s->chunk_size ? s->chunk_size * 2 : 8;
		unsigned char **chunks = mem_grow(s->chunks, size * sizeof(*chunks));

		if (!chunks)
			return false;
		s->chunks = chunks;
		s->chunk_size = size;
	}
	unsigned char *chunk = mem_array(CHUNK, s->item_size);
	if (!chunk)
		return false;
	s->chunks[s->chunk_count++] = chunk;
	return true;
}

void *slab_at(const struct slab *s, uint32_t slot)
{
	ASSERT(slot < s->used);
	return s->chunks[slot >> CHUNK_BITS] + (size_t)(slot & (CHUNK - 1)) * s->item_size;
}

uint32_t slab_take(struct slab *s)
{
	uint32_t slot = s->free;

	if (slot != SLAB_NONE) {
		memcpy(&s->free, slab_at(s, slot), sizeof(s->free));
		memset(slab_at(s, slot), 0, s->item_size);
	} else {
		if (s->used == s->chunk_count * CHUNK && !add_chunk(s))
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
	for (uint32_t i = 0; i < from->chunk_count; i++) {
		if (!add_chunk(to)) {
			slab_done(to);
			return false;
		}
		memcpy(to->chunks[i], from->chunks[i], (size_t)CHUNK * from->item_size);
	}
	to->used = from->used;
	to->free = from->free;
	to->count = from->count;
	return true;
}

size_t slab_chunk_bytes(const struct slab *s)
{
	return (size_t)CHUNK * s->item_size;
}
