/*
 * thread.h - posts of which each answers the one before, kept as jobs of their own
 *
 * A thread becomes one job for the whole, and one for each post; each post but the first comes
 * after the one before and refers to its id, and the whole comes after all of them. So each id
 * is on disk before the next post is sent, an unsure post holds the rest, and what was posted
 * is never posted again. Nothing is sent for the whole: it is done when they are.
 *
 * When a post fails, `finish` fails the rest and the whole; `delete` does so, too, and enqueues
 * a delete_post for each that was made; with `wait` the rest waits for it to be retried.
 */
#ifndef ROOST_DISPATCHER_REQUESTS_THREAD_H
#define ROOST_DISPATCHER_REQUESTS_THREAD_H

#include "dispatcher/requests/check.h"

/* Reads the posts of a thread whose arguments passed the check and whose draft is complete, but
 * for its key. Sets whole->thread. */
MUST_USE enum err thread_read(struct dispatcher *d, const struct wire_value *args,
	struct draft *whole, struct errmsg *m);
void thread_free(struct thread *t);

/* How many posts it has: 0 when the draft is no thread. And one of them. */
uint32_t thread_count(const struct draft *whole);
struct draft *thread_post(const struct draft *whole, uint32_t i);

/* Ids from `first`: of the whole, then of each post; and what each comes after. */
void thread_number(struct draft *whole, uint64_t first);

/* Room for the answer of a whole that ended: {"data": {"id": ..., "ids": [...]}}. */
struct thread_end {
	struct buf response;
	char x_id[STORE_X_ID_MAX];
	char words[200];
};

/* What its result says; e->response and so on are lent by *ret until thread_end_done().
 * Enqueues what `delete` asks for. */
void thread_ended(
	struct dispatcher *d, const struct order *o, struct ending *e, struct thread_end *ret);
void thread_end_done(struct thread_end *t);

#endif
