/*
 * lock.h - one dispatcher a store
 *
 * A file beside the store, locked for as long as its descriptor is open, with
 * the holder's pid in it as text. The kernel drops the lock with the process,
 * however it ends; the file stays.
 */
#ifndef ROOST_DISPATCHER_STORE_SQLITE_LOCK_H
#define ROOST_DISPATCHER_STORE_SQLITE_LOCK_H

#include "common/base/err.h"

/*
 * Locks the file at `path`, made if need be. ERR_CONFLICT when somebody holds it, with the pid
 * in the words; ERR_IO. *ret_fd: close it to let go.
 */
MUST_USE enum err lock_take(const char *path, int *ret_fd, struct errmsg *m);

#endif
