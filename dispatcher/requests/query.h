/*
 * query.h - requests that change nothing
 */
#ifndef ROOST_DISPATCHER_REQUESTS_QUERY_H
#define ROOST_DISPATCHER_REQUESTS_QUERY_H

#include "dispatcher/state.h"

/* Each answers one request; `agent` is the number of who asks, NAMES_NONE for an administrator
 * who sees all. */
void query_ping(struct dispatcher *d, const struct request *r, uint32_t agent);
void query_get(struct dispatcher *d, const struct request *r, uint32_t agent);
/* How a batch stands. */
void query_batch(struct dispatcher *d, const struct request *r, uint32_t agent);
void query_list(struct dispatcher *d, const struct request *r, uint32_t agent);
void query_explain(struct dispatcher *d, const struct request *r, uint32_t agent);
void query_limits(struct dispatcher *d, const struct request *r, uint32_t agent);
void query_accounts(struct dispatcher *d, const struct request *r, uint32_t agent);
void query_stats(struct dispatcher *d, const struct request *r, uint32_t agent);

/* Turns the filter keys of `list` and `cancel` into the store's. ERR_INVALID, ERR_NOT_FOUND
 * with words. */
MUST_USE enum err query_filter(struct dispatcher *d, const struct msg_filter *in,
	uint32_t agent, struct job_filter *ret, struct errmsg *m);

/* The job of that id text as that agent may see it: ERR_NOT_FOUND when it is another's. */
MUST_USE enum err query_job(struct dispatcher *d, struct str id, uint32_t agent,
	struct job_record *ret, struct errmsg *m);

#endif
