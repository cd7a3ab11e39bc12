/*
 * refused.h - attempts that were refused, in the audit log, so that no flood fills a disk
 *
 * What one agent, or one key, may not do is one *cell*: an operation, a right
 * and an account. The first attempt at a cell is a record at once; those that
 * follow within REFUSED_FOR are one more record when that time is over, with
 * their number. An agent has at most REFUSED_CELLS cells at a time; what goes
 * beyond them, or beyond REFUSED_DAY records a day, is counted in one cell
 * without a name. Counts not yet written are lost when the dispatcher is killed.
 *
 * Keys that nobody added are all one: the *strangers*, who can be made up by the
 * thousand. Their cells last an hour and are fewer, so that a flood of them
 * comes to a few hundred records a day, and takes no room from those of others.
 */
#ifndef ROOST_DISPATCHER_AUDIT_REFUSED_H
#define ROOST_DISPATCHER_AUDIT_REFUSED_H

#include "dispatcher/audit/audit.h"

#define REFUSED_FOR   USEC_MIN
#define REFUSED_CELLS 200  /* of one agent at a time */
#define REFUSED_MOST  2000 /* of all */

#define REFUSED_STRANGERS_FOR   USEC_HOUR
#define REFUSED_STRANGERS_CELLS 100
#define REFUSED_STRANGERS_DAY   500 /* records, each with the key that tried */
#define REFUSED_DAY \
	5000 /* records of one agent in a day of UTC, but for cells without a name */

struct refusals;

MUST_USE struct refusals *refusals_new(void);
void refusals_free(struct refusals *r);

/* One refused attempt; texts are lent for the call, and cut where they are long. */
struct refused {
	uint32_t agent;    /* its number; AUDIT_ROOST: no agent, see `whom` */
	bool stranger;     /* a key that nobody added; with AUDIT_ROOST */
	const char *op;    /* "enqueue" */
	const char *right; /* the capability that was missing; NULL: none would do */
	struct whom whom;  /* the account, or the key */
	const char *from;  /* the address; NULL: not said. Of the first attempt only */
};

void refused_note(struct dispatcher *d, const struct refused *in);

/* Writes the counts whose time is over, or all. For each turn, and for the end. */
void refused_write(struct dispatcher *d, bool all);

#endif
