/*
 * counter.h - the windows there are, and which of them a call draws on
 */
#ifndef ROOST_DISPATCHER_CORE_RATE_COUNTER_H
#define ROOST_DISPATCHER_CORE_RATE_COUNTER_H

#include "dispatcher/core/core.h"
#include "dispatcher/core/place/bar.h"
#include "dispatcher/core/rate/window.h"

struct account;
struct lease;

struct counter {
	struct window w;
	struct bar bar;
	uint32_t next_dirty; /* slot + 1 of the next in the list of dirty ones; 0: the last */
	bool listed;
	uint32_t lanes, jobs; /* that draw on it: how many lanes, and jobs in them */
};

struct call_limits {
	struct limit limit[LIMITS_PER_CALL_MAX];
	uint32_t count;
};

/* What a plan allows, worked out once. */
struct plan {
	struct plan *next;
	char name[CORE_PLAN_MAX];
	struct call_limits calls[CALL_COUNT];
	uint8_t barred[CALL_COUNT];  /* bit 1 << kind: not included */
	int64_t reads[OBJECT_COUNT]; /* objects a month; CAPS_NONE */
};

/* The windows that a call draws on. */
struct draws {
	uint32_t slot[LIMITS_PER_CALL_MAX]; /* of counters */
	uint16_t count;
	uint16_t own; /* bit i: slot[i] is of the call itself, not of a group */
};

uint64_t counter_key_of(const void *ctx, uint32_t slot);
struct counter *counter_at(const struct core *c, uint32_t slot);
MUST_USE bool counters_of(struct core *c, const struct account *a, enum call call,
	enum post_kind kind, struct draws *ret); /* finds or makes */
void counters_find(const struct core *c, const struct account *a, enum call call,
	enum post_kind kind, struct draws *ret); /* finds some */
void counter_changed(struct core *c, uint32_t slot);
bool counters_order(struct core *c); /* an order for one dirty window; false: none is */
MUST_USE enum err counter_load(struct core *c, const struct window_row *row, usec_t wall);
MUST_USE const struct plan *plan_of(struct core *c, const char *name); /* NULL: no memory */
void plans_done(struct core *c);

void lease_learn(struct core *c, const struct lease *l, const struct outcome *o, usec_t wall);

/* X answered 429: closes what is used up. Returns when the job may go where no window stands
 * for the limit. */
usec_t lease_limited(
	struct core *c, const struct lease *l, const struct outcome *o, usec_t wall);

#endif
