/*
 * random.h - chance that nobody can guess
 *
 * For keys, tokens, nonces and ids. For tests and jitter there is rng.h, which
 * can be played again.
 */
#ifndef ROOST_COMMON_CRYPTO_RANDOM_H
#define ROOST_COMMON_CRYPTO_RANDOM_H

#include "common/base/base.h"

/* Fills out[n]. A system that has no randomness to give stops the process. */
void crypto_random(void *out, size_t n);

/*
 * Writes n letters of a-z and 2-7 (5 bits each) and a zero byte to
 * out[n + 1]; returns out. 26 letters are 130 bits: never the same twice.
 */
char *crypto_random_id(char *out, size_t n);

#endif
