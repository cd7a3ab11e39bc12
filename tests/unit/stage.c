#include "tests/unit/stage.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static const char rows[] =
	"method,path,scope,limit,window_seconds,tier,source\n"
	"POST,/2/tweets,user,5,900,ppu,test\n"
	"POST,/2/tweets,app,8,86400,ppu,test\n"
	"POST,/2/tweets,user,2,900,basic,test\n"
	"POST,/2/users/{id}/retweets,user,5,900,ppu,test\n"
	"POST,/2/users/{id}/likes,user,10,900,ppu,test\n"
	"POST,/2/users/{id}/likes,user,100,86400,ppu,test\n"
	"POST,/2/dm_conversations/with/{participant_id}/messages,user,3,900,ppu,test\n"
	"GET,/2/tweets/{id},user,10,900,ppu,test\n"
	"GET,/2/tweets/{id},app,12,900,ppu,test\n"
	"GET,/2/users/by/username/{username},user,10,900,ppu,test\n"
	"GET,/2/users/{id}/tweets,user,10,900,ppu,test\n"
	"GET,/2/dm_conversations/with/{participant_id}/dm_events,user,10,900,ppu,test\n";

static const char groups[] =
	"group,method,path,scope,limit,window_seconds,source\n"
	"posts_and_reposts,POST,/2/tweets,user,20,10800,test\n"
	"posts_and_reposts,POST,/2/users/{id}/retweets,user,20,10800,test\n";

void stage_conf(struct stage *s)
{
	*s = (struct stage){.now = {.mono = USEC_HOUR, .wall = STAGE_WALL}};
	s->conf = (struct core_conf){
		.boot = 1,
		.seed = 1,
		.lease = 60 * USEC_SEC,
		.worker_silence = 15 * USEC_SEC,
		.retry_base = USEC_SEC,
		.retry_cap = USEC_MIN,
		.refresh_margin = 5 * USEC_MIN,
		.account_concurrency = 1,
		.max_pending = 2000000,
		.looks = {5 * USEC_SEC, 30 * USEC_SEC},
		.poison_after = 3,
		.table_is_true = true,
		.look_count = 2,
	};
}

enum err stage_feed(struct stage *s, const struct fact *f)
{
	return core_feed(s->core, f, s->now, &s->words);
}

static void feed(struct stage *s, const struct fact *f)
{
	assert_int_equal(stage_feed(s, f), ERR_OK);
}

void stage_app(struct stage *s, uint32_t id, const char *plan)
{
	struct fact f = {.kind = FACT_APP, .app = {.id = id}};

	(void)snprintf(f.app.plan, sizeof(f.app.plan), "%s", plan);
	feed(s, &f);
}

void stage_account(struct stage *s, uint32_t id, uint32_t app)
{
	feed(s, &(struct fact){.kind = FACT_ACCOUNT,
			.account = {.id = id,
				.app = app,
				.grant = GRANT_OK,
				.scopes = UINT32_MAX,
				.token_until = s->now.wall + 30 * USEC_DAY}});
}

void stage_worker(struct stage *s, uint32_t id, uint32_t slots)
{
	feed(s, &(struct fact){.kind = FACT_WORKER, .worker = id, .slots = slots});
}

static void start(struct stage *s, const struct job *jobs, size_t count)
{
	s->core = core_new(&s->conf);
	assert_non_null(s->core);
	stage_app(s, 1, "payg");
	stage_account(s, 1, 1);
	stage_account(s, 2, 1);
	for (size_t i = 0; i < count; i++)
		feed(s, &(struct fact){.kind = FACT_LOADED, .job = jobs[i]});
	feed(s, &(struct fact){.kind = FACT_STARTED});
}

void stage_start(struct stage *s)
{
	struct str r = {rows, sizeof(rows) - 1};
	struct str g = {groups, sizeof(groups) - 1};

	assert_int_equal(limits_parse(r, g, &s->limits, &s->words), ERR_OK);
	s->conf.limits = s->limits;
	start(s, NULL, 0);
	stage_worker(s, 1, 16);
}

void stage_open(struct stage *s)
{
	stage_conf(s);
	stage_start(s);
}

void stage_close(struct stage *s)
{
	core_check(s->core, s->now);
	core_free(s->core);
	limits_free(s->limits);
}

void stage_restart(struct stage *s, const struct job *jobs, size_t count)
{
	core_free(s->core);
	s->conf.boot++;
	start(s, jobs, count);
}

void stage_wait(struct stage *s, usec_t length)
{
	s->now.mono += length;
	s->now.wall += length;
	feed(s, &(struct fact){.kind = FACT_HEARD, .worker = 1});
}

struct job stage_job(struct stage *s, enum call call)
{
	return (struct job){.id = ++s->last_id,
		.account = 1,
		.agent = 1,
		.call = (uint16_t)call,
		.state = JOB_READY,
		.priority = 5,
		.max_attempts = 3,
		.expires_at = USEC_NEVER};
}

uint64_t stage_enqueue(struct stage *s, enum call call)
{
	struct job j = stage_job(s, call);

	feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j});
	return j.id;
}

size_t stage_orders(struct stage *s)
{
	s->count = 0;
	for (size_t n; (n = core_orders(s->core, s->orders + s->count, 7, s->now)) > 0;) {
		s->count += n;
		assert_true(s->count + 7 <= COUNT_OF(s->orders));
	}
	core_check(s->core, s->now);
	return s->count;
}

const struct order *stage_find(const struct stage *s, enum order_kind kind, uint64_t job)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->orders[i].kind == kind && (!job || s->orders[i].job.id == job))
			return &s->orders[i];
	return NULL;
}

size_t stage_count(const struct stage *s, enum order_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->orders[i].kind == kind;
	return n;
}

struct order stage_assigned(struct stage *s, uint64_t id)
{
	stage_orders(s);
	const struct order *o = stage_find(s, ORDER_ASSIGN, id);
	assert_non_null(o);
	return *o;
}

bool stage_begin(struct stage *s, const struct order *a)
{
	feed(s, &(struct fact){.kind = FACT_BEGIN,
			.worker = a->worker,
			.job = {.id = a->job.id},
			.lease = a->lease});
	stage_orders(s);
	const struct order *go = stage_find(s, ORDER_GO, a->job.id);
	assert_true(go || stage_find(s, ORDER_REFUSE, a->job.id));
	return go != NULL;
}

void stage_outcome(struct stage *s, const struct order *a, const struct outcome *o)
{
	feed(s, &(struct fact){.kind = FACT_OUTCOME,
			.worker = a->worker,
			.job = {.id = a->job.id},
			.lease = a->lease,
			.outcome = o});
	stage_orders(s);
	assert_non_null(stage_find(s, ORDER_KEPT, a->job.id));
}

void stage_done(struct stage *s, const struct order *a)
{
	stage_outcome(s, a,
		&(struct outcome){.class = OUTCOME_DONE, .http_status = 201, .x_id = "1900"});
}

struct order stage_begun(struct stage *s, enum call call)
{
	struct order a = stage_assigned(s, stage_enqueue(s, call));

	assert_true(stage_begin(s, &a));
	return a;
}

enum job_state stage_state(const struct stage *s, uint64_t id)
{
	const struct job *j = core_job(s->core, id);

	assert_non_null(j);
	return (enum job_state)j->state;
}
