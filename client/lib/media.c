/* media.c - a file on its way to the dispatcher, piece by piece */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/lib/call.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/xapi/media/media.h"

#define PIECE       ((size_t)1000 * 1000) /* bytes of a file in one message */
#define TRIES       5                     /* of a piece that nobody answers */
#define UPLOAD_NAME 200

/* A file being sent. */
struct sending {
	struct roost *r;
	const struct roost_media *m;
	struct roost_error *e;
	int fd;
	int64_t size;
	char name[UPLOAD_NAME];
	const char *type;
	unsigned char *piece; /* owned */
};

/* The name of the upload: other content, later, under the same file name is another one. */
static void make_name(struct sending *s, const struct stat *st)
{
	const char *slash = strrchr(s->m->path, '/');

	(void)snprintf(s->name, sizeof(s->name), "%.120s %lld.%09ld",
		slash ? slash + 1 : s->m->path, (long long)st->st_mtim.tv_sec,
		(long)st->st_mtim.tv_nsec);
	text_trim(s->name);
}

static enum roost_status look(struct sending *s)
{
	unsigned char head[MEDIA_HEAD];
	struct stat st;
	const struct media_type *type;

	if (fstat(s->fd, &st) || !S_ISREG(st.st_mode))
		return roost_say(s->e, ROOST_INVALID, "%s: is no file", s->m->path);
	s->size = st.st_size;
	make_name(s, &st);
	ssize_t n = pread(s->fd, head, sizeof(head), 0);
	type = n > 0 ? media_type_of((struct str){(const char *)head, (size_t)n}) : NULL;
	if (!s->m->type && !type)
		return roost_say(s->e, ROOST_INVALID,
			"%s: its first bytes are those of no picture or video that X takes",
			s->m->path);
	s->type = s->m->type ? s->m->type : type->name;
	return ROOST_OK;
}

/* One piece from `at` on; none: a question. *ret: what was answered, the caller's. */
static enum roost_status say_piece(struct sending *s, int64_t at, size_t len, json_t **ret)
{
	AUTO_JSON request = json_pack("{s:s,s:s,s:I,s:I}", "name", s->name, "type", s->type,
		"size", (json_int_t)s->size, "offset", (json_int_t)at);
	enum roost_status status = ROOST_TIMEOUT;

	for (int i = 0; i < TRIES && status == ROOST_TIMEOUT; i++) {
		struct str data = {(const char *)s->piece, len};

		json_decref(*ret);
		*ret = NULL;
		status = roost_call_data(s->r, "media", request, data, ret, s->e);
	}
	return status;
}

/* Reads the next piece: fewer bytes at the end. */
static enum roost_status read_piece(struct sending *s, int64_t at, size_t *ret)
{
	int64_t left = s->size - at;
	ssize_t n = pread(s->fd, s->piece, left < (int64_t)PIECE ? (size_t)left : PIECE, at);

	if (n <= 0)
		return roost_say(s->e, ROOST_INVALID, "%s: %s", s->m->path,
			n < 0 ? strerror(errno) : "it became shorter while it was read");
	*ret = (size_t)n;
	return ROOST_OK;
}

/* From where an earlier try left off. */
static enum roost_status send_all(struct sending *s, json_t **ret)
{
	enum roost_status status = say_piece(s, 0, 0, ret);
	size_t len = 0;

	while (!status && !json_is_string(json_object_get(*ret, "media"))) {
		int64_t at = json_integer_value(json_object_get(*ret, "received"));

		if (s->m->told)
			s->m->told(s->m->ctx, at, s->size);
		status = read_piece(s, at, &len);
		if (!status)
			status = say_piece(s, at, len, ret);
	}
	if (!status && s->m->told)
		s->m->told(s->m->ctx, s->size, s->size);
	return status;
}

enum roost_status roost_send_media(
	struct roost *r, const struct roost_media *m, char **ret_handle, struct roost_error *e)
{
	struct sending s = {.r = r, .m = m, .e = e};
	AUTO_JSON answer = NULL;

	*ret_handle = NULL;
	s.fd = open(m->path, O_RDONLY | O_CLOEXEC);
	if (s.fd < 0)
		return roost_say(e, ROOST_INVALID, "%s: %s", m->path, strerror(errno));
	s.piece = mem_alloc(PIECE);
	enum roost_status status =
		s.piece ? look(&s) : roost_say(e, ROOST_FAILED, "%s", "out of memory");
	if (!status)
		status = send_all(&s, &answer);
	if (!status) {
		const char *handle = json_string_value(json_object_get(answer, "media"));

		*ret_handle = mem_dup(handle, strlen(handle));
		if (!*ret_handle)
			status = roost_say(e, ROOST_FAILED, "%s", "out of memory");
	}
	mem_free(s.piece);
	(void)close(s.fd);
	return status;
}
