/*
 * feed.h - pages of posts, and what a query finds, for other lists than those of feed.c
 */
#ifndef ROOST_TESTS_XSIM_CALLS_FEED_H
#define ROOST_TESTS_XSIM_CALLS_FEED_H

#include "tests/xsim/calls/call.h"
#include "tests/xsim/world/series.h"

/* Answers with a page of those posts, of which only those that are listed and may be seen. */
void show_posts(struct call *c, const struct series *series, int64_t least, int64_t usual);

/* Whether a post is what a query of X's search language looks for, as far as it is known. */
bool query_matches(const struct world *w, const struct post *p, struct str query);

#endif
