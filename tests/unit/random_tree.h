/*
 * random_tree.h - MessagePack values that chance makes, for tests
 *
 * Everything a good frame may hold, in every encoding it may have: the writer
 * here is not the one under test, and prefers no shortest form.
 */
#ifndef ROOST_TESTS_RANDOM_TREE_H
#define ROOST_TESTS_RANDOM_TREE_H

#include <string.h>

#include "common/base/buf.h"
#include "common/base/rng.h"

/* n as `bytes` bytes, the first one highest. */
static void tree_put_be(struct buf *b, uint64_t n, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		buf_byte(b, (unsigned char)(n >> (8 * i)));
}

/* A whole number: `as` picks one of the encodings that can hold it. */
static void tree_put_int(struct buf *b, int64_t n, int as)
{
	static const struct {
		unsigned char head;
		int bytes;
		int64_t lo, hi;
	} forms[] = {
		{0xcc, 1, 0, UINT8_MAX},
		{0xcd, 2, 0, UINT16_MAX},
		{0xce, 4, 0, UINT32_MAX},
		{0xcf, 8, 0, INT64_MAX},
		{0xd0, 1, INT8_MIN, INT8_MAX},
		{0xd1, 2, INT16_MIN, INT16_MAX},
		{0xd2, 4, INT32_MIN, INT32_MAX},
		{0xd3, 8, INT64_MIN, INT64_MAX},
	};

	if (n >= -32 && n <= 127 && as % 9 == 8) {
		buf_byte(b, (unsigned char)n);
		return;
	}
	while (n < forms[as % 8].lo || n > forms[as % 8].hi)
		as++;
	buf_byte(b, forms[as % 8].head);
	tree_put_be(b, (uint64_t)n, forms[as % 8].bytes);
}

/* The head of n bytes or values: a fixed form below `fix_below`, then of 1, 2 or 4 bytes. */
static void tree_put_head(struct buf *b, struct rng *r, uint32_t n,
	const unsigned char heads[4], uint32_t fix_below)
{
	static const int bytes[] = {0, 1, 2, 4};
	int64_t form = rng_range(r, 0, 3);

	if (form == 0 && n < fix_below) {
		buf_byte(b, (unsigned char)(heads[0] + n));
		return;
	}
	while (form == 0 || heads[form] == 0)
		form++;
	buf_byte(b, heads[form]);
	tree_put_be(b, n, bytes[form]);
}

static const unsigned char tree_str_heads[] = {0xa0, 0xd9, 0xda, 0xdb};
static const unsigned char tree_bin_heads[] = {0, 0xc4, 0xc5, 0xc6};
static const unsigned char tree_array_heads[] = {0x90, 0, 0xdc, 0xdd};
static const unsigned char tree_map_heads[] = {0x80, 0, 0xde, 0xdf};

static void tree_put_str(struct buf *b, struct rng *r, struct str s)
{
	tree_put_head(b, r, (uint32_t)s.len, tree_str_heads, 32);
	buf_put(b, s.at, s.len);
}

static void tree_put_random_str(struct buf *b, struct rng *r)
{
	static const char *const pieces[] = {"a", "B", " ", "\xc3\xbc", "\xe2\x82\xac",
		"\xf0\x9f\x90\xa6", "\x7f", "\xf4\x8f\xbf\xbf"};
	char text[200];
	size_t len = 0;

	for (int64_t n = rng_range(r, 0, 40); n > 0; n--) {
		const char *piece = pieces[rng_range(r, 0, 7)];

		memcpy(text + len, piece, strlen(piece));
		len += strlen(piece);
	}
	tree_put_str(b, r, (struct str){text, len});
}

static void tree_put_random_float(struct buf *b, struct rng *r)
{
	float f = (float)rng_range(r, -1000, 1000) / 8;
	double d = (double)rng_range(r, -1000000, 1000000) / 1024;
	uint32_t f_bits;
	uint64_t d_bits;

	memcpy(&f_bits, &f, sizeof(f_bits));
	memcpy(&d_bits, &d, sizeof(d_bits));
	bool single = rng_range(r, 0, 1);
	buf_byte(b, single ? 0xca : 0xcb);
	tree_put_be(b, single ? f_bits : d_bits, single ? 4 : 8);
}

/* A value that holds no others. */
static void tree_put_leaf(struct buf *b, struct rng *r)
{
	switch (rng_range(r, 0, 5)) {
	case 0:
		buf_byte(b, 0xc0);
		break;
	case 1:
		buf_byte(b, (unsigned char)rng_range(r, 0xc2, 0xc3));
		break;
	case 2:
		tree_put_int(b, (int64_t)rng_next(r) >> rng_range(r, 0, 63),
			(int)rng_range(r, 0, 100));
		break;
	case 3:
		tree_put_random_float(b, r);
		break;
	case 4:
		tree_put_head(b, r, 3, tree_bin_heads, 0);
		buf_put(b, "\xff\x00\x80", 3);
		break;
	default:
		tree_put_random_str(b, r);
	}
}

/* A whole value, at most `depth` maps and arrays inside each other. */
static void tree_put_random(struct buf *b, struct rng *r, int depth)
{
	int64_t what = depth ? rng_range(r, 0, 3) : 0;
	uint32_t n = (uint32_t)rng_range(r, 0, rng_range(r, 0, 9) == 0 ? 30 : 5);
	uint32_t first = (uint32_t)rng_range(r, 0, 900);

	if (what < 2) {
		tree_put_leaf(b, r);
		return;
	}
	tree_put_head(b, r, n, what == 2 ? tree_array_heads : tree_map_heads, 16);
	for (uint32_t i = 0; i < n; i++) {
		if (what == 3) {
			char key[16] = "a-longer-key";

			key[i % 12] = (char)('A' + (first + i) % 26);
			key[12] = (char)('0' + i);
			tree_put_str(b, r, (struct str){key, first % 2 ? 13 : 16});
		}
		tree_put_random(b, r, depth - 1);
	}
}

#endif
