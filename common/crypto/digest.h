/*
 * digest.h - fingerprints that hold against an enemy
 */
#ifndef ROOST_COMMON_CRYPTO_DIGEST_H
#define ROOST_COMMON_CRYPTO_DIGEST_H

#include "common/base/text.h"

#define SHA256_BYTES 32
#define SHA1_BYTES   20

/* SHA-256 of data (FIPS 180-4). */
void crypto_sha256(struct str data, unsigned char out[SHA256_BYTES]);

/* The same of data that comes in pieces. NULL only when out of memory. */
struct sha256;
MUST_USE struct sha256 *sha256_new(void);
void sha256_free(struct sha256 *s);
AUTO_DEFINE(sha256)
void sha256_put(struct sha256 *s, struct str data);
void sha256_end(struct sha256 *s, unsigned char out[SHA256_BYTES]); /* once; then free it */

/* HMAC with SHA-256 (RFC 2104); a key of any length, kept nowhere. */
void crypto_hmac_sha256(struct str key, struct str data, unsigned char out[SHA256_BYTES]);

/* HMAC with SHA-1 (RFC 2104): for OAuth 1.0a alone, which knows nothing better. */
void crypto_hmac_sha1(struct str key, struct str data, unsigned char out[SHA1_BYTES]);

/*
 * Whether a and b are the same bytes, in a time that says nothing of where
 * they differ. That their lengths differ is no secret.
 */
bool crypto_equal(struct str a, struct str b);

#endif
