#include <string.h>

#include "dispatcher/store/sqlite/lite.h"

enum err audit_put(struct store *s, const struct audit_row *r)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_PUT_AUDIT);

	bind_int(st, 1, (int64_t)r->seq);
	bind_int(st, 2, r->at);
	bind_text(st, 3, r->who);
	bind_text(st, 4, r->what);
	bind_text(st, 5, r->whom);
	bind_text(st, 6, r->how);
	bind_blob(st, 7, (struct str){(const char *)r->hash, sizeof(r->hash)});
	return lite_run(l, st);
}

/* A hash of another length, which roost never wrote, is read as zeros: it follows from nothing.
 */
static struct audit_row read_row(sqlite3_stmt *st)
{
	struct str hash = column_str(st, 6);
	struct audit_row r = {
		.seq = (uint64_t)column_int(st, 0),
		.at = column_int(st, 1),
		.who = column_str(st, 2),
		.what = column_str(st, 3),
		.whom = column_str(st, 4),
		.how = column_str(st, 5),
	};

	if (hash.len == sizeof(r.hash))
		memcpy(r.hash, hash.at, sizeof(r.hash));
	return r;
}

enum err audit_each(
	struct store *s, uint64_t after, uint32_t max, store_audit_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_AUDIT);
	enum err e;

	bind_int(st, 1, (int64_t)after);
	bind_int(st, 2, max);
	while (!(e = lite_row(l, st))) {
		struct audit_row r = read_row(st);

		each(ctx, &r);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err audit_last(struct store *s, struct audit_row *ret)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_LAST_AUDIT);
	enum err e = lite_row(l, st);

	if (e)
		return e;
	*ret = read_row(st);
	lite_lend(l, st);
	return ERR_OK;
}
