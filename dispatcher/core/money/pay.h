/*
 * pay.h - what an attempt takes of the three purses
 */
#ifndef ROOST_DISPATCHER_CORE_MONEY_PAY_H
#define ROOST_DISPATCHER_CORE_MONEY_PAY_H

#include "dispatcher/core/core.h"
#include "dispatcher/core/money/ledger.h"

struct item;
struct lease;

/* What a lease has taken of the three purses, and what came of it. */
struct pay {
	uint32_t by[LEDGER_KINDS]; /* slots */
	int32_t day;               /* of the charge; -1: none, or not known */
	int64_t amount; /* reserved, or charged when the lease has begun; 0: nothing */
	int64_t unit;   /* of a read: an object's price */
	int64_t truth;  /* what is spent of it when the lease ends */
	uint32_t quota; /* slot of what its objects are taken of; NONE */
	int64_t objects, returned; /* the same of objects: taken, and what came */
};

void pay_reserve(struct core *c, struct lease *l, const struct item *it, usec_t wall);
bool pay_may_charge(const struct core *c, const struct lease *l, usec_t wall);
void pay_charge(struct core *c, struct lease *l, usec_t wall);
void pay_adopt(struct core *c, struct lease *l, const struct item *it);
void pay_release(struct core *c, struct lease *l);
void pay_settle(struct core *c, struct lease *l, struct item *it, bool unsent);
void pay_answered(struct core *c, struct lease *l, const struct fact *f, usec_t wall);

/* An attempt of which nobody knows whether it happened stays counted as spent until it shows
 * that it did not. */
void doubt_add(struct item *it);
void doubt_load(struct item *it); /* after a restart */
void doubt_clear(struct core *c, struct item *it);

#endif
