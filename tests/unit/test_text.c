#include "common/base/text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

#define BYTES(literal) ((struct str){literal, sizeof(literal) - 1})

TEST(compares_views)
{
	assert_true(str_is(BYTES("abc"), "abc"));
	assert_false(str_is(BYTES("abc"), "ab"));
	assert_false(str_is(BYTES("ab\0c"), "ab"));
	assert_true(str_equal((struct str){NULL, 0}, BYTES("")));
	assert_true(str_is((struct str){NULL, 0}, ""));
	assert_true(str_has_prefix(BYTES("abc"), "ab"));
	assert_true(str_has_prefix(BYTES("abc"), ""));
	assert_true(str_has_prefix((struct str){NULL, 0}, ""));
	assert_false(str_has_prefix(BYTES("a"), "ab"));
	assert_false(str_has_prefix(BYTES("ba"), "ab"));
}

/* The plainest reading of RFC 3629: decode a character, and ask whether it may be. */
/* NOLINTNEXTLINE(readability-function-cognitive-complexity): in one piece it is plainest */
static bool utf8_plainly(const unsigned char *p, size_t n)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

	for (size_t i = 0; i < n;) {
		size_t len = p[i] < 0x80 ? 1 : p[i] >> 5 == 6 ? 2 : p[i] >> 4 == 14 ? 3 : 4;
		uint32_t c = len == 1 ? p[i] : p[i] & (0x7fu >> len);

		if ((len == 4 && p[i] >> 3 != 30) || n - i < len)
			return false;
		for (size_t k = 1; k < len; k++) {
			if (p[i + k] >> 6 != 2)
				return false;
			c = c << 6 | (p[i + k] & 0x3f);
		}
		if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return false;
		i += len;
	}
	return true;
}

static void check_utf8(const unsigned char *bytes, size_t n)
{
	/* of just its size, so that a sanitizer sees a look beyond it */
	char *copy = n ? mem_dup(bytes, n - 1) : NULL;

	if (n)
		copy[n - 1] = (char)bytes[n - 1];
	assert_int_equal(text_is_utf8((struct str){copy, n}), utf8_plainly(bytes, n));
	mem_free(copy);
}

TEST(knows_utf8_of_every_two_bytes)
{
	check_utf8(NULL, 0);
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			unsigned char bytes[] = {(unsigned char)a, (unsigned char)b};

			check_utf8(bytes, 1);
			check_utf8(bytes, 2);
		}
}

TEST(knows_utf8_at_its_borders)
{
	static const char *const all[] = {"\xe0\x9f\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
		"\xed\xa0\x80", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x8f\xbf\xbf",
		"\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
		"\xfc\x80\x80\x80\x80\x80", "\xc2\x80", "\xdf\xbf", "\xc1\xbf"};

	for (size_t i = 0; i < COUNT_OF(all); i++)
		for (size_t n = 1; n <= strlen(all[i]); n++)
			check_utf8((const unsigned char *)all[i], n);
}

TEST(knows_utf8_of_random_bytes)
{
	static const char *const pieces[] = {"a", "01234567", "\xc3\xbc", "\xe2\x82\xac",
		"\xf0\x9f\x90\xa6", "\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
	struct rng r = test_rng();
	int good = 0;

	for (int round = 0; round < 20000; round++) {
		unsigned char bytes[100];
		size_t n = 0;

		for (int64_t k = rng_range(&r, 0, 8); k > 0; k--) {
			const char *piece =
				pieces[rng_range(&r, 0, rng_range(&r, 0, 9) ? 4 : 7)];

			memcpy(bytes + n, piece, strlen(piece));
			n += strlen(piece);
		}
		if (n && rng_range(&r, 0, 2) == 0)
			bytes[rng_range(&r, 0, (int64_t)n - 1)] = (unsigned char)rng_next(&r);
		check_utf8(bytes, n);
		good += utf8_plainly(bytes, n);
	}
	assert_in_range(good, 5000, 15000);
}

TEST(knows_names_and_ids)
{
	assert_true(text_is_name(BYTES("a.B-9_"), 6));
	assert_false(text_is_name(BYTES("a.B-9_"), 5));
	assert_false(text_is_name(BYTES(""), 5));
	assert_false(text_is_name(BYTES("a b"), 5));
	assert_false(text_is_name(BYTES("a\0b"), 5));
	assert_false(text_is_name(BYTES("\xc3\xbc"), 5));
	assert_true(text_is_x_id(BYTES("1")));
	assert_true(text_is_x_id(BYTES("9223372036854775807")));
	assert_false(text_is_x_id(BYTES("12345678901234567890")));
	assert_false(text_is_x_id(BYTES("")));
	assert_false(text_is_x_id(BYTES("-1")));
	assert_true(text_is_username(BYTES("Under_score1234")));
	assert_false(text_is_username(BYTES("Under_score12345")));
	assert_false(text_is_username(BYTES("@name")));
	assert_false(text_is_username(BYTES("a.b")));
	assert_false(text_is_username(BYTES("")));
}

/* Asserts what text_to_int() makes of a text; `good` false: refused, and nothing written. */
static void reads_int(const char *text, int64_t lo, int64_t hi, bool good, int64_t expected)
{
	int64_t n = 77;

	assert_int_equal(text_to_int(str_of(text), lo, hi, &n), good ? ERR_OK : ERR_INVALID);
	assert_true(n == (good ? expected : 77));
}

TEST(reads_whole_numbers)
{
	reads_int("0", 0, 9, true, 0);
	reads_int("-0", 0, 9, true, 0);
	reads_int("007", 0, 9, true, 7);
	reads_int("9", 0, 9, true, 9);
	reads_int("10", 0, 9, false, 0);
	reads_int("-1", 0, 9, false, 0);
	reads_int("9223372036854775807", INT64_MIN, INT64_MAX, true, INT64_MAX);
	reads_int("9223372036854775808", INT64_MIN, INT64_MAX, false, 0);
	reads_int("-9223372036854775808", INT64_MIN, INT64_MAX, true, INT64_MIN);
	reads_int("-9223372036854775809", INT64_MIN, INT64_MAX, false, 0);
	reads_int("99999999999999999999999", INT64_MIN, INT64_MAX, false, 0);
	reads_int("", INT64_MIN, INT64_MAX, false, 0);
	reads_int("-", INT64_MIN, INT64_MAX, false, 0);
	reads_int("+1", INT64_MIN, INT64_MAX, false, 0);
	reads_int(" 1", INT64_MIN, INT64_MAX, false, 0);
	reads_int("1 ", INT64_MIN, INT64_MAX, false, 0);
	reads_int("1.0", INT64_MIN, INT64_MAX, false, 0);
	reads_int("0x1", INT64_MIN, INT64_MAX, false, 0);
	reads_int("--1", INT64_MIN, INT64_MAX, false, 0);
}

TEST(reads_every_number_it_could_have_written)
{
	struct rng r = test_rng();

	for (int round = 0; round < 2000; round++) {
		int64_t n = (int64_t)rng_next(&r) >> rng_range(&r, 0, 63);
		char text[32];

		(void)snprintf(text, sizeof(text), "%lld", (long long)n);
		reads_int(text, n, n, true, n);
		if (n < INT64_MAX)
			reads_int(text, n + 1, INT64_MAX, false, 0);
		if (n > INT64_MIN)
			reads_int(text, INT64_MIN, n - 1, false, 0);
	}
}

static void reads_duration(const char *text, bool good, usec_t expected)
{
	usec_t d = 77;

	assert_int_equal(text_to_duration(str_of(text), &d), good ? ERR_OK : ERR_INVALID);
	assert_true(d == (good ? expected : 77));
}

TEST(reads_durations)
{
	reads_duration("0s", true, 0);
	reads_duration("250ms", true, 250 * USEC_MSEC);
	reads_duration("5s", true, 5 * USEC_SEC);
	reads_duration("2m", true, 2 * USEC_MIN);
	reads_duration("3h", true, 3 * USEC_HOUR);
	reads_duration("7d", true, 7 * USEC_DAY);
	reads_duration("604800000ms", true, 7 * USEC_DAY);
	reads_duration("36500d", true, 36500 * USEC_DAY);
	reads_duration("3153600000s", true, 36500 * USEC_DAY);
	reads_duration("36501d", false, 0);
	reads_duration("3153600001s", false, 0);
	reads_duration("9223372036854775807ms", false, 0);
	reads_duration("5", false, 0);
	reads_duration("s", false, 0);
	reads_duration("", false, 0);
	reads_duration("-5s", false, 0);
	reads_duration("5 s", false, 0);
	reads_duration("5sec", false, 0);
	reads_duration("1.5s", false, 0);
	reads_duration("5S", false, 0);
}

static void reads_time(const char *text, bool good, usec_t expected)
{
	usec_t t = 77;

	if (text_to_time(str_of(text), &t) != (good ? ERR_OK : ERR_INVALID))
		fail_msg("%s", text);
	assert_true(t == (good ? expected : 77));
}

TEST(reads_times_with_an_offset)
{
	reads_time("1970-01-01T00:00:00Z", true, 0);
	reads_time("2026-11-24T10:00:00Z", true, 1795514400 * USEC_SEC);
	reads_time("2026-11-24t10:00:00z", true, 1795514400 * USEC_SEC);
	reads_time("2026-11-24 10:00:00Z", true, 1795514400 * USEC_SEC);
	reads_time("2026-11-24T11:00:00.5+01:00", true, 1795514400 * USEC_SEC + USEC_SEC / 2);
	reads_time("2026-11-24T00:30:00-09:30", true, 1795514400 * USEC_SEC);
	reads_time("2026-11-24T10:00:00.123456789Z", true, 1795514400 * USEC_SEC + 123456);
	reads_time("2026-11-24T10:00:00.000001000000000000000000000001Z", true,
		1795514400 * USEC_SEC + 1);
	reads_time("2016-12-31T23:59:60Z", true, 1483228800 * USEC_SEC);
	reads_time("2000-02-29T00:00:00Z", true, 951782400 * USEC_SEC);
	reads_time("2024-02-29T00:00:00-00:00", true, 1709164800 * USEC_SEC);
	reads_time("9999-12-31T23:59:59.999999Z", true, 253402300799999999);
	reads_time("1970-01-01T01:00:00+01:00", true, 0);
}

TEST(refuses_times_that_are_none)
{
	static const char *const bad[] = {"", "2026", "2026-11-24", "2026-11-24T10:00:00",
		"2026-11-24T10:00Z", "2026-11-24T10:00:00+0100", "2026-11-24T10:00:00+01",
		"2026-11-24T10:00:00 Z", "2026-11-24T10:00:00.Z", "2026-11-24T10:00:00,5Z",
		"2026-11-24T24:00:00Z", "2026-11-24T10:60:00Z", "2026-11-24T10:00:61Z",
		"2026-11-24T10:00:00+24:00", "2026-11-24T10:00:00+01:60",
		"2026-11-31T10:00:00Z", "2026-02-29T10:00:00Z", "2100-02-29T10:00:00Z",
		"2026-13-01T10:00:00Z", "2026-00-01T10:00:00Z", "2026-01-00T10:00:00Z",
		"2026-1-01T10:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01",
		"9999-12-31T23:59:60Z", "9999-12-31T23:59:59-00:01", "02026-11-24T10:00:00Z",
		"+026-11-24T10:00:00Z", "2026-11-24T10:00:00Zx", "2026-11-24T10:00:00Z ",
		" 2026-11-24T10:00:00Z", "2026-11-24T-1:00:00Z", "2026-11-24T10:00:00--1:00",
		"2026/11/24T10:00:00Z"};

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		reads_time(bad[i], false, 0);
	usec_t t = 77;
	assert_int_equal(text_to_time(BYTES("2026-11-24\0"
					    "10:00:00Z"),
				 &t),
		ERR_INVALID);
	assert_int_equal(text_to_time((struct str){NULL, 0}, &t), ERR_INVALID);
}

TEST(writes_times)
{
	char out[25];

	assert_string_equal(text_from_time(0, out, sizeof(out)), "1970-01-01T00:00:00.000Z");
	assert_string_equal(text_from_time(1795514400 * USEC_SEC + 1999, out, sizeof(out)),
		"2026-11-24T10:00:00.001Z");
	assert_string_equal(text_from_time(253402300799999999, out, sizeof(out)),
		"9999-12-31T23:59:59.999Z");
	assert_string_equal(text_from_time(253402300800000000, out, sizeof(out)), "?");
	assert_string_equal(text_from_time(-1, out, sizeof(out)), "?");
	assert_string_equal(text_from_time(INT64_MIN, out, sizeof(out)), "?");
	assert_string_equal(text_from_time(USEC_NEVER, out, sizeof(out)), "?");
}

TEST(reads_every_time_it_wrote)
{
	struct rng r = test_rng();

	for (int round = 0; round < 5000; round++) {
		usec_t wall = rng_range(&r, 0, 253402300799999) * USEC_MSEC;
		char out[25];
		usec_t back;

		assert_int_equal(
			text_to_time(str_of(text_from_time(wall, out, 25)), &back), ERR_OK);
		assert_true(back == wall);
		/* and with an offset, which moves the words but not the instant */
		int64_t minutes = rng_range(&r, -1439, 1439);
		char with[32];
		if (wall + minutes * USEC_MIN < 0 || wall > 253402000000000000)
			continue;
		text_from_time(wall + minutes * USEC_MIN, out, sizeof(out));
		int64_t size = minutes < 0 ? -minutes : minutes;
		(void)snprintf(with, sizeof(with), "%.23s%c%02d:%02d", out,
			minutes < 0 ? '-' : '+', (int)(size / 60), (int)(size % 60));
		assert_int_equal(text_to_time(str_of(with), &back), ERR_OK);
		assert_true(back == wall);
	}
}

static void shows(struct str s, size_t cap, const char *expected)
{
	char out[64];

	assert_ptr_equal(text_show(s, out, cap), out);
	assert_string_equal(out, expected);
}

TEST(shows_foreign_text_without_harm)
{
	shows(BYTES("plain gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa6"), 64,
		"plain gr\xc3\xbc\xc3\x9f \xf0\x9f\x90\xa6");
	shows(BYTES("a\nb\0c\x1b[1m\x7f"), 64, "a?b?c?[1m?");
	shows(BYTES("\xff"
		    "a\xc3"),
		64, "?a?");
	shows(BYTES("\xc2\x9b"
		    "31m\xc2\xa0"),
		64, "?31m\xc2\xa0");
	shows(BYTES("\xe2\x80\xae"
		    "abc\xe2\x80\xa8\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\xaa"),
		64, "?abc????");
	shows(BYTES("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"), 64,
		"\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa");
	shows((struct str){NULL, 0}, 64, "");
}

TEST(cuts_what_it_shows_at_a_whole_character)
{
	shows(BYTES("abcdef"), 4, "abc");
	shows(BYTES("ab\xc3\xbc"), 5, "ab\xc3\xbc");
	shows(BYTES("ab\xc3\xbc"), 4, "ab");
	shows(BYTES("ab\xc3\xbc"), 3, "ab");
	shows(BYTES("a"), 1, "");
	shows(BYTES("\x01\x02"), 2, "?");
}

static void trims(const char *text, const char *expected)
{
	char s[32];

	(void)snprintf(s, sizeof(s), "%s", text);
	text_trim(s);
	assert_string_equal(s, expected);
}

TEST(trims_an_unfinished_character)
{
	trims("", "");
	trims("abc", "abc");
	trims("ab\xc3\xbc", "ab\xc3\xbc");
	trims("ab\xc3", "ab");
	trims("\xc3", "");
	trims("a\xe2\x82\xac", "a\xe2\x82\xac");
	trims("a\xe2\x82", "a");
	trims("a\xe2", "a");
	trims("a\xf0\x9f\x90\xa6", "a\xf0\x9f\x90\xa6");
	trims("a\xf0\x9f\x90", "a");
	trims("a\xf0\x9f", "a");
	trims("a\xf0", "a");
}

/* Known answers of FNV-1a, 64 bits, from its authors' page. */
TEST(hashes_as_fnv_1a)
{
	assert_true(text_hash("", 0) == 0xcbf29ce484222325u);
	assert_true(text_hash("a", 1) == 0xaf63dc4c8601ec8cu);
	assert_true(text_hash("foobar", 6) == 0x85944171f73967e8u);
}

TEST(reads_dollars_to_the_millionth)
{
	static const struct {
		const char *text;
		int64_t micros;
	} good[] = {
		{"0", 0},
		{"12", 12000000},
		{"12.50", 12500000},
		{"0.015", 15000},
		{"0.000001", 1},
		{"1000000000000", INT64_C(1000000000000000000)},
	};
	static const char *const bad[] = {"", ".", "1.", ".5", "-1", "1.-5", "1.0000001", "1,5",
		"$1", "1 ", "1e3", "1000000000001"};
	int64_t micros = 0;

	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_int_equal(text_to_micros(str_of(good[i].text), &micros), ERR_OK);
		assert_int_equal(micros, good[i].micros);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (!text_to_micros(str_of(bad[i]), &micros))
			fail_msg("'%s' was taken for dollars", bad[i]);
}
