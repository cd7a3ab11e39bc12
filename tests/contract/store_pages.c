/* store_pages.c - contract: what reads of several pages have read so far */
#include "tests/contract/contract.h"

static void put_page(struct store *s, uint64_t job, uint8_t page, const char *response)
{
	struct page_row p = {.job = job,
		.page = page,
		.size = 100 * page,
		.token = str_of(page == 1 ? "one" : "more"),
		.response = str_of(response)};

	ok(store_put_page(s, &p));
}

static void page_is(struct store *s, uint64_t job, uint8_t page, const char *response)
{
	struct page_row p;

	ok(store_get_page(s, job, page, &p));
	assert_int_equal(p.job, job);
	assert_int_equal(p.page, page);
	assert_int_equal(p.size, 100 * page);
	assert_str(p.token, page == 1 ? "one" : "more");
	assert_str(p.response, response);
}

static void no_page(struct store *s, uint64_t job, uint8_t page)
{
	struct page_row p;

	assert_int_equal(store_get_page(s, job, page, &p), ERR_NOT_FOUND);
}

TEST(keeps_the_pages_of_each_job_apart)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");

	put_jobs(s, by, 1, 2);
	begin(s);
	put_page(s, 1, 1, "a");
	put_page(s, 1, 255, "b");
	put_page(s, 2, 1, "");
	commit(s);
	s = maker_reopen(s);
	page_is(s, 1, 1, "a");
	page_is(s, 1, 255, "b");
	page_is(s, 2, 1, "");
	no_page(s, 1, 2);
	begin(s);
	ok(store_drop_pages(s, 1));
	ok(store_drop_pages(s, 77));
	commit(s);
	no_page(s, 1, 1);
	no_page(s, 1, 255);
	page_is(s, 2, 1, "");
	maker_close(s);
}

TEST(undoes_a_page_with_its_turn)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a");

	put_jobs(s, by, 1, 1);
	begin(s);
	put_page(s, 1, 1, "a");
	store_rollback(s);
	no_page(s, 1, 1);
	begin(s);
	put_page(s, 1, 1, "a");
	commit(s);
	page_is(s, 1, 1, "a");
	maker_close(s);
}

TEST(forgets_pages_with_their_job)
{
	struct store *s = maker_open();
	uint32_t by = agent(s, "a"), count;
	uint64_t dropped;
	bool more;

	put_jobs(s, by, 1, 2);
	begin(s);
	put_page(s, 1, 1, "a");
	put_page(s, 2, 1, "b");
	(void)end_job(s, 1, by);
	commit(s);
	page_is(s, 1, 1, "a"); /* it may be brought back, and go on */
	begin(s);
	ok(store_ack_replies(s, by, 100, &dropped));
	ok(store_prune(s, USEC_NEVER, 100, &count, &more));
	commit(s);
	assert_int_equal(count, 1);
	no_page(s, 1, 1);
	page_is(s, 2, 1, "b");
	maker_close(s);
}

struct told {
	uint32_t by;
	unsigned count;
};

/* First the reply of a page, then that of the end. */
static void see_told(void *ctx, const struct reply *r)
{
	struct told *t = ctx;
	struct job j = a_job(1, t->by);
	struct body b = a_body(1);
	struct ending e = an_ending(t->count ? 1 : 7);

	assert_int_equal(r->seq, ++t->count);
	assert_true(r->record.ended);
	j.pages = 3;
	j.page = (uint8_t)t->count;
	j.state = t->count == 1 ? JOB_READY : JOB_DONE;
	assert_job(&r->record.job, &j);
	assert_body(&r->record.body, &b);
	assert_ending(&r->record.ending, &e);
}

TEST(tells_of_one_page_and_keeps_what_it_told)
{
	struct store *s = maker_open();
	struct told t = {.by = agent(s, "a")};
	struct job j = a_job(1, t.by), other = a_job(2, t.by);
	struct ending page = an_ending(7), end = an_ending(1);
	uint64_t seq = 0;

	put_jobs(s, t.by, 1, 1);
	begin(s);
	j.pages = 3;
	j.page = 1;
	j.state = JOB_READY;
	ok(store_save_job(s, &j));
	ok(store_tell_page(s, &j, &page, &seq));
	assert_int_equal(seq, 1);
	j.page = 2;
	j.state = JOB_DONE;
	ok(store_end_job(s, &j, &end, &seq));
	assert_int_equal(seq, 2);
	assert_int_equal(store_tell_page(s, &j, &page, &seq), ERR_NOT_FOUND); /* it has ended */
	assert_int_equal(store_tell_page(s, &other, &page, &seq), ERR_NOT_FOUND);
	commit(s);
	s = maker_reopen(s);
	ok(store_each_reply(s, t.by, 0, 10, see_told, &t));
	assert_int_equal(t.count, 2);
	maker_close(s);
}
