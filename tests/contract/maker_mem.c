#include "tests/contract/contract.h"

#include <string.h>

struct store *maker_open(void)
{
	struct store *s = NULL;

	ok(store_mem_open(&s));
	return s;
}

struct store *maker_reopen(struct store *s)
{
	store_rollback(s);
	return s;
}

void maker_close(struct store *s)
{
	store_free(s);
}

TEST(fails_where_it_is_told_to)
{
	struct store *s = maker_open();
	struct seen seen = {0};
	struct errmsg m;
	uint32_t by = agent(s, "a");
	uint32_t id;

	put_jobs(s, by, 1, 1);
	for (int64_t n = 0; n < 3; n++) {
		struct job j = a_job(2, by);
		struct body b = a_body(2);
		uint64_t seq;
		enum err e;

		begin(s);
		store_mem_fail_after(s, n, ERR_IO);
		e = store_put_job(s, &j, &b);
		assert_int_equal(e, n == 0 ? ERR_IO : ERR_OK);
		e = store_put_reply(s, &j, &seq);
		assert_int_equal(e, n <= 1 ? ERR_IO : ERR_OK);
		assert_int_equal(store_commit(s, &m), ERR_IO);
		assert_non_null(strstr(m.text, "as it was told"));
	}
	ok(store_each_job(s, see_job, &seen));
	assert_int_equal(seen.count, 1);
	begin(s);
	ok(store_put_agent(s, str_of("b"), &id));
	commit(s);
	maker_close(s);
}
