#include "dispatcher/core/walk.h"

#include "common/base/mem.h"
#include "dispatcher/core/inside.h"

#define ENDLESS    (USEC_NEVER / 4)
#define TOKEN_LIFE (2 * USEC_HOUR) /* X's access tokens */
#define OWN_WORKER UINT32_MAX      /* who works when nobody is there */

/* An answer that is under way. */
struct coming {
	usec_t at;           /* wall */
	uint64_t job, lease; /* in whose order they left */
	uint32_t worker;
	uint32_t account; /* not 0: its renewed token, instead */
	uint32_t heap_at;
};

/* What a lane has waited for. */
struct held {
	struct answer now; /* waits for it; .blocker NONE: it does not wait */
	struct answer longest;
	usec_t since;       /* wall, of `now` */
	usec_t length, end; /* of `longest` */
};

struct walk {
	struct watch watch; /* first: the core knows only this */
	struct core *core;
	struct now now;
	struct slab comings;
	struct heap due;    /* of comings */
	struct held *lanes; /* owned; by slot */
	uint32_t lane_size;
	struct answer held; /* of the job that was assigned last */
	struct asked asked;
	bool has_workers;
	bool starved; /* out of memory: the walk ends */
	walk_seen *seen;
	void *ctx;
};

/* --- what is under way --- */

static struct coming *coming_at(const struct walk *w, uint32_t slot)
{
	return slab_at(&w->comings, slot);
}

static bool before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct coming *x = coming_at(ctx, a);
	const struct coming *y = coming_at(ctx, b);

	return x->at != y->at ? x->at < y->at : x->lease < y->lease;
}

static void moved(void *ctx, uint32_t slot, uint32_t at)
{
	coming_at(ctx, slot)->heap_at = at;
}

static const struct heap_ops ops = {before, moved};

static void expect(struct walk *w, const struct coming *what)
{
	uint32_t slot = slab_take(&w->comings);

	if (slot == SLAB_NONE) {
		w->starved = true;
		return;
	}
	struct coming *n = coming_at(w, slot);
	*n = *what;
	if (heap_put(&w->due, slot, &ops, w))
		return;
	slab_give(&w->comings, slot);
	w->starved = true;
}

static usec_t next_coming(const struct walk *w)
{
	uint32_t slot = heap_first(&w->due);

	return slot == HEAP_NONE ? USEC_NEVER : coming_at(w, slot)->at;
}

usec_t call_takes(const struct core *c, enum call call)
{
	return c->took[call] ? c->took[call] : WALK_LATENCY;
}

static void feed(struct walk *w, const struct fact *f)
{
	if (core_feed(w->core, f, w->now, NULL) == ERR_NOMEM)
		w->starved = true;
}

static void answer_lease(struct walk *w, const struct lease *l, usec_t given_ago)
{
	usec_t rest = call_takes(w->core, (enum call)l->call) - given_ago;
	const struct item *it = lease_item(w->core, l);

	expect(w, &(struct coming){.at = w->now.wall + (rest > 0 ? rest : 0),
			  .job = it ? it->job.id : 0,
			  .lease = l->id,
			  .worker = worker_at(w->core, l->worker)->id});
}

static void ask_begin(struct walk *w, uint32_t worker, uint64_t job, uint64_t lease)
{
	feed(w, &(struct fact){
			.kind = FACT_BEGIN, .worker = worker, .job.id = job, .lease = lease});
}

static void renew(struct walk *w, uint32_t account, usec_t takes)
{
	expect(w, &(struct coming){.at = w->now.wall + takes, .account = account});
}

/* Which group of headers speaks of a window of that shape; RATE_GROUPS: none does. */
static enum rate_group group_of(const struct window_row *row)
{
	if (row->length == USEC_DAY)
		return row->scope == LIMIT_ACCOUNT ? RATE_USER_DAY : RATE_APP_DAY;
	return row->scope == LIMIT_ACCOUNT ? RATE_ENDPOINT : RATE_GROUPS;
}

/* What X's headers say of the windows the lease draws on: just what the core has counted. */
static void say_windows(const struct walk *w, const struct lease *l, struct outcome *o)
{
	for (uint32_t i = 0; i < l->draws.count; i++) {
		const struct window *n = &counter_at(w->core, l->draws.slot[i])->w;
		enum rate_group group = group_of(&n->row);
		int64_t later = n->in_flight - 1; /* X counts these when they are answered */

		if (!(l->draws.own & 1u << i) || group == RATE_GROUPS || o->rate[group].limit)
			continue;
		o->rate[group] = (struct rate_seen){.limit = n->row.limit,
			.remaining = n->row.limit - (n->row.used - later),
			.resets_at = n->row.resets_at - window_pad(n->row.length)};
	}
}

/* What a read may return at most, which is what was reserved for it. */
static int64_t most_objects(const struct pay *p)
{
	return p->unit ? p->amount / p->unit : p->objects;
}

/*
 * X does what it was asked, and a read has as many pages as were asked for and each as many
 * objects as it may: so a plan never spends less of a budget than the jobs will.
 */
static void arrive(struct walk *w)
{
	uint32_t slot = heap_remove(&w->due, 0, &ops, w);
	struct coming n = *coming_at(w, slot);

	slab_give(&w->comings, slot);
	if (n.account) {
		struct fact f = {.kind = FACT_ACCOUNT};

		f.account = account_at(w->core, account_find(w->core, n.account))->fact;
		f.account.refreshing = false;
		f.account.token_until = w->now.wall + TOKEN_LIFE;
		feed(w, &f);
		return;
	}
	struct outcome done = {
		.class = OUTCOME_DONE, .http_status = 200, .look = LOOK_FOUND, .x_id = "1"};
	const struct lease *l = lease_find(w->core, n.lease);
	if (l) {
		done.objects = most_objects(&l->pay);
		say_windows(w, l, &done);
	}
	feed(w, &(struct fact){.kind = FACT_OUTCOME,
			.worker = n.worker,
			.job.id = n.job,
			.lease = n.lease,
			.more = true,
			.next = CALL_COUNT,
			.outcome = &done});
}

/* --- what lanes wait for --- */

static struct held *held_of(struct walk *w, uint32_t lane)
{
	if (lane >= w->lane_size) {
		uint32_t size = lane + lane / 2 + 64;
		struct held *lanes = mem_grow(w->lanes, size * sizeof(*lanes));

		if (!lanes)
			return NULL;
		for (uint32_t i = w->lane_size; i < size; i++)
			lanes[i] = (struct held){0};
		w->lanes = lanes;
		w->lane_size = size;
	}
	return &w->lanes[lane];
}

static void blocked(
	struct watch *watch, const struct asked *q, const struct answer *a, uint32_t lane)
{
	struct walk *w = (struct walk *)watch;
	struct held *h = held_of(w, lane);

	if (!h || (h->now.blocker != BLOCKER_NONE && h->now.bar == a->bar))
		return;
	h->now = *a;
	h->since = q->now.wall;
}

/* A wait that was over before this job was due did not hold it. */
static void assigned(struct watch *watch, const struct asked *q, uint32_t lane)
{
	struct walk *w = (struct walk *)watch;
	struct held *h = held_of(w, lane);
	usec_t wall = q->now.wall;
	usec_t due = q->it->job.not_before;

	w->asked = *q;
	w->held = (struct answer){.blocker = BLOCKER_NONE, .bar = NONE, .words = "it may go"};
	if (!h)
		return;
	if (h->now.blocker != BLOCKER_NONE && (wall - h->since >= h->length || h->end <= due)) {
		h->longest = h->now;
		h->length = wall - h->since;
		h->end = wall;
	}
	h->now.blocker = BLOCKER_NONE;
	if (h->end > due)
		w->held = h->longest;
}

void walk_verdict(const struct walk *w, struct verdict *ret)
{
	answer_words(&w->asked, &w->held, ret);
}

/* --- orders --- */

static void tell(struct walk *w, const struct order *o, bool start)
{
	struct walk_event e = {.job = o->job.id,
		.at = w->now.wall,
		.start = start,
		.state = (enum job_state)o->job.state,
		.held = start ? w->held.blocker : BLOCKER_NONE};

	if (w->seen)
		w->seen(w->ctx, w, &e);
}

static void sent(struct walk *w, const struct order *o)
{
	const struct lease *l = lease_find(w->core, o->lease);

	if (!l)
		return;
	answer_lease(w, l, 0);
	if (l->step == STEP_ACT)
		tell(w, o, true);
}

static void obey(struct walk *w, const struct order *o)
{
	if (o->kind == ORDER_ASSIGN && o->begin)
		ask_begin(w, o->worker, o->job.id, o->lease);
	else if (o->kind == ORDER_ASSIGN || o->kind == ORDER_GO)
		sent(w, o);
	else if (o->kind == ORDER_END)
		tell(w, o, false);
	else if (o->kind == ORDER_FILL)
		feed(w, &(struct fact){.kind = FACT_FILLED, .job = o->job});
	else if (o->kind == ORDER_REFRESH)
		renew(w, o->account, WALK_LATENCY);
}

/* --- beginning --- */

/* What workers hold goes on: begun and reads are answered when their time is up. */
static void take_leases(struct walk *w)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&w->core->lease_by_id, &at)) != MAP_NONE;) {
		const struct lease *l = lease_at(w->core, slot);
		const struct item *it = lease_item(w->core, l);

		if (l->worker == NONE || !it)
			continue;
		if (l->effect && !l->begun)
			ask_begin(w, worker_at(w->core, l->worker)->id, it->job.id, l->id);
		else
			answer_lease(w, l, w->now.mono - l->given_at);
	}
}

static void take_renewals(struct walk *w)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&w->core->account_by_id, &at)) != MAP_NONE;)
		if (account_at(w->core, slot)->refreshing)
			renew(w, account_at(w->core, slot)->fact.id, WALK_LATENCY);
}

struct walk *walk_new(const struct core *c, struct now now)
{
	struct walk *w = mem_alloc(sizeof(*w));

	if (!w)
		return NULL;
	*w = (struct walk){.watch = {blocked, assigned, NULL}, .now = now};
	slab_init(&w->comings, sizeof(struct coming));
	w->core = core_copy(c);
	if (!w->core) {
		walk_free(w);
		return NULL;
	}
	w->core->watch = &w->watch;
	w->core->conf.lease = ENDLESS;
	w->core->conf.worker_silence = ENDLESS;
	w->core->conf.max_pending = UINT64_MAX;
	w->core->started = true;
	w->has_workers = c->counts.slots > 0;
	if (!w->has_workers)
		feed(w, &(struct fact){.kind = FACT_WORKER,
				.worker = OWN_WORKER,
				.slots = WALK_SLOTS});
	take_leases(w);
	take_renewals(w);
	return w;
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	core_free(w->core);
	slab_done(&w->comings);
	heap_done(&w->due);
	mem_free(w->lanes);
	mem_free(w);
}

/* --- going --- */

enum err walk_feed(struct walk *w, const struct fact *f, struct errmsg *m)
{
	enum err e = core_feed(w->core, f, w->now, m);
	struct order o;

	/* What it leads to is of no interest, and must not pile up; nothing is dispatched here.
	 */
	while (!e && order_take(w->core, &o))
		continue;
	return e;
}

/* Moves the clocks to what happens next; false when that is nothing, or too late. */
static bool wait_next(struct walk *w, usec_t until)
{
	usec_t sleep = core_sleep(w->core, w->now);
	usec_t next = next_coming(w);

	if (sleep != USEC_NEVER && w->now.wall + sleep < next)
		next = w->now.wall + sleep;
	if (next > until || next >= w->now.wall + ENDLESS / 2 || w->starved)
		return false;
	if (next > w->now.wall) {
		w->now.mono += next - w->now.wall;
		w->now.wall = next;
	}
	if (next_coming(w) <= w->now.wall)
		arrive(w);
	return true;
}

bool walk_on(struct walk *w, usec_t until, uint32_t steps, walk_seen *seen, void *ctx)
{
	struct order o;

	w->seen = seen;
	w->ctx = ctx;
	while (steps > 0) {
		steps--;
		if (core_orders(w->core, &o, 1, w->now))
			obey(w, &o);
		else if (!wait_next(w, until))
			return false;
	}
	return true;
}

struct now walk_now(const struct walk *w)
{
	return w->now;
}

const struct core *walk_core(const struct walk *w)
{
	return w->core;
}

bool walk_has_workers(const struct walk *w)
{
	return w->has_workers;
}

/* --- one job --- */

struct sought {
	uint64_t job;
	usec_t at;
};

static void seek(void *ctx, struct walk *w, const struct walk_event *e)
{
	struct sought *s = ctx;

	(void)w;
	if (e->job == s->job && s->at == USEC_NEVER)
		s->at = e->at;
}

usec_t walk_eta(
	const struct core *c, uint64_t id, struct now now, uint32_t steps, bool *ret_exact)
{
	struct sought s = {.job = id, .at = USEC_NEVER};
	bool more = true;

	*ret_exact = false;
	if (c->items.count + c->lane_by_key.count > steps)
		return core_eta(c, id, now);
	AUTO(walk) w = walk_new(c, now);
	if (!w)
		return core_eta(c, id, now);
	for (uint32_t portion = steps / 16 + 1; more && s.at == USEC_NEVER && steps >= portion;
		steps -= portion)
		more = walk_on(w, USEC_NEVER, portion, seek, &s);
	*ret_exact = s.at != USEC_NEVER || !more;
	return *ret_exact ? s.at : core_eta(c, id, now);
}
