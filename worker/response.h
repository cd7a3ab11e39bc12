/*
 * response.h - what an answer of X means
 *
 * A pure function of the call, what fetch saw of it, and the time. X's
 * decision table (its documentation of 2026-08-22 and captured answers) is a
 * table here too: the first row that matches wins. The status decides first,
 * then the last part of the problem's `type`, then title and reason, and only
 * then words. JSON is never assumed.
 *
 * Two rules run through the table. A call that cannot be repeated is "done"
 * only if the answer names the id of what was made: a 201 whose body was cut
 * says that something happened but not what, and looking at X finds the id,
 * where "done" would lose it and "failed" would lie. And what came after the
 * bytes left, short of a definite no, is "unknown".
 */
#ifndef ROOST_WORKER_RESPONSE_H
#define ROOST_WORKER_RESPONSE_H

#include <jansson.h>

#include "common/net/fetch.h"
#include "common/xapi/calls.h"
#include "common/xapi/outcome.h"

#define RESPONSE_MESSAGE_MAX 400                  /* bytes of words for a person */
#define RESPONSE_KEEP_MAX    ((size_t)256 * 1024) /* bytes of an answer that are handed on */

struct response {
	struct outcome outcome;
	json_t *body; /* X's answer, owned; NULL when it was no JSON within bounds */
	bool too_big; /* it was more than RESPONSE_KEEP_MAX: for looking at, not for handing on
		       */
	char message[RESPONSE_MESSAGE_MAX]; /* X's own words, or what went wrong; may be "" */
};

/* Reads an answer to `c` at `now`. *ret is to be ended with response_done(). */
void response_read(
	enum call c, const struct fetch_answer *a, struct now now, struct response *ret);
void response_done(struct response *r);

/*
 * The three groups of rate headers. A group that is not whole has limit 0. A reset is brought
 * within [now, now + 25 h], since no window of X is longer than a day.
 */
void response_rates(
	const struct fetch_answer *a, struct now now, struct rate_seen out[RATE_GROUPS]);

/* The instant of a Retry-After, in seconds or as an HTTP date; 0 when there is none or no sense
 * in it. At most 25 h ahead. */
usec_t response_retry_after(const struct fetch_answer *a, struct now now);

#endif
