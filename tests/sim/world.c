/* world.c - the clock, what will happen, and the dispatcher's turn */
#include "tests/sim/world.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

/* --- words --- */

void sim_fail(const struct world *w, const char *fmt, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "sim: seed %llu, step %llu, %.6f s: ", (unsigned long long)w->seed,
		(unsigned long long)w->steps, (double)w->time / (double)USEC_SEC);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\nsim: ROOST_SEED=%llu plays it again\n", (unsigned long long)w->seed);
	fflush(stderr);
	_exit(1);
}

void sim_trace(const struct world *w, const char *fmt, ...)
{
	va_list args;

	if (!w->verbose)
		return;
	printf("%14.6f ", (double)w->time / (double)USEC_SEC);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

/* --- time and chance --- */

struct now world_now(const struct world *w)
{
	return (struct now){.mono = w->time, .wall = x_wall(w) + w->step};
}

usec_t x_wall(const struct world *w)
{
	return WALL0 + w->time;
}

int64_t draw(struct world *w, int64_t lo, int64_t hi)
{
	return rng_range(&w->rng, lo, hi);
}

bool chance(struct world *w, int per_mille)
{
	return per_mille > 0 && draw(w, 0, 999) < per_mille;
}

usec_t soon(struct world *w)
{
	return draw(w, 100, 50 * USEC_MSEC);
}

struct sim_job *job_by_id(struct world *w, uint64_t id)
{
	CHECK(w, id < IDS_MAX && w->by_id[id], "nobody asked for j%llu",
		(unsigned long long)id);
	return &w->jobs[w->by_id[id] - 1];
}

/* --- what will happen --- */

static bool before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct world *w = ctx;
	const struct event *x = &w->events[a], *y = &w->events[b];

	return x->at != y->at ? x->at < y->at : x->order < y->order;
}

static void moved(void *ctx, uint32_t slot, uint32_t at)
{
	((struct world *)ctx)->events[slot].pos = at;
}

static const struct heap_ops ops = {before, moved};

struct event *plan(
	struct world *w, usec_t in, void (*fire)(struct world *, const struct event *))
{
	CHECK(w, w->free_count > 0, "the world has too many plans");
	uint32_t slot = w->free[--w->free_count];
	struct event *e = &w->events[slot];

	*e = (struct event){.fire = fire, .at = w->time + in, .order = w->order++};
	bool put = heap_put(&w->heap, slot, &ops, w);
	ASSERT(put);
	return e;
}

static struct event take_first(struct world *w)
{
	uint32_t slot = heap_remove(&w->heap, 0, &ops, w);

	w->free[w->free_count++] = slot;
	return w->events[slot];
}

static usec_t first_at(const struct world *w)
{
	uint32_t slot = heap_first(&w->heap);

	return slot == HEAP_NONE ? USEC_NEVER : w->events[slot].at;
}

/* --- coming and going --- */

struct world *world_new(uint64_t seed, bool verbose)
{
	static struct world the_world; /* one at a time: it is large */
	struct world *w = &the_world;

	*w = (struct world){.seed = seed, .verbose = verbose, .time = USEC_HOUR};
	/* Its state goes in equal steps, and so must not the seeds: else the next seed's world
	 * is this one's, a draw later. */
	w->rng = (struct rng){rng_next(&(struct rng){seed})};
	for (uint32_t i = 0; i < EVENTS_MAX; i++)
		w->free[w->free_count++] = i;
	weather_draw(w);
	money_start(w);
	rules_start(w);
	brakes_start(w);
	return w;
}

void world_free(struct world *w)
{
	core_free(w->core);
	store_free(w->store);
	heap_done(&w->heap);
}

/* --- the turn --- */

void turn_fail(struct world *w, enum err e)
{
	if (e && !w->failed)
		w->failed = e;
}

bool turn_write(struct world *w)
{
	if (w->failed)
		return false;
	if (!w->writing)
		turn_fail(w, store_begin(w->store, NULL));
	w->writing = !w->failed;
	return w->writing;
}

enum err tell(struct world *w, const struct fact *f)
{
	struct errmsg m;
	m.text[0] = 0;
	enum err e = core_feed(w->core, f, world_now(w), &m);
	bool refuses =
		e == ERR_NOT_FOUND || e == ERR_STATE || e == ERR_QUOTA || e == ERR_BUDGET;

	CHECK(w, !e || refuses, "fact %d: %s", (int)f->kind, m.text);
	if (e)
		CHECK(w, m.text[0], "fact %d was refused without a word", (int)f->kind);
	return e;
}

static bool is_store_order(enum order_kind kind)
{
	return kind <= ORDER_PACE;
}

/* A name may be known already: then its assignment is not sent. */
static bool name_is_known(struct world *w, const struct order *o)
{
	if (o->kind != ORDER_ASSIGN || o->step != STEP_NAME || !chance(w, 300))
		return false;
	path(PATH_NAMED);
	w->named = w->steps;
	(void)tell(w, &(struct fact){.kind = FACT_NAMED,
			      .job.id = o->job.id,
			      .worker = o->worker,
			      .lease = o->lease});
	return true;
}

/* X may have forgotten the media of a post, or have them since: then it is not sent. */
static bool media_lack(struct world *w, const struct order *o)
{
	enum call next = chance(w, 500) ? CALL_COUNT : CALL_OP_APPEND_MEDIA_UPLOAD;

	if (o->kind != ORDER_ASSIGN || !(o->job.flags & JOB_MEDIA) ||
		(o->step != STEP_MEDIA && o->step != STEP_ACT) || !chance(w, 200))
		return false;
	if (o->step == STEP_ACT)
		next = CALL_OP_INITIALIZE_MEDIA_UPLOAD;
	path(PATH_MEDIA_LACK);
	w->named = w->steps;
	(void)tell(w, &(struct fact){.kind = FACT_MEDIA,
			      .job.id = o->job.id,
			      .worker = o->worker,
			      .lease = o->lease,
			      .next = next,
			      .until = chance(w, 500) ? 0 : world_now(w).wall + USEC_SEC});
	return true;
}

static void take(struct world *w, const struct order *o)
{
	if (is_store_order(o->kind))
		keep_order(w, o);
	else if (o->kind == ORDER_REFRESH)
		vault_refresh(w, o->account);
	else if (name_is_known(w, o) || media_lack(w, o))
		return;
	if (o->kind == ORDER_ASSIGN)
		tries_given(w, o);
	CHECK(w, w->said_count < SAID_MAX, "a turn never ends");
	w->said[w->turn][w->said_count++] = *o;
}

static void take_orders(struct world *w)
{
	struct order out[16];
	size_t from = w->said_count;

	for (;;) {
		size_t cap = (size_t)draw(w, 1, COUNT_OF(out));
		size_t n = core_orders(w->core, out, cap, world_now(w));

		for (size_t i = 0; i < n; i++)
			take(w, &out[i]);
		if (!n)
			break;
	}
	check_order(w, &w->said[w->turn][from], w->said_count - from);
}

static void begin_again(struct world *w)
{
	if (w->writing)
		store_rollback(w->store);
	store_mem_fail_after(w->store, -1, ERR_OK);
	w->writing = false;
	w->failed = ERR_OK;
	w->said_count = 0;
	vault_dropped(w);
	tries_dropped(w);
	keep_load(w);
	workers_hello_all(w);
	take_orders(w);
	CHECK(w, w->said_count == 0 || !w->failed, "a start cannot be kept");
}

void world_crash(struct world *w)
{
	sim_trace(w, "-- crash --");
	w->crashed_at = w->time;
	begin_again(w);
}

static void obey(struct world *w, const struct order *o)
{
	check_said(w, o);
	switch (o->kind) {
	case ORDER_PUT:
		agents_answered(w, o);
		break;
	case ORDER_ASSIGN:
	case ORDER_GO:
	case ORDER_REFUSE:
	case ORDER_KEPT:
		workers_order(w, o);
		break;
	case ORDER_NOTE:
		if (o->note == NOTE_WORKER_GONE)
			workers_gone(w, o->worker);
		break;
	case ORDER_SAVE:
	case ORDER_END:
	case ORDER_ASK:
	case ORDER_PAGE:
	case ORDER_FILL:
	case ORDER_WINDOW:
	case ORDER_PACE:
	case ORDER_SPENT:
	case ORDER_PARK:
	case ORDER_REFUSAL:
	case ORDER_REFRESH:
		break;
	}
}

/* Says what is to be said; a crash may come at any word. */
static void say(struct world *w)
{
	const struct order *said = w->said[w->turn];
	size_t n = w->said_count;

	w->turn = !w->turn; /* what is fed meanwhile belongs to the next turn */
	w->said_count = 0;
	vault_committed(w);
	for (size_t i = 0; i < n; i++) {
		if (chance(w, w->weather.crash / 4)) {
			path(PATH_CRASH_UNSAID);
			world_crash(w);
			return;
		}
		obey(w, &said[i]);
	}
}

static bool commit(struct world *w)
{
	if (w->writing)
		turn_fail(w, store_commit(w->store, NULL));
	if (!w->failed)
		w->writing = false;
	store_mem_fail_after(w->store, -1, ERR_OK);
	for (size_t i = 0; !w->failed && i < w->said_count; i++) {
		const struct order *o = &w->said[w->turn][i];

		if (o->kind == ORDER_PUT)
			agents_kept(w, o);
		tries_kept(w, o);
	}
	return !w->failed;
}

static void end_turn(struct world *w)
{
	take_orders(w);
	if (chance(w, w->weather.crash)) {
		path(PATH_CRASH_UNKEPT);
		world_crash(w);
	} else if (!commit(w)) {
		path(PATH_COMMIT_FAILED);
		sim_trace(w, "-- commit failed --");
		begin_again(w);
	}
	/* What a start leads to is a turn of its own. */
	while (w->writing || w->said_count) {
		bool kept = commit(w);
		CHECK(w, kept, "a turn without a storm fails");
		check_turn(w);
		say(w);
	}
	check_turn(w);
	keep_told(w);
}

/* The machine slept: all that came meanwhile is found at once, before any alarm rings. */
static void fire_late(struct world *w)
{
	path(PATH_DOZED);
	while (!w->failed && first_at(w) <= w->time) {
		struct event e = take_first(w);

		e.fire(w, &e);
	}
}

/* The first event, and by chance those that come soon after it: they share a turn. */
static void fire(struct world *w)
{
	for (int i = 0; i < 8; i++) {
		struct event e = take_first(w);

		e.fire(w, &e);
		if (w->failed || first_at(w) > w->time + 10 * USEC_MSEC || !chance(w, 600))
			break;
		if (first_at(w) > w->time)
			w->time = first_at(w);
		if (chance(w, 300))
			take_orders(w);
	}
}

bool world_step(struct world *w)
{
	usec_t sleep = core_sleep(w->core, world_now(w));
	usec_t at = first_at(w);
	bool core_first = sleep < USEC_NEVER && w->time + sleep < at;

	if (core_first)
		at = w->time + sleep;
	if (at == USEC_NEVER)
		return false;
	bool dozes = chance(w, w->weather.doze);
	if (dozes)
		at += draw(w, USEC_SEC, 2 * w->conf.lease);
	w->steps++;
	if (w->weather.full && at > w->time)
		full_pass(w, at - w->time);
	if (at > w->time)
		w->time = at;
	if (chance(w, w->weather.commit))
		store_mem_fail_after(w->store, draw(w, 0, 4), ERR_UNAVAILABLE);
	if (dozes)
		fire_late(w);
	else if (!core_first)
		fire(w);
	if (!w->writing && !w->failed && chance(w, w->weather.crash / 2)) {
		path(PATH_CRASH_IDLE);
		world_crash(w);
	}
	end_turn(w);
	return true;
}
