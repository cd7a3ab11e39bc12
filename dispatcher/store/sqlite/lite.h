/*
 * lite.h - the inside of the SQLite store: what its files share
 *
 * One connection, every statement prepared once. A statement whose row is lent
 * to the caller stays where it is until the next call (lite_use() begins it).
 *
 * What every enqueue asks for is held in memory beside the file: totals, and
 * the seqs of agents. They are written with the commit and go back with a
 * rollback.
 */
#ifndef ROOST_DISPATCHER_STORE_SQLITE_LITE_H
#define ROOST_DISPATCHER_STORE_SQLITE_LITE_H

#include <sqlite3.h>

#include "dispatcher/store/maker.h"
#include "dispatcher/store/sqlite/room.h"

/* clang-format off */
#define JOB_COLUMNS    "agent, account, call, state, priority, attempts, max_attempts, flags, looks, lease, not_before, expires_at, begun_at, attempt_price, unit_price, cost_so_far, pages, page"
#define BODY_COLUMNS   "enqueued_at, price, fingerprint, action, key, batch, tags, args, meta, max_price"
#define ENDING_COLUMNS "finished_at, started_at, http_status, cost, settled, cause, message, x_id, response"
/* clang-format on */

enum {
	JOB_COLUMN_COUNT = 18,
	BODY_COLUMN_COUNT = 10,
	ENDING_COLUMN_COUNT = 9,
};

enum stmt {
#define X(stmt, sql) stmt,
#include "dispatcher/store/sqlite/statements.def"
#undef X
	STMT_COUNT,
};

#define LITE_CALLS_MAX 1024

struct totals {
	uint64_t last_id, boot, jobs, history;
};

/* The seqs of one agent, as they are and as they were when the transaction began. */
struct seqs {
	uint64_t last, acked;
	uint64_t was_last, was_acked;
	bool changed;
};

struct lite {
	struct store base;
	sqlite3 *db;
	sqlite3_stmt *stmts[STMT_COUNT];
	sqlite3_stmt *lent[2]; /* whose rows the caller may still be reading */

	char *log_path, *lock_path; /* owned */
	char *path;                 /* absolute; owned */
	int lock;                   /* descriptor of the lock file */
	int page_size;              /* bytes */
	struct room room;
	bool dead;           /* the medium failed: nothing more is written */
	uint64_t log_pages;  /* in the write-ahead log */
	uint64_t back_pages; /* of them, written back to the file already */

	uint16_t number_of[CALL_COUNT];   /* what a call is kept as ... */
	uint16_t call_of[LITE_CALLS_MAX]; /* ... and back; CALL_COUNT: no such number is kept */

	struct totals now, was;
	struct seqs *seqs; /* by the agent's id; owned */
	uint32_t seqs_count, seqs_size, seqs_was_count;
	uint32_t *changed; /* ids of the agents whose seqs changed in this transaction; owned */
	uint32_t changed_count, changed_size;

	usec_t pruned_at;   /* where store_prune() goes on: after this end ... */
	uint64_t pruned_id; /* ... of this job */
};

static inline struct lite *lite_of(struct store *s)
{
	return (struct lite *)s;
}

/* --- statements --- */

/* Ends what was lent, and gives a statement to bind. */
sqlite3_stmt *lite_use(struct lite *l, enum stmt which);

/* The same, within one operation: rows lent by it so far stay. */
sqlite3_stmt *lite_also(struct lite *l, enum stmt which);

/* Runs a statement that gives no rows, and makes it ready for the next use. */
MUST_USE enum err lite_run(struct lite *l, sqlite3_stmt *st);

/*
 * Steps to the next row; ERR_NOT_FOUND after the last. Unless ERR_OK the statement is ready for
 * the next use.
 */
MUST_USE enum err lite_row(struct lite *l, sqlite3_stmt *st);

/* The row of st is lent until the next lite_use(). */
void lite_lend(struct lite *l, sqlite3_stmt *st);

/* Rows changed by the statement that ran last. */
int lite_changes(const struct lite *l);

/* Notes what SQLite's code means: its words, and the loss of the transaction. Never ERR_OK. */
enum err lite_fail(struct lite *l, int rc);

/* Notes that something stored makes no sense. */
enum err lite_damaged(struct lite *l, const char *what);

void bind_int(sqlite3_stmt *st, int at, int64_t n);
void bind_text(sqlite3_stmt *st, int at, struct str s);
void bind_blob(sqlite3_stmt *st, int at, struct str s);
int64_t column_int(sqlite3_stmt *st, int at);
struct str column_str(sqlite3_stmt *st, int at);

/* --- the operations, a file each; store.h says what they do --- */

/* schema.c: brings a file to this version's schema, or makes it. */
MUST_USE enum err schema_check_file(const char *path, struct errmsg *m);
MUST_USE enum err schema_open(struct lite *l);

/* turn.c */
enum err turn_begin(struct store *s);
enum err turn_commit(struct store *s);
void turn_rollback(struct store *s);
bool turn_has_room(struct store *s);
bool turn_tend(struct store *s, bool quiet);
enum err totals_next_boot(struct store *s, uint64_t *ret);
enum err totals_last_id(struct store *s, uint64_t *ret);
enum err totals_counts(struct store *s, struct store_counts *ret);
MUST_USE enum err totals_load(struct lite *l);

/* Counts the pages of the log from now on. */
void turn_watch_log(struct lite *l);

/* Writes the log back to the file; `mode` is SQLite's. A failure is noted. */
void turn_write_back(struct lite *l, int mode);

/* calls.c: numbers of calls change with the program, so the file has a table of their names. */
MUST_USE enum err calls_load(struct lite *l);

/* jobs.c */
enum err jobs_put(struct store *s, const struct job *j, const struct body *b);
enum err jobs_save(struct store *s, const struct job *j);
enum err jobs_put_args(struct store *s, uint64_t id, const struct body *b);
enum err jobs_get(struct store *s, uint64_t id, struct job_record *ret);
enum err jobs_get_body(struct store *s, uint64_t id, struct body *ret);
enum err jobs_find_key(struct store *s, uint32_t agent, struct str key, uint64_t *ret_id,
	uint64_t *ret_fingerprint);
enum err jobs_each(struct store *s, store_job_fn *each, void *ctx);
enum err jobs_each_mark(struct store *s, usec_t since, store_mark_fn *each, void *ctx);

/* needs.c */
enum err needs_put(struct store *s, uint64_t id, const struct need *needs, uint32_t count);
enum err needs_each(struct store *s, uint64_t id, store_need_fn *each, void *ctx);
enum err needs_each_open(struct store *s, store_need_fn *each, void *ctx);

/* pages.c */
enum err pages_put(struct store *s, const struct page_row *p);
enum err pages_get(struct store *s, uint64_t id, uint8_t page, struct page_row *ret);
enum err pages_drop(struct store *s, uint64_t id);

/* Binds a job to the parameters ?1 to ?19, and reads one from JOB_COLUMNS beginning at `at`. */
void job_bind(const struct lite *l, sqlite3_stmt *st, const struct job *j);
MUST_USE enum err job_read(
	struct lite *l, sqlite3_stmt *st, int at, uint64_t id, struct job *ret);
void body_read(sqlite3_stmt *st, int at, struct body *ret);
void ending_read(sqlite3_stmt *st, int at, struct ending *ret);
void ending_bind(sqlite3_stmt *st, int at, const struct ending *e);

/* Fetches a whole record; its rows are lent. */
MUST_USE enum err record_fetch(struct lite *l, uint64_t id, struct job_record *ret);

/* history.c */
enum err history_end(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq);
enum err history_revive(struct store *s, const struct job *j);
enum err history_find_x_id(
	struct store *s, uint32_t account, struct str x_id, uint64_t *ret_id);
enum err history_prune(
	struct store *s, usec_t before, uint32_t max, uint32_t *ret_count, bool *ret_more);

/* replies.c */
enum err replies_put(struct store *s, const struct job *j, uint64_t *ret_seq);
enum err replies_tell_page(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq);
enum err replies_ack(struct store *s, uint32_t agent, uint64_t upto, uint64_t *ret_count);
enum err replies_each(struct store *s, uint32_t agent, uint64_t after, uint32_t max,
	store_reply_fn *each, void *ctx);
enum err replies_pending(struct store *s, uint32_t agent, uint64_t *ret);

/*
 * Adds the row of a reply under the next seq of j->agent, who is known. `copied`: its content
 * stands by itself.
 */
MUST_USE enum err replies_add(
	struct lite *l, const struct job *j, bool copied, uint64_t *ret_seq);

/* agents.c */
enum err agents_put(struct store *s, struct str name, uint32_t *ret_id);
enum err agents_each(struct store *s, store_agent_fn *each, void *ctx);

/*
 * An agent's seqs, NULL when it is not known; and those of a known one to change, NULL when out
 * of memory.
 */
const struct seqs *seqs_of(const struct lite *l, uint32_t agent);
MUST_USE struct seqs *seqs_change(struct lite *l, uint32_t agent);
MUST_USE enum err seqs_load(struct lite *l);
MUST_USE enum err seqs_save(struct lite *l); /* before a commit */
void seqs_keep(struct lite *l);              /* after it */
void seqs_undo(struct lite *l);
uint64_t seqs_pending(const struct lite *l); /* of all agents */

/* accounts.c */
enum err accounts_put_app(struct store *s, const struct app_row *a, uint32_t *ret_id);
enum err accounts_drop_app(struct store *s, uint32_t id);
enum err accounts_put(struct store *s, const struct account_row *a, uint32_t *ret_id);
enum err accounts_put_username(
	struct store *s, struct str username, struct str x_id, usec_t wall);
enum err accounts_put_window(struct store *s, const struct window_kept *w);
enum err accounts_put_refusal(struct store *s, const struct refusal_row *r);
enum err accounts_drop_refusals(struct store *s, uint32_t app);
enum err accounts_each_refusal(struct store *s, store_refusal_fn *each, void *ctx);
enum err accounts_put_summons(struct store *s, const struct summons_row *r);
enum err accounts_forget_summons(struct store *s, usec_t before, uint32_t max, bool *ret_more);
enum err accounts_find_summons(
	struct store *s, uint32_t account, struct str x_id, bool *ret_own);
enum err accounts_put_setting(struct store *s, const struct setting_row *r);
enum err accounts_each_setting(struct store *s, store_setting_fn *each, void *ctx);
enum err accounts_find_username(
	struct store *s, struct str username, usec_t since, char ret_x_id[STORE_X_ID_MAX]);
enum err accounts_each_app(struct store *s, store_app_fn *each, void *ctx);
enum err accounts_each(struct store *s, store_account_fn *each, void *ctx);
enum err accounts_each_window(struct store *s, store_window_fn *each, void *ctx);

/* media.c */
enum err media_put(struct store *s, const struct media_row *r);
enum err media_put_upload(struct store *s, const struct upload_row *r);
enum err media_drop(struct store *s, uint32_t agent, const unsigned char *hash);
enum err media_drop_upload(struct store *s, uint32_t account, const unsigned char *key);
enum err media_forget_uploads(struct store *s, usec_t before);
enum err media_find(
	struct store *s, uint32_t agent, const unsigned char *hash, struct media_row *ret);
enum err media_find_upload(
	struct store *s, uint32_t account, const unsigned char *key, struct upload_row *ret);
enum err media_each(struct store *s, store_media_fn *each, void *ctx);
enum err media_sum(struct store *s, uint32_t agent, int64_t *ret_files, int64_t *ret_bytes);

/* audit.c */
enum err audit_put(struct store *s, const struct audit_row *r);
enum err audit_each(
	struct store *s, uint64_t after, uint32_t max, store_audit_fn *each, void *ctx);
enum err audit_last(struct store *s, struct audit_row *ret);

/* money.c */
enum err money_put_spent(struct store *s, const struct ledger_row *r);
enum err money_put_raise(struct store *s, const struct raise_row *r);
enum err money_forget(struct store *s, int32_t before);
enum err money_each_spent(
	struct store *s, const struct periods *p, store_spent_fn *each, void *ctx);
enum err money_each_raise(
	struct store *s, const struct periods *p, store_raise_fn *each, void *ctx);

/* list.c */
enum err list_jobs(struct store *s, const struct job_filter *f, store_record_fn *each,
	void *ctx, uint64_t *ret_cursor);

#endif
