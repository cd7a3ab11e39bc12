#include "common/xapi/csv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum err csv_say(const struct csv *c, struct errmsg *m, const char *fmt, ...)
{
	char words[sizeof(m->text)];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	return err_say(m, ERR_FORMAT, "%s: line %d: %s", c->file, c->line, words);
}

/* The next line that is not passed over, without its end. False: there is none. */
static bool next_line(struct csv *c, struct str *ret)
{
	while (c->at < c->text.len) {
		const char *from = c->text.at + c->at;
		const char *end = memchr(from, '\n', c->text.len - c->at);
		size_t len = end ? (size_t)(end - from) : c->text.len - c->at;

		c->at += len + 1;
		c->line++;
		if (len > 0 && from[len - 1] == '\r')
			len--;
		if (len == 0 || from[0] == '#')
			continue;
		*ret = (struct str){from, len};
		return true;
	}
	return false;
}

/* Splits a line in `count` fields; the last one takes the rest of it. */
static enum err split(struct csv *c, struct str line, struct errmsg *m)
{
	if (line.len > CSV_LINE_MAX)
		return csv_say(c, m, "is longer than %d bytes", CSV_LINE_MAX);
	for (size_t i = 0; i < c->count; i++) {
		bool last = i + 1 == c->count;
		const char *comma = last ? NULL : memchr(line.at, ',', line.len);

		if (!last && !comma)
			return csv_say(c, m, "has %zu fields, not %zu", i + 1, c->count);
		size_t len = comma ? (size_t)(comma - line.at) : line.len;
		c->fields[i] = (struct str){line.at, len};
		line.at += last ? len : len + 1;
		line.len -= last ? len : len + 1;
	}
	return ERR_OK;
}

enum err csv_open(
	struct csv *c, const char *file, struct str text, const char *titles, struct errmsg *m)
{
	struct str line;

	*c = (struct csv){.file = file, .text = text, .count = 1};
	for (const char *p = titles; *p; p++)
		c->count += *p == ',';
	ASSERT(c->count <= CSV_FIELDS_MAX);
	if (!next_line(c, &line) || !str_is(line, titles))
		return csv_say(c, m, "is not \"%s\"", titles);
	return ERR_OK;
}

enum err csv_next(struct csv *c, bool *ret, struct errmsg *m)
{
	struct str line;

	if (!next_line(c, &line)) {
		*ret = false;
		return ERR_OK;
	}
	enum err e = split(c, line, m);
	if (!e)
		*ret = true;
	return e;
}

enum err csv_each(const char *file, struct str text, const char *titles, csv_take *take,
	void *to, struct errmsg *m)
{
	struct csv c;
	bool more = false;

	enum err e = csv_open(&c, file, text, titles, m);
	if (!e)
		e = csv_next(&c, &more, m);
	while (!e && more) {
		e = take(to, &c, m);
		if (!e)
			e = csv_next(&c, &more, m);
	}
	return e;
}

enum err csv_count(const struct csv *c, size_t field, const char *title, int64_t max,
	int64_t *ret, struct errmsg *m)
{
	char shown[40];

	ASSERT(field < c->count);
	if (text_to_int(c->fields[field], 1, max, ret))
		return csv_say(c, m, "%s is '%s', not a whole number from 1 to %lld", title,
			text_show(c->fields[field], shown, sizeof(shown)), (long long)max);
	return ERR_OK;
}

void csv_as_of(struct str text, char out[CSV_DATE_MAX])
{
	static const char mark[] = "# as of ";
	const char *at = memmem(text.at, text.len, mark, strlen(mark));
	size_t n = 0;

	out[0] = 0;
	if (!at || (at > text.at && at[-1] != '\n'))
		return;
	at += strlen(mark);
	while (n < CSV_DATE_MAX - 1 && at + n < text.at + text.len &&
		(at[n] == '-' || (at[n] >= '0' && at[n] <= '9'))) {
		out[n] = at[n];
		n++;
	}
	out[n] = 0;
}
