/* keep.c - what the dispatcher keeps: the memory store, and a start from it */
#include <stdio.h>
#include <string.h>

#include "tests/sim/world.h"

void keep_open(struct world *w)
{
	enum err e = store_mem_open(&w->store);

	ASSERT(!e);
	e = store_begin(w->store, NULL);
	for (uint32_t i = 1; !e && i <= w->agent_count; i++) {
		char name[16];
		uint32_t id = 0;

		(void)snprintf(name, sizeof(name), "agent%u", i);
		e = store_put_agent(w->store, str_of(name), &id);
		ASSERT(e || id == i);
	}
	if (!e)
		e = store_commit(w->store, NULL);
	ASSERT(!e);
}

bool keep_job(struct world *w, uint64_t id, struct job_record *ret)
{
	return store_get_job(w->store, id, ret) == ERR_OK;
}

/* --- orders --- */

static enum err put(struct world *w, const struct order *o)
{
	const struct sim_job *j = o->tag;
	char key[16];
	struct body b = {.enqueued_at = world_now(w).wall, .action = str_of("post")};

	CHECK(w, j, "ORDER_PUT without the tag of its fact");
	(void)snprintf(key, sizeof(key), "k%u", j->key);
	b.key = str_of(key);
	if (j->reviving)
		return store_revive_job(w->store, &o->job);
	enum err e = store_put_job(w->store, &o->job, &b);
	if (!e && j->need_count)
		e = store_put_needs(w->store, o->job.id, j->needs, j->need_count);
	return e;
}

static enum err end(struct world *w, const struct order *o)
{
	struct ending e = {
		.finished_at = world_now(w).wall,
		.settled = o->settled,
		.cause = str_of(outcome_cause_name(o->cause)),
		.x_id = str_of(o->has_outcome ? o->outcome.x_id : ""),
	};
	struct page_row page;
	uint64_t seq;

	for (uint8_t i = 1; i <= o->job.page; i++)
		CHECK(w, !store_get_page(w->store, o->job.id, i, &page),
			"page %d of j%llu was not kept", i, (unsigned long long)o->job.id);
	return store_end_job(w->store, &o->job, &e, &seq);
}

static enum err window(struct world *w, const struct order *o)
{
	return store_put_window(w->store,
		&(struct window_kept){.row = o->window,
			.family = str_of(limits_family(w->limits, o->window.family))});
}

/* Each page once, and none before the one that it comes after. */
static enum err page(struct world *w, const struct order *o)
{
	struct page_row row = {.job = o->job.id, .page = o->job.page, .token = str_of("next")};
	struct page_row had;
	uint8_t before = (uint8_t)(row.page - 1);

	path(PATH_PAGE);
	CHECK(w, store_get_page(w->store, row.job, row.page, &had) == ERR_NOT_FOUND,
		"page %d of j%llu is read twice", row.page, (unsigned long long)row.job);
	CHECK(w, before == 0 || !store_get_page(w->store, row.job, before, &had),
		"page %d of j%llu is read before the one before it", row.page,
		(unsigned long long)row.job);
	return store_put_page(w->store, &row);
}

void keep_order(struct world *w, const struct order *o)
{
	uint64_t seq;

	if (!turn_write(w))
		return;
	switch (o->kind) {
	case ORDER_PUT:
		turn_fail(w, put(w, o));
		break;
	case ORDER_SAVE:
		turn_fail(w, store_save_job(w->store, &o->job));
		break;
	case ORDER_END:
		turn_fail(w, end(w, o));
		break;
	case ORDER_ASK:
		turn_fail(w, store_put_reply(w->store, &o->job, &seq));
		break;
	case ORDER_PAGE:
		turn_fail(w, page(w, o));
		break;
	case ORDER_WINDOW:
		turn_fail(w, window(w, o));
		break;
	case ORDER_SPENT:
		sim_trace(w, "spent: kind %u of %u, length %u from day %d: %lld", o->spent.kind,
			o->spent.owner, o->spent.length, (int)o->spent.begins,
			(long long)o->spent.spent);
		turn_fail(w, store_put_spent(w->store, &o->spent));
		break;
	case ORDER_FILL:
		ties_fill(w, o);
		break;
	case ORDER_PACE:
		rules_keep(w, o);
		break;
	case ORDER_PARK:
		vault_park(w, o);
		break;
	case ORDER_REFUSAL: /* X refuses nothing here as not part of a plan */
	case ORDER_ASSIGN:
	case ORDER_GO:
	case ORDER_REFUSE:
	case ORDER_KEPT:
	case ORDER_REFRESH:
	case ORDER_NOTE:
		break;
	}
	CHECK(w, !w->failed || w->failed == ERR_UNAVAILABLE,
		"order %d about j%llu cannot be carried out: %s", (int)o->kind,
		(unsigned long long)o->job.id, err_name(w->failed));
}

void keep_app(struct world *w, const struct sim_app *a)
{
	char name[16];
	uint32_t id;
	struct app_row row = {.id = a->id,
		.plan = str_of(a->plan),
		.paused = a->paused,
		.parked_until = a->parked_until};

	(void)snprintf(name, sizeof(name), "app%u", a->id);
	row.name = str_of(name);
	if (!turn_write(w))
		return;
	enum err e = store_put_app(w->store, &row, &id);
	if (e == ERR_NOT_FOUND) {
		row.id = 0;
		e = store_put_app(w->store, &row, &id);
	}
	turn_fail(w, e);
}

void keep_account(struct world *w, const struct sim_account *a)
{
	char name[16], scopes[512];
	uint32_t id;
	struct account_row row = {.id = a->id,
		.app = w->apps[a->app].id,
		.scopes = str_of(scopes_write(a->scopes, scopes, sizeof(scopes))),
		.grant = (uint8_t)a->grant,
		.refreshing = a->refreshing,
		.generation = a->generation,
		.token_until = a->token_until,
		.paused = a->paused,
		.parked_until = a->parked_until};

	(void)snprintf(name, sizeof(name), "acct%u", a->id);
	row.name = str_of(name);
	if (!turn_write(w))
		return;
	enum err e = store_put_account(w->store, &row, &id);
	if (e == ERR_NOT_FOUND) {
		row.id = 0;
		e = store_put_account(w->store, &row, &id);
	}
	turn_fail(w, e);
}

/* --- a start --- */

static void load_app(void *ctx, const struct app_row *row)
{
	struct sim_app *a = app_by_id(ctx, row->id);

	a->paused = row->paused;
	a->parked_until = row->parked_until;
	for (size_t i = 0; i < 2; i++) {
		static const char *const plans[] = {"payg", "basic"};

		if (str_is(row->plan, plans[i]))
			a->plan = plans[i];
	}
}

static void load_account(void *ctx, const struct account_row *row)
{
	struct sim_account *a = account_by_id(ctx, row->id);

	a->grant = (enum grant_state)row->grant;
	if (row->refreshing && a->grant == GRANT_OK)
		a->grant = GRANT_SUSPECT; /* nobody knows whether its token was used */
	a->refreshing = false;
	a->generation = row->generation;
	a->token_until = row->token_until;
	a->paused = row->paused;
	a->parked_until = row->parked_until;
	a->scopes = scopes_read(row->scopes);
}

static void load_window(void *ctx, const struct window_kept *k)
{
	struct world *w = ctx;
	struct fact f = {.kind = FACT_WINDOW, .window = k->row};
	bool found = limits_family_find(w->limits, k->family, &f.window.family);

	ASSERT(found);
	enum err e = tell(w, &f);
	CHECK(w, !e, "a stored window is refused");
}

static void load_job(void *ctx, const struct job *j)
{
	struct world *w = ctx;

	if (j->flags & JOB_BEGUN && j->state == JOB_RUNNING)
		path(PATH_LOADED_BEGUN);
	enum err e = tell(w, &(struct fact){.kind = FACT_LOADED, .job = *j});
	CHECK(w, !e, "stored j%llu is refused", (unsigned long long)j->id);
}

void keep_load(struct world *w)
{
	x_forget(w);
	core_free(w->core);
	enum err e = store_begin(w->store, NULL);
	if (!e)
		e = store_next_boot(w->store, &w->boot);
	if (!e)
		e = store_commit(w->store, NULL);
	ASSERT(!e);
	w->conf.boot = w->boot;
	w->conf.seed = rng_next(&w->rng);
	w->core = core_new(&w->conf);
	ASSERT(w->core);
	fair_watch(w);
	e = store_each_app(w->store, load_app, w);
	if (!e)
		e = store_each_account(w->store, load_account, w);
	ASSERT(!e);
	for (uint32_t i = 0; i < w->app_count; i++)
		vault_tell_app(w, &w->apps[i]);
	for (uint32_t i = 0; i < w->account_count; i++)
		vault_tell(w, &w->accounts[i]);
	money_load(w);
	rules_load(w);
	brakes_load(w);
	e = store_each_window(w->store, load_window, w);
	if (!e)
		e = store_each_job(w->store, load_job, w);
	ties_load(w);
	if (!e)
		e = store_last_id(w->store, &w->last_id);
	ASSERT(!e);
	(void)tell(w, &(struct fact){.kind = FACT_STARTED});
}

/* --- replies --- */

struct reading {
	struct world *w;
	uint64_t seq;
};

static void read_reply(void *ctx, const struct reply *r)
{
	struct reading *in = ctx;

	CHECK(in->w, r->seq == in->seq + 1, "reply %llu follows %llu",
		(unsigned long long)r->seq, (unsigned long long)in->seq);
	in->seq = r->seq;
	agents_told(in->w, r);
}

static void acknowledge(struct world *w, const struct event *e)
{
	uint64_t count;

	if (turn_write(w))
		turn_fail(w, store_ack_replies(w->store, e->number, e->job, &count));
}

/* Each agent reads what is new to it, and acknowledges a little later. */
void keep_told(struct world *w)
{
	for (uint32_t agent = 1; agent <= w->agent_count; agent++) {
		struct reading in = {w, w->read_seq[agent]};
		enum err e = store_each_reply(w->store, agent, in.seq, 20, read_reply, &in);

		ASSERT(!e);
		if (in.seq == w->read_seq[agent])
			continue;
		w->read_seq[agent] = in.seq;
		struct event *ack = plan(w, soon(w), acknowledge);
		ack->number = agent;
		ack->job = in.seq;
	}
}
