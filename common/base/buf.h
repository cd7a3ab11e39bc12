/*
 * buf.h - bytes that grow, up to a cap
 *
 * A builder: put what you have, and ask once at the end whether all of it
 * fitted. The first failure sticks; every put after it does nothing.
 */
#ifndef ROOST_COMMON_BASE_BUF_H
#define ROOST_COMMON_BASE_BUF_H

#include "common/base/err.h"
#include "common/base/text.h"

struct buf {
	unsigned char *data; /* owned; NULL while empty */
	size_t len;
	size_t size;  /* bytes it has room for; one more is allocated, for buf_cstr() */
	size_t cap;   /* never more than this */
	enum err err; /* the first failure: ERR_NOMEM, ERR_TOO_BIG, or the caller's own */
};

/* Makes b empty, to hold at most cap bytes, 1 <= cap. Allocates nothing yet. */
void buf_init(struct buf *b, size_t cap);

/* Gives its memory back. */
void buf_done(struct buf *b);

/* Empty again, failure forgotten, memory kept. */
void buf_reset(struct buf *b);

void buf_put(struct buf *b, const void *p, size_t n);
void buf_byte(struct buf *b, unsigned char byte);
void buf_str(struct buf *b, const char *s);
void buf_fmt(struct buf *b, const char *fmt, ...) PRINTF(2, 3);

/* Makes a failure of the caller's stick as one of its own would; the first one stays. */
void buf_fail(struct buf *b, enum err e);

/* Room for n more bytes at data + len, to be claimed with buf_add(); NULL when there is none.
 */
MUST_USE unsigned char *buf_room(struct buf *b, size_t n);
void buf_add(struct buf *b, size_t n);

/* What it holds, as text: NUL-terminated, lent until the next change. "" after a failure. */
const char *buf_cstr(struct buf *b);

/* What it holds, lent until the next change. */
struct str buf_view(const struct buf *b);

/* Hands its bytes over (to be freed with mem_free()) and leaves it empty; NULL when it is
 * empty. */
MUST_USE unsigned char *buf_take(struct buf *b, size_t *ret_len);

#endif
