/*
 * operations.h - every operation of X's specification that acts for a user, as an action
 *
 * Made by scripts/make-actions from tests/data/openapi.json. Arguments have
 * the specification's own names: parameters of path and query, and keys of the
 * body. Part of actions.h, where everybody else finds them.
 */
#ifndef ROOST_COMMON_XAPI_MADE_OPERATIONS_H
#define ROOST_COMMON_XAPI_MADE_OPERATIONS_H

#include "common/xapi/actions.h"

/* By name (operationId), in the order of memcmp. */
extern const struct action operations[];
extern const size_t operation_count;

#endif
