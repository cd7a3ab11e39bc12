#include "tests/contract/contract.h"

#include <string.h>

#include "common/base/buf.h"

static struct app_row an_app(const char *name)
{
	return (struct app_row){
		.name = str_of(name),
		.client_id = str_of("client"),
		.plan = str_of("payg"),
		.data_key = {"k\0y", 3},
		.secret = {"s\0t", 3},
		.paused = true,
		.parked_until = 123,
		.park_cause = str_of("credits_depleted"),
	};
}

static void check_app(void *ctx, const struct app_row *a)
{
	struct app_row want = an_app("acme");

	++*(int *)ctx;
	if (a->id != 1)
		return;
	assert_str(a->name, "acme");
	assert_str(a->client_id, "client");
	assert_str(a->plan, "enterprise");
	assert_int_equal(a->data_key.len, 3);
	assert_memory_equal(a->data_key.at, want.data_key.at, 3);
	assert_memory_equal(a->secret.at, want.secret.at, 3);
	assert_true(a->paused);
	assert_int_equal(a->parked_until, 123);
	assert_str(a->park_cause, "credits_depleted");
}

TEST(keeps_apps)
{
	struct store *s = maker_open();
	struct app_row a = an_app("acme"), b = an_app("other");
	uint32_t id = 0;
	int count = 0;

	begin(s);
	ok(store_put_app(s, &a, &id));
	assert_int_equal(id, 1);
	assert_int_equal(store_put_app(s, &a, &id), ERR_CONFLICT);
	ok(store_put_app(s, &b, &id));
	assert_int_equal(id, 2);
	b.id = 2;
	b.name = str_of("acme");
	assert_int_equal(store_put_app(s, &b, &id), ERR_CONFLICT);
	b.id = 3;
	b.name = str_of("third");
	assert_int_equal(store_put_app(s, &b, &id), ERR_NOT_FOUND);
	a.id = 1;
	a.plan = str_of("enterprise");
	ok(store_put_app(s, &a, &id));
	assert_int_equal(id, 1);
	commit(s);
	s = maker_reopen(s);
	ok(store_each_app(s, check_app, &count));
	assert_int_equal(count, 2);
	maker_close(s);
}

static void note_app(void *ctx, const struct app_row *a)
{
	*(uint32_t *)ctx = *(uint32_t *)ctx * 10 + a->id;
}

TEST(forgets_an_app_and_never_uses_its_number_again)
{
	struct store *s = maker_open();
	struct app_row a = an_app("acme"), b = an_app("other");
	uint32_t id = 0, seen = 0;

	begin(s);
	ok(store_put_app(s, &a, &id));
	ok(store_put_app(s, &b, &id));
	assert_int_equal(store_drop_app(s, 3), ERR_NOT_FOUND);
	commit(s);
	begin(s);
	ok(store_drop_app(s, 2));
	store_rollback(s);
	begin(s);
	ok(store_drop_app(s, 2));
	assert_int_equal(store_drop_app(s, 2), ERR_NOT_FOUND);
	commit(s);
	s = maker_reopen(s);
	begin(s);
	ok(store_put_app(s, &b, &id));
	assert_int_equal(id, 3);
	b.id = 2;
	assert_int_equal(store_put_app(s, &b, &id), ERR_NOT_FOUND);
	commit(s);
	ok(store_each_app(s, note_app, &seen));
	assert_int_equal(seen, 13);
	maker_close(s);
}

static struct account_row an_account(const char *name)
{
	return (struct account_row){
		.app = 2,
		.name = str_of(name),
		.user_id = str_of("12"),
		.username = str_of("jack"),
		.scopes = str_of("tweet.read users.read"),
		.kind = 1,
		.grant = 1,
		.refreshing = true,
		.generation = 7,
		.token_until = 1234567,
		.data_key = {"k\0y", 3},
		.access = {"a\0s", 3},
		.refresh = {"r\0h", 3},
		.paused = true,
		.parked_until = 99,
		.park_cause = str_of("account_restricted"),
	};
}

static void check_account(void *ctx, const struct account_row *a)
{
	++*(int *)ctx;
	if (a->id != 1)
		return;
	assert_int_equal(a->app, 2);
	assert_str(a->name, "acme");
	assert_str(a->user_id, "12");
	assert_str(a->username, "jack");
	assert_str(a->scopes, "tweet.read users.read");
	assert_int_equal(a->kind, 1);
	assert_int_equal(a->grant, 1);
	assert_true(a->refreshing);
	assert_int_equal(a->generation, 8);
	assert_int_equal(a->token_until, 1234567);
	assert_int_equal(a->data_key.len, 3);
	assert_memory_equal(a->data_key.at, "k\0y", 3);
	assert_memory_equal(a->access.at, "a\0s", 3);
	assert_memory_equal(a->refresh.at, "new", 3);
	assert_true(a->paused);
	assert_int_equal(a->parked_until, 99);
	assert_str(a->park_cause, "account_restricted");
}

TEST(keeps_accounts)
{
	struct store *s = maker_open();
	struct account_row a = an_account("acme"), b = an_account("other");
	uint32_t id = 0;
	int count = 0;

	begin(s);
	ok(store_put_account(s, &a, &id));
	assert_int_equal(id, 1);
	ok(store_put_account(s, &b, &id));
	assert_int_equal(id, 2);
	assert_int_equal(store_put_account(s, &b, &id), ERR_CONFLICT);
	a.id = 9;
	assert_int_equal(store_put_account(s, &a, &id), ERR_NOT_FOUND);
	a.id = 1;
	a.generation = 8;
	a.refresh = str_of("new");
	ok(store_put_account(s, &a, &id));
	assert_int_equal(id, 1);
	commit(s);
	s = maker_reopen(s);
	ok(store_each_account(s, check_account, &count));
	assert_int_equal(count, 2);
	maker_close(s);
}

static void check_agent(void *ctx, const struct agent_row *a)
{
	int *count = ctx;

	++*count;
	assert_int_equal(a->id, *count);
	assert_str(a->name, *count == 1 ? "one" : "two");
	assert_int_equal(a->last_seq, *count == 1 ? 2 : 0);
	assert_int_equal(a->acked_seq, *count == 1 ? 1 : 0);
}

TEST(knows_agents_by_name)
{
	struct store *s = maker_open();
	uint32_t one = agent(s, "one"), two = agent(s, "two");
	uint64_t n;
	int count = 0;

	assert_int_equal(one, 1);
	assert_int_equal(two, 2);
	assert_int_equal(agent(s, "one"), 1);
	put_jobs(s, one, 1, 2);
	begin(s);
	(void)end_job(s, 1, one);
	(void)end_job(s, 2, one);
	ok(store_ack_replies(s, one, 1, &n));
	commit(s);
	s = maker_reopen(s);
	ok(store_each_agent(s, check_agent, &count));
	assert_int_equal(count, 2);
	maker_close(s);
}

static void check_window(void *ctx, const struct window_kept *w)
{
	++*(int *)ctx;
	if (w->row.owner != 1 || w->row.length != 900)
		return;
	assert_str(w->family, "POST /2/tweets");
	assert_int_equal(w->row.scope, LIMIT_APP);
	assert_true(w->row.learned);
	assert_true(w->row.told);
	assert_int_equal(w->row.limit, 100);
	assert_int_equal(w->row.used, 42);
	assert_int_equal(w->row.resets_at, 777);
}

TEST(keeps_one_row_a_window)
{
	struct store *s = maker_open();
	struct window_kept w = {
		.row = {.owner = 1, .scope = LIMIT_APP, .length = 900, .limit = 100, .used = 1},
		.family = str_of("POST /2/tweets"),
	};
	int count = 0;

	begin(s);
	ok(store_put_window(s, &w));
	w.row.used = 42;
	w.row.learned = w.row.told = true;
	w.row.resets_at = 777;
	ok(store_put_window(s, &w));
	w.row.owner = 2;
	ok(store_put_window(s, &w));
	w.row.length = 901;
	ok(store_put_window(s, &w));
	w.row.scope = LIMIT_ACCOUNT;
	ok(store_put_window(s, &w));
	w.family = str_of("dm_send");
	ok(store_put_window(s, &w));
	commit(s);
	s = maker_reopen(s);
	ok(store_each_window(s, check_window, &count));
	assert_int_equal(count, 5);
	maker_close(s);
}

TEST(remembers_user_names_for_a_while)
{
	struct store *s = maker_open();
	char x_id[STORE_X_ID_MAX] = "";

	begin(s);
	ok(store_put_username(s, str_of("Jack"), str_of("12"), 100));
	ok(store_put_username(s, str_of("jill"), str_of("1234567890123456789"), 100));
	ok(store_put_username(s, str_of("jacK"), str_of("13"), 200));
	commit(s);
	s = maker_reopen(s);
	ok(store_find_username(s, str_of("JACK"), 200, x_id));
	assert_string_equal(x_id, "13");
	assert_int_equal(store_find_username(s, str_of("jack"), 201, x_id), ERR_NOT_FOUND);
	assert_int_equal(store_find_username(s, str_of("jac"), 0, x_id), ERR_NOT_FOUND);
	ok(store_find_username(s, str_of("jill"), 0, x_id));
	assert_string_equal(x_id, "1234567890123456789");
	maker_close(s);
}

TEST(counts_its_starts)
{
	struct store *s = maker_open();
	uint64_t boot = 0;

	for (uint64_t i = 1; i <= 3; i++) {
		begin(s);
		ok(store_next_boot(s, &boot));
		commit(s);
		assert_int_equal(boot, i);
		s = maker_reopen(s);
	}
	maker_close(s);
}

static void add_setting(void *ctx, const struct setting_row *r)
{
	struct buf *out = ctx;

	buf_fmt(out, "%u/%u/%.*s=%.*s\n", r->kind, r->owner, STR_ARG(r->name),
		STR_ARG(r->value));
}

static bool has_setting(struct store *s, const char *line)
{
	struct buf all;

	buf_init(&all, 4096);
	ok(store_each_setting(s, add_setting, &all));
	bool has = strstr(buf_cstr(&all), line) != NULL;
	buf_done(&all);
	return has;
}

static enum err put_setting(
	struct store *s, uint8_t kind, uint32_t owner, const char *name, const char *value)
{
	struct setting_row r = {kind, owner, str_of(name), str_of(value)};

	return store_put_setting(s, &r);
}

TEST(keeps_one_value_a_setting_and_forgets_an_empty_one)
{
	struct store *s = maker_open();

	begin(s);
	ok(put_setting(s, 1, 1, "tz", "UTC"));
	ok(put_setting(s, 1, 1, "tz", "Europe/Berlin"));
	ok(put_setting(s, 1, 2, "tz", "Asia/Tokyo"));
	ok(put_setting(s, 2, 1, "tz", "of an agent"));
	ok(put_setting(s, 1, 1, "premium", "true"));
	ok(put_setting(s, 0, 7, "none", ""));
	commit(s);
	s = maker_reopen(s);
	assert_true(has_setting(s, "1/1/tz=Europe/Berlin\n"));
	assert_true(has_setting(s, "1/2/tz=Asia/Tokyo\n"));
	assert_true(has_setting(s, "2/1/tz=of an agent\n"));
	assert_true(has_setting(s, "1/1/premium=true\n"));
	assert_false(has_setting(s, "UTC"));
	assert_false(has_setting(s, "none"));

	begin(s);
	ok(put_setting(s, 1, 1, "tz", ""));
	ok(put_setting(s, 1, 3, "tz", "Asia/Tokyo"));
	commit(s);
	begin(s);
	ok(put_setting(s, 1, 2, "tz", ""));
	store_rollback(s);
	s = maker_reopen(s);
	assert_false(has_setting(s, "Berlin"));
	assert_true(has_setting(s, "1/2/tz=Asia/Tokyo\n"));
	assert_true(has_setting(s, "1/3/tz=Asia/Tokyo\n"));
	maker_close(s);
}

static void add_refusal(void *ctx, const struct refusal_row *r)
{
	buf_fmt(ctx, "%u/%.*s/%u/%lld/%.*s\n", r->app, STR_ARG(r->operation), r->kind,
		(long long)r->since, STR_ARG(r->words));
}

static void check_refusals(struct store *s, const char *want)
{
	struct buf all;

	buf_init(&all, 4096);
	ok(store_each_refusal(s, add_refusal, &all));
	assert_string_equal(buf_cstr(&all), want);
	buf_done(&all);
}

TEST(keeps_the_first_refusal_of_a_kind_until_its_app_is_forgiven)
{
	struct store *s = maker_open();
	struct refusal_row r = {1, str_of("createPosts"), 2, 77, str_of("no")};

	begin(s);
	ok(store_put_refusal(s, &r));
	r.since = 99;
	ok(store_put_refusal(s, &r));
	r.app = 2;
	ok(store_put_refusal(s, &r));
	commit(s);
	s = maker_reopen(s);
	check_refusals(s, "1/createPosts/2/77/no\n2/createPosts/2/99/no\n");
	begin(s);
	ok(store_drop_refusals(s, 1));
	ok(store_drop_refusals(s, 9));
	commit(s);
	s = maker_reopen(s);
	check_refusals(s, "2/createPosts/2/99/no\n");
	maker_close(s);
}

static void put_summons(struct store *s, uint32_t account, const char *id, usec_t at, bool own)
{
	struct summons_row r = {
		.account = account, .x_id = str_of(id), .seen_at = at, .own = own};

	ok(store_put_summons(s, &r));
}

TEST(remembers_which_posts_summoned_an_account)
{
	struct store *s = maker_open();
	bool own = true;

	begin(s);
	put_summons(s, 1, "1900", 5, true);
	put_summons(s, 1, "1900", 6, false);
	put_summons(s, 2, "1901", 6, true);
	commit(s);
	s = maker_reopen(s);
	ok(store_find_summons(s, 1, str_of("1900"), &own));
	assert_false(own);
	assert_int_equal(store_find_summons(s, 1, str_of("1901"), &own), ERR_NOT_FOUND);
	assert_int_equal(store_find_summons(s, 2, str_of("1900"), &own), ERR_NOT_FOUND);
	assert_int_equal(store_find_summons(s, 1, str_of("190"), &own), ERR_NOT_FOUND);
	ok(store_find_summons(s, 2, str_of("1901"), &own));
	assert_true(own);
	maker_close(s);
}

TEST(forgets_summons_that_were_not_seen_for_long_a_few_at_a_time)
{
	struct store *s = maker_open();
	bool own, more;

	begin(s);
	put_summons(s, 1, "1900", 5, false);
	put_summons(s, 1, "1901", 6, false);
	put_summons(s, 1, "1902", 7, false);
	put_summons(s, 1, "1900", 8, false);
	ok(store_forget_summons(s, 8, 1, &more));
	assert_true(more);
	ok(store_forget_summons(s, 8, 9, &more));
	assert_false(more);
	commit(s);
	s = maker_reopen(s);
	ok(store_find_summons(s, 1, str_of("1900"), &own));
	assert_int_equal(store_find_summons(s, 1, str_of("1901"), &own), ERR_NOT_FOUND);
	assert_int_equal(store_find_summons(s, 1, str_of("1902"), &own), ERR_NOT_FOUND);
	maker_close(s);
}
