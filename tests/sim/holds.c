/*
 * holds.c - what waits holds nothing: no worker, no attempt, no place in a window, no money
 *
 * Whatever a job waits for. Seen from outside: which jobs are out with a worker is known from
 * what was assigned; of windows and budgets no more may be reserved than those can need.
 */
#include "dispatcher/core/inside.h"
#include "tests/sim/world.h"

#define LL(n) ((unsigned long long)(n))

/* The jobs that are out with a worker. */
struct out {
	struct world *w;
	struct {
		const struct sim_job *j;
		enum step step;
	} jobs[JOBS_MAX];
	uint32_t count;
};

static void check_job(struct world *w, struct out *out, const struct sim_job *j)
{
	const struct job *now = core_job(w->core, j->asked.id);
	enum step step = STEP_ACT;

	if (!now || w->by_id[now->id] != j->key + 1)
		return; /* its id became another's when its enqueue failed */
	bool is_out = j->given_lease && core_is_out(w->core, now->id, j->given_lease, &step);
	if (now->state == JOB_RUNNING || now->state == JOB_UNSURE) {
		CHECK(w,
			is_out || now->state == JOB_UNSURE || now->flags & JOB_BEGUN ||
				w->boot > 1,
			"j%llu runs nowhere", LL(now->id));
	} else {
		CHECK(w, !is_out, "j%llu is %s, and a worker has it", LL(now->id),
			job_state_name((enum job_state)now->state));
		CHECK(w, now->attempts <= j->begun - j->excused,
			"j%llu is %s with %d attempts; %d were begun and %d do not count",
			LL(now->id), job_state_name((enum job_state)now->state), now->attempts,
			j->begun, j->excused);
	}
	if (!is_out)
		return;
	out->jobs[out->count].j = j;
	out->jobs[out->count++].step = step;
}

/* Whether the job's step draws on the window; another plan may have had other windows. */
static bool draws_on(const struct world *w, const struct sim_job *j, enum step step,
	const struct window_row *row)
{
	const struct sim_app *app = &w->apps[w->accounts[j->asked.account - 1].app];
	struct limit limits[LIMITS_PER_CALL_MAX];
	enum call call = step == STEP_MEDIA ? j->given_call
					    : workers_call((enum call)j->asked.call, step);
	bool of_account = row->scope == LIMIT_ACCOUNT;
	size_t n = limits_of(w->limits, app->plan, call, limits);

	if (row->owner != (of_account ? j->asked.account : app->id))
		return false;
	for (size_t i = 0; i < n && !w->weather.plans; i++)
		if (limits[i].family == row->family && limits[i].scope == row->scope &&
			limits[i].length == row->length)
			return true;
	return w->weather.plans || w->calm;
}

static void check_window(void *ctx, const struct window *v)
{
	const struct out *out = ctx;
	int32_t may = 0;

	if (!v->reserved)
		return;
	for (uint32_t i = 0; i < out->count; i++)
		may += draws_on(out->w, out->jobs[i].j, out->jobs[i].step, &v->row);
	CHECK(out->w, v->reserved <= may,
		"%d are reserved of a window of %u, and %d jobs that draw on it are out",
		v->reserved, v->row.owner, may);
}

static void check_purse(void *ctx, const struct purse_view *v)
{
	const struct out *out = ctx;
	int64_t may = 0;

	for (uint32_t i = 0; v->ledger->reserved && i < out->count; i++)
		may += money_may_take(out->w, &out->jobs[i].j->asked, out->jobs[i].step,
			(enum ledger_kind)v->ledger->kind, v->ledger->owner);
	CHECK(out->w, v->ledger->reserved <= may,
		"%lld are reserved of a budget of %u, and what is out may cost %lld",
		(long long)v->ledger->reserved, v->ledger->owner, (long long)may);
}

void holds_turn(struct world *w)
{
	static struct out out;

	out.w = w;
	out.count = 0;
	for (uint32_t i = 0; i < w->job_count; i++)
		check_job(w, &out, &w->jobs[i]);
	core_each_window(w->core, 0, check_window, &out);
	for (int kind = 0; kind < LEDGER_KINDS; kind++)
		core_each_purse(
			w->core, (enum ledger_kind)kind, world_now(w), check_purse, &out);
}
