#include "dispatcher/access/own_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MOST 4200

static enum err say(struct errmsg *m, enum err e, const char *path, const char *words)
{
	return err_say(m, e, "the dispatcher's key '%s': %s", path, words);
}

/* Under another name first, so that a crash leaves no half of a key. */
static enum err make(const char *path, char ret_secret[CURVE_TEXT], struct errmsg *m)
{
	char draft[PATH_MOST + 8], unused[CURVE_TEXT];
	enum err e = curve_make(unused, ret_secret, m);

	if (e)
		return e;
	(void)snprintf(draft, sizeof(draft), "%s.new", path);
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return say(m, ERR_IO, path, strerror(errno));
	bool good = write(fd, ret_secret, CURVE_TEXT - 1) == CURVE_TEXT - 1 && fsync(fd) == 0;
	int why = errno;
	good = close(fd) == 0 && good;
	if (!good || rename(draft, path) < 0)
		return say(m, ERR_IO, path, strerror(good ? errno : why));
	return ERR_OK;
}

static enum err read_file(
	int fd, const char *path, char ret_secret[CURVE_TEXT], struct errmsg *m)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return say(m, ERR_IO, path, strerror(errno));
	if (st.st_mode & 077)
		return say(m, ERR_DENIED, path, "others may read it; say chmod 600");
	ssize_t n = read(fd, ret_secret, CURVE_TEXT - 1);
	ret_secret[n > 0 ? n : 0] = 0;
	if (n < 0)
		return say(m, ERR_IO, path, strerror(errno));
	return ERR_OK;
}

enum err own_key_read(const char *state_dir, char ret_secret[CURVE_TEXT],
	char ret_public[CURVE_TEXT], struct errmsg *m)
{
	char path[PATH_MOST];

	(void)snprintf(path, sizeof(path), "%s/curve.key", state_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum err e = ERR_OK;
	if (fd >= 0) {
		e = read_file(fd, path, ret_secret, m);
		(void)close(fd);
	} else if (errno == ENOENT) {
		e = make(path, ret_secret, m);
	} else {
		e = say(m, ERR_IO, path, strerror(errno));
	}
	if (!e && curve_public_of(ret_secret, ret_public, NULL))
		e = say(m, ERR_FORMAT, path,
			"it holds no key; put it back from a backup, or remove it and give "
			"every agent and worker the new public key");
	return e;
}
