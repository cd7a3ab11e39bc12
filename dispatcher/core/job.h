/*
 * job.h - the states of a job, the only ways between them, and what the core keeps of one
 */
#ifndef ROOST_DISPATCHER_CORE_JOB_H
#define ROOST_DISPATCHER_CORE_JOB_H

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/xapi/calls.h"

/* clang-format off */
/*        state      name         final  may become: BIT() is job.c's */
#define JOB_STATES(X) \
	X(HELD,      "held",      false, BIT(WAITING) | BIT(SCHEDULED) | BIT(READY) | BIT(FAILED) | BIT(CANCELLED) | BIT(EXPIRED)) \
	X(WAITING,   "waiting",   false, BIT(SCHEDULED) | BIT(READY) | BIT(DONE) | BIT(FAILED) | BIT(CANCELLED) | BIT(EXPIRED)) \
	X(SCHEDULED, "scheduled", false, BIT(READY) | BIT(DONE) | BIT(FAILED) | BIT(CANCELLED) | BIT(EXPIRED)) \
	X(READY,     "ready",     false, BIT(SCHEDULED) | BIT(RUNNING) | BIT(DONE) | BIT(FAILED) | BIT(CANCELLED) | BIT(EXPIRED)) \
	X(RUNNING,   "running",   false, BIT(READY) | BIT(UNSURE) | BIT(DONE) | BIT(FAILED) | BIT(CANCELLED)) \
	X(UNSURE,    "unsure",    false, BIT(READY) | BIT(DONE) | BIT(FAILED)) \
	X(DONE,      "done",      true,  0) \
	X(FAILED,    "failed",    true,  0) \
	X(CANCELLED, "cancelled", true,  0) \
	X(EXPIRED,   "expired",   true,  0)
/* clang-format on */

enum job_state {
#define X(state, name, final, next) JOB_##state,
	JOB_STATES(X)
#undef X
};

#define JOB_STATE_COUNT (JOB_EXPIRED + 1)

enum job_flags {
	JOB_NEEDS_NAME = 1,  /* an @name in its arguments has to become an id first */
	JOB_ASK = 2,         /* on_unsure: ask at once; do not look, do not send again */
	JOB_ASKED = 4,       /* its agent was told that a decision is wanted */
	JOB_TOKEN_TRIED = 8, /* a 401 was answered by one refresh already */
	JOB_BEGUN = 16,      /* the effect may have happened: the intent is on disk */
	JOB_SENT_AGAIN = 32, /* looks found nothing and it was sent once more (x-api.md, section
				8, point 5) */
	JOB_REPLY = 64,      /* its post answers another one ... */
	JOB_QUOTE = 128,     /* ... or quotes it: set at enqueue, of CALL_CREATE_POST only */
	JOB_REFS = 256,      /* its arguments still speak of the results of the jobs it needs */
	JOB_AFTER = 1024,    /* it comes after others: the store has its needs */
	JOB_WHOLE = 512,     /* a thread: done when what it needs is; nothing is sent for it */
	JOB_EACH = 2048,     /* a read of several pages: its agent gets a reply for each */
	JOB_NEEDS_MEDIA = 4096,  /* bytes that its arguments name have to be at X first */
	JOB_MEDIA = 8192,        /* its arguments name bytes: X may have forgotten them again */
	JOB_MEDIA_AGAIN = 16384, /* X refused the ids of its media once, and it got others */
};

/*
 * What the core keeps of a job, and what a store row holds: 72 bytes. Bodies (arguments, meta,
 * keys) are the store's. Numbers of agents and accounts are the store's row ids.
 */
struct job {
	uint64_t id;       /* from 1, never used twice */
	uint64_t lease;    /* of the attempt under way or last begun; 0: none */
	usec_t not_before; /* wall: run_at, later the instant of a retry or of the next look; 0:
			      at once */
	usec_t expires_at; /* wall; USEC_NEVER: never */
	usec_t begun_at;   /* wall: when the attempt that JOB_BEGUN speaks of got its GO; 0: not
			    */
	uint32_t agent;
	uint32_t account;
	uint32_t price; /* micro-dollars that one attempt may cost, at the worst */
	uint32_t unit;  /* of a read: micro-dollars an object; 0: `price` is for the request */
	uint32_t cost;  /* micro-dollars that its attempts did cost so far, looks included */
	uint16_t call;  /* enum call */
	uint16_t flags; /* enum job_flags */
	uint8_t state;  /* enum job_state; assigned in one place of the core alone */
	uint8_t priority; /* 0 low to 9 high */
	uint8_t attempts; /* begun or sent so far; those that a 429 answered are not counted */
	uint8_t max_attempts; /* >= 1 */
	uint8_t looks;        /* looks at X since it became unsure */
	uint8_t pages; /* of a read: pages it may read, one attempt each; 0: it is of one */
	uint8_t page;  /* ... and that were read and kept; < pages unless both are 0 */
};

#define NEEDS_MAX 100 /* of one job */

/* A job that another one comes after. */
struct need {
	uint64_t id;
	bool patient; /* if it fails, the other waits on: it may be tried again */
};

/* What kind of post its call makes. */
enum post_kind job_kind(const struct job *j);

/* Whether a job in `from` may become `to`. */
bool job_may(enum job_state from, enum job_state to);

/* Whether nothing more will happen to a job in `state`. */
bool job_is_final(enum job_state state);

/* "waiting", "ready", ... as stored, shown and sent. Static storage. */
const char *job_state_name(enum job_state state);
bool job_state_parse(struct str name, enum job_state *ret);

/* The id as agents see it, "j" and the number, written to out; returns out. And back: false
 * when it is none. */
#define JOB_ID_TEXT_MAX 24
char *job_id_write(uint64_t id, char out[JOB_ID_TEXT_MAX]);
bool job_id_read(struct str text, uint64_t *ret);

#endif
