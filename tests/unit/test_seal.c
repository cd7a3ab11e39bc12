#include "common/crypto/seal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

/* A master key whose bytes come from a pipe; the same `fill`, the same key. */
static struct master *master_of(unsigned char fill)
{
	char spec[16], bytes[MASTER_BYTES];
	struct master *k = NULL;
	int ends[2];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(fill + i);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], bytes, sizeof(bytes)), sizeof(bytes));
	(void)close(ends[1]);
	(void)snprintf(spec, sizeof(spec), "fd:%d", ends[0]);
	assert_int_equal(master_load(spec, &k, NULL), ERR_OK);
	return k;
}

static struct seal_key *new_key(const struct master *k, const char *row, struct buf *wrapped)
{
	struct seal_key *key = NULL;

	assert_int_equal(seal_key_new(k, str_of(row), &key, wrapped), ERR_OK);
	return key;
}

/* What most tests need: a master key, a row's data key, and a token sealed by it. */
struct fixture {
	struct master *k;
	struct seal_key *key;
	struct buf wrapped, sealed;
};

static void fixture_init(struct fixture *f)
{
	buf_init(&f->wrapped, 1000);
	buf_init(&f->sealed, 1000);
	f->k = master_of(1);
	f->key = new_key(f->k, "account:acme", &f->wrapped);
	seal_put(f->key, str_of("refresh_token"), 7, str_of("hunter2-hunter2"), &f->sealed);
	assert_int_equal(f->sealed.err, ERR_OK);
}

static void fixture_done(struct fixture *f)
{
	buf_done(&f->sealed);
	buf_done(&f->wrapped);
	seal_key_free(f->key);
	master_free(f->k);
}

static void assert_opens(const struct seal_key *key, const struct buf *sealed)
{
	AUTO(secret) plain = NULL;

	assert_int_equal(
		seal_get(key, str_of("refresh_token"), 7, buf_view(sealed), &plain, NULL),
		ERR_OK);
	assert_string_equal(secret_view(plain).at, "hunter2-hunter2");
}

static void assert_corrupt(
	const struct seal_key *key, const char *field, uint64_t generation, struct str sealed)
{
	struct secret *plain = NULL;
	struct errmsg m;

	assert_int_equal(
		seal_get(key, str_of(field), generation, sealed, &plain, &m), ERR_CORRUPT);
	assert_null(plain);
	assert_null(strstr(m.text, "hunter2"));
	assert_non_null(strstr(m.text, "restore"));
}

TEST(what_was_sealed_comes_back)
{
	struct fixture f;
	struct seal_key *again = NULL;

	fixture_init(&f);
	assert_int_equal(f.sealed.len, 15 + SEAL_OVERHEAD);
	assert_int_equal(f.wrapped.len, SEAL_WRAPPED_BYTES);
	assert_opens(f.key, &f.sealed);
	assert_int_equal(
		seal_key_open(f.k, str_of("account:acme"), buf_view(&f.wrapped), &again, NULL),
		ERR_OK);
	assert_opens(again, &f.sealed);
	seal_key_free(again);
	fixture_done(&f);
}

TEST(the_plain_text_is_nowhere_in_a_seal)
{
	struct fixture f;

	fixture_init(&f);
	assert_null(memmem(f.sealed.data, f.sealed.len, "hunter2", 7));
	fixture_done(&f);
}

TEST(the_same_text_is_never_sealed_the_same)
{
	struct fixture f;
	struct buf twice;

	fixture_init(&f);
	buf_init(&twice, 1000);
	seal_put(f.key, str_of("refresh_token"), 7, str_of("hunter2-hunter2"), &twice);
	assert_false(str_equal(buf_view(&twice), buf_view(&f.sealed)));
	assert_opens(f.key, &twice);
	buf_done(&twice);
	fixture_done(&f);
}

TEST(nothing_and_the_most_can_be_sealed)
{
	static char most[SECRET_MAX];
	struct fixture f;
	struct buf b;

	fixture_init(&f);
	buf_init(&b, 2 * SECRET_MAX);
	for (size_t n = 0; n <= SECRET_MAX; n += SECRET_MAX) {
		AUTO(secret) plain = NULL;

		buf_reset(&b);
		seal_put(f.key, str_of("a"), 0, (struct str){most, n}, &b);
		assert_int_equal(
			seal_get(f.key, str_of("a"), 0, buf_view(&b), &plain, NULL), ERR_OK);
		assert_int_equal(secret_view(plain).len, n);
	}
	buf_done(&b);
	fixture_done(&f);
}

/* Every bit of a seal and of a wrapped key once, then chance, to 10,000. */
TEST(each_of_10000_flipped_bits_is_found)
{
	struct rng r = test_rng();
	struct fixture f;
	struct seal_key *other = NULL;

	fixture_init(&f);
	size_t sealed_bits = 8 * f.sealed.len, bits = sealed_bits + 8 * f.wrapped.len;
	for (size_t i = 0; i < 10000; i++) {
		size_t bit = i < bits ? i : (size_t)rng_range(&r, 0, (int64_t)bits - 1);
		struct buf *b = bit < sealed_bits ? &f.sealed : &f.wrapped;
		size_t at = bit < sealed_bits ? bit : bit - sealed_bits;

		b->data[at / 8] ^= (unsigned char)(1 << at % 8);
		if (b == &f.sealed)
			assert_corrupt(f.key, "refresh_token", 7, buf_view(b));
		else
			assert_int_equal(seal_key_open(f.k, str_of("account:acme"), buf_view(b),
						 &other, NULL),
				ERR_CORRUPT);
		b->data[at / 8] ^= (unsigned char)(1 << at % 8);
	}
	assert_null(other);
	assert_opens(f.key, &f.sealed);
	fixture_done(&f);
}

TEST(a_seal_that_was_cut_or_grew_does_not_open)
{
	struct fixture f;

	fixture_init(&f);
	for (size_t n = 0; n < f.sealed.len; n++)
		assert_corrupt(
			f.key, "refresh_token", 7, (struct str){(char *)f.sealed.data, n});
	buf_byte(&f.sealed, 0);
	assert_corrupt(f.key, "refresh_token", 7, buf_view(&f.sealed));
	fixture_done(&f);
}

TEST(another_field_or_generation_does_not_open)
{
	struct fixture f;

	fixture_init(&f);
	assert_corrupt(f.key, "access_token", 7, buf_view(&f.sealed));
	assert_corrupt(f.key, "refresh_toke", 7, buf_view(&f.sealed));
	assert_corrupt(f.key, "", 7, buf_view(&f.sealed));
	assert_corrupt(f.key, "refresh_token", 6, buf_view(&f.sealed));
	assert_corrupt(f.key, "refresh_token", 8, buf_view(&f.sealed));
	assert_corrupt(f.key, "refresh_token", 7 + (1ULL << 56), buf_view(&f.sealed));
	fixture_done(&f);
}

TEST(another_rows_seal_does_not_open)
{
	struct fixture f;
	struct buf wrapped;

	fixture_init(&f);
	buf_init(&wrapped, 1000);
	AUTO(seal_key) other = new_key(f.k, "account:evil", &wrapped);
	assert_corrupt(other, "refresh_token", 7, buf_view(&f.sealed));
	buf_done(&wrapped);
	fixture_done(&f);
}

TEST(a_row_with_a_copy_of_anothers_data_key_does_not_open_it)
{
	struct fixture f;
	struct seal_key *key = NULL;
	struct errmsg m;

	fixture_init(&f);
	assert_int_equal(
		seal_key_open(f.k, str_of("account:evil"), buf_view(&f.wrapped), &key, &m),
		ERR_CORRUPT);
	assert_null(key);
	assert_non_null(strstr(m.text, "account:evil"));
	fixture_done(&f);
}

/* The end of the row's name must not pass for the start of the field's. */
TEST(names_cannot_be_cut_elsewhere)
{
	struct fixture f;
	struct buf wrapped, sealed;
	struct seal_key *other = NULL;

	fixture_init(&f);
	buf_init(&wrapped, 1000);
	buf_init(&sealed, 1000);
	AUTO(seal_key) key = new_key(f.k, "ab", &wrapped);
	seal_put(key, str_of("c"), 1, str_of("hunter2"), &sealed);
	assert_int_equal(
		seal_key_open(f.k, str_of("a"), buf_view(&wrapped), &other, NULL), ERR_CORRUPT);
	assert_corrupt(key, "bc", 1, buf_view(&sealed));
	buf_done(&sealed);
	buf_done(&wrapped);
	fixture_done(&f);
}

TEST(the_wrong_master_key_is_named)
{
	struct fixture f;
	struct seal_key *key = NULL;
	struct errmsg m;

	fixture_init(&f);
	AUTO(master) wrong = master_of(2);
	assert_false(seal_is_wrapped_by(buf_view(&f.wrapped), wrong));
	assert_int_equal(
		seal_key_open(wrong, str_of("account:acme"), buf_view(&f.wrapped), &key, &m),
		ERR_CORRUPT);
	assert_null(key);
	assert_non_null(strstr(m.text, master_id(wrong)));
	assert_non_null(strstr(m.text, master_id(f.k)));
	fixture_done(&f);
}

TEST(a_data_key_wrapped_anew_opens_what_it_sealed_before)
{
	struct fixture f;
	struct seal_key *key = NULL;
	struct buf anew;

	fixture_init(&f);
	buf_init(&anew, 1000);
	AUTO(master) next = master_of(2);
	seal_key_wrap(f.key, next, &anew);
	assert_true(seal_is_wrapped_by(buf_view(&anew), next));
	assert_int_equal(
		seal_key_open(next, str_of("account:acme"), buf_view(&anew), &key, NULL),
		ERR_OK);
	assert_opens(key, &f.sealed);
	assert_int_equal(
		seal_key_open(f.k, str_of("account:acme"), buf_view(&anew), &key, NULL),
		ERR_CORRUPT);
	seal_key_free(key);
	buf_done(&anew);
	fixture_done(&f);
}

TEST(a_full_buf_is_said)
{
	struct fixture f;
	struct buf small;
	struct seal_key *key = NULL;

	fixture_init(&f);
	buf_init(&small, 40);
	seal_put(f.key, str_of("a"), 0, str_of("hunter2"), &small);
	assert_int_equal(small.err, ERR_TOO_BIG);
	buf_reset(&small);
	assert_int_equal(seal_key_new(f.k, str_of("a"), &key, &small), ERR_TOO_BIG);
	assert_null(key);
	buf_done(&small);
	fixture_done(&f);
}

/* The n-th allocation fails, for every n, until all goes well. */
TEST(memory_that_runs_out_anywhere_is_said)
{
	struct fixture f;
	int failures = 0;

	fixture_init(&f);
	for (enum err e = ERR_NOMEM; e; failures++) {
		AUTO(seal_key) key = NULL;
		AUTO(secret) plain = NULL;
		struct buf wrapped;

		buf_init(&wrapped, 1000);
		mem_fail_after(failures);
		e = seal_key_new(f.k, str_of("a"), &key, &wrapped);
		if (!e) {
			seal_key_free(STEAL(key));
			e = seal_key_open(f.k, str_of("a"), buf_view(&wrapped), &key, NULL);
		}
		if (!e)
			e = seal_get(f.key, str_of("refresh_token"), 7, buf_view(&f.sealed),
				&plain, NULL);
		mem_fail_after(-1);
		assert_true(e == ERR_OK || e == ERR_NOMEM);
		buf_done(&wrapped);
	}
	assert_true(failures > 5);
	fixture_done(&f);
}
