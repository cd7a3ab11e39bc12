/*
 * digest.h - fingerprints that hold against an enemy
 */
#ifndef ROOST_COMMON_CRYPTO_DIGEST_H
#define ROOST_COMMON_CRYPTO_DIGEST_H

#include "common/base/text.h"

#define SHA256_BYTES 32

/* SHA-256 of data (FIPS 180-4). */
void crypto_sha256(struct str data, unsigned char out[SHA256_BYTES]);

/* HMAC with SHA-256 (RFC 2104); a key of any length, kept nowhere. */
void crypto_hmac_sha256(struct str key, struct str data, unsigned char out[SHA256_BYTES]);

/*
 * Whether a and b are the same bytes, in a time that says nothing of where
 * they differ. That their lengths differ is no secret.
 */
bool crypto_equal(struct str a, struct str b);

#endif
