#include "common/base/slab.h"

#include <string.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

#define MANY 5000

struct item {
	uint64_t a;
	uint32_t b;
};

TEST(keeps_each_thing_where_it_is)
{
	struct rng r = test_rng();
	struct slab s;
	static struct item *at[MANY];
	static uint64_t mark[MANY]; /* 0: not taken */
	uint32_t count = 0;

	slab_init(&s, sizeof(struct item));
	for (uint64_t step = 1; step < 30000; step++) {
		uint32_t slot = (uint32_t)rng_range(&r, 0, MANY - 1);

		if (mark[slot]) {
			assert_ptr_equal(slab_at(&s, slot), at[slot]);
			assert_true(at[slot]->a == mark[slot] && at[slot]->b == ~slot);
			slab_give(&s, slot);
			mark[slot] = 0;
			count--;
		} else if (count < MANY) {
			slot = slab_take(&s);
			assert_in_range(slot, 0, MANY - 1);
			assert_true(mark[slot] == 0);
			at[slot] = slab_at(&s, slot);
			assert_true(at[slot]->a == 0 && at[slot]->b == 0);
			*at[slot] = (struct item){.a = step, .b = ~slot};
			mark[slot] = step;
			count++;
		}
		assert_int_equal(s.count, count);
	}
	assert_true(count > 1024);
	slab_done(&s);
	assert_int_equal(s.count, 0);
}

TEST(knows_a_slot_by_its_place)
{
	struct slab s, copy;

	slab_init(&s, 24);
	for (uint32_t i = 0; i < MANY; i++) {
		assert_int_equal(slab_take(&s), i);
		memset(slab_at(&s, i), (int)(i % 251), 24);
	}
	assert_true(slab_copy(&copy, &s));
	for (uint32_t i = 0; i < MANY; i++) {
		assert_int_equal(slab_slot(&s, slab_at(&s, i)), i);
		assert_int_equal(slab_slot(&copy, slab_at(&copy, i)), i);
		assert_memory_equal(slab_at(&copy, i), slab_at(&s, i), 24);
	}
	slab_done(&copy);
	slab_done(&s);
}

TEST(uses_slots_again_before_it_grows)
{
	struct slab s;

	slab_init(&s, 4);
	for (uint32_t i = 0; i < 3000; i++)
		assert_int_equal(slab_take(&s), i);
	slab_give(&s, 7);
	slab_give(&s, 2999);
	slab_give(&s, 0);
	assert_int_equal(slab_take(&s), 0);
	assert_int_equal(slab_take(&s), 2999);
	assert_int_equal(slab_take(&s), 7);
	assert_int_equal(slab_take(&s), 3000);
	slab_done(&s);
	assert_int_equal(slab_take(&s), 0);
	slab_done(&s);
}

TEST(changes_nothing_when_memory_ends)
{
	struct slab s;

	slab_init(&s, 16);
	mem_fail_after(0);
	assert_int_equal(slab_take(&s), SLAB_NONE);
	assert_int_equal(s.count, 0);
	mem_fail_after(-1);
	for (uint32_t i = 0; i < SLAB_FIRST; i++)
		assert_int_equal(slab_take(&s), i);
	mem_fail_after(0);
	assert_int_equal(slab_take(&s), SLAB_NONE);
	mem_fail_after(-1);
	assert_int_equal(s.count, SLAB_FIRST);
	assert_int_equal(slab_take(&s), SLAB_FIRST);
	slab_done(&s);
}
