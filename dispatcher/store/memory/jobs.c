#include "dispatcher/store/filter.h"
#include "dispatcher/store/memory/memory.h"

#define BODY(field)   offsetof(struct kept_record, r.body.field)
#define ENDING(field) offsetof(struct kept_record, r.ending.field)

static const size_t offsets[] = {BODY(action), BODY(key), BODY(batch), BODY(tags), BODY(args),
	BODY(meta), BODY(mark), ENDING(cause), ENDING(message), ENDING(x_id), ENDING(response)};
static const struct strings shape = {sizeof(struct kept_record), offsets, COUNT_OF(offsets)};

static enum err keep(struct memory *m, const struct kept_record *k)
{
	return memory_put(m, &m->records, k->r.job.id, &shape, k);
}

/* The record with that id if it has, or has not, ended; NULL when there is none. */
static const struct kept_record *find(const struct memory *m, uint64_t id, bool ended)
{
	const struct kept_record *k = cells_at(&m->records, id);

	return k && k->r.ended == ended ? k : NULL;
}

enum err memory_find_key(struct store *s, uint32_t agent, struct str key, uint64_t *ret_id,
	uint64_t *ret_fingerprint)
{
	const struct memory *m = memory_of(s);

	for (uint32_t id = m->records.count; key.len && id-- > 0;) {
		const struct kept_record *k = m->records.at[id];

		if (!k || k->r.job.agent != agent || !str_equal(k->r.body.key, key))
			continue;
		*ret_id = id;
		*ret_fingerprint = k->r.body.fingerprint;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

enum err memory_put_job(struct store *s, const struct job *j, const struct body *b)
{
	struct memory *m = memory_of(s);
	struct kept_record k = {.r.job = *j, .r.body = *b};
	uint64_t id, fingerprint;
	enum err e = memory_may(m);

	if (e)
		return e;
	if (!memory_agent(m, j->agent))
		return ERR_NOT_FOUND;
	if (cells_at(&m->records, j->id) ||
		!memory_find_key(s, j->agent, b->key, &id, &fingerprint))
		return ERR_CONFLICT;
	e = keep(m, &k);
	if (!e && j->id > m->now.last_id)
		m->now.last_id = j->id;
	return e;
}

enum err memory_save_job(struct store *s, const struct job *j)
{
	struct memory *m = memory_of(s);
	const struct kept_record *old = find(m, j->id, false);
	enum err e = memory_may(m);

	if (e)
		return e;
	if (!old)
		return ERR_NOT_FOUND;

	struct kept_record k = *old;
	k.r.job = *j;
	return keep(m, &k);
}

enum err memory_put_args(struct store *s, uint64_t id, const struct body *b)
{
	struct memory *m = memory_of(s);
	const struct kept_record *old = find(m, id, false);
	enum err e = memory_may(m);

	if (e)
		return e;
	if (!old)
		return ERR_NOT_FOUND;

	struct kept_record k = *old;
	k.r.body.args = b->args;
	k.r.body.mark = b->mark;
	k.r.body.price = b->price;
	k.r.body.fingerprint = b->fingerprint;
	return keep(m, &k);
}

enum err memory_end_job(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq)
{
	struct memory *m = memory_of(s);
	const struct kept_record *old = find(m, j->id, false);
	enum err err = memory_may(m);

	if (err)
		return err;
	if (!old || !memory_agent(m, j->agent))
		return ERR_NOT_FOUND;

	struct kept_record k = *old;
	k.r.job = *j;
	k.r.ended = true;
	k.r.ending = *e;
	err = memory_add_reply(m, j, NULL, &k.reply_seq);
	if (!err)
		err = keep(m, &k);
	if (!err)
		*ret_seq = k.reply_seq;
	return err;
}

enum err memory_revive_job(struct store *s, const struct job *j)
{
	struct memory *m = memory_of(s);
	const struct kept_record *old = find(m, j->id, true);
	enum err e = memory_may(m);

	if (e)
		return e;
	if (!old)
		return ERR_NOT_FOUND;

	struct kept_record k = {.r.job = *j, .r.body = old->r.body};
	e = memory_detach_reply(m, old->r.job.agent, old->reply_seq, &old->r);
	return e ? e : keep(m, &k);
}

/* The end that comes next in order of time and id, and is before `before`; NULL: none. */
static const struct kept_record *next_end(const struct memory *m, usec_t before)
{
	const struct kept_record *best = NULL;

	for (uint32_t id = 0; id < m->records.count; id++) {
		const struct kept_record *k = find(m, id, true);
		usec_t at = k ? k->r.ending.finished_at : before;

		if (at >= before || at < m->now.pruned_at ||
			(at == m->now.pruned_at && id <= m->now.pruned_id))
			continue;
		if (!best || at < best->r.ending.finished_at)
			best = k;
	}
	return best;
}

enum err memory_prune(
	struct store *s, usec_t before, uint32_t max, uint32_t *ret_count, bool *ret_more)
{
	struct memory *m = memory_of(s);
	const struct kept_record *k = NULL;
	enum err e = memory_may(m);
	uint32_t count = 0;

	for (; !e && max && (k = next_end(m, before)) != NULL; max--) {
		m->now.pruned_at = k->r.ending.finished_at;
		m->now.pruned_id = k->r.job.id;
		if (k->reply_seq > memory_agent(m, k->r.job.agent)->acked_seq)
			continue;
		e = memory_drop_needs(m, k->r.job.id);
		if (!e)
			e = memory_drop_pages(s, k->r.job.id);
		if (!e)
			e = memory_put(m, &m->records, k->r.job.id, &shape, NULL);
		count++;
	}
	if (e)
		return e;
	*ret_more = max == 0;
	*ret_count = count;
	if (!*ret_more) {
		m->now.pruned_at = 0;
		m->now.pruned_id = 0;
	}
	return ERR_OK;
}

enum err memory_get_job(struct store *s, uint64_t id, struct job_record *ret)
{
	const struct kept_record *k = cells_at(&memory_of(s)->records, id);

	if (!k)
		return ERR_NOT_FOUND;
	*ret = k->r;
	return ERR_OK;
}

enum err memory_get_body(struct store *s, uint64_t id, struct body *ret)
{
	const struct kept_record *k = cells_at(&memory_of(s)->records, id);

	if (!k)
		return ERR_NOT_FOUND;
	*ret = k->r.body;
	return ERR_OK;
}

enum err memory_find_x_id(struct store *s, uint32_t account, struct str x_id, uint64_t *ret_id)
{
	const struct memory *m = memory_of(s);

	for (uint32_t id = m->records.count; x_id.len && id-- > 0;) {
		const struct kept_record *k = find(m, id, true);

		if (!k || k->r.job.account != account || !str_equal(k->r.ending.x_id, x_id))
			continue;
		*ret_id = id;
		return ERR_OK;
	}
	return ERR_NOT_FOUND;
}

enum err memory_each_job(struct store *s, store_job_fn *each, void *ctx)
{
	const struct memory *m = memory_of(s);

	for (uint32_t id = 0; id < m->records.count; id++) {
		const struct kept_record *k = find(m, id, false);

		if (k)
			each(ctx, &k->r.job);
	}
	return ERR_OK;
}

enum err memory_list(struct store *s, const struct job_filter *f, store_record_fn *each,
	void *ctx, uint64_t *ret_cursor)
{
	const struct memory *m = memory_of(s);
	uint64_t id = f->before && f->before < m->records.count ? f->before : m->records.count;
	uint32_t given = 0, scanned = 0;

	while (id > 0 && given < f->limit && scanned < f->scan_max) {
		const struct kept_record *k = m->records.at[--id];

		if (!k)
			continue;
		scanned++;
		if (!filter_fits_job(f, &k->r.job) || !filter_fits_body(f, &k->r.body))
			continue;
		each(ctx, &k->r);
		given++;
	}
	*ret_cursor = id;
	return ERR_OK;
}

static void give_mark(const struct kept_record *k, store_mark_fn *each, void *ctx)
{
	each(ctx, &(struct mark_row){
			  .id = k->r.job.id,
			  .account = k->r.job.account,
			  .done = k->r.ended,
			  .at = k->r.ended ? k->r.ending.finished_at : k->r.job.not_before,
			  .mark = k->r.body.mark,
		  });
}

/* The one that is done, ended at or after (at, id), and is the next of those; or NULL. */
static const struct kept_record *next_done(const struct memory *m, usec_t at, uint64_t id)
{
	const struct kept_record *first = NULL;

	for (uint32_t i = 0; i < m->records.count; i++) {
		const struct kept_record *k = m->records.at[i];
		usec_t end = k ? k->r.ending.finished_at : 0;

		if (!k || !k->r.ended || k->r.job.state != JOB_DONE || !k->r.body.mark.len ||
			end < at || (end == at && i < id))
			continue;
		if (!first || end < first->r.ending.finished_at)
			first = k;
	}
	return first;
}

enum err memory_each_mark(struct store *s, usec_t since, store_mark_fn *each, void *ctx)
{
	const struct memory *m = memory_of(s);
	const struct kept_record *k;
	uint64_t id = 0;

	for (uint32_t i = 0; i < m->records.count; i++) {
		k = m->records.at[i];
		if (k && !k->r.ended && k->r.body.mark.len)
			give_mark(k, each, ctx);
	}
	while ((k = next_done(m, since, id))) {
		give_mark(k, each, ctx);
		since = k->r.ending.finished_at;
		id = k->r.job.id + 1;
	}
	return ERR_OK;
}
