/*
 * shaped.h - values as the specification wants them in answers
 */
#ifndef ROOST_TESTS_XSIM_CALLS_SHAPED_H
#define ROOST_TESTS_XSIM_CALLS_SHAPED_H

#include "tests/xsim/calls/call.h"

/* The schema of "data" in the answer of the call, lent; and its status. */
const json_t *spec_answer(const struct call *c);
int spec_status(const struct call *c);

/* What is kept of the call's body under an id: the body, and who made it when. The caller's. */
json_t *kept_value(const struct call *c, const char *id);

/* The value of a thing, with what is counted; lent. */
const json_t *dressed(const struct call *c, const struct thing *t);

/*
 * Of the properties of the schema those that the value has, and made-up ones for those required
 * that it lacks. names: "a=b c=d.e f=.": a is called b there, c is d's e, f is the value
 * itself. The caller's.
 */
json_t *shaped(struct call *c, const json_t *schema, const json_t *value, const char *names);

#endif
