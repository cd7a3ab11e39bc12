/*
 * people.h - users of X that an account must not, or may, write to
 *
 * A set of (list, account, who). `who` is an id of X, a DM conversation's id,
 * or a "@name" in lower case; names are compared without case. The dispatcher
 * keeps the set on disk; this is the whole of it in memory, at most PEOPLE_MAX.
 */
#ifndef ROOST_DISPATCHER_POLICY_PEOPLE_H
#define ROOST_DISPATCHER_POLICY_PEOPLE_H

#include "common/base/text.h"

#define PEOPLE_MAX 2000000
#define PERSON_MAX 44 /* bytes of `who`, with its zero */

/* Kept in the store: the numbers never change. */
enum people_list { PEOPLE_OPT_OUT, PEOPLE_INVITED, PEOPLE_LIST_COUNT };

struct people;

/* NULL only when out of memory. */
MUST_USE struct people *people_new(void);
void people_free(struct people *p);
AUTO_DEFINE(people)

/*
 * Writes `who` as it is kept: an id, "@name", or a conversation "id-id". ERR_INVALID with words
 * for anything else.
 */
MUST_USE enum err person_read(struct str text, char out[PERSON_MAX], struct errmsg *m);

bool people_has(
	const struct people *p, enum people_list list, uint32_t account, const char *who);

/* ERR_CONFLICT: it is there already. ERR_QUOTA, ERR_NOMEM. */
MUST_USE enum err people_add(
	struct people *p, enum people_list list, uint32_t account, const char *who);

/* False: it was not there. */
bool people_remove(struct people *p, enum people_list list, uint32_t account, const char *who);

/* Whether the account has anybody on that list. */
bool people_any(const struct people *p, enum people_list list, uint32_t account);

/* Every one of an account's list, in no order. */
void people_each(const struct people *p, enum people_list list, uint32_t account,
	void (*each)(void *ctx, const char *who), void *ctx);

#endif
