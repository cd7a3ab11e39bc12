#include <string.h>

#include "dispatcher/store/sqlite/lite.h"
#include "dispatcher/store/sqlite/path.h"

#define KIB       ((uint64_t)1 << 10)
#define MIB       ((uint64_t)1 << 20)
#define LOG_QUIET (256 * KIB) /* worth writing back when there is nothing else to do */
#define LOG_BUSY  (64 * MIB)  /* written back also when there is */
#define LOG_SHARE 16          /* but never more than this part of the file system */

enum err totals_load(struct lite *l)
{
	sqlite3_stmt *st = lite_use(l, STMT_LOAD_TOTALS);
	enum err e = lite_row(l, st);

	if (e)
		return e == ERR_NOT_FOUND ? lite_damaged(l, "its totals are gone") : e;
	l->now = (struct totals){
		.last_id = (uint64_t)column_int(st, 0),
		.boot = (uint64_t)column_int(st, 1),
		.jobs = (uint64_t)column_int(st, 2),
		.history = (uint64_t)column_int(st, 3),
	};
	l->was = l->now;
	(void)sqlite3_reset(st);
	return ERR_OK;
}

/* --- the transaction --- */

enum err turn_begin(struct store *s)
{
	struct lite *l = lite_of(s);

	if (l->dead)
		return store_fail(s, ERR_IO,
			"store '%s' failed before; start the dispatcher again", l->path);
	l->was = l->now;
	return lite_run(l, lite_use(l, STMT_BEGIN));
}

void turn_rollback(struct store *s)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_ROLLBACK);

	/* SQLite undoes the whole transaction by itself after some failures. */
	if (!sqlite3_get_autocommit(l->db))
		(void)sqlite3_step(st);
	(void)sqlite3_reset(st);
	l->now = l->was;
	l->pruned_at = 0;
	l->pruned_id = 0;
	seqs_undo(l);
}

static enum err totals_save(struct lite *l)
{
	sqlite3_stmt *st = lite_use(l, STMT_SAVE_TOTALS);

	if (!memcmp(&l->now, &l->was, sizeof(l->now)))
		return ERR_OK;
	bind_int(st, 1, (int64_t)l->now.last_id);
	bind_int(st, 2, (int64_t)l->now.boot);
	bind_int(st, 3, (int64_t)l->now.jobs);
	bind_int(st, 4, (int64_t)l->now.history);
	return lite_run(l, st);
}

enum err turn_commit(struct store *s)
{
	struct lite *l = lite_of(s);
	enum err e = seqs_save(l);

	if (!e)
		e = totals_save(l);
	if (!e)
		e = lite_run(l, lite_use(l, STMT_COMMIT));
	if (e) {
		turn_rollback(s);
		return e;
	}
	seqs_keep(l);
	return ERR_OK;
}

/* --- room, and the log --- */

/* Bytes by which the file grows when the log is written back. */
static uint64_t growth(struct lite *l)
{
	sqlite3_stmt *st = lite_use(l, STMT_PAGES);
	uint64_t now = path_size(l->path);
	uint64_t then = now;

	if (!lite_row(l, st)) {
		then = (uint64_t)column_int(st, 0) * (uint64_t)l->page_size;
		(void)sqlite3_reset(st);
	}
	return then > now ? then - now : 0;
}

bool turn_has_room(struct store *s)
{
	struct lite *l = lite_of(s);

	room_look(&l->room);
	return l->room.free >= room_reserve(&l->room) + growth(l);
}

static int note_log(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct lite *l = ctx;

	(void)db;
	(void)name;
	if ((uint64_t)pages < l->log_pages)
		l->back_pages = 0;
	l->log_pages = (uint64_t)pages;
	return SQLITE_OK;
}

void turn_watch_log(struct lite *l)
{
	(void)sqlite3_wal_hook(l->db, note_log, l);
}

void turn_write_back(struct lite *l, int mode)
{
	int pages = 0, back = 0;
	int rc = sqlite3_wal_checkpoint_v2(l->db, NULL, mode, &pages, &back);

	if (rc == SQLITE_OK) {
		l->log_pages = (uint64_t)pages;
		l->back_pages = (uint64_t)back;
	} else if (rc != SQLITE_BUSY && rc != SQLITE_LOCKED) {
		(void)lite_fail(l, rc);
	}
}

static uint64_t log_bound(const struct lite *l, bool quiet)
{
	uint64_t most = quiet ? LOG_QUIET : LOG_BUSY;
	uint64_t share = l->room.total / LOG_SHARE;

	return share && share < most ? share : most;
}

bool turn_tend(struct store *s, bool quiet)
{
	struct lite *l = lite_of(s);
	uint64_t waiting = (l->log_pages - l->back_pages) * (uint64_t)l->page_size;

	(void)lite_use(l, STMT_PAGES);
	if (l->dead)
		return false;
	if (waiting >= log_bound(l, quiet)) {
		turn_write_back(l, SQLITE_CHECKPOINT_PASSIVE);
		room_look(&l->room);
		room_mend_ballast(&l->room);
	}
	return false;
}

/* --- small reads --- */

enum err totals_next_boot(struct store *s, uint64_t *ret)
{
	*ret = ++lite_of(s)->now.boot;
	return ERR_OK;
}

enum err totals_last_id(struct store *s, uint64_t *ret)
{
	*ret = lite_of(s)->now.last_id;
	return ERR_OK;
}

enum err totals_counts(struct store *s, struct store_counts *ret)
{
	const struct lite *l = lite_of(s);

	*ret = (struct store_counts){
		.jobs = l->now.jobs,
		.history = l->now.history,
		.replies = seqs_pending(l),
		.bytes = path_size(l->path) + path_size(l->log_path),
	};
	return ERR_OK;
}
