#include "tests/xsim/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/xsim/need.h"

#define MARK_EVERY 256
#define LINE_CAP   ((size_t)256 * 1024)

static int open_nameless(void)
{
	char path[] = "/tmp/roost-xsim-ledger-XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd >= 0)
		unlink(path);
	return fd;
}

enum err ledger_open(struct ledger *l, const char *path, struct errmsg *m)
{
	*l = (struct ledger){.fd = -1};
	buf_init(&l->line, LINE_CAP);
	l->fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644)
		     : open_nameless();
	if (l->fd < 0)
		return err_say(
			m, ERR_IO, "ledger '%s': %s", path ? path : "/tmp", strerror(errno));
	return ERR_OK;
}

void ledger_done(struct ledger *l)
{
	if (l->fd >= 0)
		close(l->fd);
	buf_done(&l->line);
	mem_free(l->marks);
}

static void mark(struct ledger *l)
{
	size_t at = l->count / MARK_EVERY;

	if (l->count % MARK_EVERY)
		return;
	if (at == l->mark_size) {
		l->mark_size = l->mark_size ? l->mark_size * 2 : 64;
		l->marks = need(mem_grow(l->marks, l->mark_size * sizeof(*l->marks)));
	}
	l->marks[at] = l->size;
}

static int put_bytes(const char *p, size_t n, void *buf)
{
	buf_put(buf, p, n);
	return 0;
}

void ledger_add(struct ledger *l, json_t *line)
{
	mark(l);
	if (json_object_set_new(line, "seq", json_integer((json_int_t)l->count + 1)))
		out_of_memory();
	buf_reset(&l->line);
	if (json_dump_callback(line, put_bytes, &l->line, JSON_COMPACT))
		out_of_memory();
	buf_byte(&l->line, '\n');
	ASSERT(!l->line.err);

	ssize_t n = write(l->fd, l->line.data, l->line.len);
	if (n != (ssize_t)l->line.len) {
		fprintf(stderr, "roost-xsim: the ledger cannot be written: %s\n",
			strerror(errno));
		exit(1);
	}
	l->count++;
	l->size += n;
}

/* Where the line after `since` begins. */
static int64_t offset_after(const struct ledger *l, uint64_t since)
{
	char chunk[4096];
	int64_t at = l->marks[since / MARK_EVERY];

	for (uint64_t skip = since % MARK_EVERY; skip;) {
		ssize_t n = pread(l->fd, chunk, sizeof(chunk), at);
		if (n <= 0)
			return l->size;
		for (ssize_t i = 0; i < n && skip; i++, at++)
			skip -= chunk[i] == '\n';
	}
	return at;
}

void ledger_read(const struct ledger *l, uint64_t since, struct buf *out)
{
	if (since >= l->count)
		return;
	int64_t from = offset_after(l, since);
	size_t want = (size_t)(l->size - from);
	bool all = want <= LEDGER_ANSWER_MAX;
	unsigned char *room = buf_room(out, all ? want : LEDGER_ANSWER_MAX);

	if (!room)
		return;
	ssize_t n = pread(l->fd, room, all ? want : LEDGER_ANSWER_MAX, from);
	while (n > 0 && room[n - 1] != '\n')
		n--;
	buf_add(out, n > 0 ? (size_t)n : 0);
}
