#include "common/xapi/media/media.h"

#include <stdio.h>
#include <string.h>

/* What is at a place of the first bytes. */
struct sign {
	size_t at, len;
	const char *bytes;
};

/* clang-format off */
#define SIGN(at_, text) {at_, sizeof(text) - 1, text}
static const struct {
	struct media_type type;
	struct sign signs[6]; /* one of them is there; a sign of no bytes ends them */
	struct sign also;     /* and this one ... */
	struct sign but;      /* ... but not this one */
} types[] = {
	{{"image/jpeg", MEDIA_IMAGE, "jpg"},  {SIGN(0, "\xff\xd8\xff")}, {0}, {0}},
	{{"image/png",  MEDIA_IMAGE, "png"},  {SIGN(0, "\x89PNG\r\n\x1a\n")}, {0}, {0}},
	{{"image/webp", MEDIA_IMAGE, "webp"}, {SIGN(0, "RIFF")}, SIGN(8, "WEBP"), {0}},
	{{"image/gif",  MEDIA_GIF,   "gif"},  {SIGN(0, "GIF87a"), SIGN(0, "GIF89a")}, {0}, {0}},
	{{"video/mp4",  MEDIA_VIDEO, "mp4"},  {SIGN(4, "ftyp")}, {0}, {0}},
	{{"video/quicktime", MEDIA_VIDEO, "mov"}, {SIGN(4, "ftypqt"), SIGN(4, "moov"), SIGN(4, "mdat"), SIGN(4, "wide"), SIGN(4, "free"), SIGN(4, "skip")}, {0}, {0}},
	{{"video/webm", MEDIA_VIDEO, "webm"}, {SIGN(0, "\x1a\x45\xdf\xa3")}, {0}, {0}},
	{{"video/mp2t", MEDIA_VIDEO, "ts"},   {SIGN(0, "G")}, {0}, SIGN(0, "GIF8")},
	{{"image/bmp",  MEDIA_IMAGE, "bmp"},  {SIGN(0, "BM")}, {0}, {0}},
	{{"image/tiff", MEDIA_IMAGE, "tiff"}, {SIGN(0, "II*\0"), SIGN(0, "MM\0*")}, {0}, {0}},
	{{"image/pjpeg", MEDIA_IMAGE, "jpeg"}, {SIGN(0, "\xff\xd8\xff")}, {0}, {0}},
};

static const struct {
	int64_t most;
	const char *name, *in_post, *in_message;
} kinds[] = {
	[MEDIA_IMAGE] = {MEDIA_IMAGE_MAX, "an image", "tweet_image", "dm_image"},
	[MEDIA_GIF]   = {MEDIA_GIF_MAX,   "a GIF",    "tweet_gif",   "dm_gif"},
	[MEDIA_VIDEO] = {MEDIA_VIDEO_MAX, "a video",  "tweet_video", "dm_video"},
};
/* clang-format on */

const struct media_type *media_type_find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_is(name, types[i].type.name))
			return &types[i].type;
	return NULL;
}

static bool shows(const struct sign *s, struct str head)
{
	return head.len >= s->at + s->len && memcmp(head.at + s->at, s->bytes, s->len) == 0;
}

static bool fits(size_t i, struct str head)
{
	bool any = false;

	for (size_t k = 0; k < COUNT_OF(types[i].signs) && types[i].signs[k].len; k++)
		any = any || shows(&types[i].signs[k], head);
	return any && (!types[i].also.len || shows(&types[i].also, head)) &&
	       (!types[i].but.len || !shows(&types[i].but, head));
}

/* A file of QuickTime begins like one of MP4, which the table has first. */
const struct media_type *media_type_of(struct str head)
{
	const struct media_type *quicktime = media_type_find(str_of("video/quicktime"));

	if (head.len >= 10 && memcmp(head.at + 4, "ftypqt", 6) == 0)
		return quicktime;
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (fits(i, head))
			return &types[i].type;
	return NULL;
}

bool media_type_fits(const struct media_type *t, struct str head)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (&types[i].type == t)
			return fits(i, head);
	return false;
}

char *media_type_names(char *out, size_t cap)
{
	size_t len = 0;

	out[0] = 0;
	for (size_t i = 0; i < COUNT_OF(types) && len < cap; i++) {
		int n = snprintf(
			out + len, cap - len, "%s%s", i ? ", " : "", types[i].type.name);

		len += n > 0 ? (size_t)n : 0;
	}
	return out;
}

int64_t media_kind_max(enum media_kind kind)
{
	return kinds[kind].most;
}

const char *media_kind_name(enum media_kind kind)
{
	return kinds[kind].name;
}

const char *media_category(enum media_kind kind, bool in_message)
{
	return in_message ? kinds[kind].in_message : kinds[kind].in_post;
}

uint32_t media_parts(int64_t size)
{
	ASSERT(size >= 1 && size <= MEDIA_VIDEO_MAX);
	return (uint32_t)((size + MEDIA_PART - 1) / MEDIA_PART);
}

char *media_handle_write(
	const unsigned char hash[MEDIA_HASH_BYTES], char out[MEDIA_HANDLE_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char *at = out;

	*at++ = 'm';
	for (size_t i = 0; i < MEDIA_HASH_BYTES; i++) {
		*at++ = digits[hash[i] >> 4];
		*at++ = digits[hash[i] & 15];
	}
	*at = 0;
	return out;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool media_handle_read(struct str text, unsigned char out[MEDIA_HASH_BYTES])
{
	if (text.len != MEDIA_HANDLE_SIZE - 1 || text.at[0] != 'm')
		return false;
	for (size_t i = 0; i < MEDIA_HASH_BYTES; i++) {
		int high = digit(text.at[1 + 2 * i]), low = digit(text.at[2 + 2 * i]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

enum err media_may_join(
	const enum media_kind *list, size_t count, bool in_message, struct errmsg *m)
{
	size_t moving = 0;

	for (size_t i = 0; i < count; i++)
		moving += list[i] != MEDIA_IMAGE;
	if (in_message && count > 1)
		return err_say(m, ERR_INVALID,
			"%zu media are given; a direct message takes one: send one message for "
			"each",
			count);
	if (count > MEDIA_IMAGES_MAX)
		return err_say(m, ERR_INVALID,
			"%zu media are given; a post takes up to %d images: leave some out, or "
			"make a thread",
			count, MEDIA_IMAGES_MAX);
	if (moving && count > 1)
		return err_say(m, ERR_INVALID,
			"a GIF or a video stands alone in a post, and here are %zu media; put "
			"the others into another post",
			count);
	return ERR_OK;
}
