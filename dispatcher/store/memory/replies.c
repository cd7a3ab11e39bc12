#include "common/base/mem.h"
#include "dispatcher/store/memory/memory.h"

#define BODY(field)   offsetof(struct kept_reply, reply.record.body.field)
#define ENDING(field) offsetof(struct kept_reply, reply.record.ending.field)

static const size_t reply_offsets[] = {BODY(action), BODY(key), BODY(batch), BODY(tags),
	BODY(args), BODY(meta), BODY(mark), ENDING(cause), ENDING(message), ENDING(x_id),
	ENDING(response)};
static const struct strings reply_shape = {
	sizeof(struct kept_reply), reply_offsets, COUNT_OF(reply_offsets)};

static const size_t agent_offsets[] = {offsetof(struct agent_row, name)};
static const struct strings agent_shape = {
	sizeof(struct agent_row), agent_offsets, COUNT_OF(agent_offsets)};

const struct agent_row *memory_agent(const struct memory *m, uint32_t id)
{
	return cells_at(&m->agents, id);
}

/* Replies of an agent that has none yet. */
static enum err add_queue(struct memory *m, uint32_t agent)
{
	while (m->replies_size <= agent) {
		struct cells **more =
			mem_grow(m->replies, (m->replies_size + 1) * sizeof(struct cells *));

		if (!more)
			return store_fail(
				&m->base, ERR_NOMEM, "the memory store is out of memory");
		m->replies = more;
		m->replies[m->replies_size++] = NULL;
	}
	if (!m->replies[agent])
		m->replies[agent] = mem_alloc(sizeof(struct cells));
	return m->replies[agent]
		       ? ERR_OK
		       : store_fail(&m->base, ERR_NOMEM, "the memory store is out of memory");
}

enum err memory_put_agent(struct store *s, struct str name, uint32_t *ret_id)
{
	struct memory *m = memory_of(s);
	struct agent_row a = {.id = 1, .name = name};
	enum err e = memory_may(m);

	for (; !e && a.id < m->agents.count && m->agents.at[a.id]; a.id++) {
		if (!str_equal(memory_agent(m, a.id)->name, name))
			continue;
		*ret_id = a.id;
		return ERR_OK;
	}
	if (!e)
		e = add_queue(m, a.id);
	if (!e)
		e = memory_put(m, &m->agents, a.id, &agent_shape, &a);
	if (!e)
		*ret_id = a.id;
	return e;
}

enum err memory_add_reply(
	struct memory *m, const struct job *j, const struct job_record *copy, uint64_t *ret_seq)
{
	struct agent_row a = *memory_agent(m, j->agent);
	struct kept_reply k = {.id = j->id, .copied = copy};

	k.reply.seq = ++a.last_seq;
	if (copy)
		k.reply.record = *copy;
	enum err e = memory_put(m, m->replies[a.id], a.last_seq, &reply_shape, &k);
	if (!e)
		e = memory_put(m, &m->agents, a.id, &agent_shape, &a);
	if (!e)
		*ret_seq = a.last_seq;
	return e;
}

enum err memory_detach_reply(
	struct memory *m, uint32_t agent, uint64_t seq, const struct job_record *r)
{
	const struct kept_reply *old = cells_at(m->replies[agent], seq);

	if (!old)
		return ERR_OK;

	struct kept_reply k = *old;
	k.copied = true;
	k.reply.record = *r;
	return memory_put(m, m->replies[agent], seq, &reply_shape, &k);
}

enum err memory_put_reply(struct store *s, const struct job *j, uint64_t *ret_seq)
{
	struct memory *m = memory_of(s);
	struct job_record r;

	if (!memory_agent(m, j->agent))
		return ERR_NOT_FOUND;
	enum err e = memory_save_job(s, j);
	if (!e)
		e = memory_get_job(s, j->id, &r);
	return e ? e : memory_add_reply(m, j, &r, ret_seq);
}

enum err memory_tell_page(
	struct store *s, const struct job *j, const struct ending *e, uint64_t *ret_seq)
{
	struct memory *m = memory_of(s);
	struct job_record r;
	enum err lost = memory_may(m);

	if (!lost)
		lost = memory_get_job(s, j->id, &r);
	if (lost)
		return lost;
	if (r.ended)
		return ERR_NOT_FOUND;
	r.ended = true;
	r.ending = *e;
	return memory_add_reply(m, j, &r, ret_seq);
}

enum err memory_ack_replies(struct store *s, uint32_t agent, uint64_t upto, uint64_t *ret_count)
{
	struct memory *m = memory_of(s);
	const struct agent_row *known = memory_agent(m, agent);
	enum err e = memory_may(m);

	if (e)
		return e;
	if (!known)
		return ERR_NOT_FOUND;

	struct agent_row a = *known;
	for (; !e && a.acked_seq < a.last_seq && a.acked_seq < upto;)
		e = memory_put(m, m->replies[agent], ++a.acked_seq, &reply_shape, NULL);
	if (e)
		return e;

	uint64_t count = a.acked_seq - known->acked_seq;
	e = memory_put(m, &m->agents, agent, &agent_shape, &a);
	if (!e)
		*ret_count = count;
	return e;
}

enum err memory_each_reply(struct store *s, uint32_t agent, uint64_t after, uint32_t max,
	store_reply_fn *each, void *ctx)
{
	const struct memory *m = memory_of(s);
	const struct agent_row *a = memory_agent(m, agent);
	uint64_t seq = a && a->acked_seq > after ? a->acked_seq : after;

	while (a && seq < a->last_seq && max-- > 0) {
		const struct kept_reply *k = cells_at(m->replies[agent], ++seq);
		struct reply r = k->reply;
		enum err e = k->copied ? ERR_OK : memory_get_job(s, k->id, &r.record);

		if (e)
			return store_fail(
				&memory_of(s)->base, ERR_CORRUPT, "a reply has lost its job");
		each(ctx, &r);
	}
	return ERR_OK;
}

enum err memory_pending_replies(struct store *s, uint32_t agent, uint64_t *ret)
{
	const struct agent_row *a = memory_agent(memory_of(s), agent);

	*ret = a ? a->last_seq - a->acked_seq : 0;
	return ERR_OK;
}

enum err memory_each_agent(struct store *s, store_agent_fn *each, void *ctx)
{
	const struct memory *m = memory_of(s);

	for (uint32_t i = 0; i < m->agents.count; i++)
		if (m->agents.at[i])
			each(ctx, m->agents.at[i]);
	return ERR_OK;
}
