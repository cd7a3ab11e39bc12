/* A job that kills workers: found out, parked as failed, and the others go on. */
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

/* Worker `id` dies with all it has, and comes back with nothing. */
static void dies(struct stage *s, uint32_t id)
{
	stage_worker(s, id, 16);
	assert_int_equal(
		stage_feed(s, &(struct fact){.kind = FACT_CLAIMED, .worker = id}), ERR_OK);
	stage_orders(s);
}

/* What is out, and how many have ended. */
struct out {
	struct order at[64];
	size_t count;
	uint64_t poison;
	bool poison_is_out, poison_failed;
};

/* Goes through what was just drained; no job but the poison may fail. */
static void take(struct out *out, const struct stage *s)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct order *o = &s->orders[i];
		bool is_poison = o->job.id == out->poison;

		if (o->kind == ORDER_END) {
			assert_int_equal(o->job.state, is_poison ? JOB_FAILED : JOB_DONE);
			assert_int_equal(o->cause, is_poison ? CAUSE_POISON : CAUSE_NONE);
			out->poison_failed |= is_poison;
		}
		if (o->kind != ORDER_ASSIGN)
			continue;
		assert_true(out->count < COUNT_OF(out->at));
		out->at[out->count++] = *o;
		out->poison_is_out |= is_poison;
	}
}

/* Eight reads, one of which kills whoever gets it, together with all that are with it. */
TEST(a_job_that_kills_three_workers_fails_and_no_other_does)
{
	struct out out = {.count = 0};
	unsigned deaths = 0;
	struct stage s;

	stage_open(&s);
	for (int i = 0; i < 8; i++)
		out.poison = stage_enqueue(&s, CALL_GET_ME) - (i == 7 ? 3 : 0);
	stage_orders(&s);
	take(&out, &s);
	for (int i = 0; i < 1000 && core_counts(s.core).jobs; i++) {
		if (out.poison_is_out) {
			out.count = 0;
			out.poison_is_out = false;
			deaths++;
			dies(&s, 1);
		} else if (out.count) {
			struct order a = out.at[--out.count];

			stage_done(&s, &a);
		} else {
			stage_wait(
				&s, USEC_MIN); /* reads that were lost are tried again later */
			stage_orders(&s);
		}
		take(&out, &s);
	}
	assert_int_equal(core_counts(s.core).jobs, 0);
	assert_true(out.poison_failed);
	assert_int_equal(deaths, 3);
	assert_int_equal(core_counts(s.core).poisoned, 1);
	stage_close(&s);
}

TEST(a_worker_that_says_goodbye_blames_nobody)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_enqueue(&s, CALL_CREATE_POST);
	for (uint32_t i = 1; i < 6; i++) {
		struct order a = stage_assigned(&s, id);

		assert_int_equal(
			stage_feed(&s, &(struct fact){.kind = FACT_GONE, .worker = a.worker}),
			ERR_OK);
		stage_worker(&s, i + 1, 16);
	}
	stage_orders(&s);
	assert_int_equal(stage_state(&s, id), JOB_RUNNING);
	stage_close(&s);
}

TEST(what_a_worker_does_not_claim_any_more_goes_elsewhere_at_once)
{
	struct stage s;

	stage_conf(&s);
	s.conf.account_concurrency = 2;
	stage_start(&s);
	struct order kept = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	struct order lost = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	stage_worker(&s, 1, 16);
	assert_int_equal(stage_feed(&s, &(struct fact){.kind = FACT_HOLDS,
						.worker = 1,
						.job.id = kept.job.id,
						.lease = kept.lease}),
		ERR_OK);
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_CLAIMED, .worker = 1}), ERR_OK);
	struct order again = stage_assigned(&s, lost.job.id);
	assert_true(again.lease != lost.lease);
	assert_true(stage_begin(&s, &kept));
	assert_false(stage_begin(&s, &lost));
	assert_true(stage_begin(&s, &again));
	stage_close(&s);
}

TEST(a_worker_that_is_alive_is_not_a_dead_one_however_often_it_says_hello)
{
	struct stage s;
	struct order a;

	stage_open(&s);
	uint64_t id = stage_enqueue(&s, CALL_CREATE_POST);
	for (int i = 0; i < 20; i++) {
		a = stage_assigned(&s, id);
		stage_worker(&s, 1, 16);
		assert_int_equal(stage_feed(&s, &(struct fact){.kind = FACT_CLAIMED,
							.worker = 1,
							.alive = true}),
			ERR_OK);
	}
	a = stage_assigned(&s, id);
	assert_true(stage_begin(&s, &a));
	stage_close(&s);
}

TEST(what_had_begun_is_in_doubt_and_not_given_away)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_begun(&s, CALL_CREATE_POST);
	dies(&s, 1);
	assert_int_equal(stage_state(&s, a.job.id), JOB_RUNNING);
	assert_null(stage_find(&s, ORDER_ASSIGN, a.job.id));
	stage_wait(&s, s.conf.lease);
	stage_orders(&s);
	assert_int_equal(stage_state(&s, a.job.id), JOB_UNSURE);
	stage_close(&s);
}

/* One worker, many jobs: who was with two deaths waits until it can be alone there. */
TEST(a_suspect_has_a_worker_for_itself)
{
	struct out out = {.count = 0};
	struct stage s;

	stage_open(&s);
	uint64_t suspect = stage_enqueue(&s, CALL_GET_ME);
	for (int i = 0; i < 2; i++) {
		(void)stage_assigned(&s, suspect);
		dies(&s, 1);
		stage_wait(&s, USEC_MIN);
	}
	for (int i = 0; i < 4; i++)
		(void)stage_enqueue(&s, CALL_GET_ME);
	for (int i = 0; i < 1000 && core_counts(s.core).jobs; i++) {
		size_t before = out.count;

		stage_orders(&s);
		take(&out, &s);
		for (size_t n = before; n < out.count; n++)
			assert_true(out.at[n].job.id != suspect || out.count == 1);
		if (out.count == before && out.count) {
			struct order a = out.at[--out.count];

			stage_done(&s, &a);
			take(&out, &s);
		}
		stage_wait(&s, 100 * USEC_MSEC);
	}
	assert_int_equal(core_counts(s.core).jobs, 0);
	assert_int_equal(core_counts(s.core).poisoned, 0);
	stage_close(&s);
}

/* Silence is no death: who comes back, and still has what it was given, blames it for nothing.
 */
TEST(a_job_that_its_worker_still_has_after_a_silence_is_not_blamed)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_enqueue(&s, CALL_CREATE_POST);
	for (int i = 0; i < 6; i++) {
		struct order a = stage_assigned(&s, id);

		s.now.mono += 16 * USEC_SEC;
		s.now.wall += 16 * USEC_SEC;
		stage_orders(&s);
		stage_worker(&s, 1, 16);
		assert_int_equal(stage_feed(&s, &(struct fact){.kind = FACT_HOLDS,
							.worker = 1,
							.job.id = id,
							.lease = a.lease}),
			ERR_OK);
		assert_int_equal(
			stage_feed(&s, &(struct fact){.kind = FACT_CLAIMED, .worker = 1}),
			ERR_OK);
	}
	struct order a = stage_assigned(&s, id);
	assert_true(stage_begin(&s, &a));
	stage_close(&s);
}
