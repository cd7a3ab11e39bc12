/*
 * orders.h - what the core wants done
 */
#ifndef ROOST_DISPATCHER_CORE_ORDERS_H
#define ROOST_DISPATCHER_CORE_ORDERS_H

#include "common/xapi/calls.h"
#include "common/xapi/outcome.h"
#include "dispatcher/core/job.h"
#include "dispatcher/core/money/ledger.h"
#include "dispatcher/core/rate/window.h"
#include "dispatcher/policy/pace.h"

enum step {
	STEP_ACT,   /* the job itself */
	STEP_NAME,  /* finds the id of the @name in its arguments */
	STEP_LOOK,  /* looks whether an unsure job happened */
	STEP_MEDIA, /* brings what its media lack to X: one call of an upload */
};

enum order_kind {
	/* for the store, in the turn's transaction */
	ORDER_PUT,  /* a new job: job */
	ORDER_SAVE, /* a job changed: job */
	ORDER_END, /* a job ended: job (state is final), cause, settled, outcome if has_outcome,
		      about, tag */
	ORDER_ASK, /* an unsure job wants a decision: job. Its agent gets one reply with state
		      unsure */
	ORDER_PAGE,   /* job, saved already, has read its page number job.page, and reads on:
			 outcome, tag. Keep what came, or tell it */
	ORDER_FILL,   /* what job needs is done: put their results into its arguments, then
			 FACT_FILLED */
	ORDER_WINDOW, /* a window changed: window */
	ORDER_SPENT,  /* what a day or month did cost changed: spent */
	ORDER_PARK, /* `what` (account or app) is parked until `until` (USEC_NEVER: somebody has
		       to act; 0: no longer) because of `cause`; keep that */
	ORDER_REFUSAL, /* X refused `app` the call and kind of job, at `until`, first: keep
			  that; tag */
	ORDER_PACE,    /* account: what it did changed, pace. Keep that */
	/* said after the commit */
	ORDER_ASSIGN, /* to worker: job, lease, step; `begin`: it must ask BEGIN before it sends
		       */
	ORDER_GO,     /* to worker: job, lease may be sent to X now */
	ORDER_REFUSE, /* to worker: job, lease must not be sent; forget it */
	ORDER_KEPT, /* to worker: the outcome of job, lease is kept, or of no use; forget it */
	/* for the vault */
	ORDER_REFRESH, /* account: renew its tokens, then FACT_ACCOUNT. Not repeated before that
			*/
	/* for the log and the counters */
	ORDER_NOTE, /* note, with what it is about: job, worker, account, window */
};

enum park_what {
	PARK_ACCOUNT,
	PARK_APP,
	PARK_READS, /* the app's reads. Not kept: after a restart X says it again */
};

enum note {
	NOTE_DRIFT,   /* window: X named another limit than the table */
	NOTE_BREAKER, /* app, job.call: X answers it only with errors of its own; it is paused
		       */
	NOTE_STORM,   /* app: X refuses the tokens of several accounts; it is paused */
	NOTE_LIMITED, /* job: X answered 429 */
	NOTE_UNSURE,  /* job became unsure, cause */
	NOTE_POISON,  /* job killed its workers, and is failed */
	NOTE_WORKER_GONE,  /* worker */
	NOTE_BUDGET_WARN,  /* spent, most: a budget is nearly used up */
	NOTE_BUDGET_STOP,  /* spent, most: a job waits for a budget; once a period */
	NOTE_LATE_OUTCOME, /* job, lease: came with a lease that is void; kept as evidence only
			    */
};

/* A value. Fields that its kind does not name are zero. */
struct order {
	enum order_kind kind;
	struct job job; /* as it is after this */
	uint32_t worker;
	uint32_t account, app;
	uint64_t lease;
	enum step step;
	enum call call; /* of an assignment */
	bool begin;
	bool settled;
	bool has_outcome;
	enum outcome_cause cause;
	enum park_what what;
	enum note note;
	uint64_t about; /* of CAUSE_DEPENDENCY: the job that did not end well */
	usec_t until;
	struct outcome outcome;
	struct window_row window;
	struct pace pace;
	struct ledger_row spent;
	int64_t most; /* micro-dollars: of a note about a budget */
	const void *tag;
};

#endif
