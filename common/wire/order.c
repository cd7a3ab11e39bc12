#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/wire/tree.h"

static int compare(const void *left, const void *right)
{
	struct str a = tree_text(&(*(const msgpack_object_kv *const *)left)->key);
	struct str b = tree_text(&(*(const msgpack_object_kv *const *)right)->key);
	int c = memcmp(a.at, b.at, a.len < b.len ? a.len : b.len);

	if (c || a.len == b.len)
		return c;
	return a.len < b.len ? -1 : 1;
}

enum err order_init(struct order *o, const msgpack_object *map)
{
	uint32_t count = map->via.map.size;

	o->pairs = o->at_hand;
	if (count > ORDER_AT_HAND)
		o->pairs = mem_array(count, sizeof(const msgpack_object_kv *));
	if (!o->pairs)
		return ERR_NOMEM;
	for (uint32_t i = 0; i < count; i++)
		o->pairs[i] = &map->via.map.ptr[i];
	qsort(o->pairs, count, sizeof(const msgpack_object_kv *), compare);
	return ERR_OK;
}

void order_done(struct order *o)
{
	if (o->pairs != o->at_hand)
		mem_free(o->pairs);
}
