#include "common/net/http_chunk.h"

#include <string.h>

#define LINE_MAX_LEN 256  /* of a size with its extension, or of a trailer */
#define SPENT_BASE   4096 /* bytes that are not data which any body may take */

void chunk_reader_init(struct chunk_reader *r, size_t at, size_t body_max)
{
	*r = (struct chunk_reader){.at = at, .body_max = body_max, .phase = CHUNK_SIZE};
}

size_t chunk_input_max(size_t body_max)
{
	return 2 * body_max + SPENT_BASE;
}

/* Takes the next line, without its CRLF. 0, CHUNK_MORE, or 400. */
static int take_line(struct chunk_reader *r, struct str all, struct str *ret)
{
	const char *from = all.at + r->at;
	size_t have = all.len - r->at;
	const char *end =
		have ? memchr(from, '\n', have < LINE_MAX_LEN ? have : LINE_MAX_LEN) : NULL;

	if (!end)
		return have < LINE_MAX_LEN ? CHUNK_MORE : 400;
	size_t len = (size_t)(end - from) + 1;
	if (len < 2 || end[-1] != '\r' || memchr(from, '\r', len - 2))
		return 400;
	*ret = (struct str){from, len - 2};
	r->at += len;
	r->spent += len;
	return r->spent > r->body_max + SPENT_BASE ? 413 : 0;
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

	return at ? (int)(at - digits) : -1;
}

static int read_size(struct chunk_reader *r, struct str all, struct buf *body)
{
	struct str line;
	size_t size = 0, digits = 0;
	int status = take_line(r, all, &line);

	if (status)
		return status;
	for (; digits < line.len && hex_digit(line.at[digits]) >= 0; digits++)
		size = size * 16 + (size_t)hex_digit(line.at[digits]);
	if (!digits || digits > 8 || (digits < line.len && line.at[digits] != ';'))
		return 400;
	if (size > r->body_max - body->len)
		return 413;
	r->left = size;
	r->phase = size ? CHUNK_DATA : CHUNK_TRAILER;
	return 0;
}

static int read_data(struct chunk_reader *r, struct str all, struct buf *body)
{
	size_t have = all.len - r->at;
	size_t n = have < r->left ? have : r->left;

	buf_put(body, all.at + r->at, n);
	if (body->err)
		return body->err == ERR_TOO_BIG ? 413 : 500;
	r->at += n;
	r->left -= n;
	if (r->left)
		return CHUNK_MORE;
	r->phase = CHUNK_END;
	return 0;
}

/* The CRLF after the data. */
static int read_end(struct chunk_reader *r, struct str all, struct buf *body)
{
	(void)body;
	if (all.len - r->at < 2)
		return CHUNK_MORE;
	if (memcmp(all.at + r->at, "\r\n", 2) != 0)
		return 400;
	r->at += 2;
	r->spent += 2;
	r->phase = CHUNK_SIZE;
	return 0;
}

static int read_trailer(struct chunk_reader *r, struct str all, struct buf *body)
{
	struct str line;
	int status = take_line(r, all, &line);

	(void)body;
	if (!status && !line.len)
		r->phase = CHUNK_DONE;
	return status;
}

static int (*const readers[])(struct chunk_reader *, struct str, struct buf *) = {
	[CHUNK_SIZE] = read_size,
	[CHUNK_DATA] = read_data,
	[CHUNK_END] = read_end,
	[CHUNK_TRAILER] = read_trailer,
};

int chunk_read(struct chunk_reader *r, struct str all, struct buf *body)
{
	while (r->phase != CHUNK_DONE) {
		int status = readers[r->phase](r, all, body);
		if (status)
			return status;
	}
	return 0;
}
