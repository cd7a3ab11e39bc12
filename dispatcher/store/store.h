/*
 * store.h - what the dispatcher remembers
 *
 * A small interface with several makers (SQLite, memory; later PostgreSQL) and
 * one body of contract tests. Everything is written between store_begin() and
 * store_commit(); a commit is flushed, or it never happened. Reads see what
 * the open transaction has written. One thread, one connection.
 *
 * Numbers of apps, accounts and agents are row ids from 1, never used twice.
 * What is read is lent until the next call on the same store, or, for a
 * callback, until it returns. A callback must not call the store.
 *
 * Errors: ERR_UNAVAILABLE the disk is full (the transaction is undone; see
 * store_has_room()), ERR_IO the medium failed (the process must stop: a flush
 * that failed is not repeated), ERR_CORRUPT what is stored is damaged or of a
 * newer version, ERR_NOMEM.
 */
#ifndef ROOST_DISPATCHER_STORE_STORE_H
#define ROOST_DISPATCHER_STORE_STORE_H

#include "dispatcher/core/job.h"
#include "dispatcher/core/window.h"

struct store;

/* What an agent said of a job, kept with it until retention takes it. */
struct body {
	usec_t enqueued_at;   /* wall */
	int64_t price;        /* micro-dollars, worst case, as told at enqueue */
	uint64_t fingerprint; /* of the content, to tell "same key, same job" from "other content" */
	struct str action;    /* its name */
	struct str key;       /* idempotency key; empty: none */
	struct str batch;     /* empty: none */
	struct str tags;      /* each between newlines: "\na\nb\n"; empty: none */
	struct str args;      /* MessagePack map */
	struct str meta;      /* MessagePack value; empty: none */
};

/* How a job ended. */
struct ending {
	usec_t finished_at; /* wall */
	usec_t started_at;  /* wall, of the last attempt; 0: none began */
	int http_status;    /* 0: none */
	int64_t price;      /* micro-dollars that it did cost */
	bool settled;
	struct str cause;    /* outcome_cause_name(); "none" when done */
	struct str message;  /* for a person; empty when done */
	struct str x_id;     /* of what was made; empty */
	struct str response; /* X's answer as MessagePack; empty: none */
};

/* A job, whole. `ended` says whether `ending` holds; job.state is then final. */
struct job_record {
	struct job job;
	struct body body;
	bool ended;
	struct ending ending;
};

/* Which jobs; fields that are zero or empty do not matter. */
struct job_filter {
	uint32_t agent, account;
	bool by_state;
	enum job_state state;
	struct str action, batch, tag;
	struct str text;   /* bytes that occur in the arguments */
	uint64_t before;   /* ids below this only: the cursor; 0: from the newest */
	uint32_t limit;    /* at most so many, >= 1 */
	uint32_t scan_max; /* rows looked at, at most, >= 1: the rest is for the next call */
};

/* A message for an agent, kept until it acknowledges it. */
struct reply {
	uint64_t seq;
	struct job_record record; /* as it was when the reply was made */
};

struct app_row {
	uint32_t id; /* 0 when new */
	struct str name, client_id, plan;
	struct str data_key; /* wrapped; empty */
	struct str secret;   /* sealed client secret; empty: a public client */
	bool paused;
	usec_t parked_until; /* wall; 0: not parked */
	struct str park_cause;
};

struct account_row {
	uint32_t id; /* 0 when new */
	uint32_t app;
	struct str name, user_id, username, scopes;
	uint8_t grant;          /* enum grant_state */
	bool refreshing;        /* the intent: a refresh of `generation` was begun, its end not yet known */
	uint64_t generation;    /* of the tokens; goes up with each pair */
	usec_t token_until;     /* wall */
	struct str data_key;    /* wrapped */
	struct str access, refresh; /* sealed */
	bool paused;
	usec_t parked_until;    /* wall; 0: not parked */
	struct str park_cause;
};

struct agent_row {
	uint32_t id; /* 0 when new */
	struct str name;
	uint64_t last_seq; /* of its replies */
};

struct store_counts {
	uint64_t jobs, history, replies, bytes; /* bytes: of the files */
};

/* A window row with its family by name, since numbers of families are not kept over versions. */
struct window_kept {
	struct window_row row;
	struct str family;
};

struct store_ops {
	void (*free)(struct store *s);
	enum err (*begin)(struct store *s, struct errmsg *m);
	enum err (*commit)(struct store *s, struct errmsg *m);
	void (*rollback)(struct store *s);
	bool (*has_room)(struct store *s);
	bool (*tend)(struct store *s, bool quiet);

	enum err (*put_job)(struct store *s, const struct job *j, const struct body *b);
	enum err (*save_job)(struct store *s, const struct job *j);
	enum err (*put_args)(struct store *s, uint64_t id, const struct body *b);
	enum err (*end_job)(struct store *s, const struct job *j, const struct ending *e);
	enum err (*revive_job)(struct store *s, const struct job *j);
	enum err (*put_reply)(struct store *s, const struct job *j, uint64_t *ret_seq);
	enum err (*ack_replies)(struct store *s, uint32_t agent, uint64_t upto, uint64_t *ret_count);
	enum err (*put_window)(struct store *s, const struct window_kept *w);
	enum err (*put_app)(struct store *s, const struct app_row *a, uint32_t *ret_id);
	enum err (*put_account)(struct store *s, const struct account_row *a, uint32_t *ret_id);
	enum err (*put_agent)(struct store *s, struct str name, uint32_t *ret_id);
	enum err (*put_username)(struct store *s, struct str username, struct str x_id, usec_t wall);
	enum err (*next_boot)(struct store *s, uint64_t *ret);
	enum err (*prune)(struct store *s, usec_t before, uint32_t max, uint32_t *ret_count);

	enum err (*get_job)(struct store *s, uint64_t id, struct job_record *ret);
	enum err (*get_body)(struct store *s, uint64_t id, struct body *ret);
	enum err (*find_key)(struct store *s, uint32_t agent, struct str key, uint64_t *ret_id, uint64_t *ret_fingerprint);
	enum err (*find_x_id)(struct store *s, uint32_t account, struct str x_id, uint64_t *ret_id);
	enum err (*find_username)(struct store *s, struct str username, usec_t since, char ret_x_id[24]);
	enum err (*last_id)(struct store *s, uint64_t *ret);
	enum err (*each_job)(struct store *s, void (*each)(void *ctx, const struct job *j), void *ctx);
	enum err (*each_app)(struct store *s, void (*each)(void *ctx, const struct app_row *a), void *ctx);
	enum err (*each_account)(struct store *s, void (*each)(void *ctx, const struct account_row *a), void *ctx);
	enum err (*each_agent)(struct store *s, void (*each)(void *ctx, const struct agent_row *a), void *ctx);
	enum err (*each_window)(struct store *s, void (*each)(void *ctx, const struct window_kept *w), void *ctx);
	enum err (*each_reply)(struct store *s, uint32_t agent, uint64_t after, uint32_t max,
		void (*each)(void *ctx, const struct reply *r), void *ctx);
	enum err (*list)(struct store *s, const struct job_filter *f, void (*each)(void *ctx, const struct job_record *r),
		void *ctx, uint64_t *ret_cursor);
	enum err (*pending_replies)(struct store *s, uint32_t agent, uint64_t *ret);
	enum err (*counts)(struct store *s, struct store_counts *ret);
};

struct store {
	const struct store_ops *ops;
};

/*
 * Opens the SQLite file at `path`, makes it if need be, brings it to this version's schema. A lock file
 * beside it keeps a second dispatcher out: ERR_CONFLICT, with the holder's pid in the words. ERR_CORRUPT
 * for a newer schema or a file that is no store: it is left untouched.
 */
MUST_USE enum err store_sqlite_open(const char *path, struct store **ret, struct errmsg *m);

/* In memory, for tests. */
MUST_USE enum err store_mem_open(struct store **ret);

/* Tests: the n-th write or commit from now fails with e; negative n: none does. */
void store_mem_fail_after(struct store *s, int64_t n, enum err e);

void store_free(struct store *s); /* an open transaction is undone */
AUTO_DEFINE(store)

/* --- the transaction --- */

MUST_USE enum err store_begin(struct store *s, struct errmsg *m);
MUST_USE enum err store_commit(struct store *s, struct errmsg *m);
void store_rollback(struct store *s);

/* False when so little room is left that only results and tokens may be written. Cheap: asked every turn. */
bool store_has_room(struct store *s);

/*
 * Housekeeping between turns, bounded: a step of the checkpoint when it is quiet or the log has grown
 * large. True when there is more to do.
 */
bool store_tend(struct store *s, bool quiet);

/* --- writes, within a transaction --- */

MUST_USE enum err store_put_job(struct store *s, const struct job *j, const struct body *b);
MUST_USE enum err store_save_job(struct store *s, const struct job *j);
MUST_USE enum err store_put_args(struct store *s, uint64_t id, const struct body *b); /* args, price, fingerprint */

/* Moves a job to history. j->state is final. */
MUST_USE enum err store_end_job(struct store *s, const struct job *j, const struct ending *e);

/* Brings an ended job back as j. Replies of its earlier life that are still kept keep their content. */
MUST_USE enum err store_revive_job(struct store *s, const struct job *j);

/* A reply to j->agent about j, whose state is final (end_job first) or UNSURE. Seqs count from 1, without gaps. */
MUST_USE enum err store_put_reply(struct store *s, const struct job *j, uint64_t *ret_seq);
MUST_USE enum err store_ack_replies(struct store *s, uint32_t agent, uint64_t upto, uint64_t *ret_count);

MUST_USE enum err store_put_window(struct store *s, const struct window_kept *w);
MUST_USE enum err store_put_app(struct store *s, const struct app_row *a, uint32_t *ret_id);
MUST_USE enum err store_put_account(struct store *s, const struct account_row *a, uint32_t *ret_id);
MUST_USE enum err store_put_agent(struct store *s, struct str name, uint32_t *ret_id); /* finds or makes */
MUST_USE enum err store_put_username(struct store *s, struct str username, struct str x_id, usec_t wall);
MUST_USE enum err store_next_boot(struct store *s, uint64_t *ret); /* 1, 2, ...: one more each time */

/* Forgets at most max ended jobs that finished before `before` and whose replies are acknowledged. */
MUST_USE enum err store_prune(struct store *s, usec_t before, uint32_t max, uint32_t *ret_count);

/* --- reads. ERR_NOT_FOUND where there is none --- */

MUST_USE enum err store_get_job(struct store *s, uint64_t id, struct job_record *ret);
MUST_USE enum err store_get_body(struct store *s, uint64_t id, struct body *ret);
MUST_USE enum err store_find_key(struct store *s, uint32_t agent, struct str key, uint64_t *ret_id,
	uint64_t *ret_fingerprint);

/* The ended job of that account that made or claimed x_id. */
MUST_USE enum err store_find_x_id(struct store *s, uint32_t account, struct str x_id, uint64_t *ret_id);

/* The id of a user name (compared without case) remembered at or after `since`. */
MUST_USE enum err store_find_username(struct store *s, struct str username, usec_t since, char ret_x_id[24]);

MUST_USE enum err store_last_id(struct store *s, uint64_t *ret); /* highest job id ever put; 0: none */

/* The jobs that have not ended, by id. A million of them in well under a second. */
MUST_USE enum err store_each_job(struct store *s, void (*each)(void *ctx, const struct job *j), void *ctx);
MUST_USE enum err store_each_app(struct store *s, void (*each)(void *ctx, const struct app_row *a), void *ctx);
MUST_USE enum err store_each_account(struct store *s, void (*each)(void *ctx, const struct account_row *a), void *ctx);
MUST_USE enum err store_each_agent(struct store *s, void (*each)(void *ctx, const struct agent_row *a), void *ctx);
MUST_USE enum err store_each_window(struct store *s, void (*each)(void *ctx, const struct window_kept *w), void *ctx);

/* At most max replies of an agent with seq above `after`, by seq. */
MUST_USE enum err store_each_reply(struct store *s, uint32_t agent, uint64_t after, uint32_t max,
	void (*each)(void *ctx, const struct reply *r), void *ctx);

/* Jobs by a filter, newest first. *ret_cursor: give it as `before` to go on; 0: that was all. */
MUST_USE enum err store_list(struct store *s, const struct job_filter *f,
	void (*each)(void *ctx, const struct job_record *r), void *ctx, uint64_t *ret_cursor);

MUST_USE enum err store_pending_replies(struct store *s, uint32_t agent, uint64_t *ret);
MUST_USE enum err store_counts(struct store *s, struct store_counts *ret);

#endif
