/*
 * window.h - fixed rate window: the arithmetic of "at most N until the server's reset"
 *
 * X counts requests in windows that end at an instant the server names. A
 * window here is the same thing as roost knows it: a limit, how many were
 * charged, and when it resets. No clock, no lock, no errors; the caller says
 * what time it is, on the wall clock, for X's resets are wall instants. A
 * fresh window opens with its first charge.
 *
 * Two kinds of taking. A reservation is in memory: assignment takes one, so
 * that no more is handed out than may begin. A charge is durable: BEGIN (for a
 * read: assignment) turns a reservation into a charge, with the transaction.
 * The answer to a charged request settles it.
 *
 * X knows better (design 3.2): window_learn() believes its headers,
 *     used = max(own count, limit - remaining + what X may have counted after that answer):
 *
 * all that is still under way (some of it twice, until the last is answered: then X's highest
 * count is the truth), and what was answered without a word about the window while
 * that request was out. (The charges made since that request left would count twice what
 * overtook it on the way; and miss what left before it and comes after it.)
 * resets are padded and clamped, and a limit other than the table's is kept and
 * reported as drift.
 *
 * Where X speaks of a window in its answers, the first request after a reset goes alone, for at
 * most WINDOW_ALONE: its answer says how much of the new window is there, which is less than
 * roost thinks where X's number is lower than the table's, other clients draw on it, or X
 * counts the last 15 minutes rather than fixed ones. Then the others follow. It costs one
 * answer's time a window.
 *
 * Around a reset nobody can know in which of the two windows X counts a
 * request. So nothing is taken from one pad before X's reset to one pad after
 * it; what is under way at the reset, or was answered within that time, counts
 * in the next window too.
 */
#ifndef ROOST_DISPATCHER_CORE_RATE_WINDOW_H
#define ROOST_DISPATCHER_CORE_RATE_WINDOW_H

#include "common/base/clock.h"
#include "common/xapi/limits.h"
#include "common/xapi/outcome.h"

/* What of a window is kept on disk; `owner` is an account's or an app's number. */
struct window_row {
	uint32_t owner;
	uint16_t family; /* limits_family() */
	uint8_t scope;   /* enum limit_scope */
	bool learned;    /* the limit was named by X */
	bool told;       /* and so was this window's reset */
	usec_t length;
	int64_t limit;    /* in force: learned, or the table's */
	int64_t used;     /* charged in the window that ends at resets_at */
	usec_t resets_at; /* wall, with the pad; 0: no window is open */
};

#define WINDOW_ALONE (5 * USEC_SEC)

struct window {
	struct window_row row;
	int64_t table_limit; /* what the table says: differs from row.limit when X said
				otherwise */
	usec_t closed_until; /* wall: X answered 429; 0: it did not */
	usec_t alone_until;  /* wall: the first request goes alone until then */
	uint64_t charges;  /* made since it was loaded: a clock for "since that request left" */
	int32_t reserved;  /* assigned, not yet charged or given back */
	int32_t in_flight; /* charged, and the answer is not yet known */
	int32_t carry;     /* answered around the reset: X may count them after it */
	uint8_t strikes;   /* answers of 429 in a row that named no reset */
	int64_t own,
		said;   /* charged since this window opened; the highest count X named of it */
	int32_t silent; /* answered, or lost, without a word of this window ... */
	uint64_t silent_at; /* ... the last when there were so many charges */
	bool spoken;        /* of the answer that is being settled: it had one */
	bool stale;         /* ... or it had one of a window that is over */
	bool tried;        /* a request of this window was answered, and not with such a word */
	bool answered;     /* a request of this window was counted: X's window is open, too */
	bool is_spoken_of; /* X's answers have headers for it, as far as anybody knows */
	bool dirty;        /* row differs from what is on disk */
};

/* How long after X's reset a window of that length reopens: 1 s, less for short ones. */
usec_t window_pad(usec_t length);

void window_init(struct window *w, const struct limit *limit, uint32_t owner);

/* Takes over the row's state, as read from the store. */
void window_load(struct window *w, const struct window_row *row, usec_t wall);

/* The table (or its plan) says another limit now. What X named stays in force. */
void window_set_limit(struct window *w, int64_t limit);

/* How many more may be reserved now; no more than one while nobody has answered. */
int64_t window_room(const struct window *w, usec_t wall);

/* How many more the window as it is open has, and whether they wait for the first one's answer.
 */
int64_t window_left(const struct window *w, usec_t wall);
bool window_is_asked(const struct window *w, usec_t wall);

/* Whether one more may be reserved now. */
bool window_has_room(const struct window *w, usec_t wall);

/* Whether what was reserved may be charged now: X may have closed the window meanwhile. */
bool window_may_charge(const struct window *w, usec_t wall);

/* When window_has_room() would be true if nobody else took any: `wall` itself, or the reset. */
usec_t window_ready_at(const struct window *w, usec_t wall);

/*
 * When one may be taken that has to let n others take first, if each takes as soon as it can;
 * *ret_within: how many of them take in the same window.
 */
usec_t window_nth_at(const struct window *w, uint64_t n, usec_t wall, uint64_t *ret_within);

void window_reserve(struct window *w, usec_t wall);
void window_release(struct window *w);             /* gives a reservation back */
void window_charge(struct window *w, usec_t wall); /* a reservation becomes a charge */
void window_adopt(struct window *w);  /* at start: a charge of before is still under way */
void window_refund(struct window *w); /* a charge X cannot have counted: proven not sent */

/*
 * A charge was answered, or its answer is lost. `counted`: X did what was asked, so it counted
 * the request, and its window was open by then. What X refused or failed at it may not have
 * counted: as long as nothing else is known, its window opens with a later request.
 */
void window_settle(struct window *w, bool counted, usec_t wall);

/*
 * Believes what X said of this window in an answer whose request was charged when w->charges
 * was `charges_then` (right after its own charge), before that charge is settled. True when X
 * names another limit than the one in force before (drift).
 */
bool window_learn(
	struct window *w, const struct rate_seen *seen, uint64_t charges_then, usec_t wall);

/* X answered 429: closed until `until`, whatever was counted. */
void window_close(struct window *w, usec_t until, usec_t wall);

/* Closed until `until`, though not used up. */
void window_rest(struct window *w, usec_t until, usec_t wall);

/*
 * X answered 429 and named no reset: how long to close it, 15 minutes, then the double, at most
 * 4 hours. `over`: it named one that has passed, as when the answer was long on its way, or X's
 * clock is behind ours: 2 seconds, then four times as long.
 */
usec_t window_strike(struct window *w, bool over);

#endif
