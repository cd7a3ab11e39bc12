/*
 * gcm.h - AES-256-GCM, as master keys and data keys use it
 *
 * Inside of common/crypto. A box is nonce 12 | cipher text n | tag 16; the nonce
 * is random (seal.h says how often that may be done under one key).
 */
#ifndef ROOST_COMMON_CRYPTO_GCM_H
#define ROOST_COMMON_CRYPTO_GCM_H

#include "common/base/buf.h"

#define GCM_KEY_BYTES 32
#define GCM_ID_BYTES  8
#define GCM_OVERHEAD  28

/* Which key it is: tells nothing of it. `kind` keeps ids of different kinds apart. */
void gcm_key_id(const unsigned char *key, const char *kind, unsigned char id[GCM_ID_BYTES]);

/* Adds a box to out. `bound` must be told again to open it. */
void gcm_close(const unsigned char *key, struct str bound, struct str plain, struct buf *out);

/* Opens a box into plain[box.len - GCM_OVERHEAD], which is wiped on ERR_CORRUPT and ERR_NOMEM.
 */
MUST_USE enum err gcm_open(
	const unsigned char *key, struct str bound, struct str box, unsigned char *plain);

#endif
