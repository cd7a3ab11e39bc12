/*
 * check.h - one job of an enqueue, read and checked, before anything is decided
 */
#ifndef ROOST_DISPATCHER_REQUESTS_CHECK_H
#define ROOST_DISPATCHER_REQUESTS_CHECK_H

#include "dispatcher/policy/mark.h"
#include "dispatcher/state.h"

struct thread;

/*
 * A job that may be enqueued. What is lent is lent by the message. Its arguments and meta are
 * encoded into d->bodies; the body gets their addresses when the store is told (draft_body).
 */
struct draft {
	struct job job; /* without an id */
	struct body body;
	const struct wire_value *args, *meta;
	char tags[TAGS_MAX * (TAG_MAX + 1) + 2];
	enum err err; /* ERR_OK: it may be enqueued */
	struct errmsg words;
	uint64_t duplicate;             /* id of the job it is already; 0: it is new */
	const struct wire_value *after; /* as it came */
	struct need needs[NEEDS_MAX];   /* after.h fills them */
	uint32_t need_of[NEEDS_MAX]; /* 1 + index of the draft that it is; 0: needs[] has its id
				      */
	uint32_t need_count;
	bool revive; /* it ended before and comes back: its body is kept already */
	uint32_t
		same_as; /* 1 + index of an earlier one in its message that it is; 0: of none */
	struct thread *thread;          /* owned: its posts; NULL: it is none (thread.h) */
	uint64_t previous;              /* of a post of a thread: the one it answers; 0 */
	size_t at, args_len, meta_len;  /* in d->bodies */
	unsigned char mark[MARK_BYTES]; /* the policy guard's */
	size_t mark_len;                /* 0: none */
};

/* Gives back what it owns. */
void draft_done(struct draft *f);

/* Writes arguments with a `to`: the result of the job `previous`. */
void draft_put_answer(struct buf *out, const struct wire_value *args, uint64_t previous);

/* Encodes its arguments and meta at the end of d->bodies. False when there is no room. */
MUST_USE bool draft_encode(struct dispatcher *d, struct draft *f);

/* Its body with the addresses filled in; lent until d->bodies changes. */
const struct body *draft_body(const struct dispatcher *d, struct draft *f);

/* Reads and checks `v`, a job as `agent` (number) gave it. The verdict is in ret->err and
 * ret->words. */
void check_job(
	struct dispatcher *d, uint32_t agent, const struct wire_value *v, struct draft *ret);

/* Checks new arguments for a job of that action: as check_job() does. Sets call, NEEDS_NAME,
 * price. */
MUST_USE enum err check_args(struct dispatcher *d, const struct action *a,
	const struct wire_value *args, struct draft *ret, struct errmsg *m);

/* Whether it may cost what it may cost at the worst, by the agent's own bound. ERR_BUDGET. */
MUST_USE enum err check_price(const struct draft *ret, struct errmsg *m);

/* Whether there is a budget and a monthly cap that it could ever pass. ERR_BUDGET, ERR_QUOTA.
 */
MUST_USE enum err check_budget(struct dispatcher *d, const struct job *j, struct errmsg *m);

/* The fingerprint of a job's content, whatever the order of its keys. */
uint64_t check_fingerprint(struct dispatcher *d, const struct wire_value *job);

#endif
