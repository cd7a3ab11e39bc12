#include "common/crypto/secret.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "common/base/base.h"
#include "common/base/mem.h"
#include "tests/lib/test.h"

TEST(holds_a_copy_that_ends_with_a_zero_byte)
{
	char bytes[] = "hunter2";
	AUTO(secret) s = secret_new(bytes, 7);

	memset(bytes, 'x', 7);
	assert_int_equal(secret_view(s).len, 7);
	assert_string_equal(secret_view(s).at, "hunter2");
}

TEST(may_be_empty_or_zeroes_to_be_filled)
{
	AUTO(secret) empty = secret_new("", 0);
	AUTO(secret) zeroes = secret_new(NULL, 4);

	assert_int_equal(secret_view(empty).len, 0);
	assert_memory_equal(secret_view(zeroes).at, "\0\0\0\0", 5);
	memcpy(secret_bytes(zeroes), "abcd", 4);
	assert_string_equal(secret_view(zeroes).at, "abcd");
	secret_free(NULL);
}

TEST(takes_what_a_buf_holds_and_leaves_it_empty)
{
	struct buf b;

	buf_init(&b, 100);
	buf_str(&b, "hunter2");
	AUTO(secret) s = secret_take_buf(&b);
	assert_string_equal(secret_view(s).at, "hunter2");
	assert_null(b.data);
	assert_int_equal(b.len, 0);
}

TEST(takes_nothing_of_a_buf_that_failed)
{
	struct buf b;

	buf_init(&b, 4);
	buf_str(&b, "hunter2");
	assert_null(secret_take_buf(&b));
	assert_null(b.data);
}

TEST(wiping_leaves_nothing)
{
	char bytes[] = "hunter2";

	crypto_wipe(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++)
		assert_int_equal(bytes[i], 0);
}

TEST(more_secrets_than_locked_memory_are_still_kept)
{
	static struct secret *many[20];
	static char bytes[SECRET_MAX];

	memset(bytes, 'k', sizeof(bytes));
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		many[i] = secret_new(bytes, sizeof(bytes));
		assert_non_null(many[i]);
	}
	for (size_t i = 0; i < COUNT_OF(many); i++) {
		assert_memory_equal(secret_view(many[i]).at, bytes, sizeof(bytes));
		secret_free(many[i]);
	}
}

TEST(memory_that_runs_out_gives_no_secret)
{
	static char bytes[SECRET_MAX];

	mem_fail_after(0);
	assert_null(secret_new("x", 1));
	mem_fail_after(-1);

	/* Locked memory is full, or there is none: then the bytes are asked of mem_alloc() too.
	 */
	struct secret *many[8];
	for (size_t i = 0; i < COUNT_OF(many); i++)
		many[i] = secret_new(bytes, sizeof(bytes));
	mem_fail_after(1);
	assert_null(secret_new(bytes, sizeof(bytes)));
	mem_fail_after(-1);
	for (size_t i = 0; i < COUNT_OF(many); i++)
		secret_free(many[i]);
}

TEST(a_hardened_process_leaves_no_core_file)
{
	struct rlimit limit = {1, 1};

	harden_process();
	assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
	assert_int_equal(limit.rlim_cur, 0);
	assert_int_equal(limit.rlim_max, 0);
#ifndef ROOST_SANITIZED
	assert_int_equal(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
#endif
}
