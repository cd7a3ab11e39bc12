/*
 * gate.h - whether a job may go, why not, and until when
 */
#ifndef ROOST_DISPATCHER_CORE_GATE_H
#define ROOST_DISPATCHER_CORE_GATE_H

#include "dispatcher/core/core.h"
#include "dispatcher/core/money/purse.h"

struct account;
struct draws;
struct item;

/* Why not, and where to wait. */
struct answer {
	enum blocker blocker;
	uint32_t bar; /* reference; NONE: the job alone waits */
	usec_t until; /* wall */
	const char *words;
	const char *what;        /* what the bar does not name: "breaker", "action"; NULL */
	struct pace_answer pace; /* of a rule that holds */
	struct short_of money;   /* of BLOCKER_BUDGET */
};

struct asked {
	const struct core *c;
	const struct item *it;
	const struct account *account;
	uint32_t account_slot;
	enum call call;
	enum post_kind kind;
	const struct draws *draws;
	struct now now;
};

/* Every question that blocks, in order; returns how many. */
size_t gate_chain(const struct asked *q, struct answer out[CORE_CHAIN_MAX]);

/* The one gate: false when something blocks, which *ret then names. */
bool gate_passes(const struct asked *q, struct answer *ret);

/* The question for any job; draws is room for its windows. */
void gate_ask(const struct core *c, const struct item *it, struct draws *draws, struct now now,
	struct asked *ret);

/* Puts *a in words. */
void answer_words(const struct asked *q, const struct answer *a, struct verdict *ret);

#endif
