/*
 * attempt.h - one attempt at one job, from its assignment to its outcome
 *
 *     made --> ready ----------------------> sent --> ended
 *          \-> asking -> asked -> (GO) ----/         /
 *       \-> lacking -> (its bytes) ---/         /
 *           \-----------------------(cannot be made, no GO, too late, no bytes)
 *
 * An attempt whose assignment says `begin` is sent only after GO, and only if
 * GO was heard soon enough after BEGIN left: a worker that was stopped for
 * longer may have been declared lost, and its job given to another. For the
 * same reason the clock is read once more when the connection stands and the
 * first byte is about to be written. Token or keys are wiped when the attempt
 * ends.
 *
 * Knows nothing of messages: it is told, and says upwards when it has ended.
 */
#ifndef ROOST_WORKER_ATTEMPT_H
#define ROOST_WORKER_ATTEMPT_H

#include "common/base/list.h"
#include "common/net/fetch.h"
#include "worker/media/part.h"
#include "worker/proof.h"
#include "worker/request.h"
#include "worker/response.h"

enum attempt_step { ATTEMPT_ACT, ATTEMPT_NAME, ATTEMPT_LOOK, ATTEMPT_PART };

enum attempt_state {
	ATTEMPT_READY,   /* needs no BEGIN, or has GO: to be sent */
	ATTEMPT_ASKING,  /* BEGIN is to be said */
	ATTEMPT_ASKED,   /* BEGIN was said at asked_at */
	ATTEMPT_LACKING, /* bytes of its part are to come */
	ATTEMPT_SENT,    /* fetch has it */
	ATTEMPT_ENDED,   /* `response` and `found` say how */
};

/* What an assignment says. */
struct task {
	int64_t job, lease;
	enum attempt_step step;
	bool begin;
	const struct action *action;    /* NULL: this worker knows no such action */
	json_t *args;                   /* an object, or NULL */
	struct str user_id;             /* of the acting account: an id of X */
	struct str token;               /* access token, or empty, and ... */
	const struct oauth1_keys *keys; /* ... keys that sign; NULL */
	struct str name;                /* user name to look up, of ATTEMPT_NAME */
	usec_t begun_at;                /* of ATTEMPT_LOOK: when the attempt in doubt began */
	int64_t offset, size;           /* of ATTEMPT_PART: these bytes of the medium */
};

struct attempt;

/* How attempts reach X, and whom they tell. Lent for as long as there are attempts. */
struct door {
	struct fetch *fetch;
	const char *base_url;           /* of the X API, without a slash at its end */
	const char *ca_file;            /* or NULL */
	struct now (*now)(void *ctx);   /* when the running round began */
	struct now (*fresh)(void *ctx); /* this very moment */
	void (*ended)(
		void *ctx, struct attempt *a); /* once for each, maybe within a call here */
	void *ctx;
};

/* In the owner's memory, all zeroes at first; the first four fields are the owner's. */
struct attempt {
	struct list node;
	uint32_t slot;
	usec_t said_at;     /* mono: when its result was last said */
	struct buf encoded; /* its result, ready to be said */
	const struct door *door;
	int64_t job, lease;
	enum attempt_step step;
	enum attempt_state state;
	bool go;         /* GO was heard: the intent is on disk */
	bool placed;     /* one of those whose parts may be in memory: the owner's */
	usec_t asked_at; /* mono: when BEGIN, or the wish for bytes, was said */
	usec_t send_by;  /* mono: not a byte is written later */
	usec_t begun_at; /* wall */
	const struct action *action;
	json_t *args;
	char user_id[24];
	struct proof proof; /* wiped once it has ended */
	struct request request;
	struct response response;
	struct part part;
	json_t *found; /* of a look: ids of what matches, oldest first; NULL: none */
};

/*
 * Makes an attempt of a task and builds its request, so that GO finds it ready. What of the
 * task is lent is copied. State is then READY, ASKING or LACKING; or ENDED, door->ended()
 * having been called, when no request can be made of it.
 */
void attempt_init(struct attempt *a, const struct door *door, const struct task *t);

/* Gives its memory back; not while it is SENT, unless its fetch is gone. */
void attempt_done(struct attempt *a);

/* BEGIN left at `now`: ASKING to ASKED. */
void attempt_asked(struct attempt *a, struct now now);

/*
 * GO came for an ASKED attempt: it is sent, unless more than `patience` lies between BEGIN and
 * now; then it ends as unsent.
 */
void attempt_go(struct attempt *a, usec_t patience, usec_t timeout, struct now now);

/*
 * Bytes of its part came for a LACKING attempt; what is not the next of them is passed over.
 * True when they were the last: it is READY.
 */
bool attempt_bytes(struct attempt *a, int64_t offset, struct str data);

/* Sends a READY attempt. It has `timeout` for all of it. */
void attempt_send(struct attempt *a, usec_t timeout);

/*
 * Ends an attempt that was not sent, with words for a person. CAUSE_WORKER: this worker cannot
 * make the request, which counts as an attempt; CAUSE_LEASE_LOST: it was not allowed to any
 * more.
 */
void attempt_give_up(struct attempt *a, enum outcome_cause cause, const char *words);

#endif
