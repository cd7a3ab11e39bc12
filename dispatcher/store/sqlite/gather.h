/*
 * gather.h - the frames of a commit reach the log in one write
 *
 * SQLite writes each frame of its write-ahead log in two calls, so a commit of
 * ten pages costs twenty. This layer over the system's files holds writes to
 * the log that follow one another, and writes them as one before the log is
 * flushed, read or measured. Nothing else is held: SQLite flushes the log with
 * every commit (synchronous = FULL), and a commit is told only after that.
 */
#ifndef ROOST_DISPATCHER_STORE_SQLITE_GATHER_H
#define ROOST_DISPATCHER_STORE_SQLITE_GATHER_H

#define GATHER_VFS "roost-gather"

/* Makes GATHER_VFS known to SQLite, over what is SQLite's default now. An SQLite code. */
int gather_register(void);

#endif
