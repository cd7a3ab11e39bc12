#include "worker/problem.h"

#include <string.h>

#include "worker/tree.h"

void problem_init(struct problem *p, const json_t *body)
{
	const json_t *errors = json_object_get(body, "errors");

	*p = (struct problem){0};
	if (body)
		p->parts[p->count++] = body;
	for (size_t i = 0; i < json_array_size(errors) && p->count < PROBLEM_PARTS_MAX; i++)
		p->parts[p->count++] = json_array_get(errors, i);
}

static bool is_text(const json_t *part, const char *key, const char *text)
{
	return str_is(tree_text(part, key), text);
}

static bool is_type(struct str type, const char *name)
{
	static const char mark[] = "/problems/";
	const char *at = type.len ? memmem(type.at, type.len, mark, sizeof(mark) - 1) : NULL;

	if (!at)
		return false;
	at += sizeof(mark) - 1;
	return str_is((struct str){at, type.len - (size_t)(at - type.at)}, name);
}

bool problem_has_type(const struct problem *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (is_type(tree_text(p->parts[i], "type"), name))
			return true;
	return false;
}

bool problem_has_title(const struct problem *p, const char *title)
{
	for (size_t i = 0; i < p->count; i++)
		if (is_text(p->parts[i], "title", title) ||
			is_text(p->parts[i], "reason", title))
			return true;
	return false;
}

bool problem_has_code(const struct problem *p, int code)
{
	for (size_t i = 0; i < p->count; i++)
		if (json_integer_value(json_object_get(p->parts[i], "code")) == code)
			return true;
	return false;
}

bool problem_says(const struct problem *p, const char *words)
{
	static const char *const keys[] = {"title", "detail", "message"};

	for (size_t i = 0; i < p->count; i++)
		for (size_t k = 0; k < COUNT_OF(keys); k++) {
			/* jansson ends its texts with a zero byte, and allows none within */
			struct str s = tree_text(p->parts[i], keys[k]);

			if (s.len && strcasestr(s.at, words))
				return true;
		}
	return false;
}

static bool is_absent_or(const json_t *body, const char *key, const char *text)
{
	return !json_object_get(body, key) || is_text(body, key, text);
}

bool problem_is_bare(const struct problem *p)
{
	return p->count == 1 && is_absent_or(p->parts[0], "title", "Forbidden") &&
	       is_absent_or(p->parts[0], "detail", "Forbidden") &&
	       is_absent_or(p->parts[0], "type", "about:blank");
}

struct str problem_words(const struct problem *p)
{
	static const char *const keys[] = {"message", "detail", "title"};
	struct str s = {0};

	/* the errors say more than "One or more parameters to your request was invalid." */
	for (size_t k = 0; k < COUNT_OF(keys) && !s.len; k++)
		for (size_t i = p->count; i-- > 0 && !s.len;)
			s = tree_text(p->parts[i], keys[k]);
	return s;
}
