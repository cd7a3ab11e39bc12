/*
 * entitle.h - what an app's plan does not include
 *
 * From a CSV file with a date (common/xapi/data/entitlements.csv, or the file
 * that x.entitlements names): a row for each plan and action with a rule. What
 * no row names is included. A plan that no row names includes everything:
 * "enterprise", and plans of the operator's own.
 *
 * `what` is the name of an action, or the operationId of a call; it may be one
 * that this version does not have: its call is CALL_COUNT.
 * Posts, replies and quotes are one call of X: their kind tells them apart.
 */
#ifndef ROOST_COMMON_XAPI_ENTITLE_H
#define ROOST_COMMON_XAPI_ENTITLE_H

#include "common/xapi/actions.h"

#define ENTITLE_PLAN_MAX 16 /* bytes of a plan's name, with its zero */

/* clang-format off */
#define ENTITLE_RULES(X) \
	X(ENTITLE_REFUSED,     "refused")     /* X refuses it always */ \
	X(ENTITLE_SUMMONED,    "summoned")    /* only to who mentioned the account, or quoted it */ \
	X(ENTITLE_ONE_CASHTAG, "one_cashtag") /* at most one in the text */
/* clang-format on */

enum entitle_rule {
#define X(rule, name) rule,
	ENTITLE_RULES(X)
#undef X
		ENTITLE_RULE_COUNT,
};

struct entitlement {
	char plan[ENTITLE_PLAN_MAX];
	enum entitle_rule rule;
	char what[48];             /* as the file has it */
	char since[11];            /* a day: "2026-04-20" */
	char reason[160];          /* a clause: "X keeps liking for Enterprise apps" */
	uint16_t call, other_call; /* enum call; the same where there is one */
	uint8_t kinds;             /* bit 1 << enum post_kind */
};

struct entitlements; /* the parsed table: immutable once made */

/* ERR_FORMAT with file and line, ERR_NOMEM. */
MUST_USE enum err entitlements_parse(
	struct str text, struct entitlements **ret, struct errmsg *m);

/* The table built into the program. NULL only when out of memory. */
MUST_USE struct entitlements *entitlements_builtin(void);
void entitlements_free(struct entitlements *e);
AUTO_DEFINE(entitlements)

/* The row of a plan that has a rule for a call of that kind, or NULL. Lent by e. */
const struct entitlement *entitlements_find(const struct entitlements *e, const char *plan,
	enum call call, enum post_kind kind, enum entitle_rule rule);

/* The first row of a plan for that very name, or NULL. */
const struct entitlement *entitlements_named(
	const struct entitlements *e, const char *plan, struct str what);

/* Whether a row names the plan. */
bool entitlements_has_plan(const struct entitlements *e, struct str plan);

/* NULL past the last. */
const struct entitlement *entitlements_at(const struct entitlements *e, size_t i);

/* "refused" and so on. */
const char *entitle_rule_name(enum entitle_rule r);

/* Which of a call's kinds an action is. */
enum post_kind action_kind(const struct action *a);

/* "reply", "quote", or the name of the action that makes the call; else its operationId. */
const char *entitle_name(enum call call, enum post_kind kind);

#endif
