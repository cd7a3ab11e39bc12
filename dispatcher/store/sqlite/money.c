#include "dispatcher/store/sqlite/lite.h"

static void bind_period(sqlite3_stmt *st, const struct ledger_row *r)
{
	bind_int(st, 1, r->length);
	bind_int(st, 2, r->begins);
	bind_int(st, 3, r->kind);
	bind_int(st, 4, r->owner);
	bind_int(st, 5, r->spent);
}

static struct ledger_row read_period(sqlite3_stmt *st)
{
	return (struct ledger_row){
		.length = (uint8_t)column_int(st, 0),
		.begins = (int32_t)column_int(st, 1),
		.kind = (uint8_t)column_int(st, 2),
		.owner = (uint32_t)column_int(st, 3),
		.spent = column_int(st, 4),
	};
}

static sqlite3_stmt *select_periods(struct lite *l, enum stmt which, const struct periods *p)
{
	sqlite3_stmt *st = lite_use(l, which);

	bind_int(st, 1, p->length);
	bind_int(st, 2, p->from);
	bind_int(st, 3, p->to);
	return st;
}

enum err money_put_spent(struct store *s, const struct ledger_row *r)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_PUT_SPENT);

	bind_period(st, r);
	return lite_run(l, st);
}

enum err money_put_raise(struct store *s, const struct raise_row *r)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_PUT_RAISE);

	bind_period(st, &r->row);
	bind_int(st, 6, r->at);
	bind_text(st, 7, r->reason);
	return lite_run(l, st);
}

enum err money_forget(struct store *s, int32_t before)
{
	struct lite *l = lite_of(s);
	static const enum stmt both[] = {STMT_DROP_SPENT, STMT_DROP_RAISES};
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < COUNT_OF(both); i++) {
		sqlite3_stmt *st = lite_use(l, both[i]);

		bind_int(st, 1, before);
		e = lite_run(l, st);
	}
	return e;
}

enum err money_each_spent(
	struct store *s, const struct periods *p, store_spent_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = select_periods(l, STMT_EACH_SPENT, p);
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct ledger_row r = read_period(st);

		each(ctx, &r);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err money_each_raise(
	struct store *s, const struct periods *p, store_raise_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = select_periods(l, STMT_EACH_RAISE, p);
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct raise_row r = {.row = read_period(st),
			.at = column_int(st, 5),
			.reason = column_str(st, 6)};

		each(ctx, &r);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}
