/*
 * walk.h - what would happen, by the core itself, on virtual time
 *
 * A walk owns a copy of a core and an ideal world around it: workers that take
 * as long as they lately took, an X that does what it is asked, a token that is
 * renewed when it is due. Gate, rings and windows are the core's own code, so a
 * walk is right about everything but what nobody can foresee: errors, other
 * clients that use the same limits, jobs that come later.
 *
 * The original is not touched, and may go on while a walk is made in portions;
 * it must not be freed before its limits are.
 */
#ifndef ROOST_DISPATCHER_CORE_WALK_H
#define ROOST_DISPATCHER_CORE_WALK_H

#include "dispatcher/core/core.h"

#define WALK_LATENCY (300 * USEC_MSEC) /* of a call that was never answered yet */
#define WALK_SLOTS   64                /* when no worker is there */

struct walk;

/* Something that happened to a job. */
struct walk_event {
	uint64_t job;
	usec_t at;  /* wall, of the walk */
	bool start; /* it left: GO, or the assignment of a read. Else it ended: */
	enum job_state state;
	enum blocker held; /* of a start: what it waited for longest; BLOCKER_NONE: nothing */
};

typedef void walk_seen(void *ctx, struct walk *w, const struct walk_event *e);

/* Begins where c stands now. NULL: out of memory. */
MUST_USE struct walk *walk_new(const struct core *c, struct now now);
void walk_free(struct walk *w);
AUTO_DEFINE(walk)

/* A fact about something that is not so in the original, such as a job that is not enqueued. */
MUST_USE enum err walk_feed(struct walk *w, const struct fact *f, struct errmsg *m);

/*
 * Goes on for at most `steps` steps of the core and not beyond `until`. False: nothing more
 * happens until then.
 */
MUST_USE bool walk_on(struct walk *w, usec_t until, uint32_t steps, walk_seen *seen, void *ctx);

/* Where it is; its core, for questions; false: WALK_SLOTS are assumed. */
struct now walk_now(const struct walk *w);
const struct core *walk_core(const struct walk *w);
bool walk_has_workers(const struct walk *w);

/* While seen() is told of a start: what `held` means, in words, with how long in `until`. */
void walk_verdict(const struct walk *w, struct verdict *ret);

/*
 * When a job of c is expected to start; wall; USEC_NEVER: somebody has to act. Walks at most
 * `steps` steps, then takes core_eta(); *ret_exact says whether it did not have to.
 */
usec_t walk_eta(
	const struct core *c, uint64_t id, struct now now, uint32_t steps, bool *ret_exact);

#endif
