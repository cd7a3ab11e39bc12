/*
 * life.h - a core at work where nothing unforeseen happens
 *
 * X counts in fixed windows of its own, which its first request opens, and says so in its
 * headers; workers take a varying time; nobody dies. For the tests that hold a forecast, or
 * fairness, against what then happened.
 */
#ifndef ROOST_TESTS_UNIT_LIFE_H
#define ROOST_TESTS_UNIT_LIFE_H

#include "common/base/heap.h"
#include "common/base/rng.h"
#include "dispatcher/core/core.h"

#define LIFE_WALL     (1790000000 * USEC_SEC)
#define LIFE_JOBS_MAX 40000

struct life_job {
	usec_t brought, started, ended; /* wall; 0: not yet */
	usec_t eta;                     /* as of its enqueue */
	uint32_t account, agent;
};

struct life_event;

struct life {
	struct core *core;
	struct limits *limits;
	struct core_conf conf;
	struct now now;
	struct rng rng;
	usec_t latency, jitter;    /* an answer takes latency +- jitter */
	struct life_event *events; /* owned */
	uint32_t event_count, event_size;
	struct heap heap;
	uint64_t order;
	struct life_job *jobs; /* owned; by id */
	uint64_t last_id;
	struct life_window *windows; /* owned; X's */
	uint32_t window_count;
	uint64_t limited; /* answers of 429: there must be none */
};

/* An app 1 with `accounts` accounts (1..) and a worker with `slots`. */
void life_open(struct life *l, const char *limits_csv, struct rng rng, uint32_t accounts,
	uint32_t slots);
void life_close(struct life *l);

/* A job now (run_at 0) or later; returns its id. Its ETA is asked at once. */
uint64_t life_enqueue(
	struct life *l, uint32_t account, uint32_t agent, enum call call, usec_t run_at);

/* Calls do(ctx, arg) at an instant: jobs that come later. */
void life_at(
	struct life *l, usec_t wall, void (*act)(struct life *l, uint64_t arg), uint64_t arg);

/* Goes on until `wall`, or until nothing happens any more. */
void life_go(struct life *l, usec_t wall);

#endif
