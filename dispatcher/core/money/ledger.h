/*
 * ledger.h - money: the arithmetic of "at most so much a day, and so much a month"
 *
 * A ledger is what one owner (an agent, an account, an app) spends, by the UTC
 * day and by the billing month, each with a cap or without. Money is in
 * micro-dollars. No clock, no lock, no errors; the caller says what time it
 * is, on the wall clock.
 *
 * As with windows there are two kinds of taking. A reservation is in memory:
 * assignment takes the worst case, so that no more is handed out than may be
 * spent. A charge is durable: BEGIN (for a read: assignment) turns a
 * reservation into a charge, with the transaction. The answer settles it with
 * the truth: what was not spent is given back to the day and the month that
 * were charged.
 *
 * Promise: what is charged to a day or a month never exceeds the cap that was
 * in force at the charge, by a micro-dollar, whatever is reserved, charged,
 * settled and given back, and over every restart (test_ledger.c).
 *
 * A billing month begins on the billing day; in a shorter month, on its last
 * day. A clock that steps back over midnight finds the former day's books as
 * they were, and those of later days when they come again, over a restart, too.
 * Books older than those at hand are not opened again: the later ones count,
 * unless the clock was off by more than LEDGER_STEP_MAX days.
 */
#ifndef ROOST_DISPATCHER_CORE_MONEY_LEDGER_H
#define ROOST_DISPATCHER_CORE_MONEY_LEDGER_H

#include "common/base/clock.h"

#define LEDGER_NO_CAP   (-1)
#define LEDGER_CAP_MAX  ((int64_t)1000 * 1000 * 1000 * 1000 * 1000) /* a billion dollars */
#define LEDGER_STEP_MAX 100                                         /* days */
#define LEDGER_OTHERS   2  /* books beside the present ones */
#define LEDGER_WARN     80 /* percent of a cap at which its owner is warned, unless told */

/* Who has one: those who pay, and the objects an app reads, which are counted alike (quota.h).
 */
enum ledger_kind { LEDGER_AGENT, LEDGER_ACCOUNT, LEDGER_APP, LEDGER_POSTS, LEDGER_USERS };
#define LEDGER_KINDS (LEDGER_APP + 1)   /* of money */
#define LEDGER_ALL   (LEDGER_USERS + 1) /* and of objects */

enum ledger_length { LEDGER_DAY, LEDGER_MONTH };
#define LEDGER_LENGTHS (LEDGER_MONTH + 1)

/* What of a day or a month is kept on disk; `owner` is an agent's, account's or app's number.
 */
struct ledger_row {
	uint32_t owner;
	uint8_t kind;   /* enum ledger_kind */
	uint8_t length; /* enum ledger_length */
	int32_t begins; /* day since 1970, UTC */
	int64_t spent;  /* settled, and charged but not yet settled */
};

/* What an owner may spend. */
struct ledger_caps {
	int64_t cap[LEDGER_LENGTHS]; /* LEDGER_NO_CAP: as much as it likes */
	uint8_t warn_percent;        /* 1 to 100 */
	uint8_t billing_day;         /* 1 to 31 */
};

/* The books of one day or month. */
struct period {
	int32_t begins;
	int64_t spent;
	int64_t raised; /* an override: so much more than the cap, until the period's end */
	bool warned;    /* crossed the threshold, and was told of */
	bool stopped;   /* met the cap, and was told of */
	bool dirty;     /* differs from what is on disk */
};

struct ledger {
	uint32_t owner;
	uint8_t kind;
	struct ledger_caps caps;
	struct period now[LEDGER_LENGTHS];
	struct period other[LEDGER_LENGTHS][LEDGER_OTHERS]; /* the nearest beside them */
	int64_t reserved;  /* assigned, not yet charged or given back */
	int64_t under_way; /* charged, and the answer is not yet known */
};

/* --- days and months --- */

/* The day of an instant; never before 1970. */
int32_t ledger_day(usec_t wall);

/* The first day of the day or month that holds day `day`, and of the one after it. */
int32_t ledger_begins(enum ledger_length length, unsigned billing_day, int32_t day);
int32_t ledger_ends(enum ledger_length length, unsigned billing_day, int32_t day);

/* --- making --- */

void ledger_init(struct ledger *l, enum ledger_kind kind, uint32_t owner, usec_t wall);

/* Other caps. What was spent stays spent, also when the billing day moves. */
void ledger_set_caps(struct ledger *l, const struct ledger_caps *caps, usec_t wall);

/* Takes over what the store has of a period. Rows may come in any order, caps before them. */
void ledger_load(struct ledger *l, const struct ledger_row *row, usec_t wall);

/* The override of a period, over what it had already. Nothing if that period is over. */
void ledger_raise(
	struct ledger *l, enum ledger_length length, int32_t begins, int64_t by, usec_t wall);

/* --- asking --- */

/* What may be spent in all in the present period: cap and override; LEDGER_NO_CAP. */
int64_t ledger_most(const struct ledger *l, enum ledger_length length, usec_t wall);

/* What is charged in the present period, settled or not. */
int64_t ledger_spent(const struct ledger *l, enum ledger_length length, usec_t wall);

/* What may be reserved now, by day and month; INT64_MAX: no cap. May be negative. */
int64_t ledger_room(const struct ledger *l, usec_t wall);

/*
 * When `amount` may be reserved if nobody else took any: `wall` itself, or the begin of the
 * next day or month; USEC_NEVER: it is more than a cap. *ret_length: which of the two it waits
 * for.
 */
usec_t ledger_ready_at(
	const struct ledger *l, int64_t amount, usec_t wall, enum ledger_length *ret_length);

/* Whether what was reserved may be charged now: the period or a cap may be another. */
bool ledger_may_charge(const struct ledger *l, int64_t amount, usec_t wall);

/* --- taking and giving back --- */

void ledger_reserve(struct ledger *l, int64_t amount);
void ledger_release(struct ledger *l, int64_t amount);             /* gives it back */
void ledger_charge(struct ledger *l, int64_t amount, usec_t wall); /* reserved -> charged */
void ledger_adopt(struct ledger *l, int64_t amount); /* at start: a charge of before is out */

/* A charge of day `day` was answered: `truth` of it was spent, the rest is given back. */
void ledger_settle(struct ledger *l, int64_t amount, int64_t truth, int32_t day);

/* Gives back what was settled as spent on day `day`, and turns out not to have been. */
void ledger_refund(struct ledger *l, int64_t amount, int32_t day);

/* --- to the disk, and to people --- */

bool ledger_is_dirty(const struct ledger *l);

/* Writes one dirty period to *ret, which is clean then; false when none is. */
bool ledger_clean(struct ledger *l, struct ledger_row *ret);

/*
 * True once a period: when what is spent and reserved comes to the warning threshold of a cap.
 * *ret_length says of which.
 */
bool ledger_warns(struct ledger *l, usec_t wall, enum ledger_length *ret_length);

#endif
