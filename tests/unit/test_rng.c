#include "common/base/rng.h"

#include "tests/lib/test.h"

TEST(gives_the_same_numbers_for_the_same_seed)
{
	struct rng a = {7};
	struct rng b = {7};
	struct rng c = {8};
	int same = 0;

	for (int i = 0; i < 1000; i++) {
		uint64_t n = rng_next(&a);

		assert_true(n == rng_next(&b));
		same += n == rng_next(&c);
	}
	assert_int_equal(same, 0);
}

/* The first numbers of splitmix64 for the seed 1234567, as its authors' program prints them. */
TEST(is_splitmix64)
{
	struct rng r = {1234567};

	assert_true(rng_next(&r) == 6457827717110365317u);
	assert_true(rng_next(&r) == 3203168211198807973u);
	assert_true(rng_next(&r) == 9817491932198370423u);
}

TEST(stays_in_its_range_and_reaches_both_ends)
{
	struct rng r = test_rng();
	int seen[7] = {0};

	for (int i = 0; i < 7000; i++)
		seen[rng_range(&r, -3, 3) + 3]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 800, 1200);
	int ends[2] = {0};
	for (int i = 0; i < 8000; i++) {
		int64_t n = rng_range(&r, 0, 7);

		ends[0] += n == 0;
		ends[1] += n == 7;
	}
	assert_in_range(ends[0], 800, 1200);
	assert_in_range(ends[1], 800, 1200);
	assert_int_equal(rng_range(&r, 5, 5), 5);
	assert_true(rng_range(&r, INT64_MIN, INT64_MIN) == INT64_MIN);
}

TEST(takes_the_widest_of_ranges)
{
	struct rng r = test_rng();
	int negative = 0;

	for (int i = 0; i < 1000; i++) {
		negative += rng_range(&r, INT64_MIN, INT64_MAX) < 0;
		assert_true(rng_range(&r, INT64_MIN, -1) < 0);
		assert_true(rng_range(&r, 0, INT64_MAX) >= 0);
		assert_true(rng_range(&r, INT64_MIN + 1, INT64_MAX) > INT64_MIN);
	}
	assert_in_range(negative, 400, 600);
}
