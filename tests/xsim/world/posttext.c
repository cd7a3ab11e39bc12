#include "tests/xsim/world/posttext.h"

#include <string.h>

#include "common/net/http_head.h"

#define LINK_WEIGHT 23
#define CASHTAG_MAX 6
#define KEYCAP      0x20e3
#define JOINER      0x200d
#define VARIATION   0xfe0f
#define TAGS_FIRST  0xe0020
#define TAGS_LAST   0xe007f

struct range {
	uint32_t first, last;
};

/* twitter-text, configuration 3: what weighs 1. */
static const struct range light[] = {
	{0, 0x10ff}, {0x2000, 0x200d}, {0x2010, 0x201f}, {0x2032, 0x2037}};

/* Where emoji are. */
static const struct range emoji[] = {{0x203c, 0x203c}, {0x2049, 0x2049}, {0x2190, 0x21ff},
	{0x2300, 0x23ff}, {0x25a0, 0x27bf}, {0x2900, 0x297f}, {0x2b00, 0x2bff},
	{0x1f000, 0x1faff}};

static const struct range flags[] = {{0x1f1e6, 0x1f1ff}};
static const struct range skins[] = {{0x1f3fb, 0x1f3ff}};
static const struct range tags[] = {{TAGS_FIRST, TAGS_LAST}};

#define IN(ranges, c) is_in(ranges, COUNT_OF(ranges), c)

static bool is_in(const struct range *ranges, size_t n, uint32_t c)
{
	for (size_t i = 0; i < n; i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	return false;
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_';
}

static bool is_letter(char c)
{
	return is_word(c) && c != '_' && !(c >= '0' && c <= '9');
}

static bool is_host(char c)
{
	return (is_word(c) && c != '_') || c == '-' || c == '.';
}

/* --- links --- */

static bool begins(struct str text, size_t at, const char *word)
{
	size_t n = strlen(word);

	return text.len - at >= n && http_is((struct str){text.at + at, n}, word);
}

/* The end of the run of visible ASCII that begins at `at`, less what ends a sentence. */
static size_t url_end(struct str text, size_t at)
{
	size_t start = at;

	while (at < text.len && text.at[at] > ' ' && text.at[at] < 0x7f &&
		!strchr("<>\"", text.at[at]))
		at++;
	while (at > start && strchr(".,;:!?')]", text.at[at - 1]))
		at--;
	return at;
}

static bool is_known_domain(struct str host)
{
	static const char *const domains[] = {
		".com", ".org", ".net", ".io", ".dev", ".co", ".de", ".jp", ".uk", ".me"};

	for (size_t i = 0; i < COUNT_OF(domains); i++) {
		size_t n = strlen(domains[i]);
		if (host.len > n && host.at[0] != '.' && host.at[0] != '-' &&
			http_is((struct str){host.at + host.len - n, n}, domains[i]))
			return true;
	}
	return false;
}

/* The end of a link without a scheme that begins at `at`, or `at` itself. */
static size_t bare_end(struct str text, size_t at)
{
	size_t end = at;

	while (end < text.len && is_host(text.at[end]))
		end++;
	while (end > at && (text.at[end - 1] == '.' || text.at[end - 1] == '-'))
		end--;
	if (end == at || !is_known_domain((struct str){text.at + at, end - at}))
		return at;
	return end < text.len && text.at[end] == '/' ? url_end(text, end) : end;
}

bool post_next_link(struct str text, size_t *from, struct str *ret)
{
	for (size_t at = *from; at < text.len; at++) {
		size_t end = at;

		if (at && (is_host(text.at[at - 1]) || strchr("@#$_/", text.at[at - 1])))
			continue;
		if (begins(text, at, "http://") || begins(text, at, "https://"))
			end = url_end(text, at);
		else if (is_host(text.at[at]))
			end = bare_end(text, at);
		if (end == at)
			continue;
		*ret = (struct str){text.at + at, end - at};
		*from = end;
		return true;
	}
	return false;
}

/* --- names and tags --- */

bool post_next_mention(struct str text, size_t *from, struct str *ret)
{
	for (size_t at = *from; at < text.len; at++) {
		size_t end = at + 1;

		if (text.at[at] != '@' || (at && is_word(text.at[at - 1])))
			continue;
		while (end < text.len && is_word(text.at[end]))
			end++;
		*ret = (struct str){text.at + at + 1, end - at - 1};
		*from = end;
		if (text_is_username(*ret))
			return true;
		at = end - 1;
	}
	return false;
}

bool post_mentions(struct str text, const char *username)
{
	struct str name;

	for (size_t at = 0; post_next_mention(text, &at, &name);)
		if (http_is(name, username))
			return true;
	return false;
}

size_t post_cashtags(struct str text)
{
	size_t found = 0;

	for (size_t at = 0; at < text.len; at++) {
		size_t end = at + 1;

		if (text.at[at] != '$' || (at && is_word(text.at[at - 1])))
			continue;
		while (end < text.len && is_letter(text.at[end]))
			end++;
		found += end - at > 1 && end - at - 1 <= CASHTAG_MAX;
	}
	return found;
}

/* --- weight --- */

/* The code point at *at of well-formed UTF-8; moves *at behind it. */
static uint32_t next_point(struct str s, size_t *at)
{
	unsigned char first = (unsigned char)s.at[(*at)++];
	size_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : first >= 0xc0 ? 1 : 0;
	uint32_t c = more ? first & (0x3fu >> more) : first;

	while (more-- && *at < s.len)
		c = c << 6 | ((unsigned char)s.at[(*at)++] & 0x3f);
	return c;
}

static uint32_t peek_point(struct str s, size_t at)
{
	return at < s.len ? next_point(s, &at) : 0;
}

/* Passes what belongs to the emoji that ended at *at: colours, tags, and what is joined to it.
 */
static void pass_emoji(struct str s, size_t *at, uint32_t c)
{
	if (IN(flags, c) && IN(flags, peek_point(s, *at)))
		next_point(s, at);
	for (;;) {
		uint32_t next = peek_point(s, *at);

		if (next == VARIATION || next == KEYCAP || IN(skins, next) || IN(tags, next)) {
			next_point(s, at);
		} else if (next == JOINER) {
			next_point(s, at);
			if (IN(emoji, peek_point(s, *at)))
				next_point(s, at);
		} else {
			return;
		}
	}
}

static bool is_keycap(struct str s, size_t at, uint32_t c)
{
	if (!(c >= '0' && c <= '9') && c != '#' && c != '*')
		return false;
	if (peek_point(s, at) == VARIATION)
		next_point(s, &at);
	return peek_point(s, at) == KEYCAP;
}

static size_t weight_of(struct str s)
{
	size_t weight = 0;

	for (size_t at = 0; at < s.len;) {
		uint32_t c = next_point(s, &at);

		if (IN(emoji, c) || is_keycap(s, at, c)) {
			pass_emoji(s, &at, c);
			weight += 2;
		} else {
			weight += IN(light, c) ? 1 : 2;
		}
	}
	return weight;
}

size_t post_weight(struct str text)
{
	size_t weight = 0, from = 0, at = 0;
	struct str link;

	while (post_next_link(text, &at, &link)) {
		size_t start = (size_t)(link.at - text.at);
		weight += weight_of((struct str){text.at + from, start - from}) + LINK_WEIGHT;
		from = at;
	}
	return weight + weight_of((struct str){text.at + from, text.len - from});
}
