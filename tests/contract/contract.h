/*
 * contract.h - what the tests of the store share
 *
 * Each test opens an empty store by contract_open() and gives it back by
 * contract_close(). Times and numbers mean nothing here; what counts is that
 * what was put comes back.
 */
#ifndef ROOST_TESTS_CONTRACT_H
#define ROOST_TESTS_CONTRACT_H

#include "dispatcher/store/store.h"
#include "tests/lib/test.h"

/* --- of a maker --- */

/* An empty store. */
struct store *maker_open(void);

/* The same store as after a crash: what was not committed is gone. */
struct store *maker_reopen(struct store *s);

void maker_close(struct store *s);

/* --- of contract.c --- */

#define ok(call) assert_int_equal((call), ERR_OK)

void begin(struct store *s);
void commit(struct store *s);

/* An agent, made known in a transaction of its own or in the one that is open. */
uint32_t agent(struct store *s, const char *name);

/* A ready job and its body: id, agent, account 1 and the rest made up from the id. */
struct job a_job(uint64_t id, uint32_t by);
struct body a_body(uint64_t id);
struct ending an_ending(uint64_t id);

/* Puts jobs from `first` to `last`, in a transaction of its own. */
void put_jobs(struct store *s, uint32_t by, uint64_t first, uint64_t last);

/* Ends a job as done within a transaction; gives the seq of its reply. */
uint64_t end_job(struct store *s, uint64_t id, uint32_t by);

void assert_job(const struct job *have, const struct job *want);
void assert_body(const struct body *have, const struct body *want);
void assert_ending(const struct ending *have, const struct ending *want);
void assert_str(struct str have, const char *want);

/* What a list or a walk gave, copied as far as tests look at it. */
#define SEEN_MAX 4096
struct seen {
	size_t count;
	uint64_t ids[SEEN_MAX]; /* of replies: their seqs */
	enum job_state states[SEEN_MAX];
	bool ended[SEEN_MAX];
};

void see_job(void *ctx, const struct job *j);
void see_record(void *ctx, const struct job_record *r);
void see_reply(void *ctx, const struct reply *r);

/*
 * Every job that fits, in portions of `limit`, with no more than `scan_max` rows looked at in
 * each.
 */
void list_all(struct store *s, struct job_filter f, struct seen *seen);

#endif
