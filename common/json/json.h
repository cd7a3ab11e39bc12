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

#define AUTO_JSON __attribute__((cleanup(json_auto))) json_t *
static inline void json_auto(json_t **j)
{
	json_decref(*j);
}

/* Reads one JSON text, at most depth 32. ERR_FORMAT with line and column in the words. *ret is
 * the caller's. */
MUST_USE enum err json_read(struct str text, json_t **ret, struct errmsg *m);

/* The value as JSON. *ret is the caller's. ERR_NOMEM, ERR_FORMAT. */
MUST_USE enum err json_from_wire(const struct wire_value *v, json_t **ret);

/* Writes j as MessagePack at the end of b; failure sticks in b. */
void json_to_wire(const json_t *j, struct buf *b);

/* Writes j as compact JSON text at the end of b. */
void json_write(const json_t *j, struct buf *b);

/* Text of a member, or {NULL, 0} when it is absent or no text. Lent by j. */
struct str json_text(const json_t *object, const char *key);

#endif
