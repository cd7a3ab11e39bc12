/*
 * keys.h - has this map had this key before?
 *
 * Inside common/wire only. Holds the keys of all maps the walk stands in, the
 * outermost first. A small map is searched as each key comes; a large one is
 * sorted when it ends, so that no frame costs the square of its size.
 */
#ifndef ROOST_COMMON_WIRE_KEYS_H
#define ROOST_COMMON_WIRE_KEYS_H

#include "common/base/text.h"

#define KEYS_AT_HAND 64 /* keys of all open maps that need no allocation */

struct key {
	uint64_t mix; /* of its first and last 8 bytes: tells most keys apart */
	struct str text;
};

struct keys {
	struct key *items; /* at_hand, or owned */
	uint32_t count;
	uint32_t size;
	struct key at_hand[KEYS_AT_HAND];
};

/* Holds nothing. It must not be moved afterwards. */
void keys_init(struct keys *k);
void keys_done(struct keys *k);

/*
 * Adds a key, lent until its map ends, to the map whose first key is number `first` and that
 * will have `pairs` of them. *ret_known: the map has it already. ERR_NOMEM: nothing changed.
 */
MUST_USE enum err keys_add(
	struct keys *k, uint32_t first, uint32_t pairs, struct str text, bool *ret_known);

/* Ends that map and forgets its keys. Returns a key it had twice, or {NULL, 0}. */
struct str keys_end(struct keys *k, uint32_t first, uint32_t pairs);

#endif
