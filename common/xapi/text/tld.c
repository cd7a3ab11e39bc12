#include "common/xapi/text/tld.h"

#include <string.h>
#include <utf8proc.h>

#include "common/xapi/data.h"
#include "common/xapi/text/chars.h"

#define CHARS_MAX 24 /* of a top-level domain; the longest has 18 */
#define BYTES_MAX (4 * CHARS_MAX)

/* Below, at or above the line of data_tlds that begins at `at`, whose length is told. */
static int compare(const char *name, size_t len, size_t at, size_t *ret_line)
{
	const char *line = data_tlds.at + at;
	const char *end = memchr(line, '\n', data_tlds.len - at);
	size_t n = end ? (size_t)(end - line) : data_tlds.len - at;
	int order = memcmp(name, line, len < n ? len : n);

	*ret_line = n;
	return order ? order : (len > n) - (len < n);
}

/* By halves through the text itself: from the middle back to the beginning of its line. */
static bool is_known(const char *name, size_t len)
{
	size_t from = 0, to = data_tlds.len;

	while (from < to) {
		size_t middle = (from + to) / 2, line;

		while (middle > from && data_tlds.at[middle - 1] != '\n')
			middle--;
		int order = compare(name, len, middle, &line);
		if (order == 0)
			return true;
		if (order < 0)
			to = middle;
		else
			from = middle + line + 1;
	}
	return false;
}

static size_t punycode_length(const uint32_t *c, size_t n)
{
	static const char prefix[] = "xn--";
	size_t len = 0;

	for (; len < 4; len++)
		if (len == n || c[len] > 0x7f ||
			(c[len] | 0x20) != (uint32_t)(prefix[len] | 0x20))
			return 0;
	while (len < n && (char_is_letter(c[len]) || char_is_digit(c[len]) || c[len] == '-'))
		len++;
	return len > 4 ? len : 0;
}

static bool may_follow(uint32_t c)
{
	return !char_is_digit(c) && !char_is_letter(c) && c != '@' && c != '+' && c != '-';
}

/* Writes c in lower case; returns how many bytes. */
static size_t put_lower(uint32_t c, char *out)
{
	if (c < 0x80) {
		*out = (char)(char_is_letter(c) ? c | 0x20 : c);
		return 1;
	}
	utf8proc_int32_t lower = utf8proc_tolower((utf8proc_int32_t)c);
	return (size_t)utf8proc_encode_char(lower, (utf8proc_uint8_t *)out);
}

size_t tld_length(const uint32_t *c, size_t n)
{
	char name[BYTES_MAX];
	size_t len = 0, best = 0;

	if (n < 2 || char_is_digit(c[0]))
		return 0;
	for (size_t i = 0; i < n && i < CHARS_MAX && char_is_domain(c[i]); i++) {
		len += put_lower(c[i], name + len);
		if (len > 1 && (i + 1 == n || may_follow(c[i + 1])) && is_known(name, len))
			best = i + 1;
	}
	return best ? best : punycode_length(c, n);
}
