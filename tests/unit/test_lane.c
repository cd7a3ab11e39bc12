/* test_lane.c - the order within a lane, and what happens to lanes that are blocked */
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

static void feed(struct stage *s, const struct fact *f)
{
	assert_int_equal(stage_feed(s, f), ERR_OK);
}

static uint64_t bring(
	struct stage *s, enum call call, uint32_t account, uint8_t priority, usec_t at)
{
	struct job j = stage_job(s, call);

	j.account = account;
	j.priority = priority;
	j.not_before = at;
	feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j});
	return j.id;
}

/* The one job that is assigned now; it is done then. */
static uint64_t next(struct stage *s)
{
	stage_orders(s);
	const struct order *o = stage_find(s, ORDER_ASSIGN, 0);

	assert_non_null(o);
	assert_int_equal(stage_count(s, ORDER_ASSIGN), 1);
	return o->job.id;
}

static void done(struct stage *s, uint64_t id)
{
	struct order a = *stage_find(s, ORDER_ASSIGN, id);

	feed(s, &(struct fact){.kind = FACT_OUTCOME,
			.worker = a.worker,
			.job = {.id = id},
			.lease = a.lease,
			.outcome =
				&(struct outcome){.class = OUTCOME_DONE, .http_status = 200}});
}

TEST(goes_by_priority_then_time_then_id)
{
	struct stage s;

	stage_conf(&s);
	stage_start(&s);
	stage_worker(&s, 1, 1);
	(void)bring(&s, CALL_GET_POST, 2, 5, 0);
	uint64_t first = next(&s);
	usec_t now = s.now.wall;
	uint64_t low = bring(&s, CALL_GET_POST, 1, 3, now - USEC_HOUR);
	uint64_t late = bring(&s, CALL_GET_POST, 1, 5, now - USEC_SEC);
	uint64_t early = bring(&s, CALL_GET_POST, 1, 5, now - USEC_MIN);
	uint64_t same = bring(&s, CALL_GET_POST, 1, 5, now - USEC_MIN);
	uint64_t high = bring(&s, CALL_GET_POST, 1, 9, now);
	uint64_t want[] = {high, early, same, late, low};
	assert_int_equal(core_ahead(s.core, low), 4);
	assert_int_equal(core_ahead(s.core, high), 0);
	done(&s, first);
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		assert_int_equal(next(&s), want[i]);
		done(&s, want[i]);
	}
	stage_orders(&s);
	assert_int_equal(core_counts(s.core).jobs, 0);
	stage_close(&s);
}

TEST(a_change_of_priority_moves_a_job_in_its_lane)
{
	struct stage s;

	stage_open(&s);
	stage_worker(&s, 1, 1);
	(void)bring(&s, CALL_GET_POST, 2, 5, 0);
	uint64_t first = next(&s);
	uint64_t a = bring(&s, CALL_GET_POST, 1, 5, 0), b = bring(&s, CALL_GET_POST, 1, 5, 0);
	struct job j = *core_job(s.core, b);
	j.priority = 8;
	feed(&s, &(struct fact){.kind = FACT_UPDATE, .job = j});
	assert_int_equal(core_ahead(s.core, a), 1);
	done(&s, first);
	assert_int_equal(next(&s), b);
	stage_close(&s);
}

TEST(one_that_is_blocked_leaves_the_ring_and_is_not_tried_again_until_its_bar_opens)
{
	struct stage s;

	stage_open(&s);
	for (int i = 0; i < 12; i++)
		(void)bring(&s, CALL_GET_POST, 1, 5, 0);
	stage_orders(&s); /* ten go, or the first alone until X has spoken */
	stage_orders(&s);
	uint64_t tried = core_counts(s.core).held[BLOCKER_WINDOW];
	for (int i = 0; i < 5; i++) {
		stage_wait(&s, USEC_SEC);
		stage_orders(&s);
	}
	assert_int_equal(core_counts(s.core).held[BLOCKER_WINDOW], tried);
	assert_true(core_sleep(s.core, s.now) > 0);
	stage_close(&s);
}

TEST(lanes_of_other_calls_and_accounts_go_on_beside_it)
{
	struct stage s;

	stage_open(&s);
	struct order post = stage_begun(&s, CALL_CREATE_POST);
	uint64_t waits = bring(&s, CALL_LIKE, 1, 9, 0); /* an effect of the same account */
	uint64_t read = bring(&s, CALL_GET_POST, 1, 0, 0);
	uint64_t other = bring(&s, CALL_LIKE, 2, 0, 0);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, waits));
	assert_non_null(stage_find(&s, ORDER_ASSIGN, read));
	assert_non_null(stage_find(&s, ORDER_ASSIGN, other));
	stage_done(&s, &post);
	assert_non_null(stage_find(&s, ORDER_ASSIGN, waits));
	stage_close(&s);
}

TEST(a_flood_of_one_account_takes_one_turn_in_two)
{
	struct stage s;
	int mine = 0;

	stage_open(&s);
	stage_worker(&s, 1, 1);
	for (int i = 0; i < 8; i++)
		(void)bring(&s, CALL_GET_ME, 1, 9, 0);
	for (int i = 0; i < 4; i++)
		(void)bring(&s, CALL_GET_ME, 2, 0, 0);
	for (int i = 0; i < 8; i++) {
		uint64_t id = next(&s);

		mine += stage_find(&s, ORDER_ASSIGN, id)->job.account == 2;
		done(&s, id);
	}
	assert_int_equal(mine, 4);
	stage_orders(&s);
	stage_close(&s);
}
