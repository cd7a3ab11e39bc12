#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "dispatcher/store/sqlite/lite.h"

#define APPLICATION_ID 0x726f6f73 /* "roos": in the header of every file that is a store */
#define HEADER_SIZE    100
#define VERSION_AT     60 /* of user_version in SQLite's header, big-endian */
#define APPLICATION_AT 68

/* clang-format off */
#define JOB_TYPES \
	"agent INTEGER NOT NULL, account INTEGER NOT NULL, call INTEGER NOT NULL, state INTEGER NOT NULL," \
	"priority INTEGER NOT NULL, attempts INTEGER NOT NULL, max_attempts INTEGER NOT NULL," \
	"flags INTEGER NOT NULL, looks INTEGER NOT NULL, lease INTEGER NOT NULL, not_before INTEGER NOT NULL," \
	"expires_at INTEGER NOT NULL, begun_at INTEGER NOT NULL"
#define BODY_TYPES \
	"enqueued_at INTEGER NOT NULL, price INTEGER NOT NULL, fingerprint INTEGER NOT NULL," \
	"action TEXT NOT NULL, key TEXT NOT NULL, batch TEXT NOT NULL, tags TEXT NOT NULL," \
	"args BLOB NOT NULL, meta BLOB NOT NULL"
#define ENDING_TYPES \
	"finished_at INTEGER NOT NULL, started_at INTEGER NOT NULL, http_status INTEGER NOT NULL," \
	"cost INTEGER NOT NULL, settled INTEGER NOT NULL, cause TEXT NOT NULL, message TEXT NOT NULL," \
	"x_id TEXT NOT NULL, response BLOB NOT NULL"

/*
 * The n-th step leads from version n to n + 1; a step that was released never changes. What the numbers
 * in `state`, `flags`, `scope` and `grant_state` mean is the program's, and fixed by tests.
 */
static const char *const first[] = {
	"CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), last_id INTEGER NOT NULL,"
	" boot INTEGER NOT NULL, jobs INTEGER NOT NULL, history INTEGER NOT NULL) STRICT",
	"INSERT INTO totals VALUES (1, 0, 0, 0, 0)",
	"CREATE TABLE calls (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT",
	"CREATE TABLE jobs (id INTEGER PRIMARY KEY, " JOB_TYPES ") STRICT",
	"CREATE TABLE bodies (id INTEGER PRIMARY KEY, agent INTEGER NOT NULL, account INTEGER NOT NULL, " BODY_TYPES ") STRICT",
	"CREATE TABLE keys (agent INTEGER NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL,"
	" PRIMARY KEY (agent, key)) WITHOUT ROWID, STRICT",
	"CREATE TABLE history (id INTEGER PRIMARY KEY, " JOB_TYPES ", " ENDING_TYPES ", reply_seq INTEGER NOT NULL) STRICT",
	"CREATE INDEX history_by_end ON history (finished_at)",
	"CREATE INDEX history_by_x_id ON history (account, x_id) WHERE x_id <> ''",
	"CREATE TABLE replies (agent INTEGER NOT NULL, seq INTEGER NOT NULL, id INTEGER NOT NULL,"
	" copied INTEGER NOT NULL, PRIMARY KEY (agent, seq)) WITHOUT ROWID, STRICT",
	"CREATE TABLE reply_copies (owner INTEGER NOT NULL, seq INTEGER NOT NULL, id INTEGER NOT NULL,"
	" ended INTEGER NOT NULL, " JOB_TYPES ", " BODY_TYPES ", " ENDING_TYPES ","
	" PRIMARY KEY (owner, seq)) WITHOUT ROWID, STRICT",
	"CREATE TABLE agents (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
	" last_seq INTEGER NOT NULL, acked_seq INTEGER NOT NULL) STRICT",
	"CREATE TABLE apps (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
	" client_id TEXT NOT NULL, plan TEXT NOT NULL, data_key BLOB NOT NULL, secret BLOB NOT NULL,"
	" paused INTEGER NOT NULL, parked_until INTEGER NOT NULL, park_cause TEXT NOT NULL) STRICT",
	"CREATE TABLE accounts (id INTEGER PRIMARY KEY AUTOINCREMENT, app INTEGER NOT NULL,"
	" name TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, username TEXT NOT NULL, scopes TEXT NOT NULL,"
	" grant_state INTEGER NOT NULL, refreshing INTEGER NOT NULL, generation INTEGER NOT NULL,"
	" token_until INTEGER NOT NULL, data_key BLOB NOT NULL, access BLOB NOT NULL, refresh BLOB NOT NULL,"
	" paused INTEGER NOT NULL, parked_until INTEGER NOT NULL, park_cause TEXT NOT NULL) STRICT",
	"CREATE TABLE usernames (username TEXT NOT NULL COLLATE NOCASE PRIMARY KEY, x_id TEXT NOT NULL,"
	" seen_at INTEGER NOT NULL) WITHOUT ROWID, STRICT",
	"CREATE TABLE windows (scope INTEGER NOT NULL, owner INTEGER NOT NULL, family TEXT NOT NULL,"
	" length INTEGER NOT NULL, learned INTEGER NOT NULL, most INTEGER NOT NULL, used INTEGER NOT NULL,"
	" resets_at INTEGER NOT NULL, PRIMARY KEY (scope, owner, family, length)) WITHOUT ROWID, STRICT",
};

static const char *const second[] = {
	"CREATE TABLE settings (kind INTEGER NOT NULL, owner INTEGER NOT NULL, name TEXT NOT NULL,"
	" value TEXT NOT NULL, PRIMARY KEY (kind, owner, name)) WITHOUT ROWID, STRICT",
};

static const char *const third[] = {
	"CREATE TABLE refusals (app INTEGER NOT NULL, operation TEXT NOT NULL, kind INTEGER NOT NULL,"
	" since INTEGER NOT NULL, words TEXT NOT NULL, PRIMARY KEY (app, operation, kind)) WITHOUT ROWID, STRICT",
	"CREATE TABLE summons (account INTEGER NOT NULL, x_id TEXT NOT NULL, seen_at INTEGER NOT NULL,"
	" PRIMARY KEY (account, x_id)) WITHOUT ROWID, STRICT",
};

static const char *const marks[] = {
	"ALTER TABLE bodies ADD COLUMN mark BLOB NOT NULL DEFAULT x''",
};

/* What an attempt may cost, and what days and months did. */
#define PRICE_OF(table) \
	"ALTER TABLE " table " ADD COLUMN attempt_price INTEGER NOT NULL DEFAULT 0", \
	"ALTER TABLE " table " ADD COLUMN unit_price INTEGER NOT NULL DEFAULT 0", \
	"ALTER TABLE " table " ADD COLUMN cost_so_far INTEGER NOT NULL DEFAULT 0"
static const char *const money[] = {
	PRICE_OF("jobs"), PRICE_OF("history"), PRICE_OF("reply_copies"),
	"CREATE TABLE spent (length INTEGER NOT NULL, begins INTEGER NOT NULL, kind INTEGER NOT NULL,"
	" owner INTEGER NOT NULL, spent INTEGER NOT NULL, PRIMARY KEY (length, begins, kind, owner)) WITHOUT ROWID, STRICT",
	"CREATE TABLE raises (id INTEGER PRIMARY KEY, length INTEGER NOT NULL, begins INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, owner INTEGER NOT NULL, usd_micros INTEGER NOT NULL, at INTEGER NOT NULL,"
	" reason TEXT NOT NULL) STRICT",
};

static const char *const bounds[] = {
	"ALTER TABLE bodies ADD COLUMN max_price INTEGER NOT NULL DEFAULT -1",
	"ALTER TABLE reply_copies ADD COLUMN max_price INTEGER NOT NULL DEFAULT -1",
};

static const char *const needs[] = {
	"CREATE TABLE needs (job INTEGER NOT NULL, at INTEGER NOT NULL, id INTEGER NOT NULL,"
	" patient INTEGER NOT NULL, PRIMARY KEY (job, at)) WITHOUT ROWID, STRICT",
};

/* So that a start need not look at every body for the few that have a mark. */
static const char *const marked[] = {
	"CREATE INDEX bodies_marked ON bodies (id) WHERE mark <> x''",
};

/* Which posts are the account's own is not known of rows of before: they count as such. */
static const char *const ages[] = {
	"ALTER TABLE summons ADD COLUMN own INTEGER NOT NULL DEFAULT 1",
	"CREATE INDEX summons_by_age ON summons (seen_at)",
};

static const char *const audit[] = {
	"CREATE TABLE audit (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,"
	" whom TEXT NOT NULL, how TEXT NOT NULL, hash BLOB NOT NULL) STRICT",
};

static const char *const media[] = {
	"CREATE TABLE media (agent INTEGER NOT NULL, hash BLOB NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,"
	" size INTEGER NOT NULL, used_at INTEGER NOT NULL, PRIMARY KEY (agent, hash)) WITHOUT ROWID, STRICT",
	"CREATE TABLE uploads (account INTEGER NOT NULL, key BLOB NOT NULL, x_id TEXT NOT NULL, state INTEGER NOT NULL,"
	" parts INTEGER NOT NULL, started_at INTEGER NOT NULL, check_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,"
	" PRIMARY KEY (account, key)) WITHOUT ROWID, STRICT",
};

/* Reads of several pages: how far a job is, and what it has read. */
#define PAGES_OF(table) \
	"ALTER TABLE " table " ADD COLUMN pages INTEGER NOT NULL DEFAULT 0", \
	"ALTER TABLE " table " ADD COLUMN page INTEGER NOT NULL DEFAULT 0"
static const char *const pages[] = {
	PAGES_OF("jobs"), PAGES_OF("history"), PAGES_OF("reply_copies"),
	"CREATE TABLE pages (id INTEGER PRIMARY KEY, size INTEGER NOT NULL, token TEXT NOT NULL, response BLOB NOT NULL) STRICT",
};

static const char *const kinds[] = {
	"ALTER TABLE accounts ADD COLUMN kind INTEGER NOT NULL DEFAULT 0",
};
/* clang-format on */

static const struct {
	const char *const *sql;
	size_t count;
} steps[] = {
	{first, COUNT_OF(first)},
	{second, COUNT_OF(second)},
	{third, COUNT_OF(third)},
	{marks, COUNT_OF(marks)},
	{money, COUNT_OF(money)},
	{bounds, COUNT_OF(bounds)},
	{needs, COUNT_OF(needs)},
	{marked, COUNT_OF(marked)},
	{ages, COUNT_OF(ages)},
	{audit, COUNT_OF(audit)},
	{media, COUNT_OF(media)},
	{pages, COUNT_OF(pages)},
	{kinds, COUNT_OF(kinds)},
};

static uint32_t big_endian(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static enum err refuse_newer(const char *path, int64_t version, struct errmsg *m)
{
	return err_say(m, ERR_CORRUPT,
		"'%s' was written by a newer version of roost (schema %lld, this one knows "
		"%zu); nothing was changed; use that version",
		path, (long long)version, COUNT_OF(steps));
}

/* Looks at the first bytes of a file that is not empty. */
static enum err check_header(
	const char *path, const unsigned char *head, ssize_t len, struct errmsg *m)
{
	if (len < HEADER_SIZE || memcmp(head, "SQLite format 3", 16) != 0)
		return err_say(m, ERR_CORRUPT,
			"'%s' is not a store of roost; nothing was changed; give another path",
			path);
	if (big_endian(head + APPLICATION_AT) != APPLICATION_ID)
		return err_say(m, ERR_CORRUPT,
			"'%s' is a database of another program; nothing was changed; give "
			"another path",
			path);
	if (big_endian(head + VERSION_AT) > COUNT_OF(steps))
		return refuse_newer(path, big_endian(head + VERSION_AT), m);
	return ERR_OK;
}

/* Whether the making of the file was interrupted: SQLite will undo it. */
static bool has_journal(const char *path)
{
	struct buf name;
	struct stat st;
	bool has;

	buf_init(&name, PATH_MAX);
	buf_fmt(&name, "%s-journal", path);
	has = stat(buf_cstr(&name), &st) == 0 && st.st_size > 0;
	buf_done(&name);
	return has;
}

enum err schema_check_file(const char *path, struct errmsg *m)
{
	unsigned char head[HEADER_SIZE];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0 && errno == ENOENT)
		return ERR_OK;
	if (fd < 0)
		return err_say(
			m, ERR_IO, "cannot open the store '%s': %s", path, strerror(errno));
	len = read(fd, head, sizeof(head));
	(void)close(fd);
	if (len < 0)
		return err_say(
			m, ERR_IO, "cannot read the store '%s': %s", path, strerror(errno));
	return len == 0 || has_journal(path) ? ERR_OK : check_header(path, head, len, m);
}

static enum err exec(struct lite *l, const char *sql)
{
	int rc = sqlite3_exec(l->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? ERR_OK : lite_fail(l, rc);
}

static enum err get_pragma(struct lite *l, const char *sql, int64_t *ret)
{
	sqlite3_stmt *st;
	int rc = sqlite3_prepare_v2(l->db, sql, -1, &st, NULL);

	if (rc != SQLITE_OK)
		return lite_fail(l, rc);
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*ret = column_int(st, 0);
	(void)sqlite3_finalize(st);
	return rc == SQLITE_ROW ? ERR_OK : lite_fail(l, rc);
}

/* Every step from `version` on, in one transaction. */
static enum err migrate(struct lite *l, size_t version)
{
	char mark[96];
	enum err e = exec(l, "BEGIN IMMEDIATE");

	for (; version < COUNT_OF(steps); version++)
		for (size_t i = 0; !e && i < steps[version].count; i++)
			e = exec(l, steps[version].sql[i]);
	(void)snprintf(mark, sizeof(mark),
		"PRAGMA application_id = %d; PRAGMA user_version = %zu", APPLICATION_ID,
		COUNT_OF(steps));
	if (!e)
		e = exec(l, mark);
	if (!e)
		e = exec(l, "COMMIT");
	if (e && !sqlite3_get_autocommit(l->db))
		(void)sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
	return e;
}

enum err schema_open(struct lite *l)
{
	int64_t version = 0, page_size = 0;
	enum err e = exec(l, "PRAGMA page_size = 4096");

	if (!e)
		e = get_pragma(l, "PRAGMA user_version", &version);
	if (e)
		return e;
	if (version < 0 || (uint64_t)version > COUNT_OF(steps)) {
		(void)sqlite3_db_config(l->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		return refuse_newer(l->path, version, &l->base.why);
	}
	if ((uint64_t)version < COUNT_OF(steps))
		e = migrate(l, (size_t)version);
	if (!e)
		e = exec(l, "PRAGMA journal_mode = WAL");
	if (!e)
		e = get_pragma(l, "PRAGMA page_size", &page_size);
	if (!e)
		l->page_size = (int)page_size;
	return e;
}
