#include "tests/lib/test.h"
#include "tests/unit/stage.h"

TEST(writes_a_job_before_it_assigns_it)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_enqueue(&s, CALL_CREATE_POST);
	stage_orders(&s);
	assert_int_equal(s.orders[0].kind, ORDER_PUT);
	assert_int_equal(s.orders[0].job.id, id);
	assert_int_equal(s.orders[1].kind, ORDER_ASSIGN);
	assert_true(s.orders[1].begin);
	assert_int_equal(stage_state(&s, id), JOB_RUNNING);
	stage_close(&s);
}

TEST(writes_the_intent_and_the_windows_with_its_go)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	assert_int_equal(stage_count(&s, ORDER_WINDOW), 0);
	assert_true(stage_begin(&s, &a));
	const struct order *save = stage_find(&s, ORDER_SAVE, a.job.id);
	assert_non_null(save);
	assert_true(save->job.flags & JOB_BEGUN);
	assert_int_equal(save->job.state, JOB_RUNNING);
	assert_int_equal(save->job.lease, a.lease);
	assert_int_equal(save->job.begun_at, s.now.wall);
	assert_int_equal(save->job.attempts, 1);
	assert_int_equal(stage_count(&s, ORDER_WINDOW), 3);
	stage_close(&s);
}

TEST(ends_a_job_that_was_done)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_begun(&s, CALL_CREATE_POST);
	stage_done(&s, &a);
	const struct order *end = stage_find(&s, ORDER_END, a.job.id);
	assert_non_null(end);
	assert_int_equal(end->job.state, JOB_DONE);
	assert_string_equal(end->outcome.x_id, "1900");
	assert_null(core_job(s.core, a.job.id));
	stage_close(&s);
}

/* Account 1 with a concurrency of its own, and four posts: how many are assigned. */
static size_t assigned_at_once(struct stage *s, uint32_t concurrency)
{
	assert_int_equal(
		stage_feed(s, &(struct fact){.kind = FACT_ACCOUNT,
				      .account = {.id = 1,
					      .app = 1,
					      .scopes = UINT32_MAX,
					      .concurrency = concurrency,
					      .token_until = s->now.wall + 30 * USEC_DAY}}),
		ERR_OK);
	stage_orders(s);
	return stage_count(s, ORDER_ASSIGN);
}

TEST(an_account_may_have_a_concurrency_of_its_own)
{
	struct stage s;

	stage_open(&s);
	for (int i = 0; i < 4; i++)
		(void)stage_enqueue(&s, CALL_CREATE_POST);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	assert_int_equal(assigned_at_once(&s, 3), 2);
	assert_int_equal(assigned_at_once(&s, 2), 0);
	assert_int_equal(assigned_at_once(&s, 0), 0);
	stage_close(&s);
}

static const char accounts[] = "group,method,path,kind,accounts,limit,window_seconds,source\n"
			       "originals,POST,/2/tweets,post,unverified,1,86400,test\n"
			       "answers,POST,/2/tweets,reply,unverified,2,86400,test\n";

static void stage_verified(struct stage *s, bool verified)
{
	struct fact f = {.kind = FACT_ACCOUNT,
		.account = {.id = 1,
			.app = 1,
			.grant = GRANT_OK,
			.unverified = !verified,
			.scopes = UINT32_MAX,
			.token_until = s->now.wall + 30 * USEC_DAY}};

	assert_int_equal(stage_feed(s, &f), ERR_OK);
}

static uint64_t post(struct stage *s, unsigned flag)
{
	struct job j = stage_job(s, CALL_CREATE_POST);

	j.flags = (uint8_t)flag;
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j}), ERR_OK);
	return j.id;
}

static bool goes(struct stage *s, unsigned flag)
{
	uint64_t id = post(s, flag);

	stage_orders(s);
	if (!stage_find(s, ORDER_ASSIGN, id))
		return false;
	struct order a = *stage_find(s, ORDER_ASSIGN, id);
	assert_true(stage_begin(s, &a));
	stage_done(s, &a);
	return true;
}

TEST(an_unverified_account_has_a_day_of_originals_and_one_of_replies)
{
	struct stage s;
	struct verdict v;

	stage_open(&s);
	assert_int_equal(limits_add_accounts(s.limits, str_of(accounts), &s.words), ERR_OK);
	stage_app(&s, 1, "pro"); /* a plan is filled when it is met first */
	stage_verified(&s, false);
	assert_true(goes(&s, 0));
	assert_false(goes(&s, JOB_QUOTE));
	assert_true(goes(&s, JOB_REPLY));
	assert_true(goes(&s, JOB_REPLY));
	uint64_t third = post(&s, JOB_REPLY);
	stage_orders(&s);
	assert_int_equal(core_verdict(s.core, third, s.now, &v), ERR_OK);
	assert_string_equal(v.ref, "answers account 24h");
	stage_verified(&s, true);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1); /* one effect at a time */
	stage_close(&s);
}

/* A job that was held, with or without a later start; returns its id. */
static uint64_t stage_held(struct stage *s, usec_t not_before)
{
	struct fact f = {.kind = FACT_ENQUEUE,
		.job = {.id = 77,
			.account = 1,
			.call = CALL_CREATE_POST,
			.state = JOB_HELD,
			.priority = 5,
			.max_attempts = 5,
			.not_before = not_before,
			.expires_at = USEC_NEVER}};

	assert_int_equal(stage_feed(s, &f), ERR_OK);
	stage_orders(s);
	assert_int_equal(stage_count(s, ORDER_ASSIGN), 0);
	return f.job.id;
}

static enum err decide(struct stage *s, enum fact_kind kind, uint64_t id)
{
	return stage_feed(s, &(struct fact){.kind = kind, .job.id = id});
}

TEST(lets_a_held_job_go_when_it_is_approved)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_held(&s, 0);
	assert_int_equal(decide(&s, FACT_APPROVE, id), ERR_OK);
	stage_orders(&s);
	assert_int_equal(s.orders[0].kind, ORDER_SAVE);
	assert_int_equal(s.orders[0].job.state, JOB_READY);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	assert_int_equal(decide(&s, FACT_APPROVE, id), ERR_STATE);
	assert_int_equal(decide(&s, FACT_REJECT, id), ERR_STATE);
	assert_int_equal(decide(&s, FACT_REJECT, id + 1), ERR_NOT_FOUND);
	stage_close(&s);
}

TEST(lets_an_approved_job_wait_for_its_time)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_held(&s, s.now.wall + USEC_DAY);
	assert_int_equal(decide(&s, FACT_APPROVE, id), ERR_OK);
	assert_int_equal(stage_state(&s, id), JOB_SCHEDULED);
	stage_close(&s);
}

TEST(fails_a_held_job_that_is_rejected)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_held(&s, 0);
	assert_int_equal(decide(&s, FACT_REJECT, id), ERR_OK);
	stage_orders(&s);
	const struct order *end = stage_find(&s, ORDER_END, id);
	assert_non_null(end);
	assert_int_equal(end->job.state, JOB_FAILED);
	assert_int_equal(end->cause, CAUSE_REJECTED);
	assert_null(core_job(s.core, id));
	stage_close(&s);
}
