/*
 * generic.h - operations of the specification without rules of their own
 */
#ifndef ROOST_TESTS_XSIM_CALLS_GENERIC_H
#define ROOST_TESTS_XSIM_CALLS_GENERIC_H

#include <jansson.h>

#include "common/base/base.h"

struct call;

/* Whether the path and the query are what the specification allows. False: it has answered. */
bool generic_check_path(struct call *c);
bool generic_check_query(struct call *c);

/* Whether the call has that query parameter. */
bool generic_has_query(const struct call *c, const char *name);

/* A value of that schema. The caller's. */
json_t *generic_value(struct call *c, const json_t *schema);

/* The handler. */
void generic(struct call *c);

#endif
