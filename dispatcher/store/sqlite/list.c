#include "dispatcher/store/filter.h"
#include "dispatcher/store/sqlite/lite.h"

/*
 * A list walks one table by id, downwards: bodies, which have every job, or,
 * when a state is asked for, the table that holds jobs of that state. What is
 * cheap to know is compared first, the rest of the record is fetched after.
 */
struct walk {
	struct lite *l;
	const struct job_filter *f;
	sqlite3_stmt *st;
	bool by_body; /* st has bodies; else jobs or history */
};

static enum stmt table_for(const struct job_filter *f)
{
	if (!f->by_state)
		return STMT_LIST_BODIES;
	return filter_is_final(f->state) ? STMT_LIST_ENDED : STMT_LIST_JOBS;
}

/* Whether what the walked row itself has fits the filter. */
static bool row_fits(const struct walk *w)
{
	struct job j = {.id = (uint64_t)column_int(w->st, 0),
		.agent = (uint32_t)column_int(w->st, 1),
		.account = (uint32_t)column_int(w->st, 2)};
	struct body b;

	if (!w->by_body)
		j.state = (uint8_t)column_int(w->st, 3);
	if (!filter_fits_job(w->f, &j))
		return false;
	if (!w->by_body)
		return true;
	body_read(w->st, 3, &b);
	return filter_fits_body(w->f, &b);
}

/* Gives the walked row's record to each() if it fits. */
static enum err take_row(
	const struct walk *w, uint64_t id, store_record_fn *each, void *ctx, uint32_t *given)
{
	struct job_record r;
	enum err e = record_fetch(w->l, id, &r);

	if (e)
		return e == ERR_NOT_FOUND
			       ? lite_damaged(w->l, "a job has only half of its rows")
			       : e;
	if (filter_fits_body(w->f, &r.body)) {
		each(ctx, &r);
		++*given;
	}
	(void)lite_use(w->l, STMT_GET_JOB);
	return ERR_OK;
}

enum err list_jobs(struct store *s, const struct job_filter *f, store_record_fn *each,
	void *ctx, uint64_t *ret_cursor)
{
	struct lite *l = lite_of(s);
	struct walk w = {
		.l = l, .f = f, .st = lite_use(l, table_for(f)), .by_body = !f->by_state};
	uint64_t id = f->before && f->before < INT64_MAX ? f->before : INT64_MAX;
	uint32_t given = 0, scanned = 0;
	enum err e = ERR_OK;

	bind_int(w.st, 1, (int64_t)id);
	while (!e && given < f->limit && scanned < f->scan_max) {
		e = lite_row(l, w.st);
		if (e)
			break;
		scanned++;
		id = (uint64_t)column_int(w.st, 0);
		if (row_fits(&w))
			e = take_row(&w, id, each, ctx, &given);
	}
	(void)sqlite3_reset(w.st);
	if (e && e != ERR_NOT_FOUND)
		return e;
	*ret_cursor = e ? 0 : id;
	return ERR_OK;
}
