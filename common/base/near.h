/*
 * near.h - which of some names was meant
 *
 * For "did you mean": a mistyped name is near another when few letters were
 * changed, left out, put in or swapped. Names that people write from habit
 * are found in a list of aliases.
 */
#ifndef ROOST_COMMON_BASE_NEAR_H
#define ROOST_COMMON_BASE_NEAR_H

#include "common/base/text.h"

#define NEAR_NAME_MAX 48 /* bytes of a name; a longer one is near to nothing */

/* Ends with a row of NULLs. Several rows may have the same `wrong`. */
struct near_alias {
	const char *wrong;
	const char *right;
};

/* The i-th name, NULL past the last. */
typedef const char *near_name(const void *ctx, size_t i);

/*
 * The name that `wrong` is an alias of, if it is among the names; else the nearest one within a
 * third of its length; else NULL. Case is not regarded. Static storage if the names are.
 */
const char *near_find(
	struct str wrong, near_name *names, const void *ctx, const struct near_alias *aliases);

#endif
