/* test_lease.c - what is out with workers: leases that pass, workers that go, a restart */
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

static void feed(struct stage *s, const struct fact *f)
{
	assert_int_equal(stage_feed(s, f), ERR_OK);
}

static void leaves(struct stage *s, uint32_t worker)
{
	feed(s, &(struct fact){.kind = FACT_GONE, .worker = worker});
	stage_orders(s);
}

TEST(ids_are_of_the_start_and_never_used_twice)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_GET_POST));
	struct order b = stage_assigned(&s, stage_enqueue(&s, CALL_GET_POST));
	assert_int_equal(a.lease >> 40, 1);
	assert_true(b.lease > a.lease);
	stage_restart(&s, NULL, 0);
	stage_worker(&s, 1, 16);
	struct order c = stage_assigned(&s, stage_enqueue(&s, CALL_GET_POST));
	assert_int_equal(c.lease >> 40, 2);
	stage_close(&s);
}

TEST(one_that_passes_before_its_begin_costs_nothing)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	stage_wait(&s, s.conf.lease);
	struct order again = stage_assigned(&s, a.job.id);
	assert_true(again.lease != a.lease);
	assert_int_equal(again.job.attempts, 0);
	stage_close(&s);
}

TEST(one_that_passes_after_its_begin_leaves_a_post_unsure_and_a_like_to_be_done_again)
{
	struct stage s;

	stage_open(&s);
	stage_account(&s, 2, 1);
	struct order post = stage_begun(&s, CALL_CREATE_POST);
	struct job j = stage_job(&s, CALL_LIKE);
	j.account = 2;
	feed(&s, &(struct fact){.kind = FACT_ENQUEUE, .job = j});
	struct order like = stage_assigned(&s, j.id);
	assert_true(stage_begin(&s, &like));
	stage_wait(&s, s.conf.lease);
	stage_orders(&s);
	assert_int_equal(stage_state(&s, post.job.id), JOB_UNSURE);
	assert_int_equal(stage_state(&s, like.job.id), JOB_READY);
	assert_int_equal(core_counts(s.core).lost, 2);
	stage_close(&s);
}

TEST(begin_gives_it_its_whole_time_again)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	stage_wait(&s, s.conf.lease - USEC_SEC);
	assert_true(stage_begin(&s, &a));
	stage_wait(&s, s.conf.lease - USEC_SEC);
	stage_orders(&s);
	assert_int_equal(stage_state(&s, a.job.id), JOB_RUNNING);
	stage_done(&s, &a);
	assert_non_null(stage_find(&s, ORDER_END, a.job.id));
	stage_close(&s);
}

TEST(a_worker_that_goes_leaves_at_once_what_it_has_not_begun)
{
	struct stage s;

	stage_open(&s);
	stage_worker(&s, 2, 16);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	leaves(&s, a.worker);
	const struct order *again = stage_find(&s, ORDER_ASSIGN, a.job.id);
	assert_non_null(again);
	assert_true(again->worker != a.worker);
	stage_close(&s);
}

TEST(what_it_has_begun_may_still_be_told_until_the_lease_has_passed)
{
	struct stage s;

	stage_open(&s);
	stage_worker(&s, 2, 16);
	struct order a = stage_begun(&s, CALL_CREATE_POST);
	leaves(&s, a.worker);
	assert_int_equal(stage_state(&s, a.job.id), JOB_RUNNING);
	stage_worker(&s, a.worker, 16);
	feed(&s, &(struct fact){.kind = FACT_HOLDS,
			 .worker = a.worker,
			 .job = {.id = a.job.id},
			 .lease = a.lease,
			 .begun = true});
	stage_done(&s, &a);
	assert_non_null(stage_find(&s, ORDER_END, a.job.id));
	stage_close(&s);
}

TEST(a_silent_worker_is_gone_after_its_time)
{
	struct stage s;

	stage_open(&s);
	stage_worker(&s, 2, 1);
	s.now.mono += s.conf.worker_silence + 1;
	s.now.wall += s.conf.worker_silence + 1;
	stage_orders(&s);
	assert_int_equal(core_counts(s.core).workers, 0);
	assert_int_equal(core_counts(s.core).slots, 0);
	stage_close(&s);
}

TEST(an_outcome_with_an_old_lease_is_acknowledged_and_changes_nothing)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_LIKE));
	stage_wait(&s, s.conf.lease);
	struct order again = stage_assigned(&s, a.job.id);
	stage_done(&s, &a);
	assert_null(stage_find(&s, ORDER_END, a.job.id));
	assert_int_equal(core_counts(s.core).late, 1);
	assert_true(stage_begin(&s, &again));
	stage_close(&s);
}

/* A begun post, as it is stored. */
static struct job begun_post(struct stage *s)
{
	struct order a = stage_begun(s, CALL_CREATE_POST);

	return *core_job(s->core, a.job.id);
}

TEST(after_a_restart_it_is_in_doubt_only_when_a_whole_lease_has_passed)
{
	struct stage s;

	stage_open(&s);
	struct job j = begun_post(&s);
	stage_restart(&s, &j, 1);
	stage_wait(&s, s.conf.lease - 1);
	stage_orders(&s);
	assert_int_equal(stage_state(&s, j.id), JOB_RUNNING);
	stage_wait(&s, 1);
	stage_orders(&s);
	assert_int_equal(stage_state(&s, j.id), JOB_UNSURE);
	stage_close(&s);
}

TEST(after_a_restart_a_worker_that_holds_it_ends_it)
{
	struct stage s;

	stage_open(&s);
	struct job j = begun_post(&s);
	stage_restart(&s, &j, 1);
	stage_worker(&s, 4, 2);
	feed(&s, &(struct fact){.kind = FACT_HOLDS,
			 .worker = 4,
			 .job = {.id = j.id},
			 .lease = j.lease,
			 .begun = true});
	struct order a = {.job = j, .worker = 4, .lease = j.lease};
	stage_done(&s, &a);
	assert_non_null(stage_find(&s, ORDER_END, j.id));
	stage_close(&s);
}
