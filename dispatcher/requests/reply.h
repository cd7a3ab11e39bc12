/*
 * reply.h - results go out: polls, pushes, acknowledgements
 */
#ifndef ROOST_DISPATCHER_REQUESTS_REPLY_H
#define ROOST_DISPATCHER_REQUESTS_REPLY_H

#include "dispatcher/state.h"

/* The requests `results`, `subscribe` and `ack` of that agent (number). */
void reply_results(struct dispatcher *d, const struct request *r, uint32_t agent);
void reply_subscribe(struct dispatcher *d, const struct request *r, uint32_t agent);
void reply_ack(struct dispatcher *d, const struct request *r, uint32_t agent);

/* A reply about this job was kept in this turn: its agent is to be told. */
void reply_fresh(struct dispatcher *d, const struct job *j);

/* Before the commit: writes pushes and answers to polls for agents that have fresh replies. */
void reply_serve(struct dispatcher *d);

/* Answers polls whose time is over. Returns when the next one's is; mono, USEC_NEVER. */
usec_t reply_expire(struct dispatcher *d);

/* An agent is not admitted any more: nothing is pushed to it, and its polls are refused. */
void reply_cut(struct dispatcher *d, uint32_t agent);

/*
 * Writes and answers acknowledgements that wait: now, if something else is written in this
 * turn, or if the first has waited long enough. Else returns when that is; mono, USEC_NEVER.
 */
usec_t reply_acks(struct dispatcher *d, bool now);

void reply_done(struct dispatcher *d);

#endif
