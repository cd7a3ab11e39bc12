/*
 * tree.h - the tree of a message, as msgpack-c knows it
 *
 * Inside common/wire only: a struct wire_value is a msgpack_object under
 * another name, so that nobody else needs msgpack.h.
 */
#ifndef ROOST_COMMON_WIRE_TREE_H
#define ROOST_COMMON_WIRE_TREE_H

#include <msgpack.h>

#include "common/wire/value.h"

#define ORDER_AT_HAND 32 /* pairs of a map that need no allocation */

static inline const msgpack_object *tree_object(const struct wire_value *v)
{
	return (const msgpack_object *)(const void *)v;
}

static inline const struct wire_value *tree_value(const msgpack_object *o)
{
	return (const struct wire_value *)(const void *)o;
}

/* A view of n bytes; msgpack-c gives an empty text no address, or any. */
static inline struct str tree_view(const char *at, uint32_t n)
{
	return (struct str){.at = n ? at : "", .len = n};
}

/* The text of a STR. */
static inline struct str tree_text(const msgpack_object *o)
{
	return tree_view(o->via.str.ptr, o->via.str.size);
}

/* The bytes of a BIN. */
static inline struct str tree_bytes(const msgpack_object *o)
{
	return tree_view(o->via.bin.ptr, o->via.bin.size);
}

/* wire_get() with a key that need not end with a zero byte. */
const struct wire_value *tree_get(const struct wire_value *map, struct str key);

/* The pairs of a map by their keys, bytewise. It must not be moved. */
struct order {
	const msgpack_object_kv **pairs; /* at_hand, or owned; lent by the message */
	const msgpack_object_kv *at_hand[ORDER_AT_HAND];
};

/* ERR_NOMEM; otherwise o is to be given to order_done(). */
MUST_USE enum err order_init(struct order *o, const msgpack_object *map);
void order_done(struct order *o);

#endif
