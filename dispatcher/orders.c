#include <stdio.h>

#include "common/base/failpoint.h"
#include "common/base/log.h"
#include "dispatcher/accounts.h"
#include "dispatcher/adopt.h"
#include "dispatcher/assign.h"
#include "dispatcher/connect/renew.h"
#include "dispatcher/entitle.h"
#include "dispatcher/guard/guard.h"
#include "dispatcher/money.h"
#include "dispatcher/pages/pages.h"
#include "dispatcher/report.h"
#include "dispatcher/requests/after.h"
#include "dispatcher/requests/check.h"
#include "dispatcher/requests/present.h"
#include "dispatcher/requests/reply.h"
#include "dispatcher/requests/thread.h"

#define ORDERS_AT_ONCE 64

typedef void carry_out(struct dispatcher *d, const struct order *o);

static void save(struct dispatcher *d, const struct order *o)
{
	turn_fail(d, store_save_job(d->store, &o->job), NULL);
}

static void put(struct dispatcher *d, const struct order *o)
{
	/* The tag is the draft this dispatcher gave with FACT_ENQUEUE; the core only carries
	 * it. */
	struct draft *f = (struct draft *)(uintptr_t)o->tag;

	if (!f) { /* whoever brought it has put it there */
		save(d, o);
		return;
	}
	guard_kept(d, &o->job, f);
	turn_fail(d,
		f->revive ? store_revive_job(d->store, &o->job)
			  : store_put_job(d->store, &o->job, draft_body(d, f)),
		NULL);
	if (f->need_count)
		turn_fail(
			d, store_put_needs(d->store, o->job.id, f->needs, f->need_count), NULL);
}

/* "j12, which it came after, is failed". */
static struct str say_dependency(
	struct dispatcher *d, const struct order *o, char *out, size_t cap)
{
	struct job_record r;
	char id[JOB_ID_TEXT_MAX];
	bool known = !store_get_job(d->store, o->about, &r);

	(void)snprintf(out, cap, "it came after %s, which is %s", job_id_write(o->about, id),
		known ? job_state_name((enum job_state)r.job.state) : "not kept any more");
	return str_of(out);
}

static void end(struct dispatcher *d, const struct order *o)
{
	const struct evidence *seen = o->tag;
	struct ending e = {
		.finished_at = d->now.wall,
		.started_at = o->job.begun_at,
		.http_status = o->has_outcome ? o->outcome.http_status : 0,
		.price = o->job.cost,
		.settled = o->settled,
		.cause = str_of(outcome_cause_name(o->cause)),
		.x_id = str_of(o->has_outcome ? o->outcome.x_id : ""),
	};
	struct thread_end whole = {0};
	struct buf pages = {0};
	char words[120];
	uint64_t seq;

	if (o->cause != CAUSE_NONE && o->cause != CAUSE_ALREADY)
		e.message = str_of(outcome_cause_text(o->cause));
	if (o->about)
		e.message = say_dependency(d, o, words, sizeof(words));
	if (seen && seen->message.len)
		e.message = seen->message;
	if (seen && o->has_outcome)
		e.response = seen->response;
	if (o->job.flags & JOB_WHOLE)
		thread_ended(d, o, &e, &whole);
	pages_end(d, o, &e, &pages);
	turn_fail(d, store_end_job(d->store, &o->job, &e, &seq), NULL);
	thread_end_done(&whole);
	if (o->job.state == JOB_DONE && !call_has_effect((enum call)o->job.call))
		entitle_seen(d, &o->job, e.response);
	buf_done(&pages);
	guard_ended(d, &o->job);
	adopt_ended(d, o->job.id);
	reply_fresh(d, &o->job);
	log_event(LOG_JOB_ENDED, "job=j%llu state=%s cause=%s", (unsigned long long)o->job.id,
		job_state_name((enum job_state)o->job.state), outcome_cause_name(o->cause));
}

static void ask(struct dispatcher *d, const struct order *o)
{
	uint64_t seq;

	turn_fail(d, store_put_reply(d->store, &o->job, &seq), NULL);
	reply_fresh(d, &o->job);
}

static void keep_window(struct dispatcher *d, const struct order *o)
{
	struct window_kept kept = {
		.row = o->window,
		.family = str_of(limits_family(d->limits, o->window.family)),
	};

	turn_fail(d, store_put_window(d->store, &kept), NULL);
}

static void go(struct dispatcher *d, const struct order *o)
{
	(void)FAILPOINT(FAIL_GO);
	workers_go(d->workers, o->worker, o->job.id, o->lease, true);
}

static void refuse(struct dispatcher *d, const struct order *o)
{
	workers_go(d->workers, o->worker, o->job.id, o->lease, false);
}

static void kept(struct dispatcher *d, const struct order *o)
{
	workers_kept(d->workers, o->worker, o->job.id, o->lease);
}

static void note(struct dispatcher *d, const struct order *o)
{
	unsigned long long job = o->job.id;

	switch (o->note) {
	case NOTE_DRIFT:
		log_event(LOG_LIMIT_DRIFT, "family=\"%s\" limit=%lld",
			limits_family(d->limits, o->window.family), (long long)o->window.limit);
		return;
	case NOTE_BREAKER:
		log_event(LOG_BREAKER,
			"app=%s call=%s words=\"X answers only with errors of its own\"",
			vault_app_by_id(d->vault, o->app)->name,
			call_info((enum call)o->job.call)->operation);
		return;
	case NOTE_STORM:
		log_event(LOG_BREAKER,
			"app=%s words=\"X refuses the tokens of several accounts\"",
			vault_app_by_id(d->vault, o->app)->name);
		return;
	case NOTE_LIMITED:
		log_event(LOG_LIMITED, "job=j%llu call=%s", job,
			call_info((enum call)o->job.call)->operation);
		return;
	case NOTE_UNSURE:
		log_event(LOG_JOB_UNSURE, "job=j%llu cause=%s", job,
			outcome_cause_name(o->cause));
		return;
	case NOTE_POISON:
		log_event(LOG_JOB_POISONED, "job=j%llu", job);
		return;
	case NOTE_WORKER_GONE:
		log_event(LOG_WORKER_GONE, "worker=%s", workers_name(d->workers, o->worker));
		workers_lost(d->workers, o->worker);
		return;
	case NOTE_BUDGET_WARN:
	case NOTE_BUDGET_STOP:
		money_note(d, o);
		return;
	case NOTE_LATE_OUTCOME:
		log_event(LOG_JOB_LATE, "job=j%llu lease=%llu", job,
			(unsigned long long)o->lease);
		return;
	}
}

/* Tells whoever listens what a job has become. */
static void tell(struct dispatcher *d, const struct order *o)
{
	static const bool tells[] = {[ORDER_PUT] = true,
		[ORDER_SAVE] = true,
		[ORDER_END] = true,
		[ORDER_ASSIGN] = true,
		[ORDER_NOTE] = false};
	struct job_record record;
	char topic[EVENT_TOPIC_MAX];

	if (!tells[o->kind] || (o->kind == ORDER_ASSIGN && o->step != STEP_ACT) || d->failed ||
		store_get_job(d->store, o->job.id, &record))
		return;
	record.job = o->job;
	const struct vault_account *a = vault_account_by_id(d->vault, o->job.account);
	(void)snprintf(topic, sizeof(topic), "job.%s.%s",
		job_state_name((enum job_state)o->job.state), a ? a->name : "?");
	present_event(d, events_begin(d->events, topic), &record);
	events_put(d->events);
}

static carry_out *const table[] = {
	[ORDER_PUT] = put,
	[ORDER_SAVE] = save,
	[ORDER_END] = end,
	[ORDER_ASK] = ask,
	[ORDER_PAGE] = pages_read,
	[ORDER_FILL] = after_fill,
	[ORDER_WINDOW] = keep_window,
	[ORDER_PACE] = guard_keep_pace,
	[ORDER_SPENT] = money_spent,
	[ORDER_PARK] = accounts_park,
	[ORDER_REFUSAL] = entitle_refused,
	[ORDER_ASSIGN] = assign,
	[ORDER_GO] = go,
	[ORDER_REFUSE] = refuse,
	[ORDER_KEPT] = kept,
	[ORDER_REFRESH] = renew_order,
	[ORDER_NOTE] = note,
};

static void carry_one(struct dispatcher *d, const struct order *o, bool heard)
{
	table[o->kind](d, o);
	if (heard)
		tell(d, o);
}

void turn_orders(struct dispatcher *d)
{
	struct order orders[ORDERS_AT_ONCE];
	bool heard = d->events && events_are_heard(d->events);
	size_t n;

	while (!d->failed && (n = core_orders(d->core, orders, ORDERS_AT_ONCE, d->now)) > 0) {
		if (!turn_write(d))
			return;
		for (size_t i = 0; i < n; i++)
			carry_one(d, &orders[i], heard);
	}
}
