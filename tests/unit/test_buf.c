#include "common/base/buf.h"

#include <string.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

TEST(grows_up_to_its_cap_and_not_beyond)
{
	static const size_t caps[] = {
		1, 2, 3, 62, 63, 64, 65, 100, 126, 127, 128, 129, 1000, 4097};

	for (size_t i = 0; i < COUNT_OF(caps); i++) {
		struct buf b;

		buf_init(&b, caps[i]);
		for (size_t n = 0; n < caps[i]; n++) {
			buf_byte(&b, (unsigned char)n);
			assert_int_equal(b.err, ERR_OK);
			assert_true(b.len == n + 1 && b.size >= b.len && b.size <= caps[i]);
		}
		assert_int_equal(strlen(buf_cstr(&b)), 0); /* the first byte is 0 */
		assert_int_equal(b.err, ERR_OK);
		buf_byte(&b, 'x');
		assert_int_equal(b.err, ERR_TOO_BIG);
		assert_int_equal(b.len, caps[i]);
		for (size_t n = 0; n < caps[i]; n++)
			assert_int_equal(b.data[n], (unsigned char)n);
		buf_done(&b);
	}
}

TEST(holds_formatted_text_of_just_its_cap)
{
	struct buf b;

	buf_init(&b, 6);
	buf_fmt(&b, "%d-%s", 12, "abc");
	assert_string_equal(buf_cstr(&b), "12-abc");
	assert_int_equal(b.len, 6);
	buf_fmt(&b, "%s", "");
	assert_int_equal(b.err, ERR_OK);
	buf_fmt(&b, "x");
	assert_int_equal(b.err, ERR_TOO_BIG);
	buf_done(&b);
}

TEST(does_nothing_after_its_first_failure)
{
	struct buf b;

	buf_init(&b, 4);
	buf_str(&b, "abc");
	buf_str(&b, "de");
	assert_int_equal(b.err, ERR_TOO_BIG);
	buf_byte(&b, 'd');
	buf_put(&b, "", 0);
	buf_fmt(&b, "%d", 1);
	assert_null(buf_room(&b, 1));
	assert_int_equal(b.len, 3);
	assert_string_equal(buf_cstr(&b), "");
	buf_fail(&b, ERR_NOMEM);
	assert_int_equal(b.err, ERR_TOO_BIG);
	buf_reset(&b);
	buf_str(&b, "de");
	assert_string_equal(buf_cstr(&b), "de");
	buf_fail(&b, ERR_FORMAT);
	assert_int_equal(b.err, ERR_FORMAT);
	buf_done(&b);
	buf_str(&b, "as new");
	assert_int_equal(b.err, ERR_TOO_BIG);
	buf_done(&b);
}

TEST(counts_against_its_cap_without_overflow)
{
	struct buf b;

	buf_init(&b, 100);
	buf_byte(&b, 'x');
	assert_null(buf_room(&b, SIZE_MAX));
	assert_int_equal(b.err, ERR_TOO_BIG);
	buf_done(&b);
}

TEST(is_empty_text_before_anything_is_put)
{
	struct buf b;
	size_t len = 7;

	buf_init(&b, 10);
	assert_int_equal(buf_view(&b).len, 0);
	assert_null(buf_take(&b, &len));
	assert_int_equal(len, 0);
	buf_put(&b, NULL, 0);
	assert_int_equal(b.err, ERR_OK);
	assert_non_null(buf_room(&b, 0));
	assert_string_equal(buf_cstr(&b), "");
	assert_int_equal(b.err, ERR_OK);
	buf_done(&b);
}

TEST(hands_its_bytes_over)
{
	struct buf b;
	size_t len;

	buf_init(&b, 10);
	buf_str(&b, "abc");
	unsigned char *bytes = buf_take(&b, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(bytes, "abc", 3);
	assert_int_equal(b.len, 0);
	mem_free(bytes);
	buf_str(&b, "0123456789");
	assert_string_equal(buf_cstr(&b), "0123456789");
	buf_done(&b);
}

TEST(lets_room_be_claimed_in_part)
{
	struct buf b;

	buf_init(&b, 1000);
	unsigned char *room = buf_room(&b, 500);
	memcpy(room, "abc", 3);
	buf_add(&b, 3);
	buf_add(&b, 0);
	assert_string_equal(buf_cstr(&b), "abc");
	buf_done(&b);
}

TEST(keeps_what_it_has_when_memory_ends)
{
	struct buf b;

	buf_init(&b, 10000);
	buf_str(&b, "abc");
	mem_fail_after(0);
	assert_null(buf_room(&b, 5000));
	assert_int_equal(b.err, ERR_NOMEM);
	assert_memory_equal(b.data, "abc", 3);
	buf_done(&b);
	buf_init(&b, 10);
	mem_fail_after(0);
	buf_fmt(&b, "abc");
	mem_fail_after(-1);
	assert_int_equal(b.err, ERR_NOMEM);
	assert_string_equal(buf_cstr(&b), "");
	buf_done(&b);
}

TEST(holds_what_a_plain_array_would)
{
	struct rng r = test_rng();

	for (int round = 0; round < 200; round++) {
		size_t cap = (size_t)rng_range(&r, 1, 3000);
		unsigned char model[3000];
		size_t len = 0;
		struct buf b;

		buf_init(&b, cap);
		while (!b.err) {
			unsigned char bytes[200];
			size_t n = (size_t)rng_range(&r, 0, 200);

			memset(bytes, (int)rng_range(&r, 0, 255), sizeof(bytes));
			buf_put(&b, bytes, n);
			assert_int_equal(b.err, n > cap - len ? ERR_TOO_BIG : ERR_OK);
			if (!b.err) {
				memcpy(model + len, bytes, n);
				len += n;
			}
			assert_int_equal(b.len, len);
		}
		assert_memory_equal(b.data ? b.data : model, model, len);
		buf_done(&b);
	}
}
