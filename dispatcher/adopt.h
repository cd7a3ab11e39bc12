/*
 * adopt.h - which of what a look at X found is a job's own, and what is remembered of looks
 *
 * Two jobs never adopt the same post or message: not one that an ended job has made or claimed,
 * not one that another job of the same message of results has, and none while a job of the same
 * account and the same text has begun, for its answer may be about to name it.
 *
 * Of each unsure job the last LOOKS_KEPT looks are kept, on disk too, until it ends: when, how
 * much was compared, what matched, and why that did not decide it.
 */
#ifndef ROOST_DISPATCHER_ADOPT_H
#define ROOST_DISPATCHER_ADOPT_H

#include "common/wire/value.h"
#include "common/xapi/outcome.h"
#include "dispatcher/core/job.h"

struct dispatcher;
struct buf;
struct order;

#define LOOKS_KEPT      8    /* of a job */
#define LOOKED_JOBS_MAX 4096 /* jobs whose looks are kept; of more the oldest are forgotten */

struct adopted;

/* NULL: out of memory. */
MUST_USE struct adopted *adopt_new(void);
void adopt_free(struct adopted *a);

/* At start: what was kept. */
MUST_USE enum err adopt_load(struct dispatcher *d, struct errmsg *m);

/*
 * A look for `j` ended as *o says, and found these ids. Chooses the first that may be its own
 * (o->x_id), else makes o->look LOOK_ABSENT, or LOOK_CANNOT when it has to wait for another
 * job's answer. Notes what was seen.
 */
void adopt_looked(struct dispatcher *d, const struct job *j, const struct wire_value *found,
	struct outcome *o);

/* A message of results has been taken in: what its jobs adopted is in the store. */
void adopt_message_over(struct dispatcher *d);

/* A job has ended: nothing of its looks is kept any more. */
void adopt_ended(struct dispatcher *d, uint64_t job);

/* An array of its looks, the oldest first: {at, look, compared, matches, text}. */
void adopt_put(const struct dispatcher *d, uint64_t job, struct buf *out);

#endif
