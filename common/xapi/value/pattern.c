#include "common/xapi/value/pattern.h"

#include <string.h>

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether s is least to most letters, digits and `others`. */
static bool is_of(struct str s, size_t least, size_t most, const char *others)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_letter(s.at[i]) && !is_digit(s.at[i]) &&
			(!s.at[i] || !strchr(others, s.at[i])))
			return false;
	return s.len >= least && s.len <= most;
}

static bool is_digits(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.at[i]))
			return false;
	return s.len > 0;
}

static bool is_id(struct str s)
{
	return text_is_x_id(s);
}

static bool is_positive(struct str s)
{
	return is_id(s) && s.at[0] != '0';
}

static bool is_space(struct str s)
{
	return is_of(s, 1, 13, "");
}

static bool is_hash(struct str s)
{
	return is_of(s, 1, 50, "");
}

static bool is_base64(struct str s)
{
	return is_of(s, 1, SIZE_MAX, "+/=_-");
}

/* Whether s is two texts with `between` in the middle, and both are as `half` says. */
static bool is_two(struct str s, char between, bool (*half)(struct str))
{
	const char *at = s.len ? memchr(s.at, between, s.len) : NULL;

	if (!at)
		return false;
	size_t len = (size_t)(at - s.at);
	return half((struct str){s.at, len}) && half((struct str){at + 1, s.len - len - 1});
}

static bool is_media_key(struct str s)
{
	return is_two(s, '_', is_digits);
}

static bool is_country(struct str s)
{
	return s.len == 2 && s.at[0] >= 'A' && s.at[0] <= 'Z' && s.at[1] >= 'A' &&
	       s.at[1] <= 'Z';
}

static bool is_talk(struct str s)
{
	return (is_id(s) && s.len >= 15) || is_two(s, '-', is_id);
}

static bool is_chat(struct str s)
{
	bool group = s.len > 1 && s.at[0] == 'g';

	return is_id(s) || is_two(s, '-', is_id) ||
	       (group && is_id((struct str){s.at + 1, s.len - 1}));
}

/* Whether what follows a "//" at `at` is something that is not white. */
static bool goes_on(struct str s, size_t at)
{
	return at < s.len && !strchr(" \t\n\v\f\r", s.at[at]);
}

static bool has_link(struct str s)
{
	for (size_t i = 0; i + 7 < s.len; i++) {
		struct str rest = {s.at + i, s.len - i};

		if ((str_has_prefix(rest, "http://") && goes_on(rest, 7)) ||
			(str_has_prefix(rest, "https://") && goes_on(rest, 8)))
			return true;
	}
	return false;
}

static bool is_username(struct str s)
{
	return text_is_username(s);
}

static bool is_name(struct str s)
{
	return is_of(s, 1, 50, "_' ");
}

static const struct {
	const char *expression;
	bool (*matches)(struct str s);
	const char *words;
} patterns[PATTERN_COUNT] = {
	[PATTERN_ANY] = {"", NULL, ""},
#define X(pattern, expression, matches, words) [pattern] = {expression, matches, words},
#include "common/xapi/value/pattern.def"
#undef X
};

bool pattern_matches(enum text_pattern p, struct str s)
{
	ASSERT((size_t)p < PATTERN_COUNT);
	return !patterns[p].matches || patterns[p].matches(s);
}

const char *pattern_words(enum text_pattern p)
{
	ASSERT((size_t)p < PATTERN_COUNT);
	return patterns[p].words;
}

const char *pattern_expression(enum text_pattern p)
{
	ASSERT((size_t)p < PATTERN_COUNT);
	return patterns[p].expression;
}
