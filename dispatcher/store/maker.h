/*
 * maker.h - what a maker of the store interface fills in
 *
 * A maker's struct begins with a struct store. store.c checks what is a bug of
 * the caller (transactions, final states) once, for all makers; each operation
 * means what store.h says of the function of the same name.
 */
#ifndef ROOST_DISPATCHER_STORE_MAKER_H
#define ROOST_DISPATCHER_STORE_MAKER_H

#include "dispatcher/store/store.h"

struct store_ops {
	void (*free)(struct store *s);
	enum err (*begin)(struct store *s);
	enum err (*commit)(struct store *s); /* on a failure everything is undone */
	void (*rollback)(struct store *s);
	bool (*has_room)(struct store *s);
	bool (*tend)(struct store *s, bool quiet);

	enum err (*put_job)(struct store *s, const struct job *j, const struct body *b);
	enum err (*put_needs)(
		struct store *s, uint64_t id, const struct need *needs, uint32_t count);
	enum err (*save_job)(struct store *s, const struct job *j);
	enum err (*put_args)(struct store *s, uint64_t id, const struct body *b);
	enum err (*end_job)(struct store *s, const struct job *j, const struct ending *e,
		uint64_t *ret_seq);
	enum err (*revive_job)(struct store *s, const struct job *j);
	enum err (*put_reply)(struct store *s, const struct job *j, uint64_t *ret_seq);
	enum err (*tell_page)(struct store *s, const struct job *j, const struct ending *e,
		uint64_t *ret_seq);
	enum err (*put_page)(struct store *s, const struct page_row *p);
	enum err (*drop_pages)(struct store *s, uint64_t id);
	enum err (*ack_replies)(
		struct store *s, uint32_t agent, uint64_t upto, uint64_t *ret_count);
	enum err (*put_window)(struct store *s, const struct window_kept *w);
	enum err (*put_app)(struct store *s, const struct app_row *a, uint32_t *ret_id);
	enum err (*drop_app)(struct store *s, uint32_t id);
	enum err (*put_account)(struct store *s, const struct account_row *a, uint32_t *ret_id);
	enum err (*put_agent)(struct store *s, struct str name, uint32_t *ret_id);
	enum err (*put_username)(
		struct store *s, struct str username, struct str x_id, usec_t wall);
	enum err (*put_setting)(struct store *s, const struct setting_row *r);
	enum err (*put_audit)(struct store *s, const struct audit_row *r);
	enum err (*put_refusal)(struct store *s, const struct refusal_row *r);
	enum err (*drop_refusals)(struct store *s, uint32_t app);
	enum err (*put_summons)(struct store *s, const struct summons_row *r);
	enum err (*forget_summons)(
		struct store *s, usec_t before, uint32_t max, bool *ret_more);
	enum err (*put_media)(struct store *s, const struct media_row *r);
	enum err (*put_upload)(struct store *s, const struct upload_row *r);
	enum err (*drop_media)(struct store *s, uint32_t agent, const unsigned char *hash);
	enum err (*drop_upload)(struct store *s, uint32_t account, const unsigned char *key);
	enum err (*forget_uploads)(struct store *s, usec_t before);
	enum err (*put_spent)(struct store *s, const struct ledger_row *r);
	enum err (*put_raise)(struct store *s, const struct raise_row *r);
	enum err (*forget_money)(struct store *s, int32_t before);
	enum err (*next_boot)(struct store *s, uint64_t *ret);
	enum err (*prune)(struct store *s, usec_t before, uint32_t max, uint32_t *ret_count,
		bool *ret_more);

	enum err (*get_job)(struct store *s, uint64_t id, struct job_record *ret);
	enum err (*get_body)(struct store *s, uint64_t id, struct body *ret);
	enum err (*get_page)(struct store *s, uint64_t id, uint8_t page, struct page_row *ret);
	enum err (*find_key)(struct store *s, uint32_t agent, struct str key, uint64_t *ret_id,
		uint64_t *ret_fingerprint);
	enum err (*find_x_id)(
		struct store *s, uint32_t account, struct str x_id, uint64_t *ret_id);
	enum err (*find_username)(struct store *s, struct str username, usec_t since,
		char ret_x_id[STORE_X_ID_MAX]);
	enum err (*find_media)(struct store *s, uint32_t agent, const unsigned char *hash,
		struct media_row *ret);
	enum err (*find_upload)(struct store *s, uint32_t account, const unsigned char *key,
		struct upload_row *ret);
	enum err (*each_media)(struct store *s, store_media_fn *each, void *ctx);
	enum err (*sum_media)(
		struct store *s, uint32_t agent, int64_t *ret_files, int64_t *ret_bytes);
	enum err (*last_id)(struct store *s, uint64_t *ret);
	enum err (*each_job)(struct store *s, store_job_fn *each, void *ctx);
	enum err (*each_need)(struct store *s, uint64_t id, store_need_fn *each, void *ctx);
	enum err (*each_open_need)(struct store *s, store_need_fn *each, void *ctx);
	enum err (*each_mark)(struct store *s, usec_t since, store_mark_fn *each, void *ctx);
	enum err (*each_app)(struct store *s, store_app_fn *each, void *ctx);
	enum err (*each_account)(struct store *s, store_account_fn *each, void *ctx);
	enum err (*each_agent)(struct store *s, store_agent_fn *each, void *ctx);
	enum err (*each_window)(struct store *s, store_window_fn *each, void *ctx);
	enum err (*find_summons)(
		struct store *s, uint32_t account, struct str x_id, bool *ret_own);
	enum err (*each_refusal)(struct store *s, store_refusal_fn *each, void *ctx);
	enum err (*each_setting)(struct store *s, store_setting_fn *each, void *ctx);
	enum err (*each_audit)(
		struct store *s, uint64_t after, uint32_t max, store_audit_fn *each, void *ctx);
	enum err (*last_audit)(struct store *s, struct audit_row *ret);
	enum err (*each_spent)(
		struct store *s, const struct periods *p, store_spent_fn *each, void *ctx);
	enum err (*each_raise)(
		struct store *s, const struct periods *p, store_raise_fn *each, void *ctx);
	enum err (*each_reply)(struct store *s, uint32_t agent, uint64_t after, uint32_t max,
		store_reply_fn *each, void *ctx);
	enum err (*list)(struct store *s, const struct job_filter *f, store_record_fn *each,
		void *ctx, uint64_t *ret_cursor);
	enum err (*pending_replies)(struct store *s, uint32_t agent, uint64_t *ret);
	enum err (*counts)(struct store *s, struct store_counts *ret);
};

struct store {
	const struct store_ops *ops;
	bool open;         /* a transaction is open */
	enum err lost;     /* why its commit must fail; ERR_OK: it need not */
	struct errmsg why; /* of the last failure */
};

/*
 * Notes the words of a failure, and that the open transaction is lost, unless e refuses one
 * operation only. Returns e.
 */
enum err store_fail(struct store *s, enum err e, const char *fmt, ...) PRINTF(3, 4);

#endif
