#include "dispatcher/store/sqlite/lite.h"

#define PRUNE_AT_ONCE 64

/* Deletes the rows that a statement finds by id. ERR_NOT_FOUND when there was none. */
static enum err drop(struct lite *l, enum stmt which, uint64_t id)
{
	sqlite3_stmt *st = lite_use(l, which);

	bind_int(st, 1, (int64_t)id);
	enum err e = lite_run(l, st);
	if (e)
		return e;
	return lite_changes(l) ? ERR_OK : ERR_NOT_FOUND;
}

enum err history_end(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq)
{
	struct lite *l = lite_of(s);
	uint64_t seq;

	if (!seqs_of(l, j->agent))
		return ERR_NOT_FOUND;
	enum err err = drop(l, STMT_DROP_JOB, j->id);
	if (!err)
		err = replies_add(l, j, false, &seq);
	if (err)
		return err;

	sqlite3_stmt *st = lite_use(l, STMT_PUT_ENDED);
	job_bind(l, st, j);
	ending_bind(st, JOB_COLUMN_COUNT + 2, e);
	bind_int(st, JOB_COLUMN_COUNT + ENDING_COLUMN_COUNT + 2, (int64_t)seq);
	err = lite_run(l, st);
	if (err)
		return err;
	l->now.jobs--;
	l->now.history++;
	*ret_seq = seq;
	return ERR_OK;
}

/*
 * Lets the last reply of an ended job, if it is still kept, have its own copy of what it tells.
 */
static enum err detach_reply(struct lite *l, uint64_t id)
{
	sqlite3_stmt *st = lite_use(l, STMT_GET_ENDED);

	bind_int(st, 1, (int64_t)id);
	enum err e = lite_row(l, st);
	if (e)
		return e;

	uint32_t agent = (uint32_t)column_int(st, 0);
	uint64_t seq = (uint64_t)column_int(st, JOB_COLUMN_COUNT + ENDING_COLUMN_COUNT);
	(void)sqlite3_reset(st);

	const struct seqs *q = seqs_of(l, agent);
	if (!q || seq <= q->acked)
		return ERR_OK;
	st = lite_use(l, STMT_COPY_ENDED);
	bind_int(st, 1, (int64_t)id);
	e = lite_run(l, st);
	if (e)
		return e;
	st = lite_use(l, STMT_MARK_COPIED);
	bind_int(st, 1, agent);
	bind_int(st, 2, (int64_t)seq);
	return lite_run(l, st);
}

enum err history_revive(struct store *s, const struct job *j)
{
	struct lite *l = lite_of(s);

	enum err e = detach_reply(l, j->id);
	if (!e)
		e = drop(l, STMT_DROP_ENDED, j->id);
	if (e)
		return e;

	sqlite3_stmt *st = lite_use(l, STMT_PUT_JOB);
	job_bind(l, st, j);
	e = lite_run(l, st);
	if (e)
		return e;
	l->now.history--;
	l->now.jobs++;
	return ERR_OK;
}

enum err history_find_x_id(struct store *s, uint32_t account, struct str x_id, uint64_t *ret_id)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_FIND_X_ID);

	bind_int(st, 1, account);
	bind_text(st, 2, x_id);
	enum err e = lite_row(l, st);
	if (e)
		return e;
	*ret_id = (uint64_t)column_int(st, 0);
	(void)sqlite3_reset(st);
	return ERR_OK;
}

/* Some of the oldest ends, and where they stand. */
struct portion {
	uint32_t seen;  /* rows looked at */
	uint32_t count; /* of them, those in ids */
	uint64_t ids[PRUNE_AT_ONCE];
};

/*
 * Looks at the next rows, at most `max` and PRUNE_AT_ONCE, and picks those that nobody waits
 * for.
 */
static enum err look(struct lite *l, usec_t before, uint32_t max, struct portion *p)
{
	sqlite3_stmt *st = lite_use(l, STMT_OLD_ENDED);
	enum err e;

	*p = (struct portion){0};
	bind_int(st, 1, l->pruned_at);
	bind_int(st, 2, (int64_t)l->pruned_id);
	bind_int(st, 3, before);
	bind_int(st, 4, max < PRUNE_AT_ONCE ? max : PRUNE_AT_ONCE);
	while (!(e = lite_row(l, st))) {
		const struct seqs *q = seqs_of(l, (uint32_t)column_int(st, 2));

		l->pruned_id = (uint64_t)column_int(st, 0);
		l->pruned_at = column_int(st, 1);
		p->seen++;
		if (!q || (uint64_t)column_int(st, 3) <= q->acked)
			p->ids[p->count++] = l->pruned_id;
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Of most jobs there are none. */
static enum err drop_needs(struct lite *l, uint64_t id)
{
	enum err e = drop(l, STMT_DROP_NEEDS, id);

	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static enum err forget(struct lite *l, uint64_t id)
{
	enum err e = drop(l, STMT_DROP_KEY, id);

	if (!e || e == ERR_NOT_FOUND)
		e = drop(l, STMT_DROP_BODY, id);
	if (!e)
		e = drop_needs(l, id);
	if (!e)
		e = pages_drop(&l->base, id);
	if (!e)
		e = drop(l, STMT_DROP_ENDED, id);
	if (!e)
		l->now.history--;
	return e;
}

enum err history_prune(
	struct store *s, usec_t before, uint32_t max, uint32_t *ret_count, bool *ret_more)
{
	struct lite *l = lite_of(s);
	uint32_t count = 0;
	struct portion p;

	do {
		enum err e = look(l, before, max, &p);

		for (uint32_t i = 0; !e && i < p.count; i++)
			e = forget(l, p.ids[i]);
		if (e)
			return e == ERR_NOT_FOUND ? lite_damaged(l, "an ended job has no body")
						  : e;
		count += p.count;
		max -= p.seen;
	} while (max && p.seen == PRUNE_AT_ONCE);

	*ret_more = max == 0;
	*ret_count = count;
	if (!*ret_more) {
		l->pruned_at = 0;
		l->pruned_id = 0;
	}
	return ERR_OK;
}
