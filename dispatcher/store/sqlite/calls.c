#include "dispatcher/store/sqlite/lite.h"

static const char *const operations[] = {
#define X(call, operation, method, path, self, scopes, flags, settle, x_id, price) operation,
#include "common/xapi/calls.def"
#undef X
};

static uint16_t call_named(struct str name)
{
	uint16_t call = 0;

	while (call < CALL_COUNT && !str_is(name, operations[call]))
		call++;
	return call;
}

static enum err load_one(struct lite *l, sqlite3_stmt *st)
{
	int64_t number = column_int(st, 0);
	struct str name = column_str(st, 1);
	uint16_t call = call_named(name);

	if (number < 0 || number >= LITE_CALLS_MAX)
		return lite_damaged(l, "the number of a call is out of range");
	if (call == CALL_COUNT)
		return store_fail(&l->base, ERR_CORRUPT,
			"store '%s' has jobs of the call %.*s, which this version of roost "
			"does not know; use the version that wrote it",
			l->path, STR_ARG(name));
	l->call_of[number] = call;
	l->number_of[call] = (uint16_t)number;
	return ERR_OK;
}

static enum err add_one(struct lite *l, uint16_t call, uint16_t number)
{
	sqlite3_stmt *st = lite_use(l, STMT_PUT_CALL);

	ASSERT(number < LITE_CALLS_MAX);
	bind_int(st, 1, number);
	bind_text(st, 2, str_of(operations[call]));
	l->call_of[number] = call;
	l->number_of[call] = number;
	return lite_run(l, st);
}

enum err calls_load(struct lite *l)
{
	sqlite3_stmt *st = lite_use(l, STMT_EACH_CALL);
	uint16_t next = 0;
	enum err e;

	for (size_t i = 0; i < COUNT_OF(l->number_of); i++)
		l->number_of[i] = LITE_CALLS_MAX;
	for (size_t i = 0; i < COUNT_OF(l->call_of); i++)
		l->call_of[i] = CALL_COUNT;
	while (!(e = lite_row(l, st))) {
		e = load_one(l, st);
		if (e) {
			(void)sqlite3_reset(st);
			return e;
		}
		next = (uint16_t)(column_int(st, 0) + 1);
	}
	for (uint16_t c = 0; e == ERR_NOT_FOUND && c < CALL_COUNT; c++) {
		if (l->number_of[c] != LITE_CALLS_MAX)
			continue;
		enum err put = add_one(l, c, next++);
		if (put)
			return put;
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}
