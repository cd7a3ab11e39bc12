/* A byte that chooses an action, and MessagePack: refused with a sentence, or full of facts. */
#include "common/wire/value.h"
#include "common/xapi/check.h"
#include "common/xapi/text/count.h"
#include "tests/fuzz/fuzz.h"

static const void *get(const void *map, const char *key)
{
	return wire_get(map, key);
}

static enum arg_kind kind(const void *v)
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

static bool boolean(const void *v)
{
	return wire_bool(v);
}

static int64_t integer(const void *v)
{
	return wire_int(v);
}

static struct str text(const void *v)
{
	return wire_str(v);
}

static uint32_t count(const void *v)
{
	return wire_count(v);
}

static const void *item(const void *list, uint32_t i)
{
	return wire_item(list, i);
}

static struct str key(const void *map, uint32_t i)
{
	return wire_key(map, i);
}

static const void *value(const void *map, uint32_t i)
{
	return wire_at(map, i);
}

static const struct args_ops ops = {
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

static void check(const struct action *a, const struct wire_value *args)
{
	struct action_facts f;
	struct errmsg m = {{0}, {0}};
	enum err e = action_check(a, &ops, args, &f, &m);

	ASSERT(!e || e == ERR_INVALID);
	ASSERT(!e ||
		(m.text[0] && text_is_utf8(str_of(m.text)) && text_is_utf8(str_of(m.field))));
	if (e)
		return;
	ASSERT(f.call == a->call || f.call == a->other_call);
	ASSERT(f.weighted >= 0 && f.weighted <= COUNT_POST_MAX);
	ASSERT(!f.name_arg || text_is_username(f.name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct action *a = size ? action_at(data[0]) : NULL;
	struct wire_message w = {0};

	if (a && !wire_open(&w, (struct str){(const char *)data + 1, size - 1}, NULL))
		check(a, w.root);
	wire_close(&w);
	return 0;
}
