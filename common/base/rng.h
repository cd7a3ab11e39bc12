/*
 * rng.h - chance, as a value
 *
 * Seeded, so that a run can be played again. Not for keys or tokens: those
 * come from common/crypto/random.h.
 */
#ifndef ROOST_COMMON_BASE_RNG_H
#define ROOST_COMMON_BASE_RNG_H

#include "common/base/base.h"

struct rng {
	uint64_t s;
};

/* The next 64 bits. */
uint64_t rng_next(struct rng *r);

/* A whole number in [lo, hi]; lo <= hi. */
int64_t rng_range(struct rng *r, int64_t lo, int64_t hi);

#endif
