#include "common/base/names.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

TEST(counts_names_in_the_order_they_come)
{
	struct names n;
	uint32_t number;

	names_init(&n, 2000);
	for (uint32_t i = 0; i < 2000; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "name%u", i);
		assert_int_equal(names_find(&n, str_of(name)), NAMES_NONE);
		assert_int_equal(names_know(&n, str_of(name), &number), ERR_OK);
		assert_int_equal(number, i);
		assert_int_equal(names_know(&n, str_of(name), &number), ERR_OK);
		assert_int_equal(number, i);
	}
	assert_int_equal(n.count, 2000);
	assert_int_equal(names_find(&n, str_of("name1234")), 1234);
	assert_string_equal(names_at(&n, 1999), "name1999");
	names_done(&n);
}

TEST(knows_no_more_than_its_maximum)
{
	struct names n;
	uint32_t number = 77;

	names_init(&n, 2);
	assert_int_equal(names_know(&n, str_of("a"), &number), ERR_OK);
	assert_int_equal(names_know(&n, (struct str){NULL, 0}, &number), ERR_OK);
	assert_int_equal(number, 1);
	number = 77;
	assert_int_equal(names_know(&n, str_of("b"), &number), ERR_TOO_BIG);
	assert_int_equal(number, 77);
	assert_int_equal(names_know(&n, str_of("a"), &number), ERR_OK);
	assert_int_equal(number, 0);
	names_done(&n);
}

TEST(tells_a_name_from_its_beginning)
{
	struct names n;
	uint32_t number;

	names_init(&n, 10);
	assert_int_equal(names_know(&n, (struct str){"abc", 2}, &number), ERR_OK);
	assert_string_equal(names_at(&n, number), "ab");
	assert_int_equal(names_find(&n, str_of("abc")), NAMES_NONE);
	assert_int_equal(names_find(&n, str_of("a")), NAMES_NONE);
	names_done(&n);
}

/* FNV-1a is no secret: two names of one hash are found by whoever wants them. */
TEST(tells_names_of_one_hash_apart)
{
	struct names n;
	uint32_t number;

	names_init(&n, 10);
	assert_int_equal(names_know(&n, str_of("first"), &number), ERR_OK);
	n.hashes[0] = text_hash("second", 6); /* as if they had the same */
	map_done(&n.map);
	assert_true(map_put(&n.map, 0));
	assert_int_equal(names_find(&n, str_of("second")), NAMES_NONE);
	assert_int_equal(names_know(&n, str_of("second"), &number), ERR_OK);
	assert_int_equal(number, 1);
	assert_int_equal(names_find(&n, str_of("second")), 1);
	names_done(&n);
}

TEST(changes_nothing_when_memory_ends)
{
	enum err e = ERR_NOMEM;
	int64_t failures;

	for (failures = 0; e; failures++) {
		struct names n;
		uint32_t number = 77;

		names_init(&n, 100);
		mem_fail_after(failures);
		e = names_know(&n, str_of("a"), &number);
		mem_fail_after(-1);
		assert_int_equal(number, e ? 77 : 0);
		assert_int_equal(names_find(&n, str_of("a")), e ? NAMES_NONE : 0);
		assert_int_equal(names_know(&n, str_of("b"), &number), ERR_OK);
		assert_int_equal(number, e ? 0 : 1);
		names_done(&n);
	}
	assert_int_equal(failures, 5);
}

TEST(is_as_new_when_done)
{
	struct names n;
	uint32_t number;

	names_init(&n, 10);
	assert_int_equal(names_know(&n, str_of("a"), &number), ERR_OK);
	names_done(&n);
	assert_int_equal(names_find(&n, str_of("a")), NAMES_NONE);
	assert_int_equal(names_know(&n, str_of("b"), &number), ERR_OK);
	assert_int_equal(number, 0);
	names_done(&n);
}
