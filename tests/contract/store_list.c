#include "tests/contract/contract.h"

#include <string.h>

static const struct job_filter all = {.limit = 7, .scan_max = 1000};

/* Jobs 1 to 60 of two agents; every third has ended, every tenth is unsure. */
static struct store *with_jobs(uint32_t *ret_one, uint32_t *ret_two)
{
	struct store *s = maker_open();

	*ret_one = agent(s, "one");
	*ret_two = agent(s, "two");
	put_jobs(s, *ret_one, 1, 30);
	put_jobs(s, *ret_two, 31, 60);
	begin(s);
	for (uint64_t id = 1; id <= 60; id++) {
		struct job j = a_job(id, id <= 30 ? *ret_one : *ret_two);

		if (id % 3 == 0)
			(void)end_job(s, id, j.agent);
		else if (id % 10 == 0) {
			j.state = JOB_UNSURE;
			ok(store_save_job(s, &j));
		}
	}
	commit(s);
	return s;
}

static bool is_text(const struct body *b, const char *text)
{
	return memmem(b->args.at, b->args.len, text, strlen(text)) != NULL;
}

static bool has_tag(uint64_t id)
{
	return id % 3 == 0;
}

/* Compares a list with what the same question gives job by job. */
static void assert_list(struct store *s, struct job_filter f, bool (*fits)(uint64_t id))
{
	struct seen seen;
	size_t at = 0;

	list_all(s, f, &seen);
	for (uint64_t id = 60; id >= 1; id--) {
		if (!fits(id))
			continue;
		assert_true(at < seen.count);
		assert_int_equal(seen.ids[at], id);
		assert_int_equal(seen.ended[at], id % 3 == 0);
		at++;
	}
	assert_int_equal(at, seen.count);
}

static bool any(uint64_t id)
{
	return id > 0;
}

static bool of_two(uint64_t id)
{
	return id > 30;
}

static bool of_account_2(uint64_t id)
{
	return a_job(id, 1).account == 2;
}

static bool is_done(uint64_t id)
{
	return id % 3 == 0;
}

static bool is_unsure(uint64_t id)
{
	return id % 3 != 0 && id % 10 == 0;
}

static bool is_ready_post_of_two(uint64_t id)
{
	return id > 30 && id % 3 != 0 && id % 10 != 0 && id % 2 == 1;
}

static bool in_spring(uint64_t id)
{
	return id % 5 == 0;
}

static bool has_text_5(uint64_t id)
{
	struct body b = a_body(id);

	return is_text(&b, "hello 5");
}

static bool never(uint64_t id)
{
	return id == 0;
}

TEST(lists_by_each_filter)
{
	uint32_t one, two;
	struct store *s = with_jobs(&one, &two);
	struct job_filter f = all;

	assert_list(s, f, any);
	f.agent = two;
	assert_list(s, f, of_two);
	f.by_state = true;
	f.state = JOB_READY;
	f.action = str_of("post");
	assert_list(s, f, is_ready_post_of_two);
	f = all;
	f.account = 2;
	assert_list(s, f, of_account_2);
	f = all;
	f.by_state = true;
	f.state = JOB_DONE;
	assert_list(s, f, is_done);
	f.state = JOB_UNSURE;
	assert_list(s, f, is_unsure);
	f.state = JOB_HELD;
	assert_list(s, f, never);
	f.state = JOB_EXPIRED;
	assert_list(s, f, never);
	f = all;
	f.batch = str_of("spring");
	assert_list(s, f, in_spring);
	f = all;
	f.tag = str_of("blue");
	assert_list(s, f, has_tag);
	f.tag = str_of("blu");
	assert_list(s, f, never);
	f.tag = str_of("red\nblue");
	assert_list(s, f, has_tag);
	f = all;
	f.text = str_of("hello 5");
	assert_list(s, f, has_text_5);
	f.text = str_of("absent");
	assert_list(s, f, never);
	maker_close(s);
}

TEST(looks_at_no_more_rows_than_it_may)
{
	uint32_t one, two;
	struct store *s = with_jobs(&one, &two);
	struct job_filter f = {.limit = 5, .scan_max = 10, .text = str_of("hello 12")};
	struct seen seen = {0};

	ok(store_list(s, &f, see_record, &seen, &f.before));
	assert_int_equal(seen.count, 0);
	assert_int_equal(f.before, 51);
	list_all(s, f, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.ids[0], 12);
	maker_close(s);
}

TEST(lists_all_there_was_once_while_more_comes)
{
	uint32_t one, two;
	struct store *s = with_jobs(&one, &two);
	struct job_filter f = {.limit = 4, .scan_max = 9};
	struct seen seen = {0};
	uint64_t next = 61;

	do {
		ok(store_list(s, &f, see_record, &seen, &f.before));
		put_jobs(s, one, next, next + 2);
		next += 3;
	} while (f.before);
	assert_int_equal(seen.count, 60);
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(seen.ids[i], 60 - i);
	maker_close(s);
}

static void first(void *ctx, const struct job_record *r)
{
	struct body want = a_body(r->job.id);
	struct ending ending = an_ending(r->job.id);

	assert_body(&r->body, &want);
	if (r->ended)
		assert_ending(&r->ending, &ending);
	++*(int *)ctx;
}

TEST(lists_whole_records)
{
	uint32_t one, two;
	struct store *s = with_jobs(&one, &two);
	struct job_filter f = {.limit = 60, .scan_max = 60};
	uint64_t cursor;
	int count = 0;

	ok(store_list(s, &f, first, &count, &cursor));
	assert_int_equal(count, 60);
	maker_close(s);
}
