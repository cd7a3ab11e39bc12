/*
 * ahead.h - jobs read in a thread of its own, a batch ahead of whoever takes them
 *
 * At start a million jobs go from the store to the core: to step through the rows takes as
 * long as to take them in. Each is one thread's work here. The connection is the second
 * thread's until ahead_each() returns, so nothing else of the store may be called meanwhile.
 */
#ifndef ROOST_DISPATCHER_STORE_SQLITE_AHEAD_H
#define ROOST_DISPATCHER_STORE_SQLITE_AHEAD_H

#include "dispatcher/store/sqlite/lite.h"

/* Reads the next job. ERR_NOT_FOUND: there is none. */
typedef enum err ahead_read_fn(struct lite *l, sqlite3_stmt *st, struct job *ret);

/*
 * Gives every job of `st` to `each`, in the calling thread and in order. ERR_OK when all were
 * given, else what `read` said, after those before it. Without a thread it reads by itself.
 */
MUST_USE enum err ahead_each(
	struct lite *l, sqlite3_stmt *st, ahead_read_fn *read, store_job_fn *each, void *ctx);

#endif
