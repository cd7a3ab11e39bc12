/*
 * calls.h - the calls of the X API that roost makes, as data
 *
 * One row of calls.def is one operation of X's specification (2.167): its
 * method and path, what it needs and what it does. Windows, prices and the
 * rules of a repetition hang on the call; what agents ask for (actions.h)
 * leads to one. Facts: X's OpenAPI file; scopes and "safe to repeat" from X's
 * documentation of 2026-08-22.
 */
#ifndef ROOST_COMMON_XAPI_CALLS_H
#define ROOST_COMMON_XAPI_CALLS_H

#include "common/base/text.h"

/* One bit a scope of OAuth 2.0 that roost knows; scopes.def has the rows: SCOPE_TWEET_READ ...
 */
typedef uint32_t scope_set;

enum scope {
#define X(scope, text) scope,
#include "common/xapi/scopes.def"
#undef X
};

/* "tweet.read users.read": the blank-separated names of a set, written to out; returns out. */
char *scopes_write(scope_set set, char *out, size_t cap);

/* The set named in a blank-separated text; names roost does not know are passed over. */
scope_set scopes_read(struct str text);

enum call {
#define X(call, operation, method, path, self, scopes, flags, settle, x_id, price) call,
#include "common/xapi/calls.def"
#undef X
	CALL_COUNT,
};

enum call_flags {
	CALL_EFFECT = 1, /* changes something at X: needs BEGIN, is never re-sent by itself */
	CALL_REPEATABLE =
		2,     /* a second time has the same end (reads, deletes, follow, repost) */
	CALL_UNDO = 4, /* takes something back: 404 means that it is gone, as was wanted */
};

/* How to find out, afterwards, whether a call that is not repeatable happened. */
enum settle_way {
	SETTLE_NONE,     /* needs no finding out */
	SETTLE_TIMELINE, /* the account's own posts */
	SETTLE_DM,       /* the events of the conversation */
};

/* Posts, replies and quotes are one call; what else is PLAIN. */
enum post_kind { POST_PLAIN, POST_REPLY, POST_QUOTE, POST_KIND_COUNT };

struct call_info {
	const char *operation; /* operationId of the specification */
	const char *method;
	const char *path; /* as in rate-limits.csv: "/2/users/{id}/retweets" */
	const char *self; /* the placeholder that is the acting account's own user id, or "" */
	scope_set scopes; /* all of them are needed */
	unsigned flags;   /* enum call_flags */
	enum settle_way settle;
	const char *x_id;  /* where the answer has the id of what was made: "data.id", or "" */
	const char *price; /* class of pricing.csv: "Post: Create", or "" */
};

const struct call_info *call_info(enum call c);
bool call_has_effect(enum call c);
bool call_is_repeatable(enum call c);

#endif
