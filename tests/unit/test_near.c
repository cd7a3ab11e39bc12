#include "common/base/near.h"

#include "tests/lib/test.h"

static const char *nth(const void *ctx, size_t i)
{
	static const char *const names[] = {"priority", "run_at", "tags", NULL};

	(void)ctx;
	return names[i];
}

static const char *meant(const char *wrong)
{
	static const struct near_alias habits[] = {
		{"when", "run_at"}, {"labels", "nothing"}, {NULL, NULL}};

	return near_find(str_of(wrong), nth, NULL, habits);
}

TEST(finds_the_name_that_few_letters_are_between)
{
	assert_string_equal(meant("prority"), "priority");
	assert_string_equal(meant("pirority"), "priority");
	assert_string_equal(meant("PRIORITY"), "priority");
	assert_string_equal(meant("runat"), "run_at");
	assert_string_equal(meant("tag"), "tags");
}

TEST(finds_what_people_write_from_habit_if_it_is_there)
{
	assert_string_equal(meant("When"), "run_at");
	assert_null(meant("labels"));
}

TEST(guesses_nothing_where_nothing_is_near)
{
	assert_null(meant(""));
	assert_null(meant("colour"));
	assert_null(meant("a name that is far too long to be near to any of the names here"));
}
