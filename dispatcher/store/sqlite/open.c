#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "dispatcher/store/sqlite/gather.h"
#include "dispatcher/store/sqlite/lite.h"
#include "dispatcher/store/sqlite/lock.h"
#include "dispatcher/store/sqlite/path.h"

#define BUSY_WAIT_MS 5000 /* for a person's own sqlite3 program that writes */

static const char *const statements[] = {
#define X(stmt, sql) sql,
#include "dispatcher/store/sqlite/statements.def"
#undef X
};

static void lite_free(struct store *s)
{
	struct lite *l = lite_of(s);

	(void)lite_use(l, STMT_ROLLBACK);
	for (size_t i = 0; i < COUNT_OF(l->stmts); i++)
		(void)sqlite3_finalize(l->stmts[i]);
	if (l->dead && l->db)
		(void)sqlite3_db_config(l->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	(void)sqlite3_close(l->db);
	room_done(&l->room);
	if (l->lock >= 0)
		(void)close(l->lock);
	mem_free(l->seqs);
	mem_free(l->changed);
	mem_free(l->log_path);
	mem_free(l->lock_path);
	mem_free(l->path);
	mem_free(l);
}

static const struct store_ops lite_ops = {
	.free = lite_free,
	.begin = turn_begin,
	.commit = turn_commit,
	.rollback = turn_rollback,
	.has_room = turn_has_room,
	.tend = turn_tend,
	.put_job = jobs_put,
	.put_needs = needs_put,
	.save_job = jobs_save,
	.put_args = jobs_put_args,
	.end_job = history_end,
	.revive_job = history_revive,
	.put_reply = replies_put,
	.tell_page = replies_tell_page,
	.put_page = pages_put,
	.drop_pages = pages_drop,
	.get_page = pages_get,
	.ack_replies = replies_ack,
	.put_window = accounts_put_window,
	.put_app = accounts_put_app,
	.drop_app = accounts_drop_app,
	.put_account = accounts_put,
	.put_agent = agents_put,
	.put_username = accounts_put_username,
	.put_setting = accounts_put_setting,
	.put_media = media_put,
	.put_upload = media_put_upload,
	.drop_media = media_drop,
	.drop_upload = media_drop_upload,
	.forget_uploads = media_forget_uploads,
	.find_media = media_find,
	.find_upload = media_find_upload,
	.each_media = media_each,
	.sum_media = media_sum,
	.put_audit = audit_put,
	.put_refusal = accounts_put_refusal,
	.drop_refusals = accounts_drop_refusals,
	.put_summons = accounts_put_summons,
	.forget_summons = accounts_forget_summons,
	.put_spent = money_put_spent,
	.put_raise = money_put_raise,
	.forget_money = money_forget,
	.next_boot = totals_next_boot,
	.prune = history_prune,
	.get_job = jobs_get,
	.get_body = jobs_get_body,
	.find_key = jobs_find_key,
	.find_x_id = history_find_x_id,
	.find_username = accounts_find_username,
	.last_id = totals_last_id,
	.each_job = jobs_each,
	.each_need = needs_each,
	.each_open_need = needs_each_open,
	.each_mark = jobs_each_mark,
	.each_app = accounts_each_app,
	.each_account = accounts_each,
	.each_agent = agents_each,
	.each_window = accounts_each_window,
	.find_summons = accounts_find_summons,
	.each_refusal = accounts_each_refusal,
	.each_setting = accounts_each_setting,
	.each_audit = audit_each,
	.last_audit = audit_last,
	.each_spent = money_each_spent,
	.each_raise = money_each_raise,
	.each_reply = replies_each,
	.list = list_jobs,
	.pending_replies = replies_pending,
	.counts = totals_counts,
};

static enum err prepare_all(struct lite *l)
{
	for (size_t i = 0; i < COUNT_OF(statements); i++) {
		int rc = sqlite3_prepare_v3(l->db, statements[i], -1, SQLITE_PREPARE_PERSISTENT,
			&l->stmts[i], NULL);

		if (rc != SQLITE_OK)
			return lite_fail(l, rc);
	}
	return ERR_OK;
}

static enum err configure(struct lite *l)
{
	int rc = sqlite3_exec(l->db,
		"PRAGMA synchronous = FULL; PRAGMA cache_size = -4096; PRAGMA secure_delete = "
		"FAST;"
		"PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; PRAGMA "
		"trusted_schema = OFF;"
		"PRAGMA journal_size_limit = 100663296",
		NULL, NULL, NULL);

	(void)sqlite3_busy_timeout(l->db, BUSY_WAIT_MS);
	(void)sqlite3_db_config(l->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	turn_watch_log(l);
	return rc == SQLITE_OK ? ERR_OK : lite_fail(l, rc);
}

/* What is held in memory beside the file; calls that are new are added to the file. */
static enum err load(struct lite *l)
{
	enum err e = totals_load(l);

	if (!e)
		e = seqs_load(l);
	if (!e)
		e = lite_run(l, lite_use(l, STMT_BEGIN));
	if (e)
		return e;
	e = calls_load(l);
	return e ? e : lite_run(l, lite_use(l, STMT_COMMIT));
}

/*
 * The file is made here, for SQLite would let others read it; its log and index follow its
 * mode.
 */
static enum err make_file(const char *path, struct errmsg *m)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_say(
			m, ERR_IO, "cannot open the store '%s': %s", path, strerror(errno));
	(void)close(fd);
	return ERR_OK;
}

static enum err open_db(struct lite *l)
{
	enum err e = room_init(&l->room, l->path);

	if (e)
		return store_fail(&l->base, e, "store '%s': out of memory", l->path);
	int rc = gather_register();

	if (rc == SQLITE_OK)
		rc = sqlite3_open_v2(l->path, &l->db,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			GATHER_VFS);

	if (!l->db)
		return store_fail(&l->base, ERR_NOMEM, "store '%s': out of memory", l->path);
	if (rc != SQLITE_OK)
		return lite_fail(l, rc);

	e = schema_open(l);
	if (!e)
		e = configure(l);
	if (!e)
		e = prepare_all(l);
	if (!e)
		e = load(l);
	if (!e)
		turn_write_back(l, SQLITE_CHECKPOINT_TRUNCATE);
	return e;
}

/* The files around the database: their names, the lock, the check that it may be touched. */
static enum err open_files(struct lite *l, const char *path, struct errmsg *m)
{
	enum err e = path_resolve(path, &l->path, m);

	if (e)
		return e;
	l->log_path = path_with(l->path, "-wal");
	l->lock_path = path_with(l->path, ".lock");
	if (!l->log_path || !l->lock_path)
		return err_say(m, ERR_NOMEM, "out of memory");
	e = lock_take(l->lock_path, &l->lock, m);
	if (!e)
		e = schema_check_file(l->path, m);
	if (!e)
		e = make_file(l->path, m);
	return e;
}

enum err store_sqlite_open(const char *path, struct store **ret, struct errmsg *m)
{
	/*
	 * A count of bytes that SQLite keeps under a lock at each allocation; of no use here.
	 */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

	struct lite *l = mem_alloc(sizeof(*l));
	if (!l)
		return err_say(m, ERR_NOMEM, "out of memory");
	l->base.ops = &lite_ops;
	l->lock = -1;

	enum err e = open_files(l, path, m);
	if (!e) {
		e = open_db(l);
		if (e)
			(void)err_say(m, e, "%s", l->base.why.text);
	}
	if (e) {
		lite_free(&l->base);
		return e;
	}
	*ret = &l->base;
	return ERR_OK;
}
