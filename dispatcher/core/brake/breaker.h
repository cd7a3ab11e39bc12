/*
 * breaker.h - circuit breaker: the arithmetic of "stop asking what only fails"
 *
 * After BREAKER_RUN failures in a row it opens: nothing passes until an instant,
 * then one probe, and only one at a time. A probe that fails doubles the wait,
 * from 30 seconds up to 10 minutes, so that at most 2 requests a minute are
 * made while it is open; one that succeeds closes it. No clock, no lock, no
 * errors; the caller says what time it is, always on the wall clock. A clock
 * that steps back never makes a wait longer than BREAKER_WAIT_MAX.
 */
#ifndef ROOST_DISPATCHER_CORE_BRAKE_BREAKER_H
#define ROOST_DISPATCHER_CORE_BRAKE_BREAKER_H

#include "common/base/clock.h"

#define BREAKER_RUN      5
#define BREAKER_WAIT_MIN (30 * USEC_SEC)
#define BREAKER_WAIT_MAX (10 * USEC_MIN)

/* A value; all zeroes is a closed one. Fields are read-only outside breaker.c. */
struct breaker {
	usec_t until; /* wall: no probe before this; 0: closed */
	usec_t wait;  /* the present one */
	uint16_t run; /* failures in a row */
	bool probing; /* a probe is under way */
};

bool breaker_is_open(const struct breaker *b);

/* The first instant at which one may pass: `wall` itself when it is closed; while a probe is
 * under way, when the one after it could go at the earliest. */
usec_t breaker_ready_at(const struct breaker *b, usec_t wall);

/* One passes. True when it is a probe: its end has to be told by one of those below. */
bool breaker_take(struct breaker *b);

/* The probe was never sent. */
void breaker_give(struct breaker *b);

/* One failed. True when that opened it, or held it open. */
bool breaker_failed(struct breaker *b, bool probe, usec_t wall);

/* One did not fail. True when that closed it. */
bool breaker_succeeded(struct breaker *b);

/* Opens it at once, whatever its run. */
void breaker_trip(struct breaker *b, usec_t wall);

#endif
