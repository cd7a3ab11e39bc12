#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/wire/value.h"
#include "common/wire/write.h"
#include "tests/lib/test.h"
#include "tests/unit/random_tree.h"

#define ROW(literal)                         \
	{                                    \
		literal, sizeof(literal) - 1 \
	}
#define BYTES(literal) ((struct str)ROW(literal))

/* Asserts that a frame is refused with e, by the walk and by opening, in words that hold
 * `words`. */
static void refuses(struct str frame, enum err e, const char *words)
{
	struct wire_message w = {0};
	struct errmsg m;

	assert_int_equal(wire_walk(frame, &m), e);
	if (!strstr(m.text, words))
		fail_msg("'%s' does not hold '%s'", m.text, words);
	assert_int_equal(wire_walk(frame, NULL), e);
	assert_int_equal(wire_open(&w, frame, NULL), e);
	assert_null(w.root);
	wire_close(&w);
}

static void accepts(struct str frame)
{
	struct wire_message w = {0};
	struct errmsg m;

	if (wire_walk(frame, &m) || wire_open(&w, frame, &m))
		fail_msg("%s", m.text);
	assert_non_null(w.root);
	wire_close(&w);
}

/* Frames that hold each head there is. */
static const struct str good[] = {
	ROW("\x00"),
	ROW("\x7f"),
	ROW("\xe0"),
	ROW("\xff"),
	ROW("\xc0"),
	ROW("\xc2"),
	ROW("\xc3"),
	ROW("\xcc\xff"),
	ROW("\xcd\xff\xff"),
	ROW("\xce\xff\xff\xff\xff"),
	ROW("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
	ROW("\xd0\x80"),
	ROW("\xd1\x80\x00"),
	ROW("\xd2\x80\x00\x00\x00"),
	ROW("\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
	ROW("\xca\x7f\x7f\xff\xff"),
	ROW("\xcb\x7f\xef\xff\xff\xff\xff\xff\xff"),
	ROW("\xca\x80\x00\x00\x00"),
	ROW("\xcb\x00\x00\x00\x00\x00\x00\x00\x01"),
	ROW("\xa0"),
	ROW("\xa3"
	    "a\0b"),
	ROW("\xd9\x00"),
	ROW("\xd9\x01x"),
	ROW("\xda\x00\x01x"),
	ROW("\xdb\x00\x00\x00\x01x"),
	ROW("\xc4\x00"),
	ROW("\xc4\x01\xff"),
	ROW("\xc5\x00\x01\xff"),
	ROW("\xc6\x00\x00\x00\x01\xff"),
	ROW("\x90"),
	ROW("\x92\x01\xc0"),
	ROW("\xdc\x00\x00"),
	ROW("\xdc\x00\x01\x01"),
	ROW("\xdd\x00\x00\x00\x01\x01"),
	ROW("\x80"),
	ROW("\x81\xa1"
	    "a\xc0"),
	ROW("\x82\xa1"
	    "a\xc0\xa0\xc0"),
	ROW("\xde\x00\x01\xa1"
	    "a\xc0"),
	ROW("\xdf\x00\x00\x00\x01\xd9\x01"
	    "a\x91\x80"),
	ROW("\x82\xa1"
	    "a\x81\xa1"
	    "a\x01\xa1"
	    "b\x81\xa1"
	    "a\x02"),
	ROW("\x91\xd9\x04\xf0\x9f\x90\xa6"),
};

TEST(accepts_every_type_in_every_form)
{
	for (size_t i = 0; i < COUNT_OF(good); i++)
		accepts(good[i]);
}

TEST(refuses_every_frame_cut_short)
{
	for (size_t i = 0; i < COUNT_OF(good); i++)
		for (size_t len = 0; len < good[i].len; len++) {
			/* a copy of just that size, so that a sanitizer sees a look beyond it
			 */
			char *cut = mem_dup(good[i].at, good[i].len);

			memmove(cut + good[i].len - len, cut, len);
			refuses((struct str){cut + good[i].len - len, len}, ERR_FORMAT, "");
			mem_free(cut);
		}
}

TEST(refuses_whatever_follows_the_value)
{
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		char longer[64];

		memcpy(longer, good[i].at, good[i].len);
		longer[good[i].len] = '\xc0';
		refuses((struct str){longer, good[i].len + 1}, ERR_FORMAT,
			"follow after the value");
	}
}

TEST(says_what_is_wrong_and_where)
{
	refuses(BYTES(""), ERR_FORMAT, "the message is empty");
	refuses(BYTES("\x93\x01"), ERR_FORMAT,
		"byte 1: an array of 3 cannot be in the 1 bytes");
	refuses(BYTES("\x81\xa1"), ERR_FORMAT, "byte 1: a map of 1 cannot be in the 1 bytes");
	refuses(BYTES("\x91\xa5"
		      "four"),
		ERR_FORMAT, "byte 2: 5 bytes should follow, and 4 do");
	refuses(BYTES("\xda\x00"), ERR_FORMAT, "byte 0: the frame ends inside a length");
	refuses(BYTES("\x92\x91\x01"), ERR_FORMAT, "byte 3: the frame ends where a value");
	refuses(BYTES("\x92\x01\xc1"), ERR_FORMAT, "byte 2: no value begins with 0xc1");
	refuses(BYTES("\x01\x02\x03"), ERR_FORMAT, "byte 1: 2 bytes follow after the value");
}

TEST(believes_no_declared_length)
{
	static const unsigned char heads[] = {0xdf, 0xdd, 0xdb, 0xc6};

	for (size_t i = 0; i < COUNT_OF(heads); i++)
		for (int shift = 0; shift < 32; shift++) {
			uint32_t n = UINT32_MAX >> shift;
			char bomb[6] = {(char)heads[i], (char)(n >> 24), (char)(n >> 16),
				(char)(n >> 8), (char)n, 0};

			if (n > 1 || heads[i] == 0xdf)
				refuses((struct str){bomb, sizeof(bomb)}, ERR_FORMAT, "");
		}
	refuses(BYTES("\xdc\xff\xff\xdc\xff\xff\xdc\xff\xff"), ERR_FORMAT, "an array of 65535");
}

TEST(goes_no_deeper_than_it_promises)
{
	char frame[100000];

	for (size_t depth = 0; depth <= WIRE_DEPTH_MAX + 2; depth++) {
		memset(frame, '\x91', depth);
		frame[depth] = '\x01';
		if (depth <= WIRE_DEPTH_MAX)
			accepts((struct str){frame, depth + 1});
		else
			refuses((struct str){frame, depth + 1}, ERR_TOO_BIG,
				"byte 17: more than 16 maps and arrays");
	}
	memset(frame, '\x91', sizeof(frame));
	refuses((struct str){frame, sizeof(frame)}, ERR_TOO_BIG, "more than 16");
	for (size_t i = 0; i + 3 <= sizeof(frame); i += 3)
		memcpy(frame + i, "\x81\xa1k", 3);
	refuses((struct str){frame, sizeof(frame)}, ERR_TOO_BIG, "more than 16");
}

/* An array of two arrays of nils: `first` and `second` of them. */
static struct str two_arrays(struct buf *b, uint32_t first, uint32_t second)
{
	buf_reset(b);
	wire_put_array(b, 2);
	wire_put_array(b, first);
	for (uint32_t i = 0; i < first; i++)
		wire_put_nil(b);
	wire_put_array(b, second);
	for (uint32_t i = 0; i < second; i++)
		wire_put_nil(b);
	return buf_view(b);
}

TEST(takes_no_more_values_than_it_promises)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	accepts(two_arrays(&b, WIRE_VALUES_MAX - 3, 0));
	accepts(two_arrays(&b, 100000, WIRE_VALUES_MAX - 100003));
	refuses(two_arrays(&b, 100000, WIRE_VALUES_MAX - 100002), ERR_TOO_BIG,
		"more than 200000 values");
	refuses(two_arrays(&b, WIRE_VALUES_MAX, 0), ERR_TOO_BIG, "more than 200000 values");
	buf_done(&b);
}

TEST(refuses_extension_types)
{
	static const unsigned char heads[] = {0xc7, 0xc8, 0xc9, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8};

	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		char frame[20] = {'\x91', (char)heads[i]};

		refuses((struct str){frame, sizeof(frame)}, ERR_FORMAT,
			"byte 1: extension types");
	}
}

TEST(refuses_what_is_no_number)
{
	const char *words = "NaN and infinity are not allowed";

	refuses(BYTES("\xca\x7f\x80\x00\x00"), ERR_FORMAT, words);
	refuses(BYTES("\xca\xff\x80\x00\x00"), ERR_FORMAT, words);
	refuses(BYTES("\xca\x7f\xc0\x00\x00"), ERR_FORMAT, words);
	refuses(BYTES("\xca\x7f\x80\x00\x01"), ERR_FORMAT, words);
	refuses(BYTES("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00"), ERR_FORMAT, words);
	refuses(BYTES("\xcb\xff\xf0\x00\x00\x00\x00\x00\x00"), ERR_FORMAT, words);
	refuses(BYTES("\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00"), ERR_FORMAT, words);
	refuses(BYTES("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x01"), ERR_FORMAT, words);
}

TEST(refuses_text_that_is_not_utf8)
{
	static const char *const bad[] = {"\x80", "\xc0\x80", "\xc1\xbf", "\xc3",
		"\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
		"\xf8\x88\x80\x80", "\xff", "0123456789abcdef\xff"};

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct buf b;

		buf_init(&b, 100);
		wire_put_str(&b, str_of(bad[i]));
		refuses(buf_view(&b), ERR_FORMAT, "text must be UTF-8");
		buf_reset(&b);
		wire_put_map(&b, 1);
		wire_pair_text(&b, bad[i], "x");
		refuses(buf_view(&b), ERR_FORMAT, "text must be UTF-8");
		buf_reset(&b);
		wire_put_bin(&b, str_of(bad[i]));
		accepts(buf_view(&b));
		buf_done(&b);
	}
}

TEST(takes_only_text_for_a_key)
{
	const char *words = "the keys of a map must be text";

	refuses(BYTES("\x81\x01\x02"), ERR_FORMAT, words);
	refuses(BYTES("\x81\xc0\x02"), ERR_FORMAT, words);
	refuses(BYTES("\x81\xc4\x01"
		      "a\x02"),
		ERR_FORMAT, words);
	refuses(BYTES("\x81\x90\x02"), ERR_FORMAT, words);
	refuses(BYTES("\x81\x80\x02"), ERR_FORMAT, words);
	refuses(BYTES("\x82\xa1"
		      "a\x02\xcc\x01\x02"),
		ERR_FORMAT, words);
}

/* A map of `count` keys, of which number `second` has the name of number `first`. */
static struct str map_with_twins(struct buf *b, uint32_t count, uint32_t first, uint32_t second)
{
	buf_reset(b);
	wire_put_map(b, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t n = i == second ? first : i;
		char key[40];

		(void)snprintf(
			key, sizeof(key), "%s-%u", n % 2 ? "a long key of many bytes" : "k", n);
		wire_put_text(b, key);
		wire_put_map(b, 1);
		wire_pair_int(b, key, i);
	}
	return buf_view(b);
}

TEST(finds_a_key_that_comes_twice_in_maps_of_every_size)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	refuses(BYTES("\x82\xa1"
		      "a\x01\xd9\x01"
		      "a\x02"),
		ERR_FORMAT, "byte 6: the key 'a' comes twice in one map");
	refuses(BYTES("\x82\xa0\x01\xa0\x02"), ERR_FORMAT, "the key '' comes twice");
	for (uint32_t count = 2; count < 200; count += count < 20 ? 1 : 37) {
		accepts(map_with_twins(&b, count, 0, 0));
		refuses(map_with_twins(&b, count, count - 2, count - 1), ERR_FORMAT,
			"comes twice in one map");
		refuses(map_with_twins(&b, count, 0, count / 2), ERR_FORMAT,
			"key 'k-0' comes twice");
	}
	for (uint32_t first = 0; first < 17; first++)
		refuses(map_with_twins(&b, 17, first, (first + 1) % 17), ERR_FORMAT,
			"comes twice in one map");
	accepts(map_with_twins(&b, 15000, 0, 0));
	refuses(map_with_twins(&b, 15000, 7, 14001), ERR_FORMAT, "-7' comes twice in one map");
	buf_done(&b);
}

/* `count` keys that differ in the middle only, where a quick look does not tell them apart. */
static struct str map_of_likes(struct buf *b, uint32_t count)
{
	buf_reset(b);
	wire_put_map(b, count);
	for (uint32_t i = 0; i < count; i++) {
		char key[40];

		(void)snprintf(key, sizeof(key), "same start %u same end", 100 + i);
		wire_pair_int(b, key, i);
	}
	return buf_view(b);
}

TEST(tells_keys_apart_that_look_alike)
{
	struct buf b;

	buf_init(&b, 100000);
	accepts(map_of_likes(&b, 16));
	accepts(map_of_likes(&b, 17));
	accepts(map_of_likes(&b, 800));
	buf_done(&b);
}

TEST(says_so_when_there_is_no_memory_for_the_keys)
{
	struct errmsg m;
	struct buf b;

	buf_init(&b, 100000);
	struct str frame = map_with_twins(&b, 300, 0, 0);
	for (int64_t n = 0; n < 3; n++) {
		mem_fail_after(n);
		assert_int_equal(wire_walk(frame, &m), ERR_NOMEM);
		assert_string_equal(m.text, "out of memory");
	}
	mem_fail_after(3); /* 64, 128, 256, 512 keys */
	assert_int_equal(wire_walk(frame, NULL), ERR_OK);
	mem_fail_after(-1);
	buf_done(&b);
}

/* What a walk has left: the model below is the plainest reading of the format there is. */
struct model {
	const unsigned char *at, *end;
	int depth;
};

static bool model_take(struct model *m, size_t n, uint64_t *ret)
{
	*ret = 0;
	if ((size_t)(m->end - m->at) < n)
		return false;
	for (size_t i = 0; i < n; i++)
		*ret = *ret << 8 | *m->at++;
	return true;
}

static bool model_value(struct model *m, struct str *ret_text);

static bool model_text(struct model *m, uint64_t n, struct str *ret)
{
	if (n > (uint64_t)(m->end - m->at))
		return false;
	*ret = (struct str){(const char *)m->at, n};
	m->at += n;
	return text_is_utf8(*ret);
}

static bool model_bytes(struct model *m, uint64_t n)
{
	if (n > (uint64_t)(m->end - m->at))
		return false;
	m->at += n;
	return true;
}

static bool model_float(struct model *m, size_t n)
{
	uint64_t bits;
	float f;
	double d;

	if (!model_take(m, n, &bits))
		return false;
	uint32_t low = (uint32_t)bits;
	memcpy(&f, &low, sizeof(f));
	memcpy(&d, &bits, sizeof(d));
	return __builtin_isfinite(n == 4 ? (double)f : d);
}

static bool model_many(struct model *m, uint64_t n, bool is_map)
{
	struct str keys[64];
	struct str text;

	if (n > 64 || ++m->depth > WIRE_DEPTH_MAX)
		return false;
	for (uint64_t i = 0; i < n; i++) {
		if (is_map && (!model_value(m, &keys[i]) || !keys[i].at))
			return false;
		for (uint64_t k = 0; is_map && k < i; k++)
			if (str_equal(keys[k], keys[i]))
				return false;
		if (!model_value(m, &text))
			return false;
	}
	m->depth--;
	return true;
}

/* The n of a head of `size` bytes, and then what it counts. */
static bool model_sized(struct model *m, unsigned char head, struct str *ret_text)
{
	static const size_t sizes[] = {1, 2, 4};
	uint64_t n;

	if (head >= 0xc4 && head <= 0xc6)
		return model_take(m, sizes[head - 0xc4], &n) && model_bytes(m, n);
	if (head >= 0xd9 && head <= 0xdb)
		return model_take(m, sizes[head - 0xd9], &n) && model_text(m, n, ret_text);
	if (head >= 0xcc && head <= 0xd3)
		return model_bytes(m, (size_t)1 << (head & 3));
	if (head == 0xca || head == 0xcb)
		return model_float(m, head == 0xca ? 4 : 8);
	return head >= 0xdc && model_take(m, head & 1 ? 4 : 2, &n) &&
	       model_many(m, n, head >= 0xde);
}

/* Takes one value; *ret_text is its text, or {NULL, 0}. */
static bool model_value(struct model *m, struct str *ret_text)
{
	*ret_text = (struct str){0};
	if (m->at == m->end)
		return false;
	unsigned char c = *m->at++;
	if (c < 0x80 || c >= 0xe0 || c == 0xc0 || c == 0xc2 || c == 0xc3)
		return true;
	if (c < 0xa0)
		return model_many(m, c & 15, c < 0x90);
	return c < 0xc0 ? model_text(m, c & 31, ret_text) : model_sized(m, c, ret_text);
}

/* Changes a byte, or two, or cuts or doubles a part. */
static void mutate(struct buf *b, struct rng *r)
{
	size_t at = (size_t)rng_range(r, 0, (int64_t)b->len - 1);

	switch (rng_range(r, 0, 4)) {
	case 0:
		b->data[at] = (unsigned char)rng_next(r);
		break;
	case 1:
		b->data[at] ^= (unsigned char)(1u << rng_range(r, 0, 7));
		break;
	case 2:
		b->len = at ? at : 1;
		break;
	case 3:
		memmove(b->data + at, b->data + b->len / 2,
			b->len - (at > b->len / 2 ? at : b->len / 2));
		break;
	default:
		b->data[at] = (unsigned char)rng_range(r, 0xc0, 0xdf);
	}
}

TEST(agrees_with_a_plain_reading_of_broken_frames)
{
	struct rng r = test_rng();
	struct wire_message w = {0};
	int accepted = 0;
	struct buf b;

	buf_init(&b, 1 << 20);
	for (int round = 0; round < 30000; round++) {
		buf_reset(&b);
		tree_put_random(&b, &r, (int)rng_range(&r, 0, 5));
		for (int64_t n = rng_range(&r, 0, 3); n > 0; n--)
			mutate(&b, &r);

		char *copy = mem_dup(b.data, b.len);
		struct model m = {
			.at = (unsigned char *)copy, .end = (unsigned char *)copy + b.len};
		struct str text;
		bool is_good = model_value(&m, &text) && m.at == m.end;
		enum err e = wire_open(&w, (struct str){copy, b.len}, NULL);
		assert_int_equal(is_good, e == ERR_OK);
		accepted += is_good;
		mem_free(copy);
	}
	assert_in_range(accepted, 7500, 22500);
	wire_close(&w);
	buf_done(&b);
}
