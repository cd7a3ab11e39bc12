#include "dispatcher/store/sqlite/room.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "dispatcher/store/sqlite/path.h"

#define MIB ((uint64_t)1 << 20)

static uint64_t clamp(uint64_t n, uint64_t lo, uint64_t hi)
{
	return n < lo ? lo : n > hi ? hi : n;
}

static uint64_t ballast_size(const struct room *r)
{
	return clamp(r->total / 32, MIB / 4, 4 * MIB);
}

uint64_t room_reserve(const struct room *r)
{
	return clamp(r->total / 10, MIB, 64 * MIB);
}

void room_look(struct room *r)
{
	struct statvfs v;

	if (statvfs(r->store, &v) < 0) {
		r->free = UINT64_MAX;
		return;
	}
	r->total = (uint64_t)v.f_blocks * v.f_frsize;
	r->free = (uint64_t)v.f_bavail * v.f_frsize;
}

/* A sparse file would reserve nothing: its blocks are claimed. */
static bool make_ballast(struct room *r, uint64_t size)
{
	int fd = open(r->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool made;

	if (fd < 0)
		return false;
	made = posix_fallocate(fd, 0, (off_t)size) == 0;
	if (!made)
		(void)unlink(r->path);
	(void)close(fd);
	return made;
}

void room_mend_ballast(struct room *r)
{
	uint64_t size = ballast_size(r);

	if (r->ballast || r->free < 2 * room_reserve(r) + size)
		return;
	if (make_ballast(r, size))
		r->ballast = size;
}

bool room_give_ballast(struct room *r)
{
	if (!r->ballast || unlink(r->path) < 0)
		return false;
	r->ballast = 0;
	return true;
}

enum err room_init(struct room *r, const char *store)
{
	*r = (struct room){.store = store, .path = path_with(store, ".ballast")};
	if (!r->path)
		return ERR_NOMEM;
	room_look(r);
	r->ballast = path_size(r->path);
	room_mend_ballast(r);
	return ERR_OK;
}

void room_done(struct room *r)
{
	mem_free(r->path);
	r->path = NULL;
}
