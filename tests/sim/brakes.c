/*
 * brakes.c - X in trouble: a call that it answers only with 5xx, tokens that it takes from
 * nobody
 *
 * As the operator's page has it: after five such answers in a row the call of the app is
 * stopped but for one probe at a time, at most two a minute; when three accounts of an app are
 * refused their tokens within a minute, the whole app is. Held at X: what was allowed after
 * that must come half a minute apart. What goes on in the end is seen by the world's end.
 *
 * A probe whose worker is gone, or whose answer never came, tells nothing: the next may follow.
 */
#include "tests/sim/world.h"

#define RUN      5
#define APART    (30 * USEC_SEC)
#define SLACK    (300 * USEC_MSEC) /* what is said in a turn was decided a little earlier */
#define ACCOUNTS 3

struct brake {
	uint32_t run;
	usec_t on_at;   /* mono; 0: off */
	usec_t last_at; /* a probe was allowed */
	uint64_t probe; /* its lease; 0: none, or it is over */
	bool silent;    /* ... and nobody told how it went */
};

static struct braked {
	struct brake calls[CALL_COUNT];
	struct brake storm;
	uint32_t refused[ACCOUNTS]; /* accounts */
	uint32_t refused_count;
	usec_t refused_since; /* the dispatcher's wall */
	usec_t broken_until[CALL_COUNT], storm_until;
} braked[APPS_MAX];

static struct braked *of(struct world *w, uint32_t account)
{
	return &braked[account_by_id(w, account)->app];
}

/* --- X --- */

static void trouble(struct world *w, const struct event *e)
{
	static const enum call calls[] = {CALL_CREATE_POST, CALL_LIKE, CALL_GET_POST,
		CALL_DM_USER, CALL_TIMELINE, CALL_FOLLOW, CALL_GET_ME};
	struct braked *b = &braked[draw(w, 0, w->app_count - 1)];
	usec_t until = w->time + draw(w, USEC_MIN, 40 * USEC_MIN);

	if (w->calm)
		return;
	plan(w, draw(w, USEC_MIN, 30 * USEC_MIN), e->fire);
	if (chance(w, 300))
		b->storm_until = until;
	else
		for (size_t i = 0; i < COUNT_OF(calls); i++)
			if (chance(w, 500))
				b->broken_until[calls[i]] = until;
}

void brakes_start(struct world *w)
{
	for (uint32_t i = 0; i < APPS_MAX; i++)
		braked[i] = (struct braked){.storm_until = 0};
	if (w->weather.trouble)
		plan(w, draw(w, USEC_SEC, 5 * USEC_MIN), trouble);
}

bool brakes_broken(struct world *w, const struct request *r)
{
	return w->time < of(w, r->account)->broken_until[r->call] && !w->calm;
}

bool brakes_storm(struct world *w, const struct request *r)
{
	return w->time < of(w, r->account)->storm_until && !w->calm;
}

/* --- what the dispatcher has heard --- */

void brakes_load(struct world *w)
{
	(void)w;
	for (uint32_t i = 0; i < APPS_MAX; i++) {
		struct braked *b = &braked[i];

		for (int call = 0; call < CALL_COUNT; call++)
			b->calls[call] = (struct brake){0};
		b->storm = (struct brake){0};
		b->refused_count = 0;
	}
}

static void brake(struct world *w, struct brake *b, enum path p)
{
	if (b->on_at)
		return;
	path(p);
	sim_trace(w, "a brake is on");
	b->on_at = b->last_at = w->time;
}

static void over(struct brake *b, uint64_t lease, int status)
{
	if (b->probe != lease)
		return;
	b->silent = status == 0;
	b->probe = 0;
}

static void count_account(struct world *w, struct braked *b, uint32_t account)
{
	usec_t wall = world_now(w).wall;

	if (b->refused_since > wall || b->refused_since + USEC_MIN < wall)
		b->refused_count = 0;
	if (!b->refused_count)
		b->refused_since = wall;
	for (uint32_t i = 0; i < b->refused_count; i++)
		if (b->refused[i] == account)
			return;
	b->refused[b->refused_count++] = account;
	if (b->refused_count < ACCOUNTS)
		return;
	b->refused_count = 0;
	brake(w, &b->storm, PATH_STORM);
}

/* An answer comes in time. */
void brakes_heard(struct world *w, const struct request *r, const struct outcome *o)
{
	struct braked *b = of(w, r->account);
	struct brake *c = &b->calls[r->call];
	const struct sim_account *a = account_by_id(w, r->account);
	int status = o->http_status;
	bool is_token = o->class == OUTCOME_REFUSED && o->cause == CAUSE_TOKEN;

	over(c, r->lease, status);
	over(&b->storm, r->lease, status);
	if (status >= 500 && ++c->run >= RUN)
		brake(w, c, PATH_BREAKER);
	if (status > 0 && status < 500) {
		if (c->on_at)
			path(PATH_BREAKER_CLOSED);
		*c = (struct brake){0};
	}
	/* one whose renewal was lost or refused meanwhile tells nothing of the app */
	bool is_present = r->generation == a->generation && r->grant == a->grant;
	if (is_token && !b->storm.on_at && is_present && !a->refreshing)
		count_account(w, b, r->account);
	else if (b->storm.on_at && !is_token && status > 0 && status < 500)
		b->storm = (struct brake){0};
}

/* --- what comes to X --- */

static bool is_gone(const struct world *w, const struct request *r)
{
	const struct sim_worker *k = &w->workers[r->place];

	return k->number != r->worker || k->given_up;
}

static void check(struct world *w, struct brake *b, const struct request *r, const char *what)
{
	static struct request last; /* of either brake: only whether its worker is gone */

	if (!b->on_at || r->allowed_at <= b->on_at + SLACK || w->stepped)
		return;
	bool tells = b->last_at == b->on_at || (!b->silent && !is_gone(w, &last));
	usec_t apart = r->allowed_at - b->last_at; /* negative: this one took longer to X */
	CHECK(w, !tells || apart >= APART - SLACK || apart <= -APART + SLACK,
		"X is asked again after %.3f s though %s", (double)apart / 1e6, what);
	path(PATH_PROBE);
	if (apart < 0)
		return;
	b->last_at = r->allowed_at;
	b->probe = r->lease;
	b->silent = false;
	last = *r;
}

void brakes_arrive(struct world *w, const struct request *r)
{
	struct braked *b = of(w, r->account);

	check(w, &b->calls[r->call], r, "it answers this call with errors only");
	check(w, &b->storm, r, "it refuses the tokens of the app");
}
