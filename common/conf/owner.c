#include "common/conf/owner.h"

#include <stdio.h>
#include <string.h>

const struct owner_setting owner_table[OWNER_KEY_COUNT] = {
#define X(kind_, name_, type_, standard_, least_, most_, choice_, help_) \
	[OWNER_##kind_##_##name_] = {                                    \
		.kind = OWNER_##kind_,                                   \
		.name = #name_,                                          \
		.type = OWNER_TYPE_##type_,                              \
		.standard = standard_,                                   \
		.least = least_,                                         \
		.most = most_,                                           \
		.choice = choice_,                                       \
		.help = help_,                                           \
	},
#include "common/conf/owner.def"
#undef X
};

const char *owner_kind_name(enum owner_kind kind)
{
	static const char *const names[] = {"app", "account", "agent"};

	ASSERT(kind < COUNT_OF(names));
	return names[kind];
}

const char *owner_type_words(enum owner_type type)
{
	static const char *const words[] = {
#define X(type, words) words,
		OWNER_TYPES(X)
#undef X
	};

	ASSERT(type < COUNT_OF(words));
	return words[type];
}

static bool is_named(struct str name, const char *of)
{
	if (name.len != strlen(of))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if ((name.at[i] == '-' ? '_' : name.at[i]) != of[i])
			return false;
	return true;
}

enum owner_key owner_find(enum owner_kind kind, struct str name)
{
	size_t i = 0;

	while (i < OWNER_KEY_COUNT &&
		!(owner_table[i].kind == kind && is_named(name, owner_table[i].name)))
		i++;
	return (enum owner_key)i;
}

/* --- values --- */

static enum err read_bool(
	const struct owner_setting *s, struct str text, int64_t *ret, struct errmsg *m)
{
	(void)s;
	*ret = str_is(text, "true");
	if (*ret || str_is(text, "false"))
		return ERR_OK;
	return err_say(m, ERR_INVALID, "must be true or false");
}

static enum err read_number(
	const struct owner_setting *s, struct str text, int64_t *ret, struct errmsg *m)
{
	if (!text_to_int(text, s->least, s->most, ret))
		return ERR_OK;
	return err_say(m, ERR_INVALID, "must be a whole number from %lld to %lld%s",
		(long long)s->least, (long long)s->most,
		s->type == OWNER_TYPE_MONEY ? " (millionths of a dollar)" : "");
}

static enum err read_duration(
	const struct owner_setting *s, struct str text, int64_t *ret, struct errmsg *m)
{
	usec_t d;

	if (!text_to_duration(text, &d) && d >= s->least && d <= s->most) {
		*ret = d;
		return ERR_OK;
	}
	return err_say(m, ERR_INVALID,
		"must be a duration such as 250ms, 5s, 2m, 3h or 7d, from %lld to %lld ms",
		(long long)(s->least / USEC_MSEC), (long long)(s->most / USEC_MSEC));
}

static enum err read_word(
	const struct owner_setting *s, struct str text, int64_t *ret, struct errmsg *m)
{
	int64_t place = 0;

	for (const char *at = s->choice; *at; place++) {
		size_t n = strcspn(at, "|");

		if (str_equal(text, (struct str){at, n})) {
			*ret = place;
			return ERR_OK;
		}
		at += n + (at[n] == '|');
	}
	return err_say(m, ERR_INVALID, "must be one of %s", s->choice);
}

static enum err read_text(
	const struct owner_setting *s, struct str text, int64_t *ret, struct errmsg *m)
{
	*ret = 0;
	if (!text_is_utf8(text) || (text.len && memchr(text.at, 0, text.len)))
		return err_say(m, ERR_INVALID, "is not text");
	if (text.len >= (size_t)s->least && text.len <= (size_t)s->most)
		return ERR_OK;
	return err_say(m, ERR_INVALID, "must be %lld to %lld bytes long", (long long)s->least,
		(long long)s->most);
}

enum err owner_read(enum owner_key key, struct str text, int64_t *ret, struct errmsg *m)
{
	static enum err (*const readers[])(
		const struct owner_setting *, struct str, int64_t *, struct errmsg *) = {
		[OWNER_TYPE_BOOL] = read_bool,
		[OWNER_TYPE_INT] = read_number,
		[OWNER_TYPE_MONEY] = read_number,
		[OWNER_TYPE_DURATION] = read_duration,
		[OWNER_TYPE_WORD] = read_word,
		[OWNER_TYPE_TEXT] = read_text,
	};
	const struct owner_setting *s = &owner_table[key];
	int64_t n;

	enum err e = readers[s->type](s, text, &n, m);
	if (e)
		return err_at(m, e, "%s", s->name);
	*ret = n;
	return ERR_OK;
}

int64_t owner_standard(enum owner_key key)
{
	const char *text = owner_table[key].standard;
	int64_t n = 0;

	if (text[0] && owner_read(key, str_of(text), &n, NULL))
		return 0;
	return n;
}

/* --- the page --- */

static void print_kind(enum owner_kind kind, struct buf *out)
{
	const char *name = owner_kind_name(kind);

	buf_fmt(out,
		"\n## roost %s set NAME\n\n| setting | type | default | what it is |\n"
		"|---|---|---|---|\n",
		name);
	for (size_t i = 0; i < OWNER_KEY_COUNT; i++) {
		const struct owner_setting *s = &owner_table[i];

		if (s->kind != kind)
			continue;
		buf_fmt(out, "| `%s` | %s", s->name, owner_type_words(s->type));
		for (const char *at = s->choice; at && *at;) {
			size_t n = strcspn(at, "|");

			buf_fmt(out, "%s `%.*s`", at == s->choice ? ":" : ",", (int)n, at);
			at += n + (at[n] == '|');
		}
		buf_fmt(out, " | %s%s%s | %s |\n", s->standard[0] ? "`" : "",
			s->standard[0] ? s->standard : "not set", s->standard[0] ? "`" : "",
			s->help);
	}
}

void owner_print_markdown(struct buf *out)
{
	buf_str(out, "# Settings of apps, accounts and agents\n\n"
		     "An operator changes these while roost runs; they are kept in the store "
		     "and in force "
		     "at once.\n\n"
		     "    roost account set acme --tz Europe/Berlin --premium\n"
		     "    roost account set acme --unset tz,premium\n"
		     "    roost account show acme\n\n"
		     "On the command line a `yes or no` is `--name` or `--no-name`, and an "
		     "amount is in US "
		     "dollars without the\nending: `budget_usd_micros` is `--budget-usd "
		     "12.50`. On the "
		     "administrators' endpoint the operations `app_set`,\n`account_set` and "
		     "`agent_set` take "
		     "`name` and `settings`, a map: truth values, whole numbers, "
		     "micro-dollars,\ndurations "
		     "and words as text; null takes a setting back to its default. `app_list`, "
		     "`accounts` "
		     "and\n`agent_list` answer with `settings`, those that are set. This page "
		     "is made from "
		     "`common/conf/owner.def`.\n");
	for (int kind = 0; kind < OWNER_KIND_COUNT; kind++)
		print_kind((enum owner_kind)kind, out);
}
