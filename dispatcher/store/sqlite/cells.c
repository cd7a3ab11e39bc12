#include "dispatcher/store/sqlite/cells.h"

#include <string.h>

#include "common/base/mem.h"

#define CELLS_MAX (1u << 30)

static uint32_t grown(uint32_t size, uint64_t wanted)
{
	uint32_t twice = size ? 2 * size : 16;

	return wanted > twice ? (uint32_t)wanted : twice;
}

static bool reach(struct cells *c, uint64_t cell)
{
	ASSERT(cell < CELLS_MAX);
	if (cell >= c->size) {
		uint32_t size = grown(c->size, cell + 1);
		void **more = mem_grow(c->at, size * sizeof(*more));

		if (!more)
			return false;
		c->at = more;
		c->size = size;
	}
	while (c->count <= cell)
		c->at[c->count++] = NULL;
	return true;
}

static bool make_room(struct changes *log)
{
	if (log->count < log->size)
		return true;

	uint32_t size = grown(log->size, 0);
	struct change *more = mem_grow(log->list, size * sizeof(*more));
	if (!more)
		return false;
	log->list = more;
	log->size = size;
	return true;
}

enum err cells_put(struct changes *log, struct cells *c, uint64_t cell, void *block)
{
	if (!reach(c, cell) || !make_room(log)) {
		mem_free(block);
		return ERR_NOMEM;
	}
	log->list[log->count++] =
		(struct change){.cells = c, .cell = (uint32_t)cell, .old = c->at[cell]};
	c->at[cell] = block;
	return ERR_OK;
}

void cells_keep(struct changes *log)
{
	for (uint32_t i = 0; i < log->count; i++)
		mem_free(log->list[i].old);
	log->count = 0;
}

void cells_undo(struct changes *log)
{
	while (log->count) {
		const struct change *c = &log->list[--log->count];

		mem_free(c->cells->at[c->cell]);
		c->cells->at[c->cell] = c->old;
	}
}

void cells_done(struct cells *c)
{
	for (uint32_t i = 0; i < c->count; i++)
		mem_free(c->at[i]);
	mem_free(c->at);
	*c = (struct cells){0};
}

void changes_done(struct changes *log)
{
	ASSERT(!log->count);
	mem_free(log->list);
	*log = (struct changes){0};
}

static struct str *string_at(void *of, size_t offset)
{
	return (struct str *)((char *)of + offset);
}

void *cells_block(const struct strings *shape, const void *of)
{
	size_t len = 0;

	for (size_t i = 0; i < shape->count; i++)
		len += ((const struct str *)((const char *)of + shape->offsets[i]))->len;

	char *block = mem_alloc(shape->size + len);
	if (!block)
		return NULL;
	memcpy(block, of, shape->size);

	char *end = block + shape->size;
	for (size_t i = 0; i < shape->count; i++) {
		struct str *s = string_at(block, shape->offsets[i]);

		if (s->len)
			memcpy(end, s->at, s->len);
		s->at = end;
		end += s->len;
	}
	return block;
}
