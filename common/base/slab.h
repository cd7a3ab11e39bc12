/*
 * slab.h - many things of one size, each known by a 32-bit slot
 *
 * Grows by whole chunks and never moves what it holds: a pointer stays good
 * until its slot is given back. Slots are used again.
 */
#ifndef ROOST_COMMON_BASE_SLAB_H
#define ROOST_COMMON_BASE_SLAB_H

#include "common/base/base.h"

#define SLAB_NONE UINT32_MAX

struct slab {
	unsigned char **chunks; /* owned */
	uint32_t chunk_count;
	uint32_t chunk_size; /* chunk pointers allocated */
	uint32_t item_size;
	uint32_t used;  /* slots ever handed out */
	uint32_t free;  /* first free slot; the next is kept in the slot itself */
	uint32_t count; /* slots in use */
};

/* Empty, for things of item_size bytes, at least 4. */
void slab_init(struct slab *s, size_t item_size);
void slab_done(struct slab *s);

/* Makes the empty *to a copy of *from, slot by slot. False when out of memory: *to is empty. */
MUST_USE bool slab_copy(struct slab *to, const struct slab *from);

/* A zeroed slot, or SLAB_NONE when out of memory. */
MUST_USE uint32_t slab_take(struct slab *s);

/* Gives a slot back. The owner knows that it is in use; a free one is not noticed. */
void slab_give(struct slab *s, uint32_t slot);

/* How long each of chunks[] is. */
size_t slab_chunk_bytes(const struct slab *s);

/* Where a slot is. */
void *slab_at(const struct slab *s, uint32_t slot);

#endif
