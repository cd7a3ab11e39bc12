/*
 * demo.h - the world that is there at the start
 *
 * From the seed: --accounts accounts demo1, demo2, ... with a grant of the app
 * "demo" and every scope; CROWD users that follow each other here and there;
 * some posts of theirs from the year 2025. The same seed gives the same users,
 * ids, posts and first tokens, whatever the time is.
 */
#ifndef ROOST_TESTS_XSIM_WORLD_DEMO_H
#define ROOST_TESTS_XSIM_WORLD_DEMO_H

#include "tests/xsim/xsim.h"

#define CROWD       200
#define CROWD_POSTS 400
#define DEMO_SCOPES                                                                          \
	"tweet.read tweet.write users.read follows.read follows.write like.read like.write " \
	"mute.read mute.write bookmark.read bookmark.write dm.read dm.write offline.access " \
	"tweet.moderate.write media.write list.read list.write block.read block.write "      \
	"space.read timeline.read broadcast.read broadcast.write"

void demo_build(struct xsim *x, usec_t wall);

#endif
