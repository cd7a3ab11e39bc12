/*
 * check.h - whether the arguments of an action are right
 *
 * One function for everybody who takes actions in: the dispatcher has them as
 * MessagePack, the CLI and others as JSON. They hand over functions that
 * read a value of theirs; nothing is copied, nothing allocated but for
 * texts outside ASCII. What passes can be made into a request by the rules of
 * actions.h, and X's specification has no objection to it.
 *
 * In the place of an id, a user, a conversation or a text there may be a map
 * {"$ref": job, "path": "data.id"}: what that path leads to in the result of a
 * job that this one comes after. Whoever takes the action in puts it there
 * before the request is made, and checks again.
 */
#ifndef ROOST_COMMON_XAPI_CHECK_H
#define ROOST_COMMON_XAPI_CHECK_H

#include "common/xapi/actions.h"

enum arg_kind {
	ARG_KIND_NONE, /* null, or nothing at all */
	ARG_KIND_BOOL,
	ARG_KIND_INT, /* within int64_t */
	ARG_KIND_TEXT,
	ARG_KIND_LIST,
	ARG_KIND_MAP,
	ARG_KIND_OTHER, /* bytes, a fraction, an integer beyond int64_t */
};

/*
 * How to read a value. Values and texts are lent for the call. Each but `kind` is only asked of
 * a value of its kind, with i < count. Texts are well-formed UTF-8; the keys of a map differ.
 */
struct args_ops {
	const void *(*get)(const void *map, const char *key); /* NULL: it has no such key */
	enum arg_kind (*kind)(const void *v);                 /* of NULL: ARG_KIND_NONE */
	bool (*boolean)(const void *v);
	int64_t (*integer)(const void *v);
	struct str (*text)(const void *v);
	uint32_t (*count)(const void *v); /* of a list: items; of a map: pairs */
	const void *(*item)(const void *list, uint32_t i);
	struct str (*key)(const void *map, uint32_t i);
	const void *(*value)(const void *map, uint32_t i);
};

#define REF_KEY  "$ref"
#define REF_PATH "path"
#define REF_MAX  200 /* bytes of each */

/* Whether v stands for the result of another job; says nothing of its form. */
bool arg_is_ref(const struct args_ops *ops, const void *v);

/* What a check finds out on its way. Texts are lent by the arguments. */
struct action_facts {
	enum call call;             /* the one the action leads to with these arguments */
	enum post_kind kind;        /* of the post that is made */
	const struct arg *name_arg; /* has a "@name" that must become an id first; or NULL */
	struct str name;            /* that name, without the "@" */
	int64_t weighted;           /* length of the post's text as X counts it; 0: no text */
	int64_t cashtags;           /* in that text */
	bool has_url; /* in that text: it makes the post dearer; of a text not known yet: true
		       */
	uint32_t parts, dear_parts; /* of a thread: posts, and those with a URL */
	bool has_refs;              /* some value is the result of another job, not known yet */
};

/*
 * Checks `args`, a map (NULL or null: none given), against the table of `a`. ERR_INVALID with
 * one sentence and, as m's field, the argument's path, such as "text" or "poll.options[2]", to
 * which the caller adds its own with err_at(); ERR_NOMEM. *ret is written on ERR_OK alone.
 */
MUST_USE enum err action_check(const struct action *a, const struct args_ops *ops,
	const void *args, struct action_facts *ret, struct errmsg *m);

/* The same for an account whose posts may be post_max units long, such as COUNT_LONG_MAX. */
MUST_USE enum err action_check_within(const struct action *a, const struct args_ops *ops,
	const void *args, int64_t post_max, struct action_facts *ret, struct errmsg *m);

/* The call that `a` leads to with arguments that passed the check. */
enum call action_call(const struct action *a, const struct args_ops *ops, const void *args);

#endif
