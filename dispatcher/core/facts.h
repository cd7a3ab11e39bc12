/*
 * facts.h - what the core is told
 */
#ifndef ROOST_DISPATCHER_CORE_FACTS_H
#define ROOST_DISPATCHER_CORE_FACTS_H

#include "common/xapi/calls.h"
#include "common/xapi/outcome.h"
#include "dispatcher/core/job.h"
#include "dispatcher/core/money/ledger.h"
#include "dispatcher/core/rate/window.h"
#include "dispatcher/policy/pace.h"

#define CORE_PLAN_MAX 16 /* bytes of a plan's name, with its zero */

enum grant_state {
	GRANT_OK,      /* has tokens; token_until says how long the access token lives */
	GRANT_SUSPECT, /* a refresh was begun and its end is not known: the access token serves
			  while it lives */
	GRANT_DEAD,    /* needs its user; its jobs wait */
};

enum resolve_as { RESOLVE_DONE, RESOLVE_RETRY, RESOLVE_FAILED };

enum fact_kind {
	FACT_APP,     /* an app exists, or changed: app */
	FACT_PAUSE,   /* at start, or changed: everything, or a call: pause */
	FACT_REFUSAL, /* at start, or cleared: what X refused an app: refusal */
	FACT_ACCOUNT, /* an account exists, or changed: account */
	FACT_WINDOW,  /* at start: a window as stored: window */
	FACT_PACING,  /* an account's rules that hold, or changed: account.id, pace_rules */
	FACT_PACE,    /* at start: what an account did, as stored: account.id, pace */
	FACT_LOADED,  /* at start: a job as stored: job. Gives no ORDER_PUT */
	FACT_NEED, /* at start, when all jobs are loaded: job.id comes after needs[0], which is
		      need_state. No matter when job.id waits no more */
	FACT_STARTED, /* at start: all is loaded */
	FACT_ENQUEUE, /* a new job: job; state HELD, or READY (becomes SCHEDULED when not_before
			 is ahead, WAITING when it has needs, which have not ended) */
	FACT_CANCEL,  /* job.id. ERR_STATE once it has begun or ended, ERR_NOT_FOUND */
	FACT_UPDATE,  /* job.id; not_before, expires_at, priority, price, unit, pages and the
			 flags that arguments decide. ERR_STATE
			 when running or unsure */
	FACT_APPROVE, /* job.id. ERR_STATE unless held */
	FACT_REJECT,  /* job.id, tag: it fails. ERR_STATE unless held */
	FACT_RESOLVE, /* job.id, resolve_as, outcome (x_id). ERR_STATE unless unsure */
	FACT_WORKER,  /* a worker is there, or changed: worker, slots (0: draining) */
	FACT_HEARD,   /* a sign of life: worker */
	FACT_HOLDS,   /* after FACT_WORKER: it says it still holds this: worker, job.id, lease,
			 begun */
	FACT_CLAIMED, /* ... and nothing else: worker, alive. If it holds nothing of what it
			 had, and is not known to be alive, it died */
	FACT_GONE,    /* a worker said goodbye: worker */
	FACT_BEGIN,   /* worker, job.id, lease. Answered by ORDER_GO or ORDER_REFUSE */
	FACT_BACK,    /* handed back, not begun and not sent: worker, job.id, lease */
	FACT_OUTCOME, /* worker, job.id, lease, outcome, tag. Always answered by ORDER_KEPT */
	FACT_CAPS,    /* what an agent, an account or an app may spend, whether an agent is off:
			 caps */
	FACT_SPENT,   /* at start: what a day or a month did cost, as stored: spent */
	FACT_RAISE,   /* an override: `spent.spent` more than the cap of spent's period */
	FACT_FILLED,  /* after ORDER_FILL: job.id, and its new call, price, unit, pages and
			 flags; or  outcome: why it cannot be done, with tag */
	FACT_MEDIA,   /* job.id, worker, lease: its assignment was not sent, for its media lack
			 something else first: next, until; or outcome: why they cannot be had,
			 with tag */
	FACT_NAMED, /* job.id, worker, lease: its @name was known; the STEP_NAME assignment was
		       not sent */
};

struct fact_app {
	uint32_t id;
	char plan[CORE_PLAN_MAX];
	bool paused;
	uint16_t weight;     /* turns in a row among the apps; 0 is 1 */
	usec_t parked_until; /* wall; 0: not parked */
};

struct fact_account {
	uint32_t id, app;
	enum grant_state grant;
	bool given; /* its tokens came from outside, and nothing renews them */
	bool signs; /* they are keys of OAuth 1.0a */
	bool paused;
	bool unverified;      /* X has not verified it: limits of its own */
	bool refreshing;      /* its tokens are being renewed: the end is told by another one */
	uint16_t weight;      /* turns in a row among its app's accounts; 0 is 1 */
	usec_t token_until;   /* wall; USEC_NEVER: until X refuses it */
	usec_t parked_until;  /* wall; 0: not parked */
	uint32_t concurrency; /* its effects under way at once; 0: core_conf's */
	scope_set scopes;
};

struct fact_refusal {
	uint32_t app;
	enum call call;
	enum post_kind kind;
	usec_t since; /* wall; 0: all of the app's are forgotten */
};

struct fact_pause {
	enum call call; /* CALL_COUNT: everything */
	uint8_t kinds;  /* of the call: bit 1 << enum post_kind */
	bool paused;
};

struct fact_caps {
	uint32_t owner;
	uint8_t kind;  /* enum ledger_kind */
	bool owns_app; /* of an account: its user owns the app, so own reads are cheap */
	bool off;      /* of an agent: none of its jobs may begin */
	struct ledger_caps caps;
};

struct fact {
	enum fact_kind kind;
	struct job job;
	uint32_t worker;
	uint32_t slots;
	uint64_t lease;
	bool begun;
	bool more;  /* of an outcome: X has another page, and the job may keep one more */
	bool alive; /* of FACT_CLAIMED: it is the same process that had the leases */
	enum resolve_as resolve_as;
	const struct outcome *outcome; /* lent for the call */
	const uint64_t
		*objects; /* of an outcome: ids of what a read returned, as far as known */
	size_t object_count;
	enum call next; /* of FACT_MEDIA, and of an outcome of STEP_MEDIA: the call that its
			   media lack now; CALL_COUNT: none */
	usec_t until;   /* wall: ... and not before then */
	bool anew;      /* ... and an upload has to begin anew */
	bool stale;     /* of an outcome: X does not know the media of the post (any more) */
	const struct need *needs; /* lent for the call; of different ids */
	uint32_t need_count;
	enum job_state need_state;
	const void *
		tag; /* comes back in the orders this fact leads to; lent until the turn ends */
	const struct pace_rules *pace_rules; /* lent for the call */
	const struct pace *pace;             /* lent for the call */
	union {
		struct fact_app app;
		struct fact_account account;
		struct fact_refusal refusal;
		struct fact_pause pause;
		struct window_row window;
		struct fact_caps caps;
		struct ledger_row spent;
	};
};

#endif
