#include "dispatcher/store/sqlite/gather.h"

#include <sqlite3.h>
#include <string.h>

#include "common/base/mem.h"

#define HELD_MAX \
	((size_t)64 << 10) /* SQLite's layer for Unix takes less than 128 KiB at a time */

struct log_file {
	sqlite3_file base;
	sqlite3_file *real;  /* behind this struct, in SQLite's memory */
	unsigned char *held; /* owned; HELD_MAX bytes */
	size_t len;
	sqlite3_int64 at; /* where in the file they go */
};

static struct log_file *log_of(sqlite3_file *f)
{
	return (struct log_file *)f;
}

/* What could not be written is dropped: the commit fails, and the next begins at the same
 * place. */
static int write_held(struct log_file *f)
{
	size_t len = f->len;

	f->len = 0;
	return len ? f->real->pMethods->xWrite(f->real, f->held, (int)len, f->at) : SQLITE_OK;
}

static int log_write(sqlite3_file *file, const void *p, int amount, sqlite3_int64 at)
{
	struct log_file *f = log_of(file);
	size_t n = (size_t)amount;

	if (f->len && (at != f->at + (sqlite3_int64)f->len || f->len + n > HELD_MAX)) {
		int rc = write_held(f);

		if (rc != SQLITE_OK)
			return rc;
	}
	if (n > HELD_MAX)
		return f->real->pMethods->xWrite(f->real, p, amount, at);
	if (!f->len)
		f->at = at;
	memcpy(f->held + f->len, p, n);
	f->len += n;
	return SQLITE_OK;
}

static int log_close(sqlite3_file *file)
{
	struct log_file *f = log_of(file);
	int rc = write_held(f);
	int closed = f->real->pMethods->xClose(f->real);

	mem_free(f->held);
	f->held = NULL;
	return rc != SQLITE_OK ? rc : closed;
}

static int log_read(sqlite3_file *file, void *p, int amount, sqlite3_int64 at)
{
	struct log_file *f = log_of(file);
	int rc = write_held(f);

	return rc != SQLITE_OK ? rc : f->real->pMethods->xRead(f->real, p, amount, at);
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct log_file *f = log_of(file);
	int rc = write_held(f);

	return rc != SQLITE_OK ? rc : f->real->pMethods->xTruncate(f->real, size);
}

static int log_sync(sqlite3_file *file, int flags)
{
	struct log_file *f = log_of(file);
	int rc = write_held(f);

	return rc != SQLITE_OK ? rc : f->real->pMethods->xSync(f->real, flags);
}

static int log_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	struct log_file *f = log_of(file);
	int rc = write_held(f);

	return rc != SQLITE_OK ? rc : f->real->pMethods->xFileSize(f->real, ret);
}

/* --- passed on as they are --- */

static int log_lock(sqlite3_file *f, int level)
{
	return log_of(f)->real->pMethods->xLock(log_of(f)->real, level);
}

static int log_unlock(sqlite3_file *f, int level)
{
	return log_of(f)->real->pMethods->xUnlock(log_of(f)->real, level);
}

static int log_check_lock(sqlite3_file *f, int *ret)
{
	return log_of(f)->real->pMethods->xCheckReservedLock(log_of(f)->real, ret);
}

static int log_control(sqlite3_file *f, int op, void *arg)
{
	return log_of(f)->real->pMethods->xFileControl(log_of(f)->real, op, arg);
}

static int log_sector(sqlite3_file *f)
{
	return log_of(f)->real->pMethods->xSectorSize(log_of(f)->real);
}

static int log_traits(sqlite3_file *f)
{
	return log_of(f)->real->pMethods->xDeviceCharacteristics(log_of(f)->real);
}

static const sqlite3_io_methods log_methods = {
	.iVersion = 1,
	.xClose = log_close,
	.xRead = log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = log_sync,
	.xFileSize = log_size,
	.xLock = log_lock,
	.xUnlock = log_unlock,
	.xCheckReservedLock = log_check_lock,
	.xFileControl = log_control,
	.xSectorSize = log_sector,
	.xDeviceCharacteristics = log_traits,
};

static sqlite3_vfs *under(const sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

/* Files other than the log are opened by the system's layer in the same memory, and are its
 * own. */
static int open_file(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret)
{
	struct log_file *f = log_of(file);

	if (!(flags & SQLITE_OPEN_WAL))
		return under(vfs)->xOpen(under(vfs), name, file, flags, ret);
	memset(f, 0, sizeof(*f)); /* no methods: SQLite does not close what did not open */
	f->real = (sqlite3_file *)(f + 1);
	f->held = mem_alloc(HELD_MAX);
	if (!f->held)
		return SQLITE_NOMEM;
	int rc = under(vfs)->xOpen(under(vfs), name, f->real, flags, ret);
	if (rc == SQLITE_OK) {
		f->base.pMethods = &log_methods;
		return SQLITE_OK;
	}
	if (f->real->pMethods)
		(void)f->real->pMethods->xClose(f->real);
	mem_free(f->held);
	return rc;
}

int gather_register(void)
{
	static sqlite3_vfs vfs;
	sqlite3_vfs *system = sqlite3_vfs_find(NULL);

	if (!system)
		return SQLITE_ERROR;
	if (sqlite3_vfs_find(GATHER_VFS))
		return SQLITE_OK;
	vfs = *system;
	vfs.zName = GATHER_VFS;
	vfs.szOsFile = (int)sizeof(struct log_file) + system->szOsFile;
	vfs.pAppData = system;
	vfs.pNext = NULL;
	vfs.xOpen = open_file;
	return sqlite3_vfs_register(&vfs, 0);
}
