/* agent.c - what agents ask for, and the jobs that were there before a restart */
#include "dispatcher/core/inside.h"

#define AGENT_FLAGS                                                                     \
	(JOB_NEEDS_NAME | JOB_ASK | JOB_SENT_AGAIN | JOB_REPLY | JOB_QUOTE | JOB_REFS | \
		JOB_WHOLE | JOB_AFTER | JOB_EACH | JOB_NEEDS_MEDIA |                    \
		JOB_MEDIA) /* those an agent's job may come with */

/* those that new arguments decide */
#define UPDATED_FLAGS (JOB_NEEDS_NAME | JOB_REFS | JOB_EACH | JOB_NEEDS_MEDIA | JOB_MEDIA)

static enum err unknown_job(struct errmsg *m)
{
	return err_say(m, ERR_NOT_FOUND, "no such job is under way");
}

/* A job as it must be, whatever the store or an agent says. */
static enum err check(struct core *c, const struct job *j, struct now now, struct errmsg *m)
{
	if (!j->id || j->call >= CALL_COUNT || !j->max_attempts ||
		j->state >= JOB_STATE_COUNT || j->priority > 9 ||
		(j->page && j->page >= j->pages))
		return err_say(m, ERR_INVALID, "not a job");
	if (j->id <= c->id_last && item_find(c, j->id))
		return err_say(m, ERR_CONFLICT, "job %llu is there already",
			(unsigned long long)j->id);
	if (account_find(c, j->account) == NONE)
		return err_say(m, ERR_NOT_FOUND, "the job's account is not known");
	if (purse_of(c, LEDGER_AGENT, j->agent, now.wall) == NONE)
		return err_say(m, ERR_NOMEM, "out of memory");
	return ERR_OK;
}

static enum job_state state_at(const struct job *j, struct now now)
{
	return j->not_before > now.wall ? JOB_SCHEDULED : JOB_READY;
}

static bool tie_all(struct core *c, struct item *it, const struct fact *f)
{
	for (uint32_t i = 0; i < f->need_count; i++)
		if (!knot_tie(c, it, &f->needs[i])) {
			knots_untie(c, it);
			return false;
		}
	return true;
}

enum err agent_enqueue(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct job j = f->job;
	struct item *it;
	enum err e = check(c, &j, now, m);

	if (e)
		return e;
	if (c->items.count >= c->conf.max_pending)
		return err_say(m, ERR_QUOTA,
			"%llu jobs are pending, which is the maximum; wait until some are done",
			(unsigned long long)c->items.count);
	if (j.not_before <= 0)
		j.not_before = now.wall;
	j.flags &= AGENT_FLAGS;
	if (j.state != JOB_HELD)
		j.state = (uint8_t)(f->need_count || j.flags & (JOB_REFS | JOB_WHOLE)
					    ? JOB_WAITING
					    : state_at(&j, now));
	j.attempts = 0;
	j.looks = 0;
	j.lease = 0;
	j.begun_at = 0;
	j.cost = 0;
	e = core_may_cost(c, j.agent, j.account, j.price, now, m);
	if (e)
		return e;
	e = item_new(c, &j, &it);
	if (e)
		return err_say(m, e, "out of memory");
	if (!tie_all(c, it, f)) {
		c->counts.by_state[j.state]--;
		item_drop(c, it);
		return err_say(m, ERR_NOMEM, "out of memory");
	}
	knot_back(c, j.id);
	c->counts.enqueued++;
	(void)order_job(c, ORDER_PUT, it);
	item_stand(c, it, now);
	if (j.state == JOB_WAITING && !knots_hold(it))
		agent_released(c, it, now);
	return ERR_OK;
}

/* A begun job of before: its worker may still have it, so its lease is out, with nobody. */
static enum err load_begun(struct core *c, struct item *it)
{
	struct lease *l = lease_new(c, it->job.lease, it, NULL, USEC_NEVER);

	if (!l)
		return ERR_NOMEM;
	l->call = it->job.call;
	l->step = STEP_ACT;
	l->effect = true;
	l->act = (uint8_t)act_of((enum call)l->call, job_kind(&it->job) == POST_REPLY);
	counters_find(c, account_at(c, l->account), (enum call)l->call, job_kind(&it->job),
		&l->draws);
	lease_adopt(c, l);
	return ERR_OK;
}

enum err agent_loaded(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct job j = f->job;
	struct item *it;
	enum err e = check(c, &j, now, m);

	if (e)
		return e;
	if (job_is_final((enum job_state)j.state))
		return err_say(m, ERR_INVALID, "job %llu has ended", (unsigned long long)j.id);
	bool begun = j.state == JOB_RUNNING && j.flags & JOB_BEGUN &&
		     !MISTAKE(MISTAKE_LOAD_BEGUN_READY);
	if (begun && (!call_has_effect((enum call)j.call) || lease_find(c, j.lease)))
		return err_say(
			m, ERR_INVALID, "job %llu cannot have begun", (unsigned long long)j.id);
	if (j.state == JOB_RUNNING && !begun)
		j.state = JOB_READY;
	e = item_new(c, &j, &it);
	if (e)
		return e;
	if (MISTAKE(MISTAKE_ASK_TWICE) && j.flags & JOB_ASKED)
		(void)order_job(c, ORDER_ASK, it);
	doubt_load(it);
	if (!begun) {
		item_stand(c, it, now);
		return ERR_OK;
	}
	e = load_begun(c, it);
	if (e)
		item_drop(c, it);
	return e;
}

enum err agent_cancel(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct item *it = item_find(c, f->job.id);

	if (!it)
		return unknown_job(m);
	if (it->job.state == JOB_UNSURE)
		return err_say(
			m, ERR_STATE, "it may have happened already; resolve it instead");
	if (it->job.flags & JOB_BEGUN && !MISTAKE(MISTAKE_CANCEL_BEGUN))
		return err_say(m, ERR_STATE, "it has begun");
	settle_leave(c, it, now);
	if (MISTAKE(MISTAKE_TELL_TWICE))
		order_job(c, ORDER_END, it)->job.state = JOB_CANCELLED;
	finish(c, it, JOB_CANCELLED, &(struct ended){.cause = CAUSE_CANCELLED});
	return ERR_OK;
}

enum err agent_update(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct item *it = item_find(c, f->job.id);

	if (!it)
		return unknown_job(m);
	struct job *j = &it->job;
	if (j->state >= JOB_RUNNING)
		return err_say(
			m, ERR_STATE, "it is %s", job_state_name((enum job_state)j->state));
	if (f->job.priority > 9)
		return err_say(m, ERR_INVALID, "priority is 0 to 9");
	if (!item_reserve_expiry(c, f->job.expires_at))
		return err_say(m, ERR_NOMEM, "out of memory");
	enum err e = f->job.price > j->price
			     ? core_may_cost(c, j->agent, j->account, f->job.price, now, m)
			     : ERR_OK;
	if (e)
		return e;
	item_rest(c, it);
	item_set_expiry(c, it, f->job.expires_at);
	j->not_before = f->job.not_before > 0 ? f->job.not_before : now.wall;
	j->priority = f->job.priority;
	j->price = f->job.price;
	j->unit = f->job.unit;
	if (!j->page)
		j->pages = f->job.pages;
	j->flags = (uint16_t)((j->flags & ~UPDATED_FLAGS) | (f->job.flags & UPDATED_FLAGS));
	enum job_state to = state_at(j, now);
	if ((j->state == JOB_READY || j->state == JOB_SCHEDULED) && j->state != to)
		(void)become(c, it, to, IMPLIED);
	(void)order_job(c, ORDER_SAVE, it);
	item_stand(c, it, now);
	return ERR_OK;
}

static enum err find_held(
	const struct core *c, const struct fact *f, struct item **ret, struct errmsg *m)
{
	*ret = item_find(c, f->job.id);
	if (!*ret)
		return unknown_job(m);
	if ((*ret)->job.state == JOB_HELD)
		return ERR_OK;
	return err_say(m, ERR_STATE, "only a held job can be decided on; this one is %s",
		job_state_name((enum job_state)(*ret)->job.state));
}

enum err agent_approve(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct item *it;
	enum err e = find_held(c, f, &it, m);

	if (e)
		return e;
	bool waits = knots_hold(it) || it->job.flags & (JOB_REFS | JOB_WHOLE);
	item_rest(c, it);
	(void)become(c, it, waits ? JOB_WAITING : state_at(&it->job, now), KEEP);
	item_stand(c, it, now);
	if (waits && !knots_hold(it))
		agent_released(c, it, now);
	return ERR_OK;
}

enum err agent_reject(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct item *it;
	enum err e = find_held(c, f, &it, m);

	(void)now;
	if (!e)
		finish(c, it, JOB_FAILED, &(struct ended){.cause = CAUSE_REJECTED});
	return e;
}

void agent_released(struct core *c, struct item *it, struct now now)
{
	ASSERT(it->job.state == JOB_WAITING && !knots_hold(it));
	if (it->job.flags & JOB_WHOLE) {
		finish(c, it, JOB_DONE, &(struct ended){0});
		return;
	}
	if (it->job.flags & JOB_REFS) {
		(void)order_job(c, ORDER_FILL, it);
		return;
	}
	item_rest(c, it);
	(void)become(c, it, state_at(&it->job, now), KEEP);
	item_stand(c, it, now);
}

enum err agent_filled(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct item *it = item_find(c, f->job.id);

	(void)m;
	if (!it || it->job.state != JOB_WAITING || !(it->job.flags & JOB_REFS) ||
		knots_hold(it))
		return ERR_OK; /* it has ended since, or got other arguments */
	if (f->outcome) {
		finish(c, it, JOB_FAILED,
			&(struct ended){.cause = f->outcome->cause, .outcome = f->outcome});
		return ERR_OK;
	}
	struct job *j = &it->job;
	j->call = f->job.call;
	j->price = f->job.price;
	j->unit = f->job.unit;
	j->pages = f->job.pages;
	j->flags = (uint16_t)((j->flags & ~UPDATED_FLAGS) |
			      (f->job.flags & UPDATED_FLAGS & ~JOB_REFS));
	agent_released(c, it, now);
	return ERR_OK;
}
