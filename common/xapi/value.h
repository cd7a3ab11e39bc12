/*
 * value.h - whether one value is what its argument says
 *
 * Part of check.h, which sees to it that the argument exists and may be given.
 */
#ifndef ROOST_COMMON_XAPI_VALUE_H
#define ROOST_COMMON_XAPI_VALUE_H

#include "common/xapi/check.h"

/* What checks of one action share. */
struct check {
	const struct action *action;
	const struct args_ops *ops;
	int64_t post_max;
	struct errmsg *m;
	struct action_facts facts; /* so far */
	int depth;                 /* how many maps and lists the value is in */
};

/* ERR_INVALID with a sentence and a field, ERR_NOMEM. Adds to c->facts. */
MUST_USE enum err value_check(struct check *c, const struct arg *arg, const void *v);

/* Whether v is of that kind; `what` is what the argument must be. */
MUST_USE enum err value_must_be(struct check *c, const struct arg *arg, const void *v,
	enum arg_kind kind, const char *what);

/* Whether the list has arg->min to arg->max items, called `what` in words. */
MUST_USE enum err value_check_count(
	struct check *c, const struct arg *arg, const void *list, const char *what);

/* Whether v, which refers to the result of another job, does so as it must. */
MUST_USE enum err value_check_ref(struct check *c, const struct arg *arg, const void *v);

/* Code points of well-formed UTF-8. */
size_t value_chars(struct str s);

/* "a list", "text", ...: for words. Static storage. */
const char *value_kind_name(enum arg_kind kind);

#endif
