#include "common/base/err.h"

#include <string.h>

#include "common/base/text.h"
#include "tests/lib/test.h"

TEST(puts_the_outermost_words_first)
{
	struct errmsg m;

	assert_int_equal(err_say(&m, ERR_FORMAT, "line %d: bad duration", 7), ERR_FORMAT);
	assert_int_equal(err_wrap(&m, ERR_FORMAT, "config"), ERR_FORMAT);
	assert_string_equal(m.text, "config: line 7: bad duration");
}

TEST(builds_the_path_of_a_field_from_the_inside)
{
	struct errmsg m;

	err_say(&m, ERR_INVALID, "too long");
	err_at(&m, ERR_INVALID, "text");
	err_at(&m, ERR_INVALID, "args");
	err_at(&m, ERR_INVALID, "[%d]", 2);
	err_at(&m, ERR_INVALID, "jobs");
	assert_string_equal(m.field, "jobs[2].args.text");
}

TEST(cuts_words_that_do_not_fit)
{
	struct errmsg m;
	char big[1000];

	memset(big, 'x', sizeof(big));
	big[999] = 0;
	err_say(&m, ERR_IO, "%s", big);
	err_wrap(&m, ERR_IO, "outer");
	assert_int_equal(strlen(m.text), sizeof(m.text) - 1);
	assert_memory_equal(m.text, "outer: xxx", 10);
}

TEST(cuts_at_a_whole_character)
{
	struct errmsg m;
	char birds[800] = "";

	for (size_t i = 0; i < 190; i++)
		memcpy(birds + (size_t)4 * i, "\xf0\x9f\x90\xa6", 5);
	for (int shift = 0; shift < 4; shift++) {
		err_say(&m, ERR_IO, "%.*s%s", shift, "xxxx", birds);
		assert_true(text_is_utf8(str_of(m.text)));
		assert_in_range(strlen(m.text), sizeof(m.text) - 4, sizeof(m.text) - 1);
		err_at(&m, ERR_IO, "%.*s%s", shift, "xxxx", birds);
		assert_true(text_is_utf8(str_of(m.field)));
		err_at(&m, ERR_IO, "outer");
		assert_true(text_is_utf8(str_of(m.field)));
		err_wrap(&m, ERR_IO, "%.*s", shift, "xxxx");
		assert_true(text_is_utf8(str_of(m.text)));
	}
}

TEST(needs_no_words)
{
	assert_int_equal(err_say(NULL, ERR_IO, "x"), ERR_IO);
	assert_string_equal(err_name(ERR_IO), "ERR_IO");
	assert_string_equal(err_wire(ERR_INVALID), "invalid_argument");
}
