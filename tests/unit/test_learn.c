/* test_learn.c - what the headers of X's answers change, and what they do not */
#include <string.h>

#include "tests/lib/test.h"
#include "tests/unit/stage.h"

/* A window of an account or app, as the core has it. */
struct wanted {
	const struct stage *s;
	const char *family;
	uint8_t scope;
	usec_t length;
	struct window found;
	bool is_found;
};

static void find(void *ctx, const struct window *w)
{
	struct wanted *f = ctx;

	if (w->row.scope != f->scope || w->row.length != f->length ||
		strcmp(limits_family(f->s->limits, w->row.family), f->family) != 0)
		return;
	f->found = *w;
	f->is_found = true;
}

static struct window window(
	const struct stage *s, const char *family, enum limit_scope scope, usec_t length)
{
	struct wanted f = {.s = s, .family = family, .scope = (uint8_t)scope, .length = length};

	core_each_window(s->core, 1, find, &f);
	assert_true(f.is_found);
	return f.found;
}

/* A post is made; its answer's headers name `limit` and `remaining` in a group. */
static void hears(struct stage *s, enum call call, enum outcome_class class,
	enum rate_group group, struct rate_seen seen)
{
	struct order a = stage_begun(s, call);
	struct outcome o = {.class = class, .http_status = 201, .x_id = "1"};

	if (class == OUTCOME_REFUSED)
		o.cause = CAUSE_FORBIDDEN;
	if (class == OUTCOME_LIMITED)
		o.cause = CAUSE_RATE;
	o.rate[group] = seen;
	stage_outcome(s, &a, &o);
}

#define POSTS "POST /2/tweets"

TEST(the_endpoints_headers_speak_of_the_accounts_own_short_window)
{
	struct stage s;

	stage_open(&s);
	usec_t reset = s.now.wall + 10 * USEC_MIN;
	hears(&s, CALL_CREATE_POST, OUTCOME_DONE, RATE_ENDPOINT,
		(struct rate_seen){3, 1, reset});
	struct window w = window(&s, POSTS, LIMIT_ACCOUNT, 15 * USEC_MIN);
	assert_int_equal(w.row.limit, 3);
	assert_int_equal(w.row.used, 2);
	assert_int_equal(core_counts(s.core).drift, 1);
	assert_int_equal(window(&s, POSTS, LIMIT_APP, USEC_DAY).row.limit, 8);
	stage_close(&s);
}

TEST(of_several_of_its_own_the_one_with_that_limit_is_meant)
{
	struct stage s;

	stage_open(&s);
	hears(&s, CALL_LIKE, OUTCOME_DONE, RATE_ENDPOINT,
		(struct rate_seen){100, 40, s.now.wall + USEC_HOUR});
	const char *likes = "POST /2/users/{id}/likes";
	assert_int_equal(window(&s, likes, LIMIT_ACCOUNT, USEC_DAY).row.used, 60);
	assert_int_equal(window(&s, likes, LIMIT_ACCOUNT, 15 * USEC_MIN).row.used, 1);
	assert_int_equal(core_counts(s.core).drift, 0);
	stage_close(&s);
}

TEST(the_days_headers_speak_of_a_day_of_that_scope)
{
	struct stage s;

	stage_open(&s);
	hears(&s, CALL_CREATE_POST, OUTCOME_DONE, RATE_APP_DAY,
		(struct rate_seen){8, 2, s.now.wall + USEC_HOUR});
	assert_int_equal(window(&s, POSTS, LIMIT_APP, USEC_DAY).row.used, 6);
	hears(&s, CALL_LIKE, OUTCOME_DONE, RATE_USER_DAY,
		(struct rate_seen){50, 20, s.now.wall + USEC_HOUR});
	struct window w = window(&s, "POST /2/users/{id}/likes", LIMIT_ACCOUNT, USEC_DAY);
	assert_int_equal(w.row.limit, 50);
	assert_int_equal(w.row.used, 30);
	stage_close(&s);
}

/* The account's posts and reposts of a day are one group; a header about posts alone names
 * another limit, and is not about the group. */
TEST(a_day_that_the_call_shares_with_others_is_corrected_only_by_its_own_limit)
{
	static const char rows[] = "method,path,scope,limit,window_seconds,tier,source\n"
				   "POST,/2/tweets,user,5,900,ppu,test\n"
				   "POST,/2/users/{id}/retweets,user,5,900,ppu,test\n";
	static const char groups[] =
		"group,method,path,scope,limit,window_seconds,source\n"
		"account_posts,POST,/2/tweets,user,240,86400,test\n"
		"account_posts,POST,/2/users/{id}/retweets,user,240,86400,test\n";
	struct stage s;
	struct limits *own;

	stage_conf(&s);
	assert_int_equal(limits_parse(str_of(rows), str_of(groups), &own, &s.words), ERR_OK);
	stage_start(&s);
	core_free(s.core);
	limits_free(s.limits);
	s.limits = own;
	s.conf.limits = own;
	s.core = core_new(&s.conf);
	stage_restart(&s, NULL, 0);
	stage_worker(&s, 1, 16);
	hears(&s, CALL_CREATE_POST, OUTCOME_DONE, RATE_USER_DAY,
		(struct rate_seen){17, 3, s.now.wall + USEC_HOUR});
	struct window w = window(&s, "account_posts", LIMIT_ACCOUNT, USEC_DAY);
	assert_int_equal(w.row.limit, 240);
	assert_int_equal(w.row.used, 1);
	assert_int_equal(core_counts(s.core).drift, 0);
	hears(&s, CALL_CREATE_POST, OUTCOME_DONE, RATE_USER_DAY,
		(struct rate_seen){240, 200, s.now.wall + USEC_HOUR});
	assert_int_equal(window(&s, "account_posts", LIMIT_ACCOUNT, USEC_DAY).row.used, 40);
	stage_close(&s);
}

TEST(a_refusal_for_another_reason_is_believed_only_about_the_known_limit)
{
	struct stage s;

	stage_open(&s);
	usec_t reset = s.now.wall + 10 * USEC_MIN;
	hears(&s, CALL_CREATE_POST, OUTCOME_REFUSED, RATE_ENDPOINT,
		(struct rate_seen){900, 0, reset});
	assert_int_equal(window(&s, POSTS, LIMIT_ACCOUNT, 15 * USEC_MIN).row.limit, 5);
	hears(&s, CALL_CREATE_POST, OUTCOME_REFUSED, RATE_ENDPOINT,
		(struct rate_seen){5, 1, reset});
	assert_int_equal(window(&s, POSTS, LIMIT_ACCOUNT, 15 * USEC_MIN).row.used, 4);
	stage_close(&s);
}

TEST(headers_that_did_not_come_change_nothing)
{
	struct stage s;

	stage_open(&s);
	hears(&s, CALL_CREATE_POST, OUTCOME_DONE, RATE_ENDPOINT, (struct rate_seen){0, 0, 0});
	assert_int_equal(window(&s, POSTS, LIMIT_ACCOUNT, 15 * USEC_MIN).row.limit, 5);
	assert_int_equal(window(&s, POSTS, LIMIT_ACCOUNT, 15 * USEC_MIN).row.used, 1);
	stage_close(&s);
}

TEST(after_a_429_the_job_waits_until_the_latest_of_the_resets_that_are_named)
{
	struct stage s;
	struct verdict v;

	stage_open(&s);
	struct order a = stage_begun(&s, CALL_CREATE_POST);
	struct outcome o = {.class = OUTCOME_LIMITED, .cause = CAUSE_RATE, .http_status = 429};
	o.rate[RATE_ENDPOINT] = (struct rate_seen){5, 0, s.now.wall + 5 * USEC_MIN};
	o.rate[RATE_APP_DAY] = (struct rate_seen){8, 0, s.now.wall + 2 * USEC_HOUR};
	stage_outcome(&s, &a, &o);
	assert_int_equal(core_verdict(s.core, a.job.id, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_WINDOW);
	assert_int_equal(v.until, s.now.wall + 2 * USEC_HOUR + USEC_SEC);
	stage_close(&s);
}

TEST(a_429_that_names_no_reset_closes_the_window_for_a_while)
{
	struct stage s;
	struct verdict v;

	stage_open(&s);
	hears(&s, CALL_CREATE_POST, OUTCOME_LIMITED, RATE_ENDPOINT,
		(struct rate_seen){0, 0, 0});
	assert_int_equal(core_verdict(s.core, s.last_id, s.now, &v), ERR_OK);
	assert_int_equal(v.blocker, BLOCKER_WINDOW);
	assert_true(v.until > s.now.wall && v.until <= s.now.wall + 15 * USEC_MIN + USEC_SEC);
	stage_close(&s);
}

/* A worker that was cut off brings its 429 when the window it speaks of is over. */
TEST(a_429_of_a_window_that_is_over_closes_no_other)
{
	struct stage s;
	struct outcome o = {.class = OUTCOME_LIMITED, .cause = CAUSE_RATE, .http_status = 429};

	stage_open(&s);
	struct order a = stage_begun(&s, CALL_CREATE_POST);
	o.rate[RATE_ENDPOINT] = (struct rate_seen){5, 0, s.now.wall + USEC_MIN};
	stage_wait(&s, USEC_MIN + 2 * USEC_SEC);
	stage_outcome(&s, &a, &o);
	stage_wait(&s, 3 * USEC_SEC);
	a = stage_assigned(&s, a.job.id);
	/* over and over again: it is not asked more and more */
	for (usec_t wait = 8 * USEC_SEC; wait <= 128 * USEC_SEC; wait *= 4) {
		assert_true(stage_begin(&s, &a));
		o.rate[RATE_ENDPOINT].resets_at = s.now.wall - 2 * USEC_SEC;
		stage_outcome(&s, &a, &o);
		stage_wait(&s, wait - USEC_SEC);
		stage_orders(&s);
		assert_null(stage_find(&s, ORDER_ASSIGN, a.job.id));
		stage_wait(&s, 2 * USEC_SEC);
		a = stage_assigned(&s, a.job.id);
	}
	stage_close(&s);
}

/* X's number may be lower than the table's: the first answer says so before a second is asked.
 */
TEST(the_first_call_of_a_window_goes_alone_until_x_has_spoken)
{
	struct stage s;

	stage_conf(&s);
	s.conf.table_is_true = false;
	stage_start(&s);
	uint64_t first = stage_enqueue(&s, CALL_GET_POST);
	for (int i = 0; i < 3; i++)
		(void)stage_enqueue(&s, CALL_GET_POST);
	struct order a = stage_assigned(&s, first);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	stage_outcome(&s, &a,
		&(struct outcome){.class = OUTCOME_DONE,
			.http_status = 200,
			.rate[RATE_ENDPOINT] = {3, 2, s.now.wall + 10 * USEC_MIN}});
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 2); /* of the three that wait */
	stage_close(&s);
}
