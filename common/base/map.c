#include "common/base/map.h"

#include <string.h>

#include "common/base/mem.h"

#define FIRST_SIZE 16u

void map_init(struct map *m, uint64_t (*key_of)(const void *, uint32_t), const void *ctx)
{
	*m = (struct map){.key_of = key_of, .ctx = ctx};
}

void map_done(struct map *m)
{
	mem_free(m->cells);
	m->cells = NULL;
	m->size = 0;
	m->count = 0;
}

/* Where the search for a key begins: a mix of its bits (Fibonacci hashing). */
static uint32_t home(const struct map *m, uint64_t key)
{
	return (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (m->size - 1);
}

static uint32_t home_of_cell(const struct map *m, uint32_t cell)
{
	return home(m, m->key_of(m->ctx, m->cells[cell]));
}

/* The cell that holds `key`, or the free one where it would go. */
static uint32_t seek(const struct map *m, uint64_t key)
{
	uint32_t cell = home(m, key);

	while (m->cells[cell] != MAP_NONE && m->key_of(m->ctx, m->cells[cell]) != key)
		cell = (cell + 1) & (m->size - 1);
	return cell;
}

/* Where a slot that is not there yet goes. Asks no other slot for its key, which would be one
 * more miss of the cache each. */
static uint32_t *free_cell(struct map *m, uint32_t slot)
{
	uint32_t cell = home(m, m->key_of(m->ctx, slot));

	while (m->cells[cell] != MAP_NONE)
		cell = (cell + 1) & (m->size - 1);
	return &m->cells[cell];
}

static bool resize(struct map *m, uint32_t size)
{
	struct map bigger = *m;

	ASSERT(size > m->size);
	bigger.cells = mem_array(size, sizeof(*bigger.cells));
	if (!bigger.cells)
		return false;
	bigger.size = size;
	memset(bigger.cells, 0xff, (size_t)size * sizeof(*bigger.cells));
	for (uint32_t i = 0; i < m->size; i++)
		if (m->cells[i] != MAP_NONE)
			*free_cell(&bigger, m->cells[i]) = m->cells[i];
	mem_free(m->cells);
	*m = bigger;
	return true;
}

bool map_reserve(struct map *m, uint32_t count)
{
	uint32_t size = m->size ? m->size : FIRST_SIZE;

	while ((uint64_t)count * 4 > (uint64_t)size * 3) {
		ASSERT(size <= UINT32_MAX / 2);
		size *= 2;
	}
	return size == m->size || resize(m, size);
}

uint32_t map_find(const struct map *m, uint64_t key)
{
	return m->size ? m->cells[seek(m, key)] : MAP_NONE;
}

bool map_put(struct map *m, uint32_t slot)
{
	ASSERT(slot != MAP_NONE);
	if (!map_reserve(m, m->count + 1))
		return false;

	*free_cell(m, slot) = slot;
	m->count++;
	return true;
}

/* Moves later entries of the run back over the hole, so that no search stops early. */
static void close_hole(struct map *m, uint32_t hole)
{
	uint32_t mask = m->size - 1;

	for (uint32_t at = (hole + 1) & mask; m->cells[at] != MAP_NONE; at = (at + 1) & mask) {
		if (((at - home_of_cell(m, at)) & mask) < ((at - hole) & mask))
			continue;
		m->cells[hole] = m->cells[at];
		hole = at;
	}
	m->cells[hole] = MAP_NONE;
}

uint32_t map_remove(struct map *m, uint64_t key)
{
	if (!m->size)
		return MAP_NONE;
	uint32_t cell = seek(m, key);
	uint32_t slot = m->cells[cell];
	if (slot == MAP_NONE)
		return MAP_NONE;
	close_hole(m, cell);
	m->count--;
	return slot;
}

bool map_copy(struct map *to, const struct map *from, const void *ctx)
{
	map_init(to, from->key_of, ctx);
	if (!from->size)
		return true;
	to->cells = mem_array(from->size, sizeof(*to->cells));
	if (!to->cells)
		return false;
	memcpy(to->cells, from->cells, (size_t)from->size * sizeof(*to->cells));
	to->size = from->size;
	to->count = from->count;
	return true;
}

uint32_t map_next(const struct map *m, uint32_t *at)
{
	while (*at < m->size) {
		uint32_t slot = m->cells[(*at)++];

		if (slot != MAP_NONE)
			return slot;
	}
	return MAP_NONE;
}
