/*
 * json.h - JSON and MessagePack, each as the other
 *
 * JSON is read strictly by jansson: duplicate keys refused, depth and size
 * bounded. Integers stay integers; bytes (BIN) become text in base64.
 */
#ifndef ROOST_COMMON_JSON_JSON_H
#define ROOST_COMMON_JSON_JSON_H

#include <jansson.h>

#include "common/base/buf.h"
#include "common/wire/value.h"

#define JSON_DEPTH_MAX 32 /* objects and arrays inside each other */

#define AUTO_JSON __attribute__((cleanup(json_auto))) json_t *
static inline void json_auto(json_t **j)
{
	json_decref(*j);
}

/*
 * Reads one JSON text of any type, at most JSON_DEPTH_MAX deep. ERR_FORMAT with line and column
 * in the words, which never repeat what the text says: it may hold a token. ERR_TOO_BIG when it
 * is deeper; ERR_NOMEM, which jansson may mistake for ERR_FORMAT. *ret is the caller's.
 */
MUST_USE enum err json_read(struct str text, json_t **ret, struct errmsg *m);

/*
 * The value as JSON; NULL is null. Bytes become base64, an integer above INT64_MAX becomes a
 * real. *ret is the caller's. ERR_NOMEM.
 */
MUST_USE enum err json_from_wire(const struct wire_value *v, json_t **ret);

/*
 * Writes j as MessagePack at the end of b; NULL is nil. What is more than WIRE_DEPTH_MAX deep
 * sticks in b as ERR_TOO_BIG, since no reader would take it.
 */
void json_to_wire(const json_t *j, struct buf *b);

/* Writes j as compact JSON text at the end of b; NULL is null. */
void json_write(const json_t *j, struct buf *b);

/* Text of a member, or {NULL, 0} when it is absent or no text. Lent by j. */
struct str json_text(const json_t *object, const char *key);

#endif
