/*
 * values.h - which values a query parameter may have
 *
 * Patterns, bounds and enumerations of OpenAPI 2.167. Posts may be asked for
 * by X's older names (tweet.fields, referenced_tweets) and by its newer ones
 * (post.fields, referenced_posts): X's own pages use the first, the
 * specification the second.
 */
#ifndef ROOST_TESTS_XSIM_CALLS_VALUES_H
#define ROOST_TESTS_XSIM_CALLS_VALUES_H

#include "common/base/text.h"

struct call;

/* Whether a parameter that the call knows has a value that X takes. False: it has answered. */
bool value_check(struct call *c, const char *name, struct str value);

#endif
