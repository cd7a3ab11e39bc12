#include "dispatcher/store/memory/memory.h"

struct kept_need {
	uint64_t job;
	struct need need;
};

static const struct strings shape = {sizeof(struct kept_need), NULL, 0};

enum err memory_put_needs(
	struct store *s, uint64_t id, const struct need *needs, uint32_t count)
{
	struct memory *m = memory_of(s);
	enum err e = memory_may(m);

	for (uint32_t i = 0; !e && i < count; i++)
		e = memory_put(m, &m->needs, m->needs.count, &shape,
			&(struct kept_need){.job = id, .need = needs[i]});
	return e;
}

enum err memory_drop_needs(struct memory *m, uint64_t id)
{
	enum err e = ERR_OK;

	for (uint32_t i = 0; !e && i < m->needs.count; i++) {
		const struct kept_need *k = m->needs.at[i];

		if (k && k->job == id)
			e = memory_put(m, &m->needs, i, &shape, NULL);
	}
	return e;
}

static enum job_state state_of(const struct memory *m, uint64_t id)
{
	const struct kept_record *k = cells_at(&m->records, id);

	return k ? (enum job_state)k->r.job.state : JOB_DONE;
}

static void give(
	const struct memory *m, const struct kept_need *k, store_need_fn *each, void *ctx)
{
	each(ctx, &(struct need_row){
			  .job = k->job, .need = k->need, .state = state_of(m, k->need.id)});
}

enum err memory_each_need(struct store *s, uint64_t id, store_need_fn *each, void *ctx)
{
	const struct memory *m = memory_of(s);

	for (uint32_t i = 0; i < m->needs.count; i++) {
		const struct kept_need *k = m->needs.at[i];

		if (k && k->job == id)
			give(m, k, each, ctx);
	}
	return ERR_OK;
}

enum err memory_each_open_need(struct store *s, store_need_fn *each, void *ctx)
{
	const struct memory *m = memory_of(s);

	for (uint32_t i = 0; i < m->needs.count; i++) {
		const struct kept_need *k = m->needs.at[i];
		const struct kept_record *job = k ? cells_at(&m->records, k->job) : NULL;

		if (job && !job->r.ended && job->r.job.state <= JOB_WAITING)
			give(m, k, each, ctx);
	}
	return ERR_OK;
}
