/*
 * pace.h - when an account may act: the rules that hold, and pacing
 *
 * The arithmetic of "not yet": quiet hours, a least gap with jitter, caps a
 * day, posting slots, an even spread. Everything is a function of the rules,
 * of what the account did (struct pace), and of the instant asked about, on
 * the wall clock; nothing has a clock of its own. So the gate, a verdict and a
 * forecast on virtual time ask the same.
 *
 * An act counts when it begins (the worker gets its GO). The gap is kept from
 * one begin to the next, of whatever kind. A day is a day of the account's
 * time zone: 23 or 25 hours long when clocks change. Quiet hours go by what
 * the clock there shows. A slot is open for PACE_SLOT_OPEN and lets one post
 * through; replies do not need one. Where the wall clock steps back, counts
 * stay: less is done rather than more.
 */
#ifndef ROOST_DISPATCHER_POLICY_PACE_H
#define ROOST_DISPATCHER_POLICY_PACE_H

#include "common/base/buf.h"
#include "common/base/rng.h"
#include "common/when/zone.h"
#include "dispatcher/policy/act.h"
#include "dispatcher/policy/rule.h"

#define PACE_SLOTS_MAX 48
#define PACE_SLOT_OPEN (5 * USEC_MIN)
#define PACE_NO_CAP    (-1)
#define PACE_EVERY_DAY 0x7f
#define PACE_WORDS_MAX 160

enum pacing { PACING_BURST, PACING_SPREAD, PACING_SLOTS }; /* in the order of the setting */

struct pace_slot {
	usec_t time;  /* of the day */
	uint8_t days; /* bit 0 Monday to bit 6 Sunday */
};

/* A value. What is not set does not hold. */
struct pace_rules {
	const struct zone *zone;     /* lent for ever; never NULL */
	usec_t gap, jitter;          /* the gap is gap + [0, jitter]; both 0: none */
	int32_t caps[ACT_COUNT];     /* a day; PACE_NO_CAP */
	usec_t quiet_from, quiet_to; /* times of the day; equal: none */
	enum pacing pacing;
	struct pace_slot slots[PACE_SLOTS_MAX];
	uint32_t slot_count;
};

/* What an account did, as kept on disk. All zero: nothing yet. */
struct pace {
	int64_t day;               /* that `done` counts, by the zone */
	int32_t done[ACT_COUNT];   /* begun on that day */
	usec_t last_at[ACT_COUNT]; /* when one last began; 0: never */
	usec_t next_at;            /* the gap after the last of any kind, as drawn */
	usec_t slot_at;            /* the slot used last */
};

/* Why not, and until when. */
struct pace_answer {
	enum rule rule;
	usec_t until; /* wall; USEC_NEVER: until what is under way has begun or is given back */
};

/* Rules that hold nothing, in UTC. */
void pace_rules_init(struct pace_rules *r);

/* Whether they hold anything: otherwise nothing has to be kept. */
bool pace_rules_hold(const struct pace_rules *r);

/*
 * Reads "22:00-07:00"; "" is none. And "08:30,12:00,18:15 mon-fri; 10:00 sat,sun": groups of
 * times, each for some days or for all. ERR_INVALID with words; *r is then as it was.
 */
MUST_USE enum err pace_read_quiet(struct pace_rules *r, struct str text, struct errmsg *m);
MUST_USE enum err pace_read_slots(struct pace_rules *r, struct str text, struct errmsg *m);

/*
 * Whether pacing holds one more `act` at `wall`, of which `under_way` are assigned and have not
 * begun. Spread is pace_spread_at().
 */
bool pace_slot_holds(const struct pace_rules *r, const struct pace *p, enum act act,
	uint32_t under_way, usec_t wall, struct pace_answer *ret);

/* Whether quiet hours, the gap or a cap does; under_way[] are those of each act. */
bool pace_rule_holds(const struct pace_rules *r, const struct pace *p, enum act act,
	const uint16_t under_way[ACT_COUNT], usec_t wall, struct pace_answer *ret);

/*
 * Evenly: when the next of those that are left may go, if the last went at `last` (0: none did)
 * and `left` more may go until `until`.
 */
usec_t pace_spread_at(usec_t last, usec_t until, int64_t left);

/* One has begun; the next gap is drawn from rng. */
void pace_begin(
	const struct pace_rules *r, struct pace *p, enum act act, struct rng *rng, usec_t wall);

/* One that has begun is proven not to have been sent: its count and its slot are free again. */
void pace_undo(const struct pace_rules *r, struct pace *p, enum act act, usec_t wall);

/* The wall clock has stepped back: no wait is longer than the rules could impose now. */
void pace_mend(const struct pace_rules *r, struct pace *p, usec_t wall);

/* As kept on disk, a line of numbers, and back; false: it is none. */
void pace_write(const struct pace *p, struct buf *out);
MUST_USE bool pace_read(struct str line, struct pace *ret);

/* How many of an act began on the day of `wall`. */
int32_t pace_done(const struct pace_rules *r, const struct pace *p, enum act act, usec_t wall);

/* "rule day-cap: 50 posts of 50 today, resets 2026-11-27 00:00 Europe/Berlin". Returns out. */
char *pace_words(const struct pace_rules *r, const struct pace *p, enum act act,
	const struct pace_answer *a, usec_t wall, char out[PACE_WORDS_MAX]);

#endif
