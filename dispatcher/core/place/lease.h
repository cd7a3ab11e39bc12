/*
 * lease.h - what is out with workers, and until when
 */
#ifndef ROOST_DISPATCHER_CORE_PLACE_LEASE_H
#define ROOST_DISPATCHER_CORE_PLACE_LEASE_H

#include "common/base/list.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/money/pay.h"
#include "dispatcher/core/rate/counter.h"

struct item;
struct worker;

struct lease {
	struct list node; /* of its worker, or alone */
	uint64_t id;
	usec_t deadline; /* mono */
	uint32_t at;     /* in the heap of deadlines */
	uint32_t item;   /* NONE: void, it only takes a slot */
	uint32_t worker; /* slot; NONE: lost, or not yet claimed after a restart */
	usec_t given_at; /* mono: assigned, or claimed after a restart */
	uint32_t account;
	uint32_t app;    /* slot, as it was assigned */
	uint32_t tokens; /* the account's, when it was assigned */
	uint16_t call;
	uint8_t step;
	bool effect;
	bool claimed;     /* its worker said just now that it holds it */
	bool watched;     /* its job was with two workers that were lost: it goes alone */
	bool begun;       /* windows are charged; X may have been asked */
	bool probe;       /* of its call's breaker ... */
	bool storm_probe; /* ... and of its app's storm; false once their end was told */
	bool paced;       /* counted as under way by its account's pacer */
	uint8_t act;      /* enum act */
	struct draws draws;
	struct pay pay;
	uint64_t charges[LIMITS_PER_CALL_MAX]; /* of each window, right after the charge */
};

enum lease_end {
	LEASE_DONE,    /* X did it */
	LEASE_SETTLED, /* X was asked, or may have been */
	LEASE_UNSENT,  /* proven that it was not */
};

uint64_t lease_key_of(const void *ctx, uint32_t slot);
struct lease *lease_find(const struct core *c, uint64_t id);
struct lease *lease_at(const struct core *c, uint32_t slot);
struct item *lease_item(const struct core *c, const struct lease *l); /* NULL: void */
MUST_USE struct lease *lease_new(
	struct core *c, uint64_t id, struct item *it, struct worker *w, usec_t deadline);
void lease_attach(struct core *c, struct lease *l, struct worker *w);
void lease_watch(struct core *c, struct lease *l); /* its job is suspected: it is alone */
void lease_set_deadline(struct core *c, struct lease *l, usec_t deadline);
void lease_reserve(
	struct core *c, struct lease *l, usec_t wall); /* of windows, money and order */
bool lease_may_charge(const struct core *c, const struct lease *l, usec_t wall);
void lease_charge(struct core *c, struct lease *l, usec_t wall);
void lease_adopt(struct core *c, struct lease *l); /* after a restart */
void lease_void(struct core *c, struct lease *l,
	usec_t wall); /* its job leaves it; the slot stays taken */
void lease_over(struct core *c, struct lease *l, enum lease_end how, usec_t wall);
void lease_blame(struct core *c, struct worker *w); /* it is lost: whose fault may that be */
void lease_orphan(struct core *c, struct lease *l, struct now now); /* its worker is lost */
usec_t leases_first(const struct core *c);                          /* mono */
void lease_passed(struct core *c, struct now now);
void leases_start(struct core *c, struct now now);

#endif
