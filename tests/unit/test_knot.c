/* Jobs that come after others, as the core sees them. */
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

/* A post that comes after others; its id. */
static uint64_t after(struct stage *s, uint16_t flags, const struct need *needs, uint32_t count)
{
	struct fact f = {.kind = FACT_ENQUEUE,
		.job = stage_job(s, CALL_CREATE_POST),
		.needs = needs,
		.need_count = count};

	f.job.flags = flags;
	assert_int_equal(stage_feed(s, &f), ERR_OK);
	return f.job.id;
}

static uint64_t after_one(struct stage *s, uint64_t id)
{
	return after(s, 0, &(struct need){.id = id}, 1);
}

static void fails(struct stage *s, const struct order *a)
{
	stage_outcome(s, a,
		&(struct outcome){.class = OUTCOME_REFUSED,
			.cause = CAUSE_FORBIDDEN,
			.http_status = 403});
}

static void is_blocked_by(struct stage *s, uint64_t id, const char *text)
{
	struct verdict v;

	assert_int_equal(core_verdict(s->core, id, s->now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_AFTER);
	assert_string_equal(v.text, text);
}

TEST(waits_until_the_other_is_done)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	uint64_t id = after_one(&s, first.job.id);
	stage_orders(&s);
	assert_int_equal(stage_state(&s, id), JOB_WAITING);
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	is_blocked_by(&s, id, "it waits for j1, which is running");
	stage_done(&s, &first);
	const struct order *save = stage_find(&s, ORDER_SAVE, id);
	assert_non_null(save);
	assert_int_equal(save->job.state, JOB_READY);
	assert_non_null(stage_find(&s, ORDER_ASSIGN, id));
	stage_close(&s);
}

TEST(waits_for_all_of_them)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	uint64_t second = stage_enqueue(&s, CALL_GET_ME);
	uint64_t id = after(&s, 0, (struct need[]){{first.job.id, false}, {second, false}}, 2);
	struct order a = stage_assigned(&s, second);
	is_blocked_by(&s, id, "it waits for j2, which is running, and for 1 more");
	stage_done(&s, &a);
	assert_int_equal(stage_state(&s, id), JOB_WAITING);
	is_blocked_by(&s, id, "it waits for j1, which is running");
	stage_done(&s, &first);
	assert_int_equal(stage_state(&s, id), JOB_RUNNING);
	stage_close(&s);
}

TEST(fails_with_the_other_and_takes_along_what_comes_after_itself)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	uint64_t second = after_one(&s, first.job.id);
	uint64_t third = after_one(&s, second);
	fails(&s, &first);
	assert_int_equal(stage_count(&s, ORDER_END), 3);
	const struct order *end = stage_find(&s, ORDER_END, third);
	assert_int_equal(end->job.state, JOB_FAILED);
	assert_int_equal(end->cause, CAUSE_DEPENDENCY);
	assert_int_equal(end->about, second);
	assert_int_equal(stage_find(&s, ORDER_END, second)->about, first.job.id);
	core_check(s.core, s.now);
	stage_close(&s);
}

TEST(fails_when_the_other_is_cancelled)
{
	struct stage s;

	stage_open(&s);
	uint64_t first = stage_enqueue(&s, CALL_CREATE_POST);
	uint64_t second = after_one(&s, first);
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_CANCEL, .job.id = first}), ERR_OK);
	stage_orders(&s);
	assert_int_equal(stage_find(&s, ORDER_END, second)->job.state, JOB_FAILED);
	stage_close(&s);
}

TEST(can_be_cancelled_while_it_waits_and_no_longer_matters_to_the_other)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	uint64_t second = after_one(&s, first.job.id);
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_CANCEL, .job.id = second}), ERR_OK);
	stage_orders(&s);
	core_check(s.core, s.now);
	stage_done(&s, &first);
	assert_int_equal(stage_count(&s, ORDER_END), 1);
	stage_close(&s);
}

TEST(waits_for_an_unsure_one)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	uint64_t id = after_one(&s, first.job.id);
	stage_outcome(&s, &first,
		&(struct outcome){.class = OUTCOME_UNKNOWN, .cause = CAUSE_NO_ANSWER});
	assert_int_equal(stage_state(&s, first.job.id), JOB_UNSURE);
	is_blocked_by(&s, id, "it waits for j1, which is unsure");
	stage_wait(&s, USEC_HOUR);
	stage_orders(&s);
	assert_int_equal(stage_state(&s, id), JOB_WAITING);
	stage_close(&s);
}

TEST(a_held_job_waits_after_its_approval_if_the_other_is_not_done)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	struct need need = {.id = first.job.id};
	struct fact f = {.kind = FACT_ENQUEUE,
		.job = stage_job(&s, CALL_CREATE_POST),
		.needs = &need,
		.need_count = 1};
	f.job.state = JOB_HELD;
	assert_int_equal(stage_feed(&s, &f), ERR_OK);
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_APPROVE, .job = f.job}), ERR_OK);
	assert_int_equal(stage_state(&s, f.job.id), JOB_WAITING);
	stage_done(&s, &first);
	assert_int_equal(stage_state(&s, f.job.id), JOB_RUNNING);
	stage_close(&s);
}

TEST(a_held_job_whose_others_are_done_stays_held)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	struct need need = {.id = first.job.id};
	struct fact f = {.kind = FACT_ENQUEUE,
		.job = stage_job(&s, CALL_CREATE_POST),
		.needs = &need,
		.need_count = 1};
	f.job.state = JOB_HELD;
	assert_int_equal(stage_feed(&s, &f), ERR_OK);
	stage_done(&s, &first);
	assert_int_equal(stage_state(&s, f.job.id), JOB_HELD);
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_APPROVE, .job = f.job}), ERR_OK);
	stage_orders(&s);
	assert_int_equal(stage_state(&s, f.job.id), JOB_RUNNING);
	stage_close(&s);
}

TEST(a_patient_one_waits_for_the_other_to_be_tried_again)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	uint64_t id = after(&s, 0, &(struct need){.id = first.job.id, .patient = true}, 1);
	fails(&s, &first);
	assert_int_equal(stage_state(&s, id), JOB_WAITING);
	is_blocked_by(&s, id,
		"it waits for j1, which is failed: say `roost retry j1`, or cancel this");
	struct fact again = {.kind = FACT_ENQUEUE, .job = first.job};
	again.job.state = JOB_READY;
	again.job.flags = 0;
	assert_int_equal(stage_feed(&s, &again), ERR_OK);
	struct order a = stage_assigned(&s, first.job.id);
	assert_true(stage_begin(&s, &a));
	core_check(s.core, s.now);
	stage_done(&s, &a);
	assert_int_equal(stage_state(&s, id), JOB_RUNNING);
	stage_close(&s);
}

TEST(its_references_are_filled_before_it_is_ready)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	uint64_t id = after(&s, JOB_REFS, &(struct need){.id = first.job.id}, 1);
	stage_done(&s, &first);
	const struct order *fill = stage_find(&s, ORDER_FILL, id);
	assert_non_null(fill);
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	struct fact f = {.kind = FACT_FILLED, .job = fill->job};
	f.job.call = CALL_GET_ME;
	assert_int_equal(stage_feed(&s, &f), ERR_OK);
	struct order a = stage_assigned(&s, id);
	assert_int_equal(a.job.call, CALL_GET_ME);
	assert_false(a.job.flags & JOB_REFS);
	stage_close(&s);
}

TEST(fails_when_its_references_cannot_be_filled)
{
	struct stage s;
	struct outcome no = {.class = OUTCOME_REFUSED, .cause = CAUSE_DEPENDENCY};

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	uint64_t id = after(&s, JOB_REFS, &(struct need){.id = first.job.id}, 1);
	stage_done(&s, &first);
	struct fact f = {.kind = FACT_FILLED, .job.id = id, .outcome = &no};
	assert_int_equal(stage_feed(&s, &f), ERR_OK);
	stage_orders(&s);
	assert_int_equal(stage_find(&s, ORDER_END, id)->job.state, JOB_FAILED);
	assert_int_equal(stage_feed(&s, &f), ERR_OK); /* too late: nothing */
	stage_close(&s);
}

TEST(a_whole_is_done_with_its_parts_and_nothing_is_sent_for_it)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	uint64_t id = after(&s, JOB_WHOLE, &(struct need){.id = first.job.id}, 1);
	stage_done(&s, &first);
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	assert_int_equal(stage_find(&s, ORDER_END, id)->job.state, JOB_DONE);
	stage_close(&s);
}

/* Restarted with job 2 that waits for job 1, which ended as `state`, or not at all. */
static void restarted(struct stage *s, enum job_state state)
{
	struct need need = {.id = 1};
	struct job jobs[] = {
		{.id = 2,
			.account = 1,
			.call = CALL_CREATE_POST,
			.state = JOB_WAITING,
			.max_attempts = 3,
			.expires_at = USEC_NEVER},
		{.id = 1,
			.account = 1,
			.call = CALL_CREATE_POST,
			.state = JOB_READY,
			.max_attempts = 3,
			.expires_at = USEC_NEVER},
	};

	stage_open(s);
	stage_restart(s, jobs, job_is_final(state) ? 1 : 2);
	stage_worker(s, 1, 16);
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_NEED,
					       .job.id = 2,
					       .needs = &need,
					       .need_count = 1,
					       .need_state = state}),
		ERR_OK);
	stage_orders(s);
}

TEST(after_a_restart_it_still_waits)
{
	struct stage s;

	restarted(&s, JOB_READY);
	assert_int_equal(stage_state(&s, 2), JOB_WAITING);
	assert_int_equal(stage_state(&s, 1), JOB_RUNNING);
	stage_close(&s);
}

TEST(after_a_restart_it_learns_what_became_of_the_other)
{
	struct stage s;

	restarted(&s, JOB_DONE);
	assert_int_equal(stage_state(&s, 2), JOB_RUNNING);
	stage_close(&s);
	restarted(&s, JOB_CANCELLED);
	assert_int_equal(stage_find(&s, ORDER_END, 2)->cause, CAUSE_DEPENDENCY);
	stage_close(&s);
}

/* Random chains and fans, random ends: what is left is always whole, and nothing waits for
 * ever. */
TEST(nothing_waits_for_what_has_ended)
{
	struct rng r = test_rng();
	struct stage s;

	stage_conf(&s);
	s.conf.account_concurrency = 64;
	stage_start(&s);
	for (int round = 0; round < 300; round++) {
		struct need needs[3];
		uint32_t n = 0;

		for (uint64_t id = s.last_id > 6 ? s.last_id - 6 : 1; id <= s.last_id && n < 3;
			id++)
			if (core_job(s.core, id) && rng_range(&r, 0, 1))
				needs[n++].id = id;
		for (uint32_t i = 0; i < n; i++)
			needs[i].patient = false;
		(void)after(&s, 0, needs, n);
		if (rng_range(&r, 0, 3) == 0)
			(void)stage_feed(&s, &(struct fact){.kind = FACT_CANCEL,
						     .job.id = (uint64_t)rng_range(
							     &r, 1, (int64_t)s.last_id)});
		stage_orders(&s);
		core_check(s.core, s.now);
	}
	for (uint64_t id = 1; id <= s.last_id; id++)
		(void)stage_feed(&s, &(struct fact){.kind = FACT_CANCEL, .job.id = id});
	stage_orders(&s);
	core_check(s.core, s.now);
	assert_int_equal(core_counts(s.core).by_state[JOB_WAITING], 0);
	stage_close(&s);
}
