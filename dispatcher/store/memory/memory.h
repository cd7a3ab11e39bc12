/*
 * memory.h - the inside of the memory store: what its files share
 *
 * Jobs live in cells by their ids, so ids should be small; keys, ids of X and
 * ends are looked for one by one. It is made for tests, where that is enough.
 */
#ifndef ROOST_DISPATCHER_STORE_MEMORY_MEMORY_H
#define ROOST_DISPATCHER_STORE_MEMORY_MEMORY_H

#include "dispatcher/store/maker.h"
#include "dispatcher/store/sqlite/cells.h"

/* What is small and is copied whole at the begin of a transaction. */
struct memory_totals {
	uint64_t last_id, boot;
	uint32_t last_app, last_account; /* no number is used twice */
	usec_t pruned_at;                /* where store_prune() goes on ... */
	uint64_t pruned_id;
};

struct memory {
	struct store base;
	struct changes changes;
	struct memory_totals now, was;
	struct cells records;   /* struct kept_record, by id */
	struct cells apps;      /* struct app_row, by id */
	struct cells accounts;  /* struct account_row, by id */
	struct cells agents;    /* struct agent_row, by id */
	struct cells **replies; /* of each agent, by its id: struct kept_reply, by seq; owned */
	uint32_t replies_size;
	struct cells usernames; /* struct kept_username */
	struct cells windows;   /* struct window_kept */
	struct cells spent;     /* struct ledger_row */
	struct cells raises;    /* struct raise_row */
	struct cells settings;  /* struct setting_row */
	struct cells refusals;  /* struct refusal_row */
	struct cells audit;     /* struct audit_row, by seq */
	struct cells media;     /* struct media_row */
	struct cells uploads;   /* struct upload_row */
	struct cells needs;     /* struct kept_need */
	struct cells pages;     /* struct page_row */
	struct cells summons;   /* struct summons_row */
	int64_t fail_after;
	enum err fail_with;
};

struct kept_record {
	struct job_record r;
	uint64_t reply_seq; /* of the reply that told its end */
};

struct kept_reply {
	struct reply reply; /* its record only when copied */
	uint64_t id;
	bool copied;
};

struct kept_username {
	struct str username;
	char x_id[STORE_X_ID_MAX];
	usec_t at;
};

static inline struct memory *memory_of(struct store *s)
{
	return (struct memory *)s;
}

/* What every write and commit begins with: the failure a test asked for. */
MUST_USE enum err memory_may(struct memory *m);

/* Puts a copy of the struct at `of` (NULL: none) in a cell; ERR_NOMEM is noted. */
MUST_USE enum err memory_put(struct memory *m, struct cells *c, uint64_t cell,
	const struct strings *shape, const void *of);

/* memory_jobs.c */
enum err memory_put_job(struct store *s, const struct job *j, const struct body *b);
enum err memory_save_job(struct store *s, const struct job *j);
enum err memory_put_args(struct store *s, uint64_t id, const struct body *b);
enum err memory_end_job(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq);
enum err memory_revive_job(struct store *s, const struct job *j);
enum err memory_prune(
	struct store *s, usec_t before, uint32_t max, uint32_t *ret_count, bool *ret_more);
enum err memory_get_job(struct store *s, uint64_t id, struct job_record *ret);
enum err memory_get_body(struct store *s, uint64_t id, struct body *ret);
enum err memory_find_key(struct store *s, uint32_t agent, struct str key, uint64_t *ret_id,
	uint64_t *ret_fingerprint);
enum err memory_find_x_id(struct store *s, uint32_t account, struct str x_id, uint64_t *ret_id);
enum err memory_each_job(struct store *s, store_job_fn *each, void *ctx);
enum err memory_each_mark(struct store *s, usec_t since, store_mark_fn *each, void *ctx);
enum err memory_list(struct store *s, const struct job_filter *f, store_record_fn *each,
	void *ctx, uint64_t *ret_cursor);

/* memory_needs.c */
enum err memory_put_needs(
	struct store *s, uint64_t id, const struct need *needs, uint32_t count);
MUST_USE enum err memory_drop_needs(struct memory *m, uint64_t id);
enum err memory_each_need(struct store *s, uint64_t id, store_need_fn *each, void *ctx);
enum err memory_each_open_need(struct store *s, store_need_fn *each, void *ctx);

/* memory_pages.c */
enum err memory_put_page(struct store *s, const struct page_row *p);
enum err memory_drop_pages(struct store *s, uint64_t id);
enum err memory_get_page(struct store *s, uint64_t id, uint8_t page, struct page_row *ret);

/* memory_replies.c */
enum err memory_put_agent(struct store *s, struct str name, uint32_t *ret_id);
enum err memory_put_reply(struct store *s, const struct job *j, uint64_t *ret_seq);
enum err memory_tell_page(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq);
enum err memory_ack_replies(
	struct store *s, uint32_t agent, uint64_t upto, uint64_t *ret_count);
enum err memory_each_reply(struct store *s, uint32_t agent, uint64_t after, uint32_t max,
	store_reply_fn *each, void *ctx);
enum err memory_pending_replies(struct store *s, uint32_t agent, uint64_t *ret);
enum err memory_each_agent(struct store *s, store_agent_fn *each, void *ctx);
const struct agent_row *memory_agent(const struct memory *m, uint32_t id);

/* A reply under the next seq of j->agent, who is known; `copy`: with a content of its own. */
MUST_USE enum err memory_add_reply(struct memory *m, const struct job *j,
	const struct job_record *copy, uint64_t *ret_seq);

/* Gives a reply, if it is still kept, the content of `r` as its own. */
MUST_USE enum err memory_detach_reply(
	struct memory *m, uint32_t agent, uint64_t seq, const struct job_record *r);

/* memory_accounts.c */
enum err memory_put_app(struct store *s, const struct app_row *a, uint32_t *ret_id);
enum err memory_drop_app(struct store *s, uint32_t id);
enum err memory_put_account(struct store *s, const struct account_row *a, uint32_t *ret_id);
enum err memory_put_username(
	struct store *s, struct str username, struct str x_id, usec_t wall);
enum err memory_put_window(struct store *s, const struct window_kept *w);
enum err memory_put_refusal(struct store *s, const struct refusal_row *r);
enum err memory_drop_refusals(struct store *s, uint32_t app);
enum err memory_each_refusal(struct store *s, store_refusal_fn *each, void *ctx);
enum err memory_put_summons(struct store *s, const struct summons_row *r);
enum err memory_forget_summons(struct store *s, usec_t before, uint32_t max, bool *ret_more);
enum err memory_find_summons(struct store *s, uint32_t account, struct str x_id, bool *ret_own);
enum err memory_put_setting(struct store *s, const struct setting_row *r);
enum err memory_find_username(
	struct store *s, struct str username, usec_t since, char ret_x_id[STORE_X_ID_MAX]);
enum err memory_each_app(struct store *s, store_app_fn *each, void *ctx);
enum err memory_each_account(struct store *s, store_account_fn *each, void *ctx);
enum err memory_each_setting(struct store *s, store_setting_fn *each, void *ctx);
enum err memory_each_window(struct store *s, store_window_fn *each, void *ctx);

/* memory_media.c */
enum err memory_put_media(struct store *s, const struct media_row *r);
enum err memory_put_upload(struct store *s, const struct upload_row *r);
enum err memory_drop_media(struct store *s, uint32_t agent, const unsigned char *hash);
enum err memory_drop_upload(struct store *s, uint32_t account, const unsigned char *key);
enum err memory_forget_uploads(struct store *s, usec_t before);
enum err memory_find_media(
	struct store *s, uint32_t agent, const unsigned char *hash, struct media_row *ret);
enum err memory_find_upload(
	struct store *s, uint32_t account, const unsigned char *key, struct upload_row *ret);
enum err memory_each_media(struct store *s, store_media_fn *each, void *ctx);
enum err memory_sum_media(
	struct store *s, uint32_t agent, int64_t *ret_files, int64_t *ret_bytes);

/* memory_audit.c */
enum err memory_put_audit(struct store *s, const struct audit_row *r);
enum err memory_each_audit(
	struct store *s, uint64_t after, uint32_t max, store_audit_fn *each, void *ctx);
enum err memory_last_audit(struct store *s, struct audit_row *ret);

/* memory_money.c */
enum err memory_put_spent(struct store *s, const struct ledger_row *r);
enum err memory_put_raise(struct store *s, const struct raise_row *r);
enum err memory_forget_money(struct store *s, int32_t before);
enum err memory_each_spent(
	struct store *s, const struct periods *p, store_spent_fn *each, void *ctx);
enum err memory_each_raise(
	struct store *s, const struct periods *p, store_raise_fn *each, void *ctx);

#endif
