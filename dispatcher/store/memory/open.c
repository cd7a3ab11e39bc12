#include "common/base/mem.h"
#include "dispatcher/store/memory/memory.h"

enum err memory_may(struct memory *m)
{
	if (m->fail_after < 0 || m->fail_after-- > 0)
		return ERR_OK;
	return store_fail(&m->base, m->fail_with, "the memory store fails as it was told to");
}

enum err memory_put(struct memory *m, struct cells *c, uint64_t cell,
	const struct strings *shape, const void *of)
{
	void *block = of ? cells_block(shape, of) : NULL;
	enum err e = of && !block ? ERR_NOMEM : cells_put(&m->changes, c, cell, block);

	return e ? store_fail(&m->base, e, "the memory store is out of memory") : ERR_OK;
}

static enum err begin(struct store *s)
{
	struct memory *m = memory_of(s);

	m->was = m->now;
	return ERR_OK;
}

static void rollback(struct store *s)
{
	struct memory *m = memory_of(s);

	cells_undo(&m->changes);
	m->now = m->was;
	m->now.pruned_at = 0;
	m->now.pruned_id = 0;
}

static enum err commit(struct store *s)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	if (e)
		rollback(s);
	else
		cells_keep(&m->changes);
	return e;
}

static bool has_room(struct store *s)
{
	(void)s;
	return true;
}

static bool tend(struct store *s, bool quiet)
{
	(void)s;
	(void)quiet;
	return false;
}

static enum err next_boot(struct store *s, uint64_t *ret)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	if (!e)
		*ret = ++m->now.boot;
	return e;
}

static enum err last_id(struct store *s, uint64_t *ret)
{
	*ret = memory_of(s)->now.last_id;
	return ERR_OK;
}

static enum err counts(struct store *s, struct store_counts *ret)
{
	const struct memory *m = memory_of(s);

	*ret = (struct store_counts){0};
	for (uint32_t i = 0; i < m->records.count; i++) {
		const struct kept_record *k = m->records.at[i];

		ret->jobs += k && !k->r.ended;
		ret->history += k && k->r.ended;
	}
	for (uint32_t i = 0; i < m->agents.count; i++) {
		const struct agent_row *a = m->agents.at[i];

		ret->replies += a ? a->last_seq - a->acked_seq : 0;
	}
	return ERR_OK;
}

static void free_store(struct store *s)
{
	struct memory *m = memory_of(s);
	struct cells *all[] = {&m->records, &m->apps, &m->accounts, &m->agents, &m->usernames,
		&m->windows, &m->settings, &m->refusals, &m->summons, &m->audit, &m->media,
		&m->uploads, &m->spent, &m->raises, &m->needs, &m->pages};

	for (uint32_t i = 0; i < m->replies_size; i++) {
		if (m->replies[i])
			cells_done(m->replies[i]);
		mem_free(m->replies[i]);
	}
	for (size_t i = 0; i < COUNT_OF(all); i++)
		cells_done(all[i]);
	changes_done(&m->changes);
	mem_free(m->replies);
	mem_free(m);
}

static const struct store_ops ops = {
	.free = free_store,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.has_room = has_room,
	.tend = tend,
	.put_job = memory_put_job,
	.put_needs = memory_put_needs,
	.save_job = memory_save_job,
	.put_args = memory_put_args,
	.end_job = memory_end_job,
	.revive_job = memory_revive_job,
	.put_reply = memory_put_reply,
	.tell_page = memory_tell_page,
	.put_page = memory_put_page,
	.drop_pages = memory_drop_pages,
	.get_page = memory_get_page,
	.ack_replies = memory_ack_replies,
	.put_window = memory_put_window,
	.put_app = memory_put_app,
	.drop_app = memory_drop_app,
	.put_account = memory_put_account,
	.put_agent = memory_put_agent,
	.put_username = memory_put_username,
	.put_setting = memory_put_setting,
	.put_media = memory_put_media,
	.put_upload = memory_put_upload,
	.drop_media = memory_drop_media,
	.drop_upload = memory_drop_upload,
	.forget_uploads = memory_forget_uploads,
	.find_media = memory_find_media,
	.find_upload = memory_find_upload,
	.each_media = memory_each_media,
	.sum_media = memory_sum_media,
	.put_audit = memory_put_audit,
	.put_refusal = memory_put_refusal,
	.drop_refusals = memory_drop_refusals,
	.put_summons = memory_put_summons,
	.forget_summons = memory_forget_summons,
	.put_spent = memory_put_spent,
	.put_raise = memory_put_raise,
	.forget_money = memory_forget_money,
	.next_boot = next_boot,
	.prune = memory_prune,
	.get_job = memory_get_job,
	.get_body = memory_get_body,
	.find_key = memory_find_key,
	.find_x_id = memory_find_x_id,
	.find_username = memory_find_username,
	.last_id = last_id,
	.each_job = memory_each_job,
	.each_need = memory_each_need,
	.each_open_need = memory_each_open_need,
	.each_mark = memory_each_mark,
	.each_app = memory_each_app,
	.each_account = memory_each_account,
	.each_agent = memory_each_agent,
	.each_window = memory_each_window,
	.find_summons = memory_find_summons,
	.each_refusal = memory_each_refusal,
	.each_setting = memory_each_setting,
	.each_audit = memory_each_audit,
	.last_audit = memory_last_audit,
	.each_spent = memory_each_spent,
	.each_raise = memory_each_raise,
	.each_reply = memory_each_reply,
	.list = memory_list,
	.pending_replies = memory_pending_replies,
	.counts = counts,
};

enum err store_mem_open(struct store **ret)
{
	struct memory *m = mem_alloc(sizeof(*m));

	if (!m)
		return ERR_NOMEM;
	m->base.ops = &ops;
	m->fail_after = -1;
	*ret = &m->base;
	return ERR_OK;
}

void store_mem_fail_after(struct store *s, int64_t n, enum err e)
{
	struct memory *m = memory_of(s);

	ASSERT(s->ops == &ops);
	m->fail_after = n;
	m->fail_with = e;
}
