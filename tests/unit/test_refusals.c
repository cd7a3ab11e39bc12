#include "dispatcher/core/brake/entitle.h"

#include "tests/lib/test.h"
#include "tests/unit/stage.h"

TEST(remembers_the_first_refusal_of_a_call_and_kind)
{
	struct refusals r = {0};

	for (int i = 0; i < 20; i++)
		assert_int_equal(refusals_add(&r, (enum call)i, POST_PLAIN, 100 + i), ERR_OK);
	assert_int_equal(refusals_add(&r, CALL_CREATE_POST, POST_REPLY, 7), ERR_OK);
	assert_int_equal(refusals_add(&r, CALL_CREATE_POST, POST_REPLY, 8), ERR_CONFLICT);
	assert_int_equal(refusals_find(&r, CALL_CREATE_POST, POST_REPLY)->since, 7);
	assert_int_equal(refusals_find(&r, (enum call)3, POST_PLAIN)->since, 103);
	assert_null(refusals_find(&r, CALL_CREATE_POST, POST_QUOTE));
	refusals_done(&r);
	assert_null(refusals_find(&r, CALL_CREATE_POST, POST_REPLY));
}

static uint64_t enqueue_reply(struct stage *s)
{
	struct job j = stage_job(s, CALL_CREATE_POST);

	j.flags = JOB_REPLY;
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j}), ERR_OK);
	return j.id;
}

static void refuse(struct stage *s, uint64_t id)
{
	struct order a = stage_assigned(s, id);

	assert_true(stage_begin(s, &a));
	stage_outcome(s, &a,
		&(struct outcome){
			.class = OUTCOME_REFUSED, .cause = CAUSE_APP, .http_status = 403});
}

TEST(what_x_refuses_the_app_is_not_sent_again_and_costs_no_attempt)
{
	struct stage s;
	struct verdict v;

	stage_open(&s);
	uint64_t reply = enqueue_reply(&s);
	refuse(&s, reply);
	const struct order *o = stage_find(&s, ORDER_REFUSAL, reply);
	assert_non_null(o);
	assert_int_equal(o->app, 1);
	assert_int_equal(o->until, s.now.wall);
	assert_int_equal(job_kind(&o->job), POST_REPLY);
	assert_int_equal(core_refused(s.core, 1, CALL_CREATE_POST, POST_REPLY), s.now.wall);
	assert_int_equal(core_refused(s.core, 1, CALL_CREATE_POST, POST_PLAIN), 0);

	assert_int_equal(stage_state(&s, reply), JOB_READY);
	assert_int_equal(core_job(s.core, reply)->attempts, 0);
	assert_int_equal(core_verdict(s.core, reply, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_ENTITLEMENT);
	assert_int_equal(v.until, USEC_NEVER);
	uint64_t second = enqueue_reply(&s);
	uint64_t plain = stage_enqueue(&s, CALL_CREATE_POST);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, second));
	assert_non_null(stage_find(&s, ORDER_ASSIGN, plain));
	stage_close(&s);
}

TEST(a_search_for_a_name_that_is_refused_says_nothing_of_the_job)
{
	struct stage s;
	struct verdict v;
	struct outcome no = {.class = OUTCOME_REFUSED, .cause = CAUSE_APP, .http_status = 403};

	stage_open(&s);
	struct job named = stage_job(&s, CALL_CREATE_POST);
	named.flags = JOB_NEEDS_NAME | JOB_REPLY;
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_ENQUEUE, .job = named}), ERR_OK);
	struct order a = stage_assigned(&s, named.id);
	assert_int_equal(a.step, STEP_NAME);
	stage_outcome(&s, &a, &no);
	const struct order *o = stage_find(&s, ORDER_REFUSAL, named.id);
	assert_non_null(o);
	assert_int_equal(o->job.call, CALL_GET_USER_BY_NAME);
	assert_int_equal(job_kind(&o->job), POST_PLAIN);
	assert_int_not_equal(core_refused(s.core, 1, CALL_GET_USER_BY_NAME, POST_PLAIN), 0);
	assert_int_equal(core_refused(s.core, 1, CALL_CREATE_POST, POST_REPLY), 0);
	assert_int_equal(core_refused(s.core, 1, CALL_CREATE_POST, POST_PLAIN), 0);
	assert_int_equal(core_verdict(s.core, named.id, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_ENTITLEMENT);
	(void)stage_assigned(&s, enqueue_reply(&s)); /* one that names an id may go */
	stage_close(&s);
}

TEST(a_refusal_is_loaded_and_can_be_forgotten)
{
	struct stage s;
	struct fact f = {.kind = FACT_REFUSAL,
		.refusal = {.app = 1, .call = CALL_CREATE_POST, .since = 5}};

	stage_open(&s);
	assert_int_equal(stage_feed(&s, &f), ERR_OK);
	uint64_t id = stage_enqueue(&s, CALL_CREATE_POST);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	f.refusal.since = 0;
	assert_int_equal(stage_feed(&s, &f), ERR_OK);
	(void)stage_assigned(&s, id);
	f.refusal.app = 9;
	assert_int_equal(stage_feed(&s, &f), ERR_NOT_FOUND);
	stage_close(&s);
}

TEST(a_plan_that_does_not_include_a_call_holds_its_jobs)
{
	struct stage s;
	struct verdict v;

	AUTO(entitlements) e = entitlements_builtin();
	stage_conf(&s);
	s.conf.entitlements = e;
	stage_start(&s);
	uint64_t like = stage_enqueue(&s, CALL_LIKE);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, like));
	assert_int_equal(core_verdict(s.core, like, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_ENTITLEMENT);
	stage_app(&s, 1, "enterprise");
	(void)stage_assigned(&s, like);
	stage_close(&s);
}
