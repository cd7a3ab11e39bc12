/*
 * actions.h - what an agent may ask for, as data
 *
 * One row is an action: its name (an everyday one of actions.def, or the
 * operationId of X's specification, made/operations.h), its capability, the call (or two)
 * it leads to, and its arguments. An argument says its type and bounds, and
 * where it goes in the request: so one function checks every action
 * (check.h), one builds every request, one documents them all.
 *
 * How a request is made of this table
 *
 * The call. `call`, unless `other_when` names an argument that chooses
 * `other_call`: by being given, or, when that argument is an ARG_USER with a
 * `name_target`, by being given as a "@name". action_call() of check.h knows.
 * An argument that is null is not given.
 *
 * The path. Each placeholder of the call's path is filled by, in this order:
 * the given argument whose place is PLACE_PATH and whose target it is (its
 * name_target, for a "@name", which then stands there without the "@"); the
 * account's own user id, if that argument is not given and has ARG_OR_SELF,
 * or if the call's `self` names it. What check.h let pass fills every placeholder. A PLACE_PATH
 * argument whose target is not in the chosen call's path goes nowhere.
 *
 * The query. Each given PLACE_QUERY argument is target=value: text as it is,
 * whole numbers in decimal, an array as its items with commas between them.
 *
 * The body. JSON, for POST and PUT. Each given PLACE_BODY argument is put, as
 * it is, at its target, a path of keys that are made as needed:
 * "reply.in_reply_to_tweet_id" is {"reply": {"in_reply_to_tweet_id": value}}.
 * A "*" in the path is an array with one element for each of the value's:
 * "attachments.*.media_id" with ["1", "2"] is
 * {"attachments": [{"media_id": "1"}, {"media_id": "2"}]}. What the action's
 * `always` says is there, whatever is given. A call whose method is POST and
 * that got no argument for its body is sent {}.
 *
 * A "@name" anywhere but at a name_target has to be an id before the request
 * is made: the same value, with the id in its place.
 */
#ifndef ROOST_COMMON_XAPI_ACTIONS_H
#define ROOST_COMMON_XAPI_ACTIONS_H

#include "common/xapi/calls.h"
#include "common/xapi/value/pattern.h"

enum arg_type {
	ARG_ID,    /* id of X: text of 1 to 19 digits */
	ARG_IDS,   /* array of min to max ids, none of them twice */
	ARG_MEDIA, /* array of min to max media: ids of X, handles (media.h), or maps of
		      `media`, a handle, and `alt`, a text */
	ARG_USER,  /* id, or "@name" */
	ARG_TEXT,  /* text of min to max characters, of the form `pattern` */
	ARG_POST,  /* text of a post: of weighted length 1 to what the account may (count.h) */
	ARG_WORD,  /* one of `words` */
	ARG_WORDS, /* min to max `words` (or texts of `pattern`): text with commas, or array */
	ARG_BOOL,
	ARG_INT,  /* within [min, max] */
	ARG_TIME, /* RFC 3339 text in UTC, "2026-09-01T10:00:00Z"; sent as it came */
	ARG_POLL, /* map of `inner`: options, duration_minutes, and what may be beside them */
	ARG_CONVERSATION, /* id of a DM conversation: min to max digits, or digits-digits */
	ARG_POSTS,        /* array of min to max maps, each the arguments of a `post` */
	ARG_MAP,          /* map of fields: `inner`, each of which may be required */
	ARG_LIST,         /* array of min to max items, each as the first of `inner` says */
};

enum arg_place {
	PLACE_PATH,  /* target: the placeholder */
	PLACE_QUERY, /* target: the parameter */
	PLACE_BODY,  /* target: a path of keys */
	PLACE_OURS,  /* read by roost itself: in no request */
};

enum arg_flags {
	ARG_ALONE = 1,       /* at most one argument with this flag may be given */
	ARG_CONTENT = 2,     /* where arguments have this flag, at least one has to be given */
	ARG_EITHER = 4,      /* where arguments have this flag, exactly one has to be given */
	ARG_OR_SELF = 8,     /* not given: the account itself is meant */
	ARG_WITH_MEDIA = 16, /* only beside `media` */
	ARG_SELF = 32,       /* X takes no other than the account itself */
};

struct arg {
	const char *name;
	enum arg_type type;
	bool required;
	unsigned flags; /* enum arg_flags */
	enum arg_place place;
	const char *target;
	const char *name_target;  /* of an ARG_USER: what takes a name in other_call; or "" */
	int64_t min, max;         /* as the type says; 0 where it says nothing */
	const char *const *words; /* NULL-terminated, of an ARG_WORD or ARG_WORDS; or NULL */
	const char *help;         /* one line, for people */
	enum text_pattern pattern;
	const struct arg *inner; /* of an ARG_MAP, ARG_POLL, ARG_LIST: what is in it; or NULL */
	size_t inner_count;
};

#define THREAD_MAX       25  /* posts of one thread */
#define ACTION_ARGS_MAX  32  /* arguments of one action */
#define ACTION_PAGES_MAX 100 /* pages that one job may read */

enum action_flags {
	ACTION_ENTERPRISE = 1, /* self-serve apps lost it on 2026-04-20 */
	ACTION_PARTS = 4,      /* becomes a chain of jobs; there is no request for itself */
	ACTION_SUMMONED = 2,   /* self-serve: only to an author who mentioned or quoted it */
	ACTION_OPERATION = 8,  /* named by X's specification; others are everyday names */
};

struct action {
	const char *name;
	const char *capability; /* "x.tweet.write" */
	const char *help;       /* one line */
	unsigned flags;         /* enum action_flags */
	enum call call;
	const char *other_when; /* the argument that chooses `other_call`, or "" */
	enum call other_call;
	const struct arg *args;
	size_t arg_count;    /* at most ACTION_ARGS_MAX */
	const char *example; /* args as JSON: {"text": "hello"} */
	const char *always;  /* what the body has beside the arguments, as JSON; or "" */
};

/* The action of that name, or NULL. Static storage. */
const struct action *action_find(struct str name);

/* All actions: everyday ones by name, then the operations of the specification by name. */
const struct action *action_at(size_t i); /* NULL past the last */

/* Why an operation of the specification is no action, as words after its name; NULL when it is
 * one, or is none of the specification's. Static storage. */
const char *action_refused(struct str name);
const char *action_refused_at(size_t i); /* names of those; NULL past the last */

/* For action_at(). Not stable over versions: store the name. */
uint16_t action_number(const struct action *a);

/* The argument of that name, or NULL. */
const struct arg *action_arg(const struct action *a, struct str name);

/* The name nearest to a mistyped one, for "did you mean"; NULL when none is near. */
const char *action_suggest(struct str name);

/* The same for an argument of `a`. */
const char *action_arg_suggest(const struct action *a, struct str name);

#endif
