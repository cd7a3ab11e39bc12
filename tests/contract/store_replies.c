#include "tests/contract/contract.h"

TEST(numbers_replies_of_each_agent_without_gaps)
{
	struct store *s = maker_open();
	uint32_t one = agent(s, "one"), two = agent(s, "two");
	struct seen seen = {0};
	uint64_t n = 0;

	put_jobs(s, one, 1, 3);
	put_jobs(s, two, 4, 5);
	begin(s);
	assert_int_equal(end_job(s, 1, one), 1);
	assert_int_equal(end_job(s, 4, two), 1);
	assert_int_equal(end_job(s, 2, one), 2);
	store_rollback(s);
	begin(s);
	assert_int_equal(end_job(s, 2, one), 1);
	assert_int_equal(end_job(s, 5, two), 1);
	assert_int_equal(end_job(s, 3, one), 2);
	commit(s);
	ok(store_pending_replies(s, one, &n));
	assert_int_equal(n, 2);
	ok(store_each_reply(s, one, 0, 10, see_reply, &seen));
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.ids[0], 1);
	assert_int_equal(seen.ids[1], 2);
	ok(store_pending_replies(s, 99, &n));
	assert_int_equal(n, 0);
	maker_close(s);
}

TEST(never_uses_a_seq_again)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct seen seen = {0};
	uint64_t n = 0;

	put_jobs(s, by, 1, 4);
	begin(s);
	(void)end_job(s, 1, by);
	(void)end_job(s, 2, by);
	ok(store_ack_replies(s, by, 2, &n));
	assert_int_equal(n, 2);
	commit(s);
	s = maker_reopen(s);
	begin(s);
	assert_int_equal(end_job(s, 3, by), 3);
	commit(s);
	s = maker_reopen(s);
	begin(s);
	ok(store_ack_replies(s, by, 1000, &n)); /* what it has not had it cannot acknowledge */
	assert_int_equal(n, 1);
	ok(store_ack_replies(s, by, 2, &n));
	assert_int_equal(n, 0);
	assert_int_equal(end_job(s, 4, by), 4);
	commit(s);
	ok(store_each_reply(s, by, 0, 10, see_reply, &seen));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], 4);
	maker_close(s);
}

TEST(gives_replies_in_portions)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct seen seen = {0};
	uint64_t n = 0;

	put_jobs(s, by, 1, 10);
	begin(s);
	for (uint64_t id = 10; id >= 1; id--)
		(void)end_job(s, id, by);
	ok(store_ack_replies(s, by, 3, &n));
	commit(s);
	ok(store_each_reply(s, by, 0, 2, see_reply, &seen));
	ok(store_each_reply(s, by, 5, 100, see_reply, &seen));
	ok(store_each_reply(s, by, 10, 100, see_reply, &seen));
	ok(store_each_reply(s, by, UINT64_MAX, 100, see_reply, &seen));
	assert_int_equal(seen.count, 7);
	for (size_t i = 0; i < seen.count; i++)
		assert_int_equal(seen.ids[i], 4 + i);
	maker_close(s);
}

struct expect {
	size_t count, at;
	struct {
		struct job job;
		bool ended;
		struct body body;
		struct ending ending;
	} list[4];
};

static void compare(void *ctx, const struct reply *r)
{
	struct expect *x = ctx;
	size_t i = x->at++;

	assert_true(i < x->count);
	assert_int_equal(r->seq, i + 1);
	assert_job(&r->record.job, &x->list[i].job);
	assert_body(&r->record.body, &x->list[i].body);
	assert_int_equal(r->record.ended, x->list[i].ended);
	if (r->record.ended)
		assert_ending(&r->record.ending, &x->list[i].ending);
}

TEST(lets_replies_keep_what_they_told)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct job j = a_job(1, by);
	struct body changed = a_body(1);
	struct expect x = {.count = 3};
	uint64_t seq = 0, n;

	put_jobs(s, by, 1, 1);
	begin(s);
	j.state = JOB_UNSURE;
	j.looks = 3;
	x.list[0].job = j;
	x.list[0].body = a_body(1);
	ok(store_put_reply(s, &j, &seq));
	assert_int_equal(seq, 1);
	j = a_job(1, by);
	j.state = JOB_DONE;
	x.list[1].job = j;
	x.list[1].body = a_body(1);
	x.list[1].ended = true;
	x.list[1].ending = an_ending(1);
	assert_int_equal(end_job(s, 1, by), 2);
	commit(s);

	begin(s);
	j = a_job(1, by);
	j.attempts = 77;
	ok(store_revive_job(s, &j));
	changed.args = str_of("other arguments");
	changed.price = 5;
	changed.fingerprint = 6;
	ok(store_put_args(s, 1, &changed));
	assert_int_equal(end_job(s, 1, by), 3);
	commit(s);
	x.list[2] = x.list[1];
	x.list[2].body = changed;

	s = maker_reopen(s);
	ok(store_each_reply(s, by, 0, 10, compare, &x));
	assert_int_equal(x.at, 3);
	begin(s);
	ok(store_ack_replies(s, by, 3, &n));
	assert_int_equal(n, 3);
	commit(s);
	ok(store_each_reply(s, by, 0, 10, compare, &x));
	assert_int_equal(x.at, 3);
	maker_close(s);
}

TEST(copies_nothing_for_a_reply_that_is_gone)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct job j = a_job(1, by);
	struct seen seen = {0};
	uint64_t n;

	put_jobs(s, by, 1, 1);
	begin(s);
	(void)end_job(s, 1, by);
	ok(store_ack_replies(s, by, 1, &n));
	ok(store_revive_job(s, &j));
	commit(s);
	ok(store_each_reply(s, by, 0, 10, see_reply, &seen));
	assert_int_equal(seen.count, 0);
	maker_close(s);
}
