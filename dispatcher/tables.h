/*
 * tables.h - what X allows, as tables: those built in, or the operator's files
 *
 * x.limits, x.limit_groups, x.account_limits, x.entitlements and x.read_caps each name a file
 * that stands in for the table built in. SIGHUP reads them again: when all are
 * good the core is made anew from the store with them, between two turns; when
 * one is not, the old ones stay in force.
 */
#ifndef ROOST_DISPATCHER_TABLES_H
#define ROOST_DISPATCHER_TABLES_H

#include "dispatcher/state.h"

/* Reads them by d->conf into d->next. ERR_FORMAT with file and line, ERR_IO, ERR_NOMEM. */
MUST_USE enum err tables_read(struct dispatcher *d, struct errmsg *m);

/* Makes d->next those in force; the former ones are d->next then, for the core that has them.
 */
void tables_swap(struct dispatcher *d);

/* Gives d->next back. */
void tables_drop(struct dispatcher *d);

/* Whether a setting names a file, or one did when the present ones were read. */
bool tables_are_files(const struct dispatcher *d);

/* As of when they are, as a map: nil for one that does not say. */
void tables_put(const struct dispatcher *d, struct buf *out);

#endif
