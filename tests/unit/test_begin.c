/* test_begin.c - who may send, and who may not any more */
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

static void feed(struct stage *s, const struct fact *f)
{
	assert_int_equal(stage_feed(s, f), ERR_OK);
}

static struct fact fact_account(const struct stage *s)
{
	return (struct fact){.kind = FACT_ACCOUNT,
		.account = {.id = 1,
			.app = 1,
			.scopes = UINT32_MAX,
			.token_until = s->now.wall + 30 * USEC_DAY}};
}

static void pause_account(struct stage *s)
{
	struct fact f = fact_account(s);

	f.account.paused = true;
	feed(s, &f);
}

static void park_account(struct stage *s)
{
	struct fact f = fact_account(s);

	f.account.parked_until = s->now.wall + USEC_HOUR;
	feed(s, &f);
}

static void kill_grant(struct stage *s)
{
	struct fact f = fact_account(s);

	f.account.grant = GRANT_DEAD;
	feed(s, &f);
}

static void pause_app(struct stage *s)
{
	feed(s, &(struct fact){
			.kind = FACT_APP, .app = {.id = 1, .plan = "payg", .paused = true}});
}

static void park_app(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_APP,
			.app = {.id = 1,
				.plan = "payg",
				.parked_until = s->now.wall + USEC_HOUR}});
}

static void pause_all(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_PAUSE, .pause = {CALL_COUNT, 0, true}});
}

static void pause_call(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_PAUSE, .pause = {CALL_CREATE_POST, 1, true}});
}

static void disable_agent(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_CAPS,
			.caps = {.owner = 1,
				.kind = LEDGER_AGENT,
				.off = true,
				.caps = {.cap = {-1, -1},
					.warn_percent = 80,
					.billing_day = 1}}});
}

static void let_expire(struct stage *s)
{
	stage_wait(s, 10 * USEC_SEC);
}

static void let_lease_pass(struct stage *s)
{
	stage_wait(s, s->conf.lease);
}

static void cancel(struct stage *s)
{
	feed(s, &(struct fact){.kind = FACT_CANCEL, .job.id = s->last_id});
}

TEST(is_refused_when_what_was_true_at_the_assignment_is_not_any_more)
{
	static void (*const changes[])(struct stage * s) = {pause_account, park_account,
		kill_grant, pause_app, park_app, pause_all, pause_call, disable_agent,
		let_expire, let_lease_pass, cancel};

	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct stage s;

		stage_open(&s);
		struct job j = stage_job(&s, CALL_CREATE_POST);
		j.expires_at = s.now.wall + 10 * USEC_SEC;
		feed(&s, &(struct fact){.kind = FACT_ENQUEUE, .job = j});
		struct order a = stage_assigned(&s, j.id);
		changes[i](&s);
		assert_false(stage_begin(&s, &a));
		assert_int_equal(core_counts(s.core).begun, 0);
		const struct job *now = core_job(s.core, j.id);
		if (now)
			assert_int_equal(now->attempts, 0);
		stage_close(&s);
	}
}

static enum order_kind asked_as(
	struct stage *s, const struct order *a, uint32_t worker, uint64_t job)
{
	feed(s, &(struct fact){.kind = FACT_BEGIN,
			.worker = worker,
			.job = {.id = job},
			.lease = a->lease});
	stage_orders(s);
	return stage_find(s, ORDER_GO, 0) ? ORDER_GO : ORDER_REFUSE;
}

TEST(is_granted_to_the_worker_and_job_of_the_lease_alone)
{
	struct stage s;

	stage_open(&s);
	stage_worker(&s, 2, 1);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	assert_int_equal(asked_as(&s, &a, 3 - a.worker, a.job.id), ORDER_REFUSE);
	assert_int_equal(asked_as(&s, &a, a.worker, a.job.id + 7), ORDER_REFUSE);
	assert_int_equal(asked_as(&s, &a, a.worker, a.job.id), ORDER_GO);
	stage_close(&s);
}

TEST(asked_twice_is_granted_twice_and_charged_once)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	assert_true(stage_begin(&s, &a));
	assert_true(stage_count(&s, ORDER_WINDOW) > 0);
	assert_true(stage_begin(&s, &a));
	assert_int_equal(stage_count(&s, ORDER_WINDOW), 0);
	assert_int_equal(core_job(s.core, a.job.id)->attempts, 1);
	assert_int_equal(core_counts(s.core).begun, 1);
	stage_close(&s);
}

TEST(a_read_asks_for_nothing_and_is_charged_when_it_is_assigned)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_GET_POST));
	assert_false(a.begin);
	assert_true(stage_count(&s, ORDER_WINDOW) > 0);
	assert_int_equal(asked_as(&s, &a, a.worker, a.job.id), ORDER_REFUSE);
	stage_close(&s);
}

static void hand_back(struct stage *s, const struct order *a)
{
	feed(s, &(struct fact){.kind = FACT_BACK,
			.worker = a->worker,
			.job = {.id = a->job.id},
			.lease = a->lease});
	stage_orders(s);
}

TEST(what_is_handed_back_before_its_begin_goes_out_again_at_no_cost)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	hand_back(&s, &a);
	const struct order *again = stage_find(&s, ORDER_ASSIGN, a.job.id);
	assert_non_null(again);
	assert_true(again->lease != a.lease);
	assert_int_equal(core_job(s.core, a.job.id)->attempts, 0);
	stage_close(&s);
}

TEST(what_has_begun_is_not_handed_back)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_begun(&s, CALL_CREATE_POST);
	hand_back(&s, &a);
	assert_null(stage_find(&s, ORDER_ASSIGN, 0));
	assert_int_equal(stage_state(&s, a.job.id), JOB_RUNNING);
	stage_close(&s);
}

TEST(a_name_that_is_known_needs_no_search)
{
	struct stage s;

	stage_open(&s);
	struct job j = stage_job(&s, CALL_FOLLOW);
	j.flags = JOB_NEEDS_NAME;
	feed(&s, &(struct fact){.kind = FACT_ENQUEUE, .job = j});
	struct order a = stage_assigned(&s, j.id);
	assert_int_equal(a.step, STEP_NAME);
	feed(&s, &(struct fact){.kind = FACT_NAMED,
			 .worker = a.worker,
			 .job = {.id = j.id},
			 .lease = a.lease});
	a = stage_assigned(&s, j.id);
	assert_int_equal(a.step, STEP_ACT);
	stage_close(&s);
}

/* A post that names bytes, assigned for the first time. */
static struct order assigned_media(struct stage *s)
{
	struct job j = stage_job(s, CALL_CREATE_POST);

	j.flags = JOB_MEDIA | JOB_NEEDS_MEDIA;
	feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j});
	struct order a = stage_assigned(s, j.id);
	assert_int_equal(a.step, STEP_MEDIA);
	assert_int_equal(a.call, CALL_OP_INITIALIZE_MEDIA_UPLOAD);
	assert_false(a.begin);
	return a;
}

static void media_told(struct stage *s, const struct order *a, const struct fact *told)
{
	struct outcome done = {.class = OUTCOME_DONE, .http_status = 200};
	struct fact f = *told;

	f.kind = FACT_OUTCOME;
	f.worker = a->worker;
	f.job.id = a->job.id;
	f.lease = a->lease;
	f.outcome = f.outcome ? f.outcome : &done;
	feed(s, &f);
}

TEST(media_come_before_the_post_call_by_call)
{
	struct stage s;

	stage_open(&s);
	struct order a = assigned_media(&s);
	media_told(&s, &a, &(struct fact){.next = CALL_OP_APPEND_MEDIA_UPLOAD});
	a = stage_assigned(&s, a.job.id);
	assert_int_equal(a.call, CALL_OP_APPEND_MEDIA_UPLOAD);
	media_told(&s, &a,
		&(struct fact){.next = CALL_OP_GET_MEDIA_UPLOAD_STATUS,
			.until = s.now.wall + USEC_MIN});
	(void)stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, a.job.id));
	stage_wait(&s, USEC_MIN);
	a = stage_assigned(&s, a.job.id);
	assert_int_equal(a.call, CALL_OP_GET_MEDIA_UPLOAD_STATUS);
	media_told(&s, &a, &(struct fact){.next = CALL_COUNT});
	a = stage_assigned(&s, a.job.id);
	assert_int_equal(a.step, STEP_ACT);
	assert_true(a.begin);
	assert_true(stage_begin(&s, &a));
	stage_done(&s, &a);
	assert_int_equal(core_job(s.core, a.job.id) == NULL, true);
	stage_close(&s);
}

TEST(media_that_x_forgot_are_brought_there_again_before_the_post)
{
	struct stage s;

	stage_open(&s);
	struct order a = assigned_media(&s);
	media_told(&s, &a, &(struct fact){.next = CALL_COUNT});
	a = stage_assigned(&s, a.job.id);
	feed(&s, &(struct fact){.kind = FACT_MEDIA,
			 .worker = a.worker,
			 .job = {.id = a.job.id},
			 .lease = a.lease,
			 .next = CALL_OP_INITIALIZE_MEDIA_UPLOAD});
	a = stage_assigned(&s, a.job.id);
	assert_int_equal(a.step, STEP_MEDIA);
	stage_close(&s);
}

TEST(a_post_that_is_refused_for_its_media_is_tried_once_more)
{
	struct outcome no = {
		.class = OUTCOME_REFUSED, .cause = CAUSE_INVALID, .http_status = 400};
	struct stage s;

	stage_open(&s);
	struct order a = assigned_media(&s);
	for (int i = 0; i < 2; i++) {
		media_told(&s, &a, &(struct fact){.next = CALL_COUNT});
		a = stage_assigned(&s, a.job.id);
		assert_int_equal(a.step, STEP_ACT);
		assert_true(stage_begin(&s, &a));
		media_told(&s, &a,
			&(struct fact){.outcome = &no,
				.stale = true,
				.next = CALL_OP_INITIALIZE_MEDIA_UPLOAD});
		if (i == 0) {
			a = stage_assigned(&s, a.job.id);
			assert_int_equal(a.step, STEP_MEDIA);
			assert_int_equal(a.job.attempts, 0); /* X did not do it */
		}
	}
	(void)stage_orders(&s);
	assert_null(core_job(s.core, a.job.id));
	stage_close(&s);
}

TEST(an_upload_does_not_begin_anew_for_ever)
{
	struct outcome lost = {.class = OUTCOME_UNKNOWN, .cause = CAUSE_SERVER};
	struct stage s;

	stage_open(&s);
	struct order a = assigned_media(&s);
	for (int i = 0; i < 4; i++) {
		media_told(&s, &a,
			&(struct fact){.outcome = &lost,
				.anew = true,
				.next = CALL_OP_INITIALIZE_MEDIA_UPLOAD});
		stage_wait(&s, USEC_HOUR);
		a = stage_assigned(&s, a.job.id);
	}
	media_told(&s, &a,
		&(struct fact){.outcome = &lost,
			.anew = true,
			.next = CALL_OP_INITIALIZE_MEDIA_UPLOAD});
	(void)stage_orders(&s);
	assert_null(core_job(s.core, a.job.id));
	stage_close(&s);
}

/* An upload is no effect: it stands in nobody's way, and nobody in its. */
TEST(media_come_while_another_post_of_the_account_is_under_way)
{
	struct stage s;

	stage_open(&s);
	struct order first = stage_begun(&s, CALL_CREATE_POST);
	struct order a = assigned_media(&s);
	media_told(&s, &a, &(struct fact){.next = CALL_COUNT});
	(void)stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, a.job.id)); /* the post waits its turn */
	stage_done(&s, &first);
	const struct order *post = stage_find(&s, ORDER_ASSIGN, a.job.id);
	assert_non_null(post);
	assert_int_equal(post->step, STEP_ACT);
	stage_close(&s);
}
