/*
 * access.h - who may do what: keys and grants of agents, keys of workers
 *
 * An agent that an administrator added (`roost agent add`) is *bound*: it may do
 * what it was granted and nothing else, sees its own jobs and results and the
 * accounts it has a grant for, and can be switched off. One that nobody added
 * may do everything, but can only be met where no keys are used: on this machine.
 *
 * Where keys are used (common/net/curve.h) the key says who speaks. ZeroMQ
 * asks about a key once for a connection; what is here is asked on every
 * message, so that a change counts from the next message on.
 *
 * All of it is held in memory, and kept as rows of the store's settings under
 * kinds of its own.
 */
#ifndef ROOST_DISPATCHER_ACCESS_ACCESS_H
#define ROOST_DISPATCHER_ACCESS_ACCESS_H

#include "common/net/zap.h"
#include "dispatcher/access/grant.h"
#include "dispatcher/state.h"

#define ACCESS_AGENT  101 /* kinds of setting_row: kept, never change */
#define ACCESS_WORKER 102

#define ACCESS_WORKERS_MAX 10000
#define ACCESS_KEYS_MAX    200000 /* ever seen as long as the dispatcher runs */
#define ACCESS_GRANTS_MAX  1000   /* of one agent */

struct access;

MUST_USE struct access *access_new(void);
void access_free(struct access *a);

/* What is stored, in the place of all that was held. After the agents were loaded. */
MUST_USE enum err access_load(struct dispatcher *d, struct errmsg *m);

/* --- who --- */

/*
 * Which sockets want keys (d->curve_agents, d->curve_workers). ERR_INVALID with words for
 * endpoints that other machines reach, and that nothing protects (endpoints.c).
 */
MUST_USE enum err access_check_endpoints(struct dispatcher *d, struct errmsg *m);

/* The answer of the ZAP handler (zap_admit); ctx is the dispatcher. */
bool access_admits(void *ctx, struct str domain, struct str key, struct str address);

/*
 * The number of the agent that sent r over the agents' socket, and whether it may ask for that
 * at all. ERR_DENIED with words otherwise; refusals are counted and logged.
 */
MUST_USE enum err access_enter(
	struct dispatcher *d, const struct request *r, uint32_t *ret_agent, struct errmsg *m);

/* The number of the agent that sent r, as far as it is known by now; NAMES_NONE. */
uint32_t access_sender(const struct dispatcher *d, const struct request *r);

/* Somebody who was not let in at the door of a socket. */
struct access_caller {
	uint32_t agent; /* whose key it is; AUDIT_ROOST: a worker's, or nobody's */
	bool stranger;  /* nobody's */
	struct str key, socket;
	const char *from; /* address */
};

/* Refusals, for the audit log (deny.c): a connection; a request; one for administrators alone;
 * a worker that may not speak. */
void access_denied_key(struct dispatcher *d, const struct access_caller *c);
void access_denied(struct dispatcher *d, const struct request *r, uint32_t agent);
void access_overreached(struct dispatcher *d, const struct request *r);
void access_denied_worker(struct dispatcher *d, const char *key);

/* The name of the worker with that key; NULL: none, or it is switched off. */
const char *access_worker(const struct dispatcher *d, const char *key);

/* --- what --- */

/* Whether an administrator added it; `agent`: its number, NAMES_NONE an administrator. */
bool access_is_bound(const struct dispatcher *d, uint32_t agent);
bool access_is_off(const struct dispatcher *d, uint32_t agent);

/* Whether it may see an account: it is not bound, or has some grant for it. */
bool access_sees(const struct dispatcher *d, uint32_t agent, const char *account);

/* Whether it has this capability on the account. *ret_hold: its jobs wait for approval. */
MUST_USE enum err access_may(const struct dispatcher *d, uint32_t agent, const char *capability,
	struct str account, bool *ret_hold, struct errmsg *m);

/* The same of something that it tries to do: a refusal is a record of the audit log. */
MUST_USE enum err access_ask(struct dispatcher *d, uint32_t agent, const char *capability,
	struct str account, bool *ret_hold, struct errmsg *m);

/* access_ask() of a job it brought earlier. */
MUST_USE enum err access_may_job(struct dispatcher *d, uint32_t agent,
	const struct job_record *r, bool *ret_hold, struct errmsg *m);

/* How many more jobs it may bring today; INT64_MAX: as many as it likes. */
int64_t access_jobs_left(const struct dispatcher *d, uint32_t agent);

/* It brought so many; counted when it has a limit. */
void access_count_jobs(struct dispatcher *d, uint32_t agent, int64_t jobs);

/* Messages and keys refused so far. */
uint64_t access_refused(const struct dispatcher *d);

/* --- changes, kept with the turn; a failure is the turn's --- */

void access_bind(
	struct dispatcher *d, uint32_t agent, struct str key); /* key empty: as it is */
void access_switch(struct dispatcher *d, uint32_t agent, bool on);
void access_forget(struct dispatcher *d, uint32_t agent); /* its key and grants; it is off */

/* Gives a grant, or takes it away. False: it has ACCESS_GRANTS_MAX. */
MUST_USE bool access_grant(struct dispatcher *d, uint32_t agent, const struct grant *g);
bool access_has(const struct dispatcher *d, uint32_t agent, const struct grant *g);
bool access_deny(struct dispatcher *d, uint32_t agent, const struct grant *g);

/* Whether a key is another agent's or worker's. */
bool access_is_taken(const struct dispatcher *d, struct str key);

MUST_USE enum err access_set_worker(
	struct dispatcher *d, struct str name, struct str key, bool on);
bool access_forget_worker(struct dispatcher *d, struct str name); /* false: there is none */

/* --- for lists --- */

/* Writes the pairs state, key and grants of an agent; returns how many. */
uint32_t access_put_agent(const struct dispatcher *d, uint32_t agent, struct buf *out);

/* The workers that have keys, by number; NULL past the last. An empty key: forgotten. */
struct access_worker {
	const char *name, *key;
	bool on;
};
bool access_worker_at(const struct dispatcher *d, uint32_t number, struct access_worker *ret);

#endif
