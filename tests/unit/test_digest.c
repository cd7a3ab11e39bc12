#include "common/crypto/digest.h"

#include <string.h>

#include "common/crypto/encode.h"
#include "common/crypto/random.h"
#include "tests/lib/test.h"

static void assert_hex(const unsigned char digest[SHA256_BYTES], const char *expected)
{
	struct buf b;

	buf_init(&b, 100);
	encode_hex((struct str){(const char *)digest, SHA256_BYTES}, &b);
	assert_string_equal(buf_cstr(&b), expected);
	buf_done(&b);
}

/* FIPS 180-4's examples. */
TEST(sha256_gives_the_known_answers)
{
	unsigned char out[SHA256_BYTES];

	crypto_sha256(str_of("abc"), out);
	assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	crypto_sha256((struct str){NULL, 0}, out);
	assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	crypto_sha256(str_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"), out);
	assert_hex(out, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

/* RFC 4231, cases 1, 2 and 6 (a key longer than a block). */
TEST(hmac_gives_the_known_answers)
{
	unsigned char out[SHA256_BYTES];
	char key[131];

	memset(key, 0x0b, 20);
	crypto_hmac_sha256((struct str){key, 20}, str_of("Hi There"), out);
	assert_hex(out, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	crypto_hmac_sha256(str_of("Jefe"), str_of("what do ya want for nothing?"), out);
	assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	crypto_hmac_sha256((struct str){key, sizeof(key)},
		str_of("Test Using Larger Than Block-Size Key - Hash Key First"), out);
	assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(hmac_takes_an_empty_key_and_no_data)
{
	unsigned char out[SHA256_BYTES];

	crypto_hmac_sha256((struct str){NULL, 0}, (struct str){NULL, 0}, out);
	assert_hex(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(equal_means_every_byte_and_the_length)
{
	assert_true(crypto_equal(str_of("token"), str_of("token")));
	assert_false(crypto_equal(str_of("token"), str_of("tokeN")));
	assert_false(crypto_equal(str_of("token"), str_of("toke")));
	assert_true(crypto_equal((struct str){NULL, 0}, str_of("")));
}

TEST(random_bytes_fill_all_and_only_what_was_asked)
{
	unsigned char seen[34] = {0}, out[34] = {0};

	for (int round = 0; round < 64; round++) {
		crypto_random(out + 1, 32);
		for (size_t i = 0; i < sizeof(out); i++)
			seen[i] |= out[i];
	}
	assert_int_equal(seen[0], 0);
	assert_int_equal(seen[33], 0);
	for (size_t i = 1; i <= 32; i++)
		assert_int_not_equal(seen[i], 0);
}

TEST(random_ids_are_small_letters_and_digits_and_differ)
{
	char a[27], b[27];

	assert_ptr_equal(crypto_random_id(a, 26), a);
	assert_int_equal(strspn(a, "abcdefghijklmnopqrstuvwxyz234567"), 26);
	assert_int_equal(a[26], 0);
	crypto_random_id(b, 26);
	assert_string_not_equal(a, b);
}

/* RFC 2202, cases 1, 2 and 6. */
TEST(hmac_with_sha1_gives_the_known_answers)
{
	static const char longest[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	static const char *const wants[] = {"b617318655057264e28bc0b6fb378c8ef146be00",
		"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
		"aa4ae5e15272d00e95705637ce8a3b55ed402112"};
	char twenty[20], eighty[80];

	memset(twenty, 0x0b, sizeof(twenty));
	memset(eighty, 0xaa, sizeof(eighty));
	const struct str keys[] = {{twenty, 20}, str_of("Jefe"), {eighty, 80}};
	const char *data[] = {"Hi There", "what do ya want for nothing?", longest};
	for (size_t i = 0; i < COUNT_OF(wants); i++) {
		unsigned char out[SHA1_BYTES];
		struct buf b;

		crypto_hmac_sha1(keys[i], str_of(data[i]), out);
		buf_init(&b, 100);
		encode_hex((struct str){(const char *)out, sizeof(out)}, &b);
		assert_string_equal(buf_cstr(&b), wants[i]);
		buf_done(&b);
	}
}
