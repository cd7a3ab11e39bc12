#include "worker/textmatch.h"

#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "tests/lib/test.h"
#include "worker/tree.h"

static json_t *json_of(const char *text)
{
	json_t *t = NULL;

	if (tree_read(str_of(text), &t))
		fail_msg("no JSON: %s", text);
	return t;
}

static bool matches(const char *ours, const char *theirs, const char *urls, unsigned may)
{
	AUTO_TREE u = json_of(urls);

	return textmatch(str_of(ours), str_of(theirs), u, may);
}

#define NO_URLS "[]"
#define T_CO_A  "[{\"url\":\"https://t.co/a\",\"expanded_url\":\"https://example.com/Page\"}]"
#define T_CO_B  "[{\"url\":\"https://t.co/b\",\"expanded_url\":\"http://example.com/\"}]"
#define T_CO_M \
	"[{\"url\":\"https://t.co/m\",\"expanded_url\":\"https://x.com/a/status/1/photo/1\"}]"
#define REPLY TEXT_MAY_MENTION
#define MEDIA TEXT_MAY_LINK

/* clang-format off */
static const struct {
	const char *ours, *theirs, *urls;
	unsigned may;
	bool same;
} cases[] = {
	{"hello", "hello", NO_URLS, 0, true},
	{"hello", "hello", "null", 0, true},
	{"hello", "Hello", NO_URLS, 0, false},
	{"hello", "hello!", NO_URLS, 0, false},
	{"hello!", "hello", NO_URLS, 0, false},
	{"hello", "", NO_URLS, 0, false},
	{"", "", NO_URLS, 0, true},
	{"Tom & Jerry <3 > 2", "Tom &amp; Jerry &lt;3 &gt; 2", NO_URLS, 0, true},
	{"Tom & Jerry", "Tom & Jerry", NO_URLS, 0, true},
	{"&amp;", "&amp;amp;", NO_URLS, 0, true},
	{"&amp;", "&amp;", NO_URLS, 0, false},
	{"&lt;", "&lt;", NO_URLS, 0, false},
	{"a &", "a &amp", NO_URLS, 0, false},
	{"  hello\n", "hello", NO_URLS, 0, true},
	{"one\r\n\r\ntwo", "one\n\ntwo", NO_URLS, 0, true},
	{"one  two", "one two", NO_URLS, 0, true},
	{"onetwo", "one two", NO_URLS, 0, false},
	{"one two", "onetwo", NO_URLS, 0, false},
	{"\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x91\x8d", "\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x91\x8d", NO_URLS, 0, true},
	{"\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x91\x8d", "\xe4\xbd\xa0\xe5\xa5\xbd \xf0\x9f\x91\x8e", NO_URLS, 0, false},
	{"cafe\xcc\x81 \xe4\xbd\xa0", "caf\xc3\xa9 \xe4\xbd\xa0", NO_URLS, 0, true},
	{"caf\xc3\xa9", "cafe\xcc\x81", NO_URLS, 0, true},
	{"cafe\xcc\x80", "caf\xc3\xa9", NO_URLS, 0, false},

	{"see https://example.com/Page now", "see https://t.co/a now", T_CO_A, 0, true},
	{"see example.com/Page now", "see https://t.co/a now", T_CO_A, 0, true},
	{"see https://example.com/Other now", "see https://t.co/a now", T_CO_A, 0, false},
	{"see https://example.com/Page2", "see https://t.co/a", T_CO_A, 0, false},
	{"see https://example.com/Page", "see https://t.co/a", NO_URLS, 0, false},
	{"see https://t.co/a", "see https://t.co/a", T_CO_A, 0, true},
	{"example.com", "https://t.co/b", T_CO_B, 0, true},
	{"http://example.com/", "https://t.co/b", T_CO_B, 0, true},
	{"HTTP://Example.com", "https://t.co/b", T_CO_B, 0, true},
	{"(example.com)", "(https://t.co/b)", T_CO_B, 0, true},
	{"example.com example.com", "https://t.co/b https://t.co/b", T_CO_B, 0, true},
	{"example.com", "https://t.co/b https://t.co/b", T_CO_B, 0, false},

	{"a photo", "a photo https://t.co/m", T_CO_M, MEDIA, true},
	{"a photo", "a photo https://t.co/m", NO_URLS, MEDIA, true},
	{"a photo", "a photo https://t.co/m", T_CO_M, 0, false},
	{"a photo", "a photo", T_CO_M, MEDIA, true},
	{"", "https://t.co/m", T_CO_M, MEDIA, true},
	{"a photo", "a photo https://t.co/m https://t.co/n", NO_URLS, MEDIA, false},
	{"a photo", "a photo too https://t.co/m", T_CO_M, MEDIA, false},
	{"a photo", "a photo https://example.com/", NO_URLS, MEDIA, false},

	{"thanks", "@ann thanks", NO_URLS, REPLY, true},
	{"thanks", "@ann @bob_2 thanks", NO_URLS, REPLY, true},
	{"@ann thanks", "@ann thanks", NO_URLS, REPLY, true},
	{"@bob thanks", "@ann @bob thanks", NO_URLS, REPLY, true},
	{"thanks", "@ann thanks", NO_URLS, 0, false},
	{"thanks", "@ann thanks you", NO_URLS, REPLY, false},
	{"@ann thanks", "thanks", NO_URLS, REPLY, false},
	{"thanks", "@not-a-name thanks", NO_URLS, REPLY, false},
	{"thanks", "@ann", NO_URLS, REPLY, false},
	{"", "@ann https://t.co/m", T_CO_M, REPLY | MEDIA, true},
};
/* clang-format on */

TEST(knows_a_text_again_after_what_x_does_to_it)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		if (matches(cases[i].ours, cases[i].theirs, cases[i].urls, cases[i].may) !=
			cases[i].same)
			fail_msg("'%s' and '%s': not %s", cases[i].ours, cases[i].theirs,
				cases[i].same ? "same" : "different");
}

/* As X would give a text back: escaped. */
static const char *escape(const char *text, struct buf *out)
{
	static const char *const escapes[256] = {
		['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;"};

	buf_reset(out);
	for (; *text; text++) {
		const char *escaped = escapes[(unsigned char)*text];

		if (escaped)
			buf_str(out, escaped);
		else
			buf_byte(out, (unsigned char)*text);
	}
	return buf_cstr(out);
}

TEST(tells_texts_apart_that_differ_in_one_character)
{
	static const char letters[] = "ab&<>@; ht";
	struct rng r = test_rng();
	struct buf escaped;

	buf_init(&escaped, 1024);
	for (int round = 0; round < 2000; round++) {
		char ours[41] = "";
		char other[41];
		size_t len = (size_t)rng_range(&r, 1, 40);

		for (size_t i = 0; i < len; i++)
			ours[i] = letters[rng_range(&r, 0, sizeof(letters) - 2)];
		const char *theirs = escape(ours, &escaped);
		assert_true(matches(ours, theirs, NO_URLS, 0));
		memcpy(other, ours, sizeof(ours));
		size_t at = (size_t)rng_range(&r, 0, (int64_t)len - 1);
		other[at] = ours[at] == 'Z' ? 'Y' : 'Z';
		if (ours[at] != ' ')
			assert_false(matches(other, theirs, NO_URLS, 0));
	}
	buf_done(&escaped);
}
