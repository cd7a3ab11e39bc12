/*
 * memory.h - which texts were brought lately, and the rules that compare with them
 *
 * Holds a mark of every post and reply that waits, and of those done within
 * MEMORY_SPAN: about 90 bytes each, at most MEMORY_DONE_MAX of the done ones,
 * the oldest of which go first. What failed or was cancelled is forgotten.
 * Two texts are compared when the times at which they were or will be posted
 * lie less than the rule's window apart; for a job that waits that is its
 * run_at, or now if that has passed.
 *
 * near-text compares with the last MEMORY_NEAR_MAX texts that were brought
 * while the rule was on for their account, one after the other.
 *
 * The core does not know it; the dispatcher asks it when a job is brought and
 * tells it how jobs end, in the turn that keeps both.
 */
#ifndef ROOST_DISPATCHER_POLICY_MEMORY_H
#define ROOST_DISPATCHER_POLICY_MEMORY_H

#include "common/base/clock.h"
#include "dispatcher/policy/mark.h"
#include "dispatcher/policy/rule.h"

#define MEMORY_SPAN     (7 * USEC_DAY) /* the longest window of a rule */
#define MEMORY_DONE_MAX 262144
#define MEMORY_NEAR_MAX 16384
#define MEMORY_LOOK_MAX 1024 /* texts of one digest that are looked at */
#define MEMORY_NEAR_LEN 24   /* shorter texts are near to nothing */

struct memory;

/* A window of 0: the rule is off. */
struct text_rules {
	usec_t same;      /* on one account */
	bool same_loose;  /* links, mentions and what is answered do not count */
	usec_t elsewhere; /* on another account */
	usec_t near;      /* on one account */
	usec_t near_elsewhere;
	int likeness;   /* in percent, from which on texts are near */
	bool one_reply; /* to one post, ever within MEMORY_SPAN */
};

/* A text about to be kept. */
struct brought {
	uint64_t job; /* its own earlier mark does not count; 0: it is new */
	uint32_t account;
	usec_t at; /* wall: when it is to be posted */
	const struct mark *mark;
};

/* Why not: an earlier job that says the same. */
struct objection {
	enum rule rule;
	uint64_t job;
	uint32_t account;
	usec_t at; /* when that one was, or is to be, posted */
	int likeness;
	usec_t window;
};

/* NULL only when out of memory. */
MUST_USE struct memory *memory_new(void);
void memory_free(struct memory *m);
AUTO_DEFINE(memory)

/* Whether any rule compares texts, and whether one needs their `near`. */
bool text_rules_compare(const struct text_rules *r);
bool text_rules_near(const struct text_rules *r);

/* Whether a mark is worth remembering: of a post or a reply. */
bool memory_wants(const struct mark *mark);

/* The first rule that objects; false when none does. */
bool memory_objects(const struct memory *m, const struct text_rules *r, const struct brought *b,
	usec_t now, struct objection *ret);

/* Remembers it, in the place of what was remembered of the job. False: no memory. */
MUST_USE bool memory_put(struct memory *m, const struct brought *b);

void memory_move(struct memory *m, uint64_t job, usec_t at); /* another run_at */
void memory_done(struct memory *m, uint64_t job, usec_t at); /* posted at `at` */
void memory_forget(struct memory *m, uint64_t job);          /* it will not be posted */

/* Forgets what was done longer ago than MEMORY_SPAN, a few at a time. */
void memory_tend(struct memory *m, usec_t now);

/* How many marks it holds, and how many texts for near-text. */
uint64_t memory_count(const struct memory *m);

#endif
