/*
 * workers.h - the socket of workers
 *
 * Messages of workers become events, one call each, with ids checked and the
 * worker's number in place of its routing id. What goes back to a worker in a
 * turn (assignments, GOs, acknowledgements) is gathered and leaves as few
 * messages after the commit, through the outbox.
 *
 * A worker is its name: a second connection under the same name takes the
 * place of the first. A peer that has not said hello is asked who it is. Where
 * keys are used the key says the name, and every message is checked against it.
 */
#ifndef ROOST_DISPATCHER_EDGE_WORKERS_H
#define ROOST_DISPATCHER_EDGE_WORKERS_H

#include "common/net/loop.h"
#include "common/wire/messages.h"
#include "dispatcher/core/core.h"
#include "dispatcher/edge/outbox.h"

#define WORKERS_MESSAGES_PER_ROUND 256
#define WORKERS_DOMAIN             "workers" /* of keys (common/net/curve.h) */

struct workers;

/* What workers say. `root` and what hangs on it is lent for the call. */
struct workers_ops {
	void (*hello)(void *ctx, uint32_t worker, uint32_t slots);
	/* ... and what it holds was told; alive: over the connection that it had before */
	void (*claimed)(void *ctx, uint32_t worker, bool alive);
	void (*holds)(void *ctx, uint32_t worker, uint64_t job, uint64_t lease, bool begun);
	void (*heard)(void *ctx, uint32_t worker);
	void (*credit)(void *ctx, uint32_t worker, uint32_t slots);
	void (*begin)(void *ctx, uint32_t worker, uint64_t job, uint64_t lease);
	void (*back)(void *ctx, uint32_t worker, uint64_t job, uint64_t lease);
	void (*result)(void *ctx, uint32_t worker, const struct msg_result *r);
	void (*want)(void *ctx, uint32_t worker, const struct msg_want *w);
	void (*bye)(void *ctx, uint32_t worker);
	/* The name of the worker whose key that is; NULL: nobody's, or switched off. */
	const char *(*named)(void *ctx, const char *key);
	/* Somebody with that key may not speak, or not as whom it says that it is. */
	void (*denied)(void *ctx, const char *key);
	void (*end)(void *ctx); /* after each message: all of it has been told */
};

struct workers_conf {
	const char *endpoint;          /* lent for the call */
	const char *secret;            /* its key, lent for the call; NULL: workers need none */
	const struct workers_ops *ops; /* static */
	void *ctx;                     /* of the ops */
	usec_t heartbeat, silence, request;
};

MUST_USE enum err workers_open(struct loop *l, struct outbox *o,
	const struct workers_conf *conf, struct workers **ret, struct errmsg *m);
void workers_free(struct workers *w);
AUTO_DEFINE(workers)

/* Other times from now on: workers that are there are asked for their hello, and told. */
void workers_set_times(struct workers *w, usec_t heartbeat, usec_t silence);

/* Whether a worker of that name is there. */
bool workers_has(const struct workers *w, struct str name);

/* A worker is not admitted any more: the core is told that it has gone. */
void workers_cut(struct workers *w, struct str name);

/* For zap_prove(). */
const struct zsock *workers_socket(const struct workers *w);

const char *workers_endpoint(const struct workers *w);

/* The name of a worker, for words. */
const char *workers_name(const struct workers *w, uint32_t worker);

/* An assignment for a worker, with keys in the place of its token unless that is NULL; read at
 * once, kept in encoded form until the turn ends. */
void workers_assign(struct workers *w, uint32_t worker, const struct msg_assignment *a,
	const struct msg_oauth1 *keys, struct str raw_args);
void workers_go(struct workers *w, uint32_t worker, uint64_t job, uint64_t lease, bool ok);
void workers_kept(struct workers *w, uint32_t worker, uint64_t job, uint64_t lease);

/* Bytes of a medium, straight into the outbox; none: a refusal. */
void workers_bytes(
	struct workers *w, uint32_t worker, const struct msg_want *to, struct str data);

/* Puts what was gathered into the outbox. */
void workers_flush(struct workers *w);

/* Forgets what was gathered. */
void workers_drop(struct workers *w);

/* Asks every worker to say hello again: the core was rebuilt. */
void workers_ask_all(struct workers *w);

/* The core has given a worker up: should it speak again, it is asked to say hello first. */
void workers_lost(struct workers *w, uint32_t worker);

/* From now on every beat is answered with `drain`. */
void workers_drain(struct workers *w);

#endif
