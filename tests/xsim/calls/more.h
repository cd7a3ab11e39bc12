/*
 * more.h - operations of the specification that act on or read the world in ways of their own
 */
#ifndef ROOST_TESTS_XSIM_CALLS_MORE_H
#define ROOST_TESTS_XSIM_CALLS_MORE_H

struct call;

/* The handler of that operation, or NULL. */
void (*more_handler(const char *operation))(struct call *c);

#endif
