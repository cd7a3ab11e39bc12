/*
 * tree.h - JSON that came from outside, read within bounds
 *
 * What X answers is hostile until proven otherwise: its depth and its number
 * of values are counted in the text before jansson builds anything of it, so
 * that four megabytes of "[[],[]," cannot become two hundred. Keys that come
 * twice and broken UTF-8 are refused.
 */
#ifndef ROOST_WORKER_TREE_H
#define ROOST_WORKER_TREE_H

#include <jansson.h>

#include "common/base/text.h"

/*
 * Objects and arrays inside each other. X's own documents reach 8; results
 * carry them three levels deeper, and 16 is all that a message may have.
 */
#define TREE_DEPTH_MAX 12

/* Values in one document, keys included. A full page of posts with every field has 30,000. */
#define TREE_VALUES_MAX 50000

/* AUTO_TREE t = ...;  t is given back when it leaves scope. */
#define AUTO_TREE __attribute__((cleanup(tree_auto))) json_t *
static inline void tree_auto(json_t **t)
{
	json_decref(*t);
}

/*
 * Reads one JSON text. ERR_FORMAT when it is none, ERR_TOO_BIG above the bounds named here.
 * jansson reports a lack of memory as ERR_FORMAT at times. *ret is the caller's.
 */
MUST_USE enum err tree_read(struct str text, json_t **ret);

/* The value at a path of keys, "data.id"; NULL when there is none. Lent by t, which may be
 * NULL. */
json_t *tree_at(const json_t *t, const char *path);

/* The text at a path, or {NULL, 0} when there is none or it is no text. Lent by t. */
struct str tree_text(const json_t *t, const char *path);

#endif
