/* test_forecast.c - what a job is told at its enqueue, beside what test_walk.c holds it to */
#include "dispatcher/core/walk.h"
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

static uint64_t bring(
	struct stage *s, const struct job *j, const struct need *needs, uint32_t n)
{
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_ENQUEUE,
					       .job = *j,
					       .needs = needs,
					       .need_count = n}),
		ERR_OK);
	return j->id;
}

static uint64_t after(struct stage *s, uint64_t other)
{
	struct need need = {other, false};
	struct job j = stage_job(s, CALL_CREATE_POST);

	return bring(s, &j, &need, 1);
}

TEST(one_that_waits_for_others_is_expected_when_the_last_of_them_is_done)
{
	struct stage s;

	stage_open(&s);
	struct job first = stage_job(&s, CALL_CREATE_POST);
	first.not_before = s.now.wall + USEC_HOUR;
	uint64_t a = bring(&s, &first, NULL, 0);
	uint64_t b = after(&s, a), c = after(&s, b);
	usec_t at = s.now.wall + USEC_HOUR;
	assert_int_equal(core_eta(s.core, a, s.now), at);
	assert_int_equal(core_eta(s.core, b, s.now), at + WALK_LATENCY);
	assert_int_equal(core_eta(s.core, c, s.now), at + 2 * WALK_LATENCY);
	stage_close(&s);
}

TEST(its_own_time_counts_when_that_is_later)
{
	struct stage s;

	stage_open(&s);
	uint64_t a = stage_enqueue(&s, CALL_CREATE_POST);
	struct need need = {a, false};
	struct job j = stage_job(&s, CALL_CREATE_POST);
	j.not_before = s.now.wall + USEC_DAY;
	assert_int_equal(core_eta(s.core, bring(&s, &j, &need, 1), s.now), j.not_before);
	stage_close(&s);
}

TEST(nobody_can_say_when_what_it_comes_after_waits_for_a_person)
{
	struct stage s;

	stage_open(&s);
	struct job j = stage_job(&s, CALL_CREATE_POST);
	j.state = JOB_HELD;
	uint64_t b = after(&s, bring(&s, &j, NULL, 0));
	assert_int_equal(core_eta(s.core, b, s.now), USEC_NEVER);
	stage_close(&s);
}

TEST(a_thread_is_done_with_its_last_part)
{
	struct stage s;

	stage_open(&s);
	uint64_t a = stage_enqueue(&s, CALL_CREATE_POST), b = after(&s, a);
	struct need parts[] = {{a, false}, {b, false}};
	struct job whole = stage_job(&s, CALL_CREATE_POST);
	whole.flags = JOB_WHOLE;
	uint64_t id = bring(&s, &whole, parts, 2);
	assert_int_equal(core_eta(s.core, id, s.now), s.now.wall + 2 * WALK_LATENCY);
	stage_close(&s);
}

TEST(a_row_without_end_is_not_followed)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_enqueue(&s, CALL_CREATE_POST);
	for (int i = 0; i < 70; i++)
		id = after(&s, id);
	assert_int_equal(core_eta(s.core, id, s.now), USEC_NEVER);
	stage_close(&s);
}
