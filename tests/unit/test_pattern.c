#include "common/xapi/value/pattern.h"

#include <regex.h>
#include <string.h>

#include "tests/lib/test.h"

/* clang-format off */
static const struct {
	enum text_pattern pattern;
	const char *right, *wrong; /* texts, with "|" between them */
} all[] = {
	{PATTERN_ID,        "1|0|1900000000000000001", "a|-1|12345678901234567890|1 "},
	{PATTERN_POSITIVE,  "1|1900000000000000001", "0|01|12345678901234567890"},
	{PATTERN_DIGITS,    "0|123456789012345678901234567890", "1a|-1| 1"},
	{PATTERN_SPACE,     "1DXxyRYNejbKM|a", "1DXxyRYNejbKMx|a_b|a b"},
	{PATTERN_HASH,      "abc123", "abc-123|a/b"},
	{PATTERN_BASE64,    "aGVsbG8=|a-_+/=", "a b|a\n|*"},
	{PATTERN_MEDIA_KEY, "3_1900000000000000001|13_1", "3|_1|3_|3_1_2|a_1"},
	{PATTERN_COUNTRY,   "EN|DE", "en|E|ENG|E1"},
	{PATTERN_CHAT,      "1|1-2|g1", "g|1-|-1|1-2-3|h1|1_2"},
	{PATTERN_TALK,      "123456789012345|1-2", "12345678901234|1-|g1|1-2-3"},
	{PATTERN_HAS_LINK,  "see https://x.com|http://a", "see x.com|https://|http:// a"},
	{PATTERN_USERNAME,  "ann_example|A1", "@ann|a_name_too_long_|a b"},
	{PATTERN_NAME,      "O'Neil_ 2", "a-b|x@y"},
};
/* clang-format on */

/* Each text of a list, and whether it matches. */
static void check_each(enum text_pattern p, const char *list, bool right)
{
	while (*list) {
		size_t n = strcspn(list, "|");

		if (pattern_matches(p, (struct str){list, n}) != right)
			fail_msg("%.*s %s", (int)n, list, pattern_expression(p));
		list += n + (list[n] == '|');
	}
}

TEST(takes_what_the_specification_takes_and_nothing_else)
{
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		check_each(all[i].pattern, all[i].right, true);
		check_each(all[i].pattern, all[i].wrong, false);
	}
	assert_int_equal(COUNT_OF(all), PATTERN_COUNT - 1);
	assert_false(pattern_matches(PATTERN_BASE64, str_of("")));
	assert_true(pattern_matches(PATTERN_ANY, str_of("anything")));
}

/* Random short texts against the C library's machine for regular expressions. */
TEST(agrees_with_regular_expressions)
{
	static const char letters[] = "01259aZzgE_-=+/' @\n";
	struct rng r = test_rng();

	for (int p = PATTERN_ANY + 1; p < PATTERN_COUNT; p++) {
		regex_t machine;

		if (p == PATTERN_HAS_LINK)
			continue; /* looks ahead, which POSIX cannot */
		assert_int_equal(regcomp(&machine, pattern_expression((enum text_pattern)p),
					 REG_EXTENDED | REG_NOSUB),
			0);
		for (int i = 0; i < 3000; i++) {
			char text[24] = "";
			size_t n = (size_t)rng_range(&r, 0, 21);

			for (size_t k = 0; k < n; k++)
				text[k] = letters[rng_range(&r, 0, sizeof(letters) - 2)];
			bool want = regexec(&machine, text, 0, NULL, 0) == 0;
			if (pattern_matches((enum text_pattern)p, str_of(text)) != want)
				fail_msg("'%s' %s", text,
					pattern_expression((enum text_pattern)p));
		}
		regfree(&machine);
	}
}
