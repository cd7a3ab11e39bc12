/*
 * party.h - apps and accounts
 */
#ifndef ROOST_DISPATCHER_CORE_PARTY_H
#define ROOST_DISPATCHER_CORE_PARTY_H

#include "dispatcher/core/brake/entitle.h"
#include "dispatcher/core/brake/storm.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/money/seen.h"
#include "dispatcher/core/place/bar.h"
#include "dispatcher/core/place/lane.h"

struct item;

struct app {
	struct turn turn; /* among all apps; its ring: accounts */
	struct bar bar;
	struct fact_app fact;
	usec_t reads_until; /* wall: its reads are parked */
	const struct plan *plan;
	struct refusals refusals; /* what X says its plan does not include */
	struct breaker *breakers; /* owned: of its calls; NULL: none failed yet */
	struct storm storm;
	uint32_t purse;               /* slot */
	uint32_t quota[OBJECT_COUNT]; /* slots of purses: objects read */
	uint32_t out;                 /* leases */
	uint8_t strikes;              /* refusals in a row that parked it */
	struct seen seen;             /* objects paid for today */
};

struct account {
	struct turn turn; /* among its app's accounts; its ring: shares */
	struct fact_account fact;
	uint32_t app;                       /* slot */
	uint32_t effects;                   /* assigned and begun */
	uint32_t effect_lanes, effect_jobs; /* of the jobs in them */
	uint32_t tokens;                    /* how often it got new ones */
	bool refreshing;                    /* ordered, and its end not yet told */
	bool distrusted;                    /* X does not take the present access token */
	usec_t refresh_not_before;          /* mono */
	usec_t refresh_at;                  /* wall: the token is near its end from then on */
	uint32_t purse;                     /* slot */
	bool owns_app;                      /* its user owns the app */
	struct bar grant, order;            /* lanes of `order` stand there by share */
};

/* "acme", or "#7" where nobody says a name, written to out; returns out. */
#define OWNER_NAME_MAX 80
const char *owner_name(
	const struct core *c, enum ledger_kind kind, uint32_t owner, char out[OWNER_NAME_MAX]);

uint64_t app_key_of(const void *ctx, uint32_t slot);
uint64_t account_key_of(const void *ctx, uint32_t slot);
enum err party_app(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void parties_done(struct core *c);
void app_refused(struct core *c, struct app *a, const struct item *it, usec_t wall);
enum err party_refusal(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err party_account(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
struct app *app_at(const struct core *c, uint32_t slot);
struct account *account_at(const struct core *c, uint32_t slot);
uint32_t account_find(const struct core *c, uint32_t id); /* slot, or NONE */
struct app *account_app(const struct core *c, const struct account *a);
uint32_t account_concurrency(const struct core *c, const struct account *a);
bool account_has_token(const struct account *a, usec_t wall);
bool app_is_on_trial(const struct app *a, usec_t wall); /* was parked: one job at a time */
void app_answered(struct core *c, struct app *a);       /* X takes its calls */
usec_t app_trial_at(struct app *a, usec_t wall);        /* X refused it: when to try one job */
void account_refresh(
	struct core *c, struct account *a, struct now now); /* orders it if it is time */
void account_lose(struct core *c,
	struct account *a); /* nothing is left that X takes: its user is needed */
void account_dead_words(
	const struct account *a, usec_t wall, char *out, size_t cap); /* what it needs */
void account_park(
	struct core *c, struct account *a, usec_t until, enum outcome_cause cause, usec_t wall);
void app_park(struct core *c, struct app *a, enum park_what what, usec_t until,
	enum outcome_cause cause, usec_t wall);

#endif
