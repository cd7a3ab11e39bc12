/*
 * generic.h - operations of the specification without rules of their own
 */
#ifndef ROOST_TESTS_XSIM_CALLS_GENERIC_H
#define ROOST_TESTS_XSIM_CALLS_GENERIC_H

#include "common/base/base.h"

struct call;

/* Whether the path and the query are what the specification allows. False: it has answered. */
bool generic_check_path(struct call *c);
bool generic_check_query(struct call *c);

/* The handler. */
void generic(struct call *c);

#endif
