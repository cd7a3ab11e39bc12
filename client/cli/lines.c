#include "client/cli/lines.h"

#include <string.h>

static const char mark[] = "\xef\xbb\xbf"; /* spreadsheets write it */

void lines_init(struct lines *l, FILE *in)
{
	*l = (struct lines){.in = in};
	buf_init(&l->line, LINE_BYTES_MAX);
	buf_init(&l->again, 4 * LINE_BYTES_MAX);
}

void lines_done(struct lines *l)
{
	if (l->line.len)
		explicit_bzero(l->line.data, l->line.len); /* it may have had a token */
	buf_done(&l->line);
	buf_done(&l->again);
}

static enum line_is read_again(struct lines *l)
{
	const unsigned char *at = l->again.data + l->again_from;
	size_t left = l->again.len - l->again_from;
	const unsigned char *newline = memchr(at, '\n', left);
	size_t n = newline ? (size_t)(newline - at) + 1 : left;

	buf_put(&l->line, at, n);
	l->again_from += n;
	l->number++;
	return LINE_GOOD;
}

static enum line_is read_file(struct lines *l)
{
	int byte = getc_unlocked(l->in);

	if (byte == EOF) {
		l->failed |= ferror(l->in) != 0;
		return LINE_NONE;
	}
	for (; byte != EOF; byte = getc_unlocked(l->in)) {
		buf_byte(&l->line, (unsigned char)byte);
		if (byte == '\n')
			break;
	}
	l->number = ++l->read;
	if (!l->line.err)
		return LINE_GOOD;
	l->failed |= l->line.err == ERR_NOMEM;
	buf_reset(&l->line);
	return LINE_TOO_LONG;
}

enum line_is lines_next(struct lines *l)
{
	enum line_is is;

	buf_reset(&l->line);
	if (l->failed)
		return LINE_NONE;
	is = l->again_from < l->again.len ? read_again(l) : read_file(l);
	if (is == LINE_NONE)
		return is;
	if (l->number == 1 && l->line.len >= 3 && memcmp(l->line.data, mark, 3) == 0) {
		memmove(l->line.data, l->line.data + 3, l->line.len - 3);
		l->line.len -= 3;
	}
	return is;
}

void lines_put_back(struct lines *l, struct str text, size_t number)
{
	struct buf joined;

	buf_init(&joined, 4 * LINE_BYTES_MAX);
	buf_put(&joined, text.at, text.len);
	if (l->again.len > l->again_from)
		buf_put(&joined, l->again.data + l->again_from, l->again.len - l->again_from);
	l->failed |= joined.err != ERR_OK;
	buf_done(&l->again);
	l->again = joined;
	l->again_from = 0;
	l->number = number - 1;
}
