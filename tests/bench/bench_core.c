/*
 * bench_core - the core alone, with very many lanes
 *
 *     bench_core [ACCOUNTS]       default 100,000, with ten lanes each
 *
 * Prints one JSON object. Nothing is stored or sent: what is measured is what one decision
 * costs, how long a turn lasts when a reset frees very many lanes at once, and what a pending
 * job takes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "common/base/mem.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/walk.h"

#define CALLS      10
#define SLOTS      400000
#define WALL       (1790000000 * USEC_SEC)
#define PLAN_JOBS  100000
#define PLAN_OF    100
#define TURN_COUNT 4096

/* Each account may do one of each in 15 minutes; of the reads of posts the app 100,000. */
static const char rows[] = "method,path,scope,limit,window_seconds,tier,source\n"
			   "POST,/2/tweets,user,1,900,ppu,bench\n"
			   "POST,/2/users/{id}/likes,user,1,900,ppu,bench\n"
			   "POST,/2/users/{id}/retweets,user,1,900,ppu,bench\n"
			   "POST,/2/users/{id}/following,user,1,900,ppu,bench\n"
			   "POST,/2/users/{id}/bookmarks,user,1,900,ppu,bench\n"
			   "POST,/2/users/{id}/muting,user,1,900,ppu,bench\n"
			   "GET,/2/users/by/username/{username},user,1,900,ppu,bench\n"
			   "GET,/2/users/{id}/tweets,user,1,900,ppu,bench\n"
			   "GET,/2/users/me,user,1,900,ppu,bench\n"
			   "GET,/2/tweets/{id},app,100000,900,ppu,bench\n";
static const char plan_rows[] = "method,path,scope,limit,window_seconds,tier,source\n"
				"POST,/2/tweets,user,100,900,ppu,bench\n"
				"POST,/2/tweets,app,10000,86400,ppu,bench\n";
static const char groups[] = "group,method,path,scope,limit,window_seconds,source\n";
static const enum call calls[CALLS] = {CALL_CREATE_POST, CALL_LIKE, CALL_REPOST, CALL_FOLLOW,
	CALL_BOOKMARK, CALL_MUTE, CALL_GET_USER_BY_NAME, CALL_TIMELINE, CALL_GET_ME,
	CALL_GET_POST};

struct bench {
	struct core *core;
	struct limits *limits;
	struct now now;
	uint64_t last_id;
};

static usec_t tick(void)
{
	return clock_system.read(NULL).mono;
}

static _Noreturn void die(const char *what)
{
	(void)fprintf(stderr, "bench_core: %s\n", what);
	exit(1);
}

static void feed(struct bench *b, const struct fact *f)
{
	struct errmsg m;

	if (core_feed(b->core, f, b->now, &m))
		die(m.text);
}

static void open_core(struct bench *b, const char *csv, uint32_t accounts, uint32_t slots)
{
	struct errmsg m;

	*b = (struct bench){.now = {USEC_HOUR, WALL}};
	if (limits_parse(str_of(csv), str_of(groups), &b->limits, &m))
		die(m.text);
	struct core_conf conf = {.boot = 1,
		.seed = 1,
		.limits = b->limits,
		.lease = USEC_DAY,
		.worker_silence = 100 * USEC_DAY,
		.retry_base = USEC_SEC,
		.retry_cap = USEC_MIN,
		.refresh_margin = 5 * USEC_MIN,
		.account_concurrency = CALLS,
		.max_pending = 100000000};
	b->core = core_new(&conf);
	if (!b->core)
		die("out of memory");
	feed(b, &(struct fact){.kind = FACT_APP, .app = {.id = 1, .plan = "payg"}});
	for (uint32_t i = 1; i <= accounts; i++)
		feed(b, &(struct fact){.kind = FACT_ACCOUNT,
				.account = {.id = i,
					.app = 1,
					.grant = GRANT_OK,
					.scopes = UINT32_MAX,
					.token_until = WALL + 900 * USEC_DAY}});
	feed(b, &(struct fact){.kind = FACT_STARTED});
	feed(b, &(struct fact){.kind = FACT_WORKER, .worker = 1, .slots = slots});
}

static void close_core(struct bench *b)
{
	core_free(b->core);
	limits_free(b->limits);
}

static void enqueue(struct bench *b, uint32_t account, enum call call, usec_t at)
{
	feed(b, &(struct fact){.kind = FACT_ENQUEUE,
			.job = {.id = ++b->last_id,
				.account = account,
				.agent = 1,
				.call = (uint16_t)call,
				.state = JOB_READY,
				.priority = 5,
				.max_attempts = 3,
				.not_before = at,
				.expires_at = USEC_NEVER}});
}

/* --- samples --- */

static int by_size(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a;
	const uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static uint64_t nanoseconds(void)
{
	return (uint64_t)tick() * 1000;
}

static double quantile(uint32_t *samples, size_t count, double q)
{
	qsort(samples, count, sizeof(*samples), by_size);
	return samples[(size_t)(q * (double)(count - 1))] / 1000.0;
}

static size_t resident(void)
{
	char line[100], *rss;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f || !fgets(line, sizeof(line), f) || !(rss = strchr(line, ' ')))
		die("/proc/self/statm");
	(void)fclose(f);
	return (size_t)strtoull(rss, NULL, 10) * 4096; /* the second is what is resident */
}

/* --- the world --- */

static void obey(struct bench *b, const struct order *o)
{
	struct outcome done = {.class = OUTCOME_DONE, .http_status = 200};

	if (o->kind == ORDER_ASSIGN && o->begin)
		feed(b, &(struct fact){.kind = FACT_BEGIN,
				.worker = 1,
				.job.id = o->job.id,
				.lease = o->lease});
	else if (o->kind == ORDER_ASSIGN || o->kind == ORDER_GO)
		feed(b, &(struct fact){.kind = FACT_OUTCOME,
				.worker = 1,
				.job.id = o->job.id,
				.lease = o->lease,
				.outcome = &done});
}

/* Every job through its cycle; the time of each decision (the call that led to an assignment).
 */
static size_t decide_all(struct bench *b, uint32_t *samples, size_t cap, double *ret_cycle)
{
	struct order o = {.kind = ORDER_NOTE};
	size_t n = 0;
	uint64_t began = nanoseconds();

	for (;;) {
		uint64_t from = nanoseconds();
		if (!core_orders(b->core, &o, 1, b->now) && core_sleep(b->core, b->now))
			break;
		uint64_t took = nanoseconds() - from;
		if (o.kind == ORDER_ASSIGN && n < cap)
			samples[n++] = (uint32_t)took;
		obey(b, &o);
		o.kind = ORDER_NOTE;
	}
	*ret_cycle = (double)(nanoseconds() - began) / 1000.0 / (double)(n ? n : 1);
	return n;
}

/* What this process has used of the processors, which others do not disturb. */
static usec_t used(void)
{
	struct rusage r;

	if (getrusage(RUSAGE_SELF, &r))
		die("getrusage");
	return (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * USEC_SEC + r.ru_utime.tv_usec +
	       r.ru_stime.tv_usec;
}

/* Time passes until all windows have reset; how long is the longest turn, in ms of a processor?
 */
static double reset(struct bench *b, uint64_t *ret_assigned, uint64_t *ret_turns)
{
	struct order orders[64];
	usec_t longest = 0;
	uint64_t before = core_counts(b->core).assigned;

	b->now.mono += 901 * USEC_SEC + USEC_MSEC;
	b->now.wall += 901 * USEC_SEC + USEC_MSEC;
	*ret_turns = 0;
	do {
		usec_t from = used();
		while (core_orders(b->core, orders, COUNT_OF(orders), b->now))
			continue;
		usec_t took = used() - from;
		longest = took > longest ? took : longest;
		++*ret_turns;
	} while (!core_sleep(b->core, b->now) && *ret_turns < TURN_COUNT);
	*ret_assigned = core_counts(b->core).assigned - before;
	return (double)longest / USEC_MSEC;
}

static void drain(struct bench *b)
{
	struct order o;

	while (core_orders(b->core, &o, 1, b->now) || !core_sleep(b->core, b->now))
		continue;
}

/* One job for each account and call. Returns what one takes of memory, in bytes; samples: how
 * long each took, or NULL. */
static double fill(struct bench *b, uint32_t accounts, uint32_t *samples)
{
	size_t count = (size_t)accounts * CALLS;
	size_t before = resident();

	for (size_t i = 0; i < count; i++) {
		uint64_t from = nanoseconds();

		enqueue(b, 1 + (uint32_t)(i % accounts), calls[i / accounts], 0);
		if (samples)
			samples[i] = (uint32_t)(nanoseconds() - from);
		if (i % 1024 == 0)
			drain(b);
	}
	drain(b);
	return (double)(resident() - before) / (double)count;
}

static double forecasts(struct bench *b, uint32_t *samples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t from = nanoseconds();

		(void)core_eta(b->core, i + 1, b->now);
		samples[i] = (uint32_t)(nanoseconds() - from);
	}
	return quantile(samples, count, 0.5);
}

/* Lanes that wait for nothing but the window of their app, and its reset. */
static void app_alone(uint32_t accounts, uint32_t *samples, size_t room)
{
	struct bench b;
	uint64_t freed, turns;

	open_core(&b, rows, accounts, SLOTS);
	for (uint32_t i = 0; i < 2 * accounts; i++)
		enqueue(&b, 1 + i % accounts, CALL_GET_POST, 0);
	(void)decide_all(&b, samples, room, &(double){0});
	double ms = reset(&b, &freed, &turns);
	printf("\"app_reset_turn_ms\": %.2f, \"app_reset_freed\": %llu, \"app_reset_turns\": "
	       "%llu, ",
		ms, (unsigned long long)freed, (unsigned long long)turns);
	close_core(&b);
}

static void lanes(uint32_t accounts)
{
	struct bench b;
	size_t count = (size_t)accounts * CALLS, room = count * 2;
	uint32_t *samples = mem_array(room, sizeof(*samples));
	uint64_t freed, turns;
	double cycle;

	if (!samples)
		die("out of memory");
	memset(samples, 1, room * sizeof(*samples)); /* resident before anything is measured */
	open_core(&b, rows, accounts, 0);
	double per_lane = fill(&b, accounts, samples);
	printf("\"lanes\": %zu, \"enqueue_us\": %.2f, ", count, quantile(samples, count, 0.5));
	printf("\"eta_us\": %.2f, ", forecasts(&b, samples, count));
	double per_job = fill(&b, accounts, NULL);
	feed(&b, &(struct fact){.kind = FACT_WORKER, .worker = 1, .slots = SLOTS});
	size_t decided = decide_all(&b, samples, room, &cycle);
	printf("\"decision_us\": %.2f, \"decision_p99_us\": %.2f, \"cycle_us\": %.2f, ",
		quantile(samples, decided, 0.5), quantile(samples, decided, 0.99), cycle);
	/* Of each lane the second job waits now: for its account's windows, or for the app's.
	 */
	feed(&b, &(struct fact){.kind = FACT_WORKER, .worker = 1, .slots = accounts});
	double ms = reset(&b, &freed, &turns);
	printf("\"bytes_lane_and_job\": %.0f, \"bytes_job\": %.0f, \"reset_turn_ms\": %.2f, "
	       "\"reset_freed\": %llu, \"reset_turns\": %llu, ",
		per_lane, per_job, ms, (unsigned long long)freed, (unsigned long long)turns);
	close_core(&b);
	app_alone(accounts, samples, room);
	mem_free(samples);
}

/* --- a month of jobs --- */

static void count_start(void *ctx, struct walk *w, const struct walk_event *e)
{
	(void)w;
	*(uint64_t *)ctx += e->start;
}

static void walk_month(void)
{
	struct bench b;
	uint64_t starts = 0;
	struct errmsg m;

	open_core(&b, plan_rows, PLAN_OF, 64);
	usec_t from = tick();
	AUTO(walk) w = walk_new(b.core, b.now);
	if (!w)
		die("out of memory");
	for (uint32_t i = 0; i < PLAN_JOBS; i++) {
		struct fact f = {.kind = FACT_ENQUEUE,
			.job = {.id = 1 + i,
				.account = 1 + i % PLAN_OF,
				.agent = 1,
				.call = CALL_CREATE_POST,
				.state = JOB_READY,
				.max_attempts = 3,
				.not_before = WALL + (usec_t)i * 30 * USEC_DAY / PLAN_JOBS,
				.expires_at = USEC_NEVER}};

		if (walk_feed(w, &f, &m))
			die(m.text);
	}
	while (walk_on(w, USEC_NEVER, 100000, count_start, &starts))
		continue;
	double ms = (double)(tick() - from) / USEC_MSEC;
	if (starts != PLAN_JOBS)
		die("not all jobs were walked");
	close_core(&b);
	printf("\"walk_jobs\": %d, \"walk_ms\": %.0f", PLAN_JOBS, ms);
}

int main(int argc, char **argv)
{
	int64_t accounts = 100000;

	if (argc > 1 && text_to_int(str_of(argv[1]), 10, 1000000, &accounts))
		die("usage: bench_core [ACCOUNTS]");
	printf("{");
	lanes((uint32_t)accounts);
	walk_month();
	printf("}\n");
	return 0;
}
