/*
 * audit.h - the audit log: who changed what, and when, as a chain of hashes
 *
 * One record for each change of apps, accounts, keys, grants, settings and decisions, written
 * in the transaction of the change itself: both are kept, or neither. Records are never changed
 * and never forgotten. chain.h has the hash. No secret and no text of a post is in a record.
 */
#ifndef ROOST_DISPATCHER_AUDIT_AUDIT_H
#define ROOST_DISPATCHER_AUDIT_AUDIT_H

#include "dispatcher/audit/chain.h"
#include "dispatcher/state.h"

/* Who, where it is no agent: an administrator, or roost by itself, mostly because of X. */
#define AUDIT_ADMIN NAMES_NONE
#define AUDIT_ROOST (NAMES_NONE - 1)

#define AUDIT_HOW_MAX 2000 /* bytes; what is longer is cut, and ends in "..." */

/* Where the chain ends, from the store. */
MUST_USE enum err audit_load(struct dispatcher *d, struct errmsg *m);

/* Whom something was done to: "account acme". */
struct whom {
	const char *kind; /* "account" */
	struct str name;  /* "acme"; may be empty */
};

static inline struct whom whom_named(const char *kind, struct str name)
{
	return (struct whom){kind, name};
}

static inline struct whom whom_of(const char *kind, const char *name)
{
	return whom_named(kind, str_of(name));
}

/*
 * One record: `agent`, its number or one of the above, did `what` ("account.lost"); the rest
 * says how, and may be "". A failure is the turn's.
 */
void audit_note(struct dispatcher *d, uint32_t agent, const char *what, struct whom of,
	const char *fmt, ...) PRINTF(5, 6);

/* The same with what a buf holds; its failure is the turn's. */
void audit_note_buf(struct dispatcher *d, uint32_t agent, const char *what, struct whom of,
	struct buf *how);

/* Requests of administrators. */
void audit_list(struct dispatcher *d, const struct request *r, uint32_t agent);
void audit_verify(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
