/*
 * value.h - a MessagePack message, read
 *
 * wire_open() walks the frame first: lengths against what is there, depth,
 * number of values, UTF-8, duplicate keys, no extension types, no NaN. Only
 * then is it given to msgpack-c, which believes every length it is told
 * (design, trap 3). What comes out is a tree of values, lent until the
 * message is closed. Reading a value as what it is not answers with a default,
 * never with a crash; ask wire_type() first where it matters.
 */
#ifndef ROOST_COMMON_WIRE_VALUE_H
#define ROOST_COMMON_WIRE_VALUE_H

#include "common/base/buf.h"

#define WIRE_DEPTH_MAX  16      /* maps and arrays inside each other */
#define WIRE_VALUES_MAX 200000  /* values in one message */

enum wire_type { WIRE_NIL, WIRE_BOOL, WIRE_INT, WIRE_FLOAT, WIRE_STR, WIRE_BIN, WIRE_ARRAY, WIRE_MAP };

struct wire_value; /* opaque; lent by its message */

/* A message taken apart. All zeroes before first use; may be opened again and again. */
struct wire_message {
	void *zone; /* owned */
	const struct wire_value *root;
};

/*
 * Takes a frame apart. It must be one whole value; `frame` must outlive the message. ERR_FORMAT with
 * words that say what is wrong and at which byte; ERR_TOO_BIG above a bound; ERR_NOMEM. What the
 * message held before is closed.
 */
MUST_USE enum err wire_open(struct wire_message *w, struct str frame, struct errmsg *m);
void wire_close(struct wire_message *w);

/* Only the walk: what wire_open() does first. */
MUST_USE enum err wire_walk(struct str frame, struct errmsg *m);

enum wire_type wire_type(const struct wire_value *v); /* NULL is WIRE_NIL */
const char *wire_type_name(enum wire_type t);         /* "a map", "text", ...: for words */

bool wire_bool(const struct wire_value *v);
int64_t wire_int(const struct wire_value *v); /* above INT64_MAX: INT64_MAX */
double wire_float(const struct wire_value *v);
struct str wire_str(const struct wire_value *v); /* of a STR or BIN */
uint32_t wire_count(const struct wire_value *v); /* of an ARRAY or MAP */

const struct wire_value *wire_item(const struct wire_value *array, uint32_t i);
struct str wire_key(const struct wire_value *map, uint32_t i); /* keys are always text */
const struct wire_value *wire_at(const struct wire_value *map, uint32_t i);

/* The value under a key; NULL when there is none or `map` is not a map. */
const struct wire_value *wire_get(const struct wire_value *map, const char *key);

/* Whether two values hold the same, whatever the order of their keys. */
bool wire_equal(const struct wire_value *a, const struct wire_value *b);

#endif
