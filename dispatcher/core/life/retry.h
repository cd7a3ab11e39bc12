/*
 * retry.h - how long to wait before the next try
 *
 * Full jitter: anywhere within [0, min(cap, base * 2^tries)], so that what
 * failed together does not come back together.
 */
#ifndef ROOST_DISPATCHER_CORE_LIFE_RETRY_H
#define ROOST_DISPATCHER_CORE_LIFE_RETRY_H

#include "common/base/clock.h"
#include "common/base/rng.h"

/* The most that a wait may be after so many tries; base and cap >= 0. */
usec_t retry_most(usec_t base, usec_t cap, unsigned tries);

/* A wait, drawn from r. */
usec_t retry_wait(struct rng *r, usec_t base, usec_t cap, unsigned tries);

#endif
