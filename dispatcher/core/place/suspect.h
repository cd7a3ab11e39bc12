/*
 * suspect.h - a job that may be what kills workers goes to one of its own
 *
 * Who was with two workers that died is suspected, rightly or by bad luck. It goes to a worker
 * that has nothing else and gets nothing else until the end is known: so the third death, if
 * there is one, blames nobody else, and nobody else suffers. When no worker is idle, the least
 * busy one is kept for it: it gets nothing new until it is idle. One suspect at a time.
 */
#ifndef ROOST_DISPATCHER_CORE_PLACE_SUSPECT_H
#define ROOST_DISPATCHER_CORE_PLACE_SUSPECT_H

#include "dispatcher/core/core.h"

#define SUSPECT_AGAIN (100 * USEC_MSEC) /* it stands aside for so long */

struct item;
struct lane;
struct worker;

/* For whom a worker is kept; all zeroes: for nobody. */
struct ward {
	uint64_t job;
	uint32_t worker; /* id */
};

bool is_suspect(const struct item *it);

/* A worker that was given up is there and still has that job: it did not die of it. */
void suspect_survived(struct core *c, uint64_t job);

/* The idle worker it may go to now; NULL: one is kept for it, or another suspect is before it.
 */
struct worker *suspect_worker(struct core *c, const struct item *it, struct now now);

/* Whether w is kept for one that waits for it. */
bool suspect_keeps(const struct core *c, const struct worker *w, struct now now);

/* The lane of the suspect whose worker is idle by now, if it is first there and could run;
 * NULL.
 */
struct lane *suspect_lane(const struct core *c, struct now now);

#endif
