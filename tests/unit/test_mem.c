#include "common/base/mem.h"

#include <string.h>

#include "tests/lib/test.h"

TEST(gives_zeroed_memory)
{
	static const unsigned char zeroes[1000];
	unsigned char *a = mem_alloc(1000);
	unsigned char *b = mem_array(10, 100);

	assert_memory_equal(a, zeroes, 1000);
	assert_memory_equal(b, zeroes, 1000);
	mem_free(a);
	mem_free(b);
	mem_free(NULL);
}

TEST(refuses_a_product_that_overflows)
{
	assert_null(mem_array(SIZE_MAX / 2, 3));
}

TEST(copies_with_a_zero_byte_after)
{
	char *copy = mem_dup("ab\0cd", 4);
	char *empty = mem_dup(NULL, 0);

	assert_memory_equal(copy, "ab\0c", 5);
	assert_string_equal(empty, "");
	mem_free(copy);
	mem_free(empty);
}

TEST(fails_once_after_so_many)
{
	char *p;

	mem_fail_after(2);
	for (int i = 0; i < 6; i++) {
		p = i % 2 ? mem_alloc(8) : mem_dup("x", 1);
		assert_int_equal(p == NULL, i == 2);
		mem_free(p);
	}
	mem_fail_after(0);
	assert_null(mem_array(2, 4));
	p = mem_grow(NULL, 4);
	assert_non_null(p);
	memcpy(p, "abc", 4);
	mem_fail_after(0);
	assert_null(mem_grow(p, 1000));
	assert_string_equal(p, "abc");
	mem_fail_after(-1);
	mem_free(p);
}

TEST(grows_what_it_wipes_without_losing_a_byte)
{
	char *p = mem_grow_wiped(NULL, 4);

	assert_non_null(p);
	memcpy(p, "four", 4);
	for (size_t n = 5; n < 100000; n = n * 3 / 2) {
		p = mem_grow_wiped(p, n);
		assert_non_null(p);
		p[n - 1] = 'x';
		assert_memory_equal(p, "four", 4);
	}
	assert_ptr_equal(mem_grow_wiped(p, 2), p);
	assert_memory_equal(p, "four", 4);

	mem_fail_after(0);
	assert_null(mem_grow_wiped(p, 1000000));
	mem_fail_after(-1);
	assert_memory_equal(p, "four", 4);
	mem_free_wiped(p);
	mem_free_wiped(NULL);
}

/* A hint may be anything: what is asked for afterwards comes zeroed, as always. */
TEST(takes_any_hint_of_what_will_be_asked_for)
{
	static const size_t hints[] = {0, 1, 3 << 20, 64 << 20, SIZE_MAX};
	unsigned char *blocks[64];

	for (size_t h = 0; h < COUNT_OF(hints); h++) {
		mem_expect(hints[h]);
		for (size_t i = 0; i < COUNT_OF(blocks); i++) {
			blocks[i] = mem_alloc(40000);
			assert_non_null(blocks[i]);
			for (size_t at = 0; at < 40000; at += 1000)
				assert_int_equal(blocks[i][at], 0);
			memset(blocks[i], 0xff, 40000);
		}
		for (size_t i = 0; i < COUNT_OF(blocks); i++)
			mem_free(blocks[i]);
	}
}
