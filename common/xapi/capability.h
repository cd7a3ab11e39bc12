/*
 * capability.h - what agents and manifests ask for, and the scopes behind it
 *
 * A capability is a right in roost's own words ("x.tweet.write"); an account has
 * it when its user granted all of its scopes. Facts: X's documentation of scopes
 * (2026-08-22); nearly every call also wants tweet.read and users.read.
 */
#ifndef ROOST_COMMON_XAPI_CAPABILITY_H
#define ROOST_COMMON_XAPI_CAPABILITY_H

#include "common/xapi/calls.h"

struct capability {
	const char *name;
	scope_set needs; /* without these it is not had */
	scope_set wants; /* asked for besides when an account is connected */
	const char *help;
};

/* In the order of the table; NULL past the last. */
const struct capability *capability_at(size_t i);

/* NULL when there is none of that name. */
const struct capability *capability_find(struct str name);

#endif
