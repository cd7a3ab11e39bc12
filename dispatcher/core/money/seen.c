#include "dispatcher/core/money/seen.h"

#include "common/base/mem.h"

#define FIRST_SIZE 256u

/* Of an object: one number for kind and id, spread over all bits (SplitMix64), never 0. */
static uint64_t mark_of(unsigned kind, uint64_t id)
{
	uint64_t x = id + (kind + 1) * UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	x ^= x >> 31;
	return x ? x : 1;
}

/* Where a mark is, or would be. */
static uint32_t place_of(const uint64_t *cells, uint32_t size, uint64_t mark)
{
	uint32_t at = (uint32_t)mark & (size - 1);

	while (cells[at] && cells[at] != mark)
		at = (at + 1) & (size - 1);
	return at;
}

/* Room for one more: at most three quarters are used. */
static bool grow(struct seen *s)
{
	uint32_t size = s->size ? 2 * s->size : FIRST_SIZE;

	if (s->count < s->size / 4 * 3)
		return true;
	if (s->count >= SEEN_MAX)
		return false;
	uint64_t *cells = mem_array(size, sizeof(*cells));
	if (!cells)
		return false;
	for (uint32_t i = 0; i < s->size; i++)
		if (s->cells[i])
			cells[place_of(cells, size, s->cells[i])] = s->cells[i];
	mem_free(s->cells);
	s->cells = cells;
	s->size = size;
	return true;
}

void seen_done(struct seen *s)
{
	mem_free(s->cells);
	*s = (struct seen){0};
}

bool seen_add(struct seen *s, unsigned kind, uint64_t id, int32_t day)
{
	uint64_t mark = mark_of(kind, id);

	if (day != s->day)
		seen_done(s);
	s->day = day;
	if (s->size && s->cells[place_of(s->cells, s->size, mark)] == mark)
		return true;
	if (!grow(s))
		return false;
	s->cells[place_of(s->cells, s->size, mark)] = mark;
	s->count++;
	return false;
}
