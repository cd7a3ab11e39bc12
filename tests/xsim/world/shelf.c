#include "tests/xsim/world/shelf.h"

#include <string.h>

#include "tests/xsim/need.h"

void shelves_init(struct shelves *s)
{
	slab_init(&s->things, sizeof(struct thing));
}

void shelves_done(struct shelves *s)
{
	for (uint32_t i = 0; i < s->things.count; i++)
		json_decref(shelf_at(s, i)->value);
	slab_done(&s->things);
}

uint64_t shelf_id(struct str text)
{
	uint64_t id = 0;

	if (!text_is_x_id(text))
		return text_hash(text.at, text.len);
	for (size_t i = 0; i < text.len; i++)
		id = id * 10 + (uint64_t)(text.at[i] - '0');
	return id;
}

struct thing *shelf_put(struct shelves *s, const struct thing *t)
{
	uint32_t slot = slab_take(&s->things);

	if (slot == SLAB_NONE)
		out_of_memory();
	*shelf_at(s, slot) = *t;
	return shelf_at(s, slot);
}

struct thing *shelf_at(const struct shelves *s, uint32_t slot)
{
	return slab_at(&s->things, slot);
}

static bool is_on(const struct thing *t, const char *shelf)
{
	return !t->gone && strcmp(t->shelf, shelf) == 0;
}

struct thing *shelf_find(const struct shelves *s, const char *shelf, uint64_t id)
{
	for (uint32_t i = 0; i < s->things.count; i++)
		if (is_on(shelf_at(s, i), shelf) && shelf_at(s, i)->id == id)
			return shelf_at(s, i);
	return NULL;
}

struct thing *shelf_find_tie(
	const struct shelves *s, const char *shelf, uint64_t from, uint64_t id)
{
	for (uint32_t i = 0; i < s->things.count; i++) {
		struct thing *t = shelf_at(s, i);

		if (is_on(t, shelf) && t->from == from && t->id == id)
			return t;
	}
	return NULL;
}

json_int_t shelf_count(const struct shelves *s, const char *shelf, bool from, uint64_t id)
{
	json_int_t n = 0;

	for (uint32_t i = 0; i < s->things.count; i++) {
		const struct thing *t = shelf_at(s, i);

		n += is_on(t, shelf) && (from ? t->from : t->id) == id;
	}
	return n;
}
