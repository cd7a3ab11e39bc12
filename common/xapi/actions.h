/*
 * actions.h - what an agent may ask for, as data
 *
 * One row is an action: its everyday name, its capability, the call (or two,
 * chosen by which argument is given) and its arguments. An argument says its
 * type and bounds, and where it goes in the request: so one function checks
 * every action, one builds every request, one documents them all.
 */
#ifndef ROOST_COMMON_XAPI_ACTIONS_H
#define ROOST_COMMON_XAPI_ACTIONS_H

#include "common/xapi/calls.h"

enum arg_type {
	ARG_ID,    /* id of X: text of 1 to 19 digits */
	ARG_IDS,   /* array of min to max ids */
	ARG_USER,  /* id, or "@name": a name is resolved to an id before the call */
	ARG_TEXT,  /* text of min to max bytes */
	ARG_POST,  /* text of a post: weighted length at most max (count.h), at least 1 */
	ARG_WORD,  /* one of `words` */
	ARG_BOOL,
	ARG_INT,   /* within [min, max] */
	ARG_TIME,  /* RFC 3339 text; sent as it came */
	ARG_POLL,  /* map: options (2 to 4 texts of 1 to 25 characters), duration_minutes (5 to 10080) */
	ARG_CONVERSATION, /* id of a DM conversation: digits, or digits-digits */
};

enum arg_place {
	PLACE_PATH,  /* target: the placeholder */
	PLACE_QUERY, /* target: the parameter */
	PLACE_BODY,  /* target: a path of keys, "reply.in_reply_to_tweet_id" */
};

struct arg {
	const char *name;
	enum arg_type type;
	bool required;
	enum arg_place place;
	const char *target;
	int64_t min, max;
	const char *const *words; /* NULL-terminated, of an ARG_WORD */
	const char *help;         /* one line, for people */
};

enum action_flags {
	ACTION_ENTERPRISE = 1,  /* self-serve apps lost it on 2026-04-20 */
	ACTION_TEXT_OR_MEDIA = 2, /* text may be absent if media or a poll is there */
};

struct action {
	const char *name;
	const char *capability; /* "x.tweet.write" */
	const char *help;       /* one line */
	unsigned flags;         /* enum action_flags */
	enum call call;
	const char *other_when; /* the argument whose presence chooses `other_call`, or "" */
	enum call other_call;
	const struct arg *args;
	size_t arg_count;
	const char *example;    /* args as JSON: {"text": "hello"} */
};

/* The action of that name, or NULL. Static storage. */
const struct action *action_find(struct str name);

/* All actions, by name. */
const struct action *action_at(size_t i); /* NULL past the last */
uint16_t action_number(const struct action *a); /* for action_at(); not stable over versions: store the name */

/* The argument of that name, or NULL. */
const struct arg *action_arg(const struct action *a, struct str name);

/* The name nearest to a mistyped one, for "did you mean"; NULL when none is near. */
const char *action_suggest(struct str name);

#endif
