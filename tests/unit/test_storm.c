#include "tests/lib/test.h"
#include "tests/unit/stage.h"

#include "dispatcher/core/brake/breaker.h"

static uint64_t enqueue_for(struct stage *s, uint32_t account, enum call call)
{
	struct job j = stage_job(s, call);

	j.account = account;
	j.max_attempts = 100;
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j}), ERR_OK);
	return j.id;
}

static void answer_500(struct stage *s, const struct order *a)
{
	stage_outcome(s, a,
		&(struct outcome){
			.class = OUTCOME_UNKNOWN, .cause = CAUSE_SERVER, .http_status = 503});
}

/* Reads of account 1 fail until the breaker opens; returns one that waits for it. */
static uint64_t break_reads(struct stage *s)
{
	for (int i = 0; i < BREAKER_RUN; i++) {
		struct order a = stage_assigned(s, enqueue_for(s, 1, CALL_GET_POST));

		answer_500(s, &a);
	}
	uint64_t id = enqueue_for(s, 2, CALL_GET_POST);
	stage_orders(s);
	return id;
}

TEST(a_call_that_only_fails_is_held_for_the_whole_app_and_no_other)
{
	struct stage s;
	struct verdict v;

	stage_open(&s);
	uint64_t id = break_reads(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	assert_int_equal(core_verdict(s.core, id, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_PAUSE);
	assert_string_equal(v.ref, "breaker app #1 getPostsById");
	assert_int_equal(v.until, s.now.wall + BREAKER_WAIT_MIN);
	assert_int_equal(core_counts(s.core).breakers, 1);
	(void)stage_assigned(&s, stage_enqueue(&s, CALL_GET_ME));
	stage_close(&s);
}

TEST(one_probe_at_a_time_costs_no_attempt_and_closes_it_when_it_is_answered)
{
	struct stage s;

	stage_open(&s);
	(void)break_reads(&s);
	stage_wait(&s, BREAKER_WAIT_MIN);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	struct order a = *stage_find(&s, ORDER_ASSIGN, 0);
	int before = core_job(s.core, a.job.id)->attempts;
	answer_500(&s, &a);
	assert_int_equal(core_job(s.core, a.job.id)->attempts, before - 1);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 0);

	stage_wait(&s, 2 * BREAKER_WAIT_MIN - 1);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 0);
	stage_wait(&s, 1);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	a = *stage_find(&s, ORDER_ASSIGN, 0);
	stage_done(&s, &a);
	assert_true(stage_count(&s, ORDER_ASSIGN) > 1);
	stage_close(&s);
}

TEST(a_probe_that_was_handed_back_lets_another_one_go)
{
	struct stage s;

	stage_open(&s);
	(void)break_reads(&s);
	stage_wait(&s, BREAKER_WAIT_MIN);
	stage_orders(&s);
	struct order a = *stage_find(&s, ORDER_ASSIGN, 0);
	assert_int_equal(stage_feed(&s, &(struct fact){.kind = FACT_BACK,
						.worker = a.worker,
						.job = {.id = a.job.id},
						.lease = a.lease}),
		ERR_OK);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	stage_close(&s);
}

/* --- 401s --- */

static void answer_401(struct stage *s, const struct order *a)
{
	stage_outcome(s, a,
		&(struct outcome){
			.class = OUTCOME_REFUSED, .cause = CAUSE_TOKEN, .http_status = 401});
}

/* Tokens of accounts 1 to 3 are refused within a minute. */
static size_t refuse_tokens(struct stage *s)
{
	size_t refreshes = 0;

	stage_account(s, 3, 1);
	stage_account(s, 4, 1);
	for (uint32_t account = 1; account <= 3; account++) {
		struct order a = stage_assigned(s, enqueue_for(s, account, CALL_GET_ME));

		answer_401(s, &a);
		refreshes += stage_count(s, ORDER_REFRESH);
	}
	return refreshes;
}

TEST(many_refused_tokens_at_once_pause_the_app_instead_of_renewing_them_all)
{
	struct stage s;
	struct verdict v;

	stage_open(&s);
	assert_int_equal(refuse_tokens(&s), 2);
	assert_int_equal(core_counts(s.core).storms, 1);
	uint64_t other = enqueue_for(&s, 4, CALL_GET_POST);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 0);
	assert_int_equal(core_verdict(s.core, other, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_PAUSE);
	assert_true(v.until > s.now.wall && v.until != USEC_NEVER);
	stage_close(&s);
}

TEST(one_account_is_tried_and_its_success_lets_the_app_go_on)
{
	struct stage s;

	stage_open(&s);
	(void)refuse_tokens(&s);
	uint64_t other = enqueue_for(&s, 4, CALL_GET_POST);
	stage_wait(&s, BREAKER_WAIT_MIN);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	struct order a = *stage_find(&s, ORDER_ASSIGN, 0);
	assert_int_equal(a.job.account, 3);
	answer_401(&s, &a);
	assert_int_equal(stage_count(&s, ORDER_REFRESH), 1);
	assert_int_equal(core_job(s.core, a.job.id)->attempts, 0);

	stage_account(&s, 3, 1); /* its new token is there */
	stage_wait(&s, 2 * BREAKER_WAIT_MIN);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	a = *stage_find(&s, ORDER_ASSIGN, 0);
	stage_done(&s, &a);
	assert_non_null(stage_find(&s, ORDER_ASSIGN, other));
	stage_close(&s);
}

TEST(two_accounts_or_two_minutes_are_no_storm)
{
	struct stage s;

	stage_open(&s);
	for (uint32_t account = 1; account <= 2; account++) {
		struct order a = stage_assigned(&s, enqueue_for(&s, account, CALL_GET_ME));

		answer_401(&s, &a);
		assert_int_equal(stage_count(&s, ORDER_REFRESH), 1);
	}
	stage_wait(&s, 2 * USEC_MIN);
	stage_account(&s, 3, 1);
	struct order a = stage_assigned(&s, enqueue_for(&s, 3, CALL_GET_ME));
	answer_401(&s, &a);
	assert_int_equal(stage_count(&s, ORDER_REFRESH), 1);
	assert_int_equal(core_counts(s.core).storms, 0);
	stage_close(&s);
}

/* --- pauses --- */

static void pause_call(struct stage *s, enum call call, uint8_t kinds, bool paused)
{
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_PAUSE,
					       .pause = {call, kinds, paused}}),
		ERR_OK);
}

TEST(what_is_paused_waits_and_what_runs_finishes)
{
	struct stage s;
	struct verdict v;

	stage_open(&s);
	struct order running = stage_begun(&s, CALL_CREATE_POST);
	struct order assigned = stage_assigned(&s, enqueue_for(&s, 2, CALL_LIKE));
	pause_call(&s, CALL_COUNT, 0, true);
	assert_false(stage_begin(&s, &assigned));
	uint64_t id = enqueue_for(&s, 2, CALL_GET_ME);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	assert_int_equal(core_verdict(s.core, id, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_PAUSE);
	assert_int_equal(v.until, USEC_NEVER);
	stage_done(&s, &running);
	assert_non_null(stage_find(&s, ORDER_END, running.job.id));
	pause_call(&s, CALL_COUNT, 0, false);
	(void)stage_assigned(&s, id);
	stage_close(&s);
}

TEST(an_action_that_is_paused_holds_its_kind_of_post_alone)
{
	struct stage s;

	stage_open(&s);
	pause_call(&s, CALL_CREATE_POST, 1u << POST_REPLY, true);
	struct job j = stage_job(&s, CALL_CREATE_POST);
	j.flags = JOB_REPLY;
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_ENQUEUE, .job = j}), ERR_OK);
	uint64_t post = enqueue_for(&s, 2, CALL_CREATE_POST);
	(void)stage_assigned(&s, post);
	assert_null(stage_find(&s, ORDER_ASSIGN, j.id));
	pause_call(&s, CALL_CREATE_POST, 1u << POST_REPLY, false);
	(void)stage_assigned(&s, j.id);
	stage_close(&s);
}
