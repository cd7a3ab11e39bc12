#include "dispatcher/core/life/retry.h"

usec_t retry_most(usec_t base, usec_t cap, unsigned tries)
{
	usec_t most = base;

	ASSERT(base >= 0 && cap >= 0);
	while (tries-- > 0 && most > 0 && most < cap)
		most = most > cap / 2 ? cap : most * 2;
	return most < cap ? most : cap;
}

usec_t retry_wait(struct rng *r, usec_t base, usec_t cap, unsigned tries)
{
	return rng_range(r, 0, retry_most(base, cap, tries));
}
