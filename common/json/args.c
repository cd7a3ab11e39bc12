#include "common/json/args.h"

#include <jansson.h>

#include "common/wire/value.h"

/* --- MessagePack --- */

static const void *wire_args_get(const void *map, const char *key)
{
	return wire_get(map, key);
}

static enum arg_kind wire_args_kind(const void *v)
{
	static const enum arg_kind kinds[] = {
		[WIRE_NIL] = ARG_KIND_NONE,
		[WIRE_BOOL] = ARG_KIND_BOOL,
		[WIRE_INT] = ARG_KIND_INT,
		[WIRE_FLOAT] = ARG_KIND_OTHER,
		[WIRE_STR] = ARG_KIND_TEXT,
		[WIRE_BIN] = ARG_KIND_OTHER,
		[WIRE_ARRAY] = ARG_KIND_LIST,
		[WIRE_MAP] = ARG_KIND_MAP,
	};

	return kinds[wire_type(v)];
}

static int64_t wire_args_integer(const void *v)
{
	return wire_int(v);
}

static struct str wire_args_text(const void *v)
{
	return wire_str(v);
}

static bool wire_args_boolean(const void *v)
{
	return wire_bool(v);
}

static uint32_t wire_args_count(const void *v)
{
	return wire_count(v);
}

static const void *wire_args_item(const void *list, uint32_t i)
{
	return wire_item(list, i);
}

static struct str wire_args_key(const void *map, uint32_t i)
{
	return wire_key(map, i);
}

static const void *wire_args_value(const void *map, uint32_t i)
{
	return wire_at(map, i);
}

const struct args_ops args_of_wire = {
	.get = wire_args_get,
	.kind = wire_args_kind,
	.integer = wire_args_integer,
	.text = wire_args_text,
	.boolean = wire_args_boolean,
	.count = wire_args_count,
	.item = wire_args_item,
	.key = wire_args_key,
	.value = wire_args_value,
};

/* --- JSON --- */

static const void *json_args_get(const void *map, const char *key)
{
	return json_object_get(map, key);
}

static enum arg_kind json_args_kind(const void *v)
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

static bool json_args_boolean(const void *v)
{
	return json_is_true((const json_t *)v);
}

static int64_t json_args_integer(const void *v)
{
	return json_integer_value(v);
}

static struct str json_args_text(const void *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

static uint32_t json_args_count(const void *v)
{
	return (uint32_t)(json_is_array((const json_t *)v) ? json_array_size(v)
							   : json_object_size(v));
}

static const void *json_args_item(const void *list, uint32_t i)
{
	return json_array_get(list, i);
}

/* The i-th pair. A map of arguments is small. */
static void *pair_at(const void *map, uint32_t i)
{
	json_t *object = (json_t *)(uintptr_t)map;
	void *at = json_object_iter(object);

	while (i-- > 0)
		at = json_object_iter_next(object, at);
	return at;
}

static struct str json_args_key(const void *map, uint32_t i)
{
	return str_of(json_object_iter_key(pair_at(map, i)));
}

static const void *json_args_value(const void *map, uint32_t i)
{
	return json_object_iter_value(pair_at(map, i));
}

const struct args_ops args_of_json = {
	.get = json_args_get,
	.kind = json_args_kind,
	.boolean = json_args_boolean,
	.integer = json_args_integer,
	.text = json_args_text,
	.count = json_args_count,
	.item = json_args_item,
	.key = json_args_key,
	.value = json_args_value,
};
