#include "common/crypto/digest.h"

#include <limits.h>

#include "common/crypto/openssl.h"

static const unsigned char *bytes_of(struct str s)
{
	return (const unsigned char *)(s.at ? s.at : "");
}

void crypto_sha256(struct str data, unsigned char out[SHA256_BYTES])
{
	unsigned int len = 0;
	int done = EVP_Digest(bytes_of(data), data.len, out, &len, EVP_sha256(), NULL);

	ASSERT(done == 1 && len == SHA256_BYTES);
}

/* A context of libcrypto's under a name of ours. */
struct sha256 *sha256_new(void)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1) {
		EVP_MD_CTX_free(ctx);
		ctx = NULL;
	}
	return (struct sha256 *)ctx;
}

void sha256_free(struct sha256 *s)
{
	EVP_MD_CTX_free((EVP_MD_CTX *)s);
}

void sha256_put(struct sha256 *s, struct str data)
{
	int done = EVP_DigestUpdate((EVP_MD_CTX *)s, bytes_of(data), data.len);

	ASSERT(done == 1);
}

void sha256_end(struct sha256 *s, unsigned char out[SHA256_BYTES])
{
	unsigned int len = 0;
	int done = EVP_DigestFinal_ex((EVP_MD_CTX *)s, out, &len);

	ASSERT(done == 1 && len == SHA256_BYTES);
}

static void hmac(const EVP_MD *hash, struct str key, struct str data, unsigned char *out,
	unsigned int bytes)
{
	unsigned int len = 0;

	ASSERT(key.len <= INT_MAX);
	unsigned char *done =
		HMAC(hash, bytes_of(key), (int)key.len, bytes_of(data), data.len, out, &len);
	ASSERT(done && len == bytes);
}

void crypto_hmac_sha256(struct str key, struct str data, unsigned char out[SHA256_BYTES])
{
	hmac(EVP_sha256(), key, data, out, SHA256_BYTES);
}

void crypto_hmac_sha1(struct str key, struct str data, unsigned char out[SHA1_BYTES])
{
	hmac(EVP_sha1(), key, data, out, SHA1_BYTES);
}

bool crypto_equal(struct str a, struct str b)
{
	return a.len == b.len && CRYPTO_memcmp(bytes_of(a), bytes_of(b), a.len) == 0;
}
