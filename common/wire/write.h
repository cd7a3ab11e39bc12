/*
 * write.h - a MessagePack message, written
 *
 * Straight into a buf: its cap and its sticky failure are the writer's. The
 * caller says how many values a map or an array will have, and then writes
 * exactly that many; wire_map_later() is for when it does not know yet.
 */
#ifndef ROOST_COMMON_WIRE_WRITE_H
#define ROOST_COMMON_WIRE_WRITE_H

#include "common/base/buf.h"
#include "common/wire/value.h"

void wire_put_nil(struct buf *b);
void wire_put_bool(struct buf *b, bool v);
void wire_put_int(struct buf *b, int64_t v);
void wire_put_float(struct buf *b, double v);
void wire_put_str(struct buf *b, struct str v);
void wire_put_text(struct buf *b, const char *v); /* NULL is nil */
void wire_put_bin(struct buf *b, struct str v);
void wire_put_array(struct buf *b, uint32_t count);
void wire_put_map(struct buf *b, uint32_t count);

/* A map whose size is told at its end: returns a mark to give to wire_map_end(). At most 65,535 pairs. */
size_t wire_map_later(struct buf *b);
void wire_map_end(struct buf *b, size_t mark, uint32_t count);
size_t wire_array_later(struct buf *b);
void wire_array_end(struct buf *b, size_t mark, uint32_t count);

/* Key and value at once. */
void wire_pair_bool(struct buf *b, const char *key, bool v);
void wire_pair_int(struct buf *b, const char *key, int64_t v);
void wire_pair_str(struct buf *b, const char *key, struct str v);
void wire_pair_text(struct buf *b, const char *key, const char *v);

/* A value as it was read. */
void wire_put_value(struct buf *b, const struct wire_value *v);

/* The same, with the keys of every map sorted: equal values give equal bytes. For fingerprints. */
void wire_put_canonical(struct buf *b, const struct wire_value *v);

/* Bytes that are already one MessagePack value. */
void wire_put_raw(struct buf *b, struct str one_value);

#endif
