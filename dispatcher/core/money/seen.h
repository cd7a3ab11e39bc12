/*
 * seen.h - which objects were paid for today
 *
 * X charges an object that a read returns once a UTC day for an app. This is a
 * set of those that were charged, one a day: bounded, in memory. What it does
 * not know, because it is full or after a restart, is taken for new: money is
 * then counted that X does not ask for, never the other way round.
 */
#ifndef ROOST_DISPATCHER_CORE_MONEY_SEEN_H
#define ROOST_DISPATCHER_CORE_MONEY_SEEN_H

#include "common/base/clock.h"

#define SEEN_MAX 196608 /* objects a day and app: 2 MiB */

/* All zeroes is an empty set. */
struct seen {
	uint64_t *cells; /* owned; a power of two of them; 0: free */
	uint32_t size, count;
	int32_t day; /* since 1970, UTC */
};

void seen_done(struct seen *s);

/*
 * Adds the object `id` of kind `kind` to those of `day`; true when it was there already. A day
 * other than the one before begins an empty set.
 */
bool seen_add(struct seen *s, unsigned kind, uint64_t id, int32_t day);

#endif
