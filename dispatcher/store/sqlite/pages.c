/* pages.c - what reads of several pages have read so far */
#include "dispatcher/store/sqlite/lite.h"

_Static_assert(sizeof((struct page_row){0}.page) == 1, "a row's id has eight bits for it");

static int64_t key_of(uint64_t job, uint8_t page)
{
	return (int64_t)(job << 8 | page);
}

enum err pages_put(struct store *s, const struct page_row *p)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_PUT_PAGE);

	bind_int(st, 1, key_of(p->job, p->page));
	bind_int(st, 2, p->size);
	bind_text(st, 3, p->token);
	bind_blob(st, 4, p->response);
	return lite_run(l, st);
}

enum err pages_get(struct store *s, uint64_t id, uint8_t page, struct page_row *ret)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_GET_PAGE);

	bind_int(st, 1, key_of(id, page));
	enum err e = lite_row(l, st);
	if (e)
		return e;
	lite_lend(l, st);
	*ret = (struct page_row){
		.job = id,
		.page = page,
		.size = column_int(st, 0),
		.token = column_str(st, 1),
		.response = column_str(st, 2),
	};
	return ERR_OK;
}

enum err pages_drop(struct store *s, uint64_t id)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_DROP_PAGES);

	bind_int(st, 1, key_of(id, 0));
	return lite_run(l, st);
}
