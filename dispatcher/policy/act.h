/*
 * act.h - actions as the rules of the policy guard see them
 *
 * Rules speak of kinds of acts rather than of calls of X: what others on X see
 * an account do. The rest (reads, undoing, deleting, muting, bookmarks) is
 * free: no rule holds it back.
 */
#ifndef ROOST_DISPATCHER_POLICY_ACT_H
#define ROOST_DISPATCHER_POLICY_ACT_H

#include "common/xapi/calls.h"

/* clang-format off */
/*        act     name       what a cap of it is called with, one and many */
#define ACTS(X) \
	X(POST,   "post",    "post",   "posts")    /* quotes, too */ \
	X(REPLY,  "reply",   "reply",  "replies") \
	X(REPOST, "repost",  "repost", "reposts") \
	X(LIKE,   "like",    "like",   "likes") \
	X(FOLLOW, "follow",  "follow", "follows") \
	X(DM,     "dm",      "DM",     "DMs")
/* clang-format on */

enum act {
#define X(act, name, one, many) ACT_##act,
	ACTS(X)
#undef X
		ACT_FREE,
};

#define ACT_COUNT ACT_FREE /* those that rules know */

/* What a call is; `reply` says whether a post is one. */
enum act act_of(enum call call, bool reply);

/* "posts": for sentences. */
const char *act_many(enum act a);

#endif
