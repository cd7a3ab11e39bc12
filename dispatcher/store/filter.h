/*
 * filter.h - whether a job is one of those asked for
 */
#ifndef ROOST_DISPATCHER_STORE_FILTER_H
#define ROOST_DISPATCHER_STORE_FILTER_H

#include "dispatcher/store/store.h"

/* Whether a body fits the parts of a filter that are about bodies. */
bool filter_fits_body(const struct job_filter *f, const struct body *b);

/* Whether a job in `state` is in history. */
bool filter_is_final(enum job_state state);

/* Whether a job's agent, account and state fit. */
bool filter_fits_job(const struct job_filter *f, const struct job *j);

#endif
