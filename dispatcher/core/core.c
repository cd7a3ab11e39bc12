/* core.c - the machine: facts by kind, alarms by time, orders out */
#include "dispatcher/core/core.h"

#include "common/base/mem.h"
#include "dispatcher/core/inside.h"

#define TRIALS   1024 /* lanes tried and alarms rung in one turn, at most: a few milliseconds */
#define WAIT_MIN (4 * USEC_HOUR) /* a wait that the core imposes may be that long, at least */

#define STARVED (10 * USEC_MSEC)

#ifdef ROOST_MISTAKES
enum core_mistake core_mistake;
#endif

/* --- coming and going --- */

static usec_t longest_wait(const struct core_conf *conf)
{
	usec_t longest = conf->retry_cap > WAIT_MIN ? conf->retry_cap : WAIT_MIN;

	for (size_t i = 0; i < conf->look_count; i++)
		longest = conf->looks[i] > longest ? conf->looks[i] : longest;
	return longest;
}

struct core *core_new(const struct core_conf *conf)
{
	ASSERT(conf->account_concurrency >= 1 && conf->look_count <= CORE_LOOKS_MAX &&
		conf->boot < 1u << 24);
	struct core *c = mem_alloc(sizeof(*c));
	if (!c)
		return NULL;
	c->conf = *conf;
	c->rng = (struct rng){conf->seed};
	c->wait_max = longest_wait(conf);
#define SLAB(name, thing, map, key_of)             \
	slab_init(&c->name, sizeof(struct thing)); \
	map_init(&c->map, key_of, c);
#define LIST(name) list_init(&c->name);
#include "dispatcher/core/parts.def"
	return c;
}

void core_set_conf(struct core *c, const struct core_conf *conf)
{
	struct core_conf kept = c->conf;
	usec_t longest = longest_wait(conf);

	ASSERT(conf->account_concurrency >= 1 && conf->look_count <= CORE_LOOKS_MAX);
	c->conf = *conf;
	c->conf.boot = kept.boot;
	c->conf.seed = kept.seed;
	c->conf.limits = kept.limits;
	if (longest > c->wait_max)
		c->wait_max = longest; /* waits begun under the old ones may be longer */
}

enum err core_expect(struct core *c, uint32_t jobs)
{
	if (!map_reserve(&c->item_by_id, jobs) || !heap_reserve(&c->due, jobs))
		return ERR_NOMEM;
	return ERR_OK;
}

void core_free(struct core *c)
{
	if (!c)
		return;
	lanes_done(c);
	plans_done(c);
	parties_done(c);
	purses_done(c);
#define SLAB(name, thing, map, key_of) \
	map_done(&c->map);             \
	slab_done(&c->name);
#define HEAP(name) heap_done(&c->name);
#include "dispatcher/core/parts.def"
	mem_free(c->orders.ring);
	mem_free(c);
}

/* --- facts --- */

static enum err started(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	(void)f;
	(void)m;
	c->started = true;
	leases_start(c, now);
	return ERR_OK;
}

static enum err window_loaded(
	struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	(void)m;
	return counter_load(c, &f->window, now.wall);
}

typedef enum err (*fact_handler)(
	struct core *c, const struct fact *f, struct now now, struct errmsg *m);

/* clang-format off */
static const fact_handler handlers[] = {
	[FACT_APP]     = party_app,
	[FACT_PAUSE] = pause_set,
	[FACT_REFUSAL] = party_refusal,
	[FACT_ACCOUNT] = party_account,
	[FACT_WINDOW]  = window_loaded,
	[FACT_PACING]  = pacer_rules,
	[FACT_PACE]    = pacer_loaded,
	[FACT_LOADED]  = agent_loaded,
	[FACT_NEED]    = knot_loaded,
	[FACT_STARTED] = started,
	[FACT_ENQUEUE] = agent_enqueue,
	[FACT_CANCEL]  = agent_cancel,
	[FACT_UPDATE]  = agent_update,
	[FACT_APPROVE] = agent_approve,
	[FACT_REJECT]  = agent_reject,
	[FACT_RESOLVE] = settle_resolve,
	[FACT_WORKER]  = worker_is_there,
	[FACT_HEARD]   = worker_heard,
	[FACT_HOLDS]   = begin_holds,
	[FACT_CLAIMED] = worker_claimed,
	[FACT_GONE]    = worker_gone,
	[FACT_BEGIN]   = begin_asked,
	[FACT_BACK]    = begin_back,
	[FACT_OUTCOME] = after_outcome,
	[FACT_FILLED]  = agent_filled,
	[FACT_MEDIA]   = begin_media,
	[FACT_NAMED]   = begin_named,
	[FACT_CAPS]    = purse_caps,
	[FACT_SPENT]   = purse_spent,
	[FACT_RAISE]   = purse_raise,
};
/* clang-format on */

/* The wall clock has stepped back: waits that the core imposed under the old one are worked out
 * anew. */
static void mind_the_clock(struct core *c, struct now now)
{
	usec_t offset = now.wall - now.mono;
	bool stepped_back = c->offset - offset > USEC_SEC;

	c->offset = offset;
	if (!stepped_back)
		return;
	items_mend(c, now);
	pacers_mend(c, now);
	bars_mend(c);
}

enum err core_feed(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	ASSERT((size_t)f->kind < COUNT_OF(handlers));
	mind_the_clock(c, now);
	if (!orders_reserve(c, ORDERS_A_STEP))
		return err_say(m, ERR_NOMEM, "out of memory");
	c->tag = f->tag;
	enum err e = handlers[f->kind](c, f, now, m);
	c->tag = NULL;
	return e;
}

/* --- alarms --- */

static const struct alarm {
	usec_t (*at)(const struct core *c);
	void (*ring)(struct core *c, struct now now);
	bool wall; /* the clock that `at` is on */
} alarms[] = {
	{leases_first, lease_passed, false},
	{worker_silent_at, worker_silent, false},
	{items_expire_at, items_expire, true},
	{knots_loose_at, knots_let_go, true},
	{items_due_at, items_due, true},
	{bars_first, bars_wake, true},
};

static usec_t wait_for(const struct alarm *a, const struct core *c, struct now now)
{
	usec_t at = a->at(c);
	usec_t clock = a->wall ? now.wall : now.mono;

	if (at == USEC_NEVER)
		return USEC_NEVER;
	return at > clock ? at - clock : 0;
}

/* Rings the first alarm that is due; false when none is. */
static bool ring_one(struct core *c, struct now now)
{
	for (size_t i = 0; i < COUNT_OF(alarms); i++) {
		if (wait_for(&alarms[i], c, now))
			continue;
		c->trials--;
		alarms[i].ring(c, now);
		return true;
	}
	return false;
}

/* --- orders --- */

/* Does one thing that may lead to orders; false when there is nothing left to do. */
static bool advance(struct core *c, struct now now)
{
	if (!c->started || !orders_reserve(c, ORDERS_A_STEP))
		return false;
	if (c->trials && (ring_one(c, now) || dispatch(c, now)))
		return true;
	return counters_order(c) || purses_order(c);
}

size_t core_orders(struct core *c, struct order *out, size_t cap, struct now now)
{
	size_t n = 0;

	mind_the_clock(c, now);
	if (!c->in_turn) {
		c->in_turn = true;
		c->trials = TRIALS;
		c->starved = false;
	}
	while (n < cap) {
		if (order_take(c, &out[n]))
			n++;
		else if (!advance(c, now))
			break;
	}
	c->in_turn = n > 0;
	return n;
}

usec_t core_sleep(const struct core *c, struct now now)
{
	usec_t least = USEC_NEVER;

	if (c->starved)
		return STARVED;
	if (c->orders.count || c->dirty || c->dirty_purse ||
		(!list_is_empty(&c->ring) && worker_next(c, now)) || suspect_lane(c, now))
		return 0;
	for (size_t i = 0; i < COUNT_OF(alarms); i++) {
		usec_t wait = wait_for(&alarms[i], c, now);

		least = wait < least ? wait : least;
	}
	return least;
}

/* --- questions --- */

const struct job *core_job(const struct core *c, uint64_t id)
{
	const struct item *it = item_find(c, id);

	return it ? &it->job : NULL;
}

bool core_is_out(const struct core *c, uint64_t id, uint64_t lease, enum step *ret)
{
	const struct lease *l = lease_find(c, lease);
	const struct item *it = l ? lease_item(c, l) : NULL;

	if (!it || it->job.id != id)
		return false;
	*ret = (enum step)l->step;
	return true;
}

bool core_is_with(const struct core *c, uint32_t worker, uint64_t lease)
{
	const struct lease *l = lease_find(c, lease);

	return l && (l->worker == NONE || worker_at(c, l->worker)->id == worker);
}

void core_each_begun(const struct core *c, uint32_t account,
	void (*each)(void *ctx, const struct job *j), void *ctx)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->lease_by_id, &at)) != MAP_NONE;) {
		const struct lease *l = lease_at(c, slot);
		const struct item *it = l->effect && l->begun ? lease_item(c, l) : NULL;

		if (it && it->job.account == account)
			each(ctx, &it->job);
	}
}

void core_each_flagged(const struct core *c, uint16_t flags,
	void (*each)(void *ctx, const struct job *j), void *ctx)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->item_by_id, &at)) != MAP_NONE;)
		if (item_at(c, slot)->job.flags & flags)
			each(ctx, &item_at(c, slot)->job);
}

struct core_counts core_counts(const struct core *c)
{
	struct core_counts counts = c->counts;

	counts.jobs = c->items.count;
	return counts;
}

void core_each_window(const struct core *c, uint32_t account,
	void (*each)(void *ctx, const struct window *w), void *ctx)
{
	uint32_t slot = account ? account_find(c, account) : NONE;
	uint32_t app = slot == NONE ? 0 : account_at(c, slot)->fact.app;
	uint32_t at = 0;

	for (uint32_t i; (i = map_next(&c->counter_by_key, &at)) != MAP_NONE;) {
		const struct window *w = &counter_at(c, i)->w;

		if (!account ||
			(slot != NONE &&
				w->row.owner == (w->row.scope == LIMIT_APP ? app : account)))
			each(ctx, w);
	}
}
