/*
 * clock.h - time
 *
 * One type for time, usec_t, in microseconds, signed so that differences are
 * plain subtraction. Two clocks, never mixed:
 *
 *   mono   steady, starts anywhere, never steps. For waiting and leases.
 *   wall   microseconds since 1970 UTC, may step. For what is stored, and for
 *          what a server tells us, such as the end of a rate-limit window.
 *
 * Only the event loop reads them, once a turn; everything below it is given a
 * struct now. That is what lets a test run a month in a second.
 */
#ifndef ROOST_COMMON_BASE_CLOCK_H
#define ROOST_COMMON_BASE_CLOCK_H

#include "common/base/base.h"

typedef int64_t usec_t; /* microseconds; a point in time or a length of it */

#define USEC_MSEC  ((usec_t)1000)
#define USEC_SEC   (1000 * USEC_MSEC)
#define USEC_MIN   (60 * USEC_SEC)
#define USEC_HOUR  (60 * USEC_MIN)
#define USEC_DAY   (24 * USEC_HOUR)
#define USEC_NEVER INT64_MAX

/* One instant, on both clocks. Passed by value. */
struct now {
	usec_t mono; /* steady, starts anywhere: for waiting and leases */
	usec_t wall; /* since 1970 UTC, may step: for what is stored or a server tells us */
};

/* Where instants come from: clock_system, or a test's own. */
struct clock {
	struct now (*read)(void *ctx);
	void *ctx;
};

extern const struct clock clock_system;

#endif
