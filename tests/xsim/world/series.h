/*
 * series.h - slots in the order they came
 *
 * For timelines, followers, conversations: slots are added at the end, in
 * rising order of a key that their owner knows, and never taken out; what is
 * gone is skipped by whoever reads. A key is found by halving.
 */
#ifndef ROOST_TESTS_XSIM_WORLD_SERIES_H
#define ROOST_TESTS_XSIM_WORLD_SERIES_H

#include <stddef.h>
#include <stdint.h>

/* An empty series is all zeroes. */
struct series {
	uint32_t *slots; /* owned */
	uint32_t count;
	uint32_t size;
};

typedef uint64_t series_key(const void *ctx, uint32_t slot);

void series_add(struct series *s, uint32_t slot);
void series_done(struct series *s);

/* How many of its slots have a key below `key`: where those at or above it begin. */
uint32_t series_below(
	const struct series *s, uint64_t key, series_key *key_of, const void *ctx);

#endif
