#include "common/xapi/text/runes.h"

#include <utf8proc.h>

#include "common/base/mem.h"

#define MARKS_MAX 64 /* that are composed with one character at a time */
#define PARTS_MAX ((utf8proc_ssize_t)4 * (MARKS_MAX + 1)) /* code points of one in parts */

/* The code point that begins at p, and its length. The text is well-formed. */
static uint32_t decode(const unsigned char *p, size_t *ret_len)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	size_t len = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	uint32_t c = p[0] & masks[len];

	for (size_t i = 1; i < len; i++)
		c = c << 6 | (p[i] & 0x3f);
	*ret_len = len;
	return c;
}

/* Blocks that NFC leaves as they are and that never join what stands before them. */
static bool is_settled(uint32_t c)
{
	/* clang-format off */
	static const struct { uint32_t first, last; } blocks[] = {
		{0x0000, 0x02ff},   /* Latin */
		{0x0400, 0x0482},   /* Cyrillic */
		{0x200c, 0x203f},   /* joiners, dashes, quotation marks */
		{0x3000, 0x3029}, {0x3041, 0x3096}, {0x309b, 0x30ff}, /* kana, with their marks in them */
		{0x4e00, 0x9fff},   /* Han */
		{0xac00, 0xd7a3},   /* Hangul */
		{0xfe0f, 0xfe0f},   /* after emoji */
		{0xff01, 0xffef},   /* full-width */
		{0x1f000, 0x1faff}, /* emoji */
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT_OF(blocks) && c >= blocks[i].first; i++)
		if (c <= blocks[i].last)
			return true;
	return false;
}

/* Whether c may become one with what stands before it: marks, and the latter parts of Hangul.
 */
static bool may_join(uint32_t c)
{
	if (is_settled(c))
		return false;
	if (c >= 0x1160 && c <= 0x11ff)
		return true;
	utf8proc_category_t kind = utf8proc_category((utf8proc_int32_t)c);
	return kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_MC ||
	       kind == UTF8PROC_CATEGORY_ME;
}

/* Whether c, with nothing to be joined to it, is in NFC as it stands. */
static bool is_composed(uint32_t c)
{
	return is_settled(c) ||
	       utf8proc_get_property((utf8proc_int32_t)c)->decomp_seqindex == UINT16_MAX;
}

/* How many bytes belong to the character that begins at `at`, with the marks after it. */
static size_t run_length(struct str text, size_t at, uint32_t *ret_first, bool *ret_alone)
{
	const unsigned char *p = (const unsigned char *)text.at + at;
	size_t n, len, marks = 0;

	*ret_first = decode(p, &len);
	for (; at + len < text.len && marks < MARKS_MAX; marks++, len += n)
		if (!may_join(decode(p + len, &n)))
			break;
	*ret_alone = marks == 0 && is_composed(*ret_first);
	return len;
}

static void put(struct runes *r, uint32_t c, size_t from)
{
	r->at[r->count] = c;
	r->from[r->count++] = (uint32_t)from;
}

/* One run of bytes, composed. */
static void put_composed(struct runes *r, struct str run, size_t from)
{
	const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	utf8proc_int32_t parts[PARTS_MAX];

	utf8proc_ssize_t n = utf8proc_decompose((const utf8proc_uint8_t *)run.at,
		(utf8proc_ssize_t)run.len, parts, PARTS_MAX, how);
	ASSERT(n >= 0 && n <= PARTS_MAX);
	n = utf8proc_normalize_utf32(parts, n, how);
	ASSERT(n >= 0 && (size_t)n <= run.len); /* what make_room() counts on */
	for (utf8proc_ssize_t i = 0; i < n; i++)
		put(r, (uint32_t)parts[i], from);
}

/* No text has more code points in NFC than it has bytes. */
static bool make_room(struct runes *r, size_t count)
{
	r->own = NULL;
	r->count = 0;
	r->at = r->at_hand;
	r->from = r->at_hand + RUNES_AT_HAND;
	if (count <= RUNES_AT_HAND)
		return true;
	r->own = mem_array(count, 2 * sizeof(uint32_t));
	if (!r->own)
		return false;
	r->at = r->own;
	r->from = r->own + count;
	return true;
}

enum err runes_read(struct runes *r, struct str text)
{
	if (!make_room(r, text.len))
		return ERR_NOMEM;
	for (size_t i = 0; i < text.len;) {
		uint32_t first;
		bool alone;

		if ((unsigned char)text.at[i] < 0x80 &&
			(i + 1 == text.len || (unsigned char)text.at[i + 1] < 0x80)) {
			put(r, (unsigned char)text.at[i], i);
			i++;
			continue;
		}
		size_t len = run_length(text, i, &first, &alone);
		if (alone)
			put(r, first, i);
		else
			put_composed(r, (struct str){text.at + i, len}, i);
		i += len;
	}
	return ERR_OK;
}

void runes_done(struct runes *r)
{
	mem_free(r->own);
	r->own = NULL;
	r->count = 0;
}
