/*
 * write.h - a MessagePack message, written
 *
 * Straight into a buf: its cap and its sticky failure are the writer's. The
 * caller says how many values a map or an array will have, and then writes
 * exactly that many; wire_map_later() is for when it does not know yet.
 * Integers and lengths take their shortest form. Text must be UTF-8 and the
 * keys of a map must differ, or wire_open() will refuse the message.
 */
#ifndef ROOST_COMMON_WIRE_WRITE_H
#define ROOST_COMMON_WIRE_WRITE_H

#include "common/base/buf.h"
#include "common/wire/value.h"

void wire_put_nil(struct buf *b);
void wire_put_bool(struct buf *b, bool v);
void wire_put_int(struct buf *b, int64_t v);
void wire_put_float(struct buf *b, double v);     /* not NaN, not infinite (asserted) */
void wire_put_str(struct buf *b, struct str v);   /* {NULL, 0} is empty text */
void wire_put_text(struct buf *b, const char *v); /* NULL is nil */
void wire_put_bin(struct buf *b, struct str v);
void wire_put_array(struct buf *b, uint32_t count);
void wire_put_map(struct buf *b, uint32_t count);

/*
 * A map or an array whose size is told at its end: returns a mark to give to the _end(),
 * together with how many pairs or values were written. More than 65,535 of them stick as
 * ERR_TOO_BIG.
 */
size_t wire_map_later(struct buf *b);
void wire_map_end(struct buf *b, size_t mark, uint32_t count);
size_t wire_array_later(struct buf *b);
void wire_array_end(struct buf *b, size_t mark, uint32_t count);

/* Key and value at once. */
void wire_pair_bool(struct buf *b, const char *key, bool v);
void wire_pair_int(struct buf *b, const char *key, int64_t v);
void wire_pair_str(struct buf *b, const char *key, struct str v);
void wire_pair_text(struct buf *b, const char *key, const char *v); /* NULL is nil */

/* A value as it was read, keys in the order they came; NULL is nil. */
void wire_put_value(struct buf *b, const struct wire_value *v);

/*
 * The same with the keys of every map sorted bytewise: values that wire_equal() calls equal
 * give equal bytes, others do not. For fingerprints. ERR_NOMEM may stick.
 */
void wire_put_canonical(struct buf *b, const struct wire_value *v);

/* Bytes that are already one MessagePack value; the caller knows that they are. */
void wire_put_raw(struct buf *b, struct str one_value);

#endif
