/*
 * lane.h - the jobs of one agent and account that make the same call, and the rings
 */
#ifndef ROOST_DISPATCHER_CORE_PLACE_LANE_H
#define ROOST_DISPATCHER_CORE_PLACE_LANE_H

#include "common/base/heap.h"
#include "common/base/list.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/rate/counter.h"

struct item;

/* One level of the rings. */
struct turn {
	struct list node; /* in the ring above, while its own is not empty */
	struct list ring; /* those below it that could run */
	uint32_t left;    /* turns until it goes behind its like */
};

/* What one agent has in one account; there while it has lanes. */
struct share {
	struct turn turn;        /* among the account's shares; its ring: lanes */
	struct list order_node;  /* at the account's order, while lanes of it wait there */
	struct list order_lanes; /* those */
	uint32_t account;        /* slot */
	uint32_t agent;
	uint32_t lanes; /* how many there are */
};

struct lane {
	struct list node; /* in its share's ring, or at a bar */
	struct heap jobs;
	uint32_t account;  /* slot */
	uint32_t share;    /* slot */
	uint32_t bar;      /* reference of where it waits; NONE: it is in the ring */
	uint32_t woken_by; /* reference of the bar that wants to know when it was tried; NONE */
	uint32_t agent;    /* slot of its purse */
	uint32_t need_at;  /* in the heap of a budget it waits for */
	int64_t need;      /* micro-dollars it waits for there */
	uint16_t call;
	uint8_t kind; /* enum post_kind, or KIND_AHEAD */
	struct draws draws;
	uint32_t by_priority[10]; /* jobs */
};

uint64_t share_key_of(const void *ctx, uint32_t slot);
uint64_t lane_key_of(const void *ctx, uint32_t slot);
struct share *share_at(const struct core *c, uint32_t slot);
struct lane *lane_find(
	const struct core *c, uint32_t account, const struct item *it); /* NULL */
uint32_t lane_slot(const struct core *c, const struct lane *l);
MUST_USE bool lane_put(
	struct core *c, struct item *it, uint32_t account); /* false: no memory */
void lane_take(struct core *c, struct item *it);
struct lane *lane_first(
	const struct core *c); /* whose turn it is in the rings; NULL: nobody's */
void lane_turn(struct core *c, struct lane *l); /* it had its turn: behind the others */
void lane_wait(struct core *c, struct lane *l, uint32_t bar, usec_t until);
void lane_run(struct core *c, struct lane *l, uint32_t woken_by); /* from a bar into the ring */
void lanes_refit_account(struct core *c, uint32_t account);       /* its limits are others */
void lanes_refit(struct core *c, uint32_t app);                   /* its plan changed */
MUST_USE bool lanes_move(struct core *c, uint32_t account,
	uint32_t app); /* it is another app's now; false: no memory */
void lanes_done(struct core *c);
void turn_init(struct turn *t);

#endif
