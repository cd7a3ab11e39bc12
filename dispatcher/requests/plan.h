/*
 * plan.h - when jobs that are not enqueued would run, and what they would cost
 *
 * A plan is a walk (core/walk.h) from where the core stands, with the jobs of
 * one or more requests added. It is made in portions between turns, so that a
 * month of a hundred thousand jobs holds nobody up. docs/planning.md says how
 * a plan that is larger than a message is sent and fetched.
 */
#ifndef ROOST_DISPATCHER_REQUESTS_PLAN_H
#define ROOST_DISPATCHER_REQUESTS_PLAN_H

#include "dispatcher/state.h"

#define PLANS_MAX     4      /* at once */
#define PLAN_JOBS_MAX 200000 /* in one plan */

/* The op. */
void plan(struct dispatcher *d, const struct request *r, uint32_t agent);

/* Goes on with every plan being made, answers those that are ready, forgets those nobody asks
 * for. Returns when to come again; mono. */
usec_t plan_go_on(struct dispatcher *d);

/* Drops all, without an answer. */
void plan_done(struct dispatcher *d);

#endif
