#include "tests/contract/contract.h"

#include <string.h>

TEST(is_empty_at_first)
{
	struct store *s = maker_open();
	struct store_counts c;
	struct seen seen = {0};
	struct job_filter f = {.limit = 10, .scan_max = 10};
	uint64_t n = 9;

	ok(store_last_id(s, &n));
	assert_int_equal(n, 0);
	ok(store_counts(s, &c));
	assert_int_equal(c.jobs + c.history + c.replies, 0);
	ok(store_each_job(s, see_job, &seen));
	ok(store_each_reply(s, 1, 0, 10, see_reply, &seen));
	list_all(s, f, &seen);
	assert_int_equal(seen.count, 0);
	assert_true(store_has_room(s));
	assert_string_equal(store_words(s), "");
	maker_close(s);
}

TEST(shows_a_transaction_its_own_writes)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct job j = a_job(1, by);
	struct body b = a_body(1);
	struct job_record r;
	uint64_t id, print, pending;
	struct seen seen = {0};

	begin(s);
	ok(store_put_job(s, &j, &b));
	ok(store_get_job(s, 1, &r));
	assert_job(&r.job, &j);
	assert_body(&r.body, &b);
	ok(store_find_key(s, by, b.key, &id, &print));
	assert_int_equal(id, 1);
	j.attempts++;
	ok(store_save_job(s, &j));
	ok(store_get_job(s, 1, &r));
	assert_job(&r.job, &j);
	assert_int_equal(end_job(s, 1, by), 1);
	ok(store_get_job(s, 1, &r));
	assert_true(r.ended);
	ok(store_pending_replies(s, by, &pending));
	assert_int_equal(pending, 1);
	ok(store_each_reply(s, by, 0, 10, see_reply, &seen));
	assert_int_equal(seen.count, 1);
	ok(store_last_id(s, &id));
	assert_int_equal(id, 1);
	commit(s);
	maker_close(s);
}

/* Everything a turn can do, on what put_jobs(1 to 5) left. */
static void do_everything(struct store *s, uint32_t by)
{
	struct job j = a_job(6, by);
	struct body b = a_body(6);
	struct window_kept w = {
		.row = {.owner = 1, .length = 5, .limit = 6}, .family = str_of("f")};
	struct app_row app = {.name = str_of("app")};
	struct account_row account = {.name = str_of("account"), .app = 1};
	uint64_t n;
	uint32_t id;

	ok(store_put_job(s, &j, &b));
	j = a_job(1, by);
	j.priority = 9;
	ok(store_save_job(s, &j));
	ok(store_put_args(s, 1, &b));
	ok(store_put_reply(s, &j, &n));
	(void)end_job(s, 2, by);
	j = a_job(5, by);
	ok(store_revive_job(s, &j));
	ok(store_ack_replies(s, by, 1, &n));
	ok(store_put_window(s, &w));
	ok(store_put_app(s, &app, &id));
	ok(store_put_account(s, &account, &id));
	ok(store_put_agent(s, str_of("new"), &id));
	ok(store_put_username(s, str_of("jack"), str_of("12"), 5));
	ok(store_next_boot(s, &n));
}

static void count_app(void *ctx, const struct app_row *a)
{
	(void)a;
	++*(int *)ctx;
}

static void count_account(void *ctx, const struct account_row *a)
{
	(void)a;
	++*(int *)ctx;
}

static void count_agent(void *ctx, const struct agent_row *a)
{
	(void)a;
	++*(int *)ctx;
}

static void count_window(void *ctx, const struct window_kept *w)
{
	(void)w;
	++*(int *)ctx;
}

static void assert_as_before(struct store *s, uint32_t by)
{
	struct job_record r;
	struct job j = a_job(1, by);
	struct body b = a_body(1);
	struct store_counts c;
	struct seen seen = {0};
	char x_id[STORE_X_ID_MAX];
	uint64_t n, print;
	int rows = 0;

	ok(store_counts(s, &c));
	assert_int_equal(c.jobs, 4);
	assert_int_equal(c.history, 1);
	assert_int_equal(c.replies, 1);
	assert_int_equal(store_get_job(s, 6, &r), ERR_NOT_FOUND);
	assert_int_equal(store_find_key(s, by, a_body(6).key, &n, &print), ERR_NOT_FOUND);
	ok(store_get_job(s, 1, &r));
	assert_job(&r.job, &j);
	assert_body(&r.body, &b);
	ok(store_get_job(s, 2, &r));
	assert_false(r.ended);
	ok(store_get_job(s, 5, &r));
	assert_true(r.ended);
	ok(store_last_id(s, &n));
	assert_int_equal(n, 5);
	ok(store_each_reply(s, by, 0, 10, see_reply, &seen));
	assert_int_equal(seen.count, 1);
	assert_int_equal(store_find_username(s, str_of("jack"), 0, x_id), ERR_NOT_FOUND);
	ok(store_each_app(s, count_app, &rows));
	ok(store_each_account(s, count_account, &rows));
	ok(store_each_window(s, count_window, &rows));
	assert_int_equal(rows, 0);
	ok(store_each_agent(s, count_agent, &rows));
	assert_int_equal(rows, 1);
}

TEST(leaves_nothing_of_what_was_rolled_back)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct store_counts c;
	uint64_t boot = 0;

	put_jobs(s, by, 1, 5);
	begin(s);
	(void)end_job(s, 5, by);
	commit(s);

	begin(s);
	do_everything(s, by);
	store_rollback(s);
	assert_as_before(s, by);
	begin(s);
	do_everything(s, by);
	s = maker_reopen(s);
	assert_as_before(s, by);

	begin(s);
	do_everything(s, by);
	commit(s);
	ok(store_counts(s, &c));
	assert_int_equal(c.jobs, 5);
	assert_int_equal(c.history, 1);
	assert_int_equal(c.replies, 2);
	begin(s);
	ok(store_next_boot(s, &boot));
	assert_int_equal(boot, 2);
	store_rollback(s);
	maker_close(s);
}

TEST(keeps_what_was_committed)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct job want = a_job(2, by);
	struct body body = a_body(2);
	struct ending ending = an_ending(1);
	struct job_record r;
	uint64_t id, print, boot;

	put_jobs(s, by, 1, 2);
	begin(s);
	(void)end_job(s, 1, by);
	ok(store_next_boot(s, &boot));
	commit(s);
	s = maker_reopen(s);

	ok(store_get_job(s, 2, &r));
	assert_job(&r.job, &want);
	assert_body(&r.body, &body);
	assert_false(r.ended);
	ok(store_get_job(s, 1, &r));
	want = a_job(1, by);
	want.state = JOB_DONE;
	body = a_body(1);
	assert_job(&r.job, &want);
	assert_body(&r.body, &body);
	assert_true(r.ended);
	assert_ending(&r.ending, &ending);
	ok(store_find_key(s, by, a_body(1).key, &id, &print));
	assert_int_equal(id, 1);
	assert_true(print == a_body(1).fingerprint);
	ok(store_last_id(s, &id));
	assert_int_equal(id, 2);
	assert_int_equal(agent(s, "a"), by);
	begin(s);
	ok(store_next_boot(s, &boot));
	assert_int_equal(boot, 2);
	commit(s);
	maker_close(s);
}

TEST(refuses_one_operation_and_lets_the_others_be)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct job j = a_job(1, by);
	struct body b = a_body(1);
	struct ending e = an_ending(1);
	uint64_t seq = 77;
	struct store_counts c;

	put_jobs(s, by, 1, 1);
	begin(s);
	assert_int_equal(store_put_job(s, &j, &b), ERR_CONFLICT);
	j.id = 2;
	assert_int_equal(store_put_job(s, &j, &b), ERR_CONFLICT); /* its key */
	assert_int_equal(store_save_job(s, &j), ERR_NOT_FOUND);
	assert_int_equal(store_put_args(s, 2, &b), ERR_NOT_FOUND);
	assert_int_equal(store_revive_job(s, &j), ERR_NOT_FOUND);
	assert_int_equal(store_put_reply(s, &j, &seq), ERR_NOT_FOUND);
	assert_int_equal(store_end_job(s, &j, &e, &seq), ERR_NOT_FOUND);
	j = a_job(3, by + 1);
	b = a_body(3);
	assert_int_equal(store_put_job(s, &j, &b), ERR_NOT_FOUND); /* its agent */
	assert_int_equal(store_ack_replies(s, by + 1, 5, &seq), ERR_NOT_FOUND);
	assert_int_equal(seq, 77);
	j = a_job(2, by);
	b = a_body(2);
	ok(store_put_job(s, &j, &b));
	assert_int_equal(end_job(s, 1, by), 1);
	j.id = 1;
	assert_int_equal(store_save_job(s, &j), ERR_NOT_FOUND); /* it has ended */
	assert_int_equal(store_put_args(s, 1, &b), ERR_NOT_FOUND);
	assert_int_equal(store_put_job(s, &j, &b), ERR_CONFLICT);
	commit(s);
	ok(store_counts(s, &c));
	assert_int_equal(c.jobs, 1);
	assert_int_equal(c.history, 1);
	assert_int_equal(c.replies, 1);
	maker_close(s);
}
