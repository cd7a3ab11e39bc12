/*
 * secret.h - bytes that must not be seen
 *
 * A secret has no print function and never goes through log_*() or errmsg. Its
 * bytes are wiped when it is freed. As long as there is room they are kept in
 * memory that is locked (never swapped out), between guard pages, and left out
 * of core files; room is made at the first secret, SECRET_HEAP_BYTES of it.
 * Beyond that, or where the system allows no locked memory (ulimit -l), they
 * are in ordinary memory, and still wiped.
 */
#ifndef ROOST_COMMON_CRYPTO_SECRET_H
#define ROOST_COMMON_CRYPTO_SECRET_H

#include "common/base/buf.h"

#define SECRET_HEAP_BYTES ((size_t)4 * 1024 * 1024)
#define SECRET_MAX        ((size_t)1024 * 1024) /* bytes in one secret */

struct secret;

/*
 * A copy of n bytes, n <= SECRET_MAX; zeroes when p is NULL. NULL when there is
 * no memory. The caller wipes where the bytes came from.
 */
MUST_USE struct secret *secret_new(const void *p, size_t n);

/*
 * Takes what b holds, and wipes b. NULL when there is no memory, b had failed, or it
 * holds more than SECRET_MAX; b is wiped all the same.
 */
MUST_USE struct secret *secret_take_buf(struct buf *b);

/* Wipes s and gives its memory back; NULL is allowed. */
void secret_free(struct secret *s);
AUTO_DEFINE(secret)

/* Its bytes, with a zero byte after them. Lent until secret_free(). */
struct str secret_view(const struct secret *s);

/* Its bytes, to be filled. Lent until secret_free(). */
unsigned char *secret_bytes(struct secret *s);

/* Whether new secrets go to locked memory, for `roost doctor`. */
bool secret_memory_is_locked(void);

/* Overwrites p[n], in a way that the compiler does not leave out. */
void crypto_wipe(void *p, size_t n);

/*
 * Wipes what b holds and gives its memory back. A buf that grows leaves copies
 * of what it held: one for secrets is given its room at once, by buf_room().
 */
void buf_wipe(struct buf *b);

#endif
