#include "dispatcher/store/sqlite/lite.h"

enum err replies_add(struct lite *l, const struct job *j, bool copied, uint64_t *ret_seq)
{
	struct seqs *q = seqs_change(l, j->agent);

	if (!q)
		return l->base.lost;

	sqlite3_stmt *st = lite_use(l, STMT_PUT_REPLY);
	bind_int(st, 1, j->agent);
	bind_int(st, 2, (int64_t)q->last + 1);
	bind_int(st, 3, (int64_t)j->id);
	bind_int(st, 4, copied);
	enum err e = lite_run(l, st);
	if (e)
		return e;
	*ret_seq = ++q->last;
	return ERR_OK;
}

/* A reply with a copy of the job as it is, and of `e`, if there is one. */
static enum err add_copy(
	struct lite *l, const struct job *j, const struct ending *e, uint64_t *ret_seq)
{
	sqlite3_stmt *st = lite_use(l, STMT_COPY_JOB);

	bind_int(st, 1, (int64_t)j->id);
	bind_int(st, 2, (int64_t)seqs_of(l, j->agent)->last + 1);
	bind_int(st, 3, e->finished_at != 0);
	ending_bind(st, 4, e);
	enum err err = lite_run(l, st);
	if (err)
		return err;
	return lite_changes(l) ? replies_add(l, j, true, ret_seq) : ERR_NOT_FOUND;
}

enum err replies_put(struct store *s, const struct job *j, uint64_t *ret_seq)
{
	struct lite *l = lite_of(s);

	if (!seqs_of(l, j->agent))
		return ERR_NOT_FOUND;
	enum err e = jobs_save(s, j);
	if (e)
		return e;
	return add_copy(l, j, &(struct ending){0}, ret_seq);
}

enum err replies_tell_page(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq)
{
	struct lite *l = lite_of(s);

	if (!seqs_of(l, j->agent))
		return ERR_NOT_FOUND;
	return add_copy(l, j, e, ret_seq);
}

enum err replies_ack(struct store *s, uint32_t agent, uint64_t upto, uint64_t *ret_count)
{
	struct lite *l = lite_of(s);
	const struct seqs *known = seqs_of(l, agent);

	if (!known)
		return ERR_NOT_FOUND;
	if (upto > known->last)
		upto = known->last;
	if (upto <= known->acked) {
		*ret_count = 0;
		return ERR_OK;
	}

	struct seqs *q = seqs_change(l, agent);
	if (!q)
		return l->base.lost;
	static const enum stmt both[] = {STMT_ACK_REPLIES, STMT_ACK_COPIES};
	for (size_t i = 0; i < COUNT_OF(both); i++) {
		sqlite3_stmt *st = lite_use(l, both[i]);

		bind_int(st, 1, agent);
		bind_int(st, 2, (int64_t)upto);
		enum err e = lite_run(l, st);
		if (e)
			return e;
	}
	*ret_count = upto - q->acked;
	q->acked = upto;
	return ERR_OK;
}

/* What a copied reply tells; lent. */
static enum err fetch_copy(struct lite *l, uint32_t agent, uint64_t id, struct reply *r)
{
	sqlite3_stmt *st = lite_also(l, STMT_GET_COPY);

	bind_int(st, 1, agent);
	bind_int(st, 2, (int64_t)r->seq);
	enum err e = lite_row(l, st);
	if (e)
		return e == ERR_NOT_FOUND ? lite_damaged(l, "a reply has lost its content") : e;
	lite_lend(l, st);
	r->record = (struct job_record){0};
	r->record.ended =
		column_int(st, JOB_COLUMN_COUNT + ENDING_COLUMN_COUNT + BODY_COLUMN_COUNT) != 0;
	if (r->record.ended)
		ending_read(st, JOB_COLUMN_COUNT, &r->record.ending);
	body_read(st, JOB_COLUMN_COUNT + ENDING_COLUMN_COUNT, &r->record.body);
	return job_read(l, st, 0, id, &r->record.job);
}

static enum err fetch_reply(struct lite *l, uint32_t agent, sqlite3_stmt *st, struct reply *r)
{
	uint64_t id = (uint64_t)column_int(st, 1);

	r->seq = (uint64_t)column_int(st, 0);
	if (column_int(st, 2))
		return fetch_copy(l, agent, id, r);

	enum err e = record_fetch(l, id, &r->record);
	return e == ERR_NOT_FOUND ? lite_damaged(l, "a reply has lost its job") : e;
}

enum err replies_each(struct store *s, uint32_t agent, uint64_t after, uint32_t max,
	store_reply_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_REPLY);
	enum err e;

	bind_int(st, 1, agent);
	bind_int(st, 2, after < INT64_MAX ? (int64_t)after : INT64_MAX);
	bind_int(st, 3, max);
	while (!(e = lite_row(l, st))) {
		struct reply r;

		e = fetch_reply(l, agent, st, &r);
		if (e) {
			(void)sqlite3_reset(st);
			return e;
		}
		each(ctx, &r);
		(void)lite_use(l, STMT_EACH_REPLY);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err replies_pending(struct store *s, uint32_t agent, uint64_t *ret)
{
	const struct seqs *q = seqs_of(lite_of(s), agent);

	*ret = q ? q->last - q->acked : 0;
	return ERR_OK;
}
