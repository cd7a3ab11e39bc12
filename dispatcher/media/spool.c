#include "dispatcher/media/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/list.h"
#include "common/base/mem.h"
#include "common/crypto/digest.h"

#define PIECE     ((size_t)64 * 1024)        /* read at a time, to compare and to hash */
#define CATCH_UP  ((int64_t)8 * 1024 * 1024) /* hashed at a time after a restart */
#define PART      "part-" /* begins the name of an upload that is not complete */
#define FILE_NAME 96      /* bytes of a file's name, its zero included */

/* An incomplete upload whose file is open. */
struct part {
	struct list node; /* the longest not used first */
	char file[FILE_NAME];
	int fd;
	int64_t received;
	int64_t hashed; /* bytes that `sha` has seen */
	struct sha256 *sha;
};

struct spool {
	int dir;
	int64_t most, kept;
	struct list parts;
	uint32_t open;
	unsigned char piece[PIECE];
};

/* --- names --- */

static char *hex(const unsigned char *bytes, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return out;
}

static char *content_file(const unsigned char hash[SPOOL_HASH_BYTES], char out[FILE_NAME])
{
	return hex(hash, SPOOL_HASH_BYTES, out);
}

/* "part-AGENT-SIZE-...": the same upload has the same name after a restart. */
static char *part_file(const struct spool_bytes *b, char out[FILE_NAME])
{
	char size[24];
	unsigned char sum[SHA256_BYTES];
	struct sha256 *sha = sha256_new();

	if (!sha)
		return NULL;
	(void)snprintf(size, sizeof(size), "/%lld", (long long)b->size);
	sha256_put(sha, b->type);
	sha256_put(sha, str_of(size));
	sha256_put(sha, str_of("/"));
	sha256_put(sha, b->name);
	sha256_end(sha, sum);
	sha256_free(sha);
	int n = snprintf(out, FILE_NAME, PART "%u-%lld-", b->agent, (long long)b->size);
	hex(sum, 16, out + n);
	return out;
}

static bool is_content(const char *name, unsigned char hash[SPOOL_HASH_BYTES])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(name) != (size_t)2 * SPOOL_HASH_BYTES)
		return false;
	for (size_t i = 0; i < SPOOL_HASH_BYTES; i++) {
		const char *high = strchr(digits, name[2 * i]);
		const char *low = strchr(digits, name[2 * i + 1]);

		if (!high || !low)
			return false;
		hash[i] = (unsigned char)((high - digits) << 4 | (low - digits));
	}
	return true;
}

static bool is_part(const char *name)
{
	return strncmp(name, PART, strlen(PART)) == 0;
}

/* --- open, close --- */

typedef void each_file(void *ctx, const char *name, const struct stat *st);

static void each(struct spool *s, each_file *tell, void *ctx)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	struct stat st;

	if (!dir) {
		if (fd >= 0)
			(void)close(fd);
		return;
	}
	while ((e = readdir(dir)))
		if (!fstatat(s->dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) &&
			S_ISREG(st.st_mode))
			tell(ctx, e->d_name, &st);
	(void)closedir(dir);
}

static void count(void *ctx, const char *name, const struct stat *st)
{
	struct spool *s = ctx;
	unsigned char hash[SPOOL_HASH_BYTES];

	if (is_part(name) || is_content(name, hash))
		s->kept += st->st_size;
}

enum err spool_open(const char *path, int64_t most, struct spool **ret, struct errmsg *m)
{
	AUTO(spool) s = mem_alloc(sizeof(*s));

	if (!s)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	list_init(&s->parts);
	s->most = most;
	s->dir = -1;
	if (mkdir(path, 0700) && errno != EEXIST)
		return err_say(m, ERR_IO, "the directory of media '%s' cannot be made: %s",
			path, strerror(errno));
	s->dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->dir < 0)
		return err_say(m, ERR_IO, "the directory of media '%s' cannot be opened: %s",
			path, strerror(errno));
	each(s, count, s);
	*ret = STEAL(s);
	return ERR_OK;
}

static void part_close(struct spool *s, struct part *p)
{
	list_remove(&p->node);
	s->open--;
	if (p->fd >= 0)
		(void)close(p->fd);
	sha256_free(p->sha);
	mem_free(p);
}

static struct part *first(const struct spool *s)
{
	return list_is_empty(&s->parts) ? NULL : LIST_ITEM(s->parts.next, struct part, node);
}

void spool_free(struct spool *s)
{
	if (!s)
		return;
	while (!list_is_empty(&s->parts))
		part_close(s, first(s));
	if (s->dir >= 0)
		(void)close(s->dir);
	mem_free(s);
}

void spool_set_most(struct spool *s, int64_t most)
{
	s->most = most;
}

int64_t spool_bytes_kept(const struct spool *s)
{
	return s->kept;
}

int64_t spool_most(const struct spool *s)
{
	return s->most;
}

/* --- one incomplete upload --- */

static struct part *part_find(const struct spool *s, const char *file)
{
	for (struct list *at = s->parts.next; at != &s->parts; at = at->next) {
		struct part *p = LIST_ITEM(at, struct part, node);

		if (strcmp(p->file, file) == 0)
			return p;
	}
	return NULL;
}

static void part_forget(struct spool *s, struct part *p)
{
	(void)unlinkat(s->dir, p->file, 0);
	s->kept -= p->received;
	part_close(s, p);
}

/* The file of an upload, if there is one, or made. ERR_NOT_FOUND. */
static enum err part_open(
	struct spool *s, const char *file, bool make, struct part **ret, struct errmsg *m)
{
	int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | (make ? O_CREAT : 0);
	struct stat st;
	struct part *p = part_find(s, file);

	if (p) {
		list_remove(&p->node);
		list_append(&s->parts, &p->node);
		*ret = p;
		return ERR_OK;
	}
	int fd = openat(s->dir, file, flags, 0600);
	if (fd < 0 && errno == ENOENT)
		return ERR_NOT_FOUND;
	p = fd < 0 || fstat(fd, &st) ? NULL : mem_alloc(sizeof(*p));
	if (!p) {
		if (fd >= 0)
			(void)close(fd);
		return err_say(m, ERR_IO, "the bytes cannot be kept: %s", strerror(errno));
	}
	(void)snprintf(p->file, sizeof(p->file), "%s", file);
	p->fd = fd;
	p->received = st.st_size;
	list_append(&s->parts, &p->node);
	s->open++;
	if (s->open > SPOOL_OPEN_MAX)
		part_close(s, first(s));
	*ret = p;
	return ERR_OK;
}

struct counting {
	uint32_t agent;
	int64_t parts, lacking; /* bytes that are to come */
	int64_t bytes;          /* that the agent's will have */
};

/* The number at *at, up to a "-"; *at goes behind it. */
static bool read_number(const char **at, int64_t *ret)
{
	const char *end = strchr(*at, '-');

	if (!end || text_to_int((struct str){*at, (size_t)(end - *at)}, 0, INT64_MAX, ret))
		return false;
	*at = end + 1;
	return true;
}

static void count_part(void *ctx, const char *name, const struct stat *st)
{
	struct counting *c = ctx;
	const char *at = name + strlen(PART);
	int64_t agent, size;

	if (!is_part(name) || !read_number(&at, &agent) || !read_number(&at, &size))
		return;
	c->lacking += size > st->st_size ? size - st->st_size : 0;
	if (agent != c->agent)
		return;
	c->parts++;
	c->bytes += size;
}

static enum err check_share(
	const struct spool_bytes *b, const struct counting *c, struct errmsg *m)
{
	const struct spool_share *s = &b->share;

	if (c->parts >= SPOOL_PARTS_MAX)
		return err_say(m, ERR_QUOTA,
			"this agent has begun %d uploads already; finish one of them first",
			SPOOL_PARTS_MAX);
	if (s->files + c->parts >= s->files_most)
		return err_say(m, ERR_QUOTA,
			"this agent has %lld files in the spool of media, and may have %lld "
			"(setting media.agent_files); wait until its jobs are done and their "
			"bytes are dropped, or allow more",
			(long long)s->files + c->parts, (long long)s->files_most);
	if (b->size > s->bytes_most - s->bytes - c->bytes)
		return err_say(m, ERR_QUOTA,
			"this agent has %lld bytes in the spool of media, and may have %lld "
			"(setting media.agent_mib); wait until its jobs are done and their "
			"bytes are dropped, or allow more",
			(long long)s->bytes + c->bytes, (long long)s->bytes_most);
	return ERR_OK;
}

/* Whether one more upload of that agent may begin: with all others, there is room for it. */
static enum err may_begin(struct spool *s, const struct spool_bytes *b, struct errmsg *m)
{
	struct counting c = {.agent = b->agent};

	each(s, count_part, &c);
	if (b->size > s->most - s->kept - c.lacking)
		return err_say(m, ERR_QUOTA,
			"the spool of media is full: %lld of %lld bytes are used or promised "
			"(setting media.spool_mib); wait until jobs are done and their bytes "
			"are dropped, or allow more",
			(long long)s->kept + c.lacking, (long long)s->most);
	return check_share(b, &c, m);
}

/* --- bytes --- */

static bool read_all(int fd, void *out, size_t len, int64_t at)
{
	unsigned char *to = out;

	while (len) {
		ssize_t n = pread(fd, to, len, at);

		if (n <= 0)
			return false;
		to += n;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Whether the file has those bytes at that place. */
static bool has(struct spool *s, int fd, struct str data, int64_t at)
{
	while (data.len) {
		size_t n = data.len < PIECE ? data.len : PIECE;

		if (!read_all(fd, s->piece, n, at) || memcmp(s->piece, data.at, n) != 0)
			return false;
		data.at += n;
		data.len -= n;
		at += (int64_t)n;
	}
	return true;
}

static void start_over(struct spool *s, struct part *p)
{
	if (ftruncate(p->fd, 0))
		return;
	s->kept -= p->received;
	p->received = 0;
	p->hashed = 0;
	sha256_free(p->sha);
	p->sha = NULL;
}

/* What cannot be written whole is taken back. */
static enum err append(struct spool *s, struct part *p, struct str data, struct errmsg *m)
{
	const char *at = data.at;
	size_t left = data.len;
	int64_t to = p->received;

	while (left) {
		ssize_t n = pwrite(p->fd, at, left, to);

		if (n <= 0)
			break;
		at += n;
		to += n;
		left -= (size_t)n;
	}
	if (!left && !fdatasync(p->fd)) {
		s->kept += to - p->received;
		p->received = to;
		return ERR_OK;
	}
	enum err e = errno == ENOSPC || errno == EDQUOT ? ERR_UNAVAILABLE : ERR_IO;
	err_say(m, e, "the bytes cannot be kept: %s; send them again when there is room",
		strerror(errno));
	if (ftruncate(p->fd, p->received))
		p->received = to; /* they are there: compared when they come again */
	return e;
}

/* Hashes what was not hashed yet; after a restart a bounded part of it. */
static enum err hash_on(struct spool *s, struct part *p, struct errmsg *m)
{
	int64_t left = p->received - p->hashed;
	int64_t until = p->hashed + (left < CATCH_UP ? left : CATCH_UP);

	if (!p->sha)
		p->sha = sha256_new();
	if (!p->sha)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	while (p->hashed < until) {
		size_t n = (size_t)(until - p->hashed);

		n = n < PIECE ? n : PIECE;
		if (!read_all(p->fd, s->piece, n, p->hashed))
			return err_say(m, ERR_IO, "the bytes cannot be read again: %s",
				strerror(errno));
		sha256_put(p->sha, (struct str){(const char *)s->piece, n});
		p->hashed += (int64_t)n;
	}
	return ERR_OK;
}

/* All bytes are there: the file gets its name. */
static enum err complete(
	struct spool *s, struct part *p, struct spool_taken *ret, struct errmsg *m)
{
	char file[FILE_NAME];
	struct stat st;

	ASSERT(p->hashed == p->received);
	sha256_end(p->sha, ret->hash);
	sha256_free(p->sha);
	p->sha = NULL;
	p->hashed = 0; /* should the rename fail, it begins again */
	content_file(ret->hash, file);
	bool twice = !fstatat(s->dir, file, &st, AT_SYMLINK_NOFOLLOW);
	if (renameat(s->dir, p->file, s->dir, file))
		return err_say(m, ERR_IO, "the bytes cannot be kept: %s", strerror(errno));
	if (twice)
		s->kept -= st.st_size;
	ret->received = p->received;
	part_close(s, p); /* it is a content now, which nothing may write to any more */
	if (fsync(s->dir))
		return err_say(m, ERR_IO, "the bytes cannot be kept: %s", strerror(errno));
	ret->complete = true;
	return ERR_OK;
}

static enum err say_expected(struct errmsg *m, const char *what, int64_t expected)
{
	err_say(m, ERR_CONFLICT, "%s; go on at offset %lld", what, (long long)expected);
	return err_at(m, ERR_CONFLICT, "offset");
}

/* Bytes that lie before what is expected: are they the same? What is left of them is new. */
static enum err overlap(struct spool *s, struct part *p, const struct spool_bytes *b,
	struct str *ret_new, struct errmsg *m)
{
	int64_t known = p->received - b->offset;
	size_t n = known < (int64_t)b->data.len ? (size_t)known : b->data.len;

	*ret_new = (struct str){b->data.at + n, b->data.len - n};
	if (has(s, p->fd, (struct str){b->data.at, n}, b->offset))
		return ERR_OK;
	if (b->offset)
		return say_expected(m,
			"other bytes came before at this offset under the same name; send the "
			"file from its beginning, or under another name",
			0);
	start_over(s, p);
	*ret_new = b->data;
	return ERR_OK;
}

/* The upload of that name, begun if need be. ERR_NOT_FOUND: a question, and nothing is there.
 */
static enum err find_part(
	struct spool *s, const struct spool_bytes *b, struct part **ret, struct errmsg *m)
{
	char file[FILE_NAME];

	if (!part_file(b, file))
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	enum err e = part_open(s, file, false, ret, m);
	if (e != ERR_NOT_FOUND || !b->data.len)
		return e;
	if (b->offset)
		return say_expected(m, "the bytes before these have not come", 0);
	e = may_begin(s, b, m);
	return e ? e : part_open(s, file, true, ret, m);
}

/* Adds the bytes that are new. */
static enum err add(
	struct spool *s, struct part *p, const struct spool_bytes *b, struct errmsg *m)
{
	struct str fresh;

	if (!b->data.len)
		return ERR_OK;
	if (b->offset > p->received)
		return say_expected(m, "the bytes before these have not come", p->received);
	enum err e = overlap(s, p, b, &fresh, m);
	if (!e && (int64_t)fresh.len > s->most - s->kept)
		e = err_say(m, ERR_QUOTA,
			"the spool of media is full (setting media.spool_mib); wait until jobs "
			"are done, or allow more");
	return e ? e : append(s, p, fresh, m);
}

enum err spool_take(
	struct spool *s, const struct spool_bytes *b, struct spool_taken *ret, struct errmsg *m)
{
	struct part *p = NULL;

	*ret = (struct spool_taken){0};
	enum err e = find_part(s, b, &p, m);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	ASSERT(p);
	e = add(s, p, b, m);
	if (!e)
		e = hash_on(s, p, m);
	if (e)
		return e;
	ret->received = p->received;
	if (p->received < b->size)
		return ERR_OK;
	if (p->hashed == p->received)
		return complete(s, p, ret, m);
	ret->received = b->size - 1; /* the last byte comes again, until all are hashed */
	return ERR_OK;
}

/* --- contents --- */

static int content_open(const struct spool *s, const unsigned char hash[SPOOL_HASH_BYTES])
{
	char file[FILE_NAME];

	return openat(s->dir, content_file(hash, file), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

enum err spool_read(struct spool *s, const unsigned char hash[SPOOL_HASH_BYTES], int64_t offset,
	size_t len, void *out)
{
	int fd = content_open(s, hash);

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : ERR_IO;
	errno = 0;
	bool good = read_all(fd, out, len, offset);
	enum err e = good ? ERR_OK : errno ? ERR_IO : ERR_CORRUPT;
	(void)close(fd);
	return e;
}

int64_t spool_size(const struct spool *s, const unsigned char hash[SPOOL_HASH_BYTES])
{
	char file[FILE_NAME];
	struct stat st;

	if (fstatat(s->dir, content_file(hash, file), &st, AT_SYMLINK_NOFOLLOW) ||
		!S_ISREG(st.st_mode))
		return -1;
	return st.st_size;
}

void spool_drop(struct spool *s, const unsigned char hash[SPOOL_HASH_BYTES])
{
	char file[FILE_NAME];
	int64_t size = spool_size(s, hash);

	if (size >= 0 && !unlinkat(s->dir, content_file(hash, file), 0))
		s->kept -= size;
}

struct sweeping {
	struct spool *s;
	time_t before;
	spool_keep_fn *each;
	void *ctx;
};

static void sweep_one(void *ctx, const char *name, const struct stat *st)
{
	struct sweeping *w = ctx;
	unsigned char hash[SPOOL_HASH_BYTES];

	if (st->st_mtime >= w->before)
		return;
	if (is_part(name)) {
		struct part *p = part_find(w->s, name);

		if (p)
			part_forget(w->s, p);
		else if (!unlinkat(w->s->dir, name, 0))
			w->s->kept -= st->st_size;
	} else if (is_content(name, hash) && !w->each(w->ctx, hash)) {
		spool_drop(w->s, hash);
	}
}

void spool_sweep(struct spool *s, usec_t before, spool_keep_fn *keep, void *ctx)
{
	struct sweeping w = {s, (time_t)(before / USEC_SEC), keep, ctx};

	each(s, sweep_one, &w);
}
