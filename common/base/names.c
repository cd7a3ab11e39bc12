#include "common/base/names.h"

#include <string.h>

#include "common/base/mem.h"

static uint64_t hash_of(const void *ctx, uint32_t number)
{
	const struct names *n = ctx;

	return n->hashes[number];
}

void names_init(struct names *n, uint32_t max)
{
	*n = (struct names){.max = max};
	map_init(&n->map, hash_of, n);
}

void names_done(struct names *n)
{
	for (uint32_t i = 0; i < n->count; i++)
		mem_free(n->items[i]);
	mem_free(n->items);
	mem_free(n->hashes);
	map_done(&n->map);
	names_init(n, n->max);
}

/* The number of `name`, or NAMES_NONE and the hash under which it would be kept. */
static uint32_t seek(const struct names *n, struct str name, uint64_t *ret_hash)
{
	uint64_t hash = text_hash(name.at, name.len);

	for (;; hash++) {
		uint32_t at = map_find(&n->map, hash);

		if (at == MAP_NONE || str_is(name, n->items[at])) {
			*ret_hash = hash;
			return at == MAP_NONE ? NAMES_NONE : at;
		}
	}
}

uint32_t names_find(const struct names *n, struct str name)
{
	uint64_t hash;

	return seek(n, name, &hash);
}

static bool has_room(struct names *n)
{
	if (n->count < n->size)
		return true;
	uint32_t size = n->size ? n->size * 2 : 16;
	char **items = mem_grow(n->items, size * sizeof(*items));
	if (!items)
		return false;
	n->items = items;
	uint64_t *hashes = mem_grow(n->hashes, size * sizeof(*hashes));
	if (!hashes)
		return false;
	n->hashes = hashes;
	n->size = size;
	return true;
}

enum err names_know(struct names *n, struct str name, uint32_t *ret)
{
	uint64_t hash;
	uint32_t at = seek(n, name, &hash);

	if (at != NAMES_NONE) {
		*ret = at;
		return ERR_OK;
	}
	if (n->count == n->max)
		return ERR_TOO_BIG;
	if (!has_room(n))
		return ERR_NOMEM;
	char *copy = mem_dup(name.at, name.len);
	if (!copy)
		return ERR_NOMEM;
	n->items[n->count] = copy;
	n->hashes[n->count] = hash;
	if (!map_put(&n->map, n->count)) {
		mem_free(copy);
		return ERR_NOMEM;
	}
	*ret = n->count++;
	return ERR_OK;
}

const char *names_at(const struct names *n, uint32_t number)
{
	ASSERT(number < n->count);
	return n->items[number];
}
