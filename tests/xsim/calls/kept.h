/*
 * kept.h - operations of the specification whose state the simulator keeps
 *
 * What is created appears in the reads and is gone when it was deleted. The
 * request was held against the specification before (generic.h); answers are
 * what was kept, cut to the answer's schema.
 */
#ifndef ROOST_TESTS_XSIM_CALLS_KEPT_H
#define ROOST_TESTS_XSIM_CALLS_KEPT_H

struct call;

/* The handler of that operation: of kept.def, of more.h, or generic(). */
void (*kept_handler(const char *operation))(struct call *c);

#endif
