#include "tests/contract/crash_vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/rng.h"

#define SECTOR    512
#define FILES_MAX 8
#define OPS_MAX   4096

/* A write that was not flushed; `bytes` NULL: the file was cut to `at`. */
struct op {
	unsigned char *bytes;
	size_t len;
	sqlite3_int64 at;
};

/* What the medium has of a file, and what is on its way to it. */
struct disk {
	char path[256];
	unsigned char *bytes;
	size_t len, size;
	bool exists; /* on the medium */
	struct op ops[OPS_MAX];
	size_t op_count;
};

static struct disk disks[FILES_MAX];
static struct rng rng;
static uint64_t count, dark_at;
static bool dark;

struct crash_file {
	sqlite3_file base;
	struct disk *disk; /* NULL: the system's own business */
	sqlite3_file *real;
};

static struct crash_file *crash_of(sqlite3_file *f)
{
	return (struct crash_file *)f;
}

/* True from the instant of the cut. */
static bool is_cut(void)
{
	dark = dark || ++count == dark_at;
	return dark;
}

/* --- the medium --- */

static void grow(struct disk *d, size_t size)
{
	if (size <= d->size)
		return;
	d->size = size * 2;
	d->bytes = mem_grow(d->bytes, d->size);
	ASSERT(d->bytes);
}

static void put(struct disk *d, size_t at, const unsigned char *bytes, size_t len)
{
	grow(d, at + len);
	if (at > d->len)
		memset(d->bytes + d->len, 0, at - d->len);
	memcpy(d->bytes + at, bytes, len);
	d->len = at + len > d->len ? at + len : d->len;
}

static void carry_out(struct disk *d, const struct op *o)
{
	if (o->bytes)
		put(d, (size_t)o->at, o->bytes, o->len);
	else if ((size_t)o->at < d->len)
		d->len = (size_t)o->at;
}

static void forget(struct disk *d)
{
	for (size_t i = 0; i < d->op_count; i++)
		mem_free(d->ops[i].bytes);
	d->op_count = 0;
}

static void flush(struct disk *d)
{
	for (size_t i = 0; i < d->op_count; i++)
		carry_out(d, &d->ops[i]);
	forget(d);
	d->exists = true;
}

static void remember(struct disk *d, const void *bytes, size_t len, sqlite3_int64 at)
{
	struct op o = {.len = len, .at = at};

	if (bytes) {
		o.bytes = mem_alloc(len + 1);
		ASSERT(o.bytes);
		memcpy(o.bytes, bytes, len);
	}
	ASSERT(d->op_count < OPS_MAX);
	d->ops[d->op_count++] = o;
}

/* A write reaches the medium in part. */
static void carry_out_some(struct disk *d, const struct op *o, int per_cent)
{
	if (!o->bytes) {
		if (rng_range(&rng, 0, 99) < per_cent)
			carry_out(d, o);
		return;
	}
	for (size_t from = 0; from < o->len;) {
		size_t to_edge = SECTOR - ((size_t)o->at + from) % SECTOR;
		size_t len = o->len - from < to_edge ? o->len - from : to_edge;
		bool torn = rng_range(&rng, 0, 19) == 0;

		if (rng_range(&rng, 0, 99) < per_cent)
			put(d, (size_t)o->at + from, o->bytes + from,
				torn ? (size_t)rng_range(&rng, 0, (int64_t)len) : len);
		from += len;
	}
}

static void lose(struct disk *d)
{
	static const int chances[] = {0, 10, 50, 90, 100};
	int per_cent = chances[rng_range(&rng, 0, 4)];

	for (size_t left = d->op_count; left > 0; left--) {
		size_t i = (size_t)rng_range(&rng, 0, (int64_t)left - 1);

		carry_out_some(d, &d->ops[i], per_cent);
		struct op last = d->ops[left - 1];
		d->ops[left - 1] = d->ops[i];
		d->ops[i] = last;
	}
	d->exists = d->exists || rng_range(&rng, 0, 1);
	forget(d);
}

static void write_out(const struct disk *d)
{
	FILE *to = d->exists ? fopen(d->path, "wb") : NULL;

	if (!d->exists) {
		(void)unlink(d->path);
		return;
	}
	ASSERT(to);
	size_t n = d->len ? fwrite(d->bytes, 1, d->len, to) : 0;
	int closed = fclose(to);
	ASSERT(n == d->len && closed == 0);
}

void crash_settle(void)
{
	for (struct disk *d = disks; d < disks + FILES_MAX && d->path[0]; d++) {
		if (dark) {
			lose(d);
			write_out(d);
		}
		forget(d);
		mem_free(d->bytes);
		*d = (struct disk){.len = 0};
	}
	dark = false;
	dark_at = 0;
}

void crash_arm(uint64_t seed, uint64_t after)
{
	rng = (struct rng){seed};
	count = 0;
	dark_at = after;
	dark = false;
}

bool crash_is_dark(void)
{
	return dark;
}

uint64_t crash_count(void)
{
	return count;
}

/* --- files --- */

static int file_write(sqlite3_file *file, const void *p, int amount, sqlite3_int64 at)
{
	struct crash_file *f = crash_of(file);

	if (is_cut())
		return SQLITE_IOERR_WRITE;
	remember(f->disk, p, (size_t)amount, at);
	return f->real->pMethods->xWrite(f->real, p, amount, at);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct crash_file *f = crash_of(file);

	if (is_cut())
		return SQLITE_IOERR_TRUNCATE;
	remember(f->disk, NULL, 0, size);
	return f->real->pMethods->xTruncate(f->real, size);
}

static int file_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	if (is_cut())
		return SQLITE_IOERR_FSYNC;
	flush(crash_of(file)->disk);
	return SQLITE_OK;
}

static int file_close(sqlite3_file *file)
{
	return crash_of(file)->real->pMethods->xClose(crash_of(file)->real);
}

static int file_read(sqlite3_file *file, void *p, int amount, sqlite3_int64 at)
{
	return crash_of(file)->real->pMethods->xRead(crash_of(file)->real, p, amount, at);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	return crash_of(file)->real->pMethods->xFileSize(crash_of(file)->real, ret);
}

static int file_lock(sqlite3_file *file, int level)
{
	return crash_of(file)->real->pMethods->xLock(crash_of(file)->real, level);
}

static int file_unlock(sqlite3_file *file, int level)
{
	return crash_of(file)->real->pMethods->xUnlock(crash_of(file)->real, level);
}

static int file_check_lock(sqlite3_file *file, int *ret)
{
	sqlite3_file *real = crash_of(file)->real;

	return real->pMethods->xCheckReservedLock(real, ret);
}

/* What reserves room, or tells how large the file will be, is not passed on. */
static int file_control(sqlite3_file *file, int op, void *arg)
{
	sqlite3_file *real = crash_of(file)->real;

	if (op == SQLITE_FCNTL_SIZE_HINT || op == SQLITE_FCNTL_CHUNK_SIZE)
		return SQLITE_OK;
	return real->pMethods->xFileControl(real, op, arg);
}

static int file_sector(sqlite3_file *file)
{
	return crash_of(file)->real->pMethods->xSectorSize(crash_of(file)->real);
}

static int file_traits(sqlite3_file *file)
{
	return crash_of(file)->real->pMethods->xDeviceCharacteristics(crash_of(file)->real);
}

static int shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **ret)
{
	sqlite3_file *real = crash_of(file)->real;

	return real->pMethods->xShmMap(real, page, size, extend, ret);
}

static int shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
	sqlite3_file *real = crash_of(file)->real;

	return real->pMethods->xShmLock(real, offset, n, flags);
}

static void shm_barrier(sqlite3_file *file)
{
	crash_of(file)->real->pMethods->xShmBarrier(crash_of(file)->real);
}

static int shm_unmap(sqlite3_file *file, int delete)
{
	sqlite3_file *real = crash_of(file)->real;

	return real->pMethods->xShmUnmap(real, delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_check_lock,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = shm_map,
	.xShmLock = shm_lock,
	.xShmBarrier = shm_barrier,
	.xShmUnmap = shm_unmap,
};

/* --- opening --- */

static sqlite3_vfs *under(const sqlite3_vfs *vfs)
{
	return vfs->pAppData;
}

static void load(struct disk *d)
{
	FILE *from = fopen(d->path, "rb");
	unsigned char block[4096];

	if (!from)
		return;
	for (size_t n; (n = fread(block, 1, sizeof(block), from)) > 0;)
		put(d, d->len, block, n);
	d->exists = d->len > 0;
	(void)fclose(from);
}

static struct disk *disk_of(const char *path)
{
	struct disk *d = disks;

	while (d->path[0] && strcmp(d->path, path) != 0)
		ASSERT(++d < disks + FILES_MAX);
	if (d->path[0])
		return d;
	(void)snprintf(d->path, sizeof(d->path), "%s", path);
	load(d);
	return d;
}

static int open_file(
	sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret)
{
	struct crash_file *f = crash_of(file);

	if (!name || !(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
		return under(vfs)->xOpen(under(vfs), name, file, flags, ret);
	memset(f, 0, sizeof(*f));
	f->real = (sqlite3_file *)(f + 1);
	f->disk = disk_of(name);
	int rc = under(vfs)->xOpen(under(vfs), name, f->real, flags, ret);
	if (rc == SQLITE_OK)
		f->base.pMethods = &methods;
	return rc;
}

/* That a file is gone is on the medium at once: nothing roost keeps hangs on it. */
static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
	if (is_cut())
		return SQLITE_IOERR_DELETE;
	for (struct disk *d = disks; d < disks + FILES_MAX && d->path[0]; d++)
		if (strcmp(d->path, name) == 0) {
			forget(d);
			d->len = 0;
			d->exists = false;
		}
	return under(vfs)->xDelete(under(vfs), name, sync);
}

void crash_register(void)
{
	static sqlite3_vfs vfs;
	sqlite3_vfs *system = sqlite3_vfs_find(NULL);

	if (vfs.zName)
		return;
	ASSERT(system);
	vfs = *system;
	vfs.zName = "crash";
	vfs.szOsFile = (int)sizeof(struct crash_file) + system->szOsFile;
	vfs.pAppData = system;
	vfs.pNext = NULL;
	vfs.xOpen = open_file;
	vfs.xDelete = delete_file;
	int rc = sqlite3_vfs_register(&vfs, 1);
	ASSERT(rc == SQLITE_OK);
}
