/* store_media.c - bytes of agents, and what X has of them */
#include <string.h>

#include "tests/contract/contract.h"

static struct media_row a_medium(uint32_t agent, unsigned char n)
{
	struct media_row r = {
		.agent = agent,
		.name = str_of("cat.png"),
		.type = str_of("image/png"),
		.size = 1000 + n,
		.used_at = 77 * USEC_SEC + n,
	};

	memset(r.hash, n, sizeof(r.hash));
	return r;
}

static struct upload_row an_upload(uint32_t account, unsigned char n)
{
	struct upload_row r = {
		.account = account,
		.x_id = str_of("1900000000000000001"),
		.state = 2,
		.parts = n,
		.started_at = 1,
		.check_at = 2,
		.expires_at = n * USEC_SEC,
	};

	memset(r.key, n, sizeof(r.key));
	return r;
}

struct order {
	size_t count;
	uint32_t agents[8];
	unsigned char hashes[8];
};

static void note(void *ctx, const struct media_row *r)
{
	struct order *o = ctx;

	assert_true(o->count < COUNT_OF(o->agents));
	o->agents[o->count] = r->agent;
	o->hashes[o->count++] = r->hash[0];
}

static void put_media(struct store *s, uint32_t agent, unsigned char n)
{
	struct media_row r = a_medium(agent, n);

	ok(store_put_media(s, &r));
}

static void put_upload(struct store *s, uint32_t account, unsigned char n)
{
	struct upload_row r = an_upload(account, n);

	ok(store_put_upload(s, &r));
}

TEST(keeps_who_sent_which_bytes)
{
	struct store *s = maker_open();
	struct media_row want = a_medium(1, 7), r;

	begin(s);
	put_media(s, 1, 7);
	commit(s);
	s = maker_reopen(s);
	ok(store_find_media(s, 1, want.hash, &r));
	assert_str(r.name, "cat.png");
	assert_str(r.type, "image/png");
	assert_int_equal(r.size, 1007);
	assert_int_equal(r.used_at, want.used_at);
	assert_memory_equal(r.hash, want.hash, sizeof(r.hash));
	assert_int_equal(store_find_media(s, 2, want.hash, &r), ERR_NOT_FOUND);
	maker_close(s);
}

TEST(keeps_one_row_for_an_agent_and_a_hash)
{
	struct store *s = maker_open();
	struct media_row again = a_medium(1, 7), r;

	begin(s);
	put_media(s, 1, 7);
	again.used_at = 99;
	again.name = str_of("dog.png");
	ok(store_put_media(s, &again));
	commit(s);
	struct order seen = {0};
	ok(store_each_media(s, note, &seen));
	assert_int_equal(seen.count, 1);
	ok(store_find_media(s, 1, again.hash, &r));
	assert_str(r.name, "dog.png");
	assert_int_equal(r.used_at, 99);
	maker_close(s);
}

TEST(tells_bytes_in_order_and_forgets_one)
{
	struct store *s = maker_open();
	struct media_row gone = a_medium(1, 9);
	struct order seen = {0};

	begin(s);
	put_media(s, 2, 3);
	put_media(s, 1, 9);
	put_media(s, 1, 4);
	commit(s);
	ok(store_each_media(s, note, &seen));
	assert_int_equal(seen.count, 3);
	assert_int_equal(seen.agents[0], 1);
	assert_int_equal(seen.hashes[0], 4);
	assert_int_equal(seen.hashes[1], 9);
	assert_int_equal(seen.agents[2], 2);

	int64_t files, bytes;
	ok(store_sum_media(s, 1, &files, &bytes));
	assert_int_equal(files, 2);
	assert_int_equal(bytes, 1009 + 1004);
	ok(store_sum_media(s, 3, &files, &bytes));
	assert_int_equal(files + bytes, 0);

	begin(s);
	ok(store_drop_media(s, 1, gone.hash));
	ok(store_drop_media(s, 1, gone.hash));
	ok(store_sum_media(s, 1, &files, &bytes));
	assert_int_equal(files, 1);
	assert_int_equal(bytes, 1004);
	commit(s);
	seen.count = 0;
	ok(store_each_media(s, note, &seen));
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.hashes[1], 3);
	maker_close(s);
}

TEST(keeps_what_x_has_of_a_medium)
{
	struct store *s = maker_open();
	struct upload_row want = an_upload(5, 6), r;

	begin(s);
	put_upload(s, 5, 6);
	want.parts = 12;
	want.state = 3;
	ok(store_put_upload(s, &want));
	commit(s);
	s = maker_reopen(s);
	ok(store_find_upload(s, 5, want.key, &r));
	assert_str(r.x_id, "1900000000000000001");
	assert_int_equal(r.state, 3);
	assert_int_equal(r.parts, 12);
	assert_int_equal(r.started_at, 1);
	assert_int_equal(r.check_at, 2);
	assert_int_equal(r.expires_at, 6 * USEC_SEC);
	assert_int_equal(store_find_upload(s, 4, want.key, &r), ERR_NOT_FOUND);
	maker_close(s);
}

TEST(forgets_uploads_that_x_forgot)
{
	struct store *s = maker_open();
	struct upload_row r;

	begin(s);
	for (unsigned char n = 1; n <= 4; n++)
		put_upload(s, 5, n);
	ok(store_forget_uploads(s, 3 * USEC_SEC));
	ok(store_drop_upload(s, 5, an_upload(5, 4).key));
	ok(store_drop_upload(s, 5, an_upload(5, 4).key));
	commit(s);
	for (unsigned char n = 1; n <= 4; n++)
		assert_int_equal(store_find_upload(s, 5, an_upload(5, n).key, &r),
			n == 3 ? ERR_OK : ERR_NOT_FOUND);
	maker_close(s);
}

TEST(takes_back_what_was_done_to_media)
{
	struct store *s = maker_open();
	struct media_row m = a_medium(1, 7), got;
	struct upload_row u = an_upload(5, 6), have;

	begin(s);
	put_media(s, 1, 7);
	put_upload(s, 5, 6);
	store_rollback(s);
	assert_int_equal(store_find_media(s, 1, m.hash, &got), ERR_NOT_FOUND);
	assert_int_equal(store_find_upload(s, 5, u.key, &have), ERR_NOT_FOUND);
	maker_close(s);
}
