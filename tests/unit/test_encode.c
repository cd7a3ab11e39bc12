#include "common/crypto/encode.h"

#include <string.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

typedef void encoder(struct str data, struct buf *out);
typedef enum err decoder(struct str text, struct buf *out);

static void assert_encodes(encoder *encode, struct str data, const char *expected)
{
	struct buf b;

	buf_init(&b, 1000);
	encode(data, &b);
	assert_int_equal(b.err, ERR_OK);
	assert_string_equal(buf_cstr(&b), expected);
	buf_done(&b);
}

static void assert_decodes(decoder *decode, const char *text, struct str expected)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_str(&b, "before");
	assert_int_equal(decode(str_of(text), &b), ERR_OK);
	assert_int_equal(b.len, 6 + expected.len);
	if (expected.len)
		assert_memory_equal(b.data + 6, expected.at, expected.len);
	buf_done(&b);
}

static void assert_refuses(decoder *decode, const char *text)
{
	struct buf b;

	buf_init(&b, 1000);
	buf_str(&b, "before");
	assert_int_equal(decode(str_of(text), &b), ERR_FORMAT);
	assert_string_equal(buf_cstr(&b), "before");
	buf_done(&b);
}

/* RFC 4648, section 10. */
static const struct {
	const char *plain, *base64, *base64url, *hex;
} vectors[] = {
	{"", "", "", ""},
	{"f", "Zg==", "Zg", "66"},
	{"fo", "Zm8=", "Zm8", "666f"},
	{"foo", "Zm9v", "Zm9v", "666f6f"},
	{"foob", "Zm9vYg==", "Zm9vYg", "666f6f62"},
	{"fooba", "Zm9vYmE=", "Zm9vYmE", "666f6f6261"},
	{"foobar", "Zm9vYmFy", "Zm9vYmFy", "666f6f626172"},
	{"\xff\xfe\xfd\xfb", "//79+w==", "__79-w", "fffefdfb"},
};

TEST(the_known_answers_both_ways)
{
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct str plain = str_of(vectors[i].plain);

		assert_encodes(encode_base64, plain, vectors[i].base64);
		assert_encodes(encode_base64url, plain, vectors[i].base64url);
		assert_encodes(encode_hex, plain, vectors[i].hex);
		assert_decodes(decode_base64, vectors[i].base64, plain);
		assert_decodes(decode_base64url, vectors[i].base64url, plain);
		assert_decodes(decode_hex, vectors[i].hex, plain);
	}
	assert_decodes(decode_hex, "FFfeFDfB", str_of("\xff\xfe\xfd\xfb"));
}

TEST(one_value_has_one_spelling)
{
	static const char *const bad64[] = {"Zg", "Zg=", "Zg===", "=",
		"==", "====", "Z===", "Zh==", "Zm9=", "Zm9v\n", " Zm9v",
		"Zm9v====", "Zg==Zg==", "Zm-_", "Zm9vY", "Z"};
	static const char *const bad_url[] = {
		"Zg==", "Zh", "Zm9", "Z", "Zm9vY", "a+b/", "Zm8 "};
	static const char *const bad_hex[] = {"6", "6g", "0x66", " 66", "66 "};

	for (size_t i = 0; i < COUNT_OF(bad64); i++)
		assert_refuses(decode_base64, bad64[i]);
	for (size_t i = 0; i < COUNT_OF(bad_url); i++)
		assert_refuses(decode_base64url, bad_url[i]);
	for (size_t i = 0; i < COUNT_OF(bad_hex); i++)
		assert_refuses(decode_hex, bad_hex[i]);
}

TEST(a_zero_byte_is_no_letter)
{
	struct buf b;

	buf_init(&b, 100);
	assert_int_equal(decode_base64((struct str){"Zm9\0", 4}, &b), ERR_FORMAT);
	assert_int_equal(decode_base64url((struct str){"Z\0", 2}, &b), ERR_FORMAT);
	assert_int_equal(decode_hex((struct str){"6\0", 2}, &b), ERR_FORMAT);
	assert_int_equal(b.len, 0);
	buf_done(&b);
}

TEST(any_bytes_come_back_as_they_were)
{
	struct rng r = test_rng();

	for (int round = 0; round < 500; round++) {
		char data[64];
		struct str plain = {data, (size_t)rng_range(&r, 0, sizeof(data))};
		struct buf text, back;

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (char)rng_next(&r);
		buf_init(&text, 1000);
		buf_init(&back, 1000);
		encode_base64url(plain, &text);
		assert_int_equal(decode_base64url(buf_view(&text), &back), ERR_OK);
		assert_true(str_equal(buf_view(&back), plain));
		buf_done(&text);
		buf_done(&back);
	}
}

TEST(a_full_buf_is_left_as_it_was)
{
	struct buf b;

	buf_init(&b, 4);
	buf_str(&b, "ab");
	assert_int_equal(decode_base64(str_of("Zm9v"), &b), ERR_TOO_BIG);
	assert_int_equal(b.len, 2);
	assert_int_equal(decode_hex(str_of("666f6f"), &b), ERR_TOO_BIG);
	assert_int_equal(b.len, 2);
	buf_reset(&b);
	encode_base64(str_of("foob"), &b);
	assert_int_equal(b.err, ERR_TOO_BIG);
	buf_done(&b);
}

TEST(memory_that_runs_out_is_said)
{
	struct buf b;

	buf_init(&b, 100);
	mem_fail_after(0);
	assert_int_equal(decode_base64(str_of("Zm9v"), &b), ERR_NOMEM);
	mem_fail_after(-1);
	buf_done(&b);
}
