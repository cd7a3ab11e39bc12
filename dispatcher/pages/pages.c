#include "dispatcher/pages/pages.h"

#include <string.h>

#include "common/wire/write.h"
#include "dispatcher/entitle.h"
#include "dispatcher/pages/merge.h"
#include "dispatcher/requests/reply.h"

struct str pages_next(const struct wire_value *answer)
{
	struct str s = wire_str(wire_get(wire_get(answer, "meta"), "next_token"));

	return s.len <= PAGE_TOKEN_MAX ? s : (struct str){0};
}

/* Bytes of the pages that were kept so far. */
static int64_t size_before(struct dispatcher *d, const struct job *j, uint8_t page)
{
	struct page_row row;

	if (page == 0 || turn_fail(d, store_get_page(d->store, j->id, page, &row), NULL))
		return 0;
	return row.size;
}

bool pages_more(struct dispatcher *d, const struct job *j, const struct wire_value *answer,
	struct str response)
{
	if (!j || j->pages < 2 || !response.len || !pages_next(answer).len)
		return false;
	if (j->flags & JOB_EACH)
		return true;
	return (size_t)size_before(d, j, j->page) + response.len <= PAGES_BYTES;
}

/* --- a page --- */

/* A reply of its own. */
static void tell(struct dispatcher *d, const struct order *o, struct str response)
{
	struct ending e = {
		.finished_at = d->now.wall,
		.http_status = o->outcome.http_status,
		.price = o->job.cost,
		.cause = str_of(outcome_cause_name(CAUSE_NONE)),
		.response = response,
	};
	uint64_t seq;

	turn_fail(d, store_tell_page(d->store, &o->job, &e, &seq), NULL);
	reply_fresh(d, &o->job);
}

void pages_read(struct dispatcher *d, const struct order *o)
{
	const struct evidence *seen = o->tag;
	struct wire_message answer = {0};
	bool each = o->job.flags & JOB_EACH;
	struct page_row row = {.job = o->job.id, .page = o->job.page};

	if (turn_fail(d, wire_open(&answer, seen->response, NULL), NULL))
		return;
	row.size = size_before(d, &o->job, (uint8_t)(o->job.page - 1)) +
		   (int64_t)seen->response.len;
	row.token = pages_next(answer.root);
	row.response = each ? (struct str){0} : seen->response;
	turn_fail(d, store_put_page(d->store, &row), NULL);
	wire_close(&answer);
	if (each)
		tell(d, o, seen->response);
	entitle_seen(d, &o->job, seen->response);
}

bool pages_token(struct dispatcher *d, const struct job *j, char out[PAGE_TOKEN_MAX + 1])
{
	struct page_row row;

	if (!j->page || turn_fail(d, store_get_page(d->store, j->id, j->page, &row), NULL) ||
		row.token.len > PAGE_TOKEN_MAX)
		return false;
	memcpy(out, row.token.at, row.token.len);
	out[row.token.len] = 0;
	return true;
}

uint32_t pages_count(const struct job *j)
{
	return j->page + (j->state == JOB_DONE ? 1u : 0u);
}

void pages_end(struct dispatcher *d, const struct order *o, struct ending *e, struct buf *out)
{
	const struct job *j = &o->job;
	bool done = j->state == JOB_DONE;

	if (j->pages < 2)
		return;
	if (!(j->flags & JOB_EACH) && (j->page || done))
		pages_merge(d, j, e, out);
	if (done && j->page)
		turn_fail(d, store_drop_pages(d->store, j->id), NULL);
}
