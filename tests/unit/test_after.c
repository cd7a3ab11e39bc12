/* test_after.c - what follows an outcome: every class and cause, for what may and may not be
 * repeated (x-api.md 5.3) */
#include <string.h>

#include "tests/lib/test.h"
#include "tests/unit/stage.h"

/* What is looked for after an outcome. */
struct then {
	enum job_state state; /* as held, or as it ended */
	int attempts;         /* that count */
	const char *order;    /* one that must be given beside: "" none of these */
};

static const char *special(const struct stage *s)
{
	const struct order *park = stage_find(s, ORDER_PARK, 0);
	static const char *const parked[] = {"park account", "park app", "park reads"};

	if (stage_find(s, ORDER_REFRESH, 0))
		return "refresh";
	if (stage_find(s, ORDER_REFUSAL, 0))
		return "refusal";
	return park ? parked[park->what] : "";
}

static void begin_like(struct stage *s, enum call call, struct order *ret)
{
	*ret = stage_assigned(s, stage_enqueue(s, call));
	if (ret->begin)
		assert_true(stage_begin(s, ret));
}

/* Plays one attempt on a stage of its own and holds what follows against `want`. */
static void follows(enum call call, const struct outcome *o, const struct then *want)
{
	struct stage s;
	struct order a;
	struct errmsg m;

	stage_open(&s);
	begin_like(&s, call, &a);
	stage_outcome(&s, &a, o);
	const struct order *end = stage_find(&s, ORDER_END, a.job.id);
	const struct job *now = core_job(s.core, a.job.id);
	assert_true(!end == (now != NULL));
	const struct job *j = end ? &end->job : now;
	ASSERT(j);
	(void)err_say(&m, ERR_OK, "%s, %s: %s, %s, %d attempts, '%s'",
		call_info(call)->operation, outcome_class_name(o->class),
		outcome_cause_name(o->cause), job_state_name((enum job_state)j->state),
		j->attempts, special(&s));
	if (j->state != want->state || j->attempts != want->attempts ||
		strcmp(special(&s), want->order) != 0)
		fail_msg("%s", m.text);
	assert_int_equal(core_counts(s.core).leases, j->state == JOB_RUNNING);
	if (end && j->state == JOB_FAILED)
		assert_int_equal(end->cause, o->cause);
	stage_close(&s);
}

static const enum call calls[] = {CALL_CREATE_POST, CALL_LIKE, CALL_GET_POST};

/* clang-format off */
static const struct {
	enum outcome_cause cause;
	int status;
	struct then then[3]; /* of a post, a like, a read: on a definite no */
} refused[] = {
#define FAILS      {{JOB_FAILED, 1, ""}, {JOB_FAILED, 1, ""}, {JOB_FAILED, 1, ""}}
#define LATER      {{JOB_READY, 1, ""}, {JOB_READY, 1, ""}, {JOB_READY, 1, ""}}
#define WAITS(how) {{JOB_READY, 0, how}, {JOB_READY, 0, how}, {JOB_READY, 0, how}}
#define READS_WAIT {{JOB_RUNNING, 0, "park reads"}, {JOB_RUNNING, 0, "park reads"}, {JOB_READY, 0, "park reads"}}
	{CAUSE_NONE,          403, FAILS},
	{CAUSE_ALREADY,       400, FAILS},
	{CAUSE_INVALID,       400, FAILS},
	{CAUSE_TOKEN,         401, WAITS("refresh")},
	{CAUSE_SCOPE,         403, FAILS},
	{CAUSE_DUPLICATE,     403, FAILS},
	{CAUSE_REPLY,         403, FAILS},
	{CAUSE_QUOTE,         403, FAILS},
	{CAUSE_NOT_PERMITTED, 403, FAILS},
	{CAUSE_FORBIDDEN,     403, FAILS},
	{CAUSE_NOT_FOUND,     404, FAILS},
	{CAUSE_CREDITS,       402, WAITS("park app")},
	{CAUSE_SPEND_CAP,     403, WAITS("park app")},
	{CAUSE_USAGE_CAP,     429, READS_WAIT},
	{CAUSE_APP,           403, WAITS("refusal")},
	{CAUSE_AUTH_KIND,     403, FAILS},
	{CAUSE_ACCOUNT,       403, WAITS("park account")},
	{CAUSE_RATE,          403, FAILS},
	{CAUSE_SERVER,        500, LATER},
	{CAUSE_OVERLOAD,      503, LATER},
	{CAUSE_NETWORK,         0, LATER},
	{CAUSE_NO_ANSWER,       0, LATER},
	{CAUSE_BAD_ANSWER,    200, LATER},
	{CAUSE_LEASE_LOST,      0, LATER},
	{CAUSE_WORKER,          0, LATER},
	{CAUSE_ATTEMPTS,        0, FAILS},
	{CAUSE_POISON,          0, FAILS},
	{CAUSE_UNSURE,          0, FAILS},
	{CAUSE_DEPENDENCY,      0, FAILS},
	{CAUSE_EXPIRED,         0, FAILS},
	{CAUSE_CANCELLED,       0, FAILS},
	{CAUSE_REJECTED,        0, FAILS},
};
/* clang-format on */

TEST(a_definite_no_fails_waits_or_parks_by_its_cause)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		for (size_t k = 0; k < COUNT_OF(calls); k++) {
			struct outcome o = {.class = OUTCOME_REFUSED,
				.cause = refused[i].cause,
				.http_status = refused[i].status};

			follows(calls[k], &o, &refused[i].then[k]);
		}
}

TEST(the_table_above_has_every_cause)
{
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		assert_int_equal(refused[i].cause, i);
	assert_int_equal(COUNT_OF(refused), CAUSE_REJECTED + 1);
}

/* Whatever the cause: of the other classes it decides only who pays for an unsent one. */
TEST(the_other_classes_go_by_themselves)
{
	/* clang-format off */
	static const struct {
		enum outcome_class class;
		int status;
		struct then then[3];
	} rows[] = {
		{OUTCOME_DONE,    200, {{JOB_DONE, 1, ""}, {JOB_DONE, 1, ""}, {JOB_DONE, 1, ""}}},
		{OUTCOME_LIMITED, 429, {{JOB_READY, 0, ""}, {JOB_READY, 0, ""}, {JOB_READY, 0, ""}}},
		{OUTCOME_UNKNOWN,   0, {{JOB_UNSURE, 1, ""}, {JOB_READY, 1, ""}, {JOB_READY, 1, ""}}},
		{OUTCOME_UNSENT,    0, {{JOB_READY, 0, ""}, {JOB_READY, 0, ""}, {JOB_READY, 0, ""}}},
	};
	/* clang-format on */

	for (size_t i = 0; i < COUNT_OF(rows) * (CAUSE_REJECTED + 1) * COUNT_OF(calls); i++) {
		size_t k = i % COUNT_OF(calls), row = i / COUNT_OF(calls) % COUNT_OF(rows);
		struct outcome o = {.class = rows[row].class,
			.cause = (enum outcome_cause)(i / COUNT_OF(calls) / COUNT_OF(rows)),
			.http_status = rows[row].status};
		struct then want = rows[row].then[k];

		if (o.class == OUTCOME_UNSENT && o.cause == CAUSE_WORKER)
			want.attempts = 1; /* it cannot make the request */
		follows(calls[k], &o, &want);
	}
}

/* The first of `n` jobs' outcomes that ends it. */
static enum outcome_cause cause_of_end(enum call call, const struct outcome *o, int n)
{
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_enqueue(&s, call);
	enum outcome_cause cause = CAUSE_NONE;
	for (int i = 0; i < n; i++) {
		struct order a = stage_assigned(&s, id);

		if (a.begin)
			assert_true(stage_begin(&s, &a));
		stage_outcome(&s, &a, o);
		const struct order *end = stage_find(&s, ORDER_END, id);
		assert_true((i == n - 1) == (end != NULL));
		cause = end ? end->cause : CAUSE_NONE;
		stage_wait(&s, USEC_MIN);
		stage_worker(&s, 1, 16);
	}
	stage_close(&s);
	return cause;
}

TEST(what_may_be_tried_again_is_tried_as_often_as_its_job_says)
{
	struct outcome no = {.class = OUTCOME_REFUSED, .cause = CAUSE_WORKER, .http_status = 0};
	struct outcome lost = {.class = OUTCOME_UNKNOWN, .cause = CAUSE_NO_ANSWER};

	for (size_t k = 0; k < COUNT_OF(calls); k++)
		assert_int_equal(cause_of_end(calls[k], &no, 3), CAUSE_ATTEMPTS);
	assert_int_equal(cause_of_end(CALL_LIKE, &lost, 3), CAUSE_ATTEMPTS);
	assert_int_equal(cause_of_end(CALL_GET_POST, &lost, 3), CAUSE_ATTEMPTS);
}

TEST(a_token_that_is_refused_twice_costs_its_account_the_connection_and_no_job)
{
	struct outcome no = {
		.class = OUTCOME_REFUSED, .cause = CAUSE_TOKEN, .http_status = 401};
	struct stage s;

	stage_open(&s);
	uint64_t id = stage_enqueue(&s, CALL_LIKE);
	for (int i = 0; i < 2; i++) {
		struct order a = stage_assigned(&s, id);

		assert_true(stage_begin(&s, &a));
		stage_outcome(&s, &a, &no);
		const struct order *park = stage_find(&s, ORDER_PARK, 0);
		stage_wait(&s, USEC_SEC);
		if (i == 0)
			stage_account(&s, 1, 1); /* with new tokens */
		if (i == 0)
			continue;
		assert_non_null(park);
		assert_int_equal(park->what, PARK_ACCOUNT);
		assert_int_equal(park->until, USEC_NEVER);
	}
	assert_int_equal(core_job(s.core, id)->attempts, 0);
	stage_close(&s);
}

static void tell_given(struct stage *s, usec_t token_until)
{
	struct fact f = {.kind = FACT_ACCOUNT,
		.account = {.id = 1,
			.app = 1,
			.grant = GRANT_SUSPECT,
			.given = true,
			.token_until = token_until,
			.scopes = UINT32_MAX}};

	assert_int_equal(stage_feed(s, &f), ERR_OK);
}

TEST(a_token_that_nothing_renews_and_x_refuses_costs_its_account_the_connection_at_once)
{
	struct outcome no = {
		.class = OUTCOME_REFUSED, .cause = CAUSE_TOKEN, .http_status = 401};
	struct stage s;

	stage_open(&s);
	tell_given(&s, USEC_NEVER);
	uint64_t id = stage_enqueue(&s, CALL_LIKE);
	struct order a = stage_assigned(&s, id);
	assert_true(stage_begin(&s, &a));
	stage_outcome(&s, &a, &no);
	const struct order *park = stage_find(&s, ORDER_PARK, 0);
	assert_non_null(park);
	assert_int_equal(park->cause, CAUSE_TOKEN);
	assert_null(stage_find(&s, ORDER_REFRESH, 0));
	assert_int_equal(core_job(s.core, id)->state, JOB_READY);
	stage_close(&s);
}

TEST(a_token_that_nothing_renews_ends_with_a_word)
{
	struct verdict v;
	struct stage s;

	stage_open(&s);
	tell_given(&s, s.now.wall + 10 * USEC_SEC);
	uint64_t id = stage_enqueue(&s, CALL_LIKE);
	stage_orders(&s);
	const struct order *park = stage_find(&s, ORDER_PARK, 0);
	assert_non_null(park);
	assert_int_equal(park->cause, CAUSE_TOKEN);
	assert_int_equal(core_verdict(s.core, id, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_GRANT);
	assert_int_equal(v.until, USEC_NEVER);
	assert_non_null(strstr(v.text, "ended at"));
	stage_close(&s);
}

TEST(answers_that_overtake_each_other_park_an_account_as_long_as_the_longest_says)
{
	struct outcome no = {
		.class = OUTCOME_REFUSED, .cause = CAUSE_ACCOUNT, .http_status = 403};
	const usec_t minutes[] = {90, 20};
	struct order out[2];
	struct stage s;

	stage_conf(&s);
	s.conf.account_concurrency = 2;
	stage_start(&s);
	for (int i = 0; i < 2; i++)
		out[i] = stage_begun(&s, CALL_LIKE);
	usec_t wall = s.now.wall;
	for (int i = 0; i < 2; i++) {
		no.park_until = wall + minutes[i] * USEC_MIN;
		stage_outcome(&s, &out[i], &no);
		const struct order *park = stage_find(&s, ORDER_PARK, 0);
		assert_non_null(park);
		assert_int_equal(park->until, wall + 90 * USEC_MIN);
	}
	stage_close(&s);
}
