/*
 * entitle.h - what X has refused an app, call by call
 *
 * When X says that the app's plan does not include a call (403
 * client-forbidden), that is remembered per app, call and kind of post until
 * somebody clears it: nothing more of the kind is sent (promise P4). A set of
 * few; no clock, no errors beside lack of memory.
 */
#ifndef ROOST_DISPATCHER_CORE_BRAKE_ENTITLE_H
#define ROOST_DISPATCHER_CORE_BRAKE_ENTITLE_H

#include "common/base/clock.h"
#include "common/xapi/calls.h"

struct refusal {
	uint16_t call; /* enum call */
	uint8_t kind;  /* enum post_kind */
	usec_t since;  /* wall: when X said so first */
};

/* All zeroes is an empty one. */
struct refusals {
	struct refusal *at; /* owned */
	uint32_t count, size;
};

void refusals_done(struct refusals *r); /* empty afterwards */

/* The one of a call and kind, or NULL; lent until the set changes. */
const struct refusal *refusals_find(
	const struct refusals *r, enum call call, enum post_kind kind);

/* Remembers one; an earlier one of the same call and kind stays. ERR_CONFLICT then, ERR_NOMEM.
 */
MUST_USE enum err refusals_add(
	struct refusals *r, enum call call, enum post_kind kind, usec_t since);

#endif
