/*
 * ties.c - jobs that come after others, threads, and jobs that kill workers
 *
 * A job that comes after others is given to nobody before all of them are done. When one ends
 * otherwise it fails, unless it is patient: then its agent gives it up in the end. A thread
 * (JOB_WHOLE) is done when its parts are; nothing is sent for it. Of jobs with JOB_REFS the
 * dispatcher is asked to put in what those before them came to.
 *
 * In a world with poison nothing else kills workers: no other job may be blamed for one.
 */
#include "tests/sim/world.h"

/* Of one poisonous job, looks included, until somebody decides; who is to blame is not kept
 * over a restart. */
#define KILLS_MAX 6

void ties_draw(struct world *w, struct sim_job *j)
{
	if (w->job_count < 3 || !chance(w, w->weather.ties))
		return;
	j->wanted_count = (uint32_t)draw(w, 1, TIES_MAX);
	for (uint32_t i = 0; i < j->wanted_count; i++) {
		j->wanted[i] = (uint32_t)draw(w, 0, j->key - 1);
		j->patient[i] = chance(w, 300);
	}
	if (chance(w, 300))
		j->asked.flags |= JOB_REFS;
	else if (chance(w, 300))
		j->asked.flags = JOB_WHOLE;
	if (j->asked.flags & JOB_WHOLE)
		j->asked.price = j->asked.unit = j->asked.pages = 0;
}

/* As the dispatcher: what is done needs no waiting for, and nobody waits for what has failed.
 */
void ties_resolve(struct world *w, struct sim_job *j)
{
	j->need_count = 0;
	for (uint32_t i = 0; i < j->wanted_count; i++) {
		const struct sim_job *other = &w->jobs[j->wanted[i]];
		bool twice = i > 0 && j->wanted[0] == j->wanted[1];

		if (other->acked && core_job(w->core, other->asked.id) && !twice)
			j->needs[j->need_count++] =
				(struct need){other->asked.id, j->patient[i]};
	}
	j->asked.flags =
		(uint16_t)((j->asked.flags & ~JOB_AFTER) | (j->need_count ? JOB_AFTER : 0));
}

static bool has_failed(struct world *w, uint64_t id)
{
	struct job_record r;

	return keep_job(w, id, &r) && r.ended && r.job.state != JOB_DONE;
}

static bool is_done(struct world *w, uint64_t id)
{
	struct job_record r;

	return keep_job(w, id, &r) && r.ended && r.job.state == JOB_DONE;
}

/* Of a job that is tried again, what it still waits for; false: one of them has to be tried
 * first. */
bool ties_again(struct world *w, const struct sim_job *j, struct need open[TIES_MAX],
	uint32_t *ret_count)
{
	*ret_count = 0;
	for (uint32_t i = 0; i < j->need_count; i++) {
		uint64_t id = j->needs[i].id;

		if (is_done(w, id))
			continue;
		if (has_failed(w, id) || !core_job(w->core, id))
			return false;
		open[(*ret_count)++] = j->needs[i];
	}
	return true;
}

/* Whether its agent sees that it waits for what will not come by itself. */
bool ties_hopeless(struct world *w, const struct sim_job *j)
{
	for (uint32_t i = 0; i < j->need_count; i++)
		if (has_failed(w, j->needs[i].id))
			return true;
	return false;
}

void ties_fill(struct world *w, const struct order *o)
{
	struct outcome no = {.class = OUTCOME_REFUSED, .cause = CAUSE_DEPENDENCY};
	struct sim_job *j = job_by_id(w, o->job.id);
	bool refuse = chance(w, 150);
	struct fact f = {.kind = FACT_FILLED, .job = o->job, .outcome = refuse ? &no : NULL};

	path(PATH_FILLED);
	w->named = w->steps; /* who was served before it is not held against it */
	f.job.flags &= (uint16_t)~JOB_REFS;
	j->unfilled |= refuse;
	(void)tell(w, &f);
}

static void load_need(void *ctx, const struct need_row *r)
{
	(void)tell(ctx, &(struct fact){.kind = FACT_NEED,
				.job.id = r->job,
				.needs = &r->need,
				.need_count = 1,
				.need_state = r->state});
}

void ties_load(struct world *w)
{
	enum err e = store_each_open_need(w->store, load_need, w);

	ASSERT(!e);
}

/* --- what must hold --- */

void ties_said(struct world *w, const struct order *o)
{
	struct sim_job *j = job_by_id(w, o->job.id);

	CHECK(w, !(j->asked.flags & JOB_WHOLE), "thread j%llu is given to a worker",
		(unsigned long long)o->job.id);
	for (uint32_t i = 0; i < j->need_count; i++)
		CHECK(w, is_done(w, j->needs[i].id),
			"j%llu is given to a worker before j%llu is done",
			(unsigned long long)o->job.id, (unsigned long long)j->needs[i].id);
	if (j->need_count)
		path(PATH_AFTER_DONE);
}

static bool is_excused(struct world *w, const struct sim_job *j)
{
	for (uint32_t i = 0; i < j->need_count; i++) {
		const struct sim_job *other = job_by_id(w, j->needs[i].id);

		if (has_failed(w, other->asked.id) || other->lives > 1)
			return true;
	}
	return j->unfilled;
}

void ties_ended(struct world *w, const struct order *o)
{
	struct sim_job *j = job_by_id(w, o->job.id);

	if (o->cause == CAUSE_DEPENDENCY) {
		CHECK(w, is_excused(w, j), "j%llu fails though what it comes after has not",
			(unsigned long long)o->job.id);
		path(PATH_AFTER_FAILED);
	}
	for (uint32_t i = 0; o->job.state == JOB_DONE && i < j->need_count; i++)
		CHECK(w, is_done(w, j->needs[i].id), "j%llu is done before j%llu",
			(unsigned long long)o->job.id, (unsigned long long)j->needs[i].id);
	if (o->job.state == JOB_DONE && j->asked.flags & JOB_WHOLE)
		path(PATH_THREAD_DONE);
	if (o->cause == CAUSE_POISON) {
		CHECK(w, j->poison, "j%llu is called poison, and never killed a worker",
			(unsigned long long)o->job.id);
		path(PATH_POISONED);
	}
}

/* --- poison --- */

void poison_draw(struct world *w, struct sim_job *j)
{
	if (!w->weather.poison || w->poisonous == 2 || !chance(w, 200))
		return;
	j->poison = true;
	w->poisonous++;
}

/* A worker is about to do something about a job; true: it died of it. */
bool poison_kills(struct world *w, uint32_t place, uint64_t id, int per_mille)
{
	struct sim_job *j = job_by_id(w, id);

	if (!j->poison || !chance(w, per_mille))
		return false;
	j->kills = j->kills_boot == w->boot ? j->kills + 1 : 1;
	j->kills_boot = w->boot;
	CHECK(w, j->kills <= KILLS_MAX * (j->lives + j->unsure_allowed),
		"j%llu has killed %d workers and goes on", (unsigned long long)id, j->kills);
	workers_kill(w, place);
	return true;
}
