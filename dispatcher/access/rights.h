/*
 * rights.h - what a bound agent may ask for, apart from jobs
 *
 * Jobs are checked one by one where they are read (requests/check.h).
 */
#ifndef ROOST_DISPATCHER_ACCESS_RIGHTS_H
#define ROOST_DISPATCHER_ACCESS_RIGHTS_H

#include "dispatcher/state.h"

/* ERR_DENIED with words when a bound agent may not ask for that. */
MUST_USE enum err rights_check(
	const struct dispatcher *d, const struct request *r, uint32_t agent, struct errmsg *m);

#endif
