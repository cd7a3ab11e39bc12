/*
 * agent.h - who asks
 */
#ifndef ROOST_DISPATCHER_REQUESTS_AGENT_H
#define ROOST_DISPATCHER_REQUESTS_AGENT_H

#include "dispatcher/state.h"

/* All agents of the store are made known. */
MUST_USE enum err agent_load(struct dispatcher *d);

/*
 * The number of the agent of that name, made known (and kept with the turn) if need be.
 * ERR_QUOTA when there are too many, ERR_UNAVAILABLE when the turn cannot be written.
 */
MUST_USE enum err agent_know(
	struct dispatcher *d, struct str name, uint32_t *ret, struct errmsg *m);

void agent_done(struct dispatcher *d);

#endif
