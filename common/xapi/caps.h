/*
 * caps.h - how many objects an app may read in a month
 *
 * X caps what the calls of an app return in a billing month, beside how often
 * they are made. From a CSV file with a date (common/xapi/data/read-caps.csv,
 * or the file that x.read_caps names): a row for each plan and kind of object.
 * What no row names is not capped.
 *
 * Which objects a call returns goes by the class of its price.
 */
#ifndef ROOST_COMMON_XAPI_CAPS_H
#define ROOST_COMMON_XAPI_CAPS_H

#include "common/xapi/calls.h"

#define CAPS_PLAN_MAX 16 /* bytes of a plan's name, with its zero */
#define CAPS_NONE     (-1)
#define CAPS_MOST     INT64_C(1000000000000)

enum object { OBJECT_POST, OBJECT_USER };
#define OBJECT_COUNT (OBJECT_USER + 1)

struct read_caps; /* the parsed table: immutable once made */

/* ERR_FORMAT with file and line, ERR_NOMEM. */
MUST_USE enum err read_caps_parse(struct str text, struct read_caps **ret, struct errmsg *m);

/* The table built into the program. NULL only when out of memory. */
MUST_USE struct read_caps *read_caps_builtin(void);
void read_caps_free(struct read_caps *c);
AUTO_DEFINE(read_caps)

/* How many objects of a kind an app on that plan may read in a month; CAPS_NONE. */
int64_t read_cap_of(const struct read_caps *c, const char *plan, enum object o);

/* "posts", "users". */
const char *object_name(enum object o);

/* Of which kind are the objects that a call returns; false: of none that is capped. */
bool object_of(enum call call, enum object *ret);

#endif
