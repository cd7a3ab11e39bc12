/*
 * proof.h - what a request proves for whom it acts by: a token, or keys that sign it
 *
 * Kept for one attempt and wiped with it. Where X's answer echoes a part of it,
 * that is blanked out, since results travel on and are kept.
 */
#ifndef ROOST_WORKER_PROOF_H
#define ROOST_WORKER_PROOF_H

#include "common/base/clock.h"
#include "common/crypto/oauth1.h"
#include "worker/request.h"

#define PROOF_TOKEN_MAX  4096
#define PROOF_PARTS      4
#define PROOF_HEADER_MAX ((size_t)16 * 1024) /* keys are percent-encoded */

/* All zeroes at first. Owned: an access token; or four keys, in the order of oauth1_keys. */
struct proof {
	char *parts[PROOF_PARTS];
	bool signs;
};

/* Takes a copy. ERR_INVALID when it is no token, nor keys, that a header could hold. */
MUST_USE enum err proof_take(
	struct proof *p, struct str token, const struct oauth1_keys *keys, struct errmsg *m);

/* Wipes it. A second time does nothing. */
void proof_wipe(struct proof *p);

/* Adds the header "Authorization: ..." for a request that leaves at `now`. */
MUST_USE enum err proof_header(
	const struct proof *p, const struct request *r, struct now now, struct buf *out);

/* Whether an answer echoes any part of it that is secret; blanks out what does. */
bool proof_is_echoed(const struct proof *p, struct str body);
void proof_blank(const struct proof *p, struct buf *body);

#endif
