#include "dispatcher/store/sqlite/ahead.h"
#include "dispatcher/store/sqlite/lite.h"

#define KEPT_NEVER (-1) /* USEC_NEVER as it is kept: one byte instead of eight */

void job_bind(const struct lite *l, sqlite3_stmt *st, const struct job *j)
{
	ASSERT(j->call < CALL_COUNT && j->state < JOB_STATE_COUNT);
	bind_int(st, 1, (int64_t)j->id);
	bind_int(st, 2, j->agent);
	bind_int(st, 3, j->account);
	bind_int(st, 4, l->number_of[j->call]);
	bind_int(st, 5, j->state);
	bind_int(st, 6, j->priority);
	bind_int(st, 7, j->attempts);
	bind_int(st, 8, j->max_attempts);
	bind_int(st, 9, j->flags);
	bind_int(st, 10, j->looks);
	bind_int(st, 11, (int64_t)j->lease);
	bind_int(st, 12, j->not_before);
	bind_int(st, 13, j->expires_at == USEC_NEVER ? KEPT_NEVER : j->expires_at);
	bind_int(st, 14, j->begun_at);
	bind_int(st, 15, j->price);
	bind_int(st, 16, j->unit);
	bind_int(st, 17, j->cost);
	bind_int(st, 18, j->pages);
	bind_int(st, 19, j->page);
}

enum err job_read(struct lite *l, sqlite3_stmt *st, int at, uint64_t id, struct job *ret)
{
	int64_t call = column_int(st, at + 2), state = column_int(st, at + 3);
	usec_t expires_at = column_int(st, at + 11);

	if (call < 0 || call >= LITE_CALLS_MAX || l->call_of[call] == CALL_COUNT)
		return lite_damaged(l, "a job has a call that is not in the table of calls");
	if (state < 0 || state >= JOB_STATE_COUNT)
		return lite_damaged(l, "a job has a state that there is not");
	*ret = (struct job){
		.id = id,
		.agent = (uint32_t)column_int(st, at),
		.account = (uint32_t)column_int(st, at + 1),
		.call = l->call_of[call],
		.state = (uint8_t)state,
		.priority = (uint8_t)column_int(st, at + 4),
		.attempts = (uint8_t)column_int(st, at + 5),
		.max_attempts = (uint8_t)column_int(st, at + 6),
		.flags = (uint16_t)column_int(st, at + 7),
		.looks = (uint8_t)column_int(st, at + 8),
		.lease = (uint64_t)column_int(st, at + 9),
		.not_before = column_int(st, at + 10),
		.expires_at = expires_at == KEPT_NEVER ? USEC_NEVER : expires_at,
		.begun_at = column_int(st, at + 12),
		.price = (uint32_t)column_int(st, at + 13),
		.unit = (uint32_t)column_int(st, at + 14),
		.cost = (uint32_t)column_int(st, at + 15),
		.pages = (uint8_t)column_int(st, at + 16),
		.page = (uint8_t)column_int(st, at + 17),
	};
	return ERR_OK;
}

void body_read(sqlite3_stmt *st, int at, struct body *ret)
{
	*ret = (struct body){
		.enqueued_at = column_int(st, at),
		.price = column_int(st, at + 1),
		.fingerprint = (uint64_t)column_int(st, at + 2),
		.action = column_str(st, at + 3),
		.key = column_str(st, at + 4),
		.batch = column_str(st, at + 5),
		.tags = column_str(st, at + 6),
		.args = column_str(st, at + 7),
		.meta = column_str(st, at + 8),
		.max_price = column_int(st, at + 9),
	};
}

void ending_read(sqlite3_stmt *st, int at, struct ending *ret)
{
	*ret = (struct ending){
		.finished_at = column_int(st, at),
		.started_at = column_int(st, at + 1),
		.http_status = (int)column_int(st, at + 2),
		.price = column_int(st, at + 3),
		.settled = column_int(st, at + 4) != 0,
		.cause = column_str(st, at + 5),
		.message = column_str(st, at + 6),
		.x_id = column_str(st, at + 7),
		.response = column_str(st, at + 8),
	};
}

void ending_bind(sqlite3_stmt *st, int at, const struct ending *e)
{
	bind_int(st, at, e->finished_at);
	bind_int(st, at + 1, e->started_at);
	bind_int(st, at + 2, e->http_status);
	bind_int(st, at + 3, e->price);
	bind_int(st, at + 4, e->settled);
	bind_text(st, at + 5, e->cause);
	bind_text(st, at + 6, e->message);
	bind_text(st, at + 7, e->x_id);
	bind_blob(st, at + 8, e->response);
}

/* The key of a new job. ERR_CONFLICT when it is taken, or the job's number is. */
static enum err claim(struct lite *l, const struct job *j, struct str key)
{
	sqlite3_stmt *st = lite_use(l, STMT_GET_BODY);
	enum err e;

	if (j->id <= l->now.last_id) {
		bind_int(st, 1, (int64_t)j->id);
		e = lite_row(l, st);
		(void)sqlite3_reset(st);
		if (e != ERR_NOT_FOUND)
			return e ? e : ERR_CONFLICT;
	}
	if (!key.len)
		return ERR_OK;
	st = lite_use(l, STMT_PUT_KEY);
	bind_int(st, 1, j->agent);
	bind_text(st, 2, key);
	bind_int(st, 3, (int64_t)j->id);
	return lite_run(l, st);
}

static enum err put_body(struct lite *l, const struct job *j, const struct body *b)
{
	sqlite3_stmt *st = lite_use(l, STMT_PUT_BODY);

	bind_int(st, 1, (int64_t)j->id);
	bind_int(st, 2, j->agent);
	bind_int(st, 3, j->account);
	bind_int(st, 4, b->enqueued_at);
	bind_int(st, 5, b->price);
	bind_int(st, 6, (int64_t)b->fingerprint);
	bind_text(st, 7, b->action);
	bind_text(st, 8, b->key);
	bind_text(st, 9, b->batch);
	bind_text(st, 10, b->tags);
	bind_blob(st, 11, b->args);
	bind_blob(st, 12, b->meta);
	bind_int(st, 13, b->max_price);
	bind_blob(st, 14, b->mark);
	return lite_run(l, st);
}

enum err jobs_put(struct store *s, const struct job *j, const struct body *b)
{
	struct lite *l = lite_of(s);
	enum err e = seqs_of(l, j->agent) ? claim(l, j, b->key) : ERR_NOT_FOUND;

	if (!e)
		e = put_body(l, j, b);
	if (e)
		return e;

	sqlite3_stmt *st = lite_use(l, STMT_PUT_JOB);
	job_bind(l, st, j);
	e = lite_run(l, st);
	if (e)
		return e;
	l->now.jobs++;
	if (j->id > l->now.last_id)
		l->now.last_id = j->id;
	return ERR_OK;
}

enum err jobs_save(struct store *s, const struct job *j)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_SAVE_JOB);

	job_bind(l, st, j);
	enum err e = lite_run(l, st);
	if (e)
		return e;
	return lite_changes(l) ? ERR_OK : ERR_NOT_FOUND;
}

enum err jobs_put_args(struct store *s, uint64_t id, const struct body *b)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_PUT_ARGS);

	bind_int(st, 1, (int64_t)id);
	bind_int(st, 2, b->price);
	bind_int(st, 3, (int64_t)b->fingerprint);
	bind_blob(st, 4, b->args);
	bind_blob(st, 5, b->mark);
	enum err e = lite_run(l, st);
	if (e)
		return e;
	return lite_changes(l) ? ERR_OK : ERR_NOT_FOUND;
}

/* The job and, if it has ended, how: from the hot table, or from history. */
static enum err fetch_job(struct lite *l, uint64_t id, struct job_record *ret)
{
	sqlite3_stmt *st = lite_also(l, STMT_GET_JOB);

	bind_int(st, 1, (int64_t)id);
	enum err e = lite_row(l, st);
	if (!e) {
		e = job_read(l, st, 0, id, &ret->job);
		(void)sqlite3_reset(st);
		return e;
	}
	if (e != ERR_NOT_FOUND)
		return e;

	st = lite_also(l, STMT_GET_ENDED);
	bind_int(st, 1, (int64_t)id);
	e = lite_row(l, st);
	if (e)
		return e;
	lite_lend(l, st);
	ret->ended = true;
	ending_read(st, JOB_COLUMN_COUNT, &ret->ending);
	return job_read(l, st, 0, id, &ret->job);
}

static enum err fetch_body(struct lite *l, uint64_t id, struct body *ret)
{
	sqlite3_stmt *st = lite_also(l, STMT_GET_BODY);

	bind_int(st, 1, (int64_t)id);
	enum err e = lite_row(l, st);
	if (e)
		return e;
	lite_lend(l, st);
	body_read(st, 0, ret);
	return ERR_OK;
}

enum err record_fetch(struct lite *l, uint64_t id, struct job_record *ret)
{
	*ret = (struct job_record){0};

	enum err e = fetch_job(l, id, ret);
	if (e)
		return e;
	e = fetch_body(l, id, &ret->body);
	return e == ERR_NOT_FOUND ? lite_damaged(l, "a job has no body") : e;
}

enum err jobs_get(struct store *s, uint64_t id, struct job_record *ret)
{
	struct lite *l = lite_of(s);
	struct job_record r;

	(void)lite_use(l, STMT_GET_JOB);
	enum err e = record_fetch(l, id, &r);
	if (!e)
		*ret = r;
	return e;
}

enum err jobs_get_body(struct store *s, uint64_t id, struct body *ret)
{
	struct lite *l = lite_of(s);

	(void)lite_use(l, STMT_GET_BODY);
	return fetch_body(l, id, ret);
}

enum err jobs_find_key(struct store *s, uint32_t agent, struct str key, uint64_t *ret_id,
	uint64_t *ret_fingerprint)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_FIND_KEY);

	bind_int(st, 1, agent);
	bind_text(st, 2, key);
	enum err e = lite_row(l, st);
	if (e)
		return e;
	*ret_id = (uint64_t)column_int(st, 0);
	*ret_fingerprint = (uint64_t)column_int(st, 1);
	(void)sqlite3_reset(st);
	return ERR_OK;
}

static enum err next_job(struct lite *l, sqlite3_stmt *st, struct job *ret)
{
	enum err e = lite_row(l, st);

	return e ? e : job_read(l, st, 0, (uint64_t)column_int(st, JOB_COLUMN_COUNT), ret);
}

enum err jobs_each(struct store *s, store_job_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_JOB);

	enum err e = ahead_each(l, st, next_job, each, ctx);
	(void)sqlite3_reset(st);
	return e;
}

static enum err each_mark(
	struct lite *l, sqlite3_stmt *st, bool done, store_mark_fn *each, void *ctx)
{
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct mark_row r = {
			.id = (uint64_t)column_int(st, 0),
			.account = (uint32_t)column_int(st, 1),
			.done = done,
			.at = column_int(st, 2),
			.mark = column_str(st, 3),
		};

		each(ctx, &r);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err jobs_each_mark(struct store *s, usec_t since, store_mark_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	enum err e = each_mark(l, lite_use(l, STMT_EACH_MARK), false, each, ctx);

	if (e)
		return e;
	sqlite3_stmt *st = lite_use(l, STMT_DONE_MARKS);
	bind_int(st, 1, since);
	bind_int(st, 2, JOB_DONE);
	return each_mark(l, st, true, each, ctx);
}
