/*
 * store.h - what the dispatcher remembers
 *
 * A small interface with several makers (SQLite, memory; later PostgreSQL) and
 * one body of contract tests. Everything is written between store_begin() and
 * store_commit(); a commit is flushed, or it never happened. Reads see what
 * the open transaction has written. One thread, one connection. To write
 * outside a transaction, or to begin one inside another, is a bug (asserted).
 *
 * Numbers of apps, accounts and agents are row ids from 1, never used twice.
 * What is read is lent until the next call on the same store, or, for a
 * callback, until it returns. A callback must not call the store.
 *
 * Errors: ERR_NOT_FOUND and ERR_CONFLICT refuse one operation and change
 * nothing. All others are the end of the transaction, whose commit then fails
 * with the same error: ERR_UNAVAILABLE the disk is full (see store_has_room()),
 * ERR_IO the medium failed (the process must stop: a flush that failed is not
 * repeated), ERR_CORRUPT what is stored is damaged or of a newer version,
 * ERR_NOMEM. store_words() says in a sentence what happened and what to do.
 */
#ifndef ROOST_DISPATCHER_STORE_STORE_H
#define ROOST_DISPATCHER_STORE_STORE_H

#include "dispatcher/store/rows.h"

struct store;

typedef void store_job_fn(void *ctx, const struct job *j);
typedef void store_record_fn(void *ctx, const struct job_record *r);
typedef void store_reply_fn(void *ctx, const struct reply *r);
typedef void store_app_fn(void *ctx, const struct app_row *a);
typedef void store_account_fn(void *ctx, const struct account_row *a);
typedef void store_agent_fn(void *ctx, const struct agent_row *a);
typedef void store_window_fn(void *ctx, const struct window_kept *w);
typedef void store_refusal_fn(void *ctx, const struct refusal_row *r);
typedef void store_need_fn(void *ctx, const struct need_row *r);
typedef void store_mark_fn(void *ctx, const struct mark_row *r);
typedef void store_spent_fn(void *ctx, const struct ledger_row *r);
typedef void store_raise_fn(void *ctx, const struct raise_row *r);
typedef void store_audit_fn(void *ctx, const struct audit_row *r);
typedef void store_setting_fn(void *ctx, const struct setting_row *r);
typedef void store_media_fn(void *ctx, const struct media_row *r);

/*
 * Opens the SQLite file at `path`, makes it if need be (and its directory, one level), brings
 * it to this version's schema. A lock file beside it keeps a second dispatcher out:
 * ERR_CONFLICT, with the holder's pid in the words. ERR_CORRUPT for a newer schema or a file
 * that is no store: it is left untouched. Files are readable by their owner alone.
 */
MUST_USE enum err store_sqlite_open(const char *path, struct store **ret, struct errmsg *m);

/* In memory, for tests. */
MUST_USE enum err store_mem_open(struct store **ret);

/*
 * Tests: n writes or commits of this memory store succeed from now on, and the one after fails
 * with e, once; negative n: none does.
 */
void store_mem_fail_after(struct store *s, int64_t n, enum err e);

void store_free(struct store *s); /* an open transaction is undone */
AUTO_DEFINE(store)

/* What the last failure was about: lent until the next call. "" when there was none. */
const char *store_words(const struct store *s);

/* --- the transaction --- */

MUST_USE enum err store_begin(struct store *s, struct errmsg *m);
MUST_USE enum err store_commit(struct store *s, struct errmsg *m);
void store_rollback(struct store *s);

/*
 * False when so little room is left that only results and tokens may be written. Cheap: may be
 * asked every turn.
 */
bool store_has_room(struct store *s);

/*
 * Housekeeping between turns, bounded: writes back what the log holds when it is quiet, or when
 * the log has grown large. True when there is more to do. Not within a transaction.
 */
bool store_tend(struct store *s, bool quiet);

/* --- writes, within a transaction --- */

/*
 * A new job. ERR_CONFLICT when its id, or the key of its agent, is taken; ERR_NOT_FOUND when
 * there is no such agent.
 */
MUST_USE enum err store_put_job(struct store *s, const struct job *j, const struct body *b);

/* Keeps, once and with the job itself, which jobs it comes after. */
MUST_USE enum err store_put_needs(
	struct store *s, uint64_t id, const struct need *needs, uint32_t count);

/* Writes j over what is kept of it. ERR_NOT_FOUND when it is not there, or has ended. */
MUST_USE enum err store_save_job(struct store *s, const struct job *j);

/* New arguments for a job that has not ended: args, price, fingerprint and mark of b. */
MUST_USE enum err store_put_args(struct store *s, uint64_t id, const struct body *b);

/*
 * Moves a job to history and makes the reply that tells its agent; j->state is final. Replies
 * of an agent have seqs from 1 without gaps, none ever used twice.
 */
MUST_USE enum err store_end_job(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq);

/*
 * Brings an ended job back as j, not final. Replies of its earlier life that are not yet
 * acknowledged keep their content. ERR_NOT_FOUND when no ended job has that id.
 */
MUST_USE enum err store_revive_job(struct store *s, const struct job *j);

/*
 * Saves j, which is not final, and makes a reply about it as it is now: a decision is wanted.
 */
MUST_USE enum err store_put_reply(struct store *s, const struct job *j, uint64_t *ret_seq);

/*
 * A reply that tells of one page which j, not final and saved, has read: e says what came. It
 * has its own copy of that.
 */
MUST_USE enum err store_tell_page(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq);

/* Keeps a page of a job; forgets all of a job's. They also go with the job. */
MUST_USE enum err store_put_page(struct store *s, const struct page_row *p);
MUST_USE enum err store_drop_pages(struct store *s, uint64_t id);

/* Drops an agent's replies up to a seq, for ever. *ret_count: how many. */
MUST_USE enum err store_ack_replies(
	struct store *s, uint32_t agent, uint64_t upto, uint64_t *ret_count);

MUST_USE enum err store_put_window(struct store *s, const struct window_kept *w);

/*
 * A row with id 0 is new and is given one. ERR_CONFLICT when another has its name,
 * ERR_NOT_FOUND when there is no row with that id.
 */
MUST_USE enum err store_put_app(struct store *s, const struct app_row *a, uint32_t *ret_id);
MUST_USE enum err store_put_account(
	struct store *s, const struct account_row *a, uint32_t *ret_id);

/* Forgets an app, with its sealed secret. ERR_NOT_FOUND when there is none with that id. */
MUST_USE enum err store_drop_app(struct store *s, uint32_t id);

/* The number of an agent, made known if need be. */
MUST_USE enum err store_put_agent(struct store *s, struct str name, uint32_t *ret_id);

/* Keeps the value of a setting, in the place of an earlier one; an empty value forgets it. */
MUST_USE enum err store_put_setting(struct store *s, const struct setting_row *r);

/* One more record of the audit log, for ever. ERR_CONFLICT when its seq is taken. */
MUST_USE enum err store_put_audit(struct store *s, const struct audit_row *r);

/* Keeps one refusal for each app, call and kind. */
MUST_USE enum err store_put_refusal(struct store *s, const struct refusal_row *r);
MUST_USE enum err store_drop_refusals(struct store *s, uint32_t app); /* all of an app's */

/* Remembers that a post mentions an account, quotes one of its posts, or is one of them. */
MUST_USE enum err store_put_summons(struct store *s, const struct summons_row *r);

/* Forgets those not seen since `before`, at most max of them. *ret_more: there may be more. */
MUST_USE enum err store_forget_summons(
	struct store *s, usec_t before, uint32_t max, bool *ret_more);

/* Remembers whose a user name was at `wall`; x_id has less than STORE_X_ID_MAX bytes. */
MUST_USE enum err store_put_username(
	struct store *s, struct str username, struct str x_id, usec_t wall);

/* Keeps one row for each agent and hash, and one for each account and key. */
MUST_USE enum err store_put_media(struct store *s, const struct media_row *r);
MUST_USE enum err store_put_upload(struct store *s, const struct upload_row *r);

/* Forgets one; no matter if there is none. And the uploads that X forgot before that instant.
 */
MUST_USE enum err store_drop_media(
	struct store *s, uint32_t agent, const unsigned char hash[STORE_HASH_BYTES]);
MUST_USE enum err store_drop_upload(
	struct store *s, uint32_t account, const unsigned char key[STORE_HASH_BYTES]);
MUST_USE enum err store_forget_uploads(struct store *s, usec_t before);

/* What a day or a month did cost so far. */
MUST_USE enum err store_put_spent(struct store *s, const struct ledger_row *r);

/* One more override. */
MUST_USE enum err store_put_raise(struct store *s, const struct raise_row *r);

/* Forgets what days and months that began before day `before` did cost, and their overrides. */
MUST_USE enum err store_forget_money(struct store *s, int32_t before);

/* 1, 2, ...: one more each time. */
MUST_USE enum err store_next_boot(struct store *s, uint64_t *ret);

/*
 * Forgets ended jobs that finished before `before` and whose replies are acknowledged, their
 * keys too. Looks at no more than max of them, oldest end first; the next call goes on from
 * there. *ret_more: there are more to look at. When it is false the next call starts over.
 */
MUST_USE enum err store_prune(
	struct store *s, usec_t before, uint32_t max, uint32_t *ret_count, bool *ret_more);

/* --- reads. ERR_NOT_FOUND where there is none --- */

MUST_USE enum err store_get_job(struct store *s, uint64_t id, struct job_record *ret);
MUST_USE enum err store_get_body(struct store *s, uint64_t id, struct body *ret);

/* The page of that number that a job has read. ERR_NOT_FOUND. */
MUST_USE enum err store_get_page(
	struct store *s, uint64_t id, uint8_t page, struct page_row *ret);

/* The job that an agent brought under a key, and the fingerprint of its body. */
MUST_USE enum err store_find_key(struct store *s, uint32_t agent, struct str key,
	uint64_t *ret_id, uint64_t *ret_fingerprint);

/* The ended job of an account that made or claimed x_id; the newest if there are several. */
MUST_USE enum err store_find_x_id(
	struct store *s, uint32_t account, struct str x_id, uint64_t *ret_id);

/* The id of a user name (compared without case) remembered at or after `since`. */
MUST_USE enum err store_find_username(
	struct store *s, struct str username, usec_t since, char ret_x_id[STORE_X_ID_MAX]);

/* Whether that was remembered of a post, and whether it is the account's own. ERR_NOT_FOUND. */
MUST_USE enum err store_find_summons(
	struct store *s, uint32_t account, struct str x_id, bool *ret_own);

MUST_USE enum err store_find_media(struct store *s, uint32_t agent,
	const unsigned char hash[STORE_HASH_BYTES], struct media_row *ret);
MUST_USE enum err store_find_upload(struct store *s, uint32_t account,
	const unsigned char key[STORE_HASH_BYTES], struct upload_row *ret);
MUST_USE enum err store_each_media(struct store *s, store_media_fn *each, void *ctx);

/* How many contents are kept that an agent has sent, and their bytes. */
MUST_USE enum err store_sum_media(
	struct store *s, uint32_t agent, int64_t *ret_files, int64_t *ret_bytes);

/* The highest job id ever put, also when that job is forgotten; 0: none. */
MUST_USE enum err store_last_id(struct store *s, uint64_t *ret);

/*
 * The jobs that have not ended, by id. A million of them in well under a second. `each` calls
 * nothing of the store: a second thread reads ahead meanwhile.
 */
MUST_USE enum err store_each_job(struct store *s, store_job_fn *each, void *ctx);

/* What a job comes after, in the order it was put; and all that jobs which are HELD or WAITING
 * do. */
MUST_USE enum err store_each_need(struct store *s, uint64_t id, store_need_fn *each, void *ctx);
MUST_USE enum err store_each_open_need(struct store *s, store_need_fn *each, void *ctx);

/*
 * The marks of jobs that have not ended, and of those done at or after `since`, the oldest end
 * first.
 */
MUST_USE enum err store_each_mark(
	struct store *s, usec_t since, store_mark_fn *each, void *ctx);

/* By id. */
MUST_USE enum err store_each_app(struct store *s, store_app_fn *each, void *ctx);
MUST_USE enum err store_each_account(struct store *s, store_account_fn *each, void *ctx);
MUST_USE enum err store_each_agent(struct store *s, store_agent_fn *each, void *ctx);
MUST_USE enum err store_each_window(struct store *s, store_window_fn *each, void *ctx);
MUST_USE enum err store_each_refusal(struct store *s, store_refusal_fn *each, void *ctx);
MUST_USE enum err store_each_setting(struct store *s, store_setting_fn *each, void *ctx);

/* At most max records of the audit log with seq above `after`, by seq; and the last one. */
MUST_USE enum err store_each_audit(
	struct store *s, uint64_t after, uint32_t max, store_audit_fn *each, void *ctx);
MUST_USE enum err store_last_audit(struct store *s, struct audit_row *ret);

/* In the order of their begin; overrides of one period in the order they were made. */
MUST_USE enum err store_each_spent(
	struct store *s, const struct periods *p, store_spent_fn *each, void *ctx);
MUST_USE enum err store_each_raise(
	struct store *s, const struct periods *p, store_raise_fn *each, void *ctx);

/* At most max pending replies of an agent with seq above `after`, by seq. */
MUST_USE enum err store_each_reply(struct store *s, uint32_t agent, uint64_t after,
	uint32_t max, store_reply_fn *each, void *ctx);

/*
 * Jobs by a filter, newest first. *ret_cursor: give it as `before` to go on, also when fewer
 * than `limit` came; 0: that was all.
 */
MUST_USE enum err store_list(struct store *s, const struct job_filter *f, store_record_fn *each,
	void *ctx, uint64_t *ret_cursor);

MUST_USE enum err store_pending_replies(struct store *s, uint32_t agent, uint64_t *ret);
MUST_USE enum err store_counts(struct store *s, struct store_counts *ret);

#endif
