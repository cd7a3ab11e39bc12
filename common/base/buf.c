#include "common/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"

#define FIRST_SIZE 63 /* and one for the end of a C string */

void buf_init(struct buf *b, size_t cap)
{
	ASSERT(cap >= 1);
	*b = (struct buf){.cap = cap};
}

void buf_done(struct buf *b)
{
	mem_free(b->data);
	*b = (struct buf){.cap = b->cap};
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->err = ERR_OK;
}

void buf_fail(struct buf *b, enum err e)
{
	if (!b->err)
		b->err = e;
}

/* The next size that holds `need` bytes, need <= cap: doubled, within the cap. */
static size_t next_size(const struct buf *b, size_t need)
{
	size_t size = b->size ? b->size : FIRST_SIZE;

	while (size < need)
		size = size * 2 + 1;
	return size < b->cap ? size : b->cap;
}

unsigned char *buf_room(struct buf *b, size_t n)
{
	if (b->err)
		return NULL;
	if (n > b->cap - b->len) {
		b->err = ERR_TOO_BIG;
		return NULL;
	}
	if (!b->data || n > b->size - b->len) {
		size_t size = next_size(b, b->len + n);
		unsigned char *data = mem_grow(b->data, size + 1);

		if (!data) {
			b->err = ERR_NOMEM;
			return NULL;
		}
		b->data = data;
		b->size = size;
	}
	return b->data + b->len;
}

void buf_add(struct buf *b, size_t n)
{
	ASSERT(n <= b->size - b->len);
	b->len += n;
}

void buf_put(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	unsigned char *to = buf_room(b, n);
	if (!to)
		return;
	memcpy(to, p, n);
	b->len += n;
}

void buf_byte(struct buf *b, unsigned char byte)
{
	buf_put(b, &byte, 1);
}

void buf_str(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	ASSERT(n >= 0);

	unsigned char *to = buf_room(b, (size_t)n); /* and one byte for the 0 */
	if (!to)
		return;
	va_start(ap, fmt);
	(void)vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

const char *buf_cstr(struct buf *b)
{
	unsigned char *end = buf_room(b, 0);

	if (!end)
		return "";
	*end = 0;
	return (const char *)b->data;
}

struct str buf_view(const struct buf *b)
{
	return (struct str){.at = (const char *)b->data, .len = b->len};
}

unsigned char *buf_take(struct buf *b, size_t *ret_len)
{
	unsigned char *data = b->data;

	*ret_len = b->len;
	*b = (struct buf){.cap = b->cap};
	return data;
}
