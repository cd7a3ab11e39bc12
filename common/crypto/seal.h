/*
 * seal.h - secrets at rest
 *
 * Two levels. Every row that owns secrets (an account, an app) has a data key
 * of its own, which is stored wrapped by the master key; the data key seals
 * the row's fields. To change the master key, only data keys are wrapped anew.
 *
 * AES-256-GCM with a random nonce of 96 bits. What is bound into each seal, and
 * must be told again to open it: the version of the format, which key it is,
 * the row, the field, and its generation (a number that grows with each new
 * value, so that an older value cannot be put back in the place of a newer).
 * Tampered bytes, another row, field or generation, or another key are all
 * ERR_CORRUPT, with words that say what to do and never what was sealed.
 *
 * Bound: random nonces are safe for 2^32 seals under one key (NIST SP 800-38D,
 * section 8.3: chance of a repeat below 2^-32). A data key sealed once a second
 * reaches that after 136 years; a master key, after 2^32 accounts or wraps.
 *
 *   wrapped   version 1 | master id 8 | nonce 12 | data key 32 | tag 16
 *   sealed    version 1 | key id 8    | nonce 12 | plain n     | tag 16
 */
#ifndef ROOST_COMMON_CRYPTO_SEAL_H
#define ROOST_COMMON_CRYPTO_SEAL_H

#include "common/crypto/master.h"
#include "common/crypto/secret.h"

#define SEAL_OVERHEAD      37  /* bytes that a seal adds to what it seals */
#define SEAL_WRAPPED_BYTES 69  /* bytes of a wrapped data key */
#define SEAL_NAME_MAX      255 /* bytes in the name of a row or field */

/* The data key of one row, open, in memory only. It knows its row. */
struct seal_key;

/* Makes a data key for `row` ("account:acme") and adds it, wrapped, to `wrapped`. */
MUST_USE enum err seal_key_new(
	const struct master *k, struct str row, struct seal_key **ret, struct buf *wrapped);

/* Opens the data key of `row`. ERR_CORRUPT, ERR_NOMEM. */
MUST_USE enum err seal_key_open(const struct master *k, struct str row, struct str wrapped,
	struct seal_key **ret, struct errmsg *m);

/* Wraps it again, by another master key: rotation. Adds to `out`; its error says how it went.
 */
void seal_key_wrap(const struct seal_key *key, const struct master *k, struct buf *out);

void seal_key_free(struct seal_key *key);
AUTO_DEFINE(seal_key)

/* Whether a wrapped data key was wrapped by this master key; rotation looks for those that
 * were not. */
bool seal_is_wrapped_by(struct str wrapped, const struct master *k);

/* Seals `plain`, at most SECRET_MAX bytes, and adds it to `out`; its error says how it went. */
void seal_put(const struct seal_key *key, struct str field, uint64_t generation,
	struct str plain, struct buf *out);

/* Opens what seal_put() sealed for the same key, field and generation. ERR_CORRUPT, ERR_NOMEM.
 */
MUST_USE enum err seal_get(const struct seal_key *key, struct str field, uint64_t generation,
	struct str sealed, struct secret **ret, struct errmsg *m);

#endif
