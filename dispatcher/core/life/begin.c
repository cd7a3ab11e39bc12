/* begin.c - the permission to send, and the other words of a worker that has not sent yet */
#include "dispatcher/core/inside.h"

/* The lease that a worker speaks of, if it is that worker's and not over. */
static struct lease *its_lease(const struct core *c, const struct fact *f, struct now now)
{
	struct lease *l = lease_find(c, f->lease);

	if (!l || l->worker == NONE || worker_at(c, l->worker)->id != f->worker)
		return NULL;
	if (l->deadline <= now.mono && !MISTAKE(MISTAKE_GO_TWICE))
		return NULL;
	return l;
}

static void answer(
	struct core *c, enum order_kind kind, const struct fact *f, const struct job *job)
{
	struct order *o = order_put(c, kind);

	o->job = job ? *job : (struct job){.id = f->job.id};
	o->worker = f->worker;
	o->lease = f->lease;
}

static enum err refuse(struct core *c, const struct fact *f)
{
	c->counts.refused++;
	answer(c, ORDER_REFUSE, f, NULL);
	return ERR_OK;
}

void put_back(struct core *c, struct item *it, struct now now)
{
	if (item_step(it) == STEP_ACT && !call_has_effect((enum call)it->job.call))
		it->job.attempts--;
	if (it->job.state == JOB_RUNNING)
		(void)become(c, it, JOB_READY, IMPLIED);
	bars_open(c, now);
	item_stand(c, it, now);
}

/* Gives back what was not sent: its windows, its slot, and its job to the lane. */
static void undo(struct core *c, struct lease *l, struct now now)
{
	struct item *it = lease_item(c, l);

	lease_over(c, l, LEASE_UNSENT, now.wall);
	if (it)
		put_back(c, it, now);
}

/* Whether the job may still be sent: what was true at its assignment may not be any more. */
static bool may_begin(const struct core *c, const struct lease *l, struct now now)
{
	const struct account *a = account_at(c, l->account);
	const struct app *app = account_app(c, a);

	if (lease_item(c, l)->job.expires_at <= now.wall)
		return false;
	if ((a->fact.paused && !MISTAKE(MISTAKE_BEGIN_PAUSED)) || a->fact.grant == GRANT_DEAD ||
		a->fact.parked_until > now.wall)
		return false;
	if (purse_is_off(c, lease_item(c, l)->job.agent))
		return false;
	if (app->fact.paused || app->fact.parked_until > now.wall)
		return false;
	return storm_may_begin(c, l) && pacer_may_begin(c, l, now.wall) &&
	       lease_may_charge(c, l, now.wall);
}

void begin_write(struct core *c, struct lease *l, struct now now)
{
	struct item *it = lease_item(c, l);

	pacer_begin(c, l, now.wall);
	lease_charge(c, l, now.wall);
	l->begun = true;
	if (!it)
		return;
	lease_set_deadline(c, l, now.mono + c->conf.lease);
	struct job *j = &it->job;
	j->lease = l->id;
	j->attempts++;
	j->flags |= JOB_BEGUN;
	if (!(j->flags & JOB_SENT_AGAIN) || !j->begun_at)
		j->begun_at = now.wall; /* looks search since the first of the two */
	c->counts.begun++;
	if (!MISTAKE(MISTAKE_INTENT_UNSAVED))
		(void)order_job(c, ORDER_SAVE, it);
}

enum err begin_asked(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct lease *l = its_lease(c, f, now);
	struct item *it = l ? lease_item(c, l) : NULL;

	(void)m;
	if (l && !it)
		lease_over(c, l, LEASE_SETTLED, now.wall); /* its job was cancelled */
	if (!it || !l->effect || it->job.id != f->job.id)
		return refuse(c, f);
	if (!l->begun && !may_begin(c, l, now)) {
		undo(c, l, now);
		return refuse(c, f);
	}
	if (!l->begun)
		begin_write(c, l, now);
	answer(c, ORDER_GO, f, &it->job);
	return ERR_OK;
}

enum err begin_holds(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct lease *l = lease_find(c, f->lease);
	uint32_t slot = worker_slot(c, f->worker);

	(void)m;
	if (slot == NONE)
		return ERR_OK;
	if (!l || l->worker == NONE)
		suspect_survived(c, f->job.id);
	if (l && l->worker == NONE && l->deadline > now.mono) {
		lease_attach(c, l, worker_at(c, slot));
		l->claimed = true;
		return ERR_OK;
	}
	if (l && l->worker == slot)
		l->claimed = true;
	if (!its_lease(c, f, now) && !f->begun)
		return refuse(c, f);
	return ERR_OK;
}

enum err begin_back(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct lease *l = its_lease(c, f, now);

	(void)m;
	if (l && !(l->effect && l->begun))
		undo(c, l, now);
	return ERR_OK;
}

/* Its media lack something else than was assigned, or X has forgotten them: nothing was sent.
 */
enum err begin_media(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct lease *l = its_lease(c, f, now);
	struct item *it = l ? lease_item(c, l) : NULL;

	(void)m;
	if (!it || (l->step != STEP_MEDIA && l->step != STEP_ACT) || (l->effect && l->begun))
		return ERR_OK;
	if (l->step == STEP_ACT && !l->effect)
		it->job.attempts--; /* which its assignment had counted */
	lease_over(c, l, LEASE_UNSENT, now.wall);
	if (f->outcome) {
		finish(c, it, JOB_FAILED,
			&(struct ended){.cause = f->outcome->cause, .outcome = f->outcome});
		return ERR_OK;
	}
	item_media(it, f->next);
	it->job.not_before = f->until > now.wall ? f->until : now.wall;
	(void)become(c, it, JOB_READY, KEEP);
	item_stand(c, it, now);
	return ERR_OK;
}

enum err begin_named(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct lease *l = its_lease(c, f, now);
	struct item *it = l ? lease_item(c, l) : NULL;

	(void)m;
	if (!it || l->step != STEP_NAME)
		return ERR_OK;
	lease_over(c, l, LEASE_UNSENT, now.wall);
	it->job.flags &= (uint16_t)~JOB_NEEDS_NAME;
	(void)become(c, it, JOB_READY, KEEP);
	item_stand(c, it, now);
	return ERR_OK;
}
