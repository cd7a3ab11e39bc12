/*
 * path.h - the names of a store's files
 */
#ifndef ROOST_DISPATCHER_STORE_SQLITE_PATH_H
#define ROOST_DISPATCHER_STORE_SQLITE_PATH_H

#include "common/base/err.h"

/*
 * The one absolute name of a file that may not be there yet, with no link in it, so that two
 * names of one store lead to one lock. Its directory is made, for its owner alone, if it is
 * missing. To be freed with mem_free(). ERR_INVALID, ERR_IO, ERR_NOMEM.
 */
MUST_USE enum err path_resolve(const char *path, char **ret, struct errmsg *m);

/* `path` with `suffix` behind it, to be freed with mem_free(); NULL when out of memory. */
MUST_USE char *path_with(const char *path, const char *suffix);

/* Bytes of a file; 0 when it is not there. */
uint64_t path_size(const char *path);

#endif
