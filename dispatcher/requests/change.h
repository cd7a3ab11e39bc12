/*
 * change.h - requests that change jobs that are there: cancel, update, retry; and decisions
 *
 * Decisions (decide.c): somebody says what becomes of a job that waits for that.
 */
#ifndef ROOST_DISPATCHER_REQUESTS_CHANGE_H
#define ROOST_DISPATCHER_REQUESTS_CHANGE_H

#include "dispatcher/state.h"

/* `agent`: the number of who asks, NAMES_NONE for an administrator who may change all. */
void change_cancel(struct dispatcher *d, const struct request *r, uint32_t agent);
void change_update(struct dispatcher *d, const struct request *r, uint32_t agent);
void change_retry(struct dispatcher *d, const struct request *r, uint32_t agent);

void decide_approve(struct dispatcher *d, const struct request *r, uint32_t agent);
void decide_reject(struct dispatcher *d, const struct request *r, uint32_t agent);
void decide_resolve(struct dispatcher *d, const struct request *r, uint32_t agent);

/* ERR_STATE, and words for a job that the core does not hold: it has ended. */
enum err change_say_ended(const struct job_record *r, struct errmsg *m);

/* Feeds what somebody asked for; the core may refuse it. */
MUST_USE enum err change_feed(struct dispatcher *d, const struct fact *f, struct errmsg *m);

/* Answers {"job": ...}: the job of that id as it is now; and `looks`, a value, unless empty. */
void change_answer_job(
	struct dispatcher *d, const struct request *r, struct str id, struct str looks);

#endif
