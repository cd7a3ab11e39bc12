#include "common/xapi/text/count.h"

#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "tests/lib/test.h"

struct sample {
	const char *text;
	int64_t weighted;
	int64_t urls;
};

static struct count counted(const char *text)
{
	struct count c;

	assert_int_equal(count_text(str_of(text), &c), ERR_OK);
	return c;
}

static void check(const struct sample *samples, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct count c = counted(samples[i].text);

		if (c.weighted != samples[i].weighted || c.urls != samples[i].urls)
			fail_msg("'%s': %lld units and %lld URLs, not %lld and %lld",
				samples[i].text, (long long)c.weighted, (long long)c.urls,
				(long long)samples[i].weighted, (long long)samples[i].urls);
	}
}

#define CHECK(samples) check(samples, COUNT_OF(samples))

/* clang-format off */
static const struct sample characters[] = {
	{"", 0, 0},
	{"a", 1, 0},
	{"This is a test.", 15, 0},
	{"Stra\u00dfe \u00e9t\u00e9", 10, 0},
	{"\u041f\u0440\u0438\u0432\u0435\u0442", 6, 0},
	{"\u03b1\u03b2\u03b3", 3, 0},
	{"\u05e9\u05dc\u05d5\u05dd", 4, 0},
	{"\u0645\u0631\u062d\u0628\u0627", 5, 0},
	{"\u0928\u092e\u0938\u094d\u0924\u0947", 6, 0},        /* Devanagari lies below U+10FF */
	{"\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", 6, 0},
	{"\u10a0\u10ff", 2, 0},
	{"\u1100", 2, 0},                                      /* the first one that weighs 2 */
	{"\u65e5\u672c\u8a9e", 6, 0},
	{"\u3053\u3093\u306b\u3061\u306f", 10, 0},
	{"\uc800\ucc00\ucbff\ucfff", 8, 0},
	{"\uff01\uff21", 4, 0},
	{"\U00010000\U0010ffff", 4, 0},
	{"\u1fff", 2, 0}, {"\u2003", 1, 0}, {"\u200d", 1, 0}, {"\u200e", 2, 0}, {"\u200f", 2, 0},
	{"\u2010", 1, 0}, {"\u201c\u201d", 2, 0}, {"\u201f", 1, 0}, {"\u2020", 2, 0},
	{"\u2026", 2, 0},                                      /* an ellipsis */
	{"\u2031", 2, 0}, {"\u2032", 1, 0}, {"\u2037", 1, 0}, {"\u2038", 2, 0},
	{"\u20ac", 2, 0},
	{"a\nb\tc", 5, 0},
};

static const struct sample normalized[] = {
	{"e\u0301", 1, 0},                                     /* composes to U+00E9 */
	{"caf\u00e9", 4, 0}, {"cafe\u0301", 4, 0},
	{"A\u030a", 1, 0}, {"\u212b", 1, 0},                   /* Angstrom is the letter */
	{"\u2126", 1, 0},                                      /* and Ohm is Omega */
	{"x\u0301", 2, 0},                                     /* there is no such letter */
	{"a\u0323\u0302", 2, 0}, {"a\u0302\u0323", 2, 0},      /* U+1EAD, in either order, weighs 2 */
	{"\u1112\u1161\u11ab", 2, 0}, {"\ud558\u11ab", 2, 0},  /* one syllable of Hangul */
	{"\u304b\u3099", 2, 0},                                /* ka and its mark are ga */
	{"\u0958", 2, 0},                                      /* taken apart, and stays so */
	{"\u0344", 2, 0},
	{"\u1f82", 2, 0}, {"\u03b1\u0313\u0300\u0345", 2, 0},
	{"a\u0315\u0300\u05ae""b", 4, 0},
	{"\u1e9b\u0323", 3, 0},
	{"e\u0301\u0301\u0301", 3, 0},
	{"\u09c7\u09be", 1, 0},                                /* a vowel sign of two signs */
};

static const struct sample emoji[] = {
	{"\U0001f600", 2, 0},
	{"\u263a", 2, 0}, {"\u263a\ufe0f", 2, 0},
	{"\u263a\ufe0e", 4, 0},                                /* as text: two characters */
	{"\u2764\ufe0f", 2, 0},
	{"\u00a9", 1, 0}, {"\u00a9\ufe0f", 2, 0}, {"\u00ae\ufe0f", 2, 0},
	{"\u2122", 2, 0}, {"\u2122\ufe0f", 2, 0},
	{"1\ufe0f\u20e3", 2, 0}, {"1\u20e3", 2, 0}, {"#\ufe0f\u20e3*\ufe0f\u20e3", 4, 0},
	{"1\ufe0f", 3, 0}, {"a\ufe0f\u20e3", 5, 0}, {"10\ufe0f\u20e3", 3, 0},
	{"\U0001f44d\U0001f3fd", 2, 0}, {"\u261d\U0001f3ff", 2, 0},
	{"\U0001f600\U0001f3fd", 4, 0},                        /* faces have no skin tone */
	{"\U0001f3fd", 2, 0},
	{"\U0001f1e9\U0001f1ea", 2, 0}, {"\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 4, 0},
	{"\U0001f1fd\U0001f1fd", 4, 0},                        /* XX is no country */
	{"\U0001f1fd\U0001f1e9\U0001f1ea", 4, 0}, {"\U0001f1e9", 2, 0},
	{"\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", 2, 0},
	{"\U0001f469\U0001f3fe\u200d\U0001f4bb", 2, 0},
	{"\U0001f469\U0001f3fb\u200d\U0001f91d\u200d\U0001f468\U0001f3ff", 2, 0},
	{"\U0001f3f3\ufe0f\u200d\U0001f308", 2, 0}, {"\U0001f3f3\u200d\U0001f308", 2, 0},
	{"\U0001f3f4\u200d\u2620\ufe0f", 2, 0},
	{"\U0001f935\U0001f3fc\u200d\u2642\ufe0f", 2, 0},
	{"\u2764\ufe0f\u200d\U0001f525", 2, 0},
	{"\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f", 2, 0},
	{"\U0001f600\u200d", 3, 0}, {"\U0001f600\u200dx", 4, 0}, {"x\u200d\U0001f600", 4, 0},
	{"\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", 2, 0},
	{"\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e007f", 12, 0},
	{"\U0001f3f4\U000e0067\U000e0062", 6, 0},
	{"H\U0001f431\u263a", 5, 0},
	{"\u2605\ufe0f", 4, 0},                                /* a star that is no emoji */
};

static const struct sample urls[] = {
	{"http://test.com", 23, 1}, {"https://test.com", 23, 1}, {"HTTPS://Test.COM/Index.HTML", 23, 1},
	{"test.com", 23, 1}, {"www.example.com", 23, 1}, {"foo.co.jp", 23, 1}, {"t.co", 23, 1},
	{"Test https://test.com test https://test.com test.com test", 86, 3},
	{"https://a.example/b?c=d&e=f#g", 29, 0},              /* there is no .example */
	{"http://example.com:8080/a", 23, 1}, {"http://example.com:8080", 23, 1},
	{"http://example.com:", 24, 1}, {"example.com:8080/a", 23, 1}, {"example.com:8080", 28, 1},
	{"http://example.com?a=b", 23, 1}, {"example.com?a=b", 27, 1}, {"example.com/?a=b", 23, 1},
	{"http://example.com/?a=b.", 24, 1}, {"http://example.com/?", 24, 1},
	{"http://en.example.org/wiki/Primer_(film)", 23, 1},
	{"http://example.com/a_(b_(c)_d)", 23, 1},
	{"http://example.com/a_(b_(c_(d)))", 34, 1},           /* two levels, not three: ends after "a_" */
	{"(http://example.com/a)", 25, 1}, {"(see example.com/a_(b))", 29, 1},
	{"http://example.com/a(", 24, 1}, {"http://example.com/()", 25, 1},
	{"http://example.com.", 24, 1}, {"http://example.com/a.", 24, 1}, {"http://example.com/a,", 24, 1},
	{"http://example.com/a!", 24, 1}, {"http://example.com/a;b", 23, 1}, {"\"http://example.com\"", 25, 1},
	{"http://example.com/\u0439", 23, 1}, {"http://example.com/\u00e9", 23, 1},
	{"http://example.com/\u65e5", 25, 1},                  /* Han is not part of a path */
	{"http://\u65e5\u672c.com/a", 23, 1}, {"\u65e5\u672c.com", 8, 0},
	{"\u65e5\u672cexample.com", 27, 1}, {"\u65e5\u672cexample.com\u4e2d\u6587", 31, 1},
	{"example.com\u3092\u898b\u3066", 29, 1}, {"\u898b\u3066http://example.com", 27, 1},
	{"example.com\u4e2dexample.org", 48, 2}, {"example.com\u4e2dexample.org/a", 48, 2},
	{"http://\u2603.net/", 23, 1},
	{"http://xn--fsqu00a.xn--0zwm56d/a", 23, 1}, {"xn--bcher-kva.example.com", 23, 1}, {"a.xn--p1ai", 23, 1},
	{"http://\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444", 23, 1}, {"example.\u0440\u0444", 23, 1},
	{"example.\u0420\u0424", 23, 1},
	{"http://example.\u4e2d\u56fd\u4eba", 25, 1},
	{"b\u00fccher.de", 23, 1}, {" b\u00fccher.de", 24, 1},
	{"\u00e9cole.fr", 24, 1}, {" \u00e9cole.fr", 24, 1},   /* X tries the first letter as what stands before */
	{"user@example.com", 16, 0}, {"a.b@example.com", 15, 0}, {"@example.com", 12, 0}, {"#example.com", 12, 0},
	{"$example.com", 12, 0}, {"-example.com", 12, 0}, {"_example.com", 12, 0}, {"/example.com", 12, 0},
	{".example.com", 12, 0}, {"x:example.com", 25, 1}, {"=example.com", 24, 1}, {",example.com", 24, 1},
	{"xhttp://example.com", 19, 0}, {"ftp://example.com/a", 19, 0}, {"http://user:pw@example.com", 26, 0},
	{"http://-example.com", 19, 0}, {"http://example-.com", 19, 0}, {"http://exa_mple.com", 19, 0},
	{"http://a_b.example.com", 23, 1}, {"a_b.example.com", 25, 1}, {"http://example..com", 19, 0},
	{"http://localhost/a", 18, 0}, {"http://192.168.0.1/a", 20, 0}, {"1.5", 3, 0}, {"3.14.com", 23, 1},
	{"file.txt", 8, 0}, {"main.rs", 23, 1}, {"README.md", 23, 1}, {"node.js", 7, 0},
	{"Hello.World", 23, 1},                                /* .world is a top-level domain */
	{"e.g. this, i.e. that", 20, 0}, {"end.Then", 8, 0},
	{"example.comx", 12, 0}, {"example.com-x", 13, 0}, {"example.com@x", 13, 0}, {"example.com+x", 13, 0},
	{"example.com_x", 25, 1}, {"example.com's", 25, 1}, {"example.com.au", 23, 1}, {"example.com.zzz", 27, 1},
	{"http://example.com/a,http://example.com/b", 23, 1},  /* one path takes the other along */
	{"http://example.com,http://example.com", 47, 2}, {"example.com,example.org", 47, 2},
	{"example.com example.org", 47, 2}, {"http://example.com/a http://example.com/b", 47, 2},
	{"https://t.co/abc", 23, 1}, {"https://t.co/abc!!", 25, 1}, {"https://t.co/abc/def", 27, 1},
	{"https://t.co/abc?x=1", 23, 1}, {"https://t.co", 23, 1},
	{"https://t.co/0123456789012345678901234567890123456789", 23, 1},
	{"https://t.co/01234567890123456789012345678901234567890", 54, 0},
	{"http://example.com/~a/%20/@b/c", 23, 1}, {"http://example.com/#!/a", 23, 1},
	{"http://example.com/a\u2013b", 23, 1}, {"http://example.com/a\u2014b", 25, 1},
	{"http://example.com/a|b&c=*", 24, 1},
	{"\U0001f600example.com", 25, 1}, {"example.com\U0001f600", 25, 1},
	{"\uff03example.com", 25, 1}, {"\uff20example.com", 25, 1}, /* these belong to the domain */
	{"\u202aexample.com", 25, 1},
	{"http://example.com\n", 24, 1}, {".", 1, 0}, {"..", 2, 0}, {".com", 4, 0}, {"a.", 2, 0}, {"http://.com", 11, 0},
};
/* clang-format on */

TEST(characters_weigh_one_or_two)
{
	CHECK(characters);
}

TEST(a_text_is_counted_in_nfc)
{
	CHECK(normalized);
}

TEST(an_emoji_weighs_two_as_a_whole)
{
	CHECK(emoji);
}

TEST(a_url_weighs_23)
{
	CHECK(urls);
}

/* tests/data/emoji.txt: every sequence of Unicode 15.0. */
TEST(every_emoji_of_unicode_weighs_two)
{
	FILE *f = fopen(TEST_DATA "/emoji.txt", "r");
	char line[200];
	int n = 0;

	assert_non_null(f);
	for (; fgets(line, sizeof(line), f); n++) {
		line[strcspn(line, "\n")] = 0;
		if (counted(line).weighted != 2)
			fail_msg("%s (line %d) weighs %lld", line, n + 1,
				(long long)counted(line).weighted);
	}
	(void)fclose(f);
	assert_in_range(n, 4000, 6000);
}

/* The URLs found in `front`, n letters and `back`. */
static int64_t urls_with(const char *front, int n, const char *back)
{
	char text[5000];
	size_t at = (size_t)snprintf(text, sizeof(text), "%s", front);

	memset(text + at, 'a', (size_t)n);
	(void)snprintf(text + at + (size_t)n, sizeof(text) - at - (size_t)n, "%s", back);
	return counted(text).urls;
}

TEST(a_url_has_at_most_4096_characters_and_a_name_63)
{
	assert_int_equal(urls_with("http://example.com/", 4096 - 19, ""), 1);
	assert_int_equal(urls_with("http://example.com/", 4097 - 19, ""), 0);
	assert_int_equal(
		urls_with("example.com/", 4096 - 8 - 12, ""), 1); /* as if with https:// */
	assert_int_equal(urls_with("example.com/", 4097 - 8 - 12, ""), 0);
	assert_int_equal(urls_with("http://", 63, ".com"), 1);
	assert_int_equal(urls_with("http://", 64, ".com"), 0);
	assert_int_equal(urls_with("www.", 64, ".com"), 0);
}

TEST(cashtags_are_counted)
{
	static const struct {
		const char *text;
		int64_t cashtags;
	} samples[] = {
		{"$AAPL", 1},
		{"buy $AAPL, sell $msft.", 2},
		{"$ABCDEF", 1},
		{"$ABCDEFG", 0},
		{"$BRK.B and $BRK_B", 2},
		{"$BRK.BXY", 1},
		{"$5", 0},
		{"$A1", 0},
		{"$", 0},
		{"$ A", 0},
		{"x$AAPL", 0},
		{"$$AAPL", 0},
		{"$AAPL$MSFT", 1},
		{"$AAPL\u65e5", 0},
		{"\u3000$AAPL\u3000", 1},
		{"($AAPL)", 0},
		{"$AAPL\n$MSFT", 2},
	};

	for (size_t i = 0; i < COUNT_OF(samples); i++)
		if (counted(samples[i].text).cashtags != samples[i].cashtags)
			fail_msg("'%s' has %lld", samples[i].text,
				(long long)counted(samples[i].text).cashtags);
}

TEST(characters_that_x_refuses_are_seen)
{
	assert_false(counted("a\u00e9").refused);
	assert_true(counted("a\ufeff").refused);
	assert_true(counted("\ufffe").refused);
	assert_true(counted("\uffff").refused);
}

TEST(tells_how_much_of_a_text_fits)
{
	char text[400];

	memset(text, 'a', 300);
	text[280] = 0;
	assert_int_equal(counted(text).fits, 280);
	text[280] = 'a';
	text[281] = 0;
	assert_int_equal(counted(text).fits, 280);
	assert_int_equal(counted(text).weighted, 281);

	memcpy(text + 279, "\u65e5\u672c", 7); /* 279 units, then one of two */
	assert_int_equal(counted(text).fits, 279);
	memcpy(text + 279, "e\u0301", 4); /* two characters that are one */
	assert_int_equal(counted(text).weighted, 280);
	assert_int_equal(counted(text).fits, strlen(text));
	memcpy(text + 257, " http://example.com/a", 22); /* 258 and 23 are one too many */
	assert_int_equal(counted(text).fits, 258);
}

TEST(a_letter_with_its_marks_fits_whole_or_not_at_all)
{
	struct count c;

	assert_int_equal(count_text_within(str_of("ax\u0301\u0301"), 2, &c), ERR_OK);
	assert_int_equal(c.weighted, 4);
	assert_int_equal(c.fits, 1);
	assert_int_equal(count_text_within(str_of("abc"), 2, &c), ERR_OK);
	assert_int_equal(c.fits, 2);
	assert_int_equal(count_text_within(str_of("abc"), 0, &c), ERR_OK);
	assert_int_equal(c.fits, 0);
}

TEST(refuses_what_is_no_text)
{
	static const char *const bad[] = {
		"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80", "\xf4\x90\x80\x80", "\xe2\x82"};
	struct count c;

	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_int_equal(count_text(str_of(bad[i]), &c), ERR_FORMAT);
	assert_int_equal(count_text((struct str){"", COUNT_TEXT_MAX + 1}, &c), ERR_TOO_BIG);
	assert_int_equal(count_text((struct str){0}, &c), ERR_OK);
	assert_int_equal(c.weighted, 0);
}

TEST(says_when_there_is_no_memory)
{
	char text[3000];
	struct count c;

	memset(text, 'a', sizeof(text));
	text[100] = '$';
	mem_fail_after(0);
	enum err e = count_text((struct str){text, sizeof(text)}, &c);
	mem_fail_after(-1);
	assert_int_equal(e, ERR_NOMEM);
}

/* The same piece over and over, up to the largest text. */
static void repeat(struct buf *b, const char *piece)
{
	size_t n = strlen(piece);

	buf_reset(b);
	while (b->len + n <= COUNT_TEXT_MAX)
		buf_put(b, piece, n);
	assert_int_equal(b->err, ERR_OK);
}

/* Each of these takes minutes where a search begins again and again at the same place. */
TEST(takes_hostile_texts_in_one_go)
{
	static const char *const pieces[] = {"a.", "a_b.com.", "\u65e5", "\u65e5.", "a.com_",
		"a-.", "a.com/(", "a.com/((", "a.com/.....", "http://", "http://a.com/,",
		"e\u0301", "\u0301\u0323", "\u0344", "\U0001d160", "\U0001f468\u200d", "$A ",
		"xn--a.", "a.b\u65e5_", "\u0f73", "x.\u65e5"};
	struct count c;
	struct buf b;

	buf_init(&b, COUNT_TEXT_MAX);
	for (size_t i = 0; i < COUNT_OF(pieces); i++) {
		repeat(&b, pieces[i]);
		assert_int_equal(count_text(buf_view(&b), &c), ERR_OK);
	}
	buf_done(&b);
}
