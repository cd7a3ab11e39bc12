/*
 * sweep.h - bytes that nobody needs any more are dropped
 *
 * Once in a while, when some bytes were not used for the time of media.keep,
 * the arguments of all unfinished jobs that name bytes are read, a bounded
 * number in each turn; bytes that none of them names go. What a job names
 * meanwhile is noted as used, and so stays.
 */
#ifndef ROOST_DISPATCHER_MEDIA_SWEEP_H
#define ROOST_DISPATCHER_MEDIA_SWEEP_H

#include "dispatcher/state.h"

struct sweep;

MUST_USE struct sweep *sweep_new(void);
void sweep_free(struct sweep *s);

/* What is due in this turn. Returns the mono instant at which there is more to do. */
usec_t sweep_go_on(struct dispatcher *d);

/* The turn never happened, or the core is another one: begin anew. */
void sweep_drop(struct dispatcher *d);

#endif
