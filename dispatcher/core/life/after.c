/* after.c - what follows an outcome, by its class and its cause (design 3.3, x-api.md 5.3) */
#include "dispatcher/core/inside.h"
#include "dispatcher/core/life/retry.h"

#define TOOK_PART     8 /* of the difference: how fast the mean follows */
#define STEP_TRIES    8 /* of a name, a look or media, in a row, before roost gives that up */
#define UPLOADS_ANEW  4 /* uploads of one job's media that had to begin anew */
#define PARK_ACCOUNT_ (6 * USEC_HOUR) /* when X does not say for how long */
#define PARK_READS_   (6 * USEC_HOUR)

/* An attempt whose lease is over, and what it came to. */
struct attempt {
	struct item *it;
	struct account *account;
	const struct fact *f;
	const struct outcome *o;
	enum step step;
	uint64_t lease;
	uint32_t tokens;   /* the account's, when it was assigned */
	bool probe;        /* of a breaker: it costs no attempt */
	usec_t not_before; /* a 429 that no window stands for */
	struct now now;
};

static usec_t backoff(struct core *c, unsigned tries)
{
	return retry_wait(&c->rng, c->conf.retry_base, c->conf.retry_cap, tries);
}

static unsigned one_more(struct item *it)
{
	return it->tries < UINT8_MAX ? it->tries++ : it->tries;
}

/* --- back to where it waits --- */

void stand_again(struct core *c, struct item *it, usec_t not_before, struct now now)
{
	struct job *j = &it->job;

	j->not_before = not_before;
	if (j->state == JOB_RUNNING || j->state == JOB_UNSURE) {
		j->flags &= (uint16_t) ~(JOB_BEGUN | JOB_ASKED);
		if (!(j->flags & JOB_SENT_AGAIN))
			j->begun_at = 0;
		(void)become(c, it, JOB_READY, KEEP);
	}
	item_stand(c, it, now);
}

/* The step is to be done once more; a look leaves the job unsure. */
static void again(struct core *c, struct item *it, usec_t not_before, struct now now)
{
	if (it->job.state != JOB_UNSURE) {
		stand_again(c, it, not_before, now);
		return;
	}
	it->job.not_before = not_before;
	item_stand(c, it, now);
}

/* The attempt does not count, and X is known not to have done it. */
static void unburn(const struct attempt *t)
{
	struct job *j = &t->it->job;

	if (t->step != STEP_ACT)
		return;
	ASSERT(j->attempts > 0);
	j->attempts--;
	if (j->lease == t->lease)
		j->lease = 0;
}

static void fail(
	struct core *c, struct item *it, enum outcome_cause cause, const struct outcome *o)
{
	finish(c, it, JOB_FAILED, &(struct ended){.cause = cause, .outcome = o});
}

/* --- unknown --- */

void after_unknown(struct core *c, struct item *it, enum outcome_cause cause,
	const struct outcome *o, struct now now)
{
	enum step step = item_step(it);
	struct job *j = &it->job;

	bool is_mistaken = (MISTAKE(MISTAKE_UNKNOWN_IS_READY) && cause != CAUSE_LEASE_LOST) ||
			   (MISTAKE(MISTAKE_LOST_IS_READY) && cause == CAUSE_LEASE_LOST);
	if (step == STEP_ACT && !call_is_repeatable((enum call)j->call) && !is_mistaken) {
		doubt_add(it);
		settle_unsure(c, it, cause, now);
		return;
	}
	if (step == STEP_ACT && j->attempts >= j->max_attempts) {
		fail(c, it, CAUSE_ATTEMPTS, o);
		return;
	}
	unsigned tries = step == STEP_ACT ? j->attempts : one_more(it);
	if ((step == STEP_NAME || step == STEP_MEDIA) && tries >= STEP_TRIES)
		fail(c, it, CAUSE_ATTEMPTS, o);
	else if (step == STEP_LOOK && tries >= STEP_TRIES)
		settle_ask(c, it, now);
	else
		again(c, it, now.wall + backoff(c, tries), now);
}

static void unknown(struct core *c, const struct attempt *t)
{
	if (t->probe && t->step == STEP_ACT && call_is_repeatable((enum call)t->it->job.call)) {
		unburn(t);
		again(c, t->it, t->now.wall, t->now);
		return;
	}
	after_unknown(c, t->it, t->o->cause, t->o, t->now);
}

/* --- done --- */

/* The job goes back to where it waits, and its next page is asked for like a job of its own. */
static void read_on(struct core *c, const struct attempt *t)
{
	struct job *j = &t->it->job;

	j->page++;
	j->attempts = 0;
	if (MISTAKE(MISTAKE_PAGE_TWICE))
		put_back(c, t->it, t->now);
	else
		stand_again(c, t->it, t->now.wall, t->now);
	if (MISTAKE(MISTAKE_PAGE_LOST))
		return;
	struct order *o = order_job(c, ORDER_PAGE, t->it);
	o->outcome = *t->o;
	o->has_outcome = true;
}

static void done(struct core *c, const struct attempt *t)
{
	struct item *it = t->it;

	bool is_told =
		t->step != STEP_LOOK || t->o->look == LOOK_FOUND || t->o->look == LOOK_ABSENT;
	if (is_told) /* a look that was answered and cannot tell is one more try */
		it->tries = 0;
	if (t->step == STEP_ACT && t->f->more && it->job.page + 1 < it->job.pages) {
		read_on(c, t);
		return;
	}
	if (t->step == STEP_ACT) {
		doubt_clear(c, it); /* an earlier attempt did not happen */
		finish(c, it, JOB_DONE, &(struct ended){.outcome = t->o});
		return;
	}
	if (t->step == STEP_LOOK) {
		settle_looked(c, it, t->o, t->now);
		return;
	}
	if (t->step == STEP_MEDIA) {
		stand_again(
			c, it, t->f->until > t->now.wall ? t->f->until : t->now.wall, t->now);
		return;
	}
	it->job.flags &= (uint16_t)~JOB_NEEDS_NAME;
	stand_again(c, it, t->now.wall, t->now);
}

/* --- refused --- */

/* X took no offence at the post, but does not know its media: they are brought there again. */
static bool media_again(struct core *c, const struct attempt *t)
{
	struct job *j = &t->it->job;

	if (t->step != STEP_ACT || !t->f->stale || j->flags & JOB_MEDIA_AGAIN)
		return false;
	unburn(t);
	j->flags |= JOB_MEDIA_AGAIN;
	item_media(t->it, t->f->next);
	again(c, t->it, t->now.wall, t->now);
	return true;
}

static void refused_for_good(struct core *c, const struct attempt *t)
{
	struct item *it = t->it;

	if (media_again(c, t))
		return;
	if (t->step == STEP_LOOK) {
		after_unknown(c, it, t->o->cause, t->o, t->now);
		return;
	}
	if (t->step == STEP_ACT && t->o->cause == CAUSE_DUPLICATE &&
		it->job.flags & JOB_SENT_AGAIN) {
		settle_unsure(c, it, CAUSE_DUPLICATE, t->now); /* the first one does exist */
		return;
	}
	fail(c, it, t->o->cause, t->o);
}

/* A definite no that may be a yes later. */
static void refused_for_now(struct core *c, const struct attempt *t)
{
	struct job *j = &t->it->job;

	if (t->step != STEP_ACT || call_is_repeatable((enum call)j->call)) {
		unknown(c, t);
		return;
	}
	j->lease = 0;
	if (j->attempts >= j->max_attempts)
		fail(c, t->it, CAUSE_ATTEMPTS, t->o);
	else
		again(c, t->it, t->now.wall + backoff(c, j->attempts), t->now);
}

/* 401: one refresh, one more try; refused on the new token, too, or with nothing to renew it
 * by, the account needs its user. */
static void token_refused(struct core *c, const struct attempt *t)
{
	struct account *a = t->account;
	struct job *j = &t->it->job;
	bool is_present_one = t->tokens == a->tokens;

	unburn(t);
	if (is_present_one && storm_rises(c, account_find(c, a->fact.id), t->now)) {
		again(c, t->it, t->now.wall, t->now);
		return;
	}
	bool tried = j->flags & JOB_TOKEN_TRIED && a->tokens > 0;
	if (is_present_one && (tried || a->fact.grant == GRANT_SUSPECT)) {
		j->flags &= (uint16_t)~JOB_TOKEN_TRIED;
		account_lose(c, a);
		if (MISTAKE(MISTAKE_DEAD_FAILS)) {
			fail(c, t->it, CAUSE_TOKEN, t->o);
			return;
		}
	} else if (is_present_one) {
		j->flags |= JOB_TOKEN_TRIED;
		a->distrusted = true;
		account_refresh(c, a, t->now);
	}
	again(c, t->it, t->now.wall, t->now);
}

static void park(struct core *c, const struct attempt *t, enum park_what what, usec_t length)
{
	usec_t wall = t->now.wall;
	usec_t until = t->o->park_until > wall ? t->o->park_until : wall + length;

	unburn(t);
	if (what == PARK_ACCOUNT)
		account_park(c, t->account, until, t->o->cause, wall);
	else
		app_park(c, account_app(c, t->account), what, until, t->o->cause, wall);
	again(c, t->it, wall, t->now);
}

static void park_account(struct core *c, const struct attempt *t)
{
	park(c, t, PARK_ACCOUNT, PARK_ACCOUNT_);
}

static void park_app(struct core *c, const struct attempt *t)
{
	usec_t wall = t->now.wall;

	park(c, t, PARK_APP, app_trial_at(account_app(c, t->account), wall) - wall);
}

static void park_reads(struct core *c, const struct attempt *t)
{
	park(c, t, PARK_READS, PARK_READS_);
}

/* X says that the app's plan does not include the call: no job of the kind is sent again. */
static void not_entitled(struct core *c, const struct attempt *t)
{
	if (t->step == STEP_MEDIA) { /* which is not what the job is about */
		fail(c, t->it, t->o->cause, t->o);
		return;
	}
	app_refused(c, account_app(c, t->account), t->it, t->now.wall);
	unburn(t);
	if (t->step == STEP_LOOK)
		settle_ask(c, t->it, t->now);
	else
		again(c, t->it, t->now.wall, t->now);
}

static void refused(struct core *c, const struct attempt *t)
{
	static void (*const by_then[])(struct core * c, const struct attempt *t) = {
		[THEN_FAIL] = refused_for_good,
		[THEN_AGAIN] = refused_for_now,
		[THEN_TOKEN] = token_refused,
		[THEN_PARK_ACCOUNT] = park_account,
		[THEN_PARK_APP] = park_app,
		[THEN_PARK_READS] = park_reads,
		[THEN_REMEMBER] = not_entitled,
	};

	by_then[outcome_cause_then(t->o->cause)](c, t);
}

/* --- limited, unsent --- */

static void limited(struct core *c, const struct attempt *t)
{
	order_note(c, NOTE_LIMITED, t->it, t->o->cause);
	c->counts.limited++;
	if (!MISTAKE(MISTAKE_LIMITED_BURNS))
		unburn(t);
	again(c, t->it, t->not_before, t->now);
}

/* Only a worker that cannot make the request burns attempts: X's absence may last. */
static void unsent(struct core *c, const struct attempt *t)
{
	if (t->o->cause == CAUSE_WORKER && t->step == STEP_ACT) {
		refused_for_now(c, t);
		return;
	}
	unburn(t);
	again(c, t->it, t->now.wall + backoff(c, one_more(t->it)), t->now);
}

static void (*const by_class[])(struct core *c, const struct attempt *t) = {
	[OUTCOME_DONE] = done,
	[OUTCOME_REFUSED] = refused,
	[OUTCOME_LIMITED] = limited,
	[OUTCOME_UNSENT] = unsent,
	[OUTCOME_UNKNOWN] = unknown,
};

/* --- the fact --- */

static void note_late(struct core *c, const struct fact *f)
{
	struct order *o = order_put(c, ORDER_NOTE);

	o->note = NOTE_LATE_OUTCOME;
	o->job.id = f->job.id;
	o->worker = f->worker;
	o->lease = f->lease;
	c->counts.late++;
}

/*
 * The word of a lease that is over. As long as nothing was begun after it, that of the attempt
 * last begun is the best evidence there is.
 */
static bool is_evidence(const struct item *it, const struct fact *f)
{
	const struct job *j = &it->job;
	enum outcome_class class = f->outcome->class;

	if (MISTAKE(MISTAKE_LATE_ENDS))
		return class == OUTCOME_DONE;
	if (!j->lease || j->lease != f->lease ||
		(j->state == JOB_RUNNING && j->flags & JOB_BEGUN))
		return false;
	return class == OUTCOME_DONE || (class == OUTCOME_REFUSED && j->state == JOB_UNSURE);
}

static void late(struct core *c, const struct fact *f, struct now now)
{
	struct item *it = item_find(c, f->job.id);
	const struct outcome *o = f->outcome;

	if (!it || !is_evidence(it, f)) {
		note_late(c, f);
		return;
	}
	settle_leave(c, it, now);
	if (o->class == OUTCOME_DONE)
		finish(c, it, JOB_DONE, &(struct ended){.outcome = o});
	else if (outcome_cause_then(o->cause) == THEN_FAIL && o->cause != CAUSE_DUPLICATE)
		fail(c, it, o->cause, o);
	else
		item_stand(c, it, now);
}

/* What the answer says about the windows and the lease; the lease is over then. */
static void close_lease(struct core *c, struct lease *l, struct attempt *t)
{
	enum outcome_class class = t->o->class;
	bool is_unsent = class == OUTCOME_UNSENT ||
			 (MISTAKE(MISTAKE_REFUND_UNKNOWN) && class == OUTCOME_UNKNOWN);

	if (!l->begun && class != OUTCOME_UNSENT)
		begin_write(c, l, t->now); /* it did send, though it never asked */
	else if (!l->begun && t->it)
		t->it->job.attempts++; /* for unburn() to take back */
	if (l->begun && !is_unsent)
		lease_learn(c, l, t->o, t->now.wall);
	t->probe = l->probe;
	storm_told(c, l, t->o, t->now);
	pay_answered(c, l, t->f, t->now.wall);
	if (class == OUTCOME_LIMITED)
		t->not_before = lease_limited(c, l, t->o, t->now.wall);
	enum lease_end how = class == OUTCOME_DONE ? LEASE_DONE : LEASE_SETTLED;
	lease_over(c, l, is_unsent ? LEASE_UNSENT : how, t->now.wall);
}

static void learn_time(struct core *c, const struct lease *l, usec_t mono)
{
	usec_t took = mono - l->given_at;
	usec_t mean = c->took[l->call];

	if (!l->given_at || took < 1 || took > UINT32_MAX)
		return;
	c->took[l->call] = (uint32_t)(mean ? mean + (took - mean) / TOOK_PART : took);
}

/* What the media lack now. False: they began anew too often, and the job is failed. */
static bool media_told(struct core *c, const struct attempt *t)
{
	struct item *it = t->it;

	if (t->step != STEP_MEDIA)
		return true;
	it->anew = (uint8_t)(it->anew + t->f->anew);
	if (t->f->next != CALL_COUNT || t->o->class == OUTCOME_DONE)
		item_media(it, t->f->next);
	if (it->anew <= UPLOADS_ANEW)
		return true;
	fail(c, it, CAUSE_ATTEMPTS, t->o);
	return false;
}

static void on_time(struct core *c, struct lease *l, const struct fact *f, struct now now)
{
	struct attempt t = {.it = lease_item(c, l),
		.account = account_at(c, l->account),
		.f = f,
		.o = f->outcome,
		.step = (enum step)l->step,
		.lease = l->id,
		.tokens = l->tokens,
		.not_before = now.wall,
		.now = now};

	if (t.o->http_status)
		learn_time(c, l, now.mono);
	if (t.o->http_status && outcome_cause_then(t.o->cause) != THEN_PARK_APP &&
		app_is_on_trial(account_app(c, t.account), now.wall))
		app_answered(c, account_app(c, t.account));
	close_lease(c, l, &t);
	if (!t.it) {
		note_late(c, f);
		return;
	}
	if (t.o->http_status && t.o->cause != CAUSE_TOKEN)
		t.it->job.flags &= (uint16_t)~JOB_TOKEN_TRIED;
	if (media_told(c, &t))
		by_class[t.o->class](c, &t);
}

enum err after_outcome(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct lease *l = lease_find(c, f->lease);

	(void)m;
	struct order *kept = order_put(c, ORDER_KEPT);
	kept->job.id = f->job.id;
	kept->worker = f->worker;
	kept->lease = f->lease;
	if (!f->outcome || f->outcome->class >= COUNT_OF(by_class))
		return ERR_OK;
	if (l && l->worker != NONE && worker_at(c, l->worker)->id != f->worker)
		l = NULL; /* another worker's lease */
	if (l)
		on_time(c, l, f, now);
	else
		late(c, f, now);
	return ERR_OK;
}
