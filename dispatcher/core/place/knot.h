/*
 * knot.h - which jobs come after which
 *
 * A knot is a job that others come after: by its id, so that it may have ended
 * and come back. A strand ties one job that waits (HELD or WAITING) to one
 * knot. When a knot's job is done its strands are let go, and a job without
 * strands is free; when it ends otherwise, those tied to it fail, one by one
 * and not all in one turn, but for the patient ones: they stay, in case that
 * it is tried again. There are no cycles: a job is tied when it comes, and only
 * to jobs that were there before, or, a thread, to parts that are tied to nothing
 * but each other.
 */
#ifndef ROOST_DISPATCHER_CORE_PLACE_KNOT_H
#define ROOST_DISPATCHER_CORE_PLACE_KNOT_H

#include "dispatcher/core/core.h"

struct item;

struct knot {
	uint64_t id;          /* of the job */
	uint32_t first, last; /* slots of its strands, the patient ones behind the others */
	uint32_t next_loose;  /* slot + 1, in the list of those to be let go */
	bool is_loose;        /* it is in that list */
	bool has_ended;       /* as `state`; else it has not, or came back */
	uint8_t state;        /* enum job_state */
};

struct strand {
	uint32_t knot, item; /* slots */
	uint32_t prev, next; /* of the knot; NONE */
	uint32_t of_item;    /* slot of the item's next one; NONE */
	bool patient;
};

uint64_t knot_key_of(const void *ctx, uint32_t slot);
uint64_t strand_key_of(const void *ctx, uint32_t slot);

/* Ties `it`; once more is no more than once. False: no memory. */
MUST_USE bool knot_tie(struct core *c, struct item *it, const struct need *n);

/* Whether it waits for others; the first of those it waits for, and how many there are. */
bool knots_hold(const struct item *it);
const struct knot *knot_first(const struct core *c, const struct item *it); /* it has one */
uint32_t knots_count(const struct core *c, const struct item *it);
uint64_t knots_nth(
	const struct core *c, const struct item *it, uint32_t n); /* an id; 0: no more */

void knots_untie(struct core *c, struct item *it); /* from all of them */
void knot_ended(struct core *c, uint64_t id, enum job_state how);
void knot_back(struct core *c, uint64_t id); /* a job that had ended is there again */
enum err knot_loaded(struct core *c, const struct fact *f, struct now now, struct errmsg *m);

/* 0 while a knot is to be let go, else USEC_NEVER; and lets go one strand. */
usec_t knots_loose_at(const struct core *c);
void knots_let_go(struct core *c, struct now now);

void knots_check(const struct core *c);

#endif
