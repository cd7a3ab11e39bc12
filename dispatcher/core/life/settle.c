/*
 * settle.c - a job of which nobody knows whether it happened
 *
 * roost looks at X at growing intervals. Found: done. Proven absent: a post is
 * sent once more, anything else is for its agent to decide. It never guesses.
 */
#include "dispatcher/core/inside.h"

void settle_ask(struct core *c, struct item *it, struct now now)
{
	it->job.flags |= JOB_ASKED;
	(void)order_job(c, ORDER_SAVE, it);
	(void)order_job(c, ORDER_ASK, it);
	item_stand(c, it, now);
}

/* The next look, or, when there are no more, the question. */
static void look_later(struct core *c, struct item *it, struct now now)
{
	struct job *j = &it->job;

	if (j->looks >= c->conf.look_count) {
		settle_ask(c, it, now);
		return;
	}
	j->not_before = now.wall + c->conf.looks[j->looks];
	(void)order_job(c, ORDER_SAVE, it);
	item_stand(c, it, now);
}

void settle_unsure(struct core *c, struct item *it, enum outcome_cause cause, struct now now)
{
	struct job *j = &it->job;

	j->looks = 0;
	it->tries = 0;
	(void)become(
		c, it, JOB_UNSURE, IMPLIED); /* written with its next look, or its question */
	order_note(c, NOTE_UNSURE, it, cause);
	if (j->flags & JOB_ASK || call_info((enum call)j->call)->settle == SETTLE_NONE)
		settle_ask(c, it, now);
	else
		look_later(c, it, now);
}

static bool may_send_again(const struct job *j)
{
	if (MISTAKE(MISTAKE_DM_AGAIN) && !(j->flags & JOB_SENT_AGAIN))
		return true;
	return call_info((enum call)j->call)->settle == SETTLE_TIMELINE &&
	       !(j->flags & JOB_SENT_AGAIN) && j->attempts < j->max_attempts;
}

static void absent(struct core *c, struct item *it, struct now now)
{
	struct job *j = &it->job;

	j->looks++;
	if (j->looks < c->conf.look_count || !may_send_again(j)) {
		look_later(c, it, now);
		return;
	}
	j->flags |= JOB_SENT_AGAIN;
	stand_again(c, it, now.wall, now);
}

void settle_looked(struct core *c, struct item *it, const struct outcome *o, struct now now)
{
	switch (o->look) {
	case LOOK_FOUND:
		finish(c, it, JOB_DONE, &(struct ended){.outcome = o, .settled = true});
		return;
	case LOOK_ABSENT:
		absent(c, it, now);
		return;
	case LOOK_NONE:
	case LOOK_CANNOT:
		break;
	}
	after_unknown(c, it, CAUSE_UNSURE, o, now);
}

void settle_leave(struct core *c, struct item *it, struct now now)
{
	if (it->place == PLACE_LEASE)
		lease_void(c, lease_at(c, it->holder), now.wall);
	else
		item_rest(c, it);
}

enum err settle_resolve(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct item *it = item_find(c, f->job.id);

	if (!it)
		return err_say(m, ERR_NOT_FOUND, "no such job is under way");
	struct job *j = &it->job;
	if (j->state != JOB_UNSURE)
		return err_say(m, ERR_STATE,
			"only an unsure job can be resolved; this one is %s",
			job_state_name((enum job_state)j->state));
	settle_leave(c, it, now);
	switch (f->resolve_as) {
	case RESOLVE_DONE:
		finish(c, it, JOB_DONE,
			&(struct ended){.outcome = f->outcome, .settled = true});
		break;
	case RESOLVE_FAILED:
		finish(c, it, JOB_FAILED,
			&(struct ended){.cause = CAUSE_UNSURE, .outcome = f->outcome});
		break;
	case RESOLVE_RETRY:
		j->flags |= JOB_SENT_AGAIN;
		if (j->attempts >= j->max_attempts)
			j->max_attempts = (uint8_t)(j->attempts + (j->attempts < UINT8_MAX));
		stand_again(c, it, now.wall, now);
		break;
	}
	return ERR_OK;
}
