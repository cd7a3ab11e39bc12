/*
 * settle.h - did it happen? the look at X for an attempt nobody can know of
 *
 * X has no idempotency key. So roost looks where the effect would be, among
 * the account's own posts or in the conversation, for one that was made since
 * the attempt began and that is what the attempt would have made: by text, as
 * X gives it back, by reply target, quoted post and kind of attachment.
 *
 * What X does to a text on its way: `&`, `<` and `>` come back escaped; each
 * link comes back as t.co with the full one in `entities`; a link to its own
 * media or to the quoted post may follow; mentions may be put before a reply;
 * a long post is cut, its whole text is in note_tweet. White space at the ends
 * is dropped. Both of X's namings are read (post and tweet). Where a text is
 * the same and the answer has none of the fields that would tell the rest, it
 * cannot be told: a server that gives no reply targets proves no absence.
 */
#ifndef ROOST_WORKER_SETTLE_H
#define ROOST_WORKER_SETTLE_H

#include "common/xapi/outcome.h"
#include "worker/request.h"

/* X's clock and ours may differ, and created_at has no fraction. */
#define SETTLE_SLACK USEC_MIN

/* No request is under way so long after its BEGIN; a look long afterwards ends its page there.
 */
#define SETTLE_SPAN (30 * USEC_MIN)

/* What an attempt would have made; its action's request, looked at the other way. Lent. */
struct settle_want {
	enum call call;
	const json_t *body; /* of the request in doubt: body_make() */
	struct str user_id; /* of the acting account */
	usec_t begun_at;    /* wall */
};

/*
 * Makes the request that looks for an attempt of `a` that began at `begun_at`. ERR_INVALID when
 * the action's call needs no look, or there is nothing to look for it in; else as
 * request_build().
 */
MUST_USE enum err settle_request(const struct request_self *self, const struct action *a,
	const json_t *args, usec_t begun_at, struct now now, struct request *ret);

/*
 * Compares what X answered with what is wanted. LOOK_FOUND: *ret is an array of the ids of all
 * that match, oldest first, the caller's. LOOK_ABSENT: everything since begun_at - SETTLE_SLACK
 * was on the page, and nothing matches. LOOK_CANNOT: the page does not reach so far, tells too
 * little of a post of that text, or is not what X's specification says.
 */
enum look settle_look(const struct settle_want *want, const json_t *page, json_t **ret);

#endif
