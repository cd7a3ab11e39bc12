/*
 * params.h - what a query or a form says, decoded
 */
#ifndef ROOST_TESTS_XSIM_PARAMS_H
#define ROOST_TESTS_XSIM_PARAMS_H

#include "common/base/text.h"

#define PARAMS_MAX 32

struct params {
	struct {
		struct str name, value;
	} items[PARAMS_MAX];
	size_t count;
	char *text; /* owned: what the items point into */
};

/* ERR_FORMAT for a broken escape, a name said twice or too many of them. */
MUST_USE enum err params_parse(struct params *p, struct str encoded);
void params_done(struct params *p);

/* {NULL, 0} when it is not there; an empty value has an `at`. */
struct str params_get(const struct params *p, const char *name);

#endif
