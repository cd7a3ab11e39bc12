#include "tests/unit/json_args.h"

#include <jansson.h>

static const void *get(const void *map, const char *key)
{
	return json_object_get(map, key);
}

static enum arg_kind kind(const void *v)
{
	static const enum arg_kind kinds[] = {
		[JSON_OBJECT] = ARG_KIND_MAP,
		[JSON_ARRAY] = ARG_KIND_LIST,
		[JSON_STRING] = ARG_KIND_TEXT,
		[JSON_INTEGER] = ARG_KIND_INT,
		[JSON_REAL] = ARG_KIND_OTHER,
		[JSON_TRUE] = ARG_KIND_BOOL,
		[JSON_FALSE] = ARG_KIND_BOOL,
		[JSON_NULL] = ARG_KIND_NONE,
	};

	return v ? kinds[json_typeof((const json_t *)v)] : ARG_KIND_NONE;
}

static bool boolean(const void *v)
{
	return json_is_true((const json_t *)v);
}

static int64_t integer(const void *v)
{
	return json_integer_value(v);
}

static struct str text(const void *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

static uint32_t count(const void *v)
{
	return (uint32_t)(json_is_object((const json_t *)v) ? json_object_size(v)
							    : json_array_size(v));
}

static const void *item(const void *list, uint32_t i)
{
	return json_array_get(list, i);
}

static void *pair(const void *map, uint32_t i)
{
	json_t *o = (json_t *)(uintptr_t)map;
	void *at = json_object_iter(o);

	while (i-- > 0)
		at = json_object_iter_next(o, at);
	return at;
}

static struct str key(const void *map, uint32_t i)
{
	return str_of(json_object_iter_key(pair(map, i)));
}

static const void *value(const void *map, uint32_t i)
{
	return json_object_iter_value(pair(map, i));
}

const struct args_ops json_args = {
	.get = get,
	.kind = kind,
	.boolean = boolean,
	.integer = integer,
	.text = text,
	.count = count,
	.item = item,
	.key = key,
	.value = value,
};
