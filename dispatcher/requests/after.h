/*
 * after.h - jobs that come after others, and use their results
 *
 * At enqueue `after` and every {"$ref": ...} of the arguments become needs: ids
 * of jobs of the same agent that were there before, or come earlier in the
 * same message. So there are no cycles. When all that a job needs is done, the
 * core orders its arguments to be filled: each $ref becomes what its path leads
 * to in the result, and the arguments are checked as if they had come so.
 */
#ifndef ROOST_DISPATCHER_REQUESTS_AFTER_H
#define ROOST_DISPATCHER_REQUESTS_AFTER_H

#include "dispatcher/requests/check.h"

/* Jobs that are neither kept nor in the message: the id that a key has among them; 0: none. */
struct after_others {
	uint64_t (*find)(void *ctx, struct str key);
	void *ctx;
};

/*
 * Finds what drafts[at] of a message of `count` comes after; the drafts before it were read.
 * `others` may be NULL. ERR_NOT_FOUND, ERR_STATE (it has ended, and not well), ERR_INVALID, in
 * drafts[at].err too.
 */
enum err after_read(struct dispatcher *d, struct draft *drafts, uint32_t at, uint32_t count,
	const struct after_others *others);

/* Gives the needs of f their ids, drafts before it having theirs; writes those that c holds,
 * which have not ended, to open, and returns how many. */
uint32_t after_open_needs(const struct core *c, struct draft *f, const struct draft *drafts,
	struct need open[NEEDS_MAX]);

/* The same for a job that ended and is to come back. ERR_STATE: one of them did not end well.
 */
MUST_USE enum err after_needs_again(struct dispatcher *d, uint64_t job,
	struct need open[NEEDS_MAX], uint32_t *ret_count, struct errmsg *m);

/* Whether each $ref of new arguments for a job speaks of one that it needs, and it still waits.
 */
MUST_USE enum err after_check_refs(struct dispatcher *d, const struct job *j,
	const struct wire_value *args, struct errmsg *m);

/* Writes the ids of the jobs that a job needs to ret; returns how many. */
uint32_t after_ids(struct dispatcher *d, uint64_t job, uint64_t ret[NEEDS_MAX]);

/* Writes the ids of the jobs that a job needs, as an array. */
void after_put(struct dispatcher *d, uint64_t job, struct buf *out);

/* At start: what waits for what, told to the core. */
MUST_USE enum err after_load(struct dispatcher *d, struct errmsg *m);

/* ORDER_FILL. */
void after_fill(struct dispatcher *d, const struct order *o);

/* The turn is over: words of what could not be filled go. */
void after_turn_over(struct dispatcher *d);

#endif
