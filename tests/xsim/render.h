/*
 * render.h - users, posts and messages as X shows them
 *
 * Text comes back with & < > escaped and every link as t.co, its target in
 * entities.urls. Fields beyond the default ones are there when asked for.
 */
#ifndef ROOST_TESTS_XSIM_RENDER_H
#define ROOST_TESTS_XSIM_RENDER_H

#include <jansson.h>

#include "tests/xsim/world.h"

/* A user; `fields` is a list separated by commas. The caller's. */
json_t *render_user(const struct world *w, uint32_t user, struct str fields);

/* What POST /2/tweets answers. */
json_t *render_created(const struct world *w, uint32_t post);

#endif
