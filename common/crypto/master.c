#include "common/crypto/master.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/crypto/encode.h"
#include "common/crypto/master_key.h"
#include "common/crypto/random.h"

#define TEXT_CHARS 44 /* MASTER_BYTES in base64 */
#define READ_MAX   64 /* bytes of a file that are looked at */
#define PATH_BYTES 4096

_Static_assert(MASTER_BYTES == GCM_KEY_BYTES && MASTER_ID_BYTES == GCM_ID_BYTES, "one cipher");

const char *key_id_text(const unsigned char *id, char out[2 * GCM_ID_BYTES + 1])
{
	for (size_t i = 0; i < GCM_ID_BYTES; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", id[i]);
	return out;
}

void master_free(struct master *k)
{
	if (!k)
		return;
	secret_free(k->key);
	mem_free(k);
}

const char *master_id(const struct master *k)
{
	return k->id_text;
}

/* What a file that was cut, or never written, is full of. */
static bool is_one_byte_repeated(const unsigned char *p, size_t n)
{
	return memcmp(p, p + 1, n - 1) == 0;
}

static enum err make(const unsigned char *bytes, struct master **ret, struct errmsg *m)
{
	AUTO(master) k = mem_alloc(sizeof(*k));
	if (k)
		k->key = secret_new(bytes, MASTER_BYTES);
	if (!k || !k->key)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	gcm_key_id(bytes, "master", k->id);
	(void)key_id_text(k->id, k->id_text);
	*ret = STEAL(k);
	return ERR_OK;
}

/* The 32 bytes that `content` is, raw or in base64, into `bytes`, which has room for that. */
static enum err parse(struct str content, struct buf *bytes)
{
	if (content.len == MASTER_BYTES) {
		buf_put(bytes, content.at, content.len);
		return bytes->err;
	}
	if (content.len == TEXT_CHARS + 1 && content.at[TEXT_CHARS] == '\n')
		content.len--;
	if (content.len != TEXT_CHARS)
		return ERR_FORMAT;
	enum err e = decode_base64(content, bytes);
	return !e && bytes->len != MASTER_BYTES ? ERR_FORMAT : e;
}

/* A key out of the content of a file; `spec` names it in words. */
static enum err make_of(
	const char *spec, struct str content, struct master **ret, struct errmsg *m)
{
	struct buf bytes;
	enum err e = ERR_NOMEM;

	buf_init(&bytes, TEXT_CHARS);
	if (buf_room(&bytes, TEXT_CHARS))
		e = parse(content, &bytes);
	if (!e && is_one_byte_repeated(bytes.data, bytes.len))
		e = ERR_FORMAT;
	if (e == ERR_FORMAT)
		(void)err_say(m, e,
			"master key %s is not 32 random bytes, raw or in base64 (44 "
			"characters); if it "
			"was cut or overwritten, put it back from a backup",
			spec);
	else if (e)
		(void)err_say(m, e, "%s", err_text(e));
	else
		e = make(bytes.data, ret, m);
	buf_wipe(&bytes);
	return e;
}

/* Reads fd to its end, or a little more than a key can be, and closes it. */
static enum err read_key(const char *spec, int fd, struct master **ret, struct errmsg *m)
{
	char content[READ_MAX];
	size_t len = 0;
	ssize_t n = 1;

	while (n > 0 && len < sizeof(content)) {
		n = read(fd, content + len, sizeof(content) - len);
		if (n > 0)
			len += (size_t)n;
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	int why = errno;
	(void)close(fd);

	enum err e;
	if (n < 0)
		e = err_say(m, ERR_IO, "master key %s: %s", spec, strerror(why));
	else
		e = make_of(spec, (struct str){content, len}, ret, m);
	crypto_wipe(content, sizeof(content));
	return e;
}

static enum err say_errno(struct errmsg *m, const char *path, int why)
{
	if (why == ENOENT || why == ENOTDIR)
		return err_say(m, ERR_NOT_FOUND,
			"there is no master key file '%s': `roost init` makes one; tokens "
			"sealed with "
			"a lost key cannot be read again",
			path);
	return err_say(m, why == EACCES || why == EPERM ? ERR_DENIED : ERR_IO,
		"master key file '%s': %s", path, strerror(why));
}

/* Opens what must be a plain file, without waiting for a pipe's other end. */
static enum err open_plain(const char *path, int *ret, struct stat *st, struct errmsg *m)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return say_errno(m, path, errno);

	enum err e = ERR_OK;
	if (fstat(fd, st) < 0)
		e = say_errno(m, path, errno);
	else if (!S_ISREG(st->st_mode))
		e = err_say(m, ERR_DENIED, "master key file '%s' is not a plain file", path);
	if (e)
		(void)close(fd);
	else
		*ret = fd;
	return e;
}

/* The rule for a file of our own; systemd guards its credentials itself. */
static enum err check_owner(const char *path, const struct stat *st, struct errmsg *m)
{
	if (st->st_uid != geteuid())
		return err_say(m, ERR_DENIED,
			"master key file '%s' belongs to user %u, and roost runs as user %u: "
			"chown %u "
			"'%s'",
			path, st->st_uid, geteuid(), geteuid(), path);
	if (st->st_mode & 077)
		return err_say(m, ERR_DENIED,
			"master key file '%s' may be read by others (mode %04o): chmod 0400 "
			"'%s'",
			path, st->st_mode & 07777, path);
	return ERR_OK;
}

static enum err load_file(const char *path, struct master **ret, struct errmsg *m)
{
	struct stat st = {0};
	int fd = -1;

	enum err e = open_plain(path, &fd, &st, m);
	if (e)
		return e;
	e = check_owner(path, &st, m);
	if (e) {
		(void)close(fd);
		return e;
	}
	return read_key(path, fd, ret, m);
}

static enum err load_credential(const char *name, struct master **ret, struct errmsg *m)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	char path[PATH_BYTES];
	struct stat st;
	int fd = -1;

	if (!text_is_name(str_of(name), 255))
		return err_say(m, ERR_INVALID,
			"security.master_key: 'credential:' is followed by the name of a "
			"systemd "
			"credential, such as credential:roost-master-key");
	if (!dir || !dir[0])
		return err_say(m, ERR_NOT_FOUND,
			"security.master_key is a systemd credential, and systemd gave none "
			"($CREDENTIALS_DIRECTORY is not set): put LoadCredential=%s:FILE in "
			"the unit, or "
			"use file:PATH",
			name);
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return err_say(m, ERR_INVALID, "$CREDENTIALS_DIRECTORY is too long");

	enum err e = open_plain(path, &fd, &st, m);
	return e ? e : read_key(path, fd, ret, m);
}

static enum err load_fd(const char *number, struct master **ret, struct errmsg *m)
{
	int64_t fd = -1;

	if (text_to_int(str_of(number), 0, 1 << 20, &fd) || fcntl((int)fd, F_GETFD) < 0)
		return err_say(m, ERR_INVALID,
			"security.master_key: 'fd:' is followed by the number of an open "
			"descriptor, "
			"such as fd:3");
	return read_key("on that descriptor", (int)fd, ret, m);
}

static const struct {
	const char *scheme;
	enum err (*load)(const char *rest, struct master **ret, struct errmsg *m);
} places[] = {
	{"file:", load_file},
	{"credential:", load_credential},
	{"fd:", load_fd},
};

enum err master_load(const char *spec, struct master **ret, struct errmsg *m)
{
	for (size_t i = 0; i < COUNT_OF(places); i++) {
		size_t n = strlen(places[i].scheme);

		if (strncmp(spec, places[i].scheme, n) == 0 && spec[n])
			return places[i].load(spec + n, ret, m);
	}
	return err_say(m, ERR_INVALID,
		"security.master_key is file:PATH, credential:NAME or fd:NUMBER");
}

/* A new key as a line of base64. */
static void put_new_key(struct buf *out)
{
	char bytes[MASTER_BYTES];

	crypto_random(bytes, sizeof(bytes));
	encode_base64((struct str){bytes, sizeof(bytes)}, out);
	buf_byte(out, '\n');
	crypto_wipe(bytes, sizeof(bytes));
}

/* Writes a new key to a new file, flushed. False: errno says why. */
static bool write_new(const char *path)
{
	struct buf text;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0400);
	if (fd < 0)
		return false;

	errno = ENOMEM;
	buf_init(&text, TEXT_CHARS + 1);
	bool done = buf_room(&text, TEXT_CHARS + 1) != NULL;
	if (done) {
		put_new_key(&text);
		done = write(fd, text.data, text.len) == (ssize_t)text.len && fsync(fd) == 0;
	}
	int why = errno;
	buf_wipe(&text);
	(void)close(fd);
	errno = why;
	return done;
}

/* Makes the entry of path last. */
static bool flush_directory_of(const char *path)
{
	char dir[PATH_BYTES];
	const char *slash = strrchr(path, '/');
	int n = slash ? snprintf(dir, sizeof(dir), "%.*s/", (int)(slash - path), path)
		      : snprintf(dir, sizeof(dir), ".");
	ASSERT(n > 0 && (size_t)n < sizeof(dir));

	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		(void)close(fd);
	return done;
}

enum err master_create_file(const char *path, struct errmsg *m)
{
	char fresh[PATH_BYTES], id[9];
	int n = snprintf(fresh, sizeof(fresh), "%s.%s", path, crypto_random_id(id, 8));

	if (n < 0 || (size_t)n >= sizeof(fresh))
		return err_say(m, ERR_INVALID, "the path of a master key file is too long");
	bool done = write_new(fresh) && link(fresh, path) == 0;
	int why = errno;
	(void)unlink(fresh);
	errno = why;
	if (done)
		done = flush_directory_of(path);
	if (done)
		return ERR_OK;
	if (errno == EEXIST)
		return err_say(m, ERR_CONFLICT,
			"master key file '%s' exists; it is never overwritten, since tokens "
			"sealed "
			"with it could not be read again",
			path);
	return err_say(
		m, ERR_IO, "cannot make the master key file '%s': %s", path, strerror(errno));
}

enum err master_replace_file(
	const char *path, const char *next, const char *keep, struct errmsg *m)
{
	bool done = (link(path, keep) == 0 || errno == EEXIST) && rename(next, path) == 0;

	if (done)
		done = flush_directory_of(path);
	if (done)
		return ERR_OK;
	return err_say(m, ERR_IO, "cannot put '%s' in the place of '%s': %s", next, path,
		strerror(errno));
}
