#include "worker/tree.h"

#include <string.h>

/* How deep a text goes and how many values it may hold, whether or not it is JSON at all. */
struct extent {
	size_t depth, deepest, values;
};

static void count_one(struct extent *e, char c)
{
	if (c == '{' || c == '[') {
		e->depth++;
		e->values++;
	} else if ((c == '}' || c == ']') && e->depth) {
		e->depth--;
	} else if (c == ',' || c == ':') {
		e->values++;
	}
	if (e->depth > e->deepest)
		e->deepest = e->depth;
}

static struct extent extent_of(struct str text)
{
	struct extent e = {.values = 1};
	bool quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		if (c == '"')
			quoted = !quoted;
		else if (!quoted)
			count_one(&e, c);
		else if (c == '\\')
			i++;
	}
	return e;
}

enum err tree_read(struct str text, json_t **ret)
{
	struct extent e = extent_of(text);
	json_error_t error;

	if (e.deepest > TREE_DEPTH_MAX || e.values > TREE_VALUES_MAX)
		return ERR_TOO_BIG;
	json_t *t = json_loadb(text.len ? text.at : "", text.len,
		JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!t)
		return ERR_FORMAT;
	*ret = t;
	return ERR_OK;
}

json_t *tree_at(const json_t *t, const char *path)
{
	const char *end = path;

	for (; t && *end; path = end + 1) {
		end = strchrnul(path, '.');
		t = json_object_getn(t, path, (size_t)(end - path));
	}
	return (json_t *)(uintptr_t)t; /* jansson hands out what is not const of what is */
}

struct str tree_text(const json_t *t, const char *path)
{
	const json_t *j = tree_at(t, path);

	return (struct str){json_string_value(j), json_string_length(j)};
}
