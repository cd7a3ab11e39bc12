/*
 * faults.h - how an answer goes wrong when a test says so
 *
 * A fault waits for requests to one route (or any), lets the first `after` of
 * them pass, and then strikes with a probability until it has struck `count`
 * times. The first of the list that strikes has the request. Chance comes from
 * the seed. The kinds are a table in faults.c; docs/xsim.md lists them.
 */
#ifndef ROOST_TESTS_XSIM_FAULTS_H
#define ROOST_TESTS_XSIM_FAULTS_H

#include <jansson.h>

#include "common/base/rng.h"
#include "common/net/httpd.h"

#define FAULTS_MAX 64

struct call;

/* When a kind strikes. */
enum fault_time {
	FAULT_AT_CONNECT, /* before anything is read */
	FAULT_AT_HEAD,    /* when the head has been read and the body has not */
	FAULT_BEFORE,     /* instead of doing what was asked */
	FAULT_AFTER,      /* when it has been done and noted in the ledger */
	FAULT_PROCESSING, /* later: what was done does not come to a good end */
};

struct fault_kind {
	const char *name;
	enum fault_time time;
	const char *fixture; /* what is answered; NULL: what would have been anyway */
	enum httpd_wire wire;
	bool reused_only; /* strikes only on a connection that has served before */
	bool shuts;       /* the rate windows of the call are used up with it */
	const char *help;
};

struct fault {
	const struct fault_kind *kind;
	size_t route; /* or ROUTE_ANY */
	uint64_t after, left;
	double probability;
	usec_t delay, gap;
	char fixture[64]; /* of kind "fixture" */
	uint64_t struck;
};

#define ROUTE_ANY SIZE_MAX

struct faults {
	struct fault items[FAULTS_MAX];
	size_t count;
	struct rng rng;
	uint64_t struck; /* in all, the removed ones too */
};

/*
 * Adds a fault from {"route", "kind", "count", "probability", "after", "delay_ms", "gap_ms",
 * "fixture"}. False: words say what is wrong with it.
 */
bool faults_add(struct faults *f, const json_t *j, char *words, size_t cap);

/* The fault that strikes a request to this route now, counted as struck; NULL: none. */
const struct fault *faults_strike(
	struct faults *f, enum fault_time time, size_t route, uint64_t nth);

/* Whether one is waiting that strikes at this time: cheap. */
bool faults_wait(const struct faults *f, enum fault_time time);

/* Spoils an answer as the fault says. */
void fault_apply(const struct fault *fault, struct httpd_answer *a);

/* What waits and what has struck, as an array. The caller's. */
json_t *faults_json(const struct faults *f);

/* The number of a route by its name, with "token", "revoke" and "authorize"; ROUTE_ANY for "*".
 * False when there is none. */
bool fault_route(const char *name, size_t *ret);

#endif
