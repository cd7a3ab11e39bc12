/*
 * slab.h - many things of one size, each known by a 32-bit slot
 *
 * Grows by chunks, each twice as long as the one before, and never moves what
 * it holds: a pointer stays good until its slot is given back. Slots are used
 * again. What a chunk has not handed out yet was never touched, so it takes no
 * memory from the system.
 */
#ifndef ROOST_COMMON_BASE_SLAB_H
#define ROOST_COMMON_BASE_SLAB_H

#include "common/base/base.h"

#define SLAB_NONE   UINT32_MAX
#define SLAB_FIRST  64u /* slots of the first chunk */
#define SLAB_CHUNKS 25  /* 64 * (2^25 - 1): all slots below 2^31 */

struct slab {
	unsigned char *chunks[SLAB_CHUNKS]; /* owned; the n-th has SLAB_FIRST << n slots */
	uint32_t chunk_count;
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

/* How long chunks[n] is. */
size_t slab_chunk_bytes(const struct slab *s, uint32_t n);

/* Where a slot is, and which slot is at a place that slab_at() gave. */
void *slab_at(const struct slab *s, uint32_t slot);
uint32_t slab_slot(const struct slab *s, const void *item);

#endif
