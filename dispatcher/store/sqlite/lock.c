#include "dispatcher/store/sqlite/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The pid written in the lock file, or "?" when it cannot be read. */
static void read_holder(int fd, char *out, size_t cap)
{
	ssize_t n = pread(fd, out, cap - 1, 0);
	size_t len = n > 0 ? (size_t)n : 0;

	out[len] = 0;
	out[strspn(out, "0123456789")] = 0;
	if (!out[0])
		(void)snprintf(out, cap, "?");
}

static enum err write_holder(int fd)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)n, 0) != n)
		return ERR_IO;
	return ERR_OK;
}

/*
 * An open file description's lock: a child that is forked does not lose it, another open cannot
 * take it.
 */
static int try_lock(int fd)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &whole);
}

enum err lock_take(const char *path, int *ret_fd, struct errmsg *m)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	char holder[24];
	enum err e;

	if (fd < 0)
		return err_say(
			m, ERR_IO, "cannot open the lock file '%s': %s", path, strerror(errno));
	if (try_lock(fd) < 0) {
		if (errno == EAGAIN || errno == EACCES) {
			read_holder(fd, holder, sizeof(holder));
			e = err_say(m, ERR_CONFLICT,
				"the store is in use by process %s, which holds the lock file "
				"'%s'; stop that dispatcher first",
				holder, path);
		} else {
			e = err_say(m, ERR_IO, "cannot lock '%s': %s", path, strerror(errno));
		}
		(void)close(fd);
		return e;
	}
	/*
	 * On a full disk the lock holds all the same; only the words for the next one are
	 * poorer.
	 */
	(void)write_holder(fd);
	*ret_fd = fd;
	return ERR_OK;
}
