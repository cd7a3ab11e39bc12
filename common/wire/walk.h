/*
 * walk.h - a frame checked before it is believed
 *
 * Inside common/wire only: what wire_open() needs to know of a frame besides
 * that it is good. wire_walk() is the same for everybody else.
 */
#ifndef ROOST_COMMON_WIRE_WALK_H
#define ROOST_COMMON_WIRE_WALK_H

#include "common/wire/value.h"

/* How large the tree of a frame will be; 1 + items + 2 * pairs <= WIRE_VALUES_MAX. */
struct walk_counts {
	uint32_t items; /* values in all arrays together */
	uint32_t pairs; /* keys with their values in all maps together */
};

/* Checks a frame as wire_open() promises. *ret is set on ERR_OK only. */
MUST_USE enum err walk_frame(struct str frame, struct walk_counts *ret, struct errmsg *m);

#endif
