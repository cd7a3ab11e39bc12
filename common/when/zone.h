/*
 * zone.h - time zones: instants as a clock on the wall there shows them, and back
 *
 * A zone is a table of the instants at which its offset from UTC changes, made
 * once from the system's tzdata (libical reads it) and never changed: the same
 * question has the same answer as long as the process lives. It covers 2020 to
 * 2037; before and after that the first and the last offset stand.
 *
 * Where clocks are put forward, a time of day is skipped: it stands for the
 * first instant after the gap. Where they are put back, a time of day occurs
 * twice: the earlier one counts, unless a function says otherwise. So every
 * local day has every time of day exactly once, in order.
 *
 * Days are numbered from 1970-01-01 (0), as is usual; a time of day is in
 * microseconds from local midnight as the clock shows it, in [0, USEC_DAY).
 */
#ifndef ROOST_COMMON_WHEN_ZONE_H
#define ROOST_COMMON_WHEN_ZONE_H

#include "common/base/text.h"

#define ZONE_NAME_MAX 48  /* bytes of a name, with its zero */
#define ZONES_MAX     640 /* zones in one registry; tzdata has about 600 names */

struct zone;

/* Every zone asked for so far. */
struct zones;

/* What a clock shows. */
struct local {
	int64_t day;     /* since 1970-01-01 */
	usec_t time;     /* of that day */
	uint8_t weekday; /* 0 Monday to 6 Sunday */
};

/* NULL only when out of memory. Zones live as long as their registry. */
MUST_USE struct zones *zones_new(void);
void zones_free(struct zones *z);
AUTO_DEFINE(zones)

/*
 * The zone called `name`, as in tzdata: "Europe/Berlin", "UTC". Reads files the first time a
 * name is asked for. ERR_INVALID: there is no such zone, or tzdata is not installed. ERR_QUOTA:
 * ZONES_MAX are known. ERR_NOMEM.
 */
MUST_USE enum err zones_get(
	struct zones *z, struct str name, const struct zone **ret, struct errmsg *m);

/* UTC, which needs no file. Static storage. */
const struct zone *zone_utc(void);

const char *zone_name(const struct zone *z);

/* What is added to UTC to have local time, at an instant. */
usec_t zone_offset(const struct zone *z, usec_t wall);

/* What the clock shows at an instant. */
struct local zone_local(const struct zone *z, usec_t wall);

/* The instant at which it is `time` on a local day: after the gap, or the earlier of two. */
usec_t zone_instant(const struct zone *z, int64_t day, usec_t time);

/* The first instant after `wall` at which the clock shows `time`, the later of two included. */
usec_t zone_next_showing(const struct zone *z, usec_t wall, usec_t time);

/* The first instant of the local day after the one that `wall` lies in. */
usec_t zone_next_day(const struct zone *z, usec_t wall);

/* Writes "2026-03-29 03:00 Europe/Berlin"; cap >= 24 + ZONE_NAME_MAX. Returns out. */
char *zone_write(const struct zone *z, usec_t wall, char *out, size_t cap);

/* "08:30", "8:30", "18:15", "23:59:30" as a time of day. ERR_INVALID. */
MUST_USE enum err zone_read_time(struct str text, usec_t *ret, struct errmsg *m);

#endif
