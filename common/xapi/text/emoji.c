#include "common/xapi/text/emoji.h"

#include <string.h>

#include "common/xapi/text/chars.h"

#define ZWJ       0x200d
#define VS16      0xfe0f /* "as a picture" */
#define KEYCAP    0x20e3
#define FLAG      0x1f3f4 /* begins the flags of parts of countries */
#define FIRST     0x203c  /* the lowest emoji, but for (c), (R) and keycaps */
#define FLAG_TAGS 6

struct range {
	uint32_t first, last;
};

static const struct range emoji[] = {
#define EMOJI(first, last) {first, last},
#include "common/xapi/text/emoji.def"
#undef EMOJI
};

/* Those that may have a skin tone. */
static const struct range bases[] = {
#define EMOJI_BASE(first, last) {first, last},
#include "common/xapi/text/emoji.def"
#undef EMOJI_BASE
};

/* For each first letter of a country's code the second ones. */
static const char *const flags[26] = {
#define EMOJI_FLAG(first, seconds) [(first) - 'A'] = (seconds),
#include "common/xapi/text/emoji.def"
#undef EMOJI_FLAG
};

/* What follows FLAG, in letters that are tags, before the tag that ends it. */
static const char *const parts[] = {"gbeng", "gbsct", "gbwls"};

static bool is_in(const struct range *ranges, size_t count, uint32_t c)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (c < ranges[middle].first)
			to = middle;
		else if (c > ranges[middle].last)
			from = middle + 1;
		else
			return true;
	}
	return false;
}

static bool is_tone(uint32_t c)
{
	return c >= 0x1f3fb && c <= 0x1f3ff;
}

static bool is_indicator(uint32_t c)
{
	return c >= 0x1f1e6 && c <= 0x1f1ff;
}

static size_t keycap_length(const uint32_t *c, size_t n)
{
	if (!char_is_digit(c[0]) && c[0] != '#' && c[0] != '*')
		return 0;
	if (n >= 2 && c[1] == KEYCAP)
		return 2;
	return n >= 3 && c[1] == VS16 && c[2] == KEYCAP ? 3 : 0;
}

/* Of two letters that are a country, or one that stands alone. */
static size_t country_length(const uint32_t *c, size_t n)
{
	if (n < 2 || !is_indicator(c[1]))
		return 1;
	const char *seconds = flags[c[0] - 0x1f1e6];
	char second = (char)('A' + (c[1] - 0x1f1e6));
	return seconds && strchr(seconds, second) ? 2 : 1;
}

static bool is_part(const uint32_t *c, const char *letters)
{
	size_t i = 0;

	for (; letters[i]; i++)
		if (c[i] != 0xe0000 + (uint32_t)letters[i])
			return false;
	return c[i] == 0xe007f;
}

static size_t part_length(const uint32_t *c, size_t n)
{
	if (n < 1 + FLAG_TAGS)
		return 0;
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (is_part(c + 1, parts[i]))
			return 1 + FLAG_TAGS;
	return 0;
}

/* One picture, with its tone or its U+FE0F. */
static size_t picture_length(const uint32_t *c, size_t n)
{
	if (c[0] == 0xa9 || c[0] == 0xae)
		return n >= 2 && c[1] == VS16 ? 2 : 0;
	if (c[0] < FIRST || is_indicator(c[0]) || !is_in(emoji, COUNT_OF(emoji), c[0]))
		return 0;
	if (n >= 2 && is_tone(c[1]) && is_in(bases, COUNT_OF(bases), c[0]))
		return 2;
	return n >= 2 && c[1] == VS16 ? 2 : 1;
}

size_t emoji_length(const uint32_t *c, size_t n)
{
	if (n == 0)
		return 0;
	if (c[0] < 0x80)
		return keycap_length(c, n);
	if (is_indicator(c[0]))
		return country_length(c, n);

	size_t len = c[0] == FLAG ? part_length(c, n) : 0;
	if (len > 0)
		return len;
	len = picture_length(c, n);
	while (len > 0 && n - len >= 2 && c[len] == ZWJ) {
		size_t more = picture_length(c + len + 1, n - len - 1);

		if (more == 0)
			break;
		len += 1 + more;
	}
	return len;
}
