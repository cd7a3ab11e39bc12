#include <stddef.h>

#include "dispatcher/store/memory/memory.h"

#define AUDIT(field) offsetof(struct audit_row, field)

static const size_t offsets[] = {AUDIT(who), AUDIT(what), AUDIT(whom), AUDIT(how)};
static const struct strings shape = {sizeof(struct audit_row), offsets, COUNT_OF(offsets)};

enum err memory_put_audit(struct store *s, const struct audit_row *r)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	if (e)
		return e;
	if (cells_at(&m->audit, r->seq))
		return ERR_CONFLICT;
	return memory_put(m, &m->audit, r->seq, &shape, r);
}

enum err memory_each_audit(
	struct store *s, uint64_t after, uint32_t max, store_audit_fn *each, void *ctx)
{
	const struct cells *c = &memory_of(s)->audit;

	for (uint64_t i = after + 1; i < c->count && max; i++) {
		if (!c->at[i])
			continue;
		each(ctx, c->at[i]);
		max--;
	}
	return ERR_OK;
}

enum err memory_last_audit(struct store *s, struct audit_row *ret)
{
	const struct cells *c = &memory_of(s)->audit;

	for (uint32_t i = c->count; i-- > 0;) {
		if (!c->at[i])
			continue;
		*ret = *(const struct audit_row *)c->at[i];
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}
