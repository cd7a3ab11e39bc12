/*
 * value.h - a MessagePack message, read
 *
 * wire_open() walks the frame first: lengths against what is there, depth,
 * number of values, keys that are text and differ, UTF-8, no extension types,
 * no NaN. Only then is it given to msgpack-c, which believes every length it
 * is told. What comes out is a tree of values, lent until the message is
 * closed. Reading a value as what it is not answers with a default, never with
 * a crash; ask wire_type() first where it matters.
 */
#ifndef ROOST_COMMON_WIRE_VALUE_H
#define ROOST_COMMON_WIRE_VALUE_H

#include "common/base/buf.h"

#define WIRE_DEPTH_MAX  16     /* maps and arrays inside each other */
#define WIRE_VALUES_MAX 200000 /* values in one message, keys included */

enum wire_type {
	WIRE_NIL,
	WIRE_BOOL,
	WIRE_INT,
	WIRE_FLOAT,
	WIRE_STR,
	WIRE_BIN,
	WIRE_ARRAY,
	WIRE_MAP
};

struct wire_value; /* opaque; lent by its message */

/*
 * A message taken apart. All zeroes before first use; may be opened again and again, and keeps
 * its memory in between: at most 48 bytes for each value of its largest frame.
 */
struct wire_message {
	void *tree;                    /* owned: the values */
	size_t size;                   /* of tree, in bytes */
	const struct wire_value *root; /* NULL while closed */
};

/*
 * Takes a frame apart. It must be exactly one value, of any type; `frame` must outlive the
 * message. ERR_FORMAT with words that say what is wrong and at which byte; ERR_TOO_BIG above
 * WIRE_DEPTH_MAX or WIRE_VALUES_MAX; ERR_NOMEM. What the message held before is lost in any
 * case; after a failure it is as closed. The caller bounds the length of the frame.
 */
MUST_USE enum err wire_open(struct wire_message *w, struct str frame, struct errmsg *m);

/* Gives the memory back; every value of it is gone. A message of zeroes is allowed. */
void wire_close(struct wire_message *w);

/* Only the walk: what wire_open() does first. Same errors. */
MUST_USE enum err wire_walk(struct str frame, struct errmsg *m);

enum wire_type wire_type(const struct wire_value *v); /* NULL is WIRE_NIL */
const char *wire_type_name(enum wire_type t);         /* "a map", "text", ...: for words */

/* Each answers with its zero ({NULL, 0} for text) when v is NULL or of another type. */
bool wire_bool(const struct wire_value *v);
int64_t wire_int(const struct wire_value *v);         /* above INT64_MAX: INT64_MAX */
bool wire_int_is_clamped(const struct wire_value *v); /* it is above INT64_MAX */
double wire_float(const struct wire_value *v);        /* of a FLOAT or INT */
struct str wire_str(const struct wire_value *v);      /* of a STR or BIN: never NULL then */
uint32_t wire_count(const struct wire_value *v);      /* of an ARRAY: values; of a MAP: pairs */

/* The i-th value of an array, key or value of a map; NULL or {NULL, 0} when there is none. */
const struct wire_value *wire_item(const struct wire_value *array, uint32_t i);
struct str wire_key(const struct wire_value *map, uint32_t i); /* keys are always text */
const struct wire_value *wire_at(const struct wire_value *map, uint32_t i);

/* The value under a key; NULL when there is none or `map` is not a map. Costs a look at each
 * key. */
const struct wire_value *wire_get(const struct wire_value *map, const char *key);

/*
 * Whether two values hold the same, whatever the order of their keys and however their integers
 * were encoded. An integer and a float are never the same; NULL is nil.
 */
bool wire_equal(const struct wire_value *a, const struct wire_value *b);

#endif
