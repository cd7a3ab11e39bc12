/*
 * full.c - worlds in which more is to be done than X's windows let through
 *
 * Nothing goes wrong there: what is not used of a window is roost's own doing,
 * and so is each 429. X counts in fixed windows, or the last so many minutes
 * at any instant; in some worlds other clients draw on the same windows, in
 * some X's limits are lower than the table says.
 *
 * What counts, where the table is true. A window is saturated when, from one reset to the next,
 * it alone held roost back: it has to be used up. And of the time in which jobs wait and none
 * of their account is on its way, the part of the tightest window that was free is idle: pads
 * around resets and nothing else. Both are held at 99 % in each world and printed for all of
 * them together.
 *
 * X's limit being lower, at most one 429 a window is its way to say so; once the limit is
 * known, there is none (check_limited).
 */
#include <stdio.h>

#include "dispatcher/core/inside.h"
#include "tests/sim/world.h"

static struct {
	uint64_t worlds, windows, room, used, refused;
	double idle, busy;
} all;

/* X's headers speak of every window of these; of the others they keep silent about some, and
 * nobody can tell what other clients, or a lower limit, left of those. */
static const enum call spoken[] = {CALL_LIKE, CALL_DM_USER, CALL_TIMELINE};
static const enum call calls[] = {
	CALL_LIKE, CALL_DM_USER, CALL_TIMELINE, CALL_CREATE_POST, CALL_REPOST, CALL_GET_POST};

void full_draw(struct world *w)
{
	struct weather t = {.full = true,
		.sliding = chance(w, 400),
		.lower = chance(w, 250),
		.others = chance(w, 200),
		.latency = chance(w, 500) ? USEC_SEC : 20 * USEC_MSEC};

	w->weather = t;
	w->full_call = t.sliding || t.lower || t.others
			       ? spoken[draw(w, 0, COUNT_OF(spoken) - 1)]
			       : calls[draw(w, 0, COUNT_OF(calls) - 1)];
	w->app_count = 1;
	w->account_count = (uint32_t)draw(w, 1, 3);
	w->jobs_wanted = 150;
	w->conf.worker_silence = USEC_HOUR; /* it lasts for weeks, and beats are steps */
	path(t.sliding ? PATH_FULL_SLIDING : PATH_FULL_FIXED);
	if (t.others)
		path(PATH_FULL_OTHERS);
	if (t.lower)
		path(PATH_FULL_LOWER);
}

/* --- time that passes --- */

static bool is_under_way(const struct world *w, uint32_t account)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&w->core->lease_by_id, &at)) != MAP_NONE;) {
		const struct item *it = lease_item(w->core, lease_at(w->core, slot));

		if (it && it->job.account == account)
			return true;
	}
	return false;
}

static bool has_waiting(const struct world *w, uint32_t account)
{
	for (uint32_t i = 0; i < w->job_count; i++) {
		const struct job *j = core_job(w->core, w->jobs[i].asked.id);

		if (j && j->account == account && j->state == JOB_READY)
			return true;
	}
	return false;
}

/* A window is eased while another one is full, or nothing waits. */
static void ease(struct x_window *const *v, size_t n, bool waiting)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (!waiting || (k != i && v[k]->used >= v[k]->limit))
				v[i]->eased = true;
}

/* The free part of the tightest of them. */
static double free_part(struct x_window *const *v, size_t n)
{
	double least = 1;

	for (size_t i = 0; i < n; i++) {
		double part = (double)(v[i]->limit - v[i]->used) / (double)v[i]->limit;

		least = part < least ? part : least;
	}
	return least;
}

void full_pass(struct world *w, usec_t length)
{
	for (uint32_t i = 0; i < w->account_count; i++) {
		struct x_window *v[LIMITS_PER_CALL_MAX];
		uint32_t account = w->accounts[i].id;
		size_t n = x_windows(w, account, w->full_call, v);
		bool waiting = has_waiting(w, account);

		ease(v, n, waiting);
		if (!waiting)
			continue;
		double seconds = (double)length / (double)USEC_SEC;
		w->busy += seconds;
		if (!is_under_way(w, account))
			w->idle += seconds * free_part(v, n);
	}
}

/* --- X --- */

void full_reset(struct world *w, struct x_window *v)
{
	if (!w->weather.full)
		return;
	if (!v->eased && !v->sliding && !w->weather.lower) {
		all.windows++;
		all.room += (uint64_t)v->limit;
		all.used += (uint64_t)v->used;
		CHECK(w, v->used * 100 >= v->limit * 99,
			"a saturated window is over with %lld of %lld used", (long long)v->used,
			(long long)v->limit);
	}
	v->eased = false;
}

void full_limited(struct world *w, struct x_window *v)
{
	if (!w->weather.full || v->crowded)
		return;
	all.refused++;
	v->refused++;
	CHECK(w, v->lower, "X answers 429 though its table is true");
	CHECK(w, v->refused <= 1, "X answers %u times 429 in one window of a lower limit",
		v->refused);
}

/* --- in the end --- */

void full_end(struct world *w)
{
	if (!w->weather.full || w->weather.lower)
		return;
	all.worlds++;
	all.idle += w->idle;
	all.busy += w->busy;
	CHECK(w, w->idle * 100 <= w->busy,
		"%.3f %% of saturated windows were used: of %.0f s they were free for %.1f",
		100 - 100 * w->idle / w->busy, w->busy, w->idle);
}

bool full_print(void)
{
	if (!all.worlds)
		return true;
	printf("%llu worlds were full: of %llu saturated windows %llu of %llu were used, "
	       "%.3f %% of the time; 429s %llu, for limits lower than the table\n",
		(unsigned long long)all.worlds, (unsigned long long)all.windows,
		(unsigned long long)all.used, (unsigned long long)all.room,
		100 - 100 * all.idle / all.busy, (unsigned long long)all.refused);
	return all.used * 100 >= all.room * 99 && all.idle * 100 <= all.busy;
}
