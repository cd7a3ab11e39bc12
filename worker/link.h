/*
 * link.h - what a worker owes one dispatcher, and when to say what
 *
 * Holds the attempts a dispatcher has assigned, each until its result is kept
 * there, and decides from facts (what was heard, what ended, the time) what is
 * to be said next. It knows no message formats and no sockets: the shell asks
 * after every round and writes (worker.c); a test asks on a clock of its own.
 *
 * Promises:
 *   - nothing with `begin` is sent to X without GO, and never when GO took
 *     longer than the silence the dispatcher allows;
 *   - what a hello says of a lease stays true: attempts that wait for GO end
 *     as unsent when it is said, so that a GO that comes after it sends nothing;
 *   - a result is said again after each welcome, and every few seconds while
 *     the dispatcher is heard of, until it is kept; while it is not heard of,
 *     nothing piles up for it but a hello now and then;
 *   - no more than LINK_PARTS parts of media are in memory; others wait for a place;
 *   - at most `slots` attempts are under way and 2 * slots are held at all.
 */
#ifndef ROOST_WORKER_LINK_H
#define ROOST_WORKER_LINK_H

#include "common/base/map.h"
#include "common/base/slab.h"
#include "worker/attempt.h"

#define LINK_SLOTS_MAX 16384
#define LINK_PARTS     4                 /* parts of media that are got or sent at once */
#define LINK_HELLO_MIN (500 * USEC_MSEC) /* between two hellos nobody answers, doubling ... */
#define LINK_HELLO_MAX (8 * USEC_SEC)    /* ... to this */
/* A hello that did not get out goes again after such a part of that. */
#define LINK_HELLO_TRY 16
#define LINK_RESEND    (3 * USEC_SEC) /* a result that is not kept is said again */

/* Until the first welcome names them. */
#define LINK_HEARTBEAT (2 * USEC_SEC)
#define LINK_SILENCE   (10 * USEC_SEC)
#define LINK_REQUEST   (30 * USEC_SEC)

/* What is to be said, as bits; the shell says it. */
enum link_say { LINK_HELLO = 1, LINK_BEAT = 2, LINK_CREDIT = 4, LINK_BYE = 8 };

enum link_state {
	LINK_GREETING, /* hello is said until a welcome comes */
	LINK_THERE,
	LINK_LEFT, /* bye was said */
};

/* What became of an assignment. */
enum link_taken {
	LINK_TAKEN,
	LINK_KNOWN, /* its lease is held already: nothing changed */
	LINK_FULL,  /* no room for it, or the link drains: to be handed back */
};

struct link_conf {
	uint32_t slots; /* 1 to LINK_SLOTS_MAX */
	struct fetch *fetch;
	const char *base_url;
	const char *ca_file; /* or NULL */
	struct now (*now)(void *ctx);
	struct now (*fresh)(void *ctx);
	void *ctx;
};

/* Fields are link.c's to change. It must not be moved after link_init(). */
struct link {
	struct link_conf conf;
	struct door door;
	struct slab attempts;
	struct map by_lease;
	struct list asking;  /* BEGIN is to be said */
	struct list asked;   /* wait for GO, the longest first */
	struct list parked;  /* parts that have no place in memory yet */
	struct list lacking; /* have one: the next bytes are to be asked for */
	struct list filling; /* have been asked for, the longest first */
	uint32_t parts;      /* that have a place */
	struct list sent;
	struct list unsaid; /* ended; result is to be said */
	struct list said;   /* ended; result is not kept yet; the longest said first */
	uint32_t active;    /* not ended */
	uint32_t held;      /* ended */
	enum link_state state;
	bool draining;
	bool credit_due;
	usec_t heartbeat, silence, request;
	usec_t heard_at;   /* mono */
	usec_t hello_at;   /* mono: say hello then, while greeting */
	usec_t hello_wait; /* from that hello to the next */
	usec_t beat_at;    /* mono */
};

void link_init(struct link *l, const struct link_conf *conf, struct now now);

/* Gives everything back; the fetch must be gone already if attempts are under way. */
void link_done(struct link *l);

/* --- what was heard --- */

/* Any message counts as a sign of life. */
void link_heard(struct link *l, struct now now);
void link_welcome(
	struct link *l, usec_t heartbeat, usec_t silence, usec_t request, struct now now);

/* The dispatcher does not know us: say hello at once. */
void link_who(struct link *l, struct now now);

/* The hello that link_tick() asked for did not get out: again soon. */
void link_unsaid(struct link *l, struct now now);

/* An assignment: taken, and sent at once if it needs no BEGIN. The task is lent. */
enum link_taken link_assign(struct link *l, const struct task *t);

/* The answer to BEGIN. `now` must be read afresh, in case the worker was stopped meanwhile.
 * What is not waited for is ignored; what is refused is forgotten. */
void link_go(struct link *l, int64_t job, int64_t lease, bool ok, struct now now);

/* Bytes for a part; none: it cannot be had. What is not waited for is ignored. */
void link_bytes(struct link *l, int64_t job, int64_t lease, int64_t offset, struct str data);

/* Its result is kept: forgotten. */
void link_kept(struct link *l, int64_t job, int64_t lease);

/* From now on: no credit, what has not begun goes back, and bye when all the rest is kept. */
void link_drain(struct link *l);

/* --- what is to be said --- */

/*
 * Brings the link up to `now` (gives up what waits too long, plans what is to be said again)
 * and returns the link_say bits that are due, which count as said by that. Hello comes first;
 * when it is due, nothing else is.
 */
unsigned link_tick(struct link *l, struct now now);

/* The mono instant at which link_tick() has something to do though nothing happened. */
usec_t link_wake(const struct link *l);

/* What may be said besides: NULL when there is no more, or when it has to wait for a welcome.
 */
struct attempt *link_next_back(const struct link *l);  /* hand back; then link_forget() it */
struct attempt *link_next_begin(const struct link *l); /* ask BEGIN; then link_begin_said() */
struct attempt *link_next_want(struct link *l); /* ask for bytes; then link_want_said() */
void link_want_said(struct link *l, struct attempt *a, struct now now);
struct attempt *link_next_result(const struct link *l); /* tell; then link_result_said() */
void link_begin_said(struct link *l, struct attempt *a, struct now now);
void link_result_said(struct link *l, struct attempt *a, struct now now);
void link_forget(struct link *l, struct attempt *a);

/* All attempts held, in no particular order: start with *at = 0; NULL after the last. */
struct attempt *link_next_held(const struct link *l, uint32_t *at);

/* It drains, and nothing is left. */
bool link_is_empty(const struct link *l);

#endif
