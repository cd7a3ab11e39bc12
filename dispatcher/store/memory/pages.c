#include "dispatcher/store/memory/memory.h"

static const size_t offsets[] = {
	offsetof(struct page_row, token), offsetof(struct page_row, response)};
static const struct strings shape = {sizeof(struct page_row), offsets, COUNT_OF(offsets)};

enum err memory_put_page(struct store *s, const struct page_row *p)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	return e ? e : memory_put(m, &m->pages, m->pages.count, &shape, p);
}

enum err memory_drop_pages(struct store *s, uint64_t id)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	for (uint32_t i = 0; !e && i < m->pages.count; i++) {
		const struct page_row *p = m->pages.at[i];

		if (p && p->job == id)
			e = memory_put(m, &m->pages, i, &shape, NULL);
	}
	return e;
}

enum err memory_get_page(struct store *s, uint64_t id, uint8_t page, struct page_row *ret)
{
	const struct memory *m = memory_of(s);

	for (uint32_t i = 0; i < m->pages.count; i++) {
		const struct page_row *p = m->pages.at[i];

		if (!p || p->job != id || p->page != page)
			continue;
		*ret = *p;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}
