/*
 * grant.h - what an agent may do where: "x.tweet.write@acme"
 *
 * A capability (common/xapi/capability.h), and the account it is for; without
 * an account, for all. "*" is every capability. A grant may hold: jobs by it
 * wait until somebody else approves them.
 */
#ifndef ROOST_DISPATCHER_ACCESS_GRANT_H
#define ROOST_DISPATCHER_ACCESS_GRANT_H

#include "common/base/err.h"
#include "common/base/text.h"

#define GRANT_CAPABILITY_MAX 40
#define GRANT_ACCOUNT_MAX    64
#define GRANT_TEXT_MAX       (GRANT_CAPABILITY_MAX + GRANT_ACCOUNT_MAX + 2)

struct grant {
	char capability[GRANT_CAPABILITY_MAX + 1]; /* "*": all */
	char account[GRANT_ACCOUNT_MAX + 1];       /* "": all */
	bool hold;
};

/* Reads "CAPABILITY[@ACCOUNT]"; ERR_INVALID with what is wrong. Whether the account exists does
 * not matter: it may be connected later. */
MUST_USE enum err grant_read(struct str text, bool hold, struct grant *ret, struct errmsg *m);

/* As text, without `hold`; returns out. */
char *grant_write(const struct grant *g, char out[GRANT_TEXT_MAX]);

/* Whether both are for the same. */
bool grant_equal(const struct grant *a, const struct grant *b);

/* Whether g covers a capability on an account. */
bool grant_covers(const struct grant *g, const char *capability, struct str account);

#endif
