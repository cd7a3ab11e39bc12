/*
 * master.h - the key that all other keys are sealed with
 *
 * 32 random bytes that live outside the store: who has only the store can read
 * no token. security.master_key says where they are:
 *
 *   credential:NAME   systemd's LoadCredential= or LoadCredentialEncrypted=:
 *                     the file NAME in $CREDENTIALS_DIRECTORY
 *   file:PATH         a plain file that we own and nobody else may read
 *   fd:N              an open descriptor, read to its end and closed
 *
 * The content is 32 raw bytes, or 44 letters of base64 and perhaps a newline.
 */
#ifndef ROOST_COMMON_CRYPTO_MASTER_H
#define ROOST_COMMON_CRYPTO_MASTER_H

#include "common/base/err.h"
#include "common/base/text.h"

#define MASTER_BYTES    32
#define MASTER_ID_BYTES 8
#define MASTER_ID_CHARS 16

struct master;

/*
 * Reads the master key. ERR_NOT_FOUND: there is none at that place; ERR_DENIED:
 * others may read it, or we may not; ERR_INVALID: not such a place; ERR_FORMAT:
 * not such a content; ERR_IO, ERR_NOMEM. The words say what to do.
 */
MUST_USE enum err master_load(const char *spec, struct master **ret, struct errmsg *m);

/*
 * Makes a new master key in a new file of mode 0400, flushed to disk: all of
 * it, or no file. ERR_CONFLICT when there is a file already: it is never
 * overwritten, since what it seals would be lost.
 */
MUST_USE enum err master_create_file(const char *path, struct errmsg *m);

/*
 * Puts the key file `next` in the place of `path`, whose own content stays, under the name
 * `keep`: at any moment there is a whole key at `path`. ERR_IO.
 */
MUST_USE enum err master_replace_file(
	const char *path, const char *next, const char *keep, struct errmsg *m);

void master_free(struct master *k);
AUTO_DEFINE(master)

/*
 * Which key it is, as MASTER_ID_CHARS hexadecimal letters: made from the key,
 * tells nothing of it, and may be shown. Lent.
 */
const char *master_id(const struct master *k);

#endif
