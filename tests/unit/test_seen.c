#include "dispatcher/core/money/seen.h"

#include "tests/lib/test.h"

TEST(knows_what_it_was_given_on_that_day)
{
	struct seen s = {0};

	assert_false(seen_add(&s, 1, 42, 100));
	assert_true(seen_add(&s, 1, 42, 100));
	assert_int_equal(s.count, 1);
	seen_done(&s);
}

TEST(tells_kinds_apart)
{
	struct seen s = {0};

	assert_false(seen_add(&s, 1, 42, 100));
	assert_false(seen_add(&s, 2, 42, 100));
	assert_true(seen_add(&s, 2, 42, 100));
	seen_done(&s);
}

TEST(begins_anew_on_another_day_and_after_its_end)
{
	struct seen s = {0};

	assert_false(seen_add(&s, 1, 42, 100));
	assert_false(seen_add(&s, 1, 42, 101));
	assert_int_equal(s.count, 1);
	assert_false(seen_add(&s, 1, 42, 100)); /* a step back: taken for new, never for paid */
	seen_done(&s);
	assert_false(seen_add(&s, 1, 42, 100));
	seen_done(&s);
}

TEST(forgets_nothing_while_it_grows)
{
	struct seen s = {0};

	for (uint64_t id = 0; id < 5000; id++)
		assert_false(seen_add(&s, 1, id, 7));
	for (uint64_t id = 0; id < 5000; id++)
		assert_true(seen_add(&s, 1, id, 7));
	assert_int_equal(s.count, 5000);
	seen_done(&s);
}

/* What it has no room for is taken for new: money is counted, and not forgotten. */
TEST(is_full_at_its_bound_and_takes_the_rest_for_new)
{
	struct seen s = {0};

	for (uint64_t id = 0; id < SEEN_MAX; id++)
		(void)seen_add(&s, 1, id, 7);
	assert_int_equal(s.count, SEEN_MAX);
	for (int i = 0; i < 2; i++)
		assert_false(seen_add(&s, 1, SEEN_MAX + 1, 7));
	assert_true(seen_add(&s, 1, 0, 7));
	assert_int_equal(s.count, SEEN_MAX);
	seen_done(&s);
}
