/*
 * limits.h - which rate windows a call draws on, as X publishes them
 *
 * From two CSV files with a date (common/xapi/data, X's tables of 2026-08-22):
 * rate-limits.csv, a row per call, scope and plan, and rate-limit-groups.csv,
 * limits that several calls share. They are a first guess; X's headers correct
 * it (core/window.h). A family is what shares one counter: a call's own path,
 * or a group.
 *
 * A plan is one of X's, or any other name that rows have (the operator's own). A
 * call has the rows of its plan; where the plan has none for it, those of
 * pay-per-use. The groups are for every plan, since X publishes them without
 * one. Where a group and the call itself name a limit of the same scope and
 * length, they become one window: the smaller number, in the group's family.
 * All windows of a group have the smallest number of its calls, for they are
 * one counter.
 */
#ifndef ROOST_COMMON_XAPI_LIMITS_H
#define ROOST_COMMON_XAPI_LIMITS_H

#include "common/xapi/calls.h"

#define LIMITS_PER_CALL_MAX 8
#define LIMITS_PLANS_MAX    16 /* those of X, and the operator's own */
#define LIMITS_PLAN_MAX     16 /* bytes of a name, with its zero */

enum limit_scope { LIMIT_ACCOUNT, LIMIT_APP };

struct limit {
	uint16_t family;
	uint8_t scope;   /* enum limit_scope */
	uint8_t kinds;   /* of posts: bit 1 << enum post_kind; 0: all */
	bool unverified; /* of accounts that X has not verified only */
	bool own;        /* the call has a row of its own for it */
	uint32_t limit;  /* requests per window, >= 1 */
	usec_t length;
};

struct limits; /* the parsed tables: immutable once made */

/*
 * From the text of the two files. An empty line, or one that begins with "#", is passed over;
 * rows of calls that roost does not make are read and left out. ERR_FORMAT with file and line.
 */
MUST_USE enum err limits_parse(
	struct str rows, struct str groups, struct limits **ret, struct errmsg *m);

/*
 * Adds the limits of accounts themselves, whoever acts for them: a form of the groups in which
 * a row may be of one kind of posts, or of unverified accounts alone. Each is a window of its
 * own beside those of the API: no header of X speaks of it. l may be half filled after a
 * failure.
 */
MUST_USE enum err limits_add_accounts(struct limits *l, struct str rows, struct errmsg *m);

/* From the tables built into the program. NULL only when out of memory. */
MUST_USE struct limits *limits_builtin(void);
void limits_free(struct limits *l);
AUTO_DEFINE(limits)

/*
 * The windows that call `c` may draw on (limit_is_for() says which do) under `plan` ("payg",
 * "enterprise", "free", "basic", "pro"), written to out[LIMITS_PER_CALL_MAX]; returns how many.
 * An unknown plan and "enterprise" have payg's.
 */
size_t limits_of(const struct limits *l, const char *plan, enum call c, struct limit *out);

/* Whether it is one for a call of that kind by such an account. */
/* Whether headers of X are sure to speak of it: x-rate-limit-* of an account's own window of
 * the call, and the account's day. Of an app's day they may; of its short windows, and of
 * groups, they do not. */
bool limit_is_spoken_of(const struct limit *l);
bool limit_is_for(const struct limit *l, enum post_kind kind, bool unverified);

/* Whether there are rows of that plan, or it is one of X's. */
bool limits_has_plan(const struct limits *l, struct str plan);

/* A family's stable name, "POST /2/tweets" or "dm_send". Lent by l. */
const char *limits_family(const struct limits *l, uint16_t family);

/* And back; false: unknown. */
bool limits_family_find(const struct limits *l, struct str name, uint16_t *ret);
size_t limits_family_count(const struct limits *l);

#endif
