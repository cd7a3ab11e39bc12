/*
 * present.h - jobs and results as agents see them
 */
#ifndef ROOST_DISPATCHER_REQUESTS_PRESENT_H
#define ROOST_DISPATCHER_REQUESTS_PRESENT_H

#include "dispatcher/state.h"

/* A full job map, with its verdict. `after`: an encoded array of ids; NULL: it is not said. */
void present_job(struct dispatcher *d, struct buf *out, const struct job_record *r,
	const struct str *after);

/* A result map (interface, section 2). */
void present_result(struct dispatcher *d, struct buf *out, const struct reply *reply);

/* Why a job does not run: the gate's verdict, or that it has ended. */
void present_reason(struct dispatcher *d, const struct job_record *r, struct verdict *ret);

/* What an event says of a job: which it is and what it became, nothing of its content. */
void present_event(struct dispatcher *d, struct buf *out, const struct job_record *r);

/* A verdict map: blocker, ref, until, text. */
/* The same as a link of explain's chain: with `unblock`, what would end the wait. */
void present_blocker(struct buf *out, const struct verdict *v);
void present_verdict(struct buf *out, const struct verdict *v);

/* `wall` as Unix milliseconds; nil for 0 and for never. */
void present_time(struct buf *out, const char *key, usec_t wall);

/* What an ended job did cost. */
int64_t present_spent(const struct job_record *r);

#endif
