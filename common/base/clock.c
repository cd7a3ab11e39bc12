#include "common/base/clock.h"

#include <time.h>

#include "common/base/failpoint.h"

static usec_t read_one(clockid_t id)
{
	struct timespec ts;

	ASSERT(clock_gettime(id, &ts) == 0);
	return (usec_t)ts.tv_sec * USEC_SEC + ts.tv_nsec / 1000;
}

/* How far the clock on the wall has jumped so far: in builds for tests alone. */
static usec_t jumped(void)
{
	static usec_t by;

	by += FAILPOINT(FAIL_CLOCK_FORWARD) * USEC_SEC;
	by -= FAILPOINT(FAIL_CLOCK_BACK) * USEC_SEC;
	return by;
}

static struct now read_both(void *ctx)
{
	(void)ctx;
	return (struct now){
		.mono = read_one(CLOCK_MONOTONIC), .wall = read_one(CLOCK_REALTIME) + jumped()};
}

const struct clock clock_system = {.read = read_both};
