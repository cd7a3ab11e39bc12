#include "dispatcher/store/store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/base/failpoint.h"
#include "dispatcher/store/maker.h"

enum err store_fail(struct store *s, enum err e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->why.text, sizeof(s->why.text), fmt, ap);
	va_end(ap);
	if (s->open && !s->lost && e != ERR_NOT_FOUND && e != ERR_CONFLICT)
		s->lost = e;
	return e;
}

const char *store_words(const struct store *s)
{
	return s->why.text;
}

void store_free(struct store *s)
{
	if (!s)
		return;
	store_rollback(s);
	s->ops->free(s);
}

/* Hands the words of a failure to the caller, and its code through. */
static enum err tell(const struct store *s, enum err e, struct errmsg *m)
{
	return e ? err_say(m, e, "%s", s->why.text) : ERR_OK;
}

/* What a test's errno means here. */
static enum err as_failed(int number)
{
	return number == ENOSPC ? ERR_UNAVAILABLE : ERR_IO;
}

enum err store_begin(struct store *s, struct errmsg *m)
{
	ASSERT(!s->open);

	(void)FAILPOINT(FAIL_STORE_BEGIN);
	enum err e = s->ops->begin(s);
	s->open = !e;
	s->lost = ERR_OK;
	return tell(s, e, m);
}

enum err store_commit(struct store *s, struct errmsg *m)
{
	ASSERT(s->open);
	if (s->lost) {
		enum err lost = s->lost;

		store_rollback(s);
		return tell(s, lost, m);
	}

	int failed = FAILPOINT(FAIL_STORE_COMMIT);
	if (failed) {
		(void)store_fail(s, as_failed(failed), "the store fails as a test told it to");
		store_rollback(s);
		return tell(s, as_failed(failed), m);
	}
	enum err e = s->ops->commit(s);
	s->open = false;
	return tell(s, e, m);
}

void store_rollback(struct store *s)
{
	if (s->open)
		s->ops->rollback(s);
	s->open = false;
	s->lost = ERR_OK;
}

bool store_has_room(struct store *s)
{
	return s->ops->has_room(s);
}

bool store_tend(struct store *s, bool quiet)
{
	ASSERT(!s->open);
	return s->ops->tend(s, quiet);
}

/* What every write begins with: ERR_OK when it may be made. */
static enum err may_write(struct store *s)
{
	int failed;

	ASSERT(s->open);
	if (!s->lost && (failed = FAILPOINT(FAIL_STORE_WRITE)))
		return store_fail(s, as_failed(failed), "the store fails as a test told it to");
	return s->lost;
}

enum err store_put_job(struct store *s, const struct job *j, const struct body *b)
{
	enum err e = may_write(s);

	ASSERT(j->id && j->agent && j->account);
	return e ? e : s->ops->put_job(s, j, b);
}

enum err store_put_needs(struct store *s, uint64_t id, const struct need *needs, uint32_t count)
{
	enum err e = may_write(s);

	ASSERT(count <= NEEDS_MAX);
	return e ? e : s->ops->put_needs(s, id, needs, count);
}

enum err store_save_job(struct store *s, const struct job *j)
{
	enum err e = may_write(s);

	return e ? e : s->ops->save_job(s, j);
}

enum err store_put_args(struct store *s, uint64_t id, const struct body *b)
{
	enum err e = may_write(s);

	return e ? e : s->ops->put_args(s, id, b);
}

enum err store_end_job(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq)
{
	enum err lost = may_write(s);

	return lost ? lost : s->ops->end_job(s, j, e, ret_seq);
}

enum err store_revive_job(struct store *s, const struct job *j)
{
	enum err e = may_write(s);

	return e ? e : s->ops->revive_job(s, j);
}

enum err store_put_reply(struct store *s, const struct job *j, uint64_t *ret_seq)
{
	enum err e = may_write(s);

	return e ? e : s->ops->put_reply(s, j, ret_seq);
}

enum err store_tell_page(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq)
{
	enum err lost = may_write(s);

	return lost ? lost : s->ops->tell_page(s, j, e, ret_seq);
}

enum err store_put_page(struct store *s, const struct page_row *p)
{
	enum err e = may_write(s);

	ASSERT(p->job && p->page);
	return e ? e : s->ops->put_page(s, p);
}

enum err store_drop_pages(struct store *s, uint64_t id)
{
	enum err e = may_write(s);

	return e ? e : s->ops->drop_pages(s, id);
}

enum err store_ack_replies(struct store *s, uint32_t agent, uint64_t upto, uint64_t *ret_count)
{
	enum err e = may_write(s);

	return e ? e : s->ops->ack_replies(s, agent, upto, ret_count);
}

enum err store_put_window(struct store *s, const struct window_kept *w)
{
	enum err e = may_write(s);

	return e ? e : s->ops->put_window(s, w);
}

enum err store_put_app(struct store *s, const struct app_row *a, uint32_t *ret_id)
{
	enum err e = may_write(s);

	return e ? e : s->ops->put_app(s, a, ret_id);
}

enum err store_drop_app(struct store *s, uint32_t id)
{
	enum err e = may_write(s);

	return e ? e : s->ops->drop_app(s, id);
}

enum err store_put_account(struct store *s, const struct account_row *a, uint32_t *ret_id)
{
	enum err e = may_write(s);

	return e ? e : s->ops->put_account(s, a, ret_id);
}

enum err store_put_agent(struct store *s, struct str name, uint32_t *ret_id)
{
	enum err e = may_write(s);

	return e ? e : s->ops->put_agent(s, name, ret_id);
}

enum err store_put_username(struct store *s, struct str username, struct str x_id, usec_t wall)
{
	enum err e = may_write(s);

	ASSERT(x_id.len < STORE_X_ID_MAX);
	return e ? e : s->ops->put_username(s, username, x_id, wall);
}

enum err store_put_setting(struct store *s, const struct setting_row *r)
{
	enum err e = may_write(s);

	ASSERT(r->owner && r->name.len);
	return e ? e : s->ops->put_setting(s, r);
}

enum err store_put_audit(struct store *s, const struct audit_row *r)
{
	enum err e = may_write(s);

	ASSERT(r->seq);
	return e ? e : s->ops->put_audit(s, r);
}

enum err store_put_refusal(struct store *s, const struct refusal_row *r)
{
	enum err e = may_write(s);

	ASSERT(r->app && r->operation.len);
	return e ? e : s->ops->put_refusal(s, r);
}

enum err store_drop_refusals(struct store *s, uint32_t app)
{
	enum err e = may_write(s);

	return e ? e : s->ops->drop_refusals(s, app);
}

enum err store_put_summons(struct store *s, const struct summons_row *r)
{
	enum err e = may_write(s);

	return e ? e : s->ops->put_summons(s, r);
}

enum err store_forget_summons(struct store *s, usec_t before, uint32_t max, bool *ret_more)
{
	enum err e = may_write(s);

	*ret_more = false;
	return e ? e : s->ops->forget_summons(s, before, max, ret_more);
}

enum err store_put_media(struct store *s, const struct media_row *r)
{
	enum err e = may_write(s);

	ASSERT(r->agent && r->type.len && r->size > 0);
	return e ? e : s->ops->put_media(s, r);
}

enum err store_put_upload(struct store *s, const struct upload_row *r)
{
	enum err e = may_write(s);

	ASSERT(r->account && r->x_id.len < STORE_X_ID_MAX);
	return e ? e : s->ops->put_upload(s, r);
}

enum err store_drop_media(
	struct store *s, uint32_t agent, const unsigned char hash[STORE_HASH_BYTES])
{
	enum err e = may_write(s);

	return e ? e : s->ops->drop_media(s, agent, hash);
}

enum err store_drop_upload(
	struct store *s, uint32_t account, const unsigned char key[STORE_HASH_BYTES])
{
	enum err e = may_write(s);

	return e ? e : s->ops->drop_upload(s, account, key);
}

enum err store_forget_uploads(struct store *s, usec_t before)
{
	enum err e = may_write(s);

	return e ? e : s->ops->forget_uploads(s, before);
}

enum err store_find_media(struct store *s, uint32_t agent,
	const unsigned char hash[STORE_HASH_BYTES], struct media_row *ret)
{
	return s->ops->find_media(s, agent, hash, ret);
}

enum err store_find_upload(struct store *s, uint32_t account,
	const unsigned char key[STORE_HASH_BYTES], struct upload_row *ret)
{
	return s->ops->find_upload(s, account, key, ret);
}

enum err store_each_media(struct store *s, store_media_fn *each, void *ctx)
{
	return s->ops->each_media(s, each, ctx);
}

enum err store_sum_media(
	struct store *s, uint32_t agent, int64_t *ret_files, int64_t *ret_bytes)
{
	return s->ops->sum_media(s, agent, ret_files, ret_bytes);
}

enum err store_put_spent(struct store *s, const struct ledger_row *r)
{
	enum err e = may_write(s);

	ASSERT(r->kind < LEDGER_ALL && r->length < LEDGER_LENGTHS && r->spent >= 0);
	return e ? e : s->ops->put_spent(s, r);
}

enum err store_put_raise(struct store *s, const struct raise_row *r)
{
	enum err e = may_write(s);

	ASSERT(r->row.kind < LEDGER_KINDS && r->row.length < LEDGER_LENGTHS);
	return e ? e : s->ops->put_raise(s, r);
}

enum err store_forget_money(struct store *s, int32_t before)
{
	enum err e = may_write(s);

	return e ? e : s->ops->forget_money(s, before);
}

enum err store_next_boot(struct store *s, uint64_t *ret)
{
	enum err e = may_write(s);

	return e ? e : s->ops->next_boot(s, ret);
}

enum err store_prune(
	struct store *s, usec_t before, uint32_t max, uint32_t *ret_count, bool *ret_more)
{
	enum err e = may_write(s);

	ASSERT(max);
	return e ? e : s->ops->prune(s, before, max, ret_count, ret_more);
}

enum err store_get_job(struct store *s, uint64_t id, struct job_record *ret)
{
	return s->ops->get_job(s, id, ret);
}

enum err store_get_body(struct store *s, uint64_t id, struct body *ret)
{
	return s->ops->get_body(s, id, ret);
}

enum err store_get_page(struct store *s, uint64_t id, uint8_t page, struct page_row *ret)
{
	return s->ops->get_page(s, id, page, ret);
}

enum err store_find_key(struct store *s, uint32_t agent, struct str key, uint64_t *ret_id,
	uint64_t *ret_fingerprint)
{
	return s->ops->find_key(s, agent, key, ret_id, ret_fingerprint);
}

enum err store_find_x_id(struct store *s, uint32_t account, struct str x_id, uint64_t *ret_id)
{
	return s->ops->find_x_id(s, account, x_id, ret_id);
}

enum err store_find_username(
	struct store *s, struct str username, usec_t since, char ret_x_id[STORE_X_ID_MAX])
{
	return s->ops->find_username(s, username, since, ret_x_id);
}

enum err store_last_id(struct store *s, uint64_t *ret)
{
	return s->ops->last_id(s, ret);
}

enum err store_each_job(struct store *s, store_job_fn *each, void *ctx)
{
	return s->ops->each_job(s, each, ctx);
}

enum err store_each_need(struct store *s, uint64_t id, store_need_fn *each, void *ctx)
{
	return s->ops->each_need(s, id, each, ctx);
}

enum err store_each_open_need(struct store *s, store_need_fn *each, void *ctx)
{
	return s->ops->each_open_need(s, each, ctx);
}

enum err store_each_app(struct store *s, store_app_fn *each, void *ctx)
{
	return s->ops->each_app(s, each, ctx);
}

enum err store_each_account(struct store *s, store_account_fn *each, void *ctx)
{
	return s->ops->each_account(s, each, ctx);
}

enum err store_each_agent(struct store *s, store_agent_fn *each, void *ctx)
{
	return s->ops->each_agent(s, each, ctx);
}

enum err store_each_window(struct store *s, store_window_fn *each, void *ctx)
{
	return s->ops->each_window(s, each, ctx);
}

enum err store_find_summons(struct store *s, uint32_t account, struct str x_id, bool *ret_own)
{
	return s->ops->find_summons(s, account, x_id, ret_own);
}

enum err store_each_refusal(struct store *s, store_refusal_fn *each, void *ctx)
{
	return s->ops->each_refusal(s, each, ctx);
}

enum err store_each_mark(struct store *s, usec_t since, store_mark_fn *each, void *ctx)
{
	return s->ops->each_mark(s, since, each, ctx);
}

enum err store_each_setting(struct store *s, store_setting_fn *each, void *ctx)
{
	return s->ops->each_setting(s, each, ctx);
}

enum err store_each_audit(
	struct store *s, uint64_t after, uint32_t max, store_audit_fn *each, void *ctx)
{
	ASSERT(max);
	return s->ops->each_audit(s, after, max, each, ctx);
}

enum err store_last_audit(struct store *s, struct audit_row *ret)
{
	return s->ops->last_audit(s, ret);
}

enum err store_each_spent(
	struct store *s, const struct periods *p, store_spent_fn *each, void *ctx)
{
	return s->ops->each_spent(s, p, each, ctx);
}

enum err store_each_raise(
	struct store *s, const struct periods *p, store_raise_fn *each, void *ctx)
{
	return s->ops->each_raise(s, p, each, ctx);
}

enum err store_each_reply(struct store *s, uint32_t agent, uint64_t after, uint32_t max,
	store_reply_fn *each, void *ctx)
{
	ASSERT(max);
	return s->ops->each_reply(s, agent, after, max, each, ctx);
}

enum err store_list(struct store *s, const struct job_filter *f, store_record_fn *each,
	void *ctx, uint64_t *ret_cursor)
{
	ASSERT(f->limit && f->scan_max);
	return s->ops->list(s, f, each, ctx, ret_cursor);
}

enum err store_pending_replies(struct store *s, uint32_t agent, uint64_t *ret)
{
	return s->ops->pending_replies(s, agent, ret);
}

enum err store_counts(struct store *s, struct store_counts *ret)
{
	return s->ops->counts(s, ret);
}
