#include "tests/xsim/form.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define MARK_MAX 80 /* "--", a boundary of at most 70 characters */

static const char kind[] = "multipart/form-data";

bool form_is(struct str type)
{
	return type.len >= sizeof(kind) - 1 && !strncasecmp(type.at, kind, sizeof(kind) - 1);
}

/* "--" and the boundary. */
static bool read_mark(struct str type, char out[MARK_MAX])
{
	static const char key[] = "boundary=";
	const char *at = type.len ? memmem(type.at, type.len, key, sizeof(key) - 1) : NULL;

	if (!at)
		return false;
	at += sizeof(key) - 1;
	struct str rest = {at, (size_t)(type.at + type.len - at)};
	bool quoted = rest.len && rest.at[0] == '"';
	rest.at += quoted;
	rest.len -= quoted;
	size_t n = 0;
	while (n < rest.len && rest.at[n] != '"' && rest.at[n] != ';' && rest.at[n] != ' ')
		n++;
	if (n < 1 || n > 70)
		return false;
	(void)snprintf(out, MARK_MAX, "--%.*s", (int)n, rest.at);
	return true;
}

/* Takes what stands before `mark` out of *rest, and the mark with it. */
static bool cut(struct str *rest, const char *mark, size_t len, struct str *ret)
{
	const char *at = rest->len >= len ? memmem(rest->at, rest->len, mark, len) : NULL;

	if (!at)
		return false;
	*ret = (struct str){rest->at, (size_t)(at - rest->at)};
	rest->len -= ret->len + len;
	rest->at = at + len;
	return true;
}

/* One part: its headers, an empty line, its value. */
static bool read_part(struct form *f, struct str part)
{
	struct str head, name;

	if (f->count == FORM_FIELDS_MAX || !cut(&part, "\r\n\r\n", 4, &head) ||
		!cut(&head, " name=\"", 7, &name) || !cut(&head, "\"", 1, &name))
		return false;
	f->fields[f->count].name = name;
	f->fields[f->count++].value = part;
	return true;
}

bool form_read(struct form *f, struct str type, struct str body)
{
	char mark[MARK_MAX], line[MARK_MAX + 2];
	struct str part;

	*f = (struct form){.count = 0};
	if (!form_is(type) || !read_mark(type, mark) || !cut(&body, mark, strlen(mark), &part))
		return false;
	(void)snprintf(line, sizeof(line), "\r\n%s", mark);
	while (body.len >= 2 && memcmp(body.at, "\r\n", 2) == 0) {
		body.at += 2;
		body.len -= 2;
		if (!cut(&body, line, strlen(line), &part) || !read_part(f, part))
			return false;
	}
	return body.len >= 2 && memcmp(body.at, "--", 2) == 0;
}

struct str form_get(const struct form *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (str_is(f->fields[i].name, name))
			return f->fields[i].value;
	return (struct str){NULL, 0};
}
