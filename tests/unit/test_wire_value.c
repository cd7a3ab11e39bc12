#include "common/wire/value.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/wire/write.h"
#include "tests/lib/test.h"
#include "tests/unit/random_tree.h"

/* Opens what b holds, which must be good. */
static struct wire_message opened(const struct buf *b)
{
	struct wire_message w = {0};
	struct errmsg m;

	assert_int_equal(b->err, ERR_OK);
	if (wire_open(&w, buf_view(b), &m))
		fail_msg("%s", m.text);
	return w;
}

TEST(reads_back_what_was_written)
{
	struct buf b;

	buf_init(&b, 1000);
	wire_put_map(&b, 9);
	wire_put_text(&b, "nil");
	wire_put_nil(&b);
	wire_pair_bool(&b, "bool", true);
	wire_pair_int(&b, "int", INT64_MIN);
	wire_put_text(&b, "float");
	wire_put_float(&b, -0.5);
	wire_pair_str(&b, "str", (struct str){"a\0b", 3});
	wire_pair_text(&b, "text", "gr\xc3\xbc\xc3\x9f");
	wire_pair_text(&b, "none", NULL);
	wire_put_text(&b, "bin");
	wire_put_bin(&b, (struct str){"\xff\xfe", 2});
	wire_put_text(&b, "array");
	wire_put_array(&b, 2);
	wire_put_int(&b, 7);
	wire_put_raw(&b, str_of("\x05"));

	struct wire_message w = opened(&b);
	assert_int_equal(wire_type(w.root), WIRE_MAP);
	assert_int_equal(wire_count(w.root), 9);
	assert_int_equal(wire_type(wire_get(w.root, "nil")), WIRE_NIL);
	assert_true(wire_bool(wire_get(w.root, "bool")));
	assert_true(wire_int(wire_get(w.root, "int")) == INT64_MIN);
	assert_true(wire_float(wire_get(w.root, "float")) == -0.5);
	assert_int_equal(wire_str(wire_get(w.root, "str")).len, 3);
	assert_true(str_is(wire_str(wire_get(w.root, "text")), "gr\xc3\xbc\xc3\x9f"));
	assert_int_equal(wire_type(wire_get(w.root, "none")), WIRE_NIL);
	assert_int_equal(wire_type(wire_get(w.root, "bin")), WIRE_BIN);
	assert_true(str_is(wire_str(wire_get(w.root, "bin")), "\xff\xfe"));
	const struct wire_value *array = wire_get(w.root, "array");
	assert_int_equal(wire_int(wire_item(array, 0)), 7);
	assert_int_equal(wire_int(wire_item(array, 1)), 5);
	assert_true(str_is(wire_key(w.root, 8), "array"));
	assert_ptr_equal(wire_at(w.root, 8), array);
	wire_close(&w);
	buf_done(&b);
}

/* Asserts that `bytes` is what stands in b, and empties it. */
static void expect_bytes(struct buf *b, const char *bytes, size_t n)
{
	assert_int_equal(b->err, ERR_OK);
	assert_int_equal(b->len, n);
	assert_memory_equal(b->data, bytes, n);
	buf_reset(b);
}

TEST(writes_integers_in_their_shortest_form)
{
	static const struct {
		int64_t n;
		const char *bytes;
		size_t len;
	} rows[] = {
		{0, "\x00", 1},
		{127, "\x7f", 1},
		{128, "\xcc\x80", 2},
		{255, "\xcc\xff", 2},
		{256, "\xcd\x01\x00", 3},
		{65535, "\xcd\xff\xff", 3},
		{65536, "\xce\x00\x01\x00\x00", 5},
		{UINT32_MAX, "\xce\xff\xff\xff\xff", 5},
		{1ll << 32, "\xcf\x00\x00\x00\x01\x00\x00\x00\x00", 9},
		{-1, "\xff", 1},
		{-32, "\xe0", 1},
		{-33, "\xd0\xdf", 2},
		{-128, "\xd0\x80", 2},
		{-129, "\xd1\xff\x7f", 3},
		{-32769, "\xd2\xff\xff\x7f\xff", 5},
		{INT64_MIN, "\xd3\x80\x00\x00\x00\x00\x00\x00\x00", 9},
	};
	struct buf b;

	buf_init(&b, 100);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		wire_put_int(&b, rows[i].n);
		expect_bytes(&b, rows[i].bytes, rows[i].len);
	}
	buf_done(&b);
}

TEST(writes_the_other_types_as_the_format_says)
{
	struct buf b;

	buf_init(&b, 100);
	wire_put_float(&b, 0.5);
	expect_bytes(&b, "\xcb\x3f\xe0\0\0\0\0\0\0", 9);
	wire_put_bin(&b, (struct str){NULL, 0});
	wire_put_str(&b, (struct str){NULL, 0});
	wire_put_array(&b, 15);
	wire_put_array(&b, 16);
	wire_put_map(&b, 15);
	wire_put_map(&b, 65536);
	expect_bytes(&b, "\xc4\x00\xa0\x9f\xdc\x00\x10\x8f\xdf\x00\x01\x00\x00", 13);
	size_t map = wire_map_later(&b);
	wire_put_text(&b, "a");
	size_t array = wire_array_later(&b);
	wire_put_nil(&b);
	wire_put_bool(&b, false);
	wire_array_end(&b, array, 2);
	wire_map_end(&b, map, 1);
	expect_bytes(&b,
		"\xde\x00\x01\xa1"
		"a\xdc\x00\x02\xc0\xc2",
		10);
	buf_done(&b);
}

TEST(lets_the_failure_of_a_writer_stick)
{
	struct buf b;

	buf_init(&b, 4);
	size_t mark = wire_map_later(&b);
	wire_pair_int(&b, "key", 1);
	assert_int_equal(b.err, ERR_TOO_BIG);
	wire_map_end(&b, mark, 1);
	assert_int_equal(b.data[2], 0);
	buf_reset(&b);
	mark = wire_array_later(&b);
	wire_array_end(&b, mark, 65536);
	assert_int_equal(b.err, ERR_TOO_BIG);
	buf_reset(&b);
	(void)wire_map_later(&b);
	size_t lost = wire_map_later(&b); /* no room for it */
	wire_map_end(&b, lost, 0);
	assert_int_equal(b.err, ERR_TOO_BIG);
	buf_done(&b);
}

TEST(reads_a_value_as_what_it_is_not_without_harm)
{
	struct wire_message w = {0};
	static const char frame[] =
		"\x98\xc0\xc3\x07\xca\x3f\x00\x00\x00\xa1x\xc4\x01y\x91\x01\x81\xa0\x01";

	assert_int_equal(wire_open(&w, (struct str){frame, sizeof(frame) - 1}, NULL), ERR_OK);
	for (uint32_t i = 0; i <= wire_count(w.root); i++) {
		const struct wire_value *v = wire_item(w.root, i);
		enum wire_type t = wire_type(v);

		assert_int_equal(t, i < 8 ? i : WIRE_NIL);
		assert_int_equal(wire_bool(v), t == WIRE_BOOL);
		assert_int_equal(wire_int(v), t == WIRE_INT ? 7 : 0);
		assert_false(wire_int_is_clamped(v));
		assert_true(wire_float(v) == (t == WIRE_FLOAT ? 0.5 : t == WIRE_INT ? 7 : 0));
		assert_int_equal(wire_str(v).len, t == WIRE_STR || t == WIRE_BIN ? 1 : 0);
		assert_int_equal(wire_count(v), t == WIRE_ARRAY || t == WIRE_MAP ? 1 : 0);
		assert_int_equal(wire_item(v, 0) != NULL, t == WIRE_ARRAY);
		assert_int_equal(wire_at(v, 0) != NULL, t == WIRE_MAP);
		assert_int_equal(wire_key(v, 0).at != NULL, t == WIRE_MAP);
		assert_int_equal(wire_get(v, "") != NULL, t == WIRE_MAP);
		assert_null(wire_item(v, 1));
		assert_null(wire_at(v, 1));
		assert_null(wire_key(v, 1).at);
		assert_null(wire_get(v, "x"));
		assert_non_null(wire_type_name(t));
	}
	wire_close(&w);
}

TEST(gives_empty_text_an_address)
{
	struct wire_message w = {0};

	assert_int_equal(wire_open(&w, str_of("\xa0"), NULL), ERR_OK);
	assert_string_equal(wire_str(w.root).at, "");
	assert_int_equal(wire_open(&w,
				 str_of("\x82\xa0\xa0\xa1"
					"a\x01"),
				 NULL),
		ERR_OK);
	assert_string_equal(wire_key(w.root, 0).at, "");
	assert_true(str_is(wire_str(wire_get(w.root, "")), ""));
	assert_int_equal(wire_open(&w, (struct str){"\xc4\0", 2}, NULL), ERR_OK);
	assert_string_equal(wire_str(w.root).at, "");
	wire_close(&w);
}

TEST(clamps_an_integer_no_int64_holds)
{
	struct wire_message w = {0};

	assert_int_equal(
		wire_open(&w, (struct str){"\xcf\x80\0\0\0\0\0\0\0", 9}, NULL), ERR_OK);
	assert_true(wire_int(w.root) == INT64_MAX);
	assert_true(wire_int_is_clamped(w.root));
	assert_true(wire_float(w.root) == 0x1p63);
	assert_int_equal(
		wire_open(&w, (struct str){"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9}, NULL),
		ERR_OK);
	assert_true(wire_int(w.root) == INT64_MAX);
	assert_false(wire_int_is_clamped(w.root));
	wire_close(&w);
}

TEST(may_be_opened_again_and_closed_twice)
{
	struct wire_message w = {0};

	wire_close(&w);
	assert_int_equal(wire_open(&w, str_of("\x93\x01\x02\x03"), NULL), ERR_OK);
	assert_int_equal(wire_int(wire_item(w.root, 2)), 3);
	assert_int_equal(wire_open(&w, str_of("\x92\x01"), NULL), ERR_FORMAT);
	assert_null(w.root);
	assert_int_equal(wire_open(&w, str_of("\x05"), NULL), ERR_OK);
	assert_int_equal(wire_int(w.root), 5);
	wire_close(&w);
	wire_close(&w);
	assert_null(w.root);
}

TEST(says_so_when_there_is_no_memory_for_the_tree)
{
	struct wire_message w = {0};
	struct errmsg m;

	mem_fail_after(0);
	assert_int_equal(wire_open(&w, str_of("\x93\x01\x02\x03"), &m), ERR_NOMEM);
	assert_string_equal(m.text, "out of memory");
	assert_null(w.root);
	mem_fail_after(1);
	assert_int_equal(wire_open(&w, str_of("\x93\x01\x02\x03"), &m), ERR_OK);
	assert_int_equal(wire_open(&w, str_of("\x91\x01"), &m), ERR_OK);
	assert_int_equal(wire_open(&w, str_of("\x94\x01\x02\x03\x04"), &m), ERR_NOMEM);
	assert_null(w.root);
	mem_fail_after(-1);
	wire_close(&w);
}

/* Asserts that two frames hold equal values, or different ones. */
static void compare(struct str a, struct str b, bool equal)
{
	struct wire_message wa = {0};
	struct wire_message wb = {0};
	struct buf ca, cb;

	buf_init(&ca, 1 << 20);
	buf_init(&cb, 1 << 20);
	assert_int_equal(wire_open(&wa, a, NULL), ERR_OK);
	assert_int_equal(wire_open(&wb, b, NULL), ERR_OK);
	assert_int_equal(wire_equal(wa.root, wb.root), equal);
	assert_int_equal(wire_equal(wb.root, wa.root), equal);
	wire_put_canonical(&ca, wa.root);
	wire_put_canonical(&cb, wb.root);
	assert_int_equal(ca.err | cb.err, ERR_OK);
	assert_int_equal(str_equal(buf_view(&ca), buf_view(&cb)), equal);
	wire_close(&wa);
	wire_close(&wb);
	buf_done(&ca);
	buf_done(&cb);
}

TEST(calls_equal_what_means_the_same)
{
	compare(str_of("\xcc\x05"), str_of("\x05"), true);
	compare(str_of("\xd0\x05"), str_of("\x05"), true);
	compare(str_of("\xd1\xff\xff"), str_of("\xff"), true);
	compare((struct str){"\xca\x3f\0\0\0", 5}, (struct str){"\xcb\x3f\xe0\0\0\0\0\0\0", 9},
		true);
	compare(str_of("\xd9\x01x"), str_of("\xa1x"), true);
	compare(str_of("\x82\xa1"
		       "a\x01\xa1"
		       "b\x02"),
		str_of("\x82\xa1"
		       "b\x02\xa1"
		       "a\x01"),
		true);
	compare(str_of("\x82\xa1"
		       "a\x01\xa2"
		       "ab\x02"),
		str_of("\x82\xa2"
		       "ab\x02\xa1"
		       "a\x01"),
		true);
	assert_true(wire_equal(NULL, NULL));
}

TEST(sorts_keys_bytewise)
{
	struct wire_message w = {0};
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(wire_open(&w,
				 str_of("\x85\xa2"
					"ab\x01\xa1"
					"b\x02\xa1\x7f\x03\xa1"
					"a\x04\xa2\xc3\xbc\x05"),
				 NULL),
		ERR_OK);
	wire_put_canonical(&b, w.root);
	expect_bytes(&b,
		"\x85\xa1"
		"a\x04\xa2"
		"ab\x01\xa1"
		"b\x02\xa1\x7f\x03\xa2\xc3\xbc\x05",
		18);
	wire_close(&w);
	buf_done(&b);
}

TEST(tells_apart_what_does_not)
{
	/* clang-format off */
	static const struct str all[] = {
		{"\xc0", 1}, {"\xc2", 1}, {"\xc3", 1}, {"\x00", 1}, {"\x01", 1}, {"\xff", 1},
		{"\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9}, {"\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
		{"\xca\x00\x00\x00\x00", 5}, {"\xca\x80\x00\x00\x00", 5}, {"\xca\x3f\x80\x00\x00", 5},
		{"\xa0", 1}, {"\xa1" "0", 2}, {"\xa1" "1", 2}, {"\xa2" "1\0", 3}, {"\xc4\x00", 2}, {"\xc4\x01" "0", 3},
		{"\x90", 1}, {"\x91\x01", 2}, {"\x92\x01\x02", 3}, {"\x92\x02\x01", 3}, {"\x91\x90", 2},
		{"\x80", 1}, {"\x81\xa0\xc0", 3}, {"\x81\xa1" "a\xc0", 4}, {"\x81\xa1" "a\x01", 4},
		{"\x82\xa1" "a\x01\xa1" "b\x02", 7}, {"\x82\xa1" "a\x02\xa1" "b\x01", 7}, {"\x82\xa1" "a\x01\xa1" "c\x02", 7},
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT_OF(all); i++)
		for (size_t j = 0; j < COUNT_OF(all); j++)
			compare(all[i], all[j], i == j);
}

/* Writes v with the pairs of each map turned round, from a place chance chooses. */
static void put_shuffled(struct buf *b, struct rng *r, const struct wire_value *v)
{
	uint32_t count = wire_count(v);
	uint32_t from = count ? (uint32_t)rng_range(r, 0, count - 1) : 0;
	bool back = rng_range(r, 0, 1);

	if (wire_type(v) == WIRE_ARRAY) {
		wire_put_array(b, count);
		for (uint32_t i = 0; i < count; i++)
			put_shuffled(b, r, wire_item(v, i));
		return;
	}
	if (wire_type(v) != WIRE_MAP) {
		wire_put_value(b, v);
		return;
	}
	wire_put_map(b, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (from + (back ? count - i : i)) % count;

		wire_put_str(b, wire_key(v, at));
		put_shuffled(b, r, wire_at(v, at));
	}
}

TEST(keeps_random_trees_as_they_are)
{
	struct rng r = test_rng();
	struct wire_message w = {0};
	struct buf b, copy, shuffled;

	buf_init(&b, 1 << 20);
	buf_init(&copy, 1 << 20);
	buf_init(&shuffled, 1 << 20);
	for (int round = 0; round < 1000; round++) {
		buf_reset(&b);
		buf_reset(&copy);
		buf_reset(&shuffled);
		tree_put_random(&b, &r, (int)rng_range(&r, 0, 6));
		assert_int_equal(wire_open(&w, buf_view(&b), NULL), ERR_OK);
		wire_put_value(&copy, w.root);
		put_shuffled(&shuffled, &r, w.root);
		compare(buf_view(&b), buf_view(&copy), true);
		compare(buf_view(&b), buf_view(&shuffled), true);
	}
	wire_close(&w);
	buf_done(&b);
	buf_done(&copy);
	buf_done(&shuffled);
}

/* Of trees that differ by a bit, if at all: compared, and by their canonical bytes. */
TEST(compares_as_the_canonical_bytes_do)
{
	struct rng r = test_rng();
	struct wire_message w = {0};
	struct wire_message changed = {0};
	int compared = 0;
	struct buf b;

	buf_init(&b, 1 << 20);
	for (int round = 0; round < 5000; round++) {
		buf_reset(&b);
		tree_put_random(&b, &r, 3);
		char *copy = mem_dup(b.data, b.len);
		copy[rng_range(&r, 0, (int64_t)b.len - 1)] ^= 1;

		if (!wire_open(&changed, (struct str){copy, b.len}, NULL)) {
			assert_int_equal(wire_open(&w, buf_view(&b), NULL), ERR_OK);
			struct buf x, y;

			buf_init(&x, 1 << 20);
			buf_init(&y, 1 << 20);
			wire_put_canonical(&x, w.root);
			wire_put_canonical(&y, changed.root);
			assert_int_equal(wire_equal(w.root, changed.root),
				str_equal(buf_view(&x), buf_view(&y)));
			compared++;
			buf_done(&x);
			buf_done(&y);
		}
		mem_free(copy);
	}
	assert_true(compared > 1000);
	wire_close(&w);
	wire_close(&changed);
	buf_done(&b);
}

/* A map of `count` keys, upwards or downwards. */
static void put_large_map(struct buf *b, uint32_t count, bool upwards)
{
	buf_init(b, 1 << 21);
	wire_put_map(b, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t n = upwards ? i : count - 1 - i;
		char key[] = {(char)('0' + n % 64), (char)('0' + n / 64 % 64),
			(char)('0' + n / 4096), 0};

		wire_pair_int(b, key, n);
	}
}

TEST(compares_maps_of_every_size)
{
	for (uint32_t count = 0; count < 70; count++) {
		struct buf up, down;

		put_large_map(&up, count, true);
		put_large_map(&down, count, false);
		compare(buf_view(&up), buf_view(&down), true);
		buf_done(&up);
		buf_done(&down);
	}
}

/* Were it to search for each key, this test would not end in its time. */
TEST(compares_large_maps_without_searching)
{
	struct buf up, down;

	put_large_map(&up, 90000, true);
	put_large_map(&down, 90000, false);
	compare(buf_view(&up), buf_view(&down), true);
	buf_done(&up);
	buf_done(&down);
}

TEST(compares_maps_without_memory)
{
	struct buf up, down, less, out;

	put_large_map(&up, 100, true);
	put_large_map(&down, 100, false);
	put_large_map(&less, 101, false);
	less.data[1] = 0; /* of 100 pairs: 1 to 100, not 0 to 99 */
	less.data[2] = 100;
	less.len -= 5;
	struct wire_message a = opened(&up);
	struct wire_message b = opened(&down);
	struct wire_message c = opened(&less);
	for (int64_t n = 0; n <= 2; n++) {
		mem_fail_after(n);
		assert_true(wire_equal(a.root, b.root));
		mem_fail_after(n);
		assert_false(wire_equal(a.root, c.root));
	}
	mem_fail_after(-1);
	buf_init(&out, 10000);
	assert_non_null(buf_room(&out, 5000));
	mem_fail_after(0);
	wire_put_canonical(&out, a.root);
	mem_fail_after(-1);
	assert_int_equal(out.err, ERR_NOMEM);
	wire_close(&a);
	wire_close(&b);
	wire_close(&c);
	buf_done(&up);
	buf_done(&down);
	buf_done(&less);
	buf_done(&out);
}
