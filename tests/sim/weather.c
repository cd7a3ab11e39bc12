/*
 * weather.c - what goes wrong in a world, drawn from its seed
 *
 * Each kind of trouble is there in some worlds only, so that what it hides in
 * others can be seen: where no clock steps and no stranger draws on the
 * windows, not one 429 is forgiven.
 */
#include "tests/sim/world.h"

static const char rows[] =
	"method,path,scope,limit,window_seconds,tier,source\n"
	"POST,/2/tweets,user,4,900,ppu,test\n"
	"POST,/2/tweets,app,9,86400,ppu,test\n"
	"POST,/2/tweets,user,2,900,basic,test\n"
	"POST,/2/users/{id}/retweets,user,3,900,ppu,test\n"
	"POST,/2/users/{id}/likes,user,5,900,ppu,test\n"
	"POST,/2/users/{id}/likes,user,20,86400,ppu,test\n"
	"POST,/2/dm_conversations/with/{participant_id}/messages,user,3,900,ppu,test\n"
	"POST,/2/dm_conversations/with/{participant_id}/messages,app,10,86400,ppu,test\n"
	"DELETE,/2/tweets/{id},user,2,60,ppu,test\n"
	"GET,/2/tweets/{id},user,4,900,ppu,test\n"
	"GET,/2/tweets/{id},app,5,900,ppu,test\n"
	"GET,/2/users/{id},user,1,1,ppu,test\n"
	"GET,/2/users/by/username/{username},user,6,900,ppu,test\n"
	"GET,/2/users/{id}/tweets,user,6,900,ppu,test\n"
	"GET,/2/dm_conversations/with/{participant_id}/dm_events,user,6,900,ppu,test\n";

static const char groups[] =
	"group,method,path,scope,limit,window_seconds,source\n"
	"posts_and_reposts,POST,/2/tweets,user,7,10800,test\n"
	"posts_and_reposts,POST,/2/users/{id}/retweets,user,7,10800,test\n";

static const struct limits *tables(void)
{
	static struct limits *limits;

	if (!limits) {
		enum err e = limits_parse((struct str){rows, sizeof(rows) - 1},
			(struct str){groups, sizeof(groups) - 1}, &limits, NULL);
		ASSERT(!e);
	}
	return limits;
}

/* Per mille of the chances, in half of the worlds. */
static int maybe(struct world *w, int most)
{
	return chance(w, 500) ? (int)draw(w, 1, most) : 0;
}

static struct weather storms(struct world *w)
{
	return (struct weather){
		.narrow = chance(w, 80),
		.clock = chance(w, 250),
		.others = chance(w, 300),
		.lower = chance(w, 300),
		.bare = chance(w, 300),
		.no_headers = chance(w, 150),
		.plans = chance(w, 150),
		.die = maybe(w, 60),
		.hang = maybe(w, 60),
		.drain = maybe(w, 30),
		.unsent = maybe(w, 150),
		.lose_request = maybe(w, 100),
		.lose_answer = maybe(w, 200),
		.linger = maybe(w, 60),
		.server = maybe(w, 150),
		.limited = maybe(w, 60),
		.revoke = maybe(w, 60),
		.renewal = maybe(w, 500),
		.slow_renewal = chance(w, 300),
		.lock = maybe(w, 10),
		.commit = maybe(w, 30),
		.crash = maybe(w, 15),
		.doze = maybe(w, 10),
		.twice = maybe(w, 300),
		.money = chance(w, 500),
		.rules = chance(w, 300),
		.trouble = chance(w, 300),
		.poison = chance(w, 100),
		.ties = chance(w, 400) ? 300 : 0,
		.pause = maybe(w, 600),
		.doomed = maybe(w, 200),
		.latency = chance(w, 300) ? 20 * USEC_SEC : USEC_SEC,
	};
}

#define MIDNIGHT (USEC_DAY - WALL0 % USEC_DAY) /* UTC, on the mono clock of the world */

/* Per mille of the worlds that are full. */
#define FULL 100

static void draw_conf(struct world *w)
{
	static const usec_t looks[] = {5 * USEC_SEC, 30 * USEC_SEC, 2 * USEC_MIN};

	w->limits = tables();
	w->conf = (struct core_conf){
		.limits = w->limits,
		.lease = USEC_MIN,
		.worker_silence = chance(w, 300) ? 90 * USEC_SEC : 10 * USEC_MIN,
		.retry_base = USEC_SEC,
		.retry_cap = 2 * USEC_MIN,
		.refresh_margin = 5 * USEC_MIN,
		.account_concurrency = chance(w, 500) ? 1 : 3,
		.max_pending = 1000,
		.poison_after = 200, /* workers die often here, and of no job */
		.look_count = chance(w, 100) ? 0 : COUNT_OF(looks),
	};
	for (size_t i = 0; i < w->conf.look_count; i++)
		w->conf.looks[i] = looks[i];
}

void weather_draw(struct world *w)
{
	w->weather = storms(w);
	draw_conf(w);
	if (chance(w, 300)) /* soon a UTC day is over */
		w->time = MIDNIGHT - draw(w, USEC_SEC, 2 * USEC_HOUR);
	w->began = w->time;
	w->x.filters = chance(w, 500);
	w->x.cuts = chance(w, 500);
	w->app_count = (uint32_t)draw(w, 1, APPS_MAX);
	w->account_count = (uint32_t)draw(w, 1, ACCOUNTS_MAX);
	w->worker_count = (uint32_t)draw(w, 1, WORKERS_MAX);
	w->agent_count = (uint32_t)draw(w, 1, AGENTS_MAX);
	w->jobs_wanted = (uint32_t)draw(w, 8, 40);
	if (w->weather.poison) {
		w->weather.die = w->weather.hang = w->weather.drain = w->weather.doze = 0;
		w->conf.poison_after = 3;
		w->worker_count = (uint32_t)draw(w, 1, 2);
		w->conf.worker_silence =
			20 * USEC_SEC; /* a death is noticed before its leases pass */
	}
	if (chance(w, FULL))
		full_draw(w);
	if (!w->weather.narrow)
		return;
	w->account_count = 1;
	w->worker_count = 1;
	w->jobs_wanted = 60;
}

/* --- storms that come by themselves --- */

static void next_gust(struct world *w, const struct event *e, usec_t most)
{
	if (!w->calm)
		plan(w, draw(w, USEC_SEC, most), e->fire);
}

static void step_clock(struct world *w, const struct event *e)
{
	static const usec_t most[] = {2 * USEC_SEC, USEC_MIN, USEC_HOUR, USEC_DAY};
	usec_t by = draw(w, USEC_MSEC, most[draw(w, 0, COUNT_OF(most) - 1)]);

	next_gust(w, e, 20 * USEC_MIN);
	if (w->calm || !w->weather.clock)
		return;
	if (w->step > 0 || (w->step == 0 && chance(w, 500)))
		by = -by;
	w->step += by;
	w->stepped = true;
	path(by > 0 ? PATH_CLOCK_FORWARD : PATH_CLOCK_BACK);
	sim_trace(w, "the clock steps by %.3f s", (double)by / (double)USEC_SEC);
}

static void crowd(struct world *w, const struct event *e)
{
	next_gust(w, e, 5 * USEC_MIN);
	if (!w->calm)
		x_crowd(w);
}

static void batter_workers(struct world *w, const struct event *e)
{
	next_gust(w, e, 3 * USEC_MIN);
	workers_mishap(w, (uint32_t)draw(w, 0, w->worker_count - 1));
}

static void change_plan(struct world *w, const struct event *e)
{
	struct sim_app *a = &w->apps[draw(w, 0, w->app_count - 1)];

	next_gust(w, e, 30 * USEC_MIN);
	a->plan = a->plan[0] == 'p' ? "basic" : "payg";
	a->plan_at = w->time;
	path(PATH_PLAN_CHANGED);
	keep_app(w, a);
	vault_tell_app(w, a);
}

static void calm_down(struct world *w, const struct event *e)
{
	(void)e;
	weather_calm(w);
}

void weather_start(struct world *w)
{
	const struct weather *t = &w->weather;

	plan(w, draw(w, USEC_SEC, 10 * USEC_MIN), batter_workers);
	if (t->clock)
		plan(w, draw(w, USEC_SEC, 20 * USEC_MIN), step_clock);
	if (t->others)
		plan(w, draw(w, USEC_SEC, 10 * USEC_MIN), crowd);
	if (t->plans)
		plan(w, draw(w, USEC_SEC, 10 * USEC_MIN), change_plan);
	plan(w, draw(w, 20 * USEC_MIN, 2 * USEC_HOUR), calm_down);
}

void weather_calm(struct world *w)
{
	struct weather t = w->weather;

	sim_trace(w, "-- the storms are over --");
	w->calm = true;
	money_calm(w);
	rules_calm(w);
	w->weather = (struct weather){.latency = t.latency,
		.poison = t.poison,
		.plans = t.plans,
		.money = t.money,
		.rules = t.rules,
		.lower = t.lower,
		.full = t.full,
		.sliding = t.sliding};
	for (uint32_t i = 0; i < w->app_count; i++)
		w->apps[i].no_credits_until = w->apps[i].capped_until = 0;
	for (uint32_t i = 0; i < w->account_count; i++)
		w->accounts[i].locked_until = 0;
	agents_resume(w);
}
