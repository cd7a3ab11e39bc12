/*
 * table.h - what a zone is made of: for zone.c, which asks it, and load.c, which fills it
 */
#ifndef ROOST_COMMON_WHEN_TABLE_H
#define ROOST_COMMON_WHEN_TABLE_H

#include "common/when/zone.h"

#define ZONE_FROM       (1577836800 * USEC_SEC) /* 2020-01-01 UTC */
#define ZONE_UNTIL      (2145916800 * USEC_SEC) /* 2038-01-01 UTC */
#define ZONE_SHIFTS_MAX 160 /* changes in that time; Gaza has the most, about 60 */

/* From `at` on the offset is `offset`. */
struct zone_shift {
	usec_t at;
	usec_t offset;
};

struct zone {
	char name[ZONE_NAME_MAX];
	struct zone_shift shifts[ZONE_SHIFTS_MAX]; /* by instant; the first is at ZONE_FROM */
	uint32_t count;                            /* >= 1 */
};

/* Fills *ret from tzdata; name is a text that may be part of a path. As zones_get(). */
MUST_USE enum err zone_load(const char *name, struct zone *ret, struct errmsg *m);

/* Gives back what the library keeps of all that was loaded. */
void zone_load_done(void);

#endif
