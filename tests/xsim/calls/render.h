/*
 * render.h - users, posts and messages as X shows them
 *
 * Text comes back with & < > escaped and every link as t.co, its target in
 * entities.urls. Fields beyond the default ones are there when asked for.
 */
#ifndef ROOST_TESTS_XSIM_CALLS_RENDER_H
#define ROOST_TESTS_XSIM_CALLS_RENDER_H

#include <jansson.h>

#include "tests/xsim/world/mail.h"
#include "tests/xsim/world/world.h"

/* The fields asked for: lists separated by commas. */
struct shape {
	struct str user, post, dm;
	bool new_names; /* referenced_posts instead of referenced_tweets */
};

/* A user. The caller's. */
json_t *render_user(const struct world *w, uint32_t user, const struct shape *s);

/* A post that is not deleted. The caller's. */
json_t *render_post(const struct world *w, uint32_t post, const struct shape *s);

/* What POST /2/tweets answers. The caller's. */
json_t *render_created(const struct world *w, uint32_t post);

/* An event of kind MessageCreate. The caller's. */
json_t *render_message(const struct mail *m, uint32_t message, const struct shape *s);

#endif
