/*
 * core.h - what the dispatcher decides, and nothing else
 *
 * A machine: facts in, orders out. No socket, file, clock, thread, log or
 * source of chance; `struct now` comes with each call. The same facts at the
 * same instants give the same orders, always; tests/sim lives on that.
 *
 * One turn of the shell around it (dispatcher.c):
 *
 *     read everything that came    ->  core_feed(), once a fact
 *     ask for what is to be done   ->  core_orders(), until it returns 0
 *     carry out every store order  ->  one transaction; if it fails, stop
 *     carry out the other orders   ->  only now: what was promised is on disk
 *     sleep core_sleep(), or until the next message
 *
 * Orders may be asked for in several portions within a turn; their order
 * counts. A turn does a bounded part of what is due: when that was not all,
 * core_sleep() is 0 and the next turn goes on. After a crash the core is rebuilt: apps,
 * accounts, budgets, windows and jobs are fed again (FACT_APP, FACT_ACCOUNT, FACT_CAPS,
 * FACT_SPENT, FACT_RAISE, FACT_WINDOW, FACT_LOADED), then FACT_STARTED.
 *
 * Leases. An assignment has a lease id, boot number << 40 | counter: unique
 * for ever. A fact with a lease that is not the job's present one changes
 * nothing but its worker's slots. Deadlines are on the mono clock. After
 * FACT_STARTED, begun jobs are in doubt only once a whole lease time has
 * passed without a worker claiming them (FACT_HOLDS) or bringing their end.
 *
 * A worker says how many slots it has. Each lease that is out takes one, from
 * assignment until its outcome, its refusal at BEGIN, its hand-back or its loss.
 */
#ifndef ROOST_DISPATCHER_CORE_CORE_H
#define ROOST_DISPATCHER_CORE_CORE_H

#include "common/xapi/caps.h"
#include "common/xapi/entitle.h"
#include "common/xapi/limits.h"
#include "dispatcher/core/facts.h"
#include "dispatcher/core/orders.h"
#include "dispatcher/core/verdict.h"

struct core;

#define CORE_LOOKS_MAX   8
#define CORE_WORKERS_MAX 10000

/* Fixed for the life of a core. */
struct core_conf {
	uint64_t boot;               /* number of this start of the dispatcher, < 2^24 */
	uint64_t seed;               /* for jitter */
	const struct limits *limits; /* lent for the core's life */
	const struct entitlements *entitlements; /* the same; NULL: every plan includes all */
	const struct read_caps *read_caps;       /* the same; NULL: none */
	const struct prices *prices; /* lent for the core's life; NULL: those built in */
	/* The name of an agent, account or app, for words; NULL: its number is shown. */
	const char *(*name)(void *ctx, enum ledger_kind kind, uint32_t owner);
	void *name_ctx;
	usec_t lease;          /* how long a begun attempt may take before it is in doubt */
	usec_t worker_silence; /* a worker not heard of for so long is gone */
	usec_t retry_base,
		retry_cap;     /* full jitter: a wait within [0, min(cap, base * 2^attempts)] */
	usec_t refresh_margin; /* a token so near its end is renewed before work goes out on it
				*/
	uint32_t account_concurrency; /* effects under way at once per account, >= 1 */
	uint64_t max_pending;         /* jobs the core will hold */
	uint8_t poison_after;         /* a job that so many workers died of is failed, >= 3 */
	bool table_is_true; /* no call goes alone to learn a number that X has not named yet */
	usec_t looks[CORE_LOOKS_MAX]; /* waits before each look at X for an unsure job */
	size_t look_count;
};

/* A machine that knows nothing. NULL only when out of memory. */
MUST_USE struct core *core_new(const struct core_conf *conf);
void core_free(struct core *c);

/* Other settings from now on; boot, seed and limits stay as they are. */
void core_set_conf(struct core *c, const struct core_conf *conf);
AUTO_DEFINE(core)

/* At start: so many jobs will be loaded. Only makes room, so that nothing has to move later. */
MUST_USE enum err core_expect(struct core *c, uint32_t jobs);

/*
 * Tells c one fact. ERR_OK also for one that makes no sense any more (a late outcome).
 * ERR_NOT_FOUND, ERR_STATE, ERR_QUOTA (max_pending) and ERR_NOMEM refuse a request of an agent;
 * nothing changed then and m has the words.
 */
MUST_USE enum err core_feed(
	struct core *c, const struct fact *f, struct now now, struct errmsg *m);

/* Writes at most cap orders to out, in the order to carry them out; returns how many. 0: none
 * left. */
size_t core_orders(struct core *c, struct order *out, size_t cap, struct now now);

/* How long until there may be orders though no fact came; USEC_NEVER: for ever. */
usec_t core_sleep(const struct core *c, struct now now);

/* The job, or NULL when the core does not hold it (final, or never was). Lent until the next
 * feed. */
const struct job *core_job(const struct core *c, uint64_t id);

/* Whether `lease` is that under which the job is out now, and for which step. */
bool core_is_out(const struct core *c, uint64_t id, uint64_t lease, enum step *ret);

/* Whether that worker may speak of `lease`: no other one has it. */
bool core_is_with(const struct core *c, uint32_t worker, uint64_t lease);

/* Why it does not run: the first blocker of the gate, by the gate itself. ERR_NOT_FOUND. */
MUST_USE enum err core_verdict(
	const struct core *c, uint64_t id, struct now now, struct verdict *ret);

/* Every blocker of the gate, in its order, written to out; returns how many. 0 too when the job
 * is not held. */
#define CORE_CHAIN_MAX 24
size_t core_chain(
	const struct core *c, uint64_t id, struct now now, struct verdict out[CORE_CHAIN_MAX]);

/* Calls each() for every job of an account that is begun: its effect may be happening. */
void core_each_begun(const struct core *c, uint32_t account,
	void (*each)(void *ctx, const struct job *j), void *ctx);

/* Calls each() for every job with one of the flags, whatever its state. O(jobs). */
void core_each_flagged(const struct core *c, uint16_t flags,
	void (*each)(void *ctx, const struct job *j), void *ctx);

/* How many jobs of its agent, account and call go before it. */
uint64_t core_ahead(const struct core *c, uint64_t id);

/*
 * When it is expected to start; wall; USEC_NEVER: somebody has to act. An estimate from counts
 * at hand, in O(windows of its call): forecast.c says how good. walk.h is exact.
 */
usec_t core_eta(const struct core *c, uint64_t id, struct now now);

/* Calls each() for every window of an account and of its app; account 0: for all there are. */
void core_each_window(const struct core *c, uint32_t account,
	void (*each)(void *ctx, const struct window *w), void *ctx);

/* When X first refused the account's app a call as not part of its plan; 0: it did not. */
usec_t core_refused(
	const struct core *c, uint32_t account, enum call call, enum post_kind kind);

/* Calls each() for every breaker that is open. */
struct core_breaker {
	uint32_t app;
	enum call call; /* CALL_COUNT: the whole app, for the tokens of its accounts are refused
			 */
	usec_t until;   /* wall: of the next probe */
};
void core_each_breaker(
	const struct core *c, void (*each)(void *ctx, const struct core_breaker *b), void *ctx);

/*
 * Whether one attempt at `price` fits into every budget of the agent, the account and its app,
 * were they all unused: else the job could never run. ERR_BUDGET with words.
 */
MUST_USE enum err core_may_cost(const struct core *c, uint32_t agent, uint32_t account,
	int64_t price, struct now now, struct errmsg *m);

/*
 * Whether what a read of the job may return fits into the app's monthly cap at all. ERR_QUOTA
 * with words.
 */
MUST_USE enum err core_may_read(
	const struct core *c, uint32_t account, const struct job *j, struct errmsg *m);

/* What one owner spends in the present day or month. */
struct purse_view {
	const struct ledger *ledger; /* lent */
	enum ledger_length length;
	int64_t spent; /* charged, settled or not */
	int64_t most;  /* cap and override; LEDGER_NO_CAP */
};

/* Calls each() for every agent, account or app that has a budget or has spent. */
void core_each_purse(const struct core *c, enum ledger_kind kind, struct now now,
	void (*each)(void *ctx, const struct purse_view *v), void *ctx);

/* Now, and since the start. */
struct core_counts {
	uint64_t jobs, workers, slots, leases; /* now */
	uint64_t by_state[JOB_STATE_COUNT]; /* held now; of final states: ended since the start
					     */
	uint64_t enqueued, assigned, begun, refused, late, lost, limited, drift, looks,
		refreshes, breakers, storms, poisoned;
	uint64_t spent;        /* micro-dollars, settled */
	uint64_t given_back;   /* micro-dollars that were counted, and then were not spent */
	uint64_t free_objects; /* returned by reads, and paid for earlier that day */
	uint64_t budget_warnings, budget_stops;
	uint64_t held[BLOCKER_WORKER + 1]; /* times a lane's turn came and a blocker held it */
};
struct core_counts core_counts(const struct core *c);

/* Asserts every invariant that can be seen from inside, for the simulator. O(everything). */
void core_check(const struct core *c, struct now now);

#endif
