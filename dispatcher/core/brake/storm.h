/*
 * storm.h - what the app and its calls are spared
 */
#ifndef ROOST_DISPATCHER_CORE_BRAKE_STORM_H
#define ROOST_DISPATCHER_CORE_BRAKE_STORM_H

#include "dispatcher/core/brake/breaker.h"
#include "dispatcher/core/core.h"

struct app;
struct asked;
struct lease;

#define STORM_ACCOUNTS 3        /* whose tokens are refused ... */
#define STORM_TIME     USEC_MIN /* ... within so long: it is X, or the app, and not they */

/* Many 401s at once: the app pauses, one account's token is tried now and then. */
struct storm {
	struct breaker breaker;
	uint32_t accounts[STORM_ACCOUNTS]; /* slots: refused since `since`, one each */
	uint32_t count;
	usec_t since; /* wall */
};

const struct breaker *app_breaker(const struct app *a, enum call call); /* NULL: closed */
usec_t storm_ready_at(const struct asked *q, const struct app *a);
void storm_assigned(struct core *c, struct lease *l); /* it may be a probe */
bool storm_may_begin(const struct core *c, const struct lease *l);
void storm_told(struct core *c, struct lease *l, const struct outcome *o, struct now now);
void storm_left(struct core *c, struct lease *l); /* its end will not be told */
/* A token of the account was refused: true when that is not the account's fault. */
bool storm_rises(struct core *c, uint32_t account, struct now now);
enum err pause_set(struct core *c, const struct fact *f, struct now now, struct errmsg *m);

#endif
