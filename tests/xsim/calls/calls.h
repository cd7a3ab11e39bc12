/*
 * calls.h - the handlers named in routes.def
 */
#ifndef ROOST_TESTS_XSIM_CALLS_CALLS_H
#define ROOST_TESTS_XSIM_CALLS_CALLS_H

struct call;

#define X(name, method, path, scopes, flags, body, params, handle) void handle(struct call *c);
#include "tests/xsim/routes.def"
#undef X

#endif
