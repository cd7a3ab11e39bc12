#include "common/xapi/media/media.h"

#include <string.h>

#include "tests/lib/test.h"

#define HEAD(text)                     \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct {
	const char *name;
	struct str head;
} heads[] = {
	{"image/jpeg", HEAD("\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0")},
	{"image/png", HEAD("\x89PNG\r\n\x1a\n\0\0\0\rIHDR")},
	{"image/webp", HEAD("RIFF\x24\0\0\0WEBPVP8 ")},
	{"image/gif", HEAD("GIF89a\1\0\1\0\0\0\0;..")},
	{"video/mp4", HEAD("\0\0\0\x18"
			   "ftypmp42\0\0\0\0")},
	{"video/quicktime", HEAD("\0\0\0\x14"
				 "ftypqt  \0\0\0\0")},
	{"video/webm", HEAD("\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x86\x81\1")},
	{"video/mp2t", HEAD("G@\0\x10\0\0\xb0\x0d\0\1\xc1\0\0\0\1\xf0")},
	{"image/bmp", HEAD("BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0")},
	{"image/tiff", HEAD("II*\0\x08\0\0\0\0\0\0\0\0\0\0\0")},
};

TEST(tells_each_type_by_its_first_bytes)
{
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		const struct media_type *t = media_type_of(heads[i].head);

		assert_non_null(t);
		assert_string_equal(t->name, heads[i].name);
	}
}

TEST(takes_no_type_for_another)
{
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		for (size_t k = 0; k < COUNT_OF(heads); k++) {
			bool mp4 = strcmp(heads[i].name, "video/mp4") == 0 &&
				   strcmp(heads[k].name, "video/quicktime") == 0;

			assert_int_equal(media_type_fits(media_type_find(str_of(heads[i].name)),
						 heads[k].head),
				i == k || mp4); /* QuickTime is where MP4 comes from */
		}
}

TEST(takes_no_head_that_is_cut)
{
	assert_null(media_type_of((struct str)HEAD("\x89PN")));
	assert_null(media_type_of((struct str)HEAD("RIFF\x24\0\0\0WEB")));
	assert_null(media_type_of((struct str)HEAD("")));
	assert_null(media_type_of((struct str)HEAD("<html><body>....")));
}

TEST(knows_what_x_takes_and_nothing_else)
{
	char names[200];

	assert_null(media_type_find(str_of("image/svg+xml")));
	assert_null(media_type_find(str_of("image/pn")));
	assert_non_null(strstr(media_type_names(names, sizeof(names)), "video/mp4"));
	assert_int_equal(media_kind_max(MEDIA_IMAGE), 5242880);
	assert_int_equal(media_kind_max(MEDIA_VIDEO), 536870912);
	assert_string_equal(media_category(MEDIA_GIF, false), "tweet_gif");
	assert_string_equal(media_category(MEDIA_VIDEO, true), "dm_video");
}

TEST(counts_parts_of_one_mebibyte)
{
	assert_int_equal(media_parts(1), 1);
	assert_int_equal(media_parts(MEDIA_PART), 1);
	assert_int_equal(media_parts(MEDIA_PART + 1), 2);
	assert_in_range(media_parts(MEDIA_VIDEO_MAX), 1, 1000); /* X numbers them 0 to 999 */
}

TEST(lets_together_what_x_does)
{
	enum media_kind images[] = {
		MEDIA_IMAGE, MEDIA_IMAGE, MEDIA_IMAGE, MEDIA_IMAGE, MEDIA_IMAGE};
	enum media_kind mixed[] = {MEDIA_IMAGE, MEDIA_VIDEO};
	enum media_kind gif[] = {MEDIA_GIF};
	struct errmsg m;

	assert_int_equal(media_may_join(images, 4, false, &m), ERR_OK);
	assert_int_equal(media_may_join(images, 5, false, &m), ERR_INVALID);
	assert_non_null(strstr(m.text, "up to 4 images"));
	assert_int_equal(media_may_join(mixed, 2, false, &m), ERR_INVALID);
	assert_non_null(strstr(m.text, "alone"));
	assert_int_equal(media_may_join(gif, 1, false, &m), ERR_OK);
	assert_int_equal(media_may_join(gif, 1, true, &m), ERR_OK);
	assert_int_equal(media_may_join(images, 2, true, &m), ERR_INVALID);
}

TEST(reads_the_handles_it_writes)
{
	unsigned char hash[MEDIA_HASH_BYTES], back[MEDIA_HASH_BYTES];
	char text[MEDIA_HANDLE_SIZE];

	for (size_t i = 0; i < sizeof(hash); i++)
		hash[i] = (unsigned char)(i * 37);
	assert_true(media_handle_read(str_of(media_handle_write(hash, text)), back));
	assert_memory_equal(hash, back, sizeof(hash));
	text[5] = 'A';
	assert_false(media_handle_read(str_of(text), back));
	text[5] = 'a';
	assert_false(media_handle_read((struct str){text, 64}, back));
	assert_false(media_handle_read(str_of("1900000000000000001"), back));
}
