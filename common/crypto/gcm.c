#include "common/crypto/gcm.h"

#include <limits.h>
#include <string.h>

#include "common/crypto/digest.h"
#include "common/crypto/openssl.h"
#include "common/crypto/random.h"

#define NONCE_BYTES 12
#define TAG_BYTES   16

void gcm_key_id(const unsigned char *key, const char *kind, unsigned char id[GCM_ID_BYTES])
{
	unsigned char mac[SHA256_BYTES];

	crypto_hmac_sha256((struct str){(const char *)key, GCM_KEY_BYTES}, str_of(kind), mac);
	memcpy(id, mac, GCM_ID_BYTES);
}

/* Sets up c to seal or to open, with what is bound read in. */
static bool start(EVP_CIPHER_CTX *c, const unsigned char *key, const unsigned char *nonce,
	struct str bound, int sealing)
{
	int len;

	return EVP_CipherInit_ex2(c, EVP_aes_256_gcm(), key, nonce, sealing, NULL) == 1 &&
	       EVP_CipherUpdate(
		       c, NULL, &len, (const unsigned char *)bound.at, (int)bound.len) == 1;
}

/* Reads n bytes from `in`, writes as many to `to`. */
static bool run(EVP_CIPHER_CTX *c, const void *in, size_t n, unsigned char *to)
{
	int len = 0;

	if (n == 0)
		return true;
	return EVP_CipherUpdate(c, to, &len, in, (int)n) == 1 && (size_t)len == n;
}

static bool finish(EVP_CIPHER_CTX *c)
{
	unsigned char none[16];
	int len;

	return EVP_CipherFinal_ex(c, none, &len) == 1;
}

void gcm_close(const unsigned char *key, struct str bound, struct str plain, struct buf *out)
{
	ASSERT(plain.len <= INT_MAX - GCM_OVERHEAD && bound.len <= INT_MAX);

	size_t n = plain.len;
	unsigned char *nonce = buf_room(out, n + GCM_OVERHEAD);
	if (!nonce)
		return;

	unsigned char *body = nonce + NONCE_BYTES;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	crypto_random(nonce, NONCE_BYTES);
	if (c && start(c, key, nonce, bound, 1) && run(c, plain.at, n, body) && finish(c) &&
		EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, body + n) == 1)
		buf_add(out, n + GCM_OVERHEAD);
	else
		buf_fail(out, ERR_NOMEM); /* nothing else can go wrong when sealing */
	EVP_CIPHER_CTX_free(c);
}

/* Whether the bytes and what is bound are those that were sealed. */
static bool is_whole(EVP_CIPHER_CTX *c, const unsigned char *tag)
{
	unsigned char copy[TAG_BYTES]; /* the call takes no const */

	memcpy(copy, tag, TAG_BYTES);
	return EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_BYTES, copy) == 1 && finish(c);
}

enum err gcm_open(
	const unsigned char *key, struct str bound, struct str box, unsigned char *plain)
{
	ASSERT(box.len >= GCM_OVERHEAD && box.len <= INT_MAX && bound.len <= INT_MAX);

	size_t n = box.len - GCM_OVERHEAD;
	const unsigned char *nonce = (const unsigned char *)box.at;
	const unsigned char *body = nonce + NONCE_BYTES;
	enum err e = ERR_OK;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();

	if (!c || !start(c, key, nonce, bound, 0))
		e = ERR_NOMEM;
	else if (!run(c, body, n, plain) || !is_whole(c, body + n))
		e = ERR_CORRUPT;
	if (e)
		OPENSSL_cleanse(plain, n);
	EVP_CIPHER_CTX_free(c);
	return e;
}
