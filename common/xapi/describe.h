/*
 * describe.h - the tables of actions, calls, limits and prices as a page for people
 *
 * docs/actions.md is made by this, and `roost actions` prints from it: the
 * tables are the only place where these things are written down.
 */
#ifndef ROOST_COMMON_XAPI_DESCRIBE_H
#define ROOST_COMMON_XAPI_DESCRIBE_H

#include "common/base/buf.h"
#include "common/xapi/actions.h"
#include "common/xapi/limits.h"

/* What the value of an argument is, in a word or two: "id", "list of ids". Static storage. */
const char *describe_type(const struct arg *arg);

/* One action, as Markdown, put at the end of b. Limits are those of pay-per-use. */
void describe_action(const struct action *a, const struct limits *l, struct buf *b);

/* The everyday ones, with a table in front: the whole of docs/actions.md. */
void describe_actions(const struct limits *l, struct buf *b);

/* The operations of X's specification: the whole of docs/operations.md. */
void describe_operations(const struct limits *l, struct buf *b);

#endif
