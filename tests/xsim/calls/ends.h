/*
 * ends.h - what a call is about, found by the words of kept.def: "list:path.0"
 */
#ifndef ROOST_TESTS_XSIM_CALLS_ENDS_H
#define ROOST_TESTS_XSIM_CALLS_ENDS_H

#include "tests/xsim/calls/call.h"

/* A row of kept.def without its operation and verb. */
struct kept {
	const char *shelf, *from, *thing, *names;
};

struct end {
	char kind[16];       /* without "!"; "" for what is made, or only shown */
	uint64_t id;         /* of a user, post or thing */
	char text[32];       /* the id as it is written */
	struct thing *thing; /* of a kind that is a shelf; else NULL */
};

/* Finds it. False: it is not there, or not the caller's, and that was answered. */
bool end_find(struct call *c, const char *words, struct end *ret);

/* Whether a thing belongs to that end. */
bool end_has(const struct call *c, const struct end *e, const struct thing *t);

#endif
