/*
 * price.h - what a call costs, as X publishes it
 *
 * From pricing.csv (X's page of 2026-08-22). Money is in micro-dollars. Writes
 * cost per request, reads per object returned; failed requests are not
 * charged. A URL in the text of a post makes it 13 times dearer. A reply that
 * its author asked for is cheaper, with a URL or without, and so are reads of
 * the app owner's own data. cost.h tells what a job may cost with these.
 */
#ifndef ROOST_COMMON_XAPI_PRICE_H
#define ROOST_COMMON_XAPI_PRICE_H

#include "common/xapi/calls.h"

#define PRICE_MAX ((int64_t)1000 * 1000000) /* micro-dollars of one row */

struct price {
	int64_t plain;    /* micro-dollars; 0 when X names none */
	int64_t with_url; /* when its text has a URL */
	int64_t summoned; /* of a reply that its author asked for; 0: X names none */
	int64_t owned;    /* of a read of the app owner's own data; 0: X names none */
	bool per_object;  /* counts objects returned rather than requests */
};

/* A value: copy it, keep it. */
struct prices {
	struct price of[CALL_COUNT];
};

/*
 * From the text of pricing.csv: its rows that begin with "class ", and those of calls that say
 * "(owned". An empty line, or one that
 * begins with "#", is passed over. ERR_FORMAT with file and line, also when a call's class is
 * missing.
 */
MUST_USE enum err prices_parse(struct str rows, struct prices *ret, struct errmsg *m);

/* Those built into the program. Static storage. */
const struct prices *prices_builtin(void);

/* The built-in price of one request of call `c`; of a read, of one object. 0 when X names none.
 */
int64_t price_of(enum call c, bool text_has_url);

/* Whether the built-in price counts objects returned rather than requests. */
bool price_is_per_object(enum call c);

#endif
