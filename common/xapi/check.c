#include "common/xapi/check.h"

#include <stdio.h>
#include <string.h>

#include "common/xapi/text/count.h"
#include "common/xapi/value.h"

#define SHOWN_MAX 48
#define NAMES_MAX 330 /* bytes of a list of names in words */

/* The arguments as they were given, by their place in the action's table. */
struct given {
	const void *at[ACTION_ARGS_MAX]; /* NULL: not given */
};

/* --- words --- */

/* "a, b, c": the arguments with one of the flags (0: all of them). */
static const char *names_with(const struct action *a, unsigned flags, char out[NAMES_MAX])
{
	size_t at = 0;

	out[0] = 0;
	for (size_t i = 0; i < a->arg_count; i++) {
		const char *name = a->args[i].name;

		if (flags && !(a->args[i].flags & flags))
			continue;
		if (at + strlen(name) + 6 > NAMES_MAX) {
			(void)snprintf(out + at, NAMES_MAX - at, " ...");
			break;
		}
		at += (size_t)snprintf(out + at, NAMES_MAX - at, "%s%s", at ? ", " : "", name);
	}
	return out;
}

static enum err say_unknown(struct check *c, struct str key)
{
	const char *near = action_arg_suggest(c->action, key);
	char shown[SHOWN_MAX], names[NAMES_MAX];

	text_show(key, shown, sizeof(shown));
	if (near)
		(void)err_say(c->m, ERR_INVALID, "%s has no argument '%s'; did you mean '%s'?",
			c->action->name, shown, near);
	else
		(void)err_say(c->m, ERR_INVALID, "%s has no argument '%s'; it takes: %s",
			c->action->name, shown, names_with(c->action, 0, names));
	return err_at(c->m, ERR_INVALID, "%s", shown);
}

/* "name needs ..." or the like, about the arguments with a flag; the field is one of them. */
static enum err say_flag(
	struct check *c, const struct arg *field, unsigned flag, const char *needs)
{
	char names[NAMES_MAX];

	(void)err_say(c->m, ERR_INVALID, "%s %s: %s", c->action->name, needs,
		names_with(c->action, flag, names));
	return err_at(c->m, ERR_INVALID, "%s", field->name);
}

/* --- which are there --- */

static enum err find_given(struct check *c, const void *args, struct given *ret)
{
	const struct args_ops *ops = c->ops;
	enum arg_kind kind = ops->kind(args);

	if (kind == ARG_KIND_NONE)
		return ERR_OK;
	if (kind != ARG_KIND_MAP)
		return err_say(c->m, ERR_INVALID, "the arguments must be a map, not %s",
			value_kind_name(kind));
	for (uint32_t i = 0; i < ops->count(args); i++) {
		struct str key = ops->key(args, i);
		const struct arg *arg = action_arg(c->action, key);
		const void *v = ops->value(args, i);

		if (!arg)
			return say_unknown(c, key);
		if (ops->kind(v) != ARG_KIND_NONE)
			ret->at[arg - c->action->args] = v;
	}
	return ERR_OK;
}

static enum err check_required(struct check *c, const struct given *g)
{
	for (size_t i = 0; i < c->action->arg_count; i++) {
		const struct arg *arg = &c->action->args[i];

		if (!arg->required || g->at[i])
			continue;
		(void)err_say(c->m, ERR_INVALID, "%s needs '%s': %s", c->action->name,
			arg->name, arg->help);
		return err_at(c->m, ERR_INVALID, "%s", arg->name);
	}
	return ERR_OK;
}

/* The arguments with a flag: the first in the table, how many are given, and the last of those.
 */
static const struct arg *count_flag(const struct action *a, const struct given *g,
	unsigned flag, size_t *ret_given, const struct arg **ret_last)
{
	const struct arg *first = NULL;

	*ret_given = 0;
	for (size_t i = 0; i < a->arg_count; i++) {
		if (!(a->args[i].flags & flag))
			continue;
		first = first ? first : &a->args[i];
		if (g->at[i]) {
			*ret_last = &a->args[i];
			++*ret_given;
		}
	}
	return first;
}

static enum err check_flags(struct check *c, const struct given *g)
{
	const struct action *a = c->action;
	const struct arg *first, *last = NULL;
	size_t n;

	first = count_flag(a, g, ARG_EITHER, &n, &last);
	if (first && n == 0)
		return say_flag(c, first, ARG_EITHER, "needs one of these");
	if (first && n > 1)
		return say_flag(c, last, ARG_EITHER, "takes only one of these");
	first = count_flag(a, g, ARG_CONTENT, &n, &last);
	if (first && n == 0)
		return say_flag(c, first, ARG_CONTENT, "needs at least one of these");
	(void)count_flag(a, g, ARG_ALONE, &n, &last);
	if (n > 1)
		return say_flag(c, last, ARG_ALONE, "takes at most one of these");
	(void)count_flag(a, g, ARG_WITH_MEDIA, &n, &last);
	const struct arg *media = n ? action_arg(a, str_of("media")) : NULL;
	if (n == 0 || (media && g->at[media - a->args]))
		return ERR_OK;
	(void)err_say(c->m, ERR_INVALID, "%s is only allowed beside 'media'", last->name);
	return err_at(c->m, ERR_INVALID, "%s", last->name);
}

/* --- what kind of post it makes --- */

/* A quote is a quote though it is a reply as well: the stricter rules are those of quotes. */
static enum post_kind kind_of(const struct action *a, const struct given *g)
{
	enum post_kind kind = POST_PLAIN;

	for (size_t i = 0; i < a->arg_count; i++) {
		const struct arg *arg = &a->args[i];

		if (!g->at[i] || arg->place != PLACE_BODY)
			continue;
		if (strcmp(arg->target, "quote_tweet_id") == 0)
			return POST_QUOTE;
		if (strcmp(arg->target, "reply") == 0 ||
			strcmp(arg->target, "reply.in_reply_to_tweet_id") == 0)
			kind = POST_REPLY;
	}
	return kind;
}

/* --- the whole --- */

/* Whether a value of the argument that chooses the call chooses the other one. */
static bool is_other(const struct arg *arg, const struct args_ops *ops, const void *v)
{
	enum arg_kind kind = ops->kind(v);

	if (kind == ARG_KIND_NONE)
		return false;
	if (!arg->name_target[0])
		return true;
	return kind == ARG_KIND_TEXT && str_has_prefix(ops->text(v), "@");
}

enum err action_check_within(const struct action *a, const struct args_ops *ops,
	const void *args, int64_t post_max, struct action_facts *ret, struct errmsg *m)
{
	struct check c = {.action = a, .ops = ops, .post_max = post_max, .m = m};
	struct given g = {{NULL}};

	enum err e = find_given(&c, args, &g);
	if (!e)
		e = check_required(&c, &g);
	if (!e)
		e = check_flags(&c, &g);
	for (size_t i = 0; i < a->arg_count && !e; i++)
		if (g.at[i])
			e = value_check(&c, &a->args[i], g.at[i]);
	if (e)
		return e;
	c.facts.call = action_call(a, ops, args);
	if (c.facts.call == CALL_CREATE_POST)
		c.facts.kind = kind_of(a, &g);
	*ret = c.facts;
	return ERR_OK;
}

enum err action_check(const struct action *a, const struct args_ops *ops, const void *args,
	struct action_facts *ret, struct errmsg *m)
{
	return action_check_within(a, ops, args, COUNT_POST_MAX, ret, m);
}

enum call action_call(const struct action *a, const struct args_ops *ops, const void *args)
{
	if (!a->other_when[0] || ops->kind(args) != ARG_KIND_MAP)
		return a->call;
	const struct arg *arg = action_arg(a, str_of(a->other_when));
	return is_other(arg, ops, ops->get(args, arg->name)) ? a->other_call : a->call;
}
