/* Whose turn it is: agents within an account, accounts within an app, apps. */
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

#define ONE_SLOT 1

static void open_with_one_slot(struct stage *s)
{
	stage_open(s);
	stage_worker(s, 1, ONE_SLOT);
}

static void enqueue(struct stage *s, uint32_t account, uint32_t agent, enum call call, int n)
{
	while (n-- > 0) {
		struct job j = stage_job(s, call);

		j.account = account;
		j.agent = agent;
		assert_int_equal(
			stage_feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j}), ERR_OK);
	}
}

static void account(struct stage *s, uint32_t id, uint32_t app, uint16_t weight)
{
	struct fact f = {.kind = FACT_ACCOUNT,
		.account = {.id = id,
			.app = app,
			.grant = GRANT_OK,
			.weight = weight,
			.scopes = UINT32_MAX,
			.token_until = s->now.wall + 30 * USEC_DAY}};

	assert_int_equal(stage_feed(s, &f), ERR_OK);
}

/* Does the one job that is assigned next, which is put in *ret. False when none is. */
static bool next(struct stage *s, struct job *ret)
{
	stage_orders(s);
	const struct order *o = stage_find(s, ORDER_ASSIGN, 0);
	if (!o)
		return false;
	struct order a = *o;
	*ret = a.job;
	if (a.begin)
		assert_true(stage_begin(s, &a));
	assert_int_equal(
		stage_feed(s, &(struct fact){.kind = FACT_OUTCOME,
				      .worker = a.worker,
				      .job.id = a.job.id,
				      .lease = a.lease,
				      .outcome = &(struct outcome){.class = OUTCOME_DONE,
					      .http_status = 200}}),
		ERR_OK);
	return true;
}

TEST(lets_the_agents_of_a_lane_take_turns)
{
	struct stage s;
	struct job j = {0};

	open_with_one_slot(&s);
	enqueue(&s, 1, 1, CALL_LIKE, 6);
	enqueue(&s, 1, 2, CALL_LIKE, 2);
	for (uint32_t i = 0; i < 4; i++) {
		assert_true(next(&s, &j));
		assert_int_equal(j.agent, 1 + i % 2);
	}
	stage_close(&s);
}

TEST(an_agents_priority_moves_nobody_elses_jobs)
{
	struct stage s;
	struct job j = {0};

	open_with_one_slot(&s);
	for (int i = 0; i < 4; i++) {
		struct job urgent = stage_job(&s, CALL_LIKE);

		urgent.priority = 9;
		assert_int_equal(
			stage_feed(&s, &(struct fact){.kind = FACT_ENQUEUE, .job = urgent}),
			ERR_OK);
	}
	enqueue(&s, 1, 2, CALL_LIKE, 1);
	assert_true(next(&s, &j));
	assert_true(next(&s, &j));
	assert_int_equal(j.agent, 2);
	stage_close(&s);
}

/* Effects wait for the account's order: many lanes there are still one agent. */
TEST(an_agent_with_many_lanes_has_no_more_turns_at_an_accounts_order)
{
	static const enum call calls[] = {CALL_LIKE, CALL_CREATE_POST, CALL_REPOST};
	struct stage s;
	struct job j = {0};
	int of_two = 0;

	stage_open(&s);
	for (size_t i = 0; i < COUNT_OF(calls); i++)
		enqueue(&s, 1, 1, calls[i], 4);
	enqueue(&s, 1, 2, CALL_LIKE, 4);
	for (int i = 0; i < 8; i++) {
		assert_true(next(&s, &j));
		of_two += j.agent == 2;
	}
	assert_int_equal(of_two, 4);
	stage_close(&s);
}

TEST(an_account_with_many_lanes_has_no_more_turns_in_its_app)
{
	struct stage s;
	struct job j = {0};
	int of_two = 0;

	open_with_one_slot(&s);
	for (uint32_t agent = 1; agent <= 5; agent++)
		enqueue(&s, 1, agent, CALL_GET_USER_BY_NAME, 2);
	enqueue(&s, 2, 6, CALL_GET_USER_BY_NAME, 4);
	for (int i = 0; i < 8; i++) {
		assert_true(next(&s, &j));
		of_two += j.account == 2;
	}
	assert_int_equal(of_two, 4);
	stage_close(&s);
}

TEST(an_account_of_weight_three_has_three_turns_in_a_row)
{
	struct stage s;
	struct job j = {0};
	int of_two = 0;

	open_with_one_slot(&s);
	account(&s, 2, 1, 3);
	enqueue(&s, 1, 1, CALL_GET_USER_BY_NAME, 9);
	enqueue(&s, 2, 1, CALL_GET_USER_BY_NAME, 9);
	for (int i = 0; i < 8; i++) {
		assert_true(next(&s, &j));
		of_two += j.account == 2;
	}
	assert_int_equal(of_two, 6);
	stage_close(&s);
}

TEST(an_app_of_weight_two_has_two_turns_in_a_row)
{
	struct stage s;
	struct job j = {0};
	int of_two = 0;
	struct fact heavy = {.kind = FACT_APP, .app = {.id = 2, .plan = "payg", .weight = 2}};

	open_with_one_slot(&s);
	assert_int_equal(stage_feed(&s, &heavy), ERR_OK);
	account(&s, 3, 2, 0);
	enqueue(&s, 1, 1, CALL_GET_USER_BY_NAME, 6);
	enqueue(&s, 2, 1, CALL_GET_USER_BY_NAME, 6);
	enqueue(&s, 3, 1, CALL_GET_USER_BY_NAME, 6);
	for (int i = 0; i < 6; i++) {
		assert_true(next(&s, &j));
		of_two += j.account == 3;
	}
	assert_int_equal(of_two, 4);
	stage_close(&s);
}

TEST(an_account_that_moves_to_another_app_takes_its_lanes_along)
{
	struct stage s;
	struct job j = {0};

	open_with_one_slot(&s);
	stage_app(&s, 2, "payg");
	enqueue(&s, 1, 1, CALL_LIKE, 2);
	enqueue(&s, 1, 2, CALL_GET_USER_BY_NAME, 2);
	stage_orders(&s);
	account(&s, 1, 2, 0);
	stage_orders(&s);
	stage_worker(&s, 1, 2);
	int n = 0;
	while (next(&s, &j))
		n++;
	assert_int_equal(n, 2); /* one like is with the worker, and the other waits for it */
	stage_close(&s);
}
