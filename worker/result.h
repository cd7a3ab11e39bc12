/*
 * result.h - what an attempt came to, as MessagePack
 *
 * The keys are those of result_fields (common/wire/messages.c). X's answer
 * goes with it when it is no larger than RESPONSE_KEEP_MAX.
 */
#ifndef ROOST_WORKER_RESULT_H
#define ROOST_WORKER_RESULT_H

#include "worker/attempt.h"

/*
 * The result of an ended attempt, encoded when first asked for and kept in it; its JSON is
 * given back then. *ret is lent by the attempt. ERR_NOMEM: ask again later.
 */
MUST_USE enum err result_of(struct attempt *a, struct str *ret);

#endif
