#include "dispatcher/store/sqlite/lite.h"

#include <errno.h>
#include <string.h>

sqlite3_stmt *lite_also(struct lite *l, enum stmt which)
{
	return l->stmts[which];
}

sqlite3_stmt *lite_use(struct lite *l, enum stmt which)
{
	for (size_t i = 0; i < COUNT_OF(l->lent) && l->lent[i]; i++) {
		(void)sqlite3_reset(l->lent[i]);
		l->lent[i] = NULL;
	}
	return l->stmts[which];
}

void lite_lend(struct lite *l, sqlite3_stmt *st)
{
	size_t i = 0;

	while (l->lent[i])
		ASSERT(++i < COUNT_OF(l->lent));
	l->lent[i] = st;
}

int lite_changes(const struct lite *l)
{
	return sqlite3_changes(l->db);
}

/* Whether SQLite failed for want of space: it calls only ENOSPC on a write SQLITE_FULL. */
static bool is_full(const struct lite *l, int rc)
{
	int why = sqlite3_system_errno(l->db);

	if ((rc & 0xff) == SQLITE_FULL)
		return true;
	return (rc & 0xff) == SQLITE_IOERR && (why == ENOSPC || why == EDQUOT || why == EFBIG);
}

static bool is_taken(int rc)
{
	return rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_UNIQUE ||
	       rc == SQLITE_CONSTRAINT_ROWID;
}

/* clang-format off */
static const struct {
	int code; /* primary code of SQLite; the last row is for all others */
	enum err err;
	const char *advice;
} meanings[] = {
	{SQLITE_NOMEM,   ERR_NOMEM,       "give the dispatcher more memory"},
	{SQLITE_BUSY,    ERR_UNAVAILABLE, "another program is writing to it; let it finish"},
	{SQLITE_LOCKED,  ERR_UNAVAILABLE, "another program is writing to it; let it finish"},
	{SQLITE_CORRUPT, ERR_CORRUPT,     "keep the file as it is and restore a backup"},
	{SQLITE_NOTADB,  ERR_CORRUPT,     "keep the file as it is and restore a backup"},
	{SQLITE_TOOBIG,  ERR_TOO_BIG,     "a value is larger than SQLite takes"},
	{SQLITE_IOERR,   ERR_IO,          "look at the disk, then start the dispatcher again"},
	{SQLITE_OK,      ERR_IO,          "look at the file, its directory and its rights"},
};
/* clang-format on */

enum err lite_fail(struct lite *l, int rc)
{
	const char *what = sqlite3_errmsg(l->db);
	size_t i = 0;

	if (is_taken(rc))
		return store_fail(&l->base, ERR_CONFLICT, "store '%s': %s", l->path, what);
	if (is_full(l, rc)) {
		bool gave = room_give_ballast(&l->room);

		return store_fail(&l->base, ERR_UNAVAILABLE,
			"store '%s': no space is left for it%s; free some on its file system",
			l->path,
			gave ? " (the ballast was given up for results and tokens)" : "");
	}
	while (meanings[i].code != SQLITE_OK && meanings[i].code != (rc & 0xff))
		i++;
	if (meanings[i].err == ERR_IO)
		l->dead = true;
	return store_fail(&l->base, meanings[i].err, "store '%s': %s (code %d, errno %d); %s",
		l->path, what, rc, sqlite3_system_errno(l->db), meanings[i].advice);
}

enum err lite_damaged(struct lite *l, const char *what)
{
	return store_fail(&l->base, ERR_CORRUPT,
		"store '%s' is damaged: %s; keep the file as it is and restore a backup",
		l->path, what);
}

enum err lite_run(struct lite *l, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);
	enum err e = rc == SQLITE_DONE || rc == SQLITE_ROW ? ERR_OK : lite_fail(l, rc);

	(void)sqlite3_reset(st);
	return e;
}

enum err lite_row(struct lite *l, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st);

	if (rc == SQLITE_ROW)
		return ERR_OK;

	enum err e = rc == SQLITE_DONE ? ERR_NOT_FOUND : lite_fail(l, rc);
	(void)sqlite3_reset(st);
	return e;
}

void bind_int(sqlite3_stmt *st, int at, int64_t n)
{
	int rc = sqlite3_bind_int64(st, at, n);

	ASSERT(rc == SQLITE_OK);
}

void bind_text(sqlite3_stmt *st, int at, struct str s)
{
	int rc = sqlite3_bind_text64(
		st, at, s.len ? s.at : "", s.len, SQLITE_STATIC, SQLITE_UTF8);

	ASSERT(rc == SQLITE_OK);
}

void bind_blob(sqlite3_stmt *st, int at, struct str s)
{
	int rc = sqlite3_bind_blob64(st, at, s.len ? s.at : "", s.len, SQLITE_STATIC);

	ASSERT(rc == SQLITE_OK);
}

int64_t column_int(sqlite3_stmt *st, int at)
{
	return sqlite3_column_int64(st, at);
}

struct str column_str(sqlite3_stmt *st, int at)
{
	const char *bytes = sqlite3_column_blob(st, at);

	return (struct str){.at = bytes, .len = (size_t)sqlite3_column_bytes(st, at)};
}
