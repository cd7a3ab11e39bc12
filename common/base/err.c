#include "common/base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"

static const struct {
	const char *name;
	const char *wire;
	const char *text;
} table[] = {
#define X(code, wire, text) [code] = {#code, wire, text},
	ERR_TABLE(X)
#undef X
};

const char *err_name(enum err e)
{
	return (size_t)e < COUNT_OF(table) ? table[e].name : "ERR_?";
}

const char *err_wire(enum err e)
{
	return (size_t)e < COUNT_OF(table) ? table[e].wire : "internal";
}

const char *err_text(enum err e)
{
	return (size_t)e < COUNT_OF(table) ? table[e].text : "unknown error";
}

enum err err_say(struct errmsg *m, enum err e, const char *fmt, ...)
{
	if (m) {
		va_list ap;

		va_start(ap, fmt);
		(void)vsnprintf(m->text, sizeof(m->text), fmt, ap);
		va_end(ap);
		text_trim(m->text);
		m->field[0] = 0;
	}
	return e;
}

/* Puts `front` and `between` before the words in at[size], cutting what does not fit. */
static void put_before(char *at, size_t size, const char *front, const char *between)
{
	char inner[sizeof(((struct errmsg *)0)->text)];

	(void)snprintf(inner, sizeof(inner), "%s", at);
	int n = snprintf(at, size, "%s%s", front, between);
	if (n >= 0 && (size_t)n < size)
		(void)snprintf(at + n, size - (size_t)n, "%s", inner);
	text_trim(at);
}

enum err err_wrap(struct errmsg *m, enum err e, const char *fmt, ...)
{
	if (m) {
		char front[sizeof(m->text)];
		va_list ap;

		va_start(ap, fmt);
		(void)vsnprintf(front, sizeof(front), fmt, ap);
		va_end(ap);
		put_before(m->text, sizeof(m->text), front, m->text[0] ? ": " : "");
	}
	return e;
}

enum err err_at(struct errmsg *m, enum err e, const char *fmt, ...)
{
	if (m) {
		char front[sizeof(m->field)];
		va_list ap;

		va_start(ap, fmt);
		(void)vsnprintf(front, sizeof(front), fmt, ap);
		va_end(ap);
		bool joined = m->field[0] == 0 || m->field[0] == '[';
		put_before(m->field, sizeof(m->field), front, joined ? "" : ".");
	}
	return e;
}
