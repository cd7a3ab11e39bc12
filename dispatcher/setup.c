#include "dispatcher/setup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/crypto/master.h"

#define SAMPLE_MAX ((size_t)64 * 1024)

/* Makes a directory and those above it. */
static enum err make_directory(const char *path, struct errmsg *m)
{
	char part[4096];

	if ((size_t)snprintf(part, sizeof(part), "%s", path) >= sizeof(part))
		return err_say(m, ERR_INVALID, "state.dir: the path is too long");
	for (char *at = part + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		(void)mkdir(part, 0700); /* what is missing shows at the end */
		*at = '/';
	}
	if (mkdir(part, 0700) && errno != EEXIST)
		return err_say(
			m, ERR_IO, "state.dir: '%s' cannot be made: %s", path, strerror(errno));
	if (access(part, R_OK | W_OK | X_OK))
		return err_say(m, ERR_DENIED,
			"state.dir: '%s': %s; make it this user's, or set state.dir", path,
			strerror(errno));
	return ERR_OK;
}

/* The path behind a scheme such as "file:", or NULL. */
static const char *behind(const char *text, const char *scheme)
{
	size_t n = strlen(scheme);

	return strncmp(text, scheme, n) == 0 ? text + n : NULL;
}

enum err setup_state(const struct conf *conf, struct errmsg *m)
{
	const char *key = behind(conf->security_master_key, "file:");
	const char *store = behind(conf->store_url, "sqlite://");

	enum err e = make_directory(conf->state_dir, m);
	if (e || !key || access(key, F_OK) == 0)
		return e;
	if (store && access(store, F_OK) == 0)
		return err_say(m, ERR_NOT_FOUND,
			"the master key '%s' is missing, but the store '%s' is there: put the "
			"key back, its tokens cannot be opened without it",
			key, store);
	return master_create_file(key, m);
}

enum err setup_file(const char *path, struct errmsg *m)
{
	struct buf sample;
	enum err e = ERR_OK;

	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return err_say(
			m, ERR_CONFLICT, "'%s' is there already; it was left as it is", path);
	if (fd < 0)
		return err_say(m, ERR_IO, "'%s': %s", path, strerror(errno));
	buf_init(&sample, SAMPLE_MAX);
	conf_print_sample(&sample);
	if (sample.err || write(fd, sample.data, sample.len) != (ssize_t)sample.len)
		e = err_say(m, ERR_IO, "'%s': %s", path, strerror(errno));
	(void)close(fd);
	buf_done(&sample);
	return e;
}
