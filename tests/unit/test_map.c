#include "common/base/map.h"

#include <string.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

#define SLOTS 3000

/* The owner of the slots: keys[slot]. */
static uint64_t keys[SLOTS];

static uint64_t key_of(const void *ctx, uint32_t slot)
{
	return ((const uint64_t *)ctx)[slot];
}

TEST(is_empty_at_first)
{
	struct map m;
	uint32_t at = 0;

	map_init(&m, key_of, keys);
	assert_int_equal(map_find(&m, 1), MAP_NONE);
	assert_int_equal(map_remove(&m, 1), MAP_NONE);
	assert_int_equal(map_next(&m, &at), MAP_NONE);
	map_done(&m);
}

/* Keys that fall on the same cell of every table up to 2^12, so that runs are long and wrap. */
static uint64_t crowded_key(struct rng *r)
{
	uint64_t inverse = 0xf1de83e19937733du; /* of the map's multiplier, mod 2^64 */
	uint64_t cell = (uint64_t)rng_range(r, 4090, 4097) & 4095;

	return ((uint64_t)rng_range(r, 0, 63) << 44 | cell << 32) * inverse;
}

static uint64_t sparse_key(struct rng *r)
{
	return rng_next(r);
}

static uint64_t small_key(struct rng *r)
{
	return (uint64_t)rng_range(r, 0, 400);
}

/* The slot with that key, by looking at all of them. */
static uint32_t find_plainly(const bool *used, uint64_t key)
{
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (used[slot] && keys[slot] == key)
			return slot;
	return MAP_NONE;
}

static void check_all(const struct map *m, const bool *used)
{
	uint32_t at = 0;
	uint32_t count = 0;
	bool met[SLOTS] = {false};

	for (uint32_t slot; (slot = map_next(m, &at)) != MAP_NONE; count++) {
		assert_true(used[slot] && !met[slot]);
		met[slot] = true;
	}
	assert_int_equal(count, m->count);
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (used[slot])
			assert_int_equal(map_find(m, keys[slot]), slot);
}

static void compare_with_array(uint64_t (*draw)(struct rng *))
{
	struct rng r = test_rng();
	bool used[SLOTS] = {false};
	struct map m;

	map_init(&m, key_of, keys);
	for (int step = 0; step < 6000; step++) {
		uint64_t key = draw(&r);
		uint32_t slot = (uint32_t)rng_range(&r, 0, SLOTS - 1);
		uint32_t known = find_plainly(used, key);

		assert_int_equal(map_find(&m, key), known);
		if (rng_range(&r, 0, step / 2000 + 1) == 0) {
			assert_int_equal(map_remove(&m, key), known);
			if (known != MAP_NONE)
				used[known] = false;
		} else if (known == MAP_NONE && !used[slot]) {
			keys[slot] = key;
			assert_true(map_put(&m, slot));
			used[slot] = true;
		}
		if (step % 100 == 0)
			check_all(&m, used);
	}
	check_all(&m, used);
	map_done(&m);
}

TEST(finds_what_a_plain_array_would)
{
	compare_with_array(sparse_key);
}

TEST(finds_keys_that_come_and_go)
{
	compare_with_array(small_key);
}

TEST(finds_keys_that_crowd_at_the_end_of_the_table)
{
	compare_with_array(crowded_key);
}

TEST(changes_nothing_when_memory_ends)
{
	struct map m;

	map_init(&m, key_of, keys);
	mem_fail_after(0);
	assert_false(map_put(&m, 0));
	assert_int_equal(m.count, 0);
	for (uint32_t slot = 0; slot < 12; slot++) {
		keys[slot] = slot;
		assert_true(map_put(&m, slot));
	}
	keys[12] = 12;
	mem_fail_after(0);
	assert_false(map_put(&m, 12));
	mem_fail_after(-1);
	for (uint32_t slot = 0; slot < 12; slot++)
		assert_int_equal(map_find(&m, slot), slot);
	assert_int_equal(map_find(&m, 12), MAP_NONE);
	assert_true(map_put(&m, 12));
	assert_int_equal(map_find(&m, 12), 12);
	map_done(&m);
	assert_int_equal(map_find(&m, 12), MAP_NONE);
}
