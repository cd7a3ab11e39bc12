/*
 * workers.c - workers as worker/link.h has them, and everything that can befall one
 *
 * An assignment is had, asked for, sent, ended, and forgotten when its result
 * is acknowledged. At any of these steps the worker may die or hang.
 */
#include "tests/sim/world.h"

#define RESEND (10 * USEC_SEC)

static struct attempt *find(struct sim_worker *k, uint64_t lease)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (k->attempts[i].state != ATTEMPT_FREE &&
			k->attempts[i].request.lease == lease)
			return &k->attempts[i];
	return NULL;
}

static uint32_t held_by(const struct sim_worker *k)
{
	uint32_t n = 0;

	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		n += k->attempts[i].state != ATTEMPT_FREE;
	return n;
}

/* The worker an event is for: NULL when it is dead. One that hangs gets it when it wakes. */
static struct sim_worker *awake(struct world *w, const struct event *e)
{
	struct sim_worker *k = &w->workers[e->place];

	if (!k->number || k->number != e->number)
		return NULL;
	if (k->hung_until <= w->time)
		return k;
	struct event *later = plan(w, k->hung_until - w->time, e->fire);
	usec_t at = later->at;
	uint64_t order = later->order;
	uint32_t pos = later->pos;
	*later = *e;
	later->at = at;
	later->order = order;
	later->pos = pos;
	return NULL;
}

static struct event *plan_for(struct world *w, const struct sim_worker *k, usec_t in,
	void (*fire)(struct world *, const struct event *), const struct attempt *a)
{
	struct event *e = plan(w, in, fire);

	e->place = (uint32_t)(k - w->workers);
	e->number = k->number;
	if (a) {
		e->job = a->request.job;
		e->lease = a->request.lease;
	}
	return e;
}

/* --- at the dispatcher's door --- */

/* A message to the dispatcher may be lost with the dispatcher it was for. */
static struct event *plan_message(struct world *w, const struct sim_worker *k,
	void (*fire)(struct world *, const struct event *), const struct attempt *a)
{
	struct event *e = plan_for(w, k, soon(w), fire, a);

	e->request.generation = w->boot;
	return e;
}

static bool is_lost(struct world *w, const struct event *e)
{
	return e->request.generation != w->boot && chance(w, 500);
}

static void hears_begin(struct world *w, const struct event *e)
{
	if (is_lost(w, e))
		return;
	tries_asked(w, e);
	(void)tell(w, &(struct fact){.kind = FACT_BEGIN,
			      .worker = e->number,
			      .job.id = e->job,
			      .lease = e->lease});
}

static void hears_back(struct world *w, const struct event *e)
{
	path(PATH_BACK);
	if (is_lost(w, e))
		return;
	(void)tell(w, &(struct fact){.kind = FACT_BACK,
			      .worker = e->number,
			      .job.id = e->job,
			      .lease = e->lease});
}

static void hears_result(struct world *w, const struct event *e)
{
	struct sim_job *j = job_by_id(w, e->job);
	uint64_t late = core_counts(w->core).late;
	const struct job *now = core_job(w->core, e->job);
	bool unsure = now && now->state == JOB_UNSURE;

	if (is_lost(w, e))
		return;
	tries_ended(w, e);
	bool more = e->request.step == STEP_MEDIA && chance(w, 600);
	(void)tell(w, &(struct fact){.kind = FACT_OUTCOME,
			      .next = more ? CALL_OP_APPEND_MEDIA_UPLOAD : CALL_COUNT,
			      .until = chance(w, 500) ? 0 : world_now(w).wall + USEC_SEC,
			      .anew = more && chance(w, 50),
			      .worker = e->number,
			      .job.id = e->job,
			      .lease = e->lease,
			      .more = true, /* X has pages without end */
			      .outcome = &e->outcome,
			      .objects = e->found.ids,
			      .object_count = e->found.count});
	if (j->go_lease == e->lease)
		j->go_over = true;
	if (core_counts(w->core).late > late)
		path(PATH_RESULT_LATE);
	else if (unsure && e->request.step == STEP_ACT && !core_job(w->core, e->job))
		path(PATH_LATE_ENDS);
}

static void hears_beat(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);

	if (!k)
		return;
	plan_for(w, k, w->conf.worker_silence / 3, hears_beat, NULL);
	(void)tell(w, &(struct fact){.kind = FACT_HEARD, .worker = k->number});
}

static void hears_slots(struct world *w, const struct event *e)
{
	(void)tell(w,
		&(struct fact){
			.kind = FACT_WORKER, .worker = e->number, .slots = (uint32_t)e->job});
}

static void hears_bye(struct world *w, const struct event *e)
{
	(void)tell(w, &(struct fact){.kind = FACT_GONE, .worker = e->number});
}

/* --- results --- */

static void say_result(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);
	struct attempt *a = k ? find(k, e->lease) : NULL;

	if (!a || a->state != ATTEMPT_ENDED)
		return;
	if (a->said++)
		path(PATH_RESULT_TWICE);
	struct event *m = plan_message(w, k, hears_result, a);
	m->outcome = a->outcome;
	m->found = a->found;
	m->request.step = a->request.step;
	m->request.call = a->request.call;
	m->request.account = a->request.account;
	m->tokens = a->request.generation;
	plan_for(w, k, RESEND, say_result, a);
	if (chance(w, w->weather.twice))
		plan_for(w, k, soon(w), say_result, a);
}

static void ended(
	struct world *w, struct sim_worker *k, struct attempt *a, const struct outcome *o)
{
	a->state = ATTEMPT_ENDED;
	a->outcome = *o;
	plan_for(w, k, draw(w, 0, USEC_MSEC), say_result, a);
	workers_mishap(w, (uint32_t)(k - w->workers));
}

static void proven_unsent(
	struct world *w, struct sim_worker *k, struct attempt *a, enum outcome_cause cause)
{
	path(PATH_UNSENT);
	ended(w, k, a, &(struct outcome){.class = OUTCOME_UNSENT, .cause = cause});
}

void workers_answer(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);
	struct attempt *a = k ? find(k, e->lease) : NULL;

	if (!a || a->state != ATTEMPT_SENT)
		return;
	a->found = e->found;
	ended(w, k, a, &e->outcome);
}

/* --- sending --- */

static void send(struct world *w, struct sim_worker *k, struct attempt *a)
{
	const struct outcome none = {.class = OUTCOME_UNKNOWN, .cause = CAUSE_NO_ANSWER};

	if (chance(w, w->weather.unsent)) {
		proven_unsent(w, k, a, chance(w, 100) ? CAUSE_WORKER : CAUSE_NETWORK);
		return;
	}
	if (poison_kills(w, (uint32_t)(k - w->workers), a->request.job, 1000))
		return;
	a->state = ATTEMPT_SENT;
	a->request.sent_at = w->time;
	sim_trace(w, "worker %u sends j%llu", k->number, (unsigned long long)a->request.job);
	plan_for(w, k, TIMEOUT, workers_answer, a)->outcome = none;
	if (chance(w, w->weather.lose_request)) {
		path(PATH_REQUEST_LOST);
		return;
	}
	usec_t late = chance(w, w->weather.linger) ? TIMEOUT + draw(w, 0, LINGER) : 0;
	struct event *e = plan(w, late + draw(w, 100, w->weather.latency), x_arrive);
	e->request = a->request;
	workers_mishap(w, a->request.place);
}

static void ask(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);
	struct attempt *a = k ? find(k, e->lease) : NULL;

	if (!a || a->state != ATTEMPT_HAVE)
		return;
	if (poison_kills(w, e->place, e->job, 300))
		return;
	if (!a->begin) {
		send(w, k, a);
		return;
	}
	if (k->draining || chance(w, w->weather.drain / 4)) {
		plan_message(w, k, hears_back, a);
		a->state = ATTEMPT_FREE;
		return;
	}
	a->state = ATTEMPT_ASKED;
	a->asked_at = w->time;
	plan_message(w, k, hears_begin, a);
	workers_mishap(w, e->place);
}

/* --- what the dispatcher says --- */

static void assigned(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);

	if (!k || find(k, e->lease))
		return;
	size_t i = 0;
	while (i < ATTEMPTS_MAX && k->attempts[i].state != ATTEMPT_FREE)
		i++;
	CHECK(w, i < ATTEMPTS_MAX, "worker %u is flooded", k->number);
	if (i == ATTEMPTS_MAX)
		return;
	k->attempts[i] = (struct attempt){
		.state = ATTEMPT_HAVE, .request = e->request, .begin = e->begin};
	plan_for(w, k, draw(w, 0, USEC_MSEC), ask, &k->attempts[i]);
	workers_mishap(w, e->place);
}

static void hears_go(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);
	struct attempt *a = k ? find(k, e->lease) : NULL;

	if (!a || a->state != ATTEMPT_ASKED)
		return;
	a->go = true;
	a->request.begun_at = e->request.begun_at;
	a->request.allowed_at = e->request.allowed_at;
	if (w->time - a->asked_at <= PATIENCE) {
		send(w, k, a);
		return;
	}
	path(PATH_GO_LATE);
	proven_unsent(w, k, a, CAUSE_LEASE_LOST);
}

static void hears_refuse(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);
	struct attempt *a = k ? find(k, e->lease) : NULL;

	if (a && (a->state == ATTEMPT_HAVE || a->state == ATTEMPT_ASKED))
		a->state = ATTEMPT_FREE;
}

static void hears_kept(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);
	struct attempt *a = k ? find(k, e->lease) : NULL;

	path(PATH_KEPT);
	if (a && a->state == ATTEMPT_ENDED)
		a->state = ATTEMPT_FREE;
}

static struct sim_worker *worker_numbered(struct world *w, uint32_t number)
{
	for (uint32_t i = 0; i < w->worker_count; i++)
		if (w->workers[i].number == number)
			return &w->workers[i];
	return NULL;
}

/* The call that a step of a job makes. */
enum call workers_call(enum call own, enum step step)
{
	switch (step) {
	case STEP_LOOK:
		return call_info(own)->settle == SETTLE_DM ? CALL_DM_EVENTS_WITH
							   : CALL_TIMELINE;
	case STEP_NAME:
		return CALL_GET_USER_BY_NAME;
	case STEP_MEDIA:
		return CALL_OP_APPEND_MEDIA_UPLOAD; /* or initialize, at the same price */
	case STEP_ACT:
		break;
	}
	return own;
}

static void send_assignment(struct world *w, const struct order *o, struct event *e)
{
	e->request = (struct request){
		.place = e->place,
		.worker = o->worker,
		.job = o->job.id,
		.lease = o->lease,
		.account = o->job.account,
		.step = o->step,
		.call = o->step == STEP_MEDIA ? o->call
					      : workers_call((enum call)o->job.call, o->step),
		.generation = account_by_id(w, o->job.account)->generation,
		.grant = account_by_id(w, o->job.account)->grant,
		.begun_at = o->job.begun_at,
		.allowed_at = w->time,
	};
}

void workers_order(struct world *w, const struct order *o)
{
	static void (*const heard[])(struct world *, const struct event *) = {
		[ORDER_ASSIGN] = assigned,
		[ORDER_GO] = hears_go,
		[ORDER_REFUSE] = hears_refuse,
		[ORDER_KEPT] = hears_kept,
	};
	struct sim_worker *k = worker_numbered(w, o->worker);

	sim_trace(w, "to worker %u: %d about j%llu, lease %llx", o->worker, (int)o->kind,
		(unsigned long long)o->job.id, (unsigned long long)o->lease);
	if (o->kind == ORDER_GO)
		path(PATH_GO);
	if (o->kind == ORDER_REFUSE)
		path(PATH_REFUSED);
	if (o->kind == ORDER_KEPT)
		x_read_kept(w, o->lease);
	if (!k)
		return;
	struct event *e = plan_for(w, k, soon(w), heard[o->kind], NULL);
	e->job = o->job.id;
	e->lease = o->lease;
	e->request.begun_at = o->job.begun_at;
	e->request.allowed_at = w->time;
	if (o->kind == ORDER_ASSIGN)
		send_assignment(w, o, e);
	e->begin = o->begin;
	if (o->kind == ORDER_ASSIGN && !o->begin)
		x_read(w, &e->request);
}

/* --- hello --- */

static void tell_holds(struct world *w, const struct sim_worker *k)
{
	for (size_t i = 0; i < ATTEMPTS_MAX; i++) {
		const struct attempt *a = &k->attempts[i];

		if (a->state == ATTEMPT_FREE)
			continue;
		path(PATH_HOLDS);
		(void)tell(w, &(struct fact){.kind = FACT_HOLDS,
				      .worker = k->number,
				      .job.id = a->request.job,
				      .lease = a->request.lease,
				      .begun = a->go});
	}
}

/* What waited for a GO is unsent from now on: worker/link.h. */
static void hello(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);

	if (!k)
		return;
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (k->attempts[i].state == ATTEMPT_ASKED)
			proven_unsent(w, k, &k->attempts[i], CAUSE_LEASE_LOST);
	if (!k->number)
		return; /* it died over that */
	if (k->given_up)
		path(PATH_WORKER_BACK);
	k->given_up = false;
	(void)tell(w, &(struct fact){.kind = FACT_WORKER,
			      .worker = k->number,
			      .slots = k->draining ? 0 : k->slots});
	tell_holds(w, k);
}

void workers_hello_all(struct world *w)
{
	for (uint32_t i = 0; i < w->worker_count; i++) {
		usec_t in = chance(w, 100) ? draw(w, USEC_SEC, 3 * w->conf.lease)
					   : draw(w, USEC_MSEC, 2 * USEC_SEC);

		if (w->workers[i].number)
			plan_for(w, &w->workers[i], in, hello, NULL);
	}
}

void workers_gone(struct world *w, uint32_t number)
{
	struct sim_worker *k = worker_numbered(w, number);

	path(PATH_WORKER_GONE);
	if (!k)
		return;
	k->given_up = true;
	plan_for(w, k, soon(w), hello, NULL);
}

/* --- coming and going --- */

static void come(struct world *w, const struct event *e)
{
	struct sim_worker *k = &w->workers[e->place];

	if (k->number)
		return;
	*k = (struct sim_worker){
		.number = ++w->worker_last, .slots = (uint32_t)draw(w, 1, w->calm ? 8 : 6)};
	plan_for(w, k, 0, hello, NULL);
	plan_for(w, k, USEC_SEC, hears_beat, NULL);
}

void workers_kill(struct world *w, uint32_t place)
{
	struct sim_worker *k = &w->workers[place];

	if (!k->number)
		return;
	path(PATH_WORKER_DIED);
	for (size_t i = 0; i < ATTEMPTS_MAX; i++)
		if (k->attempts[i].state != ATTEMPT_FREE && k->attempts[i].go)
			path(PATH_DIED_BEGUN);
	sim_trace(w, "worker %u dies", k->number);
	if (chance(w, 300)) /* its socket closes: the edge may see that */
		plan(w, soon(w), hears_bye)->number = k->number;
	*k = (struct sim_worker){0};
	plan(w, draw(w, USEC_SEC, USEC_MIN), come)->place = place;
}

static void leave_when_empty(struct world *w, const struct event *e)
{
	struct sim_worker *k = awake(w, e);

	if (!k || !k->draining)
		return;
	if (held_by(k)) {
		plan_for(w, k, USEC_SEC, leave_when_empty, NULL);
		return;
	}
	path(PATH_DRAINED);
	plan_message(w, k, hears_bye, NULL);
	*k = (struct sim_worker){0};
	plan(w, draw(w, USEC_SEC, USEC_MIN), come)->place = e->place;
}

static void drain(struct world *w, struct sim_worker *k)
{
	if (k->draining)
		return;
	k->draining = true;
	plan_message(w, k, hears_slots, NULL);
	plan_for(w, k, USEC_SEC, leave_when_empty, NULL);
}

static void hang(struct world *w, struct sim_worker *k)
{
	usec_t most = chance(w, 300) ? 4 * w->conf.lease : PATIENCE + TIMEOUT;

	path(PATH_WORKER_HUNG);
	k->hung_until = w->time + draw(w, USEC_SEC, most);
	if (k->hung_until > w->time + w->conf.lease && held_by(k))
		path(PATH_HUNG_PAST_LEASE);
	sim_trace(w, "worker %u hangs", k->number);
}

void workers_mishap(struct world *w, uint32_t place)
{
	struct sim_worker *k = &w->workers[place];

	if (!k->number || k->hung_until > w->time)
		return;
	if (chance(w, w->weather.die))
		workers_kill(w, place);
	else if (chance(w, w->weather.hang))
		hang(w, k);
	else if (chance(w, w->weather.drain))
		drain(w, k);
}

void workers_start(struct world *w)
{
	for (uint32_t i = 0; i < w->worker_count; i++)
		plan(w, draw(w, 0, USEC_SEC), come)->place = i;
}
