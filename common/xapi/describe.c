#include "common/xapi/describe.h"

#include <stdio.h>
#include <string.h>

#include "common/xapi/entitle.h"
#include "common/xapi/price.h"

#define WORDS_SHOWN  14 /* words that an argument may have, in a page */
#define WORDS_SAMPLE 4

#define SCOPES_MAX     512
#define PATH_MAX_BYTES 200 /* of the path of a field in a map */

/* --- money and windows --- */

/* 15000 as "$0.015": to the tenth of a cent, further only when there is something. */
static void put_usd(struct buf *b, int64_t micros)
{
	int digits = micros % 1000 ? 6 : 3;

	buf_fmt(b, "$%lld.%0*lld", (long long)(micros / 1000000), digits,
		(long long)(micros % 1000000 / (digits == 3 ? 1000 : 1)));
}

static void put_price(struct buf *b, enum call c)
{
	int64_t plain = price_of(c, false), with_url = price_of(c, true);

	put_usd(b, plain);
	buf_str(b, price_is_per_object(c) ? " for each object returned" : "");
	if (with_url == plain)
		return;
	buf_str(b, ", ");
	put_usd(b, with_url);
	buf_str(b, " with a URL in its text");
}

static void put_length(struct buf *b, usec_t length)
{
	static const struct {
		usec_t unit;
		const char *name;
	} units[] = {{USEC_HOUR, "h"}, {USEC_MIN, "min"}, {USEC_SEC, "s"}};
	size_t i = 0;

	while (i + 1 < COUNT_OF(units) && length % units[i].unit != 0)
		i++;
	buf_fmt(b, "%lld %s", (long long)(length / units[i].unit), units[i].name);
}

/* What is being described: a call, and which kind of posts it makes. */
struct describing {
	enum call call;
	enum post_kind kind;
};

static void put_windows(struct buf *b, const struct limits *l, const struct describing *d,
	enum limit_scope scope, const char *title)
{
	struct limit limit[LIMITS_PER_CALL_MAX];
	size_t n = limits_of(l, "payg", d->call, limit), put = 0;

	for (size_t i = 0; i < n; i++) {
		if (limit[i].scope != scope || !limit_is_for(&limit[i], d->kind, true))
			continue;
		const char *family = limits_family(l, limit[i].family);
		buf_fmt(b, "%s%u in ", put++ ? ", " : title, limit[i].limit);
		put_length(b, limit[i].length);
		if (!strchr(family, ' '))
			buf_fmt(b, " (%s all of `%s`)",
				limit[i].unverified ? "unless it is verified; together with"
						    : "together with",
				family);
	}
}

/* --- one action --- */

const char *describe_type(const struct arg *arg)
{
	static const char *const types[] = {
		[ARG_ID] = "id",
		[ARG_IDS] = "list of ids",
		[ARG_MEDIA] = "list of media",
		[ARG_USER] = "id or \"@name\"",
		[ARG_TEXT] = "text",
		[ARG_POST] = "text",
		[ARG_WORD] = "word",
		[ARG_WORDS] = "words",
		[ARG_BOOL] = "true or false",
		[ARG_INT] = "whole number",
		[ARG_TIME] = "instant in UTC",
		[ARG_POLL] = "map",
		[ARG_CONVERSATION] = "id of a conversation",
		[ARG_POSTS] = "list of maps",
		[ARG_MAP] = "map",
		[ARG_LIST] = "list",
	};

	ASSERT((size_t)arg->type < COUNT_OF(types));
	return types[arg->type];
}

/* All of a few words; of many some, for the command can list them. */
static void put_words(struct buf *b, const char *const *words)
{
	size_t n = 0;

	while (words && words[n])
		n++;
	for (size_t i = 0; i < n && (n <= WORDS_SHOWN || i < WORDS_SAMPLE); i++)
		buf_fmt(b, "%s`%s`", i == 0 ? ": " : ", ", words[i]);
	if (n > WORDS_SHOWN)
		buf_fmt(b, " and %zu more (`roost actions NAME --json`)", n - WORDS_SAMPLE);
}

/* "1 to 4", "at most 280 units", "following, verified": what a value is held to. */
static void put_bounds(struct buf *b, const struct arg *arg)
{
	if (arg->type == ARG_POST)
		buf_fmt(b, ", at most %lld units", (long long)arg->max);
	else if (arg->pattern)
		buf_fmt(b, ": %s", pattern_words(arg->pattern));
	else if (arg->type == ARG_TEXT)
		buf_fmt(b, ", at most %lld characters", (long long)arg->max);
	else if ((arg->type == ARG_IDS || arg->type == ARG_MEDIA) && arg->min == arg->max)
		buf_fmt(b, ", %lld", (long long)arg->max);
	else if (arg->type == ARG_IDS || arg->type == ARG_MEDIA || arg->type == ARG_INT ||
		 arg->type == ARG_POSTS || arg->type == ARG_LIST)
		buf_fmt(b, ", %lld to %lld", (long long)arg->min, (long long)arg->max);
	put_words(b, arg->words);
}

/* "a, b": the other arguments with a flag that this one has, after `words`. */
static void put_others(struct buf *b, const struct action *a, const struct arg *arg,
	unsigned flag, const char *words)
{
	size_t put = 0;

	for (size_t i = 0; i < a->arg_count && (arg->flags & flag); i++)
		if (&a->args[i] != arg && (a->args[i].flags & flag))
			buf_fmt(b, "%s`%s`", put++ ? ", " : words, a->args[i].name);
}

static void put_needed(struct buf *b, const struct action *a, const struct arg *arg)
{
	buf_str(b, arg->required ? "yes" : "");
	buf_str(b, arg->flags & ARG_WITH_MEDIA ? "only beside `media`" : "");
	put_others(b, a, arg, ARG_EITHER, "this or ");
	put_others(b, a, arg, ARG_CONTENT, "this or ");
	if ((arg->flags & ARG_CONTENT) && (arg->flags & ARG_ALONE))
		buf_str(b, "; ");
	put_others(b, a, arg, ARG_ALONE, "not beside ");
}

/* What is in a map or a list, a row each, under its path: "info.text", "media[]". */
static void put_inner(struct buf *b, const struct arg *arg, const char *path)
{
	for (size_t i = 0; i < arg->inner_count; i++) {
		const struct arg *in = &arg->inner[i];
		char name[PATH_MAX_BYTES];

		if (arg->type == ARG_LIST)
			(void)snprintf(name, sizeof(name), "%s[]", path);
		else
			(void)snprintf(name, sizeof(name), "%s.%s", path, in->name);
		buf_fmt(b, "| `%s` | %s", name, describe_type(in));
		put_bounds(b, in);
		buf_fmt(b, " | %s | %s |\n", in->required && arg->type == ARG_MAP ? "yes" : "",
			in->help);
		put_inner(b, in, name);
	}
}

static void put_args(struct buf *b, const struct action *a)
{
	if (a->arg_count == 0) {
		buf_str(b, "\nIt takes no arguments.\n");
		return;
	}
	buf_str(b, "\n| argument | value | needed | what it is |\n|---|---|---|---|\n");
	for (size_t i = 0; i < a->arg_count; i++) {
		const struct arg *arg = &a->args[i];

		buf_fmt(b, "| `%s` | %s", arg->name, describe_type(arg));
		put_bounds(b, arg);
		buf_str(b, " | ");
		put_needed(b, a, arg);
		buf_fmt(b, " | %s |\n", arg->help);
		put_inner(b, arg, arg->name);
	}
}

static void put_repeat(struct buf *b, const struct call_info *info)
{
	static const char *const ways[] = {
		[SETTLE_NONE] = "",
		[SETTLE_TIMELINE] = "the account's own posts",
		[SETTLE_DM] = "the messages of the conversation",
	};

	if (!(info->flags & CALL_EFFECT))
		buf_str(b, "Changes nothing.");
	else if (info->flags & CALL_REPEATABLE)
		buf_str(b, "A second time has the same end.");
	else if (info->settle == SETTLE_NONE)
		buf_str(b, "Never repeated blindly: when nobody can know whether it happened, "
			   "roost asks.");
	else
		buf_fmt(b,
			"Never repeated blindly: when nobody can know whether it happened, "
			"roost first looks at %s.",
			ways[info->settle]);
}

static void put_call(struct buf *b, const struct limits *l, const struct describing *d)
{
	const struct call_info *info = call_info(d->call);
	char scopes[SCOPES_MAX];

	buf_fmt(b, "\n- Call: `%s %s` (%s). ", info->method, info->path, info->operation);
	put_repeat(b, info);
	scopes_write(info->scopes, scopes, sizeof(scopes));
	if (info->scopes)
		buf_fmt(b, "\n- Scopes: `%s`.", scopes);
	else
		buf_str(b, "\n- Scopes: none.");
	buf_str(b, "\n- Price: ");
	put_price(b, d->call);
	buf_str(b, ".\n- Limits: ");
	size_t before = b->len;
	put_windows(b, l, d, LIMIT_ACCOUNT, "each account ");
	put_windows(b, l, d, LIMIT_APP, b->len > before ? "; the app " : "the app ");
	buf_str(b, b->len > before ? "." : "X publishes none.");
}

void describe_action(const struct action *a, const struct limits *l, struct buf *b)
{
	bool by_name = a->other_when[0] && action_arg(a, str_of(a->other_when))->name_target[0];

	buf_fmt(b, "## %s\n\n%s%s. Capability `%s`.", a->name,
		a->flags & ACTION_OPERATION ? "X says: " : "To ", a->help, a->capability);
	if (a->flags & ACTION_ENTERPRISE)
		buf_str(b, " Only apps on X's Enterprise plan may do this, since 2026-04-20.");
	if (a->flags & ACTION_SUMMONED)
		buf_str(b,
			" Apps not on X's Enterprise plan may only reply to who mentioned the "
			"account or quoted one of its posts, since 2026-02-23.");
	if (a->flags & ACTION_PARTS)
		buf_str(b, " It becomes a chain of jobs, one for each post, and one for the "
			   "whole, "
			   "which is done when they are; price and limits are those of each "
			   "post.");
	buf_str(b, "\n");
	put_call(b, l, &(struct describing){a->call, action_kind(a)});
	if (a->other_when[0]) {
		buf_fmt(b, "\n\nWith `%s`%s:\n", a->other_when, by_name ? " as \"@name\"" : "");
		put_call(b, l, &(struct describing){a->other_call, POST_PLAIN});
	}
	buf_str(b, "\n");
	put_args(b, a);
	buf_fmt(b, "\nExample: `%s`\n", a->example);
}

/* A table of the actions with that flag (0: of those without), then each of them. */
static void put_group(const struct limits *l, unsigned flag, struct buf *b)
{
	const struct action *a;

	buf_str(b, "| action | to | capability | price |\n|---|---|---|---|\n");
	for (size_t i = 0; (a = action_at(i)) != NULL; i++) {
		if ((a->flags & ACTION_OPERATION) != flag)
			continue;
		buf_fmt(b, "| [`%s`](#%s) | %s | `%s` | ", a->name, a->name, a->help,
			a->capability);
		put_price(b, a->call);
		buf_str(b, " |\n");
	}
	for (size_t i = 0; (a = action_at(i)) != NULL; i++) {
		if ((a->flags & ACTION_OPERATION) != flag)
			continue;
		buf_str(b, "\n");
		describe_action(a, l, b);
	}
}

void describe_actions(const struct limits *l, struct buf *b)
{
	buf_str(b,
		"# Actions\n\n"
		"What an agent may ask for. This page is made of the tables in `common/xapi`; "
		"a "
		"test compares them.\n\n"
		"An argument that is null is not given; one that an action does not have is "
		"refused. Ids of X are text of 1 to 19 digits, since they are larger than some "
		"languages' numbers. Units are characters as X counts them: 23 for a URL, 2 "
		"for "
		"an emoji or a character of Chinese, Japanese or Korean. Words are text with "
		"commas between them, or a list of texts. Prices and limits are X's for "
		"pay-per-use apps as of 2026-08-22; roost believes X's answers before "
		"these. Every other operation of X that acts for a user is an action, too: "
		"[operations](operations.md).\n\n");
	put_group(l, 0, b);
}

void describe_operations(const struct limits *l, struct buf *b)
{
	buf_str(b,
		"# Operations\n\n"
		"Every operation of X's specification (2.167) that acts for a user is an "
		"action under its `operationId`. Its arguments are the parameters of its path "
		"and query and the keys of its body, under X's own names, checked before it is "
		"queued. This page is made of the tables in `common/xapi`, which "
		"`scripts/make-actions` makes of the specification; tests compare all three. "
		"[Everyday actions](actions.md) have shorter names and take `@name` for an "
		"id.\n\n"
		"Where X publishes no price, that of what is most like it is "
		"counted.\n\n");
	put_group(l, ACTION_OPERATION, b);
	buf_str(b, "\n## What is no action\n\n| operation | it |\n|---|---|\n");
	for (size_t i = 0; action_refused_at(i); i++)
		buf_fmt(b, "| `%s` | %s |\n", action_refused_at(i),
			action_refused(str_of(action_refused_at(i))));
}
