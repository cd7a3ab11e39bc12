#include "tests/contract/contract.h"

#include <stdio.h>
#include <string.h>

TEST(keeps_every_field_of_a_job)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct body b = a_body(1);
	struct job_record r;
	struct job most = {
		.id = 1,
		.lease = INT64_MAX,
		.not_before = INT64_MAX,
		.expires_at = USEC_NEVER,
		.begun_at = INT64_MAX,
		.price = UINT32_MAX,
		.unit = UINT32_MAX,
		.cost = UINT32_MAX,
		.agent = by,
		.account = UINT32_MAX,
		.call = CALL_COUNT - 1,
		.state = JOB_UNSURE,
		.priority = UINT8_MAX,
		.attempts = UINT8_MAX,
		.max_attempts = UINT8_MAX,
		.flags = UINT8_MAX,
		.looks = UINT8_MAX,
	};
	struct job least = {.id = 2, .agent = by, .account = 1};

	begin(s);
	ok(store_put_job(s, &most, &b));
	b = (struct body){.fingerprint = UINT64_MAX, .price = -1};
	ok(store_put_job(s, &least, &b));
	commit(s);
	s = maker_reopen(s);
	ok(store_get_job(s, 1, &r));
	assert_job(&r.job, &most);
	ok(store_get_job(s, 2, &r));
	assert_job(&r.job, &least);
	assert_body(&r.body, &b);
	maker_close(s);
}

TEST(keeps_bytes_as_they_are)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	static char big[300000];
	struct job j = a_job(1, by);
	struct body b = a_body(1), have;
	char every[256];

	for (size_t i = 0; i < sizeof(every); i++)
		every[i] = (char)i;
	memset(big, 0xfe, sizeof(big));
	b.key = (struct str){every, sizeof(every)};
	b.meta = (struct str){every, sizeof(every)};
	b.args = (struct str){big, sizeof(big)};
	begin(s);
	ok(store_put_job(s, &j, &b));
	commit(s);
	s = maker_reopen(s);
	ok(store_get_body(s, 1, &have));
	assert_body(&have, &b);
	assert_int_equal(store_get_body(s, 2, &have), ERR_NOT_FOUND);
	maker_close(s);
}

TEST(gives_jobs_that_have_not_ended_by_id)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct seen seen = {0};

	put_jobs(s, by, 1, 50);
	begin(s);
	for (uint64_t id = 2; id <= 50; id += 2)
		(void)end_job(s, id, by);
	commit(s);
	s = maker_reopen(s);
	ok(store_each_job(s, see_job, &seen));
	assert_int_equal(seen.count, 25);
	for (size_t i = 0; i < seen.count; i++)
		assert_int_equal(seen.ids[i], 2 * i + 1);
	maker_close(s);
}

static void see_next(void *ctx, const struct job *j)
{
	uint64_t *last = ctx;

	assert_int_equal(j->id, *last + 1);
	*last = j->id;
}

/* A store may read them in portions. */
TEST(gives_thousands_of_jobs_by_id_and_none_twice)
{
	static const uint64_t counts[] = {1023, 1024, 1025, 2048, 3000};
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	uint64_t have = 0;

	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		uint64_t last = 0;

		put_jobs(s, by, have + 1, counts[i]);
		have = counts[i];
		ok(store_each_job(s, see_next, &last));
		assert_int_equal(last, have);
	}
	maker_close(s);
}

TEST(changes_arguments_of_a_job)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct body want = a_body(1), have;
	uint64_t id, print;

	put_jobs(s, by, 1, 1);
	begin(s);
	want.args = str_of("other");
	want.price = 99;
	want.fingerprint = 98;
	ok(store_put_args(s, 1, &want));
	commit(s);
	ok(store_get_body(s, 1, &have));
	assert_body(&have, &want);
	ok(store_find_key(s, by, want.key, &id, &print));
	assert_int_equal(print, 98);
	maker_close(s);
}

TEST(knows_keys_of_each_agent_apart)
{
	struct store *s = maker_open();
	uint32_t one = agent(s, "one"), two = agent(s, "two");
	struct job j = a_job(2, two);
	struct body b = a_body(1);
	uint64_t id = 0, print = 0;

	put_jobs(s, one, 1, 1);
	begin(s);
	ok(store_put_job(s, &j, &b));
	j.id = 3;
	b.key = str_of("");
	ok(store_put_job(s, &j, &b));
	j.id = 4;
	ok(store_put_job(s, &j, &b)); /* no key is no one's key */
	commit(s);
	b = a_body(1);
	ok(store_find_key(s, one, b.key, &id, &print));
	assert_int_equal(id, 1);
	ok(store_find_key(s, two, b.key, &id, &print));
	assert_int_equal(id, 2);
	assert_int_equal(store_find_key(s, one, str_of("key-"), &id, &print), ERR_NOT_FOUND);
	assert_int_equal(store_find_key(s, one, str_of(""), &id, &print), ERR_NOT_FOUND);
	assert_int_equal(store_find_key(s, 3, b.key, &id, &print), ERR_NOT_FOUND);
	maker_close(s);
}

TEST(finds_who_made_something_at_x)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct ending e = an_ending(1);
	struct job j = a_job(1, by);
	uint64_t id = 0, seq;

	put_jobs(s, by, 1, 8);
	begin(s);
	(void)end_job(s, 1, by);
	(void)end_job(s, 2, by);
	j = a_job(4, by); /* the same account as 1 */
	j.state = JOB_DONE;
	ok(store_end_job(s, &j, &e, &seq));
	commit(s);
	ok(store_find_x_id(s, a_job(1, by).account, e.x_id, &id));
	assert_int_equal(id, 4);
	assert_int_equal(store_find_x_id(s, a_job(2, by).account, e.x_id, &id), ERR_NOT_FOUND);
	assert_int_equal(
		store_find_x_id(s, a_job(2, by).account, str_of(""), &id), ERR_NOT_FOUND);
	begin(s);
	j = a_job(4, by);
	ok(store_revive_job(s, &j));
	commit(s);
	ok(store_find_x_id(s, j.account, e.x_id, &id));
	assert_int_equal(id, 1);
	maker_close(s);
}

TEST(brings_an_ended_job_back)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct job j = a_job(1, by);
	struct body b = a_body(1);
	struct job_record r;
	struct store_counts c;
	uint64_t id, print;

	put_jobs(s, by, 1, 1);
	begin(s);
	(void)end_job(s, 1, by);
	j.attempts = 0;
	j.state = JOB_READY;
	ok(store_revive_job(s, &j));
	assert_int_equal(store_revive_job(s, &j), ERR_NOT_FOUND);
	commit(s);
	ok(store_get_job(s, 1, &r));
	assert_false(r.ended);
	assert_job(&r.job, &j);
	assert_body(&r.body, &b);
	ok(store_find_key(s, by, b.key, &id, &print));
	ok(store_counts(s, &c));
	assert_int_equal(c.jobs, 1);
	assert_int_equal(c.history, 0);
	begin(s);
	assert_int_equal(end_job(s, 1, by), 2);
	commit(s);
	maker_close(s);
}

TEST(forgets_old_jobs_and_their_keys)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	struct job_record r;
	uint64_t id, print, n;
	uint32_t count = 0;
	bool more = true;

	put_jobs(s, by, 1, 10);
	begin(s);
	for (uint64_t i = 1; i <= 8; i++)
		(void)end_job(s, i, by);
	ok(store_ack_replies(s, by, 6, &n));
	commit(s);

	/* 7 and 8 have replies that wait; 5 and 6 are too young; 9 and 10 have not ended. */
	begin(s);
	ok(store_prune(s, an_ending(5).finished_at, 100, &count, &more));
	assert_int_equal(count, 4);
	assert_false(more);
	commit(s);
	assert_int_equal(store_get_job(s, 4, &r), ERR_NOT_FOUND);
	assert_int_equal(store_find_key(s, by, a_body(4).key, &id, &print), ERR_NOT_FOUND);
	assert_int_equal(store_find_x_id(s, a_job(3, by).account, an_ending(3).x_id, &id),
		ERR_NOT_FOUND);
	ok(store_get_job(s, 5, &r));
	begin(s);
	ok(store_prune(s, USEC_NEVER, 100, &count, &more));
	assert_int_equal(count, 2);
	ok(store_ack_replies(s, by, 8, &n));
	ok(store_prune(s, USEC_NEVER, 100, &count, &more));
	assert_int_equal(count, 2);
	commit(s);
	ok(store_last_id(s, &id));
	assert_int_equal(id, 10);
	s = maker_reopen(s);
	ok(store_last_id(s, &id));
	assert_int_equal(id, 10);
	maker_close(s);
}

TEST(forgets_in_portions)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");
	uint32_t count = 0, sum = 0, calls = 0;
	uint64_t n;
	bool more = true;
	struct store_counts c;

	put_jobs(s, by, 1, 300);
	begin(s);
	for (uint64_t id = 1; id <= 300; id++)
		(void)end_job(s, id, by);
	ok(store_ack_replies(s, by, 200, &n));
	commit(s);
	for (; more; calls++) {
		begin(s);
		ok(store_prune(s, USEC_NEVER, 70, &count, &more));
		assert_true(count <= 70);
		commit(s);
		sum += count;
	}
	assert_int_equal(sum, 200);
	assert_int_equal(calls, 5);
	ok(store_counts(s, &c));
	assert_int_equal(c.history, 100);
	begin(s);
	ok(store_ack_replies(s, by, 300, &n));
	ok(store_prune(s, USEC_NEVER, 1000, &count, &more));
	assert_int_equal(count, 100);
	commit(s);
	maker_close(s);
}

TEST(never_gives_a_number_of_a_forgotten_job_again)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a"), count = 0;
	uint64_t n = 0;
	bool more;

	put_jobs(s, by, 7, 7);
	begin(s);
	(void)end_job(s, 7, by);
	ok(store_ack_replies(s, by, 1, &n));
	ok(store_prune(s, USEC_NEVER, 10, &count, &more));
	assert_int_equal(count, 1);
	commit(s);
	s = maker_reopen(s);
	ok(store_last_id(s, &n));
	assert_int_equal(n, 7);
	maker_close(s);
}

/* --- marks --- */

struct marks {
	char text[400];
};

static void see_mark(void *ctx, const struct mark_row *r)
{
	struct marks *all = ctx;
	size_t at = strlen(all->text);

	(void)snprintf(all->text + at, sizeof(all->text) - at, "%d %u %s %lld %.*s\n",
		(int)r->id, r->account, r->done ? "done" : "waits", (long long)r->at,
		STR_ARG(r->mark));
}

static void put_marked(struct store *s, uint64_t id, uint32_t by, const char *mark)
{
	struct job j = a_job(id, by);
	struct body b = a_body(id);

	j.not_before = (usec_t)id * 100;
	b.mark = str_of(mark);
	ok(store_put_job(s, &j, &b));
}

static void end_marked(
	struct store *s, uint64_t id, uint32_t by, enum job_state state, usec_t at)
{
	struct job j = a_job(id, by);
	struct ending e = an_ending(id);
	uint64_t seq;

	j.state = (uint8_t)state;
	e.finished_at = at;
	ok(store_end_job(s, &j, &e, &seq));
}

TEST(gives_the_marks_of_jobs_that_wait_and_of_those_done_lately)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "ann");
	struct marks all = {""};
	struct body other = a_body(2);

	begin(s);
	for (uint64_t id = 1; id <= 7; id++)
		put_marked(s, id, by, id == 3 ? "" : "mark");
	other.mark = str_of("another");
	ok(store_put_args(s, 2, &other));
	end_marked(s, 4, by, JOB_DONE, 5000);
	end_marked(s, 5, by, JOB_DONE, 4000);
	end_marked(s, 6, by, JOB_FAILED, 5000);
	end_marked(s, 7, by, JOB_DONE, 3999);
	commit(s);
	ok(store_each_mark(s, 4000, see_mark, &all));
	assert_string_equal(all.text, "1 2 waits 100 mark\n2 3 waits 200 another\n"
				      "5 3 done 4000 mark\n4 2 done 5000 mark\n");
	maker_close(s);
}
