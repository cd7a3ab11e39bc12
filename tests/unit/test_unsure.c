/* test_unsure.c - settling in the core: looks, what they find, and what a person decides */
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

static const struct outcome unknown = {.class = OUTCOME_UNKNOWN, .cause = CAUSE_NO_ANSWER};

static struct outcome looked(enum look look)
{
	return (struct outcome){
		.class = OUTCOME_DONE, .http_status = 200, .look = look, .x_id = "1901"};
}

static uint64_t unsure(struct stage *s, enum call call)
{
	struct order a = stage_begun(s, call);

	stage_outcome(s, &a, &unknown);
	assert_int_equal(stage_state(s, a.job.id), JOB_UNSURE);
	return a.job.id;
}

/* Waits for the next look, and answers it. */
static void look(struct stage *s, uint64_t id, usec_t after, enum look found)
{
	struct outcome o = looked(found);

	stage_wait(s, after - 1);
	stage_orders(s);
	assert_null(stage_find(s, ORDER_ASSIGN, id));
	stage_wait(s, 1);
	struct order a = stage_assigned(s, id);
	assert_int_equal(a.step, STEP_LOOK);
	assert_false(a.begin);
	stage_outcome(s, &a, &o);
}

TEST(what_a_look_finds_is_done_and_settled)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = unsure(&s, CALL_CREATE_POST);
	look(&s, id, 5 * USEC_SEC, LOOK_FOUND);
	const struct order *end = stage_find(&s, ORDER_END, id);
	assert_non_null(end);
	assert_int_equal(end->job.state, JOB_DONE);
	assert_true(end->settled);
	assert_string_equal(end->outcome.x_id, "1901");
	stage_close(&s);
}

TEST(a_post_that_no_look_finds_is_sent_once_more_and_then_asked_about)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = unsure(&s, CALL_CREATE_POST);
	look(&s, id, 5 * USEC_SEC, LOOK_ABSENT);
	assert_int_equal(stage_state(&s, id), JOB_UNSURE);
	look(&s, id, 30 * USEC_SEC, LOOK_ABSENT);
	struct order a = *stage_find(&s, ORDER_ASSIGN, id);
	assert_int_equal(a.step, STEP_ACT);
	assert_true(stage_begin(&s, &a));
	stage_outcome(&s, &a, &unknown);
	look(&s, id, 5 * USEC_SEC, LOOK_ABSENT);
	look(&s, id, 30 * USEC_SEC, LOOK_ABSENT);
	assert_non_null(stage_find(&s, ORDER_ASK, id));
	stage_wait(&s, USEC_DAY);
	stage_worker(&s, 1, 16);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	assert_null(stage_find(&s, ORDER_ASK, id)); /* once */
	stage_close(&s);
}

TEST(a_message_that_no_look_finds_is_asked_about_and_never_sent_again)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = unsure(&s, CALL_DM_USER);
	look(&s, id, 5 * USEC_SEC, LOOK_ABSENT);
	look(&s, id, 30 * USEC_SEC, LOOK_ABSENT);
	assert_non_null(stage_find(&s, ORDER_ASK, id));
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	stage_close(&s);
}

TEST(a_look_that_cannot_tell_is_no_proof_of_anything)
{
	struct outcome cannot = looked(LOOK_CANNOT);
	struct stage s;
	int looks = 0;

	stage_open(&s);
	uint64_t id = unsure(&s, CALL_CREATE_POST);
	stage_wait(&s, 5 * USEC_SEC);
	stage_orders(&s);
	while (!stage_find(&s, ORDER_ASK, id)) {
		const struct order *o = stage_find(&s, ORDER_ASSIGN, id);

		if (o) {
			struct order a = *o;

			assert_int_equal(a.step, STEP_LOOK);
			assert_true(++looks < 20);
			stage_outcome(&s, &a, &cannot);
			continue;
		}
		stage_wait(&s, USEC_MIN); /* the longest that is waited in between */
		stage_orders(&s);
		assert_non_null(stage_find(&s, ORDER_ASSIGN, id));
	}
	assert_int_equal(looks, 9);
	assert_int_equal(stage_state(&s, id), JOB_UNSURE);
	stage_close(&s);
}

TEST(a_duplicate_after_it_was_sent_again_shows_that_the_first_one_exists)
{
	struct outcome duplicate = {
		.class = OUTCOME_REFUSED, .cause = CAUSE_DUPLICATE, .http_status = 403};
	struct stage s;

	stage_open(&s);
	uint64_t id = unsure(&s, CALL_CREATE_POST);
	look(&s, id, 5 * USEC_SEC, LOOK_ABSENT);
	look(&s, id, 30 * USEC_SEC, LOOK_ABSENT);
	struct order a = *stage_find(&s, ORDER_ASSIGN, id);
	assert_true(stage_begin(&s, &a));
	stage_outcome(&s, &a, &duplicate);
	assert_int_equal(stage_state(&s, id), JOB_UNSURE);
	look(&s, id, 5 * USEC_SEC, LOOK_FOUND);
	assert_int_equal(stage_find(&s, ORDER_END, id)->job.state, JOB_DONE);
	stage_close(&s);
}

TEST(who_wants_to_be_asked_is_asked_at_once)
{
	struct stage s;

	stage_open(&s);
	struct job j = stage_job(&s, CALL_CREATE_POST);
	j.flags = JOB_ASK;
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_ENQUEUE, .job = j}), ERR_OK);
	struct order a = stage_assigned(&s, j.id);
	assert_true(stage_begin(&s, &a));
	stage_outcome(&s, &a, &unknown);
	assert_non_null(stage_find(&s, ORDER_ASK, j.id));
	stage_close(&s);
}

static enum err resolve(struct stage *s, uint64_t id, enum resolve_as as)
{
	struct outcome o = {.class = OUTCOME_DONE, .x_id = "77"};
	enum err e = stage_feed(s, &(struct fact){.kind = FACT_RESOLVE,
					   .job = {.id = id},
					   .resolve_as = as,
					   .outcome = as == RESOLVE_DONE ? &o : NULL});

	stage_orders(s);
	return e;
}

TEST(a_person_decides_and_only_about_what_is_unsure)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_enqueue(&s, CALL_CREATE_POST);
	assert_int_equal(resolve(&s, id, RESOLVE_DONE), ERR_STATE);
	assert_int_equal(resolve(&s, 999, RESOLVE_DONE), ERR_NOT_FOUND);
	stage_close(&s);

	stage_open(&s);
	id = unsure(&s, CALL_CREATE_POST);
	assert_int_equal(resolve(&s, id, RESOLVE_DONE), ERR_OK);
	assert_string_equal(stage_find(&s, ORDER_END, id)->outcome.x_id, "77");
	id = unsure(&s, CALL_CREATE_POST);
	assert_int_equal(resolve(&s, id, RESOLVE_FAILED), ERR_OK);
	assert_int_equal(stage_find(&s, ORDER_END, id)->cause, CAUSE_UNSURE);
	id = unsure(&s, CALL_CREATE_POST);
	assert_int_equal(resolve(&s, id, RESOLVE_RETRY), ERR_OK);
	assert_int_equal(stage_find(&s, ORDER_ASSIGN, id)->step, STEP_ACT);
	stage_close(&s);
}

TEST(the_word_of_the_worker_that_was_lost_is_evidence)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_begun(&s, CALL_CREATE_POST);
	stage_wait(&s, s.conf.lease);
	stage_orders(&s);
	assert_int_equal(stage_state(&s, a.job.id), JOB_UNSURE);
	stage_done(&s, &a);
	assert_int_equal(stage_find(&s, ORDER_END, a.job.id)->job.state, JOB_DONE);
	stage_close(&s);
}
