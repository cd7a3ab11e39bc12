#include "dispatcher/audit/chain.h"

#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/crypto/encode.h"
#include "tests/lib/test.h"

#define COUNT 40

static char names[COUNT + 1][32];

/* A chain of records that roost would have written. */
static void make(struct audit_row *rows)
{
	struct chain end = {0};

	for (uint32_t i = 0; i < COUNT; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "account a%u", i);
		rows[i] = (struct audit_row){.seq = i + 1,
			.at = (usec_t)i * 1500 * USEC_MSEC,
			.who = str_of(i % 3 ? "administrator" : "agent writer"),
			.what = str_of(i % 2 ? "account.pause" : "account.resume"),
			.whom = str_of(names[i]),
			.how = str_of(i % 5 ? "" : "app=demo")};
		chain_hash(&end, &rows[i], rows[i].hash);
		assert_true(chain_follow(&end, &rows[i], NULL));
	}
	assert_int_equal(end.seq, COUNT);
}

/* The seq of the first record that does not follow; 0: all do. */
static uint64_t first_broken(const struct audit_row *rows, size_t count)
{
	struct chain end = {0};

	for (size_t i = 0; i < count; i++)
		if (!chain_follow(&end, &rows[i], NULL))
			return rows[i].seq;
	return 0;
}

TEST(its_hash_is_the_one_that_the_header_writes_down)
{
	static const char text[] = "roost audit 1\n1\n1500\n13:administrator\n7:app.add\n"
				   "7:app one\n9:plan=payg\n";
	struct audit_row r = {.seq = 1,
		.at = 1500 * USEC_MSEC,
		.who = str_of("administrator"),
		.what = str_of("app.add"),
		.whom = str_of("app one"),
		.how = str_of("plan=payg")};
	unsigned char want[SHA256_BYTES];
	struct chain none = {0};
	struct buf b;

	buf_init(&b, 4096);
	buf_put(&b, none.hash, sizeof(none.hash));
	buf_str(&b, text);
	crypto_sha256(buf_view(&b), want);
	buf_done(&b);
	chain_hash(&none, &r, r.hash);
	assert_memory_equal(r.hash, want, sizeof(want));
}

TEST(a_change_of_any_part_of_any_record_is_seen_there)
{
	struct audit_row rows[COUNT], was;

	make(rows);
	assert_int_equal(first_broken(rows, COUNT), 0);
	for (uint32_t i = 0; i < COUNT; i++) {
		was = rows[i];
		struct {
			struct str *part;
			const char *other;
		} texts[] = {{&rows[i].who, "agent writes"}, {&rows[i].what, "account.paus"},
			{&rows[i].whom, "account b"}, {&rows[i].how, "app=demo "}};

		for (size_t k = 0; k < COUNT_OF(texts); k++) {
			*texts[k].part = str_of(texts[k].other);
			assert_int_equal(first_broken(rows, COUNT), i + 1);
			rows[i] = was;
		}
		rows[i].at += USEC_MSEC;
		assert_int_equal(first_broken(rows, COUNT), i + 1);
		rows[i] = was;
	}
}

TEST(a_byte_that_moves_from_one_part_to_the_next_is_seen)
{
	struct audit_row rows[COUNT];

	make(rows);
	rows[3].who = str_of("administratora");
	rows[3].what = str_of("ccount.pause");
	assert_int_equal(first_broken(rows, COUNT), 4);
}

TEST(a_flipped_bit_of_a_hash_is_seen)
{
	struct audit_row rows[COUNT];
	struct rng r = test_rng();

	make(rows);
	for (int i = 0; i < 2000; i++) {
		size_t at = (size_t)rng_range(&r, 0, COUNT - 1);
		size_t bit = (size_t)rng_range(&r, 0, 8 * STORE_HASH_BYTES - 1);

		rows[at].hash[bit / 8] ^= (unsigned char)(1u << bit % 8);
		assert_int_equal(first_broken(rows, COUNT), at + 1);
		rows[at].hash[bit / 8] ^= (unsigned char)(1u << bit % 8);
	}
}

TEST(records_taken_out_moved_or_put_in_are_seen)
{
	for (uint32_t i = 0; i + 1 < COUNT; i++) {
		struct audit_row rows[COUNT], swap;

		/* One is gone; the numbers of the others left, or mended. */
		make(rows);
		memmove(&rows[i], &rows[i + 1], (COUNT - i - 1) * sizeof(*rows));
		assert_int_equal(first_broken(rows, COUNT - 1), i + 2);
		for (uint32_t k = i; k + 1 < COUNT; k++)
			rows[k].seq = k + 1;
		assert_int_equal(first_broken(rows, COUNT - 1), i + 1);

		/* Two have changed places; with their numbers, or without. */
		make(rows);
		swap = rows[i];
		rows[i] = rows[i + 1];
		rows[i + 1] = swap;
		assert_int_equal(first_broken(rows, COUNT), i + 2);
		rows[i].seq = i + 1;
		rows[i + 1].seq = i + 2;
		assert_int_equal(first_broken(rows, COUNT), i + 1);

		/* One is there twice. */
		make(rows);
		rows[i + 1] = rows[i];
		rows[i + 1].seq++;
		assert_int_equal(first_broken(rows, COUNT), i + 2);
	}
}

TEST(what_is_cut_off_at_the_end_is_not_seen_but_by_its_hash)
{
	struct audit_row rows[COUNT];

	make(rows);
	assert_int_equal(first_broken(rows, COUNT - 1), 0); /* docs/security.md says so */
	for (uint32_t i = 0; i + 1 < COUNT; i++)
		assert_memory_not_equal(rows[i].hash, rows[COUNT - 1].hash, STORE_HASH_BYTES);
}
