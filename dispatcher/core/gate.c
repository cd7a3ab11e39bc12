/*
 * gate.c - whether a job may go, why not, and until when
 *
 * One table of questions in the order of design 3.2; the first that blocks is
 * the answer. Dispatch, verdicts and forecasts all ask here. Budget has its
 * place in enum blocker and is a row to come.
 */
#include <stdio.h>

#include "dispatcher/core/inside.h"

#define RECHECK (10 * USEC_SEC) /* for what ends with a message rather than at an instant */

static bool blocked(struct answer *ret, uint32_t bar, usec_t until, const char *words)
{
	ret->bar = bar;
	ret->until = until;
	ret->words = words;
	return true;
}

/* --- the questions: true when it blocks --- */

static bool state_blocks(const struct asked *q, struct answer *ret)
{
	switch ((enum job_state)q->it->job.state) {
	case JOB_HELD:
		return blocked(ret, NONE, USEC_NEVER, "it is held until somebody approves it");
	case JOB_UNSURE:
		if (q->it->job.flags & JOB_ASKED)
			return blocked(ret, NONE, USEC_NEVER,
				"nobody can tell whether it happened; look at X, then resolve "
				"it");
		break;
	case JOB_WAITING:
	case JOB_SCHEDULED:
	case JOB_READY:
	case JOB_RUNNING:
	case JOB_DONE:
	case JOB_FAILED:
	case JOB_CANCELLED:
	case JOB_EXPIRED:
		break;
	}
	if (q->it->place == PLACE_LEASE)
		return blocked(ret, NONE, q->now.wall, "a worker has it");
	return false;
}

static bool after_blocks(const struct asked *q, struct answer *ret)
{
	if (!knots_hold(q->it))
		return false;
	return blocked(ret, NONE, USEC_NEVER, "it waits for other jobs to be done");
}

static bool time_blocks(const struct asked *q, struct answer *ret)
{
	usec_t at = q->it->job.not_before;
	bool waits = q->it->job.state == JOB_HELD || q->it->job.state == JOB_WAITING;

	if (q->it->place != PLACE_DUE && !(waits && at > q->now.wall))
		return false;
	if (q->it->job.state == JOB_SCHEDULED || waits)
		return blocked(ret, NONE, at, "it is scheduled for later");
	if (q->it->job.state == JOB_UNSURE)
		return blocked(ret, NONE, at,
			"roost looks at X again then, to find out whether it happened");
	if (item_step(q->it) == STEP_MEDIA && !q->it->tries)
		return blocked(ret, NONE, at,
			"its media are not ready at X yet; roost looks "
			"again then");
	return blocked(ret, NONE, at, "the last try did not succeed; the next one is due then");
}

/* The rules that hold, if the account has any and the call is an act they know. */
static const struct pacer *pacer_asked(const struct asked *q, enum act *ret)
{
	const struct pacer *p = pacer_of(q->c, q->account_slot);

	*ret = p && q->kind != KIND_AHEAD ? act_of(q->call, q->kind == POST_REPLY) : ACT_FREE;
	return *ret == ACT_FREE ? NULL : p;
}

static bool held(const struct asked *q, const struct pacer *p, enum act act, struct answer *ret)
{
	return blocked(ret, pacer_bar_ref(q->c, p, act), ret->pace.until,
		"a rule of the account holds it");
}

static bool pacing_blocks(const struct asked *q, struct answer *ret)
{
	enum act act;
	const struct pacer *p = pacer_asked(q, &act);

	return p && pacer_pacing_holds(q->c, p, act, q->draws, q->now.wall, &ret->pace) &&
	       held(q, p, act, ret);
}

static bool policy_blocks(const struct asked *q, struct answer *ret)
{
	enum act act;
	const struct pacer *p = pacer_asked(q, &act);

	return p && pacer_rule_holds(p, act, q->now.wall, &ret->pace) && held(q, p, act, ret);
}

/* What an operator paused beside apps and accounts. */
static bool is_paused(const struct asked *q, struct answer *ret)
{
	uint32_t bar = BAR_REF(BAR_APP, q->account->app);

	if (q->c->paused) {
		ret->what = "everything";
		return blocked(ret, bar, USEC_NEVER,
			"everything is paused; say `roost resume` when it may go on");
	}
	if (purse_is_off(q->c, q->it->job.agent)) {
		ret->what = "agent";
		return blocked(ret, bar, USEC_NEVER,
			"its agent is disabled; say `roost agent enable NAME` when it may go "
			"on");
	}
	if (!(q->c->paused_calls[q->call] & 1u << q->kind))
		return false;
	ret->what = "action";
	return blocked(ret, bar, USEC_NEVER,
		"the action is paused; say `roost resume --action NAME` when it may go on");
}

/* What roost paused by itself. */
static bool breaker_blocks(const struct asked *q, const struct app *app, struct answer *ret)
{
	const struct breaker *b = app_breaker(app, q->call);
	uint32_t bar = BAR_REF(BAR_APP, q->account->app);
	usec_t wall = q->now.wall;
	usec_t at = storm_ready_at(q, app);

	ret->what = "breaker";
	if (at > wall)
		return blocked(ret, bar, at,
			"X refuses the tokens of several accounts of the app at once; one of "
			"them is tried then");
	at = b ? breaker_ready_at(b, wall) : wall;
	if (at > wall)
		return blocked(ret, bar, at,
			"X answers this only with errors of its own; one is tried then");
	ret->what = NULL;
	return false;
}

static bool pause_blocks(const struct asked *q, struct answer *ret)
{
	const struct app *app = account_app(q->c, q->account);
	uint32_t at_app = BAR_REF(BAR_APP, q->account->app);
	uint32_t at_account = BAR_REF(BAR_GRANT, q->account_slot);
	usec_t wall = q->now.wall;

	if (is_paused(q, ret))
		return true;
	if (app->fact.paused)
		return blocked(ret, at_app, USEC_NEVER,
			"its app is paused; say `roost resume --app NAME`");
	if (q->account->fact.paused)
		return blocked(ret, at_account, USEC_NEVER,
			"its account is paused; resume the account");
	if (app->fact.parked_until > wall)
		return blocked(ret, at_app, app->fact.parked_until,
			"X refuses the app for now: credits, spending limit or plan");
	if (app_is_on_trial(app, wall) && app->out > 0)
		return blocked(ret, at_app, wall + USEC_MIN,
			"X refused the app before; one job is tried first, to see whether it "
			"takes them again");
	if (app->reads_until > wall && !call_has_effect(q->call) && q->kind != KIND_AHEAD)
		return blocked(ret, at_app, app->reads_until,
			"X refuses the app's reads for now: its monthly cap");
	if (q->account->fact.parked_until > wall)
		return blocked(ret, at_account, q->account->fact.parked_until,
			"X refuses the account for now; look at it on X");
	return breaker_blocks(q, app, ret);
}

static bool grant_blocks(const struct asked *q, struct answer *ret)
{
	const struct fact_account *a = &q->account->fact;
	uint32_t bar = BAR_REF(BAR_GRANT, q->account_slot);
	bool over = a->grant == GRANT_SUSPECT && !account_has_token(q->account, q->now.wall);

	if (a->grant == GRANT_DEAD || over)
		return blocked(ret, bar, USEC_NEVER, NULL);
	if (call_info(q->call)->scopes & ~a->scopes)
		return blocked(ret, bar, USEC_NEVER,
			"the account granted too few scopes for this; connect it again with "
			"more");
	if (!account_has_token(q->account, q->now.wall))
		return blocked(ret, bar, q->now.wall + RECHECK,
			"the account's access token is being renewed");
	return false;
}

/* Jobs of before a change of plan; what X refused lately. New ones are refused at enqueue. */
static bool entitlement_blocks(const struct asked *q, struct answer *ret)
{
	const struct app *app = account_app(q->c, q->account);
	uint32_t bar = BAR_REF(BAR_APP, q->account->app);

	if (app->plan->barred[q->call] & 1u << q->kind)
		return blocked(ret, bar, USEC_NEVER,
			"the app's plan does not include it; change the plan with `roost app "
			"set`, or cancel the job");
	if (refusals_find(&app->refusals, q->call, q->kind))
		return blocked(ret, bar, USEC_NEVER,
			"X refused it as not part of the app's plan; when the plan includes "
			"it, say `roost app set NAME --forget-refusals`");
	return false;
}

/* Of those that have no room, the window that opens last. */
static bool window_blocks(const struct asked *q, struct answer *ret)
{
	uint32_t latest = NONE;
	usec_t until = 0;

	for (uint32_t i = 0; i < q->draws->count; i++) {
		const struct window *w = &counter_at(q->c, q->draws->slot[i])->w;
		usec_t at = window_ready_at(w, q->now.wall);

		if (at <= q->now.wall || at <= until)
			continue;
		until = at;
		latest = q->draws->slot[i];
	}
	if (latest == NONE)
		return false;
	const struct window *w = &counter_at(q->c, latest)->w;
	bool asked = window_is_asked(w, q->now.wall) && window_left(w, q->now.wall) > 0;
	return blocked(ret, BAR_REF(BAR_WINDOW, latest), until,
		asked ? "the first call of a rate limit's window is under way, alone; its "
			"answer says how many may follow"
		      : "a rate limit of X is used up until it resets");
}

/* X's monthly cap of objects. */
static bool reads_block(const struct asked *q, struct answer *ret)
{
	if (!quota_blocks(q->c, q->it, q->account, q->now.wall, &ret->money))
		return false;
	return blocked(ret, BAR_REF(BAR_BUDGET, ret->money.purse), ret->money.until,
		"X lets the app read no more objects this month");
}

static bool budget_blocks(const struct asked *q, struct answer *ret)
{
	if (!purse_blocks(q->c, q->it, q->account, q->now.wall, &ret->money))
		return false;
	return blocked(ret, BAR_REF(BAR_BUDGET, ret->money.purse), ret->money.until,
		"a budget is used up");
}

static bool order_blocks(const struct asked *q, struct answer *ret)
{
	if (!kind_has_effect(q->call, q->kind) ||
		q->account->effects < account_concurrency(q->c, q->account))
		return false;
	return blocked(ret, BAR_REF(BAR_ORDER, q->account_slot), USEC_NEVER,
		"another action of the account is under way");
}

static bool worker_blocks(const struct asked *q, struct answer *ret)
{
	if (!list_is_empty(&q->c->roomy))
		return false;
	if (!q->c->counts.slots)
		return blocked(ret, NONE, USEC_NEVER, "no worker is there; start one");
	return blocked(ret, NONE, q->now.wall, "every worker is busy");
}

static const struct {
	enum blocker blocker;
	bool (*blocks)(const struct asked *q, struct answer *ret);
} questions[] = {
	{BLOCKER_STATE, state_blocks},
	{BLOCKER_AFTER, after_blocks},
	{BLOCKER_TIME, time_blocks},
	{BLOCKER_TIME, pacing_blocks},
	{BLOCKER_PAUSE, pause_blocks},
	{BLOCKER_GRANT, grant_blocks},
	{BLOCKER_ENTITLEMENT, entitlement_blocks},
	{BLOCKER_POLICY, policy_blocks},
	{BLOCKER_WINDOW, window_blocks},
	{BLOCKER_WINDOW, reads_block},
	{BLOCKER_BUDGET, budget_blocks},
	{BLOCKER_ORDER, order_blocks},
	{BLOCKER_WORKER, worker_blocks},
};

bool gate_passes(const struct asked *q, struct answer *ret)
{
	*ret = (struct answer){.blocker = BLOCKER_NONE,
		.bar = NONE,
		.until = q->now.wall,
		.words = "it may go"};
	for (size_t i = 0; i < COUNT_OF(questions); i++) {
		if (!questions[i].blocks(q, ret))
			continue;
		ret->blocker = questions[i].blocker;
		return false;
	}
	return true;
}

size_t gate_chain(const struct asked *q, struct answer out[CORE_CHAIN_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < COUNT_OF(questions) && n < CORE_CHAIN_MAX; i++) {
		out[n] = (struct answer){.bar = NONE, .until = q->now.wall};
		if (questions[i].blocks(q, &out[n]))
			out[n++].blocker = questions[i].blocker;
	}
	return n;
}

void gate_ask(const struct core *c, const struct item *it, struct draws *draws, struct now now,
	struct asked *ret)
{
	uint32_t slot = account_find(c, it->job.account);

	ASSERT(slot != NONE);
	*ret = (struct asked){.c = c,
		.it = it,
		.account = account_at(c, slot),
		.account_slot = slot,
		.call = item_call(it),
		.kind = item_kind(it),
		.draws = draws,
		.now = now};
	counters_find(c, ret->account, ret->call, ret->kind, draws);
}

/* --- in words --- */

/* "15m", "24h", "1s": a window's length. */
static const char *length_words(usec_t length, char out[24])
{
	static const struct {
		usec_t unit;
		char letter;
	} units[] = {{USEC_HOUR, 'h'}, {USEC_MIN, 'm'}, {USEC_SEC, 's'}};

	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (length % units[i].unit)
			continue;
		(void)snprintf(out, 24, "%lld%c", (long long)(length / units[i].unit),
			units[i].letter);
		return out;
	}
	(void)snprintf(out, 24, "%lldus", (long long)length);
	return out;
}

static void name_window(const struct core *c, const struct window *w, char *out, size_t cap)
{
	char length[24];

	(void)snprintf(out, cap, "%.34s %s %.14s", limits_family(c->conf.limits, w->row.family),
		w->row.scope == LIMIT_ACCOUNT ? "account" : "app",
		length_words(w->row.length, length));
}

static void name_ref(const struct asked *q, const struct answer *a, struct verdict *v)
{
	uint32_t app = account_app(q->c, q->account)->fact.id;
	char name[OWNER_NAME_MAX];

	if (a->blocker == BLOCKER_AFTER)
		(void)job_id_write(knot_first(q->c, q->it)->id, v->ref);
	else if (a->bar == NONE)
		(void)snprintf(v->ref, sizeof(v->ref), "%s",
			job_state_name((enum job_state)q->it->job.state));
	else if (BAR_KIND(a->bar) == BAR_WINDOW)
		name_window(
			q->c, &counter_at(q->c, a->bar & BAR_SLOT)->w, v->ref, sizeof(v->ref));
	else if (BAR_KIND(a->bar) == BAR_PACE)
		(void)snprintf(v->ref, sizeof(v->ref), "%s", rule_info(a->pace.rule)->id);
	else if (a->what)
		(void)snprintf(v->ref, sizeof(v->ref), "%s app %s %.30s", a->what,
			owner_name(q->c, LEDGER_APP, app, name), call_info(q->call)->operation);
	else if (BAR_KIND(a->bar) == BAR_APP)
		(void)snprintf(v->ref, sizeof(v->ref), "app %s",
			owner_name(q->c, LEDGER_APP, app, name));
	else
		(void)snprintf(v->ref, sizeof(v->ref), "account %s",
			owner_name(q->c, LEDGER_ACCOUNT, q->account->fact.id, name));
}

static void say_rule(const struct asked *q, const struct answer *a, struct verdict *v)
{
	char words[PACE_WORDS_MAX];
	enum act act;
	const struct pacer *p = pacer_asked(q, &act);

	ASSERT(p);
	(void)snprintf(v->text, sizeof(v->text), "%s",
		pace_words(&p->rules, &p->pace, act, &a->pace, q->now.wall, words));
}

/* "it waits for j12, which is running, and 2 more". */
static void say_after(const struct asked *q, struct verdict *v)
{
	const struct knot *k = knot_first(q->c, q->it);
	const struct item *its = item_find(q->c, k->id);
	uint32_t more = knots_count(q->c, q->it) - 1;
	char others[32] = "";
	char id[JOB_ID_TEXT_MAX];

	job_id_write(k->id, id);
	if (more)
		(void)snprintf(others, sizeof(others), ", and for %u more", more);
	if (its)
		(void)snprintf(v->text, sizeof(v->text), "it waits for %s, which is %s%s", id,
			job_state_name((enum job_state)its->job.state), others);
	else
		(void)snprintf(v->text, sizeof(v->text),
			"it waits for %s, which is %s: say `roost retry %s`, or cancel this%s",
			id, job_state_name((enum job_state)k->state), id, others);
}

void answer_words(const struct asked *q, const struct answer *a, struct verdict *ret)
{
	*ret = (struct verdict){.blocker = a->blocker, .until = a->until};
	name_ref(q, a, ret);
	if (a->blocker == BLOCKER_AFTER)
		say_after(q, ret);
	else if (a->blocker == BLOCKER_BUDGET)
		purse_verdict(q->c, &a->money, q->now.wall, ret);
	else if (a->blocker == BLOCKER_WINDOW && BAR_KIND(a->bar) == BAR_BUDGET)
		quota_verdict(q->c, &a->money, q->now.wall, ret);
	else if (a->blocker == BLOCKER_WINDOW)
		(void)snprintf(ret->text, sizeof(ret->text), "%s (%lld of %lld used)", a->words,
			(long long)counter_at(q->c, a->bar & BAR_SLOT)->w.row.used,
			(long long)counter_at(q->c, a->bar & BAR_SLOT)->w.row.limit);
	else if (a->bar != NONE && BAR_KIND(a->bar) == BAR_PACE)
		say_rule(q, a, ret);
	else if (a->blocker == BLOCKER_GRANT && !a->words)
		account_dead_words(q->account, q->now.wall, ret->text, sizeof(ret->text));
	else
		(void)snprintf(ret->text, sizeof(ret->text), "%s", a->words);
}

enum err core_verdict(const struct core *c, uint64_t id, struct now now, struct verdict *ret)
{
	const struct item *it = item_find(c, id);
	struct draws draws;
	struct asked q;
	struct answer a;

	if (!it)
		return ERR_NOT_FOUND;
	gate_ask(c, it, &draws, now, &q);
	(void)gate_passes(&q, &a);
	answer_words(&q, &a, ret);
	return ERR_OK;
}

size_t core_chain(
	const struct core *c, uint64_t id, struct now now, struct verdict out[CORE_CHAIN_MAX])
{
	const struct item *it = item_find(c, id);
	struct answer answers[CORE_CHAIN_MAX];
	struct draws draws;
	struct asked q;

	if (!it)
		return 0;
	gate_ask(c, it, &draws, now, &q);
	size_t n = gate_chain(&q, answers);
	for (size_t i = 0; i < n; i++)
		answer_words(&q, &answers[i], &out[i]);
	return n;
}

const char *blocker_name(enum blocker b)
{
	static const char *const names[] = {
#define X(blocker, name) [blocker] = name,
		BLOCKERS(X)
#undef X
	};

	ASSERT(b < COUNT_OF(names));
	return names[b];
}
