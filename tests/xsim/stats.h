/*
 * stats.h - what was asked of the simulator and what it answered
 */
#ifndef ROOST_TESTS_XSIM_STATS_H
#define ROOST_TESTS_XSIM_STATS_H

#include <jansson.h>

#include "common/base/base.h"

#define STATS_ROUTES_MAX   256
#define STATS_STATUSES_MAX 32

/* What is counted beside the calls of routes.def, after them. */
enum stats_extra { STATS_TOKEN, STATS_REVOKE, STATS_AUTHORIZE, STATS_EXTRAS };

struct stats {
	uint64_t answers[STATS_ROUTES_MAX][STATS_STATUSES_MAX]; /* by route and status_at() */
	int statuses[STATS_STATUSES_MAX];
	size_t status_count;
	uint64_t seen[STATS_ROUTES_MAX]; /* heads read, whatever became of them */
	uint64_t limited;                /* real 429s */
	uint64_t unknown_paths;
	uint64_t effects, post_effects; /* all, and those of calls with POST */
};

/* Their names, in that order. */
extern const char *const stats_extra_names[STATS_EXTRAS];

struct oauth;

/* All of it as JSON, with what OAuth has counted. The caller's. */
json_t *stats_json(const struct stats *s, const struct oauth *o);

/* Counts an answer of a route. */
void stats_answer(struct stats *s, size_t route, int status);

#endif
