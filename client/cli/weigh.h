/*
 * weigh.h - a job looked at here, before any dispatcher sees it
 *
 * By the same tables as the dispatcher's: what is refused here is refused there. What only the
 * dispatcher knows (accounts, keys that are taken, scopes) is not looked at.
 */
#ifndef ROOST_CLIENT_CLI_WEIGH_H
#define ROOST_CLIENT_CLI_WEIGH_H

#include <jansson.h>

#include "common/base/err.h"

/* ERR_INVALID with one sentence and the field; else *ret is the price in micro-dollars. */
MUST_USE enum err weigh_job(const json_t *job, int64_t *ret, struct errmsg *m);

#endif
