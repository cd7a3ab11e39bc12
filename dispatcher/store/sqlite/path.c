#include "dispatcher/store/sqlite/path.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/mem.h"

#define SUFFIX_MAX 16 /* of the files beside the store */

char *path_with(const char *path, const char *suffix)
{
	size_t cap = strlen(path) + strlen(suffix) + 1;
	char *out = mem_alloc(cap);

	if (out)
		(void)snprintf(out, cap, "%s%s", path, suffix);
	return out;
}

uint64_t path_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

/* The directory of a file, made if it is missing, as its one name in dir[PATH_MAX]. */
static enum err find_directory(const char *path, char *dir, struct errmsg *m)
{
	char copy[PATH_MAX];
	const char *parent;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	parent = dirname(copy);
	if (mkdir(parent, 0700) < 0 && errno != EEXIST)
		return err_say(m, ERR_IO, "cannot make the directory '%s': %s", parent,
			strerror(errno));
	if (!realpath(parent, dir))
		return err_say(m, ERR_IO, "cannot find the directory '%s': %s", parent,
			strerror(errno));
	return ERR_OK;
}

enum err path_resolve(const char *path, char **ret, struct errmsg *m)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char dir[PATH_MAX + 1];
	enum err e;

	if (!name[0] || strlen(path) >= PATH_MAX - SUFFIX_MAX)
		return err_say(m, ERR_INVALID,
			"the path of the store, '%s', is no name of a file, or too long", path);
	if (realpath(path, dir)) {
		*ret = path_with(dir, "");
		return *ret ? ERR_OK : err_say(m, ERR_NOMEM, "out of memory");
	}
	e = find_directory(path, dir, m);
	if (e)
		return e;

	char *with_slash = path_with(dir, "/");
	*ret = with_slash ? path_with(with_slash, name) : NULL;
	mem_free(with_slash);
	return *ret ? ERR_OK : err_say(m, ERR_NOMEM, "out of memory");
}
