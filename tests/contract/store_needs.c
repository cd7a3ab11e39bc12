/* store_needs.c - contract: which jobs come after which */
#include "common/base/buf.h"
#include "tests/contract/contract.h"

static void add(void *ctx, const struct need_row *r)
{
	static const char *const states[] = {[JOB_READY] = "ready", [JOB_DONE] = "done"};

	assert_true(r->state == JOB_READY || r->state == JOB_DONE);
	buf_fmt(ctx, "%llu after %llu%s, %s\n", (unsigned long long)r->job,
		(unsigned long long)r->need.id, r->need.patient ? " patiently" : "",
		states[r->state]);
}

static void needs_are(struct store *s, uint64_t id, const char *want)
{
	struct buf all;

	buf_init(&all, 4096);
	ok(store_each_need(s, id, add, &all));
	assert_string_equal(buf_cstr(&all), want);
	buf_done(&all);
}

static void open_needs_are(struct store *s, const char *want)
{
	struct buf all;

	buf_init(&all, 4096);
	ok(store_each_open_need(s, add, &all));
	assert_string_equal(buf_cstr(&all), want);
	buf_done(&all);
}

/* Jobs 1 to 3, and a job 4 in `state` that comes after 3 and 1. */
static uint32_t four(struct store *s, enum job_state state)
{
	uint32_t a = agent(s, "a");
	struct job j = a_job(4, a);
	struct body b = a_body(4);

	put_jobs(s, a, 1, 3);
	j.state = (uint8_t)state;
	begin(s);
	ok(store_put_job(s, &j, &b));
	ok(store_put_needs(s, 4, (struct need[]){{3, false}, {1, true}}, 2));
	commit(s);
	return a;
}

TEST(keeps_what_comes_after_what_in_its_order)
{
	struct store *s = maker_open();

	(void)four(s, JOB_WAITING);
	s = maker_reopen(s);
	needs_are(s, 4, "4 after 3, ready\n4 after 1 patiently, ready\n");
	needs_are(s, 3, "");
	open_needs_are(s, "4 after 3, ready\n4 after 1 patiently, ready\n");
	maker_close(s);
}

TEST(undoes_needs_with_their_turn)
{
	struct store *s = maker_open();

	(void)four(s, JOB_WAITING);
	begin(s);
	ok(store_put_needs(s, 2, (struct need[]){{1, false}}, 1));
	store_rollback(s);
	needs_are(s, 2, "");
	maker_close(s);
}

TEST(says_how_the_others_ended)
{
	struct store *s = maker_open();
	uint32_t a = four(s, JOB_HELD);

	begin(s);
	(void)end_job(s, 3, a);
	commit(s);
	s = maker_reopen(s);
	open_needs_are(s, "4 after 3, done\n4 after 1 patiently, ready\n");
	maker_close(s);
}

TEST(has_no_open_needs_of_jobs_that_wait_no_more)
{
	struct store *s = maker_open();
	uint32_t a = four(s, JOB_READY);

	open_needs_are(s, "");
	begin(s);
	(void)end_job(s, 4, a);
	commit(s);
	open_needs_are(s, "");
	needs_are(s, 4, "4 after 3, ready\n4 after 1 patiently, ready\n");
	maker_close(s);
}

TEST(forgets_needs_with_their_job_and_takes_the_forgotten_for_done)
{
	struct store *s = maker_open();
	uint32_t a = four(s, JOB_WAITING), count;
	uint64_t dropped;
	bool more;

	begin(s);
	(void)end_job(s, 1, a);
	ok(store_ack_replies(s, a, 100, &dropped));
	ok(store_prune(s, USEC_NEVER, 100, &count, &more));
	commit(s);
	assert_int_equal(count, 1);
	open_needs_are(s, "4 after 3, ready\n4 after 1 patiently, done\n");
	begin(s);
	(void)end_job(s, 4, a);
	ok(store_ack_replies(s, a, 100, &dropped));
	ok(store_prune(s, USEC_NEVER, 100, &count, &more));
	commit(s);
	needs_are(s, 4, "");
	maker_close(s);
}
