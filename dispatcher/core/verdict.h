/*
 * verdict.h - why a job does not run, and until when
 */
#ifndef ROOST_DISPATCHER_CORE_VERDICT_H
#define ROOST_DISPATCHER_CORE_VERDICT_H

#include "common/base/clock.h"

/* The questions of the gate, in the order they are asked (design 3.2). */
/* clang-format off */
#define BLOCKERS(X) \
	X(BLOCKER_NONE,        "none") \
	X(BLOCKER_STATE,       "state")       /* held, running, unsure */ \
	X(BLOCKER_AFTER,       "after")       /* jobs that it comes after */ \
	X(BLOCKER_TIME,        "time")        /* run_at, retry time */ \
	X(BLOCKER_PAUSE,       "pause")       /* account or app */ \
	X(BLOCKER_GRANT,       "grant")       /* connected, scopes, fresh token */ \
	X(BLOCKER_ENTITLEMENT, "entitlement") \
	X(BLOCKER_POLICY,      "policy") \
	X(BLOCKER_WINDOW,      "window") \
	X(BLOCKER_BUDGET,      "budget") \
	X(BLOCKER_ORDER,       "order")       /* one effect at a time per account */ \
	X(BLOCKER_WORKER,      "worker")      /* nobody with room */
/* clang-format on */

enum blocker {
#define X(blocker, name) blocker,
	BLOCKERS(X)
#undef X
};

/* A value. */
struct verdict {
	enum blocker blocker; /* BLOCKER_NONE: it may go */
	usec_t until;         /* wall; USEC_NEVER: somebody has to act */
	char ref[128];  /* which window, account, app, state: "POST /2/tweets account 15m" */
	char text[200]; /* a sentence: what it waits for and what would end the wait */
};

const char *blocker_name(enum blocker b);

#endif
