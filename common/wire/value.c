#include "common/wire/value.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/wire/tree.h"
#include "common/wire/walk.h"

/* Room for the whole tree of a frame, found or made. NULL: no memory. */
static msgpack_object *room_for(
	struct wire_message *w, const struct walk_counts *counts, size_t *ret_size)
{
	size_t need = sizeof(msgpack_object) + counts->items * sizeof(msgpack_object) +
		      counts->pairs * sizeof(msgpack_object_kv);

	if (need > w->size) {
		mem_free(w->tree);
		w->tree = mem_grow(NULL, need);
		w->size = w->tree ? need : 0;
	}
	*ret_size = need;
	return w->tree;
}

/*
 * msgpack-c takes its memory from a zone. Ours is one block that holds all the
 * walk has counted, so that the library never allocates: no frame can make it
 * ask for more, and a test can make the block fail.
 */
enum err wire_open(struct wire_message *w, struct str frame, struct errmsg *m)
{
	struct walk_counts counts;
	size_t size;

	w->root = NULL;
	enum err e = walk_frame(frame, &counts, m);
	if (e)
		return e;
	msgpack_object *root = room_for(w, &counts, &size);
	if (!root)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));

	msgpack_zone zone = {
		.chunk_list = {.free = size - sizeof(*root), .ptr = (char *)(root + 1)},
	};
	size_t used = 0;
	msgpack_unpack_return r = msgpack_unpack(frame.at, frame.len, &used, &zone, root);
	ASSERT(r == MSGPACK_UNPACK_SUCCESS && used == frame.len);
	ASSERT(!zone.chunk_list.head && zone.chunk_list.free == 0);
	w->root = tree_value(root);
	return ERR_OK;
}

void wire_close(struct wire_message *w)
{
	mem_free(w->tree);
	*w = (struct wire_message){0};
}

/* clang-format off */
static const enum wire_type types[] = {
	[MSGPACK_OBJECT_NIL]              = WIRE_NIL,
	[MSGPACK_OBJECT_BOOLEAN]          = WIRE_BOOL,
	[MSGPACK_OBJECT_POSITIVE_INTEGER] = WIRE_INT,
	[MSGPACK_OBJECT_NEGATIVE_INTEGER] = WIRE_INT,
	[MSGPACK_OBJECT_FLOAT32]          = WIRE_FLOAT,
	[MSGPACK_OBJECT_FLOAT64]          = WIRE_FLOAT,
	[MSGPACK_OBJECT_STR]              = WIRE_STR,
	[MSGPACK_OBJECT_BIN]              = WIRE_BIN,
	[MSGPACK_OBJECT_ARRAY]            = WIRE_ARRAY,
	[MSGPACK_OBJECT_MAP]              = WIRE_MAP,
};

static const char *const type_names[] = {
	[WIRE_NIL]   = "nil",
	[WIRE_BOOL]  = "true or false",
	[WIRE_INT]   = "a whole number",
	[WIRE_FLOAT] = "a floating-point number",
	[WIRE_STR]   = "text",
	[WIRE_BIN]   = "bytes",
	[WIRE_ARRAY] = "an array",
	[WIRE_MAP]   = "a map",
};
/* clang-format on */

enum wire_type wire_type(const struct wire_value *v)
{
	return v ? types[tree_object(v)->type] : WIRE_NIL;
}

const char *wire_type_name(enum wire_type t)
{
	ASSERT((size_t)t < COUNT_OF(type_names));
	return type_names[t];
}

bool wire_bool(const struct wire_value *v)
{
	return wire_type(v) == WIRE_BOOL && tree_object(v)->via.boolean;
}

bool wire_int_is_clamped(const struct wire_value *v)
{
	return wire_type(v) == WIRE_INT &&
	       tree_object(v)->type == MSGPACK_OBJECT_POSITIVE_INTEGER &&
	       tree_object(v)->via.u64 > INT64_MAX;
}

int64_t wire_int(const struct wire_value *v)
{
	if (wire_type(v) != WIRE_INT)
		return 0;
	return wire_int_is_clamped(v) ? INT64_MAX : tree_object(v)->via.i64;
}

double wire_float(const struct wire_value *v)
{
	enum wire_type t = wire_type(v);

	if (t == WIRE_FLOAT)
		return tree_object(v)->via.f64;
	if (t != WIRE_INT)
		return 0;
	const msgpack_object *o = tree_object(v);
	return o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER ? (double)o->via.i64
							  : (double)o->via.u64;
}

struct str wire_str(const struct wire_value *v)
{
	enum wire_type t = wire_type(v);

	if (t == WIRE_STR)
		return tree_text(tree_object(v));
	if (t == WIRE_BIN)
		return tree_bytes(tree_object(v));
	return (struct str){0};
}

uint32_t wire_count(const struct wire_value *v)
{
	enum wire_type t = wire_type(v);

	if (t == WIRE_ARRAY)
		return tree_object(v)->via.array.size;
	return t == WIRE_MAP ? tree_object(v)->via.map.size : 0;
}

const struct wire_value *wire_item(const struct wire_value *array, uint32_t i)
{
	if (wire_type(array) != WIRE_ARRAY || i >= wire_count(array))
		return NULL;
	return tree_value(&tree_object(array)->via.array.ptr[i]);
}

/* The i-th pair of a map, or NULL. */
static const msgpack_object_kv *pair_at(const struct wire_value *map, uint32_t i)
{
	if (wire_type(map) != WIRE_MAP || i >= wire_count(map))
		return NULL;
	return &tree_object(map)->via.map.ptr[i];
}

const struct wire_value *tree_get(const struct wire_value *map, struct str key)
{
	const msgpack_object_kv *pair;

	for (uint32_t i = 0; (pair = pair_at(map, i)) != NULL; i++)
		if (str_equal(tree_text(&pair->key), key))
			return tree_value(&pair->val);
	return NULL;
}

struct str wire_key(const struct wire_value *map, uint32_t i)
{
	const msgpack_object_kv *pair = pair_at(map, i);

	return pair ? tree_text(&pair->key) : (struct str){0};
}

const struct wire_value *wire_at(const struct wire_value *map, uint32_t i)
{
	const msgpack_object_kv *pair = pair_at(map, i);

	return pair ? tree_value(&pair->val) : NULL;
}

const struct wire_value *wire_get(const struct wire_value *map, const char *key)
{
	return tree_get(map, str_of(key));
}
