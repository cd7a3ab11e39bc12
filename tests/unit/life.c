#include "tests/unit/life.h"

#include <string.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

#define WINDOWS_MAX 8192
#define SILENCE     (1000 * USEC_DAY)

struct life_event {
	usec_t at;
	uint64_t order;
	void (*act)(struct life *l, uint64_t arg);
	uint64_t arg;
	uint64_t lease;
	uint32_t worker;
	struct job job;
	struct outcome outcome;
};

/* X's own: it opens with a request, and is over `length` later. */
struct life_window {
	uint32_t owner;
	struct limit limit;
	int64_t used;
	usec_t ends;
};

static bool before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct life *l = ctx;
	const struct life_event *x = &l->events[a];
	const struct life_event *y = &l->events[b];

	return x->at != y->at ? x->at < y->at : x->order < y->order;
}

static void moved(void *ctx, uint32_t slot, uint32_t at)
{
	(void)ctx;
	(void)slot;
	(void)at;
}

static const struct heap_ops ops = {before, moved};

static struct life_event *plan(struct life *l, usec_t at)
{
	if (l->event_count == l->event_size) {
		l->event_size = l->event_size ? 2 * l->event_size : 1024;
		l->events = mem_grow(l->events, l->event_size * sizeof(*l->events));
		assert_non_null(l->events);
	}
	uint32_t slot = l->event_count++;
	l->events[slot] = (struct life_event){.at = at, .order = ++l->order};
	assert_true(heap_put(&l->heap, slot, &ops, l));
	return &l->events[slot];
}

static void feed(struct life *l, const struct fact *f)
{
	struct errmsg m;

	assert_int_equal(core_feed(l->core, f, l->now, &m), ERR_OK);
}

/* --- X --- */

static struct life_window *window(struct life *l, uint32_t owner, const struct limit *limit)
{
	for (uint32_t i = 0; i < l->window_count; i++) {
		struct life_window *w = &l->windows[i];

		if (w->owner == owner && w->limit.family == limit->family &&
			w->limit.scope == limit->scope && w->limit.length == limit->length)
			return w;
	}
	assert_true(l->window_count < WINDOWS_MAX);
	struct life_window *w = &l->windows[l->window_count++];
	*w = (struct life_window){.owner = owner, .limit = *limit};
	return w;
}

/* Counts a request, and says in *ret what the headers of its answer will. */
static void x_counts(struct life *l, const struct job *j, struct outcome *ret)
{
	struct limit limits[LIMITS_PER_CALL_MAX];
	size_t n = limits_of(l->limits, "payg", (enum call)j->call, limits);

	for (size_t i = 0; i < n; i++) {
		bool of_account = limits[i].scope == LIMIT_ACCOUNT;
		struct life_window *w = window(l, of_account ? j->account : 1, &limits[i]);

		if (w->ends <= l->now.wall) {
			w->ends = l->now.wall + w->limit.length;
			w->used = 0;
		}
		l->limited += ++w->used > w->limit.limit;
		enum rate_group group = RATE_ENDPOINT;
		if (w->limit.length == USEC_DAY)
			group = of_account ? RATE_USER_DAY : RATE_APP_DAY;
		else if (!of_account)
			continue;
		ret->rate[group] =
			(struct rate_seen){w->limit.limit, w->limit.limit - w->used, w->ends};
	}
}

/* --- workers --- */

static void answered(struct life *l, uint64_t slot)
{
	const struct life_event e = l->events[slot];

	l->jobs[e.job.id].ended = l->now.wall;
	feed(l, &(struct fact){.kind = FACT_OUTCOME,
			.worker = e.worker,
			.job.id = e.job.id,
			.lease = e.lease,
			.outcome = &e.outcome});
}

/* X counts a request when it comes, which is at once; its answer takes its time. */
static void sent(struct life *l, const struct order *o)
{
	usec_t takes = l->latency + (l->jitter ? rng_range(&l->rng, -l->jitter, l->jitter) : 0);
	struct life_event *e = plan(l, l->now.wall + takes);

	l->jobs[o->job.id].started = l->now.wall;
	e->act = answered;
	e->arg = (uint64_t)(e - l->events);
	e->worker = o->worker;
	e->lease = o->lease;
	e->job = o->job;
	e->outcome = (struct outcome){.class = OUTCOME_DONE, .http_status = 200, .x_id = "1"};
	x_counts(l, &o->job, &e->outcome);
}

static void obey(struct life *l, const struct order *o)
{
	if (o->kind == ORDER_ASSIGN && o->begin)
		feed(l, &(struct fact){.kind = FACT_BEGIN,
				.worker = o->worker,
				.job.id = o->job.id,
				.lease = o->lease});
	else if (o->kind == ORDER_ASSIGN || o->kind == ORDER_GO)
		sent(l, o);
}

/* --- coming, going --- */

void life_open(struct life *l, const char *limits_csv, struct rng rng, uint32_t accounts,
	uint32_t slots)
{
	static const char groups[] = "group,method,path,scope,limit,window_seconds,source\n";
	struct errmsg m;

	*l = (struct life){
		.now = {USEC_HOUR, LIFE_WALL}, .rng = rng, .latency = 300 * USEC_MSEC};
	assert_int_equal(
		limits_parse(str_of(limits_csv), str_of(groups), &l->limits, &m), ERR_OK);
	l->conf = (struct core_conf){.boot = 1,
		.seed = 1,
		.limits = l->limits,
		.lease = 60 * USEC_SEC,
		.worker_silence = SILENCE,
		.retry_base = USEC_SEC,
		.retry_cap = USEC_MIN,
		.refresh_margin = 5 * USEC_MIN,
		.account_concurrency = 1,
		.poison_after = 3,
		.max_pending = 1000000};
	l->core = core_new(&l->conf);
	l->jobs = mem_array(LIFE_JOBS_MAX, sizeof(*l->jobs));
	l->windows = mem_array(WINDOWS_MAX, sizeof(*l->windows));
	assert_true(l->core && l->jobs && l->windows);
	feed(l, &(struct fact){.kind = FACT_APP, .app = {.id = 1, .plan = "payg"}});
	for (uint32_t i = 1; i <= accounts; i++)
		feed(l, &(struct fact){.kind = FACT_ACCOUNT,
				.account = {.id = i,
					.app = 1,
					.grant = GRANT_OK,
					.scopes = UINT32_MAX,
					.token_until = LIFE_WALL + 900 * USEC_DAY}});
	feed(l, &(struct fact){.kind = FACT_STARTED});
	feed(l, &(struct fact){.kind = FACT_WORKER, .worker = 1, .slots = slots});
}

void life_close(struct life *l)
{
	core_check(l->core, l->now);
	core_free(l->core);
	limits_free(l->limits);
	heap_done(&l->heap);
	mem_free(l->events);
	mem_free(l->jobs);
	mem_free(l->windows);
}

uint64_t life_enqueue(
	struct life *l, uint32_t account, uint32_t agent, enum call call, usec_t run_at)
{
	uint64_t id = ++l->last_id;
	struct fact f = {.kind = FACT_ENQUEUE,
		.job = {.id = id,
			.account = account,
			.agent = agent,
			.call = (uint16_t)call,
			.state = JOB_READY,
			.priority = 5,
			.max_attempts = 3,
			.not_before = run_at,
			.expires_at = USEC_NEVER}};

	assert_true(id < LIFE_JOBS_MAX);
	feed(l, &f);
	l->jobs[id] = (struct life_job){.brought = l->now.wall,
		.eta = core_eta(l->core, id, l->now),
		.account = account,
		.agent = agent};
	return id;
}

void life_at(
	struct life *l, usec_t wall, void (*act)(struct life *l, uint64_t arg), uint64_t arg)
{
	struct life_event *e = plan(l, wall);

	e->act = act;
	e->arg = arg;
}

static void turn(struct life *l)
{
	struct order orders[1];
	size_t n;

	while ((n = core_orders(l->core, orders, COUNT_OF(orders), l->now)) > 0)
		for (size_t i = 0; i < n; i++)
			obey(l, &orders[i]);
}

void life_go(struct life *l, usec_t wall)
{
	for (;;) {
		turn(l);
		usec_t sleep = core_sleep(l->core, l->now);
		uint32_t slot = heap_first(&l->heap);
		usec_t next = slot == HEAP_NONE ? USEC_NEVER : l->events[slot].at;

		if (sleep != USEC_NEVER && l->now.wall + sleep < next)
			next = l->now.wall + sleep;
		if (next > wall || next > l->now.wall + SILENCE / 2)
			break;
		l->now.mono += next - l->now.wall;
		l->now.wall = next;
		if (slot == HEAP_NONE || l->events[slot].at > next)
			continue;
		(void)heap_remove(&l->heap, 0, &ops, l);
		l->events[slot].act(l, l->events[slot].arg);
	}
	if (wall != USEC_NEVER && wall > l->now.wall) {
		l->now.mono += wall - l->now.wall;
		l->now.wall = wall;
	}
}
