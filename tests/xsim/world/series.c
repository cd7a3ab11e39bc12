#include "tests/xsim/world/series.h"

#include "tests/xsim/need.h"

void series_add(struct series *s, uint32_t slot)
{
	if (s->count == s->size) {
		uint32_t size = s->size ? s->size * 2 : 4;
		s->slots = need(mem_grow(s->slots, (size_t)size * sizeof(*s->slots)));
		s->size = size;
	}
	s->slots[s->count++] = slot;
}

void series_done(struct series *s)
{
	mem_free(s->slots);
	*s = (struct series){0};
}

uint32_t series_below(const struct series *s, uint64_t key, series_key *key_of, const void *ctx)
{
	uint32_t low = 0, high = s->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (key_of(ctx, s->slots[middle]) < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
