#include "common/base/mem.h"
#include "dispatcher/store/sqlite/lite.h"

#define AGENTS_MAX (1u << 20) /* what a file may claim to have */

const struct seqs *seqs_of(const struct lite *l, uint32_t agent)
{
	return agent && agent < l->seqs_count ? &l->seqs[agent] : NULL;
}

/* Room for agents up to and with `id`. */
static enum err reach(struct lite *l, uint32_t id)
{
	if (id >= AGENTS_MAX)
		return lite_damaged(l, "it has more agents than there can be");
	if (id >= l->seqs_size) {
		uint32_t size = id + 1 > 2 * l->seqs_size ? id + 1 : 2 * l->seqs_size;
		struct seqs *more = mem_grow(l->seqs, size * sizeof(*more));

		if (!more)
			return store_fail(
				&l->base, ERR_NOMEM, "store '%s': out of memory", l->path);
		l->seqs = more;
		l->seqs_size = size;
	}
	while (l->seqs_count <= id)
		l->seqs[l->seqs_count++] = (struct seqs){0};
	return ERR_OK;
}

struct seqs *seqs_change(struct lite *l, uint32_t agent)
{
	struct seqs *q = agent && agent < l->seqs_count ? &l->seqs[agent] : NULL;

	if (!q || q->changed)
		return q;
	if (l->changed_count == l->changed_size) {
		uint32_t size = l->changed_size ? 2 * l->changed_size : 64;
		uint32_t *more = mem_grow(l->changed, size * sizeof(*more));

		if (!more) {
			(void)store_fail(
				&l->base, ERR_NOMEM, "store '%s': out of memory", l->path);
			return NULL;
		}
		l->changed = more;
		l->changed_size = size;
	}
	l->changed[l->changed_count++] = agent;
	q->was_last = q->last;
	q->was_acked = q->acked;
	q->changed = true;
	return q;
}

enum err seqs_load(struct lite *l)
{
	sqlite3_stmt *st = lite_use(l, STMT_EACH_AGENT);
	enum err e;

	while (!(e = lite_row(l, st))) {
		int64_t id = column_int(st, 0);

		e = reach(l, id > 0 && id < AGENTS_MAX ? (uint32_t)id : AGENTS_MAX);
		if (e) {
			(void)sqlite3_reset(st);
			return e;
		}
		l->seqs[id].last = (uint64_t)column_int(st, 2);
		l->seqs[id].acked = (uint64_t)column_int(st, 3);
	}
	l->seqs_was_count = l->seqs_count;
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err seqs_save(struct lite *l)
{
	for (uint32_t i = 0; i < l->changed_count; i++) {
		const struct seqs *q = &l->seqs[l->changed[i]];
		sqlite3_stmt *st = lite_use(l, STMT_SAVE_AGENT);

		bind_int(st, 1, l->changed[i]);
		bind_int(st, 2, (int64_t)q->last);
		bind_int(st, 3, (int64_t)q->acked);
		enum err e = lite_run(l, st);
		if (e)
			return e;
	}
	return ERR_OK;
}

void seqs_keep(struct lite *l)
{
	for (uint32_t i = 0; i < l->changed_count; i++)
		l->seqs[l->changed[i]].changed = false;
	l->changed_count = 0;
	l->seqs_was_count = l->seqs_count;
}

void seqs_undo(struct lite *l)
{
	for (uint32_t i = 0; i < l->changed_count; i++) {
		struct seqs *q = &l->seqs[l->changed[i]];

		q->last = q->was_last;
		q->acked = q->was_acked;
		q->changed = false;
	}
	l->changed_count = 0;
	l->seqs_count = l->seqs_was_count;
}

uint64_t seqs_pending(const struct lite *l)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < l->seqs_count; i++)
		sum += l->seqs[i].last - l->seqs[i].acked;
	return sum;
}

enum err agents_put(struct store *s, struct str name, uint32_t *ret_id)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_FIND_AGENT);

	bind_text(st, 1, name);
	enum err e = lite_row(l, st);
	if (!e) {
		*ret_id = (uint32_t)column_int(st, 0);
		(void)sqlite3_reset(st);
		return ERR_OK;
	}
	if (e != ERR_NOT_FOUND)
		return e;

	st = lite_use(l, STMT_PUT_AGENT);
	bind_text(st, 1, name);
	e = lite_run(l, st);
	if (e)
		return e;
	int64_t id = sqlite3_last_insert_rowid(l->db);
	e = reach(l, (uint32_t)id);
	if (!e)
		*ret_id = (uint32_t)id;
	return e;
}

enum err agents_each(struct store *s, store_agent_fn *each, void *ctx)
{
	struct lite *l = lite_of(s);
	sqlite3_stmt *st = lite_use(l, STMT_EACH_AGENT);
	enum err e;

	while (!(e = lite_row(l, st))) {
		struct agent_row a = {
			.id = (uint32_t)column_int(st, 0), .name = column_str(st, 1)};
		const struct seqs *q = seqs_of(l, a.id);

		if (q) {
			a.last_seq = q->last;
			a.acked_seq = q->acked;
		}
		each(ctx, &a);
	}
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}
