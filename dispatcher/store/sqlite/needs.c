#include "dispatcher/store/sqlite/lite.h"

_Static_assert(JOB_HELD == 0 && JOB_WAITING == 1, "STMT_OPEN_NEEDS knows them by number");

enum err needs_put(struct store *s, uint64_t id, const struct need *needs, uint32_t count)
{
	struct lite *l = lite_of(s);
	enum err e = ERR_OK;

	for (uint32_t i = 0; !e && i < count; i++) {
		sqlite3_stmt *st = lite_use(l, STMT_PUT_NEED);

		bind_int(st, 1, (int64_t)id);
		bind_int(st, 2, i);
		bind_int(st, 3, (int64_t)needs[i].id);
		bind_int(st, 4, needs[i].patient);
		e = lite_run(l, st);
	}
	return e;
}

static enum err each_row(struct lite *l, sqlite3_stmt *st, store_need_fn *each, void *ctx)
{
	enum err e;

	while (!(e = lite_row(l, st))) {
		int64_t state = column_int(st, 3);
		struct need_row r = {
			.job = (uint64_t)column_int(st, 0),
			.need = {.id = (uint64_t)column_int(st, 1),
				.patient = column_int(st, 2) != 0},
			.state = (enum job_state)state,
		};

		if (state < 0 || state >= JOB_STATE_COUNT) {
			(void)sqlite3_reset(st);
			return lite_damaged(l, "a job has a state that there is not");
		}
		each(ctx, &r);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err needs_each(struct store *s, uint64_t id, store_need_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_NEED);

	bind_int(st, 1, (int64_t)id);
	bind_int(st, 2, JOB_DONE);
	return each_row(l, st, each, ctx);
}

enum err needs_each_open(struct store *s, store_need_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_OPEN_NEEDS);

	bind_int(st, 1, JOB_DONE);
	return each_row(l, st, each, ctx);
}
