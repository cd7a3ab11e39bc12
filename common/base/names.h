/*
 * names.h - names as small numbers
 *
 * Agents, accounts, apps and workers are known by name outside and by a
 * number inside, counted from 0 in the order they were first seen. A name
 * once known is never forgotten; there is a maximum.
 */
#ifndef ROOST_COMMON_BASE_NAMES_H
#define ROOST_COMMON_BASE_NAMES_H

#include "common/base/map.h"
#include "common/base/text.h"

#define NAMES_NONE UINT32_MAX

struct names {
	struct map map; /* hash of the name -> number; equal hashes are probed by adding one */
	char **items;   /* owned */
	uint64_t *hashes;
	uint32_t count;
	uint32_t size;
	uint32_t max;
};

/* Knows nothing yet; will know at most max names. It must not be moved afterwards. */
void names_init(struct names *n, uint32_t max);
void names_done(struct names *n);

/* The number of a name, or NAMES_NONE. */
uint32_t names_find(const struct names *n, struct str name);

/* The number of a name, made known if need be. ERR_TOO_BIG above the maximum, ERR_NOMEM. */
MUST_USE enum err names_know(struct names *n, struct str name, uint32_t *ret);

/* The name of a number; lent for ever. */
const char *names_at(const struct names *n, uint32_t number);

#endif
