/*
 * tries.c - which attempts count, by what the world itself has seen
 *
 * An attempt is begun when its GO, or the assignment of a read, is on disk. It
 * is excused when its worker came in time with the word that X did not do it:
 * a 429, a request that was proven not sent, a token or an account that X did
 * not take. Excused attempts are not among those a job may have. And who asks
 * to begin when the lease is over must not be let.
 */
#include "dispatcher/core/inside.h"
#include "tests/sim/world.h"

void tries_given(struct world *w, const struct order *o)
{
	struct sim_job *j = job_by_id(w, o->job.id);

	j->given_lease = o->lease;
	j->given_call = o->call;
	j->given_at = w->time;
}

void tries_asked(struct world *w, const struct event *e)
{
	struct sim_job *j = job_by_id(w, e->job);
	const struct sim_account *a = account_by_id(w, j->asked.account);

	j->asked_lease = e->lease;
	j->asked_wall = world_now(w).wall;
	if ((a->paused || w->apps[a->app].paused) && j->counted_lease != e->lease) {
		path(PATH_BEGIN_PAUSED);
		j->barred_lease = e->lease;
	}
	if (j->given_lease == e->lease && j->counted_lease != e->lease &&
		w->time >= j->given_at + w->conf.lease) {
		path(PATH_BEGIN_LATE);
		j->late_lease = e->lease;
	}
}

static bool is_excuse(const struct outcome *o)
{
	if (o->class == OUTCOME_LIMITED)
		return true;
	if (o->class == OUTCOME_UNSENT)
		return o->cause != CAUSE_WORKER;
	if (o->class != OUTCOME_REFUSED)
		return false;
	enum outcome_then then = outcome_cause_then(o->cause);
	return then != THEN_FAIL && then != THEN_AGAIN;
}

/* An answer that comes in time. */
static void heard(struct world *w, const struct event *e)
{
	struct request r = e->request;

	r.lease = e->lease;
	r.generation = e->tokens;
	money_heard(w, e->lease, &e->outcome);
	brakes_heard(w, &r, &e->outcome);
	if (e->outcome.class == OUTCOME_UNSENT)
		rules_unsent(r.account, e->lease);
}

void tries_ended(struct world *w, const struct event *e)
{
	const struct lease *l = lease_find(w->core, e->lease);
	struct sim_job *j = job_by_id(w, e->job);

	if (l)
		heard(w, e);
	if (l && lease_item(w->core, l) && l->step == STEP_ACT && is_excuse(&e->outcome))
		j->excused_lease = e->lease;
}

static bool begins(const struct order *o)
{
	return o->kind == ORDER_GO ||
	       (o->kind == ORDER_ASSIGN && !o->begin && o->step == STEP_ACT);
}

/* Whether it may cost something from now on. */
static bool is_paid(const struct order *o)
{
	return o->kind == ORDER_GO || (o->kind == ORDER_ASSIGN && !o->begin);
}

void tries_kept(struct world *w, const struct order *o)
{
	if (o->kind == ORDER_KEPT)
		money_kept(o->lease);
	if (is_paid(o)) {
		const struct sim_job *j = job_by_id(w, o->job.id);
		bool asked = o->kind == ORDER_GO && j->asked_lease == o->lease;

		enum call call = workers_call((enum call)j->asked.call, o->step);
		usec_t wall = asked ? j->asked_wall : world_now(w).wall;

		money_begun(w, o, call, wall);
		if (o->kind == ORDER_GO)
			rules_begun(w, j->asked.account, call, o->lease, wall);
	}
	if (!begins(o) && o->kind != ORDER_KEPT)
		return;
	struct sim_job *j = job_by_id(w, o->job.id);
	if (o->kind == ORDER_KEPT) {
		j->excused += j->excused_lease == o->lease && j->counted_lease == o->lease;
		if (j->excused_lease == o->lease)
			j->excused_lease = 0;
	} else if (j->counted_lease != o->lease) {
		j->counted_lease = o->lease;
		j->begun++;
	}
}

void tries_dropped(struct world *w)
{
	money_dropped();
	for (uint32_t i = 0; i < w->job_count; i++)
		w->jobs[i].excused_lease = 0;
}

void tries_check(struct world *w, const struct order *o)
{
	const struct sim_job *j = job_by_id(w, o->job.id);

	CHECK(w, o->job.attempts <= j->begun - j->excused,
		"j%llu ends with %d attempts; %d were begun and %d of them do not count",
		(unsigned long long)o->job.id, o->job.attempts, j->begun, j->excused);
}
