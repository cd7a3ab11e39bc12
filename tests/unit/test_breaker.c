#include "dispatcher/core/brake/breaker.h"

#include "tests/lib/test.h"

static struct breaker opened(usec_t wall)
{
	struct breaker b = {0};

	for (int i = 1; i < BREAKER_RUN; i++)
		assert_false(breaker_failed(&b, false, wall));
	assert_true(breaker_failed(&b, false, wall));
	return b;
}

TEST(opens_after_a_run_of_failures_and_not_before)
{
	struct breaker b = {0};

	for (int i = 1; i < BREAKER_RUN; i++)
		(void)breaker_failed(&b, false, 100);
	assert_false(breaker_is_open(&b));
	assert_false(breaker_succeeded(&b));
	for (int i = 1; i < BREAKER_RUN; i++)
		(void)breaker_failed(&b, false, 100);
	assert_int_equal(breaker_ready_at(&b, 100), 100);
	assert_true(breaker_failed(&b, false, 100));
	assert_int_equal(breaker_ready_at(&b, 100), 100 + BREAKER_WAIT_MIN);
}

TEST(lets_one_probe_through_at_a_time)
{
	struct breaker b = opened(0);
	usec_t at = breaker_ready_at(&b, 0);

	assert_int_equal(breaker_ready_at(&b, at), at);
	assert_true(breaker_take(&b));
	assert_true(breaker_ready_at(&b, at) > at);
	breaker_give(&b);
	assert_int_equal(breaker_ready_at(&b, at), at);
	assert_true(breaker_take(&b));
	assert_true(breaker_succeeded(&b));
	assert_false(breaker_is_open(&b));
	assert_false(breaker_take(&b));
}

TEST(asks_at_most_twice_a_minute_and_ever_more_rarely)
{
	struct breaker b = opened(0);
	usec_t now = 0, wait = BREAKER_WAIT_MIN;

	for (int i = 0; i < 12; i++) {
		usec_t at = breaker_ready_at(&b, now);

		assert_int_equal(at - now, wait);
		now = at;
		assert_true(breaker_take(&b));
		assert_true(breaker_failed(&b, true, now));
		wait = 2 * wait < BREAKER_WAIT_MAX ? 2 * wait : BREAKER_WAIT_MAX;
	}
	assert_int_equal(wait, BREAKER_WAIT_MAX);
}

/* What was under way when it opened fails late: that is no probe, and moves nothing. */
TEST(late_failures_do_not_make_the_wait_longer)
{
	struct breaker b = opened(0);
	usec_t at = breaker_ready_at(&b, 0);

	for (int i = 0; i < 50; i++)
		assert_true(breaker_failed(&b, false, i));
	assert_int_equal(breaker_ready_at(&b, 50), at);
}

TEST(forgives_a_clock_that_steps_back)
{
	struct breaker b = opened(365 * USEC_DAY);

	assert_true(breaker_ready_at(&b, 0) <= BREAKER_WAIT_MAX);
}

TEST(can_be_tripped_at_once)
{
	struct breaker b = {0};

	breaker_trip(&b, 7);
	assert_int_equal(breaker_ready_at(&b, 7), 7 + BREAKER_WAIT_MIN);
	breaker_trip(&b, 9);
	assert_int_equal(breaker_ready_at(&b, 9), 7 + BREAKER_WAIT_MIN);
}
