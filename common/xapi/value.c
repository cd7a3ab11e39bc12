#include "common/xapi/value.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/near.h"
#include "common/xapi/text/count.h"
#include "common/xapi/value/media.h"
#include "common/xapi/value/shape.h"

#define SHOWN_MAX    48  /* bytes of a value in words */
#define SEEN_BEFORE  24  /* bytes of a text that are shown before where it becomes too long */
#define WORD_MAX     64  /* bytes of a word */
#define WORDS_MAX    128 /* words of one argument */
#define IDS_MAX      128
#define OPTIONS_MIN  2 /* of a poll: X's specification, CreatePostsPoll */
#define OPTIONS_MAX  4
#define OPTION_CHARS 25
#define MINUTES_MIN  5
#define MINUTES_MAX  10080

const char *value_kind_name(enum arg_kind kind)
{
	static const char *const names[] = {
		[ARG_KIND_NONE] = "nothing",
		[ARG_KIND_BOOL] = "true or false",
		[ARG_KIND_INT] = "a whole number",
		[ARG_KIND_TEXT] = "text",
		[ARG_KIND_LIST] = "a list",
		[ARG_KIND_MAP] = "a map",
		[ARG_KIND_OTHER] = "bytes or a fraction",
	};

	ASSERT((size_t)kind < COUNT_OF(names));
	return names[kind];
}

static PRINTF(3, 4) enum err say(struct check *c, const struct arg *arg, const char *fmt, ...)
{
	char words[sizeof(c->m->text)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	(void)err_say(c->m, ERR_INVALID, "%s %s", arg->name, words);
	return err_at(c->m, ERR_INVALID, "%s", arg->name);
}

/* Whether v is of that kind; `what` is what the argument must be. */
enum err value_must_be(struct check *c, const struct arg *arg, const void *v,
	enum arg_kind kind, const char *what)
{
	enum arg_kind is = c->ops->kind(v);

	if (is == kind)
		return ERR_OK;
	if (arg_is_ref(c->ops, v))
		return say(c, arg,
			"cannot be the result of another job; ids, users, conversations and "
			"texts can");
	return say(c, arg, "must be %s, not %s", what, value_kind_name(is));
}

/* Code points of well-formed UTF-8. */
size_t value_chars(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.at[i] & 0xc0) != 0x80;
	return n;
}

/* --- results of other jobs --- */

bool arg_is_ref(const struct args_ops *ops, const void *v)
{
	return ops->kind(v) == ARG_KIND_MAP && ops->get(v, REF_KEY);
}

static bool is_short_text(const struct args_ops *ops, const void *v)
{
	return ops->kind(v) == ARG_KIND_TEXT && ops->text(v).len >= 1 &&
	       ops->text(v).len <= REF_MAX;
}

enum err value_check_ref(struct check *c, const struct arg *arg, const void *v)
{
	const void *path = c->ops->get(v, REF_PATH);

	if (!is_short_text(c->ops, c->ops->get(v, REF_KEY)) ||
		(path && !is_short_text(c->ops, path)) || c->ops->count(v) != (path ? 2u : 1u))
		return say(c, arg,
			"refers to another job's result as {\"$ref\": its id or key, "
			"\"path\": \"data.id\"}: two texts of 1 to %d bytes and nothing else",
			REF_MAX);
	c->facts.has_refs = true;
	if (arg->type == ARG_POST)
		c->facts.has_url = true; /* perhaps: the price must be enough */
	return ERR_OK;
}

/* --- ids and users --- */

/* What follows `mark` in an address such as https://x.com/ann/status/1900; empty: it is none.
 */
static struct str after_mark(struct str address, const char *mark)
{
	size_t len = strlen(mark);

	if (!str_has_prefix(address, "http://") && !str_has_prefix(address, "https://"))
		return (struct str){0};
	const char *at = memmem(address.at, address.len, mark, len);
	if (!at)
		return (struct str){0};
	struct str rest = {at + len, (size_t)(address.at + address.len - at) - len};
	size_t n = 0;
	while (n < rest.len && !strchr("/?#", rest.at[n]))
		n++;
	rest.len = n;
	return rest;
}

static enum err check_id(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_TEXT, "an id of X as text, in quotes");
	char shown[SHOWN_MAX];

	if (e)
		return e;
	struct str text = c->ops->text(v);
	if (text_is_x_id(text))
		return ERR_OK;
	struct str id = after_mark(text, "/status/");
	if (text_is_x_id(id))
		return say(c, arg, "is an address; give the id that is in it: '%.*s'",
			STR_ARG(id));
	return say(c, arg, "is '%s'; it must be an id of X: 1 to 19 digits and nothing else",
		text_show(text, shown, sizeof(shown)));
}

static enum err check_user(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_TEXT, "text: an id of X, or \"@name\"");
	char shown[SHOWN_MAX];

	if (e)
		return e;
	struct str text = c->ops->text(v);
	if (text_is_x_id(text))
		return ERR_OK;
	size_t sign = text.len ? 1 : 0; /* the "@", if it is one */
	struct str name = {text.at + sign, text.len - sign};
	if (str_has_prefix(text, "@") && text_is_username(name)) {
		c->facts.name_arg = arg->name_target[0] ? NULL : arg;
		c->facts.name.len = 0;
		if (c->facts.name_arg)
			c->facts.name = name;
		return ERR_OK;
	}
	text_show(text, shown, sizeof(shown));
	struct str in_address = after_mark(text, ".com/");
	if (text_is_username(in_address))
		return say(c, arg, "is an address; write '@%.*s' for the name that is in it",
			STR_ARG(in_address));
	if (text_is_username(text))
		return say(c, arg,
			"is '%s'; write '@%s' for a name, or give the id of the user", shown,
			shown);
	return say(c, arg,
		"is '%s'; it must be an id of 1 to 19 digits, or \"@\" and a name of 1 to 15 "
		"letters, "
		"digits and \"_\"",
		shown);
}

static enum err check_conversation(struct check *c, const struct arg *arg, const void *v)
{
	enum err e =
		value_must_be(c, arg, v, ARG_KIND_TEXT, "the id of a conversation, as text");
	char shown[SHOWN_MAX];

	if (e)
		return e;
	struct str text = c->ops->text(v);
	const char *dash = text.len ? memchr(text.at, '-', text.len) : NULL;
	struct str first = {text.at, dash ? (size_t)(dash - text.at) : text.len};
	bool good = text_is_x_id(first) && (dash || (int64_t)first.len >= arg->min);
	if (dash)
		good = good && text_is_x_id((struct str){dash + 1, text.len - first.len - 1});
	if (good)
		return ERR_OK;
	return say(c, arg,
		"is '%s'; the id of a conversation is %lld to 19 digits, or the ids of two "
		"users with \"-\" between them",
		text_show(text, shown, sizeof(shown)), (long long)arg->min);
}

/* Whether the list has min to max items, called `what` in words. */
enum err value_check_count(
	struct check *c, const struct arg *arg, const void *list, const char *what)
{
	uint32_t n = c->ops->count(list);

	if ((int64_t)n < arg->min)
		return say(c, arg, "has %u %.*s; at least %lld must be there%s", n,
			(int)(strlen(what) - (n == 1)), what, (long long)arg->min,
			arg->required ? "" : ", or leave it out");
	if ((int64_t)n > arg->max)
		return say(c, arg, "has %u %s; at most %lld are allowed", n, what,
			(long long)arg->max);
	return ERR_OK;
}

static enum err check_ids(struct check *c, const struct arg *arg, const void *v)
{
	struct str ids[IDS_MAX];

	enum err e = value_must_be(c, arg, v, ARG_KIND_LIST, "a list of ids");
	if (!e)
		e = value_check_count(c, arg, v, "ids");
	if (e)
		return e;
	ASSERT(arg->max <= IDS_MAX);
	for (uint32_t i = 0; i < c->ops->count(v); i++) {
		const void *item = c->ops->item(v, i);
		bool text = c->ops->kind(item) == ARG_KIND_TEXT;

		if (arg_is_ref(c->ops, item)) {
			ids[i] = (struct str){0};
			e = value_check_ref(c, arg, item);
			if (e)
				return e;
			continue;
		}
		ids[i] = text ? c->ops->text(item) : (struct str){0};
		if (!text_is_x_id(ids[i])) {
			(void)err_say(c->m, ERR_INVALID,
				"item %u of %s is not an id of X: text of 1 to 19 digits", i,
				arg->name);
			return err_at(c->m, ERR_INVALID, "%s[%u]", arg->name, i);
		}
		for (uint32_t j = 0; j < i; j++)
			if (ids[j].len && str_equal(ids[j], ids[i]))
				return say(c, arg, "has the id %.*s twice; leave one out",
					STR_ARG(ids[i]));
	}
	return ERR_OK;
}

/* --- texts --- */

/* It is not of the form that its argument has. */
static enum err say_not_of(struct check *c, const struct arg *arg, struct str s)
{
	char shown[SHOWN_MAX];

	return say(c, arg, "is '%s'; it must be %s", text_show(s, shown, sizeof(shown)),
		pattern_words(arg->pattern));
}

static enum err say_empty(struct check *c, const struct arg *arg)
{
	return say(c, arg, "is empty; %sgive at least one character",
		arg->required ? "" : "leave it out, or ");
}

static enum err check_text(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_TEXT, "text");

	if (e)
		return e;
	size_t n = value_chars(c->ops->text(v));
	if (n == 0 && arg->min > 0)
		return say_empty(c, arg);
	if (!pattern_matches(arg->pattern, c->ops->text(v)))
		return say_not_of(c, arg, c->ops->text(v));
	if ((int64_t)n < arg->min || (int64_t)n > arg->max)
		return say(c, arg, "has %zu characters; %lld to %lld are allowed", n,
			(long long)arg->min, (long long)arg->max);
	return ERR_OK;
}

static enum err say_too_long(
	struct check *c, const struct arg *arg, struct str text, const struct count *n)
{
	size_t from = n->fits > SEEN_BEFORE ? n->fits - SEEN_BEFORE : 0;
	char shown[SHOWN_MAX];

	while (from < n->fits && ((unsigned char)text.at[from] & 0xc0) == 0x80)
		from++;
	return say(c, arg,
		"is %lld units long as X counts it; at most %lld are allowed: it crosses the "
		"limit "
		"after \"%s%s\"",
		(long long)n->weighted, (long long)c->post_max, from ? "..." : "",
		text_show((struct str){text.at + from, n->fits - from}, shown, sizeof(shown)));
}

static bool is_blank(struct str s)
{
	size_t n = 0;

	while (n < s.len && strchr(" \t\r\n", s.at[n]))
		n++;
	return n == s.len;
}

static enum err check_post(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_TEXT, "text");
	struct count n;

	if (e)
		return e;
	struct str text = c->ops->text(v);
	if (text.len > COUNT_TEXT_MAX)
		return say(c, arg, "has %zu bytes; at most %zu can be counted", text.len,
			COUNT_TEXT_MAX);
	e = count_text_within(text, c->post_max, &n);
	if (e == ERR_NOMEM)
		return err_say(c->m, e, "%s", err_text(e));
	if (e)
		return say(c, arg, "is not well-formed UTF-8");
	if (n.weighted == 0)
		return say_empty(c, arg);
	if (is_blank(text))
		return say(c, arg, "is only blanks, which X does not take; give it words");
	if (n.weighted > c->post_max)
		return say_too_long(c, arg, text, &n);
	if (n.refused)
		return say(c, arg, "has U+FEFF, U+FFFE or U+FFFF in it, which X does not take");
	c->facts.weighted = n.weighted;
	c->facts.cashtags = n.cashtags;
	c->facts.has_url = n.urls > 0;
	return ERR_OK;
}

static enum err check_time(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_TEXT,
		"an instant as text, such as \"2026-09-01T10:00:00Z\"");
	char shown[SHOWN_MAX];
	usec_t wall;

	if (e)
		return e;
	struct str text = c->ops->text(v);
	if (text.len && text.at[text.len - 1] == 'Z' && !text_to_time(text, &wall))
		return ERR_OK;
	return say(c, arg, "is '%s'; it must be an instant in UTC such as 2026-09-01T10:00:00Z",
		text_show(text, shown, sizeof(shown)));
}

/* --- words --- */

static bool is_word(struct str s)
{
	if (s.len == 0 || s.len > WORD_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] == '-' || !text_is_name((struct str){s.at + i, 1}, 1))
			return false;
	return true;
}

static bool is_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_is(s, *words))
			return true;
	return false;
}

static const char *nth_word(const void *ctx, size_t i)
{
	return ((const char *const *)ctx)[i];
}

/* "a, b, c": as many of the words as there is room for. */
static void list_words(const char *const *words, char *out, size_t cap)
{
	size_t at = 0;

	for (const char *const *w = words; *w; w++) {
		if (at + strlen(*w) + 6 > cap) {
			(void)snprintf(out + at, cap - at, " ...");
			return;
		}
		at += (size_t)snprintf(out + at, cap - at, "%s%s", at ? ", " : "", *w);
	}
}

static enum err say_not_among(struct check *c, const struct arg *arg, struct str word)
{
	static const struct near_alias old[] = {
		{"created", "created_at"}, {"author", "author_id"}, {NULL, NULL}};
	const char *near = near_find(word, nth_word, arg->words, old);
	char all[160] = "", shown[SHOWN_MAX];

	text_show(word, shown, sizeof(shown));
	list_words(arg->words, all, sizeof(all));
	if (near)
		return say(c, arg, "has '%s'; did you mean '%s'? allowed are: %s", shown, near,
			all);
	return say(c, arg, "has '%s'; allowed are: %s (%s)", shown, all, arg->help);
}

static enum err check_item(struct check *c, const struct arg *arg, struct str word)
{
	char shown[SHOWN_MAX];

	if (arg->words)
		return is_one_of(word, arg->words) ? ERR_OK : say_not_among(c, arg, word);
	if (arg->pattern)
		return pattern_matches(arg->pattern, word) ? ERR_OK : say_not_of(c, arg, word);
	if (is_word(word))
		return ERR_OK;
	return say(c, arg,
		"has '%s'; words are letters, digits, \"_\" and \".\", with commas between "
		"them and nothing else",
		text_show(word, shown, sizeof(shown)));
}

static enum err check_word(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_TEXT, "text");

	return e ? e : check_item(c, arg, c->ops->text(v));
}

/* The n-th of the words between commas. False: there are no more. */
static bool next_word(struct str *rest, struct str *ret)
{
	if (!rest->at)
		return false;
	const char *comma = rest->len ? memchr(rest->at, ',', rest->len) : NULL;
	*ret = (struct str){rest->at, comma ? (size_t)(comma - rest->at) : rest->len};
	*rest = comma ? (struct str){comma + 1, rest->len - ret->len - 1} : (struct str){0};
	return true;
}

/* Adds one word to those seen, of which there may be arg->max. */
static enum err add_word(struct check *c, const struct arg *arg, struct str word,
	struct str *seen, size_t *count)
{
	enum err e = check_item(c, arg, word);

	if (e)
		return e;
	if ((int64_t)*count == arg->max)
		return say(c, arg, "has more than %lld words", (long long)arg->max);
	for (size_t i = 0; i < *count; i++)
		if (str_equal(seen[i], word))
			return say(c, arg, "has '%.*s' twice", STR_ARG(word));
	seen[(*count)++] = word;
	return ERR_OK;
}

static enum err check_word_list(struct check *c, const struct arg *arg, const void *v)
{
	struct str seen[WORDS_MAX];
	size_t count = 0;

	enum err e = value_check_count(c, arg, v, "words");
	for (uint32_t i = 0; !e && i < c->ops->count(v); i++) {
		const void *item = c->ops->item(v, i);

		if (c->ops->kind(item) != ARG_KIND_TEXT)
			return say(c, arg, "must be a list of texts");
		e = add_word(c, arg, c->ops->text(item), seen, &count);
	}
	return e;
}

static enum err check_words(struct check *c, const struct arg *arg, const void *v)
{
	struct str seen[WORDS_MAX], word;
	size_t count = 0;

	ASSERT(arg->max <= WORDS_MAX);
	if (c->ops->kind(v) == ARG_KIND_LIST)
		return check_word_list(c, arg, v);
	enum err e =
		value_must_be(c, arg, v, ARG_KIND_TEXT, "text with commas, or a list of texts");
	if (e)
		return e;
	struct str rest = c->ops->text(v);
	while (!e && next_word(&rest, &word))
		e = add_word(c, arg, word, seen, &count);
	return e;
}

/* --- numbers --- */

static enum err check_bool(struct check *c, const struct arg *arg, const void *v)
{
	return value_must_be(c, arg, v, ARG_KIND_BOOL, "true or false");
}

static enum err check_int(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_INT, "a whole number");

	if (e)
		return e;
	int64_t n = c->ops->integer(v);
	if (n >= arg->min && n <= arg->max)
		return ERR_OK;
	return say(c, arg, "is %lld; %lld to %lld are allowed", (long long)n,
		(long long)arg->min, (long long)arg->max);
}

/* --- polls --- */

static enum err say_poll(struct check *c, const char *field, const char *words)
{
	(void)err_say(c->m, ERR_INVALID, "%s", words);
	(void)err_at(c->m, ERR_INVALID, "%s", field);
	return err_at(c->m, ERR_INVALID, "poll");
}

static enum err check_option(struct check *c, const void *options, uint32_t i)
{
	const void *v = c->ops->item(options, i);
	char words[160], field[32];
	size_t n = c->ops->kind(v) == ARG_KIND_TEXT ? value_chars(c->ops->text(v)) : 0;

	if (n >= 1 && n <= OPTION_CHARS)
		return ERR_OK;
	(void)snprintf(words, sizeof(words),
		"option %u of poll must be text of 1 to %d characters; it has %zu", i + 1,
		OPTION_CHARS, n);
	(void)snprintf(field, sizeof(field), "options[%u]", i);
	return say_poll(c, field, words);
}

static enum err check_options(struct check *c, const void *v)
{
	uint32_t n = c->ops->kind(v) == ARG_KIND_LIST ? c->ops->count(v) : 0;
	enum err e = ERR_OK;

	if (c->ops->kind(v) != ARG_KIND_LIST)
		return say_poll(c, "options", "poll needs 'options': a list of 2 to 4 texts");
	if (n < OPTIONS_MIN || n > OPTIONS_MAX) {
		char words[80];

		(void)snprintf(words, sizeof(words),
			"poll has %u option%s; %d to %d are allowed", n, n == 1 ? "" : "s",
			OPTIONS_MIN, OPTIONS_MAX);
		return say_poll(c, "options", words);
	}
	for (uint32_t i = 0; i < n && !e; i++)
		e = check_option(c, v, i);
	return e;
}

static enum err check_minutes(struct check *c, const void *v)
{
	int64_t n = c->ops->kind(v) == ARG_KIND_INT ? c->ops->integer(v) : 0;

	char words[100];

	if (n >= MINUTES_MIN && n <= MINUTES_MAX)
		return ERR_OK;
	if (c->ops->kind(v) != ARG_KIND_INT)
		return say_poll(c, "duration_minutes",
			"poll needs 'duration_minutes': a whole number from 5 to 10080");
	(void)snprintf(words, sizeof(words),
		"duration_minutes is %lld; %d to %d, which is a week, are allowed",
		(long long)n, MINUTES_MIN, MINUTES_MAX);
	return say_poll(c, "duration_minutes", words);
}

/* What a poll may have beside its options and its time, each as its own row says. */
static enum err check_beside(struct check *c, const struct arg *arg, const void *v)
{
	for (size_t i = 0; i < arg->inner_count; i++) {
		const struct arg *field = &arg->inner[i];
		const void *value = c->ops->get(v, field->name);

		if (field->required || !value)
			continue;
		enum err e = value_check(c, field, value);
		if (e)
			return err_at(c->m, e, "poll");
	}
	return ERR_OK;
}

static bool is_part(const struct arg *arg, struct str key)
{
	for (size_t i = 0; i < arg->inner_count; i++)
		if (str_is(key, arg->inner[i].name))
			return true;
	return false;
}

static enum err check_poll(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(
		c, arg, v, ARG_KIND_MAP, "a map with 'options' and 'duration_minutes'");
	char shown[SHOWN_MAX];

	for (uint32_t i = 0; !e && i < c->ops->count(v); i++) {
		struct str key = c->ops->key(v, i);

		if (!is_part(arg, key))
			return say(c, arg,
				"takes 'options' and 'duration_minutes', but no '%s'",
				text_show(key, shown, sizeof(shown)));
	}
	if (!e)
		e = check_options(c, c->ops->get(v, "options"));
	if (!e)
		e = check_minutes(c, c->ops->get(v, "duration_minutes"));
	if (e)
		return e;
	c->depth++;
	e = check_beside(c, arg, v);
	c->depth--;
	return e;
}

/* --- posts of a thread --- */

static enum err check_part(struct check *c, const struct arg *arg, const void *v, uint32_t i)
{
	struct action_facts f;
	enum err e = ERR_OK;

	if (c->ops->kind(v) != ARG_KIND_MAP)
		e = err_say(c->m, ERR_INVALID,
			"item %u of %s must be a map of the arguments of `post`", i, arg->name);
	if (!e)
		e = action_check_within(
			action_find(str_of("post")), c->ops, v, c->post_max, &f, c->m);
	if (!e && f.has_refs)
		e = err_say(c->m, ERR_INVALID,
			"a post of a thread cannot use the result of another job");
	if (e) {
		(void)err_at(c->m, e, "[%u]", i);
		return err_at(c->m, e, "%s", arg->name);
	}
	c->facts.parts++;
	c->facts.dear_parts += f.has_url;
	c->facts.has_url |= f.has_url;
	if (f.cashtags > c->facts.cashtags)
		c->facts.cashtags = f.cashtags;
	return ERR_OK;
}

static enum err check_posts(struct check *c, const struct arg *arg, const void *v)
{
	enum err e = value_must_be(c, arg, v, ARG_KIND_LIST, "a list of posts");

	if (!e)
		e = value_check_count(c, arg, v, "posts");
	for (uint32_t i = 0; !e && i < c->ops->count(v); i++)
		e = check_part(c, arg, c->ops->item(v, i), i);
	return e;
}

enum err value_check(struct check *c, const struct arg *arg, const void *v)
{
	static enum err (*const checks[])(struct check *, const struct arg *, const void *) = {
		[ARG_ID] = check_id,
		[ARG_IDS] = check_ids,
		[ARG_MEDIA] = media_check,
		[ARG_USER] = check_user,
		[ARG_TEXT] = check_text,
		[ARG_POST] = check_post,
		[ARG_WORD] = check_word,
		[ARG_WORDS] = check_words,
		[ARG_BOOL] = check_bool,
		[ARG_INT] = check_int,
		[ARG_TIME] = check_time,
		[ARG_POLL] = check_poll,
		[ARG_CONVERSATION] = check_conversation,
		[ARG_POSTS] = check_posts,
		[ARG_MAP] = shape_check_map,
		[ARG_LIST] = shape_check_list,
	};
	static const bool may_refer[] = {
		[ARG_ID] = true,
		[ARG_USER] = true,
		[ARG_TEXT] = true,
		[ARG_POST] = true,
		[ARG_CONVERSATION] = true,
		[ARG_LIST] = false,
	};

	ASSERT((size_t)arg->type < COUNT_OF(checks));
	if (may_refer[arg->type] && !c->depth && arg_is_ref(c->ops, v))
		return value_check_ref(c, arg, v);
	return checks[arg->type](c, arg, v);
}
