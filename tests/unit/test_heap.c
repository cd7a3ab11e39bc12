#include "common/base/heap.h"

#include "common/base/mem.h"
#include "tests/lib/test.h"

#define SLOTS 300

struct owner {
	int64_t rank[SLOTS]; /* what comes first has the least */
	uint32_t at[SLOTS];  /* as the heap tells it */
	uint32_t told;       /* times it told */
};

static bool before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct owner *o = ctx;

	return o->rank[a] < o->rank[b];
}

static void moved(void *ctx, uint32_t slot, uint32_t at)
{
	struct owner *o = ctx;

	o->at[slot] = at;
	o->told++;
}

static const struct heap_ops ops = {.before = before, .moved = moved};

static void check(const struct heap *h, const struct owner *o)
{
	uint32_t in = 0;

	for (uint32_t i = 1; i < h->count; i++)
		assert_true(o->rank[h->slots[(i - 1) / 2]] <= o->rank[h->slots[i]]);
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		if (o->at[slot] != HEAP_NONE) {
			assert_int_equal(h->slots[o->at[slot]], slot);
			in++;
		}
	assert_int_equal(in, h->count);
}

static void init(struct owner *o)
{
	*o = (struct owner){0};
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		o->at[slot] = HEAP_NONE;
}

TEST(gives_back_in_order)
{
	struct rng r = test_rng();
	struct heap h = {0};
	struct owner o;
	int64_t last = INT64_MIN;

	init(&o);
	assert_int_equal(heap_first(&h), HEAP_NONE);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		o.rank[slot] = rng_range(&r, 0, 50);
		assert_true(heap_put(&h, slot, &ops, &o));
	}
	while (h.count) {
		uint32_t first = heap_first(&h);

		assert_true(o.rank[first] >= last);
		last = o.rank[first];
		assert_int_equal(heap_remove(&h, 0, &ops, &o), first);
		assert_int_equal(o.at[first], HEAP_NONE);
	}
	heap_done(&h);
}

TEST(knows_where_each_slot_stands_whatever_happens)
{
	struct rng r = test_rng();
	struct heap h = {0};
	struct owner o;

	init(&o);
	for (int step = 0; step < 10000; step++) {
		uint32_t slot = (uint32_t)rng_range(&r, 0, SLOTS - 1);

		if (o.at[slot] == HEAP_NONE) {
			o.rank[slot] = rng_range(&r, -20, 20);
			assert_true(heap_put(&h, slot, &ops, &o));
		} else if (rng_range(&r, 0, 1)) {
			assert_int_equal(heap_remove(&h, o.at[slot], &ops, &o), slot);
			assert_int_equal(o.at[slot], HEAP_NONE);
		} else {
			o.rank[slot] = rng_range(&r, -30, 30);
			heap_fix(&h, o.at[slot], &ops, &o);
		}
		check(&h, &o);
	}
	heap_done(&h);
	assert_int_equal(heap_first(&h), HEAP_NONE);
}

TEST(changes_nothing_when_memory_ends)
{
	struct heap h = {0};
	struct owner o;

	init(&o);
	mem_fail_after(0);
	assert_false(heap_put(&h, 0, &ops, &o));
	for (uint32_t slot = 0; slot < 4; slot++)
		assert_true(heap_put(&h, slot, &ops, &o));
	uint32_t told = o.told;
	mem_fail_after(0);
	assert_false(heap_put(&h, 4, &ops, &o));
	mem_fail_after(-1);
	assert_int_equal(o.told, told);
	check(&h, &o);
	assert_true(heap_put(&h, 4, &ops, &o));
	heap_done(&h);
}
