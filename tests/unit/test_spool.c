#include "dispatcher/media/spool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "tests/lib/test.h"

#define SIZE  ((int64_t)300000)
#define LARGE ((int64_t)20 * 1024 * 1024)

/* A spool in a directory of its own, and a file to be sent. */
struct bench {
	char dir[64];
	struct spool *s;
	char bytes[SIZE];
	unsigned char hash[SPOOL_HASH_BYTES];
	struct spool_taken got;
	struct spool_share share;
	struct errmsg m;
};

static void open_spool(struct bench *b)
{
	assert_int_equal(spool_open(b->dir, 4 * SIZE, &b->s, &b->m), ERR_OK);
}

static struct bench *bench_new(void)
{
	struct bench *b = mem_alloc(sizeof(*b));
	struct rng r = test_rng();

	assert_non_null(b);
	(void)snprintf(b->dir, sizeof(b->dir), "/tmp/roost-spool-XXXXXX");
	assert_non_null(mkdtemp(b->dir));
	for (size_t i = 0; i < SIZE; i++)
		b->bytes[i] = (char)rng_range(&r, 0, 255);
	crypto_sha256((struct str){b->bytes, SIZE}, b->hash);
	b->share = (struct spool_share){.files_most = 100, .bytes_most = 100 * SIZE};
	open_spool(b);
	return b;
}

static void again(struct bench *b)
{
	spool_free(b->s);
	open_spool(b);
}

static bool keep_none(void *ctx, const unsigned char hash[SPOOL_HASH_BYTES])
{
	(void)hash;
	++*(int *)ctx;
	return false;
}

static bool keep_all(void *ctx, const unsigned char hash[SPOOL_HASH_BYTES])
{
	(void)hash;
	++*(int *)ctx;
	return true;
}

static void bench_free(struct bench *b)
{
	int contents = 0;

	spool_sweep(b->s, USEC_NEVER / 2, keep_none, &contents);
	assert_int_equal(spool_bytes_kept(b->s), 0);
	spool_free(b->s);
	assert_int_equal(rmdir(b->dir), 0); /* nothing else was left */
	mem_free(b);
}

static enum err put(struct bench *b, const char *name, int64_t offset, int64_t len)
{
	struct spool_bytes bytes = {
		.agent = 7,
		.name = str_of(name),
		.type = str_of("video/mp4"),
		.size = SIZE,
		.offset = offset,
		.data = {b->bytes + offset, (size_t)len},
		.share = b->share,
	};

	return spool_take(b->s, &bytes, &b->got, &b->m);
}

TEST(keeps_a_file_under_the_hash_of_its_bytes)
{
	struct bench *b = bench_new();
	char back[1000];

	for (int64_t at = 0; at < SIZE; at += 1000) {
		assert_int_equal(put(b, "a", at, 1000), ERR_OK);
		assert_int_equal(b->got.received, at + 1000);
		assert_int_equal(b->got.complete, at + 1000 == SIZE);
	}
	assert_memory_equal(b->got.hash, b->hash, sizeof(b->hash));
	assert_int_equal(spool_size(b->s, b->hash), SIZE);
	assert_int_equal(spool_read(b->s, b->hash, 12345, 1000, back), ERR_OK);
	assert_memory_equal(back, b->bytes + 12345, 1000);
	assert_int_equal(spool_read(b->s, b->hash, SIZE - 10, 11, back), ERR_CORRUPT);
	bench_free(b);
}

TEST(goes_on_after_a_restart_where_it_was)
{
	struct bench *b = bench_new();

	assert_int_equal(put(b, "a", 0, 100000), ERR_OK);
	again(b);
	assert_int_equal(put(b, "a", 0, 0), ERR_OK); /* a question */
	assert_int_equal(b->got.received, 100000);
	assert_int_equal(put(b, "a", 100000, 100000), ERR_OK);
	again(b);
	assert_int_equal(put(b, "a", 200000, 100000), ERR_OK);
	assert_true(b->got.complete);
	assert_memory_equal(b->got.hash, b->hash, sizeof(b->hash));
	bench_free(b);
}

TEST(takes_the_same_bytes_twice_and_no_gap)
{
	struct bench *b = bench_new();

	assert_int_equal(put(b, "a", 0, 5000), ERR_OK);
	assert_int_equal(put(b, "a", 0, 5000), ERR_OK);
	assert_int_equal(b->got.received, 5000);
	assert_int_equal(put(b, "a", 2500, 5000), ERR_OK); /* half of it is new */
	assert_int_equal(b->got.received, 7500);
	assert_int_equal(put(b, "a", 8000, 100), ERR_CONFLICT);
	assert_non_null(strstr(b->m.text, "offset 7500"));
	assert_string_equal(b->m.field, "offset");
	assert_int_equal(put(b, "b", 10, 100), ERR_CONFLICT);
	assert_non_null(strstr(b->m.text, "offset 0"));
	bench_free(b);
}

TEST(begins_anew_with_other_bytes_at_the_beginning_alone)
{
	struct bench *b = bench_new();

	assert_int_equal(put(b, "a", 0, 5000), ERR_OK);
	b->bytes[3000] ^= 1;
	assert_int_equal(put(b, "a", 2500, 5000), ERR_CONFLICT);
	assert_int_equal(put(b, "a", 0, 4000), ERR_OK);
	assert_int_equal(b->got.received, 4000);
	assert_int_equal(put(b, "a", 4000, SIZE - 4000), ERR_OK);
	crypto_sha256((struct str){b->bytes, SIZE}, b->hash);
	assert_true(b->got.complete);
	assert_memory_equal(b->got.hash, b->hash, sizeof(b->hash));
	bench_free(b);
}

TEST(keeps_the_same_content_once)
{
	struct bench *b = bench_new();

	assert_int_equal(put(b, "a", 0, SIZE), ERR_OK);
	assert_int_equal(put(b, "b", 0, SIZE), ERR_OK);
	assert_true(b->got.complete);
	assert_int_equal(spool_bytes_kept(b->s), SIZE);
	again(b);
	assert_int_equal(spool_bytes_kept(b->s), SIZE);
	bench_free(b);
}

TEST(refuses_by_name_what_is_too_much)
{
	struct bench *b = bench_new();
	char name[16];

	assert_int_equal(put(b, "a", 0, SIZE), ERR_OK);
	spool_set_most(b->s, 2 * SIZE - 1);
	assert_int_equal(put(b, "b", 0, 1000), ERR_QUOTA);
	assert_non_null(strstr(b->m.text, "media.spool_mib"));
	spool_set_most(b->s, 100 * SIZE);
	for (int i = 0; i < SPOOL_PARTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		assert_int_equal(put(b, name, 0, 10), ERR_OK);
	}
	assert_int_equal(put(b, "one more", 0, 10), ERR_QUOTA);
	bench_free(b);
}

TEST(holds_an_agent_to_its_share)
{
	struct bench *b = bench_new();

	b->share = (struct spool_share){
		.files = 2, .bytes = SIZE, .files_most = 4, .bytes_most = 3 * SIZE};
	assert_int_equal(put(b, "a", 0, 10), ERR_OK);
	assert_int_equal(put(b, "b", 0, 10), ERR_OK);
	b->share.files_most = 100;
	assert_int_equal(
		put(b, "c", 0, 10), ERR_QUOTA); /* they will be as large as they said */
	assert_non_null(strstr(b->m.text, "media.agent_mib"));
	b->share = (struct spool_share){.files = 2, .files_most = 4, .bytes_most = 100 * SIZE};
	assert_int_equal(put(b, "c", 0, 10), ERR_QUOTA);
	assert_non_null(strstr(b->m.text, "media.agent_files"));
	again(b);
	assert_int_equal(put(b, "c", 0, 10), ERR_QUOTA);
	assert_int_equal(put(b, "a", 10, SIZE - 10), ERR_OK); /* what has begun may end */
	assert_true(b->got.complete);
	assert_int_equal(put(b, "c", 0, 10), ERR_OK);
	bench_free(b);
}

TEST(promises_no_more_than_there_is)
{
	struct bench *b = bench_new();

	spool_set_most(b->s, 2 * SIZE + 10);
	assert_int_equal(put(b, "a", 0, 10), ERR_OK);
	assert_int_equal(put(b, "b", 0, 10), ERR_OK);
	assert_int_equal(put(b, "c", 0, 10), ERR_QUOTA);
	assert_non_null(strstr(b->m.text, "promised"));
	assert_int_equal(put(b, "b", 10, SIZE - 10), ERR_OK);
	assert_true(b->got.complete);
	bench_free(b);
}

/* A piece of a file of LARGE bytes, all of them 'v'. */
static enum err put_large(struct bench *b, const char *bytes, int64_t offset, int64_t len)
{
	struct spool_bytes in = {
		.agent = 7,
		.name = str_of("large"),
		.type = str_of("video/mp4"),
		.size = LARGE,
		.offset = offset,
		.data = {bytes, (size_t)len},
		.share = {.files_most = 100, .bytes_most = 2 * LARGE},
	};

	return spool_take(b->s, &in, &b->got, &b->m);
}

TEST(hashes_a_part_at_a_time_after_a_restart)
{
	struct bench *b = bench_new();
	char *bytes = mem_alloc(LARGE);
	unsigned char hash[SPOOL_HASH_BYTES];
	int rounds = 0;

	assert_non_null(bytes);
	memset(bytes, 'v', LARGE);
	crypto_sha256((struct str){bytes, LARGE}, hash);
	spool_set_most(b->s, 2 * LARGE);
	assert_int_equal(put_large(b, bytes, 0, 10), ERR_OK);
	assert_int_equal(put_large(b, bytes, 10, LARGE - 20), ERR_OK);
	again(b);
	spool_set_most(b->s, 2 * LARGE);
	assert_int_equal(
		put_large(b, bytes, 0, 0), ERR_OK); /* a question, which goes on, too */
	while (!b->got.complete) {
		int64_t at = b->got.received;

		assert_true(at < LARGE);
		assert_int_equal(put_large(b, bytes, at, LARGE - at), ERR_OK);
		assert_in_range(++rounds, 1, 4);
	}
	assert_in_range(rounds, 2, 4); /* not all of it in one turn */
	assert_memory_equal(b->got.hash, hash, sizeof(hash));
	assert_int_equal(b->got.received, LARGE);
	mem_free(bytes);
	bench_free(b);
}

TEST(sweeps_what_nobody_wants)
{
	struct bench *b = bench_new();
	int contents = 0;

	assert_int_equal(put(b, "a", 0, SIZE), ERR_OK);
	assert_int_equal(put(b, "b", 0, 1000), ERR_OK);
	spool_sweep(b->s, USEC_SEC, keep_none, &contents); /* nothing is so old */
	assert_int_equal(contents, 0);
	assert_int_equal(spool_bytes_kept(b->s), SIZE + 1000);
	spool_sweep(b->s, USEC_NEVER / 2, keep_all, &contents);
	assert_int_equal(contents, 1);
	assert_int_equal(spool_bytes_kept(b->s), SIZE); /* incomplete ones go */
	assert_int_equal(put(b, "b", 1000, 1000), ERR_CONFLICT);
	bench_free(b);
}

TEST(follows_no_link)
{
	struct bench *b = bench_new();
	char at[256], hex[2 * SPOOL_HASH_BYTES + 1];
	char byte;

	for (size_t i = 0; i < sizeof(b->hash); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", b->hash[i]);
	(void)snprintf(at, sizeof(at), "%s/%s", b->dir, hex);
	assert_int_equal(symlink("/etc/passwd", at), 0);
	assert_int_equal(spool_size(b->s, b->hash), -1);
	assert_int_not_equal(spool_read(b->s, b->hash, 0, 1, &byte), ERR_OK);
	assert_int_equal(unlink(at), 0);
	bench_free(b);
}
