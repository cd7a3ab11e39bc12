/*
 * rotate.h - the master key is changed, while everything goes on
 *
 * Where security.master_key is file:PATH: a new key is made at PATH.next; every data key is
 * wrapped by it, some each turn; when the store, read again, has none that is not, PATH becomes
 * the new key, and the old one stays as PATH.ID (backups from before need it). PATH.next is
 * what says that it goes on: a start that finds it goes on by itself, from wherever it was.
 *
 * Where it is not a file, the operator names the new key there, and the old one as
 * security.previous_master_key: at the start what the old one wrapped is wrapped anew.
 */
#ifndef ROOST_DISPATCHER_ROTATE_H
#define ROOST_DISPATCHER_ROTATE_H

#include "dispatcher/state.h"

struct master;

/* The present key, and the earlier one besides when the change is not over; *old NULL: it is.
 */
MUST_USE enum err rotate_load_keys(
	const struct conf *c, struct master **ret, struct master **old, struct errmsg *m);

/* At start; `old` (taken) may be NULL. */
void rotate_open(struct dispatcher *d, struct master *old);

/* Some more rows, in the turn; after its commit; and when it could not be kept. */
void rotate_go_on(struct dispatcher *d);
void rotate_committed(struct dispatcher *d);
void rotate_dropped(struct dispatcher *d);

/* The end. */
void rotate_close(struct dispatcher *d);

/* Requests of administrators. */
void rotate_begin(struct dispatcher *d, const struct request *r, uint32_t agent);
void rotate_show(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
