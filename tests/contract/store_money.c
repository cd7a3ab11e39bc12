/* store_money.c - contract: what days and months did cost, and what budgets were raised by */
#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "tests/contract/contract.h"

static void add_spent(void *ctx, const struct ledger_row *r)
{
	buf_fmt(ctx, "%u %d %u/%u %lld\n", r->length, r->begins, r->kind, r->owner,
		(long long)r->spent);
}

static void add_raise(void *ctx, const struct raise_row *r)
{
	add_spent(ctx, &r->row);
	buf_fmt(ctx, "at %lld: %.*s\n", (long long)r->at, STR_ARG(r->reason));
}

static void has_spent(
	struct store *s, enum ledger_length length, int32_t from, int32_t to, const char *want)
{
	struct buf all;

	buf_init(&all, 4096);
	ok(store_each_spent(s, &(struct periods){length, from, to}, add_spent, &all));
	assert_string_equal(buf_cstr(&all), want);
	buf_done(&all);
}

static void has_raises(struct store *s, int32_t from, int32_t to, const char *want)
{
	struct buf all;

	buf_init(&all, 4096);
	ok(store_each_raise(s, &(struct periods){LEDGER_DAY, from, to}, add_raise, &all));
	assert_string_equal(buf_cstr(&all), want);
	buf_done(&all);
}

static void put_spent(struct store *s, enum ledger_length length, int32_t begins,
	enum ledger_kind kind, uint32_t owner, int64_t spent)
{
	ok(store_put_spent(s, &(struct ledger_row){.owner = owner,
				      .kind = (uint8_t)kind,
				      .length = (uint8_t)length,
				      .begins = begins,
				      .spent = spent}));
}

static void put_raise(struct store *s, int32_t begins, int64_t by, const char *reason)
{
	ok(store_put_raise(s, &(struct raise_row){.row = {.owner = 4,
							  .kind = LEDGER_APP,
							  .length = LEDGER_DAY,
							  .begins = begins,
							  .spent = by},
				      .at = 5 * by,
				      .reason = str_of(reason)}));
}

TEST(keeps_one_sum_a_period_and_owner)
{
	struct store *s = maker_open();

	begin(s);
	put_spent(s, LEDGER_DAY, 20001, LEDGER_ACCOUNT, 1, 15000);
	put_spent(s, LEDGER_DAY, 20000, LEDGER_ACCOUNT, 1, 5);
	put_spent(s, LEDGER_DAY, 20001, LEDGER_APP, 1, INT64_MAX);
	put_spent(s, LEDGER_MONTH, 20001, LEDGER_ACCOUNT, 1, 7);
	put_spent(s, LEDGER_DAY, 20000, LEDGER_ACCOUNT, 1, 6);
	commit(s);
	begin(s);
	put_spent(s, LEDGER_DAY, 20001, LEDGER_ACCOUNT, 1, 0);
	store_rollback(s);
	s = maker_reopen(s);
	has_spent(s, LEDGER_DAY, 20001, 20001,
		"0 20001 1/1 15000\n0 20001 2/1 9223372036854775807\n");
	has_spent(s, LEDGER_DAY, 19999, 20000, "0 20000 1/1 6\n");
	has_spent(s, LEDGER_MONTH, 0, INT32_MAX, "1 20001 1/1 7\n");
	has_spent(s, LEDGER_DAY, 20002, INT32_MAX, "");
	maker_close(s);
}

TEST(keeps_every_override_with_its_reason)
{
	struct store *s = maker_open();

	begin(s);
	put_raise(s, 20000, 100, "launch");
	put_raise(s, 20000, 200, "and \"more\"\n");
	put_raise(s, 20001, 300, "");
	commit(s);
	s = maker_reopen(s);
	has_raises(s, 20000, 20000,
		"0 20000 2/4 100\nat 500: launch\n0 20000 2/4 200\nat 1000: and \"more\"\n\n");
	has_raises(s, 20001, 20001, "0 20001 2/4 300\nat 1500: \n");
	maker_close(s);
}

TEST(forgets_the_money_of_old_periods)
{
	struct store *s = maker_open();

	begin(s);
	put_spent(s, LEDGER_DAY, 19999, LEDGER_AGENT, 1, 1);
	put_spent(s, LEDGER_MONTH, 19999, LEDGER_AGENT, 1, 2);
	put_spent(s, LEDGER_DAY, 20000, LEDGER_AGENT, 1, 3);
	put_raise(s, 19999, 100, "old");
	put_raise(s, 20000, 100, "new");
	ok(store_forget_money(s, 20000));
	commit(s);
	s = maker_reopen(s);
	has_spent(s, LEDGER_DAY, 0, INT32_MAX, "0 20000 0/1 3\n");
	has_spent(s, LEDGER_MONTH, 0, INT32_MAX, "");
	has_raises(s, 0, INT32_MAX, "0 20000 2/4 100\nat 500: new\n");
	begin(s);
	put_spent(s, LEDGER_DAY, 20002, LEDGER_AGENT, 1, 4);
	commit(s);
	has_spent(s, LEDGER_DAY, 20001, INT32_MAX, "0 20002 0/1 4\n");
	maker_close(s);
}
