#include "common/base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct str str_of(const char *cstr)
{
	return (struct str){.at = cstr, .len = strlen(cstr)};
}

bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

bool str_is(struct str a, const char *cstr)
{
	return str_equal(a, str_of(cstr));
}

bool str_has_prefix(struct str a, const char *prefix)
{
	size_t n = strlen(prefix);

	return a.len >= n && str_equal((struct str){a.at, n}, (struct str){prefix, n});
}

/* The length of the well-formed character that begins at p, or 0. */
static size_t utf8_char(const unsigned char *p, size_t n)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;

	size_t len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
		return 0; /* overlong, surrogate */
	if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0; /* overlong, above U+10FFFF */
	return len;
}

/* How many of the n bytes at p come before the first that may not be ASCII: eight at a time. */
static size_t ascii_run(const unsigned char *p, size_t n)
{
	size_t i = 0;
	uint64_t eight;

	for (; n - i >= sizeof(eight); i += sizeof(eight)) {
		memcpy(&eight, p + i, sizeof(eight));
		if (eight & 0x8080808080808080u)
			break;
	}
	return i;
}

bool text_is_utf8(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.at;

	for (size_t i = ascii_run(p, s.len); i < s.len;) {
		size_t n = utf8_char(p + i, s.len - i);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool text_is_name(struct str s, size_t max_len)
{
	if (s.len == 0 || s.len > max_len)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_word(s.at[i]) && s.at[i] != '.' && s.at[i] != '-')
			return false;
	return true;
}

bool text_is_x_id(struct str s)
{
	if (s.len == 0 || s.len > 19)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_digit(s.at[i]))
			return false;
	return true;
}

bool text_is_username(struct str s)
{
	if (s.len == 0 || s.len > 15)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!is_word(s.at[i]))
			return false;
	return true;
}

enum err text_to_int(struct str s, int64_t lo, int64_t hi, int64_t *ret)
{
	bool negative = s.len > 0 && s.at[0] == '-';
	size_t i = negative ? 1 : 0;
	int64_t value = 0; /* kept negative: its range is the wider one */

	if (i == s.len)
		return ERR_INVALID;
	for (; i < s.len; i++) {
		if (!is_digit(s.at[i]) || __builtin_mul_overflow(value, 10, &value) ||
			__builtin_sub_overflow(value, s.at[i] - '0', &value))
			return ERR_INVALID;
	}
	if (!negative && __builtin_sub_overflow(0, value, &value))
		return ERR_INVALID;
	if (value < lo || value > hi)
		return ERR_INVALID;
	*ret = value;
	return ERR_OK;
}

#define DOLLARS_MAX     INT64_C(1000000000000)
#define MICROS_PLACES   6
#define MICROS_A_DOLLAR 1000000

enum err text_to_micros(struct str s, int64_t *ret)
{
	size_t whole = 0;
	int64_t dollars, part = 0;

	while (whole < s.len && is_digit(s.at[whole]))
		whole++;
	if (text_to_int((struct str){s.at, whole}, 0, DOLLARS_MAX, &dollars))
		return ERR_INVALID;
	if (whole < s.len) {
		struct str rest = {s.at + whole + 1, s.len - whole - 1};

		if (s.at[whole] != '.' || rest.len > MICROS_PLACES ||
			text_to_int(rest, 0, MICROS_A_DOLLAR, &part) || rest.at[0] == '-')
			return ERR_INVALID;
		for (size_t i = rest.len; i < MICROS_PLACES; i++)
			part *= 10;
	}
	*ret = dollars * MICROS_A_DOLLAR + part;
	return ERR_OK;
}

#define DURATION_MAX (36500 * USEC_DAY)

enum err text_to_duration(struct str s, usec_t *ret)
{
	/* clang-format off */
	static const struct { const char *unit; usec_t usec; } units[] = {
		{"ms", USEC_MSEC}, {"s", USEC_SEC}, {"m", USEC_MIN}, {"h", USEC_HOUR}, {"d", USEC_DAY},
	};
	/* clang-format on */
	size_t digits = 0;

	while (digits < s.len && is_digit(s.at[digits]))
		digits++;
	struct str unit = {.at = s.at + digits, .len = s.len - digits};
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (!str_is(unit, units[i].unit))
			continue;
		int64_t n;
		if (text_to_int(
			    (struct str){s.at, digits}, 0, DURATION_MAX / units[i].usec, &n))
			return ERR_INVALID;
		*ret = n * units[i].usec;
		return ERR_OK;
	}
	return ERR_INVALID;
}

/* Takes exactly n digits off the front of s, as a number within [lo, hi]. */
static bool take_digits(struct str *s, size_t n, int64_t lo, int64_t hi, int64_t *ret)
{
	if (s->len < n || !is_digit(s->at[0]) ||
		text_to_int((struct str){s->at, n}, lo, hi, ret))
		return false;
	s->at += n;
	s->len -= n;
	return true;
}

static bool take_char(struct str *s, const char *any_of, char *ret)
{
	if (s->len == 0 || !strchr(any_of, s->at[0]) || s->at[0] == 0)
		return false;
	*ret = s->at[0];
	s->at++;
	s->len--;
	return true;
}

/* Days from 1970-01-01 to a date of the Gregorian calendar (H. Hinnant's days_from_civil). */
static int64_t days_to(int64_t y, int64_t m, int64_t d)
{
	y -= m <= 2;
	int64_t era = y / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int64_t days_in(int64_t y, int64_t m)
{
	return m == 12 ? 31 : days_to(y, m + 1, 1) - days_to(y, m, 1);
}

/* ".123456789": the part below a second, cut to microseconds. */
static bool take_fraction(struct str *s, usec_t *ret)
{
	usec_t unit = USEC_SEC / 10;
	char c;

	*ret = 0;
	if (!take_char(s, ".", &c))
		return true;
	if (s->len == 0 || !is_digit(s->at[0]))
		return false;
	while (take_char(s, "0123456789", &c)) {
		*ret += (c - '0') * unit;
		unit /= 10;
	}
	return true;
}

static bool take_offset(struct str *s, usec_t *ret)
{
	char sign, c;
	int64_t hours, minutes;

	if (!take_char(s, "Zz+-", &sign))
		return false;
	*ret = 0;
	if (sign == 'Z' || sign == 'z')
		return true;
	if (!take_digits(s, 2, 0, 23, &hours) || !take_char(s, ":", &c) ||
		!take_digits(s, 2, 0, 59, &minutes))
		return false;
	*ret = (hours * USEC_HOUR + minutes * USEC_MIN) * (sign == '-' ? -1 : 1);
	return true;
}

#define TIME_END (253402300800 * USEC_SEC) /* of the year 9999 */

enum err text_to_time(struct str s, usec_t *ret_wall)
{
	int64_t y, mo, d, h, mi, sec;
	usec_t fraction, offset;
	char c;

	if (!take_digits(&s, 4, 1970, 9999, &y) || !take_char(&s, "-", &c) ||
		!take_digits(&s, 2, 1, 12, &mo) || !take_char(&s, "-", &c) ||
		!take_digits(&s, 2, 1, 31, &d) || d > days_in(y, mo) ||
		!take_char(&s, "Tt ", &c))
		return ERR_INVALID;
	if (!take_digits(&s, 2, 0, 23, &h) || !take_char(&s, ":", &c) ||
		!take_digits(&s, 2, 0, 59, &mi) || !take_char(&s, ":", &c) ||
		!take_digits(&s, 2, 0, 60, &sec))
		return ERR_INVALID;
	if (!take_fraction(&s, &fraction) || !take_offset(&s, &offset) || s.len != 0)
		return ERR_INVALID;

	usec_t wall = days_to(y, mo, d) * USEC_DAY + h * USEC_HOUR + mi * USEC_MIN +
		      sec * USEC_SEC + fraction - offset;
	if (wall < 0 || wall >= TIME_END)
		return ERR_INVALID;
	*ret_wall = wall;
	return ERR_OK;
}

char *text_from_time(usec_t wall, char *out, size_t cap)
{
	time_t seconds = (time_t)(wall / USEC_SEC);
	int millis = (int)(wall % USEC_SEC / USEC_MSEC);
	struct tm tm;

	ASSERT(cap >= 25);
	if (wall < 0 || wall >= TIME_END || !gmtime_r(&seconds, &tm)) {
		(void)snprintf(out, cap, "?");
		return out;
	}
	size_t n = strftime(out, cap, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + n, cap - n, ".%03dZ", millis);
	return out;
}

/* Whether a well-formed character of n bytes does something to a terminal instead of showing.
 */
static bool is_control(const unsigned char *p, size_t n)
{
	if (n == 1)
		return p[0] < ' ' || p[0] == 0x7f;
	if (n == 2)
		return p[0] == 0xc2 && p[1] < 0xa0; /* U+0080 to U+009F */
	if (n != 3 || p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) || /* U+2028 to U+202E */
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);   /* U+2066 to U+2069 */
}

char *text_show(struct str s, char *out, size_t cap)
{
	const unsigned char *p = (const unsigned char *)s.at;
	size_t len = 0;

	ASSERT(cap >= 1);
	for (size_t i = 0; i < s.len;) {
		size_t n = utf8_char(p + i, s.len - i);

		bool shown = n && !is_control(p + i, n);
		size_t width = shown ? n : 1;

		if (len + width >= cap)
			break;
		memcpy(out + len, shown ? (const char *)p + i : "?", width);
		len += width;
		i += n ? n : 1;
	}
	out[len] = 0;
	return out;
}

void text_trim(char *s)
{
	size_t len = strlen(s);
	size_t at = len;

	while (at > 0 && len - at < 3 && ((unsigned char)s[at - 1] & 0xc0) == 0x80)
		at--;
	if (at > 0 && utf8_char((const unsigned char *)s + at - 1, len - at + 1) == 0)
		s[at - 1] = 0;
}

uint64_t text_hash(const void *p, size_t n)
{
	const unsigned char *at = p;
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ at[i]) * 0x100000001b3u;
	return h;
}
