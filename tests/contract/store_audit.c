#include <string.h>

#include "tests/contract/contract.h"

static struct audit_row a_record(uint64_t seq)
{
	struct audit_row r = {
		.seq = seq,
		.at = (usec_t)seq * 1000,
		.who = str_of("administrator"),
		.what = str_of("agent.add"),
		.whom = str_of(seq % 2 ? "agent odd" : "agent even"),
		.how = str_of(seq % 3 ? "" : "allow=*"),
	};

	memset(r.hash, (int)seq, sizeof(r.hash));
	return r;
}

static void check_record(const struct audit_row *r, uint64_t seq)
{
	struct audit_row want = a_record(seq);

	assert_int_equal(r->seq, seq);
	assert_int_equal(r->at, want.at);
	assert_str(r->who, "administrator");
	assert_str(r->what, "agent.add");
	assert_str(r->whom, want.whom.at);
	assert_str(r->how, want.how.at);
	assert_memory_equal(r->hash, want.hash, sizeof(want.hash));
}

/* The seqs that came, as digits of a number. */
static void note_record(void *ctx, const struct audit_row *r)
{
	uint64_t *seen = ctx;

	check_record(r, r->seq);
	*seen = *seen * 10 + r->seq;
}

static uint64_t records(struct store *s, uint64_t after, uint32_t max)
{
	uint64_t seen = 0;

	ok(store_each_audit(s, after, max, note_record, &seen));
	return seen;
}

TEST(keeps_records_of_the_audit_log_in_their_order)
{
	struct store *s = maker_open();
	struct audit_row last;

	assert_int_equal(store_last_audit(s, &last), ERR_NOT_FOUND);
	begin(s);
	for (uint64_t seq = 1; seq <= 5; seq++) {
		struct audit_row r = a_record(seq);

		ok(store_put_audit(s, &r));
		assert_int_equal(store_put_audit(s, &r), ERR_CONFLICT);
	}
	commit(s);
	s = maker_reopen(s);
	assert_int_equal(records(s, 0, 9), 12345);
	assert_int_equal(records(s, 0, 2), 12);
	assert_int_equal(records(s, 3, 9), 45);
	assert_int_equal(records(s, 5, 9), 0);
	ok(store_last_audit(s, &last));
	check_record(&last, 5);
	maker_close(s);
}

TEST(a_record_goes_with_its_transaction)
{
	struct store *s = maker_open();
	struct audit_row one = a_record(1), two = a_record(2), last;

	begin(s);
	ok(store_put_audit(s, &one));
	commit(s);
	begin(s);
	ok(store_put_audit(s, &two));
	assert_int_equal(records(s, 0, 9), 12);
	store_rollback(s);
	assert_int_equal(records(s, 0, 9), 1);
	s = maker_reopen(s);
	ok(store_last_audit(s, &last));
	check_record(&last, 1);
	maker_close(s);
}
