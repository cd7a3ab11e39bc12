/*
 * quota.h - X's monthly caps of what an app reads, counted in objects
 *
 * The same arithmetic as with money: a ledger an app and kind of object, whose
 * month is the app's billing month and whose amounts are objects. Assignment
 * reserves as many as the read may return, the answer settles it with what came.
 * A look at X for an unsure job reserves one, though it may return more: it
 * returns what was posted since the attempt, and must not wait for a month.
 */
#ifndef ROOST_DISPATCHER_CORE_MONEY_QUOTA_H
#define ROOST_DISPATCHER_CORE_MONEY_QUOTA_H

#include "dispatcher/core/core.h"

struct account;
struct app;
struct item;
struct short_of;

/* The ledgers of an app, made once; false: no memory. */
MUST_USE bool quotas_new(struct core *c, struct app *a, uint32_t id, usec_t wall);

/* Its plan or its billing day is another. */
void quotas_fit(struct core *c, const struct app *a, usec_t wall);

/* Which ledger (slot) a call of the account would draw on if it were capped; NONE. */
uint32_t quota_for(const struct core *c, const struct account *a, enum call call);

/* Which it draws on: NONE where nothing caps it. *ret: how many objects its next step takes. */
uint32_t quota_of(
	const struct core *c, const struct item *it, const struct account *a, int64_t *ret);

/* The gate's question. */
bool quota_blocks(const struct core *c, const struct item *it, const struct account *a,
	usec_t wall, struct short_of *ret);

/* The ref and the text of a verdict. */
void quota_verdict(
	const struct core *c, const struct short_of *s, usec_t wall, struct verdict *ret);

/* Whether a purse (slot) is one of those here. */
bool is_quota(const struct core *c, uint32_t purse);

#endif
