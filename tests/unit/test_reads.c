/* A read of several pages in the core: each page an attempt that passes the gate by itself. */
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

static const struct outcome page = {.class = OUTCOME_DONE, .http_status = 200, .objects = 5};

static uint64_t enqueue(struct stage *s, uint8_t pages)
{
	struct job j = stage_job(s, CALL_TIMELINE);

	j.pages = pages;
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j}), ERR_OK);
	return j.id;
}

static void answered(struct stage *s, const struct order *a, const struct outcome *o, bool more)
{
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_OUTCOME,
					       .worker = a->worker,
					       .job = {.id = a->job.id},
					       .lease = a->lease,
					       .more = more,
					       .outcome = o}),
		ERR_OK);
}

/* Drains, and takes the assignment that must be there. */
static struct order next(struct stage *s, uint64_t id)
{
	return stage_assigned(s, id);
}

TEST(each_page_is_kept_before_the_next_is_asked_for)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = enqueue(&s, 3);
	struct order a = next(&s, id);
	for (uint8_t n = 1; n < 3; n++) {
		answered(&s, &a, &page, true);
		a = next(&s, id);
		const struct order *saved = stage_find(&s, ORDER_SAVE, id);
		const struct order *kept = stage_find(&s, ORDER_PAGE, id);
		const struct order *given = stage_find(&s, ORDER_ASSIGN, id);
		assert_true(saved && kept && saved < kept && kept < given);
		assert_int_equal(kept->job.page, n);
		assert_int_equal(saved->job.page, n);
		assert_int_equal(saved->job.state, JOB_READY);
		assert_int_equal(a.job.page, n);
		assert_false(a.begin);
	}
	answered(&s, &a, &page, true); /* there is more, and it was not asked for */
	stage_orders(&s);
	assert_non_null(stage_find(&s, ORDER_END, id));
	assert_null(stage_find(&s, ORDER_PAGE, id));
	assert_int_equal(stage_find(&s, ORDER_END, id)->job.page, 2);
	stage_close(&s);
}

TEST(the_last_page_ends_it_early)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = enqueue(&s, 100);
	struct order a = next(&s, id);
	answered(&s, &a, &page, false);
	stage_orders(&s);
	assert_int_equal(stage_find(&s, ORDER_END, id)->job.state, JOB_DONE);
	stage_close(&s);
}

TEST(a_read_of_one_page_has_no_other)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = enqueue(&s, 0);
	struct order a = next(&s, id);
	answered(&s, &a, &page, true);
	stage_orders(&s);
	assert_non_null(stage_find(&s, ORDER_END, id));
	stage_close(&s);
}

/* Ten reads in a quarter of an hour are allowed. */
TEST(every_page_draws_on_the_windows_and_waits_for_them)
{
	struct stage s;
	struct verdict v;

	stage_open(&s);
	uint64_t id = enqueue(&s, 15);
	for (int n = 0; n < 10; n++) {
		struct order a = next(&s, id);

		answered(&s, &a, &page, true);
	}
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	assert_int_equal(stage_state(&s, id), JOB_READY);
	assert_int_equal(core_job(s.core, id)->page, 10);
	assert_int_equal(core_counts(s.core).leases, 0); /* no worker is held meanwhile */
	assert_int_equal(core_verdict(s.core, id, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_WINDOW);
	stage_wait(&s, 15 * USEC_MIN + 2 * USEC_SEC);
	struct order a = next(&s, id);
	assert_int_equal(a.job.page, 10);
	stage_close(&s);
}

TEST(a_page_that_fails_is_asked_for_again_and_has_its_own_attempts)
{
	static const struct outcome broken = {
		.class = OUTCOME_UNKNOWN, .cause = CAUSE_NO_ANSWER};
	struct outcome limited = {
		.class = OUTCOME_LIMITED, .cause = CAUSE_RATE, .http_status = 429};
	struct stage s;

	stage_open(&s);
	uint64_t id = enqueue(&s, 2);
	for (int n = 0; n < 2; n++) { /* of three attempts two fail, on both pages */
		for (int k = 0; k < 2; k++) {
			struct order a = next(&s, id);

			answered(&s, &a, &broken, false);
			stage_orders(&s);
			assert_int_equal(core_job(s.core, id)->page, n);
			stage_wait(&s, USEC_MIN);
		}
		struct order a = next(&s, id);
		limited.rate[RATE_ENDPOINT] =
			(struct rate_seen){10, 0, s.now.wall + 15 * USEC_MIN};
		answered(&s, &a, &limited, false);
		stage_orders(&s);
		stage_wait(&s, 16 * USEC_MIN);
		a = next(&s, id);
		assert_int_equal(a.job.page, n);
		answered(&s, &a, &page, true);
	}
	stage_orders(&s);
	assert_int_equal(stage_find(&s, ORDER_END, id)->job.state, JOB_DONE);
	stage_close(&s);
}

TEST(a_restart_goes_on_with_the_page_that_is_missing)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = enqueue(&s, 4);
	struct order a = next(&s, id);
	answered(&s, &a, &page, true);
	struct order lost = next(&s, id);
	struct job stored = stage_find(&s, ORDER_SAVE, id)->job;
	stage_restart(&s, &stored, 1);
	stage_worker(&s, 1, 16);
	a = next(&s, id);
	assert_int_equal(a.job.page, 1);
	answered(
		&s, &lost, &page, true); /* of before: it is asked for again, and counts once */
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_PAGE, id));
	answered(&s, &a, &page, true);
	a = next(&s, id);
	assert_int_equal(a.job.page, 2);
	stage_close(&s);
}

TEST(a_long_read_lets_others_of_its_lane_go_between_its_pages)
{
	struct stage s;

	stage_conf(&s);
	stage_start(&s);
	stage_worker(&s, 1, 1);
	uint64_t longer = enqueue(&s, 5);
	uint64_t other = enqueue(&s, 0);
	struct order a = next(&s, longer);
	s.now.mono++, s.now.wall++;
	answered(&s, &a, &page, true);
	(void)next(&s, other);
	assert_null(stage_find(&s, ORDER_ASSIGN, longer));
	stage_close(&s);
}

TEST(pages_that_were_read_stay_read_when_a_job_is_changed)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = enqueue(&s, 4);
	struct order a = next(&s, id);
	struct fact f = {.kind = FACT_UPDATE};
	answered(&s, &a, &page, true);
	f.job = *core_job(s.core, id);
	f.job.pages = 0;
	f.job.not_before = s.now.wall + USEC_MIN;
	assert_int_equal(stage_feed(&s, &f), ERR_OK);
	assert_int_equal(core_job(s.core, id)->pages, 4);
	stage_close(&s);
}
