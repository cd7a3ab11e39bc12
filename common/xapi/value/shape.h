/*
 * shape.h - values that hold others: maps of named fields, lists of items
 *
 * Part of check.h. What an argument holds is described by arguments again
 * (`inner`), so each of them is checked by value_check() with the same
 * sentences, under its path: "info.text", "participant_ids[1]".
 */
#ifndef ROOST_COMMON_XAPI_VALUE_SHAPE_H
#define ROOST_COMMON_XAPI_VALUE_SHAPE_H

#include "common/xapi/value.h"

/* ERR_INVALID with a sentence and the path of what is wrong; ERR_NOMEM. */
MUST_USE enum err shape_check_map(struct check *c, const struct arg *arg, const void *v);
MUST_USE enum err shape_check_list(struct check *c, const struct arg *arg, const void *v);

#endif
