#include "dispatcher/core/brake/entitle.h"

#include "common/base/mem.h"

#define FIRST_SIZE 8u

void refusals_done(struct refusals *r)
{
	mem_free(r->at);
	*r = (struct refusals){0};
}

const struct refusal *refusals_find(
	const struct refusals *r, enum call call, enum post_kind kind)
{
	for (uint32_t i = 0; i < r->count; i++)
		if (r->at[i].call == call && r->at[i].kind == kind)
			return &r->at[i];
	return NULL;
}

enum err refusals_add(struct refusals *r, enum call call, enum post_kind kind, usec_t since)
{
	if (refusals_find(r, call, kind))
		return ERR_CONFLICT;
	if (r->count == r->size) {
		uint32_t size = r->size ? 2 * r->size : FIRST_SIZE;
		struct refusal *more = mem_grow(r->at, size * sizeof(*more));

		if (!more)
			return ERR_NOMEM;
		r->at = more;
		r->size = size;
	}
	r->at[r->count++] =
		(struct refusal){.call = (uint16_t)call, .kind = (uint8_t)kind, .since = since};
	return ERR_OK;
}
