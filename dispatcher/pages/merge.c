#include "dispatcher/pages/merge.h"

#include "common/base/mem.h"
#include "common/base/names.h"
#include "common/wire/write.h"

#define INCLUDED_MAX 100000 /* objects of one kind in the `includes` of one result */

/* The pages of one job, taken apart. */
struct all {
	struct buf bytes; /* of those that were kept */
	struct wire_message pages[UINT8_MAX + 1];
	uint32_t count;
	struct str last;  /* the answer that ended the job, or empty */
	struct str token; /* with which it would go on; lent by bytes or a page */
	const char *stopped;
};

static void all_done(struct all *a)
{
	for (uint32_t i = 0; a && i < a->count; i++)
		wire_close(&a->pages[i]);
	if (a)
		buf_done(&a->bytes);
	mem_free(a);
}

static bool add(struct all *a, struct str page)
{
	if (wire_open(&a->pages[a->count], page, NULL))
		return false;
	a->count++;
	return true;
}

/* Reads what the store has; false when it cannot be read, which has failed the turn. */
static bool gather(struct dispatcher *d, struct all *a, const struct job *j)
{
	size_t ends[UINT8_MAX + 1];
	struct page_row row = {0};

	for (uint8_t i = 1; i <= j->page; i++) {
		if (turn_fail(d, store_get_page(d->store, j->id, i, &row), NULL))
			return false;
		buf_put(&a->bytes, row.response.at, row.response.len);
		ends[i] = a->bytes.len;
	}
	size_t token = a->bytes.len;
	buf_put(&a->bytes, row.token.at ? row.token.at : "", row.token.len);
	if (turn_fail(d, a->bytes.err, NULL))
		return false;
	const char *at = a->bytes.len ? (const char *)a->bytes.data : "";
	a->token = (struct str){at + token, a->bytes.len - token};
	for (uint8_t i = 1; i <= j->page; i++) {
		size_t from = i > 1 ? ends[i - 1] : 0;

		if (turn_fail(d,
			    add(a, (struct str){at + from, ends[i] - from}) ? ERR_OK
									    : ERR_CORRUPT,
			    NULL))
			return false;
	}
	return true;
}

/* Why there is no further page in it, and the token with which an agent would go on. */
static void judge(struct all *a, const struct job *j, bool last_is_there)
{
	if (j->state != JOB_DONE) {
		a->stopped = job_state_name((enum job_state)j->state);
		return;
	}
	if (!last_is_there) {
		a->stopped = "too_big";
		return;
	}
	a->token = pages_next(a->pages[a->count - 1].root);
	a->stopped = !a->token.len ? "end" : j->page + 1 == j->pages ? "pages" : "size";
}

static const struct wire_value *part(const struct all *a, uint32_t page, const char *key)
{
	const struct wire_value *root = a->pages[page].root;

	return wire_type(root) == WIRE_MAP ? wire_get(root, key) : NULL;
}

/* What all pages have under a key, as one array. Returns how many. */
static uint32_t put_items(struct buf *b, const struct all *a, const char *key)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		const struct wire_value *v = part(a, i, key);

		for (uint32_t k = 0; wire_type(v) == WIRE_ARRAY && k < wire_count(v); k++)
			wire_put_value(b, wire_item(v, k)), count++;
		if (wire_type(v) == WIRE_MAP)
			wire_put_value(b, v), count++;
	}
	return count;
}

static uint32_t put_data(struct buf *b, const struct all *a)
{
	wire_put_text(b, "data");
	size_t mark = wire_array_later(b);
	uint32_t count = put_items(b, a, "data");
	wire_array_end(b, mark, count);
	return count;
}

/* The errors of all pages, and last what ended the job, if that was one. */
static bool put_errors(struct buf *b, const struct all *a, struct str problem)
{
	size_t start = b->len;

	wire_put_text(b, "errors");
	size_t mark = wire_array_later(b);
	uint32_t count = put_items(b, a, "errors");
	if (problem.len)
		wire_put_raw(b, problem), count++;
	wire_array_end(b, mark, count);
	if (!count)
		b->len = start;
	return count > 0;
}

/* Whether it was not included before. */
static bool is_new(struct names *known, const struct wire_value *object)
{
	struct str id = wire_str(wire_get(object, "id"));
	uint32_t before = known->count, number;

	if (!id.len)
		id = wire_str(wire_get(object, "media_key"));
	return !id.len || names_know(known, id, &number) || known->count > before;
}

/* The objects of one kind that one page includes and none before it did. Returns how many. */
static uint32_t put_new(struct buf *b, struct names *known, const struct wire_value *objects)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < wire_count(objects); i++) {
		if (!is_new(known, wire_item(objects, i)))
			continue;
		wire_put_value(b, wire_item(objects, i));
		count++;
	}
	return count;
}

/* What a page includes of a kind; NULL: nothing. */
static const struct wire_value *included(const struct all *a, uint32_t page, struct str kind)
{
	const struct wire_value *v = part(a, page, "includes");

	for (uint32_t k = 0; wire_type(v) == WIRE_MAP && k < wire_count(v); k++)
		if (str_equal(wire_key(v, k), kind) && wire_type(wire_at(v, k)) == WIRE_ARRAY)
			return wire_at(v, k);
	return NULL;
}

/* The objects of one kind that the pages from `from` on include, each once. */
static void put_kind(struct buf *b, const struct all *a, uint32_t from, struct str kind)
{
	struct names known;
	uint32_t count = 0;

	names_init(&known, INCLUDED_MAX);
	wire_put_str(b, kind);
	size_t mark = wire_array_later(b);
	for (uint32_t i = from; i < a->count; i++)
		count += put_new(b, &known, included(a, i, kind));
	wire_array_end(b, mark, count);
	names_done(&known);
}

static bool is_first(const struct all *a, uint32_t page, struct str kind)
{
	for (uint32_t i = 0; i < page; i++)
		if (included(a, i, kind))
			return false;
	return true;
}

static bool put_includes(struct buf *b, const struct all *a)
{
	size_t start = b->len;
	uint32_t kinds = 0;

	wire_put_text(b, "includes");
	size_t mark = wire_map_later(b);
	for (uint32_t i = 0; i < a->count; i++) {
		const struct wire_value *v = part(a, i, "includes");

		for (uint32_t k = 0; wire_type(v) == WIRE_MAP && k < wire_count(v); k++) {
			if (wire_type(wire_at(v, k)) != WIRE_ARRAY ||
				!is_first(a, i, wire_key(v, k)))
				continue;
			put_kind(b, a, i, wire_key(v, k));
			kinds++;
		}
	}
	wire_map_end(b, mark, kinds);
	if (!kinds)
		b->len = start;
	return kinds > 0;
}

/* A text of some page's meta: the first page that has it, or the last one. */
static struct str meta_text(const struct all *a, const char *key, bool last)
{
	struct str found = {0};

	for (uint32_t i = 0; i < a->count && (last || !found.len); i++) {
		struct str s = wire_str(wire_get(part(a, i, "meta"), key));

		found = s.len ? s : found;
	}
	return found;
}

static void put_meta(struct buf *b, const struct all *a, uint32_t count)
{
	struct str newest = meta_text(a, "newest_id", false);
	struct str oldest = meta_text(a, "oldest_id", true);

	wire_put_text(b, "meta");
	wire_put_map(b, 3u + (newest.len > 0) + (oldest.len > 0) + (a->token.len > 0));
	wire_pair_int(b, "result_count", count);
	wire_pair_int(b, "pages", a->count);
	wire_pair_text(b, "stopped", a->stopped);
	if (newest.len)
		wire_pair_str(b, "newest_id", newest);
	if (oldest.len)
		wire_pair_str(b, "oldest_id", oldest);
	if (a->token.len)
		wire_pair_str(b, "next_token", a->token);
}

static void put_all(struct buf *b, const struct all *a, struct str problem)
{
	size_t mark = wire_map_later(b);
	uint32_t count = put_data(b, a);
	uint32_t pairs = 2 + put_includes(b, a);

	pairs += put_errors(b, a, problem);
	put_meta(b, a, count);
	wire_map_end(b, mark, pairs);
}

void pages_merge(struct dispatcher *d, const struct job *j, struct ending *e, struct buf *out)
{
	struct all *a = mem_alloc(sizeof(*a));
	bool done = j->state == JOB_DONE;

	if (turn_fail(d, a ? ERR_OK : ERR_NOMEM, NULL))
		return;
	buf_init(&a->bytes, ZSOCK_MESSAGE_MAX);
	if (gather(d, a, j)) {
		bool last = done && e->response.len && add(a, e->response);

		judge(a, j, last);
		buf_init(out, ZSOCK_MESSAGE_MAX);
		put_all(out, a, done ? (struct str){0} : e->response);
		e->response = out->err ? (struct str){0} : buf_view(out);
	}
	all_done(a);
}
