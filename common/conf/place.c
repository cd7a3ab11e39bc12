#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/conf/table.h"

/* Where state is kept unless somebody says otherwise. */
static void put_default_state(struct buf *b)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");

	if (geteuid() == 0)
		buf_str(b, "/var/lib/roost");
	else if (state && state[0] == '/')
		buf_fmt(b, "%s/roost", state);
	else
		buf_fmt(b, "%s/.local/state/roost", home ? home : "");
}

static void put_host(struct buf *b)
{
	char host[64] = "";

	if (gethostname(host, sizeof(host) - 1) || !text_is_name(str_of(host), 48))
		(void)snprintf(host, sizeof(host), "worker");
	buf_str(b, host);
}

void conf_expand(const struct conf *c, size_t setting, struct buf *b)
{
	static const char *const names[] = {"$DEFAULT_STATE", "$STATE", "$HOST", "$PID"};
	const char *at = conf_table[setting].standard;

	while (*at) {
		size_t which = 0;

		while (which < COUNT_OF(names) &&
			strncmp(at, names[which], strlen(names[which])) != 0)
			which++;
		if (which == COUNT_OF(names)) {
			buf_byte(b, (unsigned char)*at++);
			continue;
		}
		at += strlen(names[which]);
		if (which == 0)
			put_default_state(b);
		else if (which == 1)
			buf_str(b, c->state_dir);
		else if (which == 2)
			put_host(b);
		else
			buf_fmt(b, "%d", (int)getpid());
	}
}

static enum err keep(const char *path, char **ret)
{
	*ret = mem_dup(path, strlen(path));
	return *ret ? ERR_OK : ERR_NOMEM;
}

enum err conf_find_file(const char *path, char **ret, struct errmsg *m)
{
	const char *named = path ? path : getenv("ROOST_CONFIG");
	const char *config = getenv("XDG_CONFIG_HOME");
	const char *home = getenv("HOME");
	char own[4096];

	*ret = NULL;
	if (named && named[0]) {
		if (access(named, R_OK))
			return err_say(m, errno == ENOENT ? ERR_NOT_FOUND : ERR_DENIED,
				"%s: %s", named, strerror(errno));
		return keep(named, ret);
	}
	(void)snprintf(own, sizeof(own), "%s%s/roost/roost.yaml",
		config ? config
		: home ? home
		       : "",
		config ? "" : "/.config");
	const char *const places[] = {"./roost.yaml", own, "/etc/roost/roost.yaml"};
	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (access(places[i], R_OK) == 0)
			return keep(places[i], ret);
	return ERR_OK;
}

enum err conf_read_file(const char *path, struct buf *b, struct errmsg *m)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return err_say(m, ERR_IO, "%s: %s", path, strerror(errno));
	while (n > 0 && !b->err) {
		unsigned char *to = buf_room(b, 4096);

		n = to ? read(fd, to, 4096) : -1;
		if (n > 0)
			buf_add(b, (size_t)n);
	}
	int why = errno;
	(void)close(fd);
	if (b->err == ERR_TOO_BIG)
		return err_say(
			m, ERR_TOO_BIG, "%s: larger than %zu KiB", path, CONF_FILE_MAX / 1024);
	if (n < 0)
		return err_say(m, ERR_IO, "%s: %s", path, strerror(why));
	return ERR_OK;
}
