/*
 * inside.h - what the files of the core share
 *
 * Things live in slabs and know each other by 32-bit slots. A job stands in
 * exactly one place: in no place (held, asked), in the heap of what is due
 * later, in a lane, or under a lease. A lane that has jobs is either in its
 * share's ring (it could run) or waits at one bar.
 *
 * Turns. What could run stands in rings within rings: the core has a ring of
 * apps, an app one of accounts, an account one of shares (an agent's part of
 * an account), a share one of lanes. Each level goes round on its own, so a
 * flood of one lane, agent, account or app costs the others one turn in each
 * round, however long it is.
 */
#ifndef ROOST_DISPATCHER_CORE_INSIDE_H
#define ROOST_DISPATCHER_CORE_INSIDE_H

#include "common/base/heap.h"
#include "common/base/list.h"
#include "common/base/map.h"
#include "common/base/rng.h"
#include "common/base/slab.h"
#include "dispatcher/core/breaker.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/entitle.h"
#include "dispatcher/core/mistake.h"
#include "dispatcher/core/seen.h"

#define NONE UINT32_MAX
#define ORDERS_A_STEP \
	24 /* orders that one fact or one alarm leads to, at most, besides those of leases */
#define ORDERS_A_LEASE 3 /* ... and for each lease that is lost with its worker */

/* --- where lanes wait --- */

/* What lanes wait for. A reference is the kind and a slot: BAR_REF(). */
enum bar_kind { BAR_WINDOW, BAR_GRANT, BAR_ORDER, BAR_APP, BAR_PACE, BAR_BUDGET };

#define BAR_SLOT            ((1u << 29) - 1)
#define BAR_REF(kind, slot) (((uint32_t)(kind) << 29) | (slot))
#define BAR_KIND(ref)       ((enum bar_kind)((ref) >> 29))

struct bar {
	struct list lanes;
	usec_t until;     /* wall: when to wake some; USEC_NEVER: an event will */
	uint32_t at;      /* in the heap of bars, or HEAP_NONE */
	uint32_t pending; /* woken, and not tried yet */
};

/* --- things --- */

enum place { PLACE_NONE, PLACE_DUE, PLACE_LANE, PLACE_LEASE };

struct item {
	struct job job;
	uint32_t at;        /* in the heap of its place */
	uint32_t expiry_at; /* in the heap of those that expire, or HEAP_NONE */
	uint32_t holder;    /* slot of its lane or its lease */
	uint8_t place;      /* enum place */
	uint8_t doubts;     /* attempts in doubt whose price is counted as spent (purse.c) */
	uint8_t tries; /* in a row that cost no attempt: unsent, looks and names that failed */
};

struct counter {
	struct window w;
	struct bar bar;
	uint32_t next_dirty; /* slot + 1 of the next in the list of dirty ones; 0: the last */
	bool listed;
	uint32_t lanes, jobs; /* that draw on it: how many lanes, and jobs in them */
};

/* What an agent, an account or an app spends, and the lanes that wait for it. */
struct purse {
	struct ledger l;
	struct bar bar;      /* lanes in the order they came ... */
	struct heap needs;   /* ... and by what they need */
	uint32_t lanes;      /* that draw on it, wherever they stand */
	uint32_t next_dirty; /* slot + 1, like a counter's */
	bool listed;
};

struct call_limits {
	struct limit limit[LIMITS_PER_CALL_MAX];
	uint32_t count;
};

/* What a plan allows, worked out once. */
struct plan {
	struct plan *next;
	char name[CORE_PLAN_MAX];
	struct call_limits calls[CALL_COUNT];
	uint8_t barred[CALL_COUNT]; /* bit 1 << kind: not included */
};

/* One level of the rings. */
struct turn {
	struct list node; /* in the ring above, while its own is not empty */
	struct list ring; /* those below it that could run */
	uint32_t left;    /* turns until it goes behind its like */
};

#define STORM_ACCOUNTS 3        /* whose tokens are refused ... */
#define STORM_TIME     USEC_MIN /* ... within so long: it is X, or the app, and not they */

/* Many 401s at once: the app pauses, one account's token is tried now and then. */
struct storm {
	struct breaker breaker;
	uint32_t accounts[STORM_ACCOUNTS]; /* slots: refused since `since`, one each */
	uint32_t count;
	usec_t since; /* wall */
};

struct app {
	struct turn turn; /* among all apps; its ring: accounts */
	struct bar bar;
	struct fact_app fact;
	usec_t reads_until; /* wall: its reads are parked */
	const struct plan *plan;
	struct refusals refusals; /* what X says its plan does not include */
	struct breaker *breakers; /* owned: of its calls; NULL: none failed yet */
	struct storm storm;
	uint32_t purse;   /* slot */
	uint32_t out;     /* leases */
	uint8_t strikes;  /* refusals in a row that parked it */
	struct seen seen; /* objects paid for today */
};

struct account {
	struct turn turn; /* among its app's accounts; its ring: shares */
	struct fact_account fact;
	uint32_t app;                       /* slot */
	uint32_t effects;                   /* assigned and begun */
	uint32_t effect_lanes, effect_jobs; /* of the jobs in them */
	uint32_t tokens;                    /* how often it got new ones */
	bool refreshing;                    /* ordered, not yet answered */
	bool distrusted;                    /* X does not take the present access token */
	usec_t refresh_not_before;          /* mono */
	usec_t refresh_at;                  /* wall: the token is near its end from then on */
	uint32_t purse;                     /* slot */
	bool owns_app;                      /* its user owns the app */
	struct bar grant, order;            /* lanes of `order` stand there by share */
};

/* What one agent has in one account; there while it has lanes. */
struct share {
	struct turn turn;        /* among the account's shares; its ring: lanes */
	struct list order_node;  /* at the account's order, while lanes of it wait there */
	struct list order_lanes; /* those */
	uint32_t account;        /* slot */
	uint32_t agent;
	uint32_t lanes; /* how many there are */
};

#define PACER_BARS 8 /* its bars have slots of their own: its slot times this, and the act */

/* An account whose rules hold (dispatcher/policy/pace.h); there as soon as it has one. */
struct pacer {
	uint32_t account;              /* slot */
	uint16_t under_way[ACT_COUNT]; /* assigned, and not begun */
	struct pace_rules rules;
	struct pace pace;
	struct bar bars[ACT_COUNT];
};

/* The windows that a call draws on. */
struct draws {
	uint32_t slot[LIMITS_PER_CALL_MAX]; /* of counters */
	uint16_t count;
	uint16_t own; /* bit i: slot[i] is of the call itself, not of a group */
};

struct lane {
	struct list node; /* in its share's ring, or at a bar */
	struct heap jobs;
	uint32_t account;  /* slot */
	uint32_t share;    /* slot */
	uint32_t bar;      /* reference of where it waits; NONE: it is in the ring */
	uint32_t woken_by; /* reference of the bar that wants to know when it was tried; NONE */
	uint32_t agent;    /* slot of its purse */
	uint32_t need_at;  /* in the heap of a budget it waits for */
	int64_t need;      /* micro-dollars it waits for there */
	uint16_t call;
	uint8_t kind; /* enum post_kind */
	struct draws draws;
	uint32_t by_priority[10]; /* jobs */
};

struct worker {
	struct list node;  /* among those with room, or alone */
	struct list heard; /* all, the longest silent first */
	struct list leases;
	usec_t heard_at; /* mono */
	uint32_t id;
	uint32_t slots, used;
};

/* What a lease has taken of the three purses, and what came of it. */
struct pay {
	uint32_t by[LEDGER_KINDS]; /* slots */
	int32_t day;               /* of the charge; -1: none, or not known */
	int64_t amount; /* reserved, or charged when the lease has begun; 0: nothing */
	int64_t unit;   /* of a read: an object's price */
	int64_t truth;  /* what is spent of it when the lease ends */
};

struct lease {
	struct list node; /* of its worker, or alone */
	uint64_t id;
	usec_t deadline; /* mono */
	uint32_t at;     /* in the heap of deadlines */
	uint32_t item;   /* NONE: void, it only takes a slot */
	uint32_t worker; /* slot; NONE: lost, or not yet claimed after a restart */
	usec_t given_at; /* mono: assigned, or claimed after a restart */
	uint32_t account;
	uint32_t app;    /* slot, as it was assigned */
	uint32_t tokens; /* the account's, when it was assigned */
	uint16_t call;
	uint8_t step;
	bool effect;
	bool begun;       /* windows are charged; X may have been asked */
	bool probe;       /* of its call's breaker ... */
	bool storm_probe; /* ... and of its app's storm; false once their end was told */
	bool paced;       /* counted as under way by its account's pacer */
	uint8_t act;      /* enum act */
	struct draws draws;
	struct pay pay;
	uint64_t charges[LIMITS_PER_CALL_MAX]; /* of each window, right after the charge */
};

struct order_queue {
	struct order *ring; /* owned; a power of two of them */
	uint32_t size, first, count;
};

struct core {
	struct core_conf conf;
	struct rng rng;
	struct order_queue orders;
	const void *tag; /* of the fact being told */

	struct slab items, counters, purses, apps, accounts, shares, lanes, workers, leases;
	struct map item_by_id, counter_by_key, purse_by_key, app_by_id, account_by_id,
		share_by_key, lane_by_key, worker_by_id, lease_by_id;
	struct heap due, expiring, bars, deadlines;
	uint64_t id_last;       /* the highest of a job so far */
	uint32_t expiring_jobs; /* that have an end, wherever they stand */
	struct list ring;       /* of apps */
	struct list roomy;      /* workers with room */
	struct list heard;      /* workers */
	struct plan *plans;
	usec_t lengths[32]; /* of windows, as met: part of a window's key */
	uint32_t length_count;
	uint32_t dirty; /* slot + 1 of the first dirty counter */
	struct slab pacers;
	struct map pacer_by_account;
	uint32_t dirty_purse;

	uint32_t took[CALL_COUNT]; /* usec from assignment to answer, a moving mean; 0: not
				      known */
	struct watch *watch;       /* of a copy that is walked (walk.c); else NULL */

	uint64_t lease_last;
	usec_t offset;   /* wall - mono, when last seen */
	usec_t wait_max; /* no wait that the core itself imposes on a job is longer */
	bool started;
	bool starved;    /* memory ran out: a little later again */
	uint32_t trials; /* left in this turn, after which core_orders() says 0 */
	bool in_turn;    /* core_orders() has not said 0 yet */
	bool paused;     /* everything */
	uint8_t paused_calls[CALL_COUNT]; /* bit 1 << kind */
	struct core_counts counts;
};

/* --- orders.c --- */

MUST_USE bool orders_reserve(
	struct core *c, size_t n); /* room for n more; order_put() then cannot fail */
struct order *order_put(struct core *c, enum order_kind kind);
struct order *order_job(struct core *c, enum order_kind kind, const struct item *it);
void order_note(
	struct core *c, enum note note, const struct item *it, enum outcome_cause cause);
bool order_take(struct core *c, struct order *ret);

/* --- item.c --- */

extern const struct heap_ops item_lane_ops;
uint64_t item_key_of(const void *ctx, uint32_t slot);
struct item *item_find(const struct core *c, uint64_t id);
struct item *item_at(const struct core *c, uint32_t slot);
uint32_t item_slot(const struct core *c, const struct item *it);
MUST_USE enum err item_new(
	struct core *c, const struct job *job, struct item **ret); /* stands nowhere yet */
void item_drop(struct core *c, struct item *it);
void item_rest(struct core *c, struct item *it); /* takes it out of its place */
void item_stand(
	struct core *c, struct item *it, struct now now); /* puts it where its state says */
void item_lease(struct core *c, struct item *it, uint32_t lease);
enum call item_call(const struct item *it); /* of its next step */
enum post_kind item_kind(const struct item *it);
enum step item_step(const struct item *it);
MUST_USE bool item_reserve_expiry(struct core *c, usec_t expires_at);
void item_set_expiry(
	struct core *c, struct item *it, usec_t expires_at); /* room was reserved, it rests */
usec_t items_due_at(const struct core *c);
void items_due(struct core *c, struct now now);
usec_t items_expire_at(const struct core *c);
void items_expire(struct core *c, struct now now);
void items_mend(struct core *c, struct now now); /* the wall clock stepped back */

/*
 * The only place that assigns a job's state. Returns the store's order; NULL for what the row
 * implies: a ready job that is assigned and not begun, a scheduled one whose time has come.
 */
enum keep { KEEP, IMPLIED };
struct order *become(struct core *c, struct item *it, enum job_state to, enum keep keep);

/* How a job ends. */
struct ended {
	enum outcome_cause cause;
	const struct outcome *outcome; /* NULL: none */
	bool settled;
};
void finish(struct core *c, struct item *it, enum job_state to,
	const struct ended *e); /* and forgets it */

/* --- agent.c --- */

enum err agent_enqueue(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_loaded(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_cancel(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_update(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_approve(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_reject(struct core *c, const struct fact *f, struct now now, struct errmsg *m);

/* --- lane.c --- */

uint64_t share_key_of(const void *ctx, uint32_t slot);
uint64_t lane_key_of(const void *ctx, uint32_t slot);
struct share *share_at(const struct core *c, uint32_t slot);
struct lane *lane_find(
	const struct core *c, uint32_t account, const struct item *it); /* NULL */
uint32_t lane_slot(const struct core *c, const struct lane *l);
MUST_USE bool lane_put(
	struct core *c, struct item *it, uint32_t account); /* false: no memory */
void lane_take(struct core *c, struct item *it);
struct lane *lane_first(
	const struct core *c); /* whose turn it is in the rings; NULL: nobody's */
void lane_turn(struct core *c, struct lane *l); /* it had its turn: behind the others */
void lane_wait(struct core *c, struct lane *l, uint32_t bar, usec_t until);
void lane_run(struct core *c, struct lane *l, uint32_t woken_by); /* from a bar into the ring */
void lanes_refit(struct core *c, uint32_t app);                   /* its plan changed */
MUST_USE bool lanes_move(struct core *c, uint32_t account,
	uint32_t app); /* it is another app's now; false: no memory */
void lanes_done(struct core *c);
void turn_init(struct turn *t);

/* --- bar.c --- */

void bar_init(struct bar *b);
struct bar *bar_of(const struct core *c, uint32_t ref);
void bar_join(struct core *c, uint32_t ref, struct lane *l, usec_t until);
void bar_leave(struct core *c, struct lane *l);
void bar_tried(struct core *c, uint32_t ref); /* one that it woke was tried */
void bar_stir(struct core *c, uint32_t ref);  /* what it stands for changed */
MUST_USE bool bars_reserve(struct core *c);   /* room for one more thing's bars */
usec_t bars_first(const struct core *c);
void bars_wake(struct core *c, struct now now); /* the first one is due */
void bars_mend(struct core *c);                 /* the wall clock stepped back */

/* --- counter.c, learn.c --- */

uint64_t counter_key_of(const void *ctx, uint32_t slot);
struct counter *counter_at(const struct core *c, uint32_t slot);
MUST_USE bool counters_of(struct core *c, const struct account *a, enum call call,
	struct draws *ret); /* finds or makes */
void counters_find(const struct core *c, const struct account *a, enum call call,
	struct draws *ret); /* finds some */
void counter_changed(struct core *c, uint32_t slot);
bool counters_order(struct core *c); /* an order for one dirty window; false: none is */
MUST_USE enum err counter_load(struct core *c, const struct window_row *row, usec_t wall);
MUST_USE const struct plan *plan_of(struct core *c, const char *name); /* NULL: no memory */
void plans_done(struct core *c);

void lease_learn(struct core *c, const struct lease *l, const struct outcome *o, usec_t wall);

/* X answered 429: closes what is used up. Returns when the job may go where no window stands
 * for the limit. */
usec_t lease_limited(
	struct core *c, const struct lease *l, const struct outcome *o, usec_t wall);

/* --- purse.c --- */

/* What a job lacks: of which purse, by day or month, and until when. */
struct short_of {
	uint32_t purse; /* slot; NONE */
	enum ledger_length length;
	usec_t until; /* wall */
	int64_t need;
};

uint64_t purse_key_of(const void *ctx, uint32_t slot);
struct purse *purse_at(const struct core *c, uint32_t slot);
uint32_t purse_find(const struct core *c, enum ledger_kind kind, uint32_t owner); /* NONE */
uint32_t purse_of(struct core *c, enum ledger_kind kind, uint32_t owner,
	usec_t wall); /* made if need be; NONE: no memory */
void purses_done(struct core *c);
bool purses_order(struct core *c); /* an order for one dirty period; false: none is */
enum err purse_caps(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err purse_spent(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err purse_raise(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void purse_joins_app(struct core *c, const struct account *a, usec_t wall);
int64_t purse_price(const struct core *c, const struct item *it,
	int64_t *ret_unit); /* of the step that is next */
bool purse_blocks(const struct core *c, const struct item *it, const struct account *a,
	usec_t wall, struct short_of *ret);
void purse_changed(struct core *c, uint32_t slot); /* its money is other than before */
void purse_took(struct core *c, uint32_t slot, usec_t wall); /* something: warns */
void purse_payers(const struct core *c, uint32_t agent, const struct account *a,
	uint32_t ret[LEDGER_KINDS]); /* the agent's is NONE before its first job is kept */
void purse_stopped(struct core *c, uint32_t slot, enum ledger_length length);
void purse_verdict(const struct core *c, const struct short_of *s, usec_t wall,
	struct verdict *ret); /* its ref and its text */

/* Room for a lane in the heaps of those who pay for it; false: no memory. And back. */
MUST_USE bool purse_lane_room(struct core *c, const struct lane *l);
void purse_lane_count(struct core *c, const struct lane *l, int more);
MUST_USE bool purse_reserve_lanes(struct core *c, uint32_t slot, uint32_t more);
void purse_join(struct core *c, uint32_t slot, struct lane *l);
void purse_leave(struct core *c, uint32_t slot, struct lane *l);
struct lane *purse_next(const struct core *c, uint32_t slot,
	int64_t room); /* that waits, and needs no more; NULL */

/* --- pay.c --- */

void pay_reserve(struct core *c, struct lease *l, const struct item *it, usec_t wall);
bool pay_may_charge(const struct core *c, const struct lease *l, usec_t wall);
void pay_charge(struct core *c, struct lease *l, usec_t wall);
void pay_adopt(struct core *c, struct lease *l, const struct item *it);
void pay_release(struct core *c, struct lease *l);
void pay_settle(struct core *c, struct lease *l, struct item *it, int64_t truth);
int64_t pay_truth(struct core *c, const struct lease *l, const struct fact *f, usec_t wall);

/* An attempt of which nobody knows whether it happened stays counted as spent until it shows
 * that it did not. */
void doubt_add(struct item *it);
void doubt_load(struct item *it); /* after a restart */
void doubt_clear(struct core *c, struct item *it);

/* --- party.c --- */

uint64_t app_key_of(const void *ctx, uint32_t slot);
uint64_t account_key_of(const void *ctx, uint32_t slot);
enum err party_app(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void parties_done(struct core *c);
void app_refused(struct core *c, struct app *a, const struct item *it, usec_t wall);
enum err party_refusal(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err party_account(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
struct app *app_at(const struct core *c, uint32_t slot);
struct account *account_at(const struct core *c, uint32_t slot);
uint32_t account_find(const struct core *c, uint32_t id); /* slot, or NONE */
struct app *account_app(const struct core *c, const struct account *a);
uint32_t account_concurrency(const struct core *c, const struct account *a);
bool account_has_token(const struct account *a, usec_t wall);
bool app_is_on_trial(const struct app *a, usec_t wall); /* was parked: one job at a time */
void app_answered(struct core *c, struct app *a);       /* X takes its calls */
usec_t app_trial_at(struct app *a, usec_t wall);        /* X refused it: when to try one job */
void account_refresh(
	struct core *c, struct account *a, struct now now); /* orders it if it is time */
void account_park(
	struct core *c, struct account *a, usec_t until, enum outcome_cause cause, usec_t wall);
void app_park(struct core *c, struct app *a, enum park_what what, usec_t until,
	enum outcome_cause cause, usec_t wall);

/* --- pacer.c --- */

uint64_t pacer_key_of(const void *ctx, uint32_t slot);
struct pacer *pacer_at(const struct core *c, uint32_t slot);
struct pacer *pacer_of(const struct core *c, uint32_t account); /* by slot; NULL: none */
struct bar *pacer_bar(const struct core *c, uint32_t slot);     /* of a BAR_PACE */
uint32_t pacer_bar_ref(const struct core *c, const struct pacer *p, enum act act);
int64_t pacer_room(const struct core *c, uint32_t slot, usec_t wall, usec_t *ret_until);
enum err pacer_rules(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err pacer_loaded(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
bool pacer_pacing_holds(const struct core *c, const struct pacer *p, enum act act,
	const struct draws *draws, usec_t wall, struct pace_answer *ret);
bool pacer_rule_holds(
	const struct pacer *p, enum act act, usec_t wall, struct pace_answer *ret);
void pacer_reserve(struct core *c, struct lease *l); /* assigned */
bool pacer_may_begin(const struct core *c, const struct lease *l, usec_t wall);
void pacer_begin(struct core *c, struct lease *l, usec_t wall);
void pacer_return(
	struct core *c, struct lease *l, bool unsent, usec_t wall); /* the lease ends */
void pacers_mend(struct core *c, struct now now); /* the wall clock stepped back */

/* --- worker.c --- */

uint64_t worker_key_of(const void *ctx, uint32_t slot);
enum err worker_is_there(
	struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err worker_heard(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err worker_gone(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
struct worker *worker_at(const struct core *c, uint32_t slot);
uint32_t worker_slot(const struct core *c, uint32_t id); /* NONE */
struct worker *worker_next(
	struct core *c); /* with room, the one that waited longest; NULL: none */
void worker_took(struct core *c, struct worker *w);
void worker_freed(struct core *c, struct worker *w);
usec_t worker_silent_at(const struct core *c); /* mono */
void worker_silent(struct core *c, struct now now);

/* --- lease.c --- */

enum lease_end {
	LEASE_DONE,    /* X did it */
	LEASE_SETTLED, /* X was asked, or may have been */
	LEASE_UNSENT,  /* proven that it was not */
};

uint64_t lease_key_of(const void *ctx, uint32_t slot);
struct lease *lease_find(const struct core *c, uint64_t id);
struct lease *lease_at(const struct core *c, uint32_t slot);
struct item *lease_item(const struct core *c, const struct lease *l); /* NULL: void */
MUST_USE struct lease *lease_new(
	struct core *c, uint64_t id, struct item *it, struct worker *w, usec_t deadline);
void lease_attach(struct core *c, struct lease *l, struct worker *w);
void lease_set_deadline(struct core *c, struct lease *l, usec_t deadline);
void lease_reserve(
	struct core *c, struct lease *l, usec_t wall); /* of windows, money and order */
bool lease_may_charge(const struct core *c, const struct lease *l, usec_t wall);
void lease_charge(struct core *c, struct lease *l, usec_t wall);
void lease_adopt(struct core *c, struct lease *l); /* after a restart */
void lease_void(struct core *c, struct lease *l,
	usec_t wall); /* its job leaves it; the slot stays taken */
void lease_over(struct core *c, struct lease *l, enum lease_end how, usec_t wall);
void lease_orphan(struct core *c, struct lease *l, struct now now); /* its worker is lost */
usec_t leases_first(const struct core *c);                          /* mono */
void lease_passed(struct core *c, struct now now);
void leases_start(struct core *c, struct now now);

/* --- gate.c --- */

/* Why not, and where to wait. */
struct answer {
	enum blocker blocker;
	uint32_t bar; /* reference; NONE: the job alone waits */
	usec_t until; /* wall */
	const char *words;
	const char *what;        /* what the bar does not name: "breaker", "action"; NULL */
	struct pace_answer pace; /* of a rule that holds */
	struct short_of money;   /* of BLOCKER_BUDGET */
};

struct asked {
	const struct core *c;
	const struct item *it;
	const struct account *account;
	uint32_t account_slot;
	enum call call;
	enum post_kind kind;
	const struct draws *draws;
	struct now now;
};

/* Every question that blocks, in order; returns how many. */
size_t gate_chain(const struct asked *q, struct answer out[CORE_CHAIN_MAX]);

/* The one gate: false when something blocks, which *ret then names. */
bool gate_passes(const struct asked *q, struct answer *ret);

/* The question for any job; draws is room for its windows. */
void gate_ask(const struct core *c, const struct item *it, struct draws *draws, struct now now,
	struct asked *ret);

/* Puts *a in words. */
void answer_words(const struct asked *q, const struct answer *a, struct verdict *ret);

/* --- copy.c, walk.c --- */

/* A core like c, on its own from now on, with no orders waiting. NULL: out of memory. */
MUST_USE struct core *core_copy(const struct core *c);

/* What a walk wants to know of its core. */
struct watch {
	void (*blocked)(
		struct watch *w, const struct asked *q, const struct answer *a, uint32_t lane);
	void (*assigned)(struct watch *w, const struct asked *q, uint32_t lane);
};
usec_t call_takes(const struct core *c, enum call call); /* from assignment to answer */

/* --- storm.c: what the app and its calls are spared --- */

const struct breaker *app_breaker(const struct app *a, enum call call); /* NULL: closed */
usec_t storm_ready_at(const struct asked *q, const struct app *a);
void storm_assigned(struct core *c, struct lease *l); /* it may be a probe */
bool storm_may_begin(const struct core *c, const struct lease *l);
void storm_told(struct core *c, struct lease *l, const struct outcome *o, struct now now);
void storm_left(struct core *c, struct lease *l); /* its end will not be told */
/* A token of the account was refused: true when that is not the account's fault. */
bool storm_rises(struct core *c, uint32_t account, struct now now);
enum err pause_set(struct core *c, const struct fact *f, struct now now, struct errmsg *m);

/* --- dispatch.c, begin.c, after.c, settle.c --- */

bool dispatch(
	struct core *c, struct now now); /* tries one lane; false: there is nothing to try */

enum err begin_asked(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err begin_holds(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err begin_back(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err begin_named(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void begin_write(
	struct core *c, struct lease *l, struct now now); /* charges, and writes the intent */
void put_back(
	struct core *c, struct item *it, struct now now); /* assigned, and proven not sent */

enum err after_outcome(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void after_unknown(struct core *c, struct item *it, enum outcome_cause cause,
	const struct outcome *o, struct now now);
void stand_again(struct core *c, struct item *it, usec_t not_before,
	struct now now); /* ready once more */

enum err settle_resolve(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void settle_unsure(struct core *c, struct item *it, enum outcome_cause cause, struct now now);
void settle_looked(struct core *c, struct item *it, const struct outcome *o, struct now now);
void settle_ask(struct core *c, struct item *it, struct now now);
void settle_leave(
	struct core *c, struct item *it, struct now now); /* out of its place, a lease voided */

#endif
