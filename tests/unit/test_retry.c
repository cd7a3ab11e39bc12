#include "dispatcher/core/life/retry.h"
#include "tests/lib/test.h"

TEST(doubles_up_to_its_cap_and_no_further)
{
	assert_int_equal(retry_most(USEC_SEC, USEC_MIN, 0), USEC_SEC);
	assert_int_equal(retry_most(USEC_SEC, USEC_MIN, 3), 8 * USEC_SEC);
	assert_int_equal(retry_most(USEC_SEC, USEC_MIN, 6), USEC_MIN);
	assert_int_equal(retry_most(USEC_SEC, USEC_MIN, 1000000), USEC_MIN);
	assert_int_equal(retry_most(USEC_SEC, INT64_MAX, 1000), INT64_MAX);
	assert_int_equal(retry_most(0, USEC_MIN, 9), 0);
	assert_int_equal(retry_most(USEC_HOUR, USEC_MIN, 0), USEC_MIN);
}

/* Full jitter: the whole range is used, evenly. */
TEST(waits_anywhere_within_its_bounds)
{
	struct rng r = test_rng();
	int tenths[10] = {0};

	for (int i = 0; i < 20000; i++) {
		usec_t wait = retry_wait(&r, USEC_SEC, USEC_MIN, 4);

		assert_in_range(wait, 0, 16 * USEC_SEC);
		tenths[wait * 10 / (16 * USEC_SEC + 1)]++;
	}
	for (int i = 0; i < 10; i++)
		assert_in_range(tenths[i], 1700, 2300);
}
