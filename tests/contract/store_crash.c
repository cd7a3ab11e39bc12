/*
 * store_crash.c - power cuts: what was acknowledged is there afterwards, and nothing half is
 *
 * A store takes turns, each of several writes that belong together. The power goes at one of
 * its writes, flushes or truncations (crash_vfs.h). Then it is opened again: it has exactly
 * the turns whose commits succeeded, or those and the one that was being committed, whole; it
 * is sound; and it goes on. ROOST_CUTS=all cuts at every one of them.
 */
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/contract/contract.h"
#include "tests/contract/crash_vfs.h"

#define TURNS    40
#define JOBS     3 /* of a turn */
#define ARGS_MAX 6000
#define CUTS     40

static char dir[64], path[96];

static int drop(const char *name, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(name);
}

static void make_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/dev/shm/roost-crash-XXXXXX");
	if (!mkdtemp(dir)) {
		(void)snprintf(dir, sizeof(dir), "/tmp/roost-crash-XXXXXX");
		assert_non_null(mkdtemp(dir));
	}
	(void)snprintf(path, sizeof(path), "%s/roost.db", dir);
}

static void remove_dir(void)
{
	assert_int_equal(nftw(dir, drop, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* --- a turn: everything in it is there, or nothing is --- */

static enum err put_jobs_of(struct store *s, uint64_t turn)
{
	static char args[ARGS_MAX];
	enum err e = ERR_OK;

	memset(args, 'a' + (int)(turn % 26), sizeof(args));
	for (uint64_t i = 1; !e && i <= JOBS; i++) {
		struct job j = a_job((turn - 1) * JOBS + i, 1);
		struct body b = a_body(j.id);

		b.args = (struct str){args, sizeof(args) - turn * 17 - i};
		e = store_put_job(s, &j, &b);
	}
	return e;
}

/* Of the turn before: its first job ends, its second is saved. */
static enum err change_jobs_of(struct store *s, uint64_t turn)
{
	struct job first = a_job((turn - 1) * JOBS + 1, 1);
	struct job second = a_job((turn - 1) * JOBS + 2, 1);
	struct ending e = an_ending(first.id);
	uint64_t seq;

	first.state = JOB_DONE;
	second.looks = 77;
	enum err err = store_end_job(s, &first, &e, &seq);
	return err ? err : store_save_job(s, &second);
}

static enum err take_turn(struct store *s, uint64_t turn)
{
	struct ledger_row spent = {
		.owner = 1, .kind = LEDGER_APP, .begins = 20000, .spent = (int64_t)turn};
	enum err e = store_begin(s, NULL);

	if (!e && turn == 1) {
		uint32_t id;

		e = store_put_agent(s, str_of("agent"), &id);
	}
	if (!e)
		e = put_jobs_of(s, turn);
	if (!e && turn > 1)
		e = change_jobs_of(s, turn - 1);
	if (!e)
		e = store_put_spent(s, &spent);
	enum err committed = e ? e : store_commit(s, NULL);
	if (e)
		store_rollback(s);
	return committed;
}

/* --- what is there --- */

struct tally {
	uint64_t jobs, saved, replies, spent;
};

static void count_job(void *ctx, const struct job *j)
{
	struct tally *t = ctx;

	t->jobs++;
	t->saved += j->looks == 77;
}

static void count_reply(void *ctx, const struct reply *r)
{
	struct tally *t = ctx;

	t->replies++;
	assert_int_equal(r->seq, t->replies);
	assert_int_equal(r->record.job.id, (r->seq - 1) * JOBS + 1);
}

static void note_spent(void *ctx, const struct ledger_row *r)
{
	((struct tally *)ctx)->spent = (uint64_t)r->spent;
}

static void check_bodies(struct store *s, uint64_t turns)
{
	for (uint64_t id = 1; id <= turns * JOBS; id++) {
		uint64_t turn = (id - 1) / JOBS + 1, i = (id - 1) % JOBS + 1;
		struct job_record r;

		ok(store_get_job(s, id, &r));
		assert_int_equal(r.body.args.len, ARGS_MAX - turn * 17 - i);
		for (size_t k = 0; k < r.body.args.len; k++)
			if (r.body.args.at[k] != 'a' + (char)(turn % 26))
				fail_msg("the arguments of job %llu are damaged",
					(unsigned long long)id);
		assert_int_equal(r.ended, i == 1 && turn < turns);
	}
}

/* How many turns it has: every one of them whole. */
static uint64_t turns_of(struct store *s)
{
	struct periods all = {LEDGER_DAY, 0, INT32_MAX};
	struct store_counts counts;
	struct tally t = {0};
	uint64_t last;

	ok(store_last_id(s, &last));
	ok(store_each_spent(s, &all, note_spent, &t));
	ok(store_each_job(s, count_job, &t));
	if (last)
		ok(store_each_reply(s, 1, 0, TURNS * JOBS, count_reply, &t));
	ok(store_counts(s, &counts));
	uint64_t turns = last / JOBS, ended = turns ? turns - 1 : 0;
	assert_int_equal(last % JOBS, 0);
	assert_int_equal(t.spent, turns);
	assert_int_equal(t.replies, ended);
	assert_int_equal(t.saved, ended);
	assert_int_equal(t.jobs, turns * JOBS - ended);
	assert_int_equal(counts.jobs, t.jobs);
	assert_int_equal(counts.history, ended);
	check_bodies(s, turns);
	return turns;
}

static void check_sound(void)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;

	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(st, 0), "ok");
	(void)sqlite3_finalize(st);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* --- cuts --- */

/* Plays until the power goes; *ret_kept turns were acknowledged. False: it never went. */
static bool play(uint64_t seed, uint64_t after, uint64_t *ret_kept)
{
	struct store *s = NULL;
	struct errmsg m;

	crash_arm(seed, after);
	*ret_kept = 0;
	enum err e = store_sqlite_open(path, &s, &m);
	for (uint64_t turn = 1; !e && turn <= TURNS; turn++) {
		e = take_turn(s, turn);
		*ret_kept += !e;
		if (!e)
			(void)store_tend(s, true);
	}
	assert_true(!e || crash_is_dark());
	store_free(s);
	bool went = crash_is_dark();
	crash_settle();
	return went;
}

static void cut(uint64_t seed, uint64_t after)
{
	struct store *s = NULL;
	struct errmsg m;
	uint64_t kept;

	make_dir();
	bool went = play(seed, after, &kept);
	crash_arm(seed, 0);
	if (store_sqlite_open(path, &s, &m))
		fail_msg("cut %llu of seed %llu: %s", (unsigned long long)after,
			(unsigned long long)seed, m.text);
	uint64_t turns = turns_of(s);
	if (turns < kept || turns > kept + went)
		fail_msg("cut %llu of seed %llu: %llu turns were acknowledged, %llu are there",
			(unsigned long long)after, (unsigned long long)seed,
			(unsigned long long)kept, (unsigned long long)turns);
	ok(take_turn(s, turns + 1));
	assert_int_equal(turns_of(s), turns + 1);
	store_free(s);
	check_sound();
	crash_settle();
	remove_dir();
}

TEST(a_power_cut_loses_nothing_that_was_acknowledged_and_leaves_nothing_half)
{
	struct rng r = test_rng();
	const char *cuts = getenv("ROOST_CUTS");
	bool all = cuts && strcmp(cuts, "all") == 0;
	uint64_t kept, whole;

	crash_register();
	make_dir();
	assert_false(play(1, 0, &kept));
	whole = crash_count();
	assert_int_equal(kept, TURNS);
	remove_dir();
	print_message("%llu writes, flushes and truncations in %d turns\n",
		(unsigned long long)whole, TURNS);
	assert_true(whole > (uint64_t)2 * TURNS);
	for (uint64_t i = 1; i <= (all ? whole : CUTS); i++)
		cut(rng_next(&r), all ? i : 1 + (uint64_t)rng_range(&r, 0, (int64_t)whole - 1));
}
