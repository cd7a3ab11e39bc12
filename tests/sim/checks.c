/* checks.c - what must always hold, and what must hold in the end */
#include "dispatcher/core/inside.h"
#include "tests/sim/world.h"

#define LL(n) ((unsigned long long)(n))

/* --- before a word is said --- */

static void check_assign(struct world *w, const struct order *o, const struct job_record *kept)
{
	const struct sim_worker *k = NULL;
	uint32_t busy = 0;

	/* It may have been cancelled in the same turn: then the lease is void, if it is there.
	 */
	const struct lease *l = lease_find(w->core, o->lease);
	CHECK(w, !kept->ended || !l || l->item == NONE, "j%llu is assigned though it has ended",
		LL(o->job.id));
	CHECK(w, o->job.not_before <= world_now(w).wall || w->stepped,
		"j%llu is assigned before its time", LL(o->job.id));
	CHECK(w, o->lease >> 40 == w->boot, "lease %llx is not of this start", LL(o->lease));
	for (uint32_t i = 0; i < w->worker_count; i++)
		if (w->workers[i].number == o->worker)
			k = &w->workers[i];
	if (!k)
		return;
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		busy += k->attempts[i].state != ATTEMPT_FREE &&
			k->attempts[i].state != ATTEMPT_ENDED &&
			lease_find(w->core, k->attempts[i].request.lease);
	CHECK(w, busy <= k->slots, "worker %u has %u slots and is given more", k->number,
		k->slots);
}

static void check_go(struct world *w, const struct order *o, const struct job_record *kept)
{
	struct sim_job *j = job_by_id(w, o->job.id);

	if (!lease_find(w->core, o->lease))
		return; /* its worker has taken it back in the same turn: it waits for no GO */
	CHECK(w, !kept->ended, "j%llu may begin though it has ended", LL(o->job.id));
	CHECK(w, j->late_lease != o->lease, "j%llu may begin though its lease %llx is over",
		LL(o->job.id), LL(o->lease));
	CHECK(w,
		kept->job.state == JOB_RUNNING && kept->job.flags & JOB_BEGUN &&
			kept->job.lease == o->lease,
		"j%llu may begin under %llx, and that is not kept", LL(o->job.id),
		LL(o->lease));
	CHECK(w, j->barred_lease != o->lease, "j%llu may begin though it is paused",
		LL(o->job.id));
	if (j->go_lease != o->lease)
		CHECK(w, !j->go_lease || j->go_over || w->time >= j->go_until,
			"j%llu is begun on two workers at once", LL(o->job.id));
	j->go_lease = o->lease;
	j->go_until = w->time + w->conf.lease - USEC_SEC;
	j->go_over = false;
	if (j->asked.call == CALL_CREATE_POST && kept->job.flags & JOB_SENT_AGAIN)
		path(PATH_SENT_AGAIN);
}

/* A window that is not dirty is on disk as it is. */
struct kept_windows {
	struct world *w;
	struct window_row rows[X_WINDOWS_MAX * 2];
	size_t count;
};

static void read_window(void *ctx, const struct window_kept *k)
{
	struct kept_windows *all = ctx;
	uint16_t family;

	if (!limits_family_find(all->w->limits, k->family, &family) ||
		all->count == COUNT_OF(all->rows))
		return;
	all->rows[all->count] = k->row;
	all->rows[all->count++].family = family;
}

static void check_window(void *ctx, const struct window *v)
{
	const struct kept_windows *all = ctx;
	const struct window_row *row = &v->row;

	if (v->dirty || !row->used || !v->charges)
		return;
	for (size_t i = 0; i < all->count; i++) {
		const struct window_row *k = &all->rows[i];

		if (k->owner == row->owner && k->family == row->family &&
			k->scope == row->scope && k->length == row->length) {
			CHECK(all->w, k->used == row->used && k->resets_at == row->resets_at,
				"a window with %lld used is kept with %lld", LL(row->used),
				LL(k->used));
			return;
		}
	}
	sim_fail(all->w, "a window with %lld used is not kept", LL(row->used));
}

static void check_windows(struct world *w)
{
	struct kept_windows all = {.w = w};
	enum err e = store_each_window(w->store, read_window, &all);

	ASSERT(!e);
	core_each_window(w->core, 0, check_window, &all);
}

void check_said(struct world *w, const struct order *o)
{
	struct job_record kept;

	switch (o->kind) {
	case ORDER_ASSIGN:
		CHECK(w, keep_job(w, o->job.id, &kept), "j%llu is assigned and not kept",
			LL(o->job.id));
		check_assign(w, o, &kept);
		ties_said(w, o);
		money_said(w, o);
		break;
	case ORDER_GO:
		CHECK(w, keep_job(w, o->job.id, &kept), "j%llu may begin and is not kept",
			LL(o->job.id));
		check_go(w, o, &kept);
		money_said(w, o);
		check_windows(w);
		break;
	case ORDER_NOTE:
		if (o->note == NOTE_UNSURE)
			path(o->cause == CAUSE_LEASE_LOST ? PATH_LEASE_LOST : PATH_UNSURE);
		break;
	case ORDER_END:
		tries_check(w, o);
		ties_ended(w, o);
		break;
	case ORDER_PUT:
	case ORDER_SAVE:
	case ORDER_ASK:
	case ORDER_PAGE:
	case ORDER_FILL:
	case ORDER_WINDOW:
	case ORDER_PACE:
	case ORDER_SPENT:
	case ORDER_PARK:
	case ORDER_REFUSAL:
	case ORDER_REFUSE:
	case ORDER_KEPT:
	case ORDER_REFRESH:
		break;
	}
}

/* --- after each turn --- */

void check_turn(struct world *w)
{
	struct core_counts n = core_counts(w->core);

	money_turn(w);
	holds_turn(w);
	core_check(w->core, world_now(w));
	CHECK(w, n.leases >= n.by_state[JOB_RUNNING], "jobs run without a lease");
	x_notice(w);
	fair_turn(w);
}

/* --- X says no --- */

/* What the core thinks of the window that X says is full. */
struct opinion {
	const struct x_window *of;
	struct window found;
};

static void find_opinion(void *ctx, const struct window *v)
{
	struct opinion *o = ctx;

	if (v->row.owner == o->of->owner && v->row.family == o->of->family &&
		v->row.scope == o->of->scope && v->row.length == o->of->length)
		o->found = *v;
}

void check_limited(struct world *w, const struct request *r, const struct x_window *full)
{
	if (full->crowded)
		path(PATH_LIMITED_BY_OTHERS);
	if (full->crowded || full->haunted || w->stepped)
		return;
	if (full->lower && (!full->known_at || r->allowed_at <= full->known_at))
		return;
	struct opinion o = {.of = full};
	core_each_window(w->core, 0, find_opinion, &o);
	sim_fail(w,
		"roost alone exceeds %s, %s, %lld in %lld s, for %u; the core: %lld of %lld, "
		"%.3f s to the reset, X's %.3f",
		limits_family(w->limits, full->family),
		full->scope == LIMIT_APP ? "app" : "account", LL(full->limit),
		LL(full->length / USEC_SEC), full->owner, LL(o.found.row.used),
		LL(o.found.row.limit),
		(double)(o.found.row.resets_at - world_now(w).wall) / (double)USEC_SEC,
		(double)(full->resets_at - x_wall(w)) / (double)USEC_SEC);
}

/* --- in the end --- */

static void check_end_of(struct world *w, const struct sim_job *j, const struct job_record *r)
{
	enum call call = (enum call)j->asked.call;
	bool once = call_has_effect(call) && !call_is_repeatable(call) && !j->denied;
	uint64_t id = j->asked.id;

	CHECK(w, j->told == j->lives, "the end of j%llu was told %d times in %d lives", LL(id),
		j->told, j->lives);
	CHECK(w, j->end == (enum job_state)r->job.state, "j%llu is %s and was told to be %s",
		LL(id), job_state_name((enum job_state)r->job.state), job_state_name(j->end));
	switch (j->end) {
	case JOB_DONE:
		CHECK(w, !call_has_effect(call) || j->effects || j->asked.flags & JOB_WHOLE,
			"j%llu is done and X did nothing", LL(id));
		CHECK(w, !j->asked.pages || r->job.page + 1 == j->asked.pages,
			"j%llu is done and has read %d of its %d pages", LL(id),
			r->job.page + 1, j->asked.pages);
		break;
	case JOB_FAILED:
		CHECK(w,
			j->refused || j->denied ||
				str_is(r->ending.cause, "attempts_exhausted") ||
				str_is(r->ending.cause, "dependency") ||
				(j->poison && str_is(r->ending.cause, "poison")),
			"j%llu failed (%.*s) and nobody refused it", LL(id),
			STR_ARG(r->ending.cause));
		CHECK(w, !once || !j->effects, "j%llu failed and X did it", LL(id));
		break;
	case JOB_CANCELLED:
	case JOB_EXPIRED:
		CHECK(w, !once || !j->effects, "j%llu is %s and X did it", LL(id),
			job_state_name(j->end));
		break;
	case JOB_HELD:
	case JOB_WAITING:
	case JOB_SCHEDULED:
	case JOB_READY:
	case JOB_RUNNING:
	case JOB_UNSURE:
		sim_fail(w, "j%llu has not ended", LL(id));
	}
}

void check_end(struct world *w)
{
	for (uint32_t i = 0; i < w->job_count; i++) {
		struct job_record r;

		CHECK(w, w->jobs[i].acked, "k%u was never acknowledged", i);
		CHECK(w, keep_job(w, w->jobs[i].asked.id, &r) && r.ended, "j%llu is lost",
			LL(w->jobs[i].asked.id));
		check_end_of(w, &w->jobs[i], &r);
	}
	CHECK(w, core_counts(w->core).jobs == 0, "the core holds jobs that nobody brought");
}
