/*
 * map.h - slots found by a 64-bit key
 *
 * The map keeps only 32-bit slot numbers; the key of a slot is the owner's to
 * know, and the map asks for it. That makes a million entries cost 8 MiB.
 * Open addressing, linear probing, removal without tombstones.
 */
#ifndef ROOST_COMMON_BASE_MAP_H
#define ROOST_COMMON_BASE_MAP_H

#include "common/base/base.h"

#define MAP_NONE UINT32_MAX /* no slot: never put in a map */

struct map {
	uint32_t *cells; /* owned; a power of two of them */
	uint32_t size;
	uint32_t count;
	uint64_t (*key_of)(const void *ctx, uint32_t slot);
	const void *ctx;
};

/* An empty map. key_of must answer for every slot put in it, the same each time. */
void map_init(struct map *m, uint64_t (*key_of)(const void *, uint32_t), const void *ctx);
void map_done(struct map *m);

/* Makes room for `count` entries in all. False: no memory, nothing changed. */
MUST_USE bool map_reserve(struct map *m, uint32_t count);

/*
 * Makes the empty *to a copy of *from whose keys are asked of `ctx`. False when out of memory:
 * *to is empty.
 */
MUST_USE bool map_copy(struct map *to, const struct map *from, const void *ctx);

/* The slot with that key, or MAP_NONE. */
uint32_t map_find(const struct map *m, uint64_t key);

/* Adds a slot whose key is not there yet: the caller knows. False: no memory, nothing changed.
 */
MUST_USE bool map_put(struct map *m, uint32_t slot);

/* Takes the slot with that key out; MAP_NONE when there is none. */
uint32_t map_remove(struct map *m, uint64_t key);

/* The slots in no particular order: start with *at = 0; MAP_NONE after the last. */
uint32_t map_next(const struct map *m, uint32_t *at);

#endif
