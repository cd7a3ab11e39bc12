/*
 * world.h - everything around the core: a clock, a list of what will happen, one seed
 *
 * The world plays the dispatcher (world.c: the turn; keep.c: what is stored), the
 * vault (vault.c), agents and operators (agents.c), workers (workers.c) and X
 * (x.c). truth.h says what each part knows. weather.c says from the seed what goes wrong and
 * how often. checks.c asserts what must always hold. Each part plans events; an event feeds
 * facts to the core or moves something between workers and X.
 *
 * Two clocks: `time` is the mono clock. X's wall clock is true; the
 * dispatcher's is off by `step`, which storms change.
 */
#ifndef ROOST_TESTS_SIM_WORLD_H
#define ROOST_TESTS_SIM_WORLD_H

#include "common/base/heap.h"
#include "common/base/rng.h"
#include "dispatcher/store/store.h"
#include "tests/sim/sim.h"
#include "tests/sim/truth.h"

/* --- events --- */

struct event {
	void (*fire)(struct world *w, const struct event *e);
	usec_t at; /* mono */
	uint64_t order;
	uint32_t place, number;
	uint64_t job, lease;
	bool begin;
	struct request request;
	struct outcome outcome;
	struct found found; /* of the outcome */
	uint64_t tokens;    /* generation of the token it went with */
	uint32_t pos;       /* in the heap */
};

struct world {
	uint64_t seed;
	bool verbose;
	struct rng rng;
	struct weather weather;
	bool calm; /* the storms are over */

	usec_t time, began, step;
	bool stepped; /* the wall clock was ever off */
	struct event events[EVENTS_MAX];
	uint32_t free[EVENTS_MAX];
	uint32_t free_count;
	struct heap heap;
	uint64_t order;

	struct core *core;
	struct core_conf conf;
	const struct limits *limits; /* lent */
	struct store *store;
	uint64_t boot, last_id;
	usec_t crashed_at;

	struct order said[2][SAID_MAX]; /* of this turn, to be said after its commit; the other
					   one's */
	size_t said_count;
	unsigned turn; /* which of the two is this turn's */
	bool writing;
	enum err failed;

	struct sim_job jobs[JOBS_MAX];
	uint32_t job_count, jobs_wanted, poisonous;
	uint32_t by_id[IDS_MAX]; /* place + 1 */
	uint64_t read_seq[AGENTS_MAX + 1];

	struct sim_worker workers[WORKERS_MAX];
	uint32_t worker_last;
	struct sim_app apps[APPS_MAX];
	struct sim_account accounts[ACCOUNTS_MAX];
	uint32_t app_count, account_count, worker_count, agent_count;
	struct x x;
	enum call full_call; /* of a world that is full */
	double idle, busy;   /* its seconds: windows that were not used, and all */
	uint64_t steps;
	uint64_t named; /* the last step in which a name was known already */
};

/* --- world.c --- */

struct world *world_new(uint64_t seed, bool verbose);
void world_free(struct world *w);

/* Moves the clock to whatever is next and plays one turn; false when nothing is. */
bool world_step(struct world *w);

struct now world_now(const struct world *w);
usec_t x_wall(const struct world *w);

/* Plans e.fire at `in` from now. */
struct event *plan(
	struct world *w, usec_t in, void (*fire)(struct world *, const struct event *));

/* Tells the core; a refusal is returned, anything else that fails ends the turn. */
enum err tell(struct world *w, const struct fact *f);

/* Opens the turn's transaction if need be; false: the turn has failed. */
bool turn_write(struct world *w);
void turn_fail(struct world *w, enum err e);

/* The dispatcher is gone, and starts again from what is stored. */
void world_crash(struct world *w);

bool chance(struct world *w, int per_mille);
int64_t draw(struct world *w, int64_t lo, int64_t hi);
usec_t soon(struct world *w); /* how long a message takes */

struct sim_job *job_by_id(struct world *w, uint64_t id); /* asserted to be there */

/* --- the parts --- */

void weather_draw(struct world *w);
void weather_start(struct world *w);
void weather_calm(struct world *w); /* the storms end; what is broken is mended */

void keep_open(struct world *w);
void keep_order(
	struct world *w, const struct order *o); /* a STORE order, into the transaction */
void keep_app(struct world *w, const struct sim_app *a);
void keep_account(struct world *w, const struct sim_account *a);
void keep_load(struct world *w); /* FACT_APP .. FACT_STARTED */
void keep_told(struct world *w); /* agents read the replies that are kept */
bool keep_job(struct world *w, uint64_t id, struct job_record *ret);

void agents_start(struct world *w);
void agents_kept(struct world *w, const struct order *o);     /* ORDER_PUT is on disk */
void agents_answered(struct world *w, const struct order *o); /* and its agent hears of it */
void agents_told(struct world *w, const struct reply *r);
void agents_resume(struct world *w); /* everything paused goes on */

void vault_start(struct world *w);
void vault_tell_app(struct world *w, const struct sim_app *a);
void vault_tell(struct world *w, const struct sim_account *a);
void vault_refresh(struct world *w, uint32_t account); /* within the turn */
void vault_committed(struct world *w);
void vault_dropped(struct world *w);
void vault_park(struct world *w, const struct order *o);
void vault_reconnect(struct world *w, struct sim_account *a);
struct sim_account *account_by_id(struct world *w, uint32_t id);
struct sim_app *app_by_id(struct world *w, uint32_t id);

void workers_start(struct world *w);
void workers_order(struct world *w, const struct order *o); /* is said to its worker */
void workers_gone(struct world *w, uint32_t number);        /* the core gave it up */
void workers_hello_all(struct world *w);
void workers_mishap(struct world *w, uint32_t place);
enum call workers_call(enum call own, enum step step); /* that a step of a job makes */
void workers_kill(struct world *w, uint32_t place);
void workers_answer(struct world *w, const struct event *e); /* of X, or none in time */

void x_start(struct world *w);
void x_arrive(struct world *w, const struct event *e);
void x_crowd(struct world *w);  /* another client makes some requests */
void x_notice(struct world *w); /* which lower limits the core has learned */

/* x_windows.c: takes one of every window of the call; the first that is full, or NULL. */
struct x_window *x_take(struct world *w, const struct request *r);
size_t x_windows(struct world *w, uint32_t account, enum call call,
	struct x_window *out[LIMITS_PER_CALL_MAX]); /* as they are now */
bool x_speaks_of(const struct limit *l);            /* in its headers */
void x_haunt(struct world *w, const struct request *r);
void x_read(struct world *w, const struct request *r); /* was assigned */
void x_read_kept(struct world *w, uint64_t lease);
void x_forget(struct world *w); /* the core is made anew */
void x_headers(struct world *w, const struct request *r, struct rate_seen out[RATE_GROUPS]);

/* money.c: budgets, and X's bill. */
void money_start(struct world *w);
void money_calm(struct world *w);
void money_load(struct world *w); /* FACT_CAPS, FACT_SPENT, FACT_RAISE */
void money_price(struct world *w, struct job *j);
int64_t money_may_take(const struct world *w, const struct job *asked, enum step step,
	enum ledger_kind kind, uint32_t number);              /* of an owner, at most */
bool money_refuses(struct world *w, const struct job *asked); /* it could never run */
void money_begun(
	struct world *w, const struct order *o, enum call call, usec_t wall); /* kept */
void money_heard(struct world *w, uint64_t lease, const struct outcome *o);   /* in time */
void money_kept(uint64_t lease);                                              /* that is */
void money_dropped(void);
void money_bill(struct world *w, const struct request *r, const struct found *f);
void money_said(struct world *w, const struct order *o); /* that it may be sent */
void money_turn(struct world *w);
void money_end(struct world *w);

/* holds.c: what waits holds nothing. */
void holds_turn(struct world *w);

/* rules.c: accounts whose rules hold. */
void rules_start(struct world *w);
void rules_calm(struct world *w);
void rules_load(struct world *w); /* FACT_PACING, FACT_PACE */
void rules_keep(struct world *w, const struct order *o);
void rules_begun(
	struct world *w, uint32_t account, enum call call, uint64_t lease, usec_t wall);
void rules_unsent(uint32_t account, uint64_t lease);

/* brakes.c: X in trouble. */
void brakes_start(struct world *w);
void brakes_load(struct world *w); /* a new core knows of none */
bool brakes_broken(struct world *w, const struct request *r);
bool brakes_storm(struct world *w, const struct request *r);
void brakes_heard(struct world *w, const struct request *r, const struct outcome *o);
void brakes_arrive(struct world *w, const struct request *r);

/* ties.c: jobs that come after others, and poison. */
void ties_draw(struct world *w, struct sim_job *j);
void ties_resolve(struct world *w, struct sim_job *j);
bool ties_again(struct world *w, const struct sim_job *j, struct need open[TIES_MAX],
	uint32_t *ret_count);
bool ties_hopeless(struct world *w, const struct sim_job *j);
void ties_fill(struct world *w, const struct order *o);
void ties_load(struct world *w); /* FACT_NEED */
void ties_said(struct world *w, const struct order *o);
void ties_ended(struct world *w, const struct order *o);
void poison_draw(struct world *w, struct sim_job *j);
bool poison_kills(struct world *w, uint32_t place, uint64_t id, int per_mille);

/* fair.c: whose turn it is. */
void fair_watch(struct world *w); /* a new core */
void fair_turn(struct world *w);  /* a turn is over */

/* full.c: worlds whose windows are saturated. */
void full_draw(struct world *w);
void full_pass(struct world *w, usec_t length); /* of time, in which nothing changes */
void full_reset(struct world *w, struct x_window *v);
void full_limited(struct world *w, struct x_window *v);
void full_end(struct world *w);
bool full_print(void); /* false: too little was used */

/* tries.c: which attempts count. */
void tries_given(struct world *w, const struct order *o); /* an assignment, as decided */
void tries_asked(struct world *w, const struct event *e); /* a BEGIN comes */
void tries_ended(struct world *w, const struct event *e); /* an outcome comes */
void tries_kept(struct world *w, const struct order *o);  /* is on disk */
void tries_dropped(struct world *w);                      /* the turn never happened */
void tries_check(struct world *w, const struct order *o); /* the end of a job is said */

void check_said(struct world *w, const struct order *o); /* right before it is said */
void check_order(struct world *w, const struct order *taken, size_t count); /* as decided */
void check_turn(struct world *w); /* after its commit */
void check_limited(struct world *w, const struct request *r, const struct x_window *full);
void check_end(struct world *w);

#endif
