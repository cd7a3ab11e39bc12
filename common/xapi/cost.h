/*
 * cost.h - what a job may cost at the worst, before anybody asks X
 *
 * Writes cost per request: more with a URL in the text, less when the author
 * of the post asked for the reply. Reads cost per object returned, so the
 * worst case is as many as may come: those of a page times the pages, or those
 * named. Reads of the app owner's own data are cheap.
 */
#ifndef ROOST_COMMON_XAPI_COST_H
#define ROOST_COMMON_XAPI_COST_H

#include "common/xapi/check.h"
#include "common/xapi/price.h"

/* Who acts, as far as prices care. */
struct cost_who {
	struct str user_id; /* of the acting account at X */
	bool owns_app;      /* that user owns the app */
	bool summoned;      /* it is known that the author asked for this reply */
};

/* Micro-dollars, each at most COST_MAX. */
struct cost {
	int64_t worst; /* all in all */
	int64_t page;  /* of one page, where it is of several; else as `worst` */
	int64_t unit;  /* of one object returned; 0: `worst` is for the request */
};

#define COST_MAX ((int64_t)UINT32_MAX)

/* Of an action whose arguments passed the check with `f`. */
struct cost cost_of(const struct prices *p, const struct action *a, const struct args_ops *ops,
	const void *args, const struct action_facts *f, const struct cost_who *who);

/* How many pages such a read asks for: 1 to ACTION_PAGES_MAX. */
uint8_t cost_pages(const struct action *a, const struct args_ops *ops, const void *args);

/* Objects that one page of such a read returns at most; 1 of what is no read. */
int64_t cost_objects(const struct action *a, const struct args_ops *ops, const void *args,
	const struct action_facts *f);

#endif
