#include "common/base/clock.h"

#include <time.h>

#include "tests/lib/test.h"

TEST(never_steps_back_on_the_steady_clock)
{
	struct now before = clock_system.read(clock_system.ctx);

	for (int i = 0; i < 1000; i++) {
		struct now now = clock_system.read(clock_system.ctx);

		assert_true(now.mono >= before.mono);
		before = now;
	}
}

static usec_t standard_clock(void)
{
	struct timespec ts;

	assert_int_equal(timespec_get(&ts, TIME_UTC), TIME_UTC);
	return ts.tv_sec * USEC_SEC + ts.tv_nsec / 1000;
}

TEST(counts_the_wall_clock_in_microseconds_since_1970)
{
	for (int i = 0; i < 100; i++) {
		usec_t before = standard_clock();
		usec_t wall = clock_system.read(clock_system.ctx).wall;
		usec_t after = standard_clock();

		/* unless somebody has just set it */
		assert_true((before <= wall && wall <= after) || after < before);
	}
	assert_true(USEC_DAY == 86400000000 && USEC_DAY == 24 * USEC_HOUR);
}
