/*
 * loop.h - the one wait of a program
 *
 * One zmq_poll over ZeroMQ sockets, plain descriptors, timers and signals.
 * Everything happens on the thread that runs it. A round is: wait, read the
 * clock, call what is due (descriptors first, then timers, then sockets), then
 * call the after-round hook once. Level-triggered throughout: what was not
 * read comes again. (ZMQ_FD, which is edge-triggered, is never used.)
 *
 * Plain descriptors stand in one epoll set, itself one entry of the poll, so
 * that hundreds of them cost a round nothing.
 *
 * A callback may add, change and remove anything: itself, and what is ready in
 * the same round, which is then not called any more. It may not run the loop.
 */
#ifndef ROOST_COMMON_NET_LOOP_H
#define ROOST_COMMON_NET_LOOP_H

#include "common/base/clock.h"
#include "common/base/err.h"

struct loop;
struct zsock;

#define LOOP_SOCKETS_MAX \
	256 /* ZeroMQ sockets one loop can watch; descriptors have no such bound */

enum { LOOP_READ = 1, LOOP_WRITE = 2 };

/* Something is ready: `events` is LOOP_READ, LOOP_WRITE or both (an error counts as both). */
typedef void loop_ready(void *ctx, int events);

/* In the owner's memory; all zeroes before first use. Fields are loop.c's. */
struct loop_timer {
	void (*fire)(void *ctx);
	void *ctx;
	usec_t at;
	uint32_t slot; /* 1 + its place in the loop's table; 0 = not set */
};

/* A loop on this clock. NULL only when out of memory or descriptors. */
MUST_USE struct loop *loop_new(const struct clock *clock);
void loop_free(struct loop *l);
AUTO_DEFINE(loop)

/* The instant at which the running round began (or loop_refresh() was last called). */
struct now loop_now(const struct loop *l);

/* Reads the clock again, after something that can block. */
struct now loop_refresh(struct loop *l);

/*
 * Watches a socket for messages to read. The socket must outlive the watch.
 * ERR_TOO_BIG when there are LOOP_SOCKETS_MAX.
 */
MUST_USE enum err loop_add_socket(
	struct loop *l, struct zsock *z, loop_ready *ready, void *ctx);
void loop_remove_socket(struct loop *l, struct zsock *z);

/*
 * Watches fd for `events`; called again for the same fd it changes the watch.
 * Unwatch before closing. ERR_INVALID for what cannot be waited for, such as a
 * plain file; ERR_NOMEM.
 */
MUST_USE enum err loop_watch(struct loop *l, int fd, int events, loop_ready *ready, void *ctx);
void loop_unwatch(struct loop *l, int fd);

/*
 * Calls fire(ctx) once at mono instant `at` or within about a millisecond after;
 * a timer already set is moved. One set while timers fire waits for the next
 * round even when it is due. ERR_NOMEM only for a timer that was not set.
 */
MUST_USE enum err loop_timer_set(struct loop *l, struct loop_timer *t, usec_t at);
void loop_timer_cancel(struct loop *l, struct loop_timer *t);

/*
 * Turns a signal into a call on this thread (signalfd). At most 8 signals. It
 * stays blocked until loop_free(): call this before starting threads, and
 * unblock it in a child before exec.
 */
MUST_USE enum err loop_on_signal(
	struct loop *l, int signo, void (*caught)(void *ctx, int signo), void *ctx);

/* Called in every round when its descriptors were: for what must not wait for the messages. */
void loop_after_descriptors(struct loop *l, void (*after)(void *ctx), void *ctx);

/* Called at the end of every round: where a turn is closed. */
void loop_after_round(struct loop *l, void (*after)(void *ctx), void *ctx);

/* Makes the next wait not wait: there is more to do. */
void loop_again(struct loop *l);

/* Runs rounds until loop_stop(). ERR_IO when the wait itself fails. */
MUST_USE enum err loop_run(struct loop *l);

/* One round, waiting at most `wait` (0: not at all). For tests and for clients. */
MUST_USE enum err loop_once(struct loop *l, usec_t wait);

/* Ends loop_run() after the round that is running, or before the first. */
void loop_stop(struct loop *l);

#endif
