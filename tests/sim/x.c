/* x.c - X as it is: what it lets through, what it does, and what it says of that */
#include <stdio.h>

#include "dispatcher/core/inside.h"
#include "tests/sim/world.h"

/* --- answers --- */

static struct outcome refusal(enum outcome_cause cause, int status)
{
	return (struct outcome){
		.class = OUTCOME_REFUSED, .cause = cause, .http_status = status};
}

static struct outcome limited(struct world *w, const struct request *r)
{
	struct outcome o = {.class = OUTCOME_LIMITED, .cause = CAUSE_RATE, .http_status = 429};

	path(PATH_LIMITED);
	if (w->weather.bare && chance(w, 300))
		path(PATH_LIMITED_BARE);
	else
		x_headers(w, r, o.rate);
	return o;
}

/* A 429 that no window of X explains: it happens. */
static struct outcome capricious(struct world *w, const struct request *r)
{
	struct outcome o = limited(w, r);

	if (o.rate[RATE_ENDPOINT].limit)
		o.rate[RATE_ENDPOINT].remaining = 0;
	return o;
}

static struct outcome server_error(struct world *w)
{
	bool overload = chance(w, 500);

	path(PATH_SERVER_ERROR);
	return (struct outcome){.class = OUTCOME_UNKNOWN,
		.cause = overload ? CAUSE_OVERLOAD : CAUSE_SERVER,
		.http_status = overload ? 503 : 500};
}

/* --- who may --- */

static bool has_token(
	const struct world *w, const struct sim_account *a, const struct request *r)
{
	if (a->revoked)
		return false;
	return r->generation != a->x_generation || w->time < a->x_until;
}

/* X changes its mind about accounts and apps. */
static void change_mind(struct world *w, struct sim_account *a, struct sim_app *app)
{
	if (chance(w, w->weather.revoke))
		a->revoked = true;
	if (chance(w, w->weather.lock))
		a->locked_until = w->time + draw(w, 0, USEC_HOUR);
	if (chance(w, w->weather.lock))
		app->no_credits_until = w->time + draw(w, 0, USEC_HOUR);
	if (chance(w, w->weather.lock))
		app->capped_until = w->time + draw(w, 0, USEC_HOUR);
}

/* What X says before it looks at the windows; false: it looks at them. */
static bool is_turned_away(struct world *w, const struct request *r, struct outcome *ret)
{
	struct sim_account *a = account_by_id(w, r->account);
	struct sim_app *app = &w->apps[a->app];

	change_mind(w, a, app);
	if (!has_token(w, a, r)) {
		path(PATH_TOKEN_REFUSED);
		*ret = refusal(CAUSE_TOKEN, 401);
	} else if (brakes_storm(w, r)) {
		*ret = refusal(CAUSE_TOKEN, 401);
	} else if (w->time < app->no_credits_until) {
		*ret = refusal(CAUSE_CREDITS, 402);
	} else if (w->time < a->locked_until) {
		*ret = refusal(CAUSE_ACCOUNT, 403);
	} else if (w->time < app->capped_until && !call_has_effect(r->call)) {
		*ret = refusal(CAUSE_USAGE_CAP, 429);
	} else if (brakes_broken(w, r) || chance(w, w->weather.server)) {
		*ret = server_error(w);
	} else if (chance(w, w->weather.limited)) {
		*ret = capricious(w, r);
	} else {
		return false;
	}
	if (ret->class == OUTCOME_REFUSED && chance(w, 300))
		ret->park_until = world_now(w).wall + draw(w, -USEC_MIN, 3 * USEC_HOUR);
	return true;
}

/* --- what it does --- */

/* `most` objects or fewer. */
static void find(struct world *w, size_t most, struct found *ret)
{
	ret->count = (size_t)draw(w, 0, (int64_t)most);
	for (size_t i = 0; i < ret->count; i++)
		ret->ids[i] = 1 + (uint64_t)draw(w, 0, 5) * OBJECTS_MAX + i;
}

static struct outcome do_look(struct world *w, struct sim_job *j)
{
	struct outcome o = {.class = OUTCOME_DONE, .http_status = 200, .look = LOOK_ABSENT};

	if (chance(w, w->weather.server)) {
		o.look = LOOK_CANNOT;
	} else if (j->effects && j->visible_at <= w->time) {
		o.look = LOOK_FOUND;
		(void)snprintf(o.x_id, sizeof(o.x_id), "19%u", j->key);
	} else {
		path(j->effects ? PATH_LOOK_DENIED : PATH_LOOK_ABSENT);
		j->denied |= j->effects > 0;
	}
	return o;
}

static void take_effect(struct world *w, const struct request *r, struct sim_job *j)
{
	if (!call_has_effect(r->call))
		return;
	if (j->effects == 0)
		j->visible_at = w->time + draw(w, 0, w->x.filters ? OUTAGE_MAX : LAG_MAX);
	j->effects++;
	sim_trace(w, "X does j%llu", (unsigned long long)r->job);
	CHECK(w, j->effects == 1 || call_is_repeatable(r->call), "j%llu has %d effects at X",
		(unsigned long long)r->job, j->effects);
}

static struct outcome act(struct world *w, const struct request *r, struct sim_job *j)
{
	struct outcome o = {.class = OUTCOME_DONE, .http_status = 200};

	if (j->fate == FATE_REFUSED) {
		j->refused = true;
		return refusal(j->cause, 403);
	}
	if (w->x.filters && j->effects && r->call == CALL_CREATE_POST) {
		path(PATH_DUPLICATE);
		return refusal(CAUSE_DUPLICATE, 403);
	}
	take_effect(w, r, j);
	(void)snprintf(o.x_id, sizeof(o.x_id), "19%u", j->key);
	return o;
}

static struct outcome serve(
	struct world *w, const struct request *r, struct sim_job *j, struct found *ret)
{
	struct outcome o;

	*ret = (struct found){.count = 0};
	if (is_turned_away(w, r, &o))
		return o;
	struct x_window *full = x_take(w, r);
	if (full) {
		full_limited(w, full);
		check_limited(w, r, full);
		return limited(w, r);
	}
	switch (r->step) {
	case STEP_LOOK:
		o = do_look(w, j);
		find(w, OBJECTS_MAX, ret);
		break;
	case STEP_NAME:
		path(PATH_NAME_LOOKED_UP);
		o = (struct outcome){.class = OUTCOME_DONE, .http_status = 200, .x_id = "42"};
		*ret = (struct found){.ids = {42}, .count = 1};
		break;
	case STEP_MEDIA:
		path(PATH_MEDIA);
		o = (struct outcome){.class = OUTCOME_DONE, .http_status = 200};
		break;
	case STEP_ACT:
		o = act(w, r, j);
		if (j->asked.unit)
			find(w, j->asked.price / j->asked.unit, ret);
		break;
	}
	if (o.class == OUTCOME_DONE)
		money_bill(w, r, ret);
	else
		ret->count = 0; /* a refusal returns nothing */
	o.objects = (int64_t)ret->count;
	if (!w->weather.no_headers)
		x_headers(w, r, o.rate);
	if (chance(w, w->weather.server) && r->step == STEP_ACT && o.class == OUTCOME_DONE)
		o = server_error(w); /* after the effect */
	return o;
}

/* Whether it was allowed under another plan: the core counted it in that one's windows. */
static bool is_of_another_plan(struct world *w, const struct request *r)
{
	return r->allowed_at <= w->apps[account_by_id(w, r->account)->app].plan_at;
}

void x_arrive(struct world *w, const struct event *e)
{
	const struct request *r = &e->request;
	struct sim_job *j = job_by_id(w, r->job);

	if (w->time > r->sent_at + TIMEOUT)
		path(PATH_ARRIVED_LATE);
	if (!lease_find(w->core, r->lease) || is_of_another_plan(w, r))
		x_haunt(w, r);
	brakes_arrive(w, r);
	struct found found;
	struct outcome o = serve(w, r, j, &found);
	sim_trace(w, "X answers j%llu: %s, %s", (unsigned long long)r->job,
		outcome_class_name(o.class), outcome_cause_name(o.cause));
	if (chance(w, w->weather.lose_answer)) {
		if (o.class == OUTCOME_DONE)
			path(PATH_ANSWER_LOST);
		return;
	}
	struct event *answer = plan(w, draw(w, 100, w->weather.latency), workers_answer);
	answer->place = r->place;
	answer->number = r->worker;
	answer->job = r->job;
	answer->lease = r->lease;
	answer->outcome = o;
	answer->found = found;
}
