/* agents.c - agents and operators: they enqueue, change their minds, and decide what nobody can
 * tell */
#include <stdio.h>

#include "tests/sim/world.h"

#define HUMAN_FIRST \
	(5 * USEC_MIN) /* a human looks at X not before a request can have arrived */
#define HUMAN_LAST USEC_HOUR

static const enum call calls[] = {CALL_CREATE_POST, CALL_CREATE_POST, CALL_CREATE_POST,
	CALL_CREATE_POST, CALL_DM_USER, CALL_DM_USER, CALL_LIKE, CALL_REPOST, CALL_FOLLOW,
	CALL_DELETE_POST, CALL_GET_POST, CALL_GET_POST, CALL_TIMELINE, CALL_GET_USER};

/* Nothing limits these: only workers are wanted. */
static const enum call narrow_calls[] = {CALL_GET_ME, CALL_FOLLOW, CALL_BOOKMARK};

static const enum outcome_cause refusals[] = {CAUSE_INVALID, CAUSE_SCOPE, CAUSE_REPLY,
	CAUSE_QUOTE, CAUSE_NOT_PERMITTED, CAUSE_FORBIDDEN, CAUSE_NOT_FOUND, CAUSE_AUTH_KIND};

/* --- enqueue --- */

static usec_t some_time(struct world *w)
{
	return world_now(w).wall + draw(w, -USEC_MIN, 20 * USEC_MIN);
}

static void invent(struct world *w, struct sim_job *j, uint32_t agent)
{
	*j = (struct sim_job){.key = (uint32_t)(j - w->jobs), .lives = 1, .unsure_allowed = 1};
	j->asked = (struct job){
		.agent = agent,
		.account = w->accounts[draw(w, 0, w->account_count - 1)].id,
		.call = (uint16_t)calls[draw(w, 0, COUNT_OF(calls) - 1)],
		.state = JOB_READY,
		.priority = (uint8_t)draw(w, 4, 6),
		.max_attempts = (uint8_t)draw(w, 1, 4),
		.not_before = chance(w, 200) ? some_time(w) : 0,
		.expires_at = USEC_NEVER,
	};
	if (w->weather.full) {
		j->asked.call = (uint16_t)w->full_call;
		j->asked.not_before = 0;
		j->asked.max_attempts = 4;
		return;
	}
	if (w->weather.narrow)
		j->asked.call = (uint16_t)narrow_calls[draw(w, 0, COUNT_OF(narrow_calls) - 1)];
	if (j->asked.call == CALL_TIMELINE && chance(w, 500))
		j->asked.pages = (uint8_t)draw(w, 2, 6);
	if (chance(w, 100))
		j->asked.expires_at = some_time(w);
	if (chance(w, 30))
		j->asked.state = JOB_HELD;
	if (chance(w, 100))
		j->asked.flags |= JOB_ASK;
	if (chance(w, 150))
		j->asked.flags |= JOB_NEEDS_NAME;
	if (chance(w, 100))
		j->asked.flags |= JOB_NEEDS_MEDIA | JOB_MEDIA;
	if (chance(w, w->weather.doomed)) {
		j->fate = FATE_REFUSED;
		j->cause = refusals[draw(w, 0, COUNT_OF(refusals) - 1)];
	}
}

/* As the dispatcher does: the same key is the same job. */
static bool is_kept(struct world *w, struct sim_job *j)
{
	char key[16];
	uint64_t id, fingerprint;

	(void)snprintf(key, sizeof(key), "k%u", j->key);
	if (store_find_key(w->store, j->asked.agent, str_of(key), &id, &fingerprint))
		return false;
	CHECK(w, w->by_id[id] == j->key + 1, "k%u is another's", j->key);
	j->acked = true;
	path(PATH_FOUND_BY_KEY);
	return true;
}

static void send(struct world *w, const struct event *e)
{
	struct sim_job *j = &w->jobs[e->number];

	if (j->acked || is_kept(w, j))
		return;
	plan(w, 10 * USEC_SEC, send)->number = e->number; /* again, if nobody answers */
	j->reviving = false;
	j->asked.id = w->last_id + 1;
	ties_resolve(w, j);
	enum err err = tell(w, &(struct fact){.kind = FACT_ENQUEUE,
				       .job = j->asked,
				       .tag = j,
				       .needs = j->needs,
				       .need_count = j->need_count});
	if (err == ERR_BUDGET) {
		CHECK(w, w->stepped || money_refuses(w, &j->asked),
			"a job is refused that no budget forbids");
		path(PATH_TOO_DEAR);
		return;
	}
	CHECK(w, !err, "an enqueue is refused");
	CHECK(w, w->stepped || !money_refuses(w, &j->asked),
		"a job is taken that its budgets can never pay");
	w->last_id++;
	CHECK(w, j->asked.id < IDS_MAX, "too many ids");
	w->by_id[j->asked.id] = j->key + 1;
	if (j->asked.state == JOB_HELD)
		path(PATH_HELD);
	else if (j->asked.not_before > world_now(w).wall)
		path(PATH_SCHEDULED);
}

static void enqueue(struct world *w, uint32_t agent)
{
	int64_t n = w->weather.narrow ? 20 : chance(w, 200) ? draw(w, 2, 8) : 1;

	if (w->weather.full)
		n = w->jobs_wanted;

	for (; n > 0 && w->job_count < w->jobs_wanted; n--) {
		struct sim_job *j = &w->jobs[w->job_count++];

		invent(w, j, agent);
		money_price(w, &j->asked);
		ties_draw(w, j);
		poison_draw(w, j);
		plan(w, 0, send)->number = j->key;
	}
}

void agents_kept(struct world *w, const struct order *o)
{
	struct sim_job *j = job_by_id(w, o->job.id);

	CHECK(w, o->tag == j, "ORDER_PUT of j%llu has another's tag",
		(unsigned long long)o->job.id);
	if (!j->reviving)
		return;
	j->reviving = false;
	j->lives++;
	j->unsure_allowed++;
	j->refused = false;
	j->begun = j->excused = 0;
	path(PATH_RETRIED);
}

void agents_answered(struct world *w, const struct order *o)
{
	job_by_id(w, o->job.id)->acked = true;
	path(PATH_ENQUEUED);
}

/* --- changing one's mind --- */

/* Mostly one that has not ended. */
static struct sim_job *any_job(struct world *w)
{
	struct sim_job *j = NULL;

	for (int i = 0; i < 8 && w->job_count; i++) {
		j = &w->jobs[draw(w, 0, w->job_count - 1)];
		if (core_job(w->core, j->asked.id))
			break;
	}
	return j && j->acked ? j : NULL;
}

static void cancel(struct world *w, struct sim_job *j)
{
	const struct job *now = core_job(w->core, j->asked.id);
	bool running = now && now->state == JOB_RUNNING;
	enum err e = tell(w, &(struct fact){.kind = FACT_CANCEL, .job.id = j->asked.id});

	path(e ? PATH_CANCEL_REFUSED : PATH_CANCELLED);
	if (!e && running)
		path(PATH_CANCEL_ASSIGNED);
}

static void update(struct world *w, struct sim_job *j)
{
	const struct job *now = core_job(w->core, j->asked.id);
	struct fact f = {.kind = FACT_UPDATE};

	f.job = now ? *now : j->asked;
	f.job.priority = (uint8_t)draw(w, 3, 7);
	f.job.not_before = chance(w, 500) ? some_time(w) : 0;
	if (chance(w, 200))
		f.job.expires_at = chance(w, 500) ? USEC_NEVER : some_time(w);
	path(tell(w, &f) ? PATH_UPDATE_REFUSED : PATH_UPDATED);
}

/* Brings an ended job back, as `roost retry` does. */
static void retry(struct world *w, struct sim_job *j)
{
	struct job_record r;
	struct need open[TIES_MAX];

	if (!keep_job(w, j->asked.id, &r) || !r.ended || r.job.state == JOB_DONE ||
		j->lives > 2 || core_job(w->core, j->asked.id)) /* in this very turn, already */
		return;
	struct fact f = {.kind = FACT_ENQUEUE, .job = r.job, .tag = j};
	f.job.state = JOB_READY;
	f.job.not_before = 0;
	f.job.flags = r.job.flags & (JOB_ASK | JOB_NEEDS_NAME | JOB_AFTER | JOB_REFS |
					    JOB_WHOLE | JOB_NEEDS_MEDIA | JOB_MEDIA);
	f.needs = open;
	if (!ties_again(w, j, open, &f.need_count))
		return;
	if (f.job.expires_at <= world_now(w).wall)
		f.job.expires_at = USEC_NEVER;
	j->reviving = true;
	enum err e = tell(w, &f);
	CHECK(w, !e || (e == ERR_BUDGET && (w->stepped || money_refuses(w, &j->asked))),
		"a retry is refused");
	j->reviving = !e;
}

static void resume(struct world *w, const struct event *e)
{
	struct sim_account *a = &w->accounts[e->number];

	a->paused = false;
	a->parked_until = 0;
	keep_account(w, a);
	vault_tell(w, a);
}

static void resume_app(struct world *w, const struct event *e)
{
	struct sim_app *a = &w->apps[e->number];

	a->paused = false;
	a->parked_until = 0;
	keep_app(w, a);
	vault_tell_app(w, a);
}

/* Any, but rather one with something that a worker has and has not begun. */
static uint32_t account_to_pause(struct world *w)
{
	for (uint32_t i = 0; i < w->job_count; i++) {
		const struct job *now = core_job(w->core, w->jobs[i].asked.id);

		if (now && now->state == JOB_RUNNING && !(now->flags & JOB_BEGUN))
			return (uint32_t)(account_by_id(w, now->account) - w->accounts);
	}
	return (uint32_t)draw(w, 0, w->account_count - 1);
}

static void pause(struct world *w)
{
	bool whole_app = chance(w, 300);
	uint32_t at = account_to_pause(w);

	if (whole_app)
		at = w->accounts[at].app;

	path(PATH_PAUSED);
	plan(w, draw(w, USEC_SEC, 10 * USEC_MIN), whole_app ? resume_app : resume)->number = at;
	if (whole_app) {
		w->apps[at].paused = true;
		keep_app(w, &w->apps[at]);
		vault_tell_app(w, &w->apps[at]);
		return;
	}
	w->accounts[at].paused = true;
	keep_account(w, &w->accounts[at]);
	vault_tell(w, &w->accounts[at]);
}

void agents_resume(struct world *w)
{
	for (uint32_t i = 0; i < w->account_count; i++)
		plan(w, 0, resume)->number = i;
	for (uint32_t i = 0; i < w->app_count; i++)
		plan(w, 0, resume_app)->number = i;
}

/* --- what nobody can tell --- */

/* A human who looks at X: by now nothing of it can still be on its way. */
static void decide(struct world *w, const struct event *e)
{
	struct sim_job *j = &w->jobs[e->number];
	const struct job *now = core_job(w->core, j->asked.id);
	struct outcome o = {.class = OUTCOME_DONE, .x_id = "1901"};
	struct fact f = {.kind = FACT_RESOLVE, .job.id = j->asked.id, .outcome = &o};

	j->human = false;
	if (!now || now->state != JOB_UNSURE)
		return;
	plan(w, USEC_HOUR, decide)->number = e->number; /* until it is kept */
	j->human = true;
	if (j->effects)
		f.resolve_as = RESOLVE_DONE;
	else
		f.resolve_as = chance(w, 700) ? RESOLVE_RETRY : RESOLVE_FAILED;
	if (f.resolve_as != RESOLVE_DONE)
		f.outcome = NULL;
	enum err err = tell(w, &f);
	CHECK(w, !err, "an unsure job cannot be resolved");
	j->unsure_allowed += f.resolve_as == RESOLVE_RETRY;
	j->refused |= f.resolve_as == RESOLVE_FAILED;
	path(f.resolve_as == RESOLVE_DONE       ? PATH_RESOLVED_DONE
		: f.resolve_as == RESOLVE_RETRY ? PATH_RESOLVED_RETRY
						: PATH_RESOLVED_FAILED);
}

static void told_end(struct world *w, struct sim_job *j, const struct job_record *r)
{
	j->told++;
	j->end = (enum job_state)r->job.state;
	CHECK(w, j->told <= j->lives, "the end of j%llu is told %d times in %d lives",
		(unsigned long long)r->job.id, j->told, j->lives);
	if (j->end == JOB_DONE)
		path(PATH_DONE);
	if (j->end == JOB_EXPIRED)
		path(PATH_EXPIRED);
	if (j->end == JOB_FAILED)
		path(str_is(r->ending.cause, outcome_cause_name(CAUSE_ATTEMPTS)) ? PATH_ATTEMPTS
										 : PATH_FAILED);
	if (r->ending.settled)
		path(PATH_SETTLED);
}

void agents_told(struct world *w, const struct reply *r)
{
	struct sim_job *j = job_by_id(w, r->record.job.id);

	sim_trace(w, "agent %u hears: j%llu is %s", j->asked.agent,
		(unsigned long long)r->record.job.id,
		job_state_name((enum job_state)r->record.job.state));
	if (r->record.ended) {
		told_end(w, j, &r->record);
		return;
	}
	CHECK(w, r->record.job.state == JOB_UNSURE, "a reply about a job that goes on");
	path(PATH_ASKED);
	j->unsure_told++;
	CHECK(w, j->unsure_told <= j->unsure_allowed, "j%llu asks %d times",
		(unsigned long long)r->record.job.id, j->unsure_told);
	if (!j->human)
		plan(w, draw(w, HUMAN_FIRST, HUMAN_LAST), decide)->number = j->key;
	j->human = true;
}

/* --- what an agent does next --- */

static void act(struct world *w, const struct event *e)
{
	struct sim_job *j = any_job(w);
	int64_t what = draw(w, 0, 99);

	if (!w->calm)
		plan(w, draw(w, USEC_MSEC, 40 * USEC_SEC), act)->number = e->number;
	if (what < 60 || w->weather.full)
		enqueue(w, e->number);
	else if (what < 66 && j)
		cancel(w, j);
	else if (what < 75 && j)
		update(w, j);
	else if (what < 82 && j)
		retry(w, j);
	else if (chance(w, w->weather.pause))
		pause(w);
}

/* Held jobs wait for an approval that nobody gives: they are cancelled. */
static void give_up_held(struct world *w, const struct event *e)
{
	(void)e;
	for (uint32_t i = 0; i < w->job_count; i++) {
		const struct job *now = core_job(w->core, w->jobs[i].asked.id);

		bool waits = now && now->state == JOB_WAITING && w->calm &&
			     ties_hopeless(w, &w->jobs[i]);

		if (!w->jobs[i].acked || !now || (now->state != JOB_HELD && !waits))
			continue;
		cancel(w, &w->jobs[i]);
	}
	plan(w, 10 * USEC_MIN, give_up_held);
}

void agents_start(struct world *w)
{
	for (uint32_t agent = 1; agent <= w->agent_count; agent++)
		plan(w, draw(w, 0, USEC_SEC), act)->number = agent;
	plan(w, 10 * USEC_MIN, give_up_held);
}
