/* test_budget.c - money in the core: the gate's question, what is charged and what is given
 * back */
#include <string.h>

#include "dispatcher/core/walk.h"
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

#define CENT ((int64_t)10000)
#define POST 15000
#define LINK 200000

static void feed(struct stage *s, const struct fact *f)
{
	assert_int_equal(stage_feed(s, f), ERR_OK);
}

/* Caps in micro-dollars; -1: none. */
static void cap(
	struct stage *s, enum ledger_kind kind, uint32_t owner, int64_t day, int64_t month)
{
	feed(s, &(struct fact){.kind = FACT_CAPS,
			.caps = {.kind = (uint8_t)kind,
				.owner = owner,
				.caps = {.cap = {day, month},
					.warn_percent = 80,
					.billing_day = 1}}});
}

static struct job priced(struct stage *s, enum call call, uint32_t price)
{
	struct job j = stage_job(s, call);

	j.price = price;
	return j;
}

static uint64_t enqueue(struct stage *s, const struct job *j)
{
	feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = *j});
	return j->id;
}

static uint64_t post_by(struct stage *s, uint32_t account, uint32_t agent, uint32_t price)
{
	struct job j = priced(s, CALL_CREATE_POST, price);

	j.account = account;
	j.agent = agent;
	return enqueue(s, &j);
}

/* What an owner has spent in the present day or month, as the core tells it. */
struct found {
	uint32_t owner;
	enum ledger_length length;
	int64_t spent, reserved;
};

static void find_purse(void *ctx, const struct purse_view *v)
{
	struct found *f = ctx;

	if (v->ledger->owner != f->owner || v->length != f->length)
		return;
	f->spent = v->spent;
	f->reserved = v->ledger->reserved + v->ledger->under_way;
}

static int64_t spent(struct stage *s, enum ledger_kind kind, uint32_t owner)
{
	struct found f = {.owner = owner, .length = LEDGER_DAY};

	core_each_purse(s->core, kind, s->now, find_purse, &f);
	return f.spent;
}

static struct verdict verdict(struct stage *s, uint64_t id)
{
	struct verdict v;

	assert_int_equal(core_verdict(s->core, id, s->now, &v), ERR_OK);
	return v;
}

static struct order assignment(struct stage *s, uint64_t id)
{
	const struct order *o = stage_find(s, ORDER_ASSIGN, id);

	assert_non_null(o);
	return *o;
}

static void begin(struct stage *s, uint64_t id)
{
	struct order a = assignment(s, id);

	assert_true(stage_begin(s, &a));
}

static void refused(
	struct stage *s, const struct order *a, enum outcome_cause cause, int status)
{
	stage_outcome(s, a,
		&(struct outcome){
			.class = OUTCOME_REFUSED, .cause = cause, .http_status = status});
}

static usec_t midnight(const struct stage *s)
{
	return (s->now.wall / USEC_DAY + 1) * USEC_DAY;
}

TEST(waits_for_a_budget_and_says_of_which_how_much_and_until_when)
{
	struct stage s;

	stage_open(&s);
	cap(&s, LEDGER_ACCOUNT, 1, 2 * CENT, -1);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, POST));
	assert_true(stage_begin(&s, &a));
	stage_done(&s, &a);
	uint64_t id = post_by(&s, 1, 1, POST);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, id));
	struct verdict v = verdict(&s, id);
	assert_int_equal(v.blocker, BLOCKER_BUDGET);
	assert_string_equal(v.ref, "account #1 day");
	assert_int_equal(v.until, midnight(&s));
	assert_string_equal(v.text,
		"it may cost 0.015 USD; of the account's 0.02 USD a day 0.015 are spent and "
		"0.00 reserved");
	assert_int_equal(core_counts(s.core).budget_stops, 1);
	stage_wait(&s, midnight(&s) - s.now.wall);
	stage_assigned(&s, id);
	stage_close(&s);
}

TEST(a_failure_is_free_and_wakes_who_waited)
{
	struct stage s;

	stage_open(&s);
	cap(&s, LEDGER_APP, 1, -1, 2 * CENT);
	uint64_t first = post_by(&s, 1, 1, POST), second = post_by(&s, 2, 2, POST);
	struct order a = stage_assigned(&s, first);
	assert_null(stage_find(&s, ORDER_ASSIGN, second));
	assert_string_equal(verdict(&s, second).ref, "app #1 month");
	assert_true(stage_begin(&s, &a));
	assert_int_equal(spent(&s, LEDGER_APP, 1), POST);
	refused(&s, &a, CAUSE_FORBIDDEN, 403);
	assert_int_equal(stage_find(&s, ORDER_END, first)->job.cost, 0);
	a = assignment(&s, second);
	assert_int_equal(spent(&s, LEDGER_APP, 1), 0);
	stage_begin(&s, &a);
	stage_done(&s, &a);
	assert_int_equal(stage_find(&s, ORDER_END, second)->job.cost, POST);
	assert_int_equal(spent(&s, LEDGER_APP, 1), POST);
	assert_int_equal(spent(&s, LEDGER_AGENT, 2), POST);
	assert_int_equal(spent(&s, LEDGER_AGENT, 1), 0);
	stage_close(&s);
}

TEST(a_charge_is_written_with_its_go)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, POST));
	assert_int_equal(stage_count(&s, ORDER_SPENT), 0);
	assert_true(stage_begin(&s, &a));
	assert_int_equal(stage_count(&s, ORDER_SPENT), 6);
	for (size_t i = 0; i < s.count; i++)
		if (s.orders[i].kind == ORDER_SPENT)
			assert_int_equal(s.orders[i].spent.spent, POST);
	stage_done(&s, &a);
	assert_int_equal(stage_count(&s, ORDER_SPENT), 0);
	stage_close(&s);
}

static struct order read_post(struct stage *s, uint32_t price, uint32_t unit)
{
	struct job j = priced(s, CALL_GET_POST, price);

	j.unit = unit;
	return stage_assigned(s, enqueue(s, &j));
}

static void returned(struct stage *s, const struct order *a, const uint64_t *ids, size_t known,
	int64_t objects)
{
	struct outcome o = {.class = OUTCOME_DONE, .http_status = 200, .objects = objects};

	feed(s, &(struct fact){.kind = FACT_OUTCOME,
			.worker = a->worker,
			.job = {.id = a->job.id},
			.lease = a->lease,
			.outcome = &o,
			.objects = ids,
			.object_count = known});
	stage_orders(s);
}

TEST(a_read_costs_what_came_back_and_each_object_once_a_day)
{
	static const uint64_t ids[] = {11, 12, 13, 14};
	struct stage s;

	stage_open(&s);
	struct order a = read_post(&s, 50000, 5000);
	assert_int_equal(stage_count(&s, ORDER_SPENT), 6);
	assert_int_equal(spent(&s, LEDGER_APP, 1), 50000);
	returned(&s, &a, ids, 3, 3);
	assert_int_equal(stage_find(&s, ORDER_END, a.job.id)->job.cost, 15000);
	assert_int_equal(spent(&s, LEDGER_APP, 1), 15000);

	a = read_post(&s, 50000, 5000);
	returned(&s, &a, ids + 1, 3, 5); /* one new, two known, two of which nobody knows */
	assert_int_equal(stage_find(&s, ORDER_END, a.job.id)->job.cost, 15000);
	assert_int_equal(core_counts(s.core).free_objects, 2);

	stage_wait(&s, USEC_DAY);
	a = read_post(&s, 50000, 5000);
	returned(&s, &a, ids, 4, 4);
	assert_int_equal(spent(&s, LEDGER_APP, 1), 20000);
	stage_close(&s);
}

TEST(near_midnight_no_object_is_taken_for_paid)
{
	static const uint64_t id = 11;
	struct stage s;

	stage_open(&s);
	stage_wait(&s, midnight(&s) - s.now.wall - USEC_SEC);
	struct order a = read_post(&s, 5000, 5000);
	stage_wait(&s, 2 * USEC_SEC);
	returned(&s, &a, &id, 1, 1);
	a = read_post(&s, 5000, 5000);
	returned(&s, &a, &id, 1, 1);
	stage_wait(&s, USEC_MIN);
	a = read_post(&s, 5000, 5000);
	returned(&s, &a, &id, 1, 1);
	assert_int_equal(core_counts(s.core).free_objects, 0);
	a = read_post(&s, 5000, 5000);
	returned(&s, &a, &id, 1, 1);
	assert_int_equal(core_counts(s.core).free_objects, 1);
	stage_close(&s);
}

/* When a walk sees the last job of all start; wall. */
static void see_start(void *ctx, struct walk *w, const struct walk_event *e)
{
	usec_t *at = ctx;

	(void)w;
	if (e->start && e->at > *at)
		*at = e->at;
}

TEST(a_walk_spends_what_reads_may_return)
{
	struct stage s;
	usec_t last = 0;

	stage_open(&s);
	cap(&s, LEDGER_ACCOUNT, 1, 10 * CENT, -1);
	for (int i = 0; i < 3; i++) { /* two a day */
		struct job j = priced(&s, CALL_GET_POST, 5 * CENT);

		j.unit = CENT / 2;
		(void)enqueue(&s, &j);
	}
	AUTO(walk) w = walk_new(s.core, s.now);
	assert_non_null(w);
	while (walk_on(w, USEC_NEVER, 1000, see_start, &last))
		continue;
	assert_true(last >= midnight(&s));
	stage_close(&s);
}

TEST(a_job_dearer_than_a_whole_budget_is_refused_at_once)
{
	struct stage s;

	stage_open(&s);
	cap(&s, LEDGER_AGENT, 1, -1, 10 * CENT);
	struct job j = priced(&s, CALL_CREATE_POST, LINK);
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_ENQUEUE, .job = j}), ERR_BUDGET);
	assert_string_equal(s.words.text,
		"it may cost 0.20 USD, and the agent's whole budget is 0.10 USD a month; ask "
		"for less, or raise the budget");
	assert_int_equal(core_counts(s.core).jobs, 0);
	stage_close(&s);
}

TEST(what_is_dear_is_not_starved_and_no_room_stays_unused)
{
	struct stage s;

	stage_open(&s);
	cap(&s, LEDGER_APP, 1, LINK + POST, -1);
	cap(&s, LEDGER_ACCOUNT, 2, -1, -1);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, 10 * CENT));
	uint64_t dear = post_by(&s, 2, 1, LINK);
	uint64_t cheap = post_by(&s, 2, 2, 12 * CENT);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, dear));
	assert_null(stage_find(&s, ORDER_ASSIGN, cheap));
	assert_true(stage_begin(&s, &a));
	refused(&s, &a, CAUSE_FORBIDDEN,
		403); /* all the room is there again: the older first */
	assert_non_null(stage_find(&s, ORDER_ASSIGN, dear));
	assert_null(stage_find(&s, ORDER_ASSIGN, cheap));
	begin(&s, dear);
	stage_close(&s);
}

TEST(the_cheaper_goes_where_the_dear_one_does_not_fit)
{
	struct stage s;

	stage_open(&s);
	cap(&s, LEDGER_APP, 1, LINK, -1);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, LINK - 5000));
	uint64_t dear = post_by(&s, 2, 1, LINK), cheap = post_by(&s, 2, 2, POST);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, cheap));
	assert_true(stage_begin(&s, &a));
	feed(&s, &(struct fact){.kind = FACT_RAISE,
			 .spent = {.kind = LEDGER_APP,
				 .owner = 1,
				 .length = LEDGER_DAY,
				 .begins = ledger_day(s.now.wall),
				 .spent = CENT}});
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, dear));
	assert_non_null(stage_find(&s, ORDER_ASSIGN, cheap));
	stage_close(&s);
}

TEST(one_agents_budget_stops_nobody_else)
{
	struct stage s;

	stage_open(&s);
	cap(&s, LEDGER_AGENT, 1, POST, -1);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, POST));
	uint64_t mine = post_by(&s, 1, 1, POST), yours = post_by(&s, 1, 2, POST);
	assert_true(stage_begin(&s, &a));
	stage_done(&s, &a);
	assert_null(stage_find(&s, ORDER_ASSIGN, mine));
	assert_non_null(stage_find(&s, ORDER_ASSIGN, yours));
	assert_string_equal(verdict(&s, mine).ref, "agent #1 day");
	stage_close(&s);
}

TEST(begin_is_refused_when_the_cap_was_lowered_meanwhile)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, POST));
	cap(&s, LEDGER_ACCOUNT, 1, CENT, -1);
	assert_false(stage_begin(&s, &a));
	assert_int_equal(stage_state(&s, a.job.id), JOB_READY);
	assert_int_equal(verdict(&s, a.job.id).until, USEC_NEVER);
	assert_int_equal(core_job(s.core, a.job.id)->attempts, 0);
	cap(&s, LEDGER_ACCOUNT, 1, -1, -1);
	stage_assigned(&s, a.job.id);
	stage_close(&s);
}

/* The store's part: the rows of the orders, fed to the next core. */
static void keep_spent(const struct stage *s, struct ledger_row *rows, size_t *count)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->orders[i].kind == ORDER_SPENT)
			rows[(*count)++] = s->orders[i].spent;
}

TEST(a_restart_remembers_what_was_spent_and_what_is_under_way)
{
	struct ledger_row rows[32];
	size_t count = 0;
	struct stage s;

	stage_open(&s);
	cap(&s, LEDGER_APP, 1, (int64_t)2 * POST, -1);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, POST));
	assert_true(stage_begin(&s, &a));
	keep_spent(&s, rows, &count);
	struct job begun = *core_job(s.core, a.job.id);
	stage_restart(&s, NULL, 0);
	cap(&s, LEDGER_APP, 1, (int64_t)2 * POST, -1);
	for (size_t i = 0; i < count; i++)
		feed(&s, &(struct fact){.kind = FACT_SPENT, .spent = rows[i]});
	feed(&s, &(struct fact){.kind = FACT_LOADED, .job = begun});
	feed(&s, &(struct fact){.kind = FACT_STARTED});
	stage_worker(&s, 1, 16);
	feed(&s, &(struct fact){.kind = FACT_HOLDS,
			 .worker = 1,
			 .job = {.id = begun.id},
			 .lease = begun.lease,
			 .begun = true});
	uint64_t second = post_by(&s, 2, 1, POST), third = post_by(&s, 2, 2, POST);
	stage_orders(&s);
	struct order b = assignment(&s, second);
	assert_null(stage_find(&s, ORDER_ASSIGN, third));
	assert_int_equal(spent(&s, LEDGER_APP, 1), POST);
	a.lease = begun.lease;
	refused(&s, &a, CAUSE_FORBIDDEN, 403);
	assert_int_equal(spent(&s, LEDGER_APP, 1), 0);
	assert_true(stage_begin(&s, &b));
	stage_done(&s, &b);
	assert_int_equal(spent(&s, LEDGER_APP, 1), POST);
	stage_close(&s);
}

TEST(what_nobody_knows_counts_as_spent_until_it_proves_absent)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, POST));
	assert_true(stage_begin(&s, &a));
	stage_outcome(
		&s, &a, &(struct outcome){.class = OUTCOME_UNKNOWN, .cause = CAUSE_NO_ANSWER});
	assert_int_equal(stage_state(&s, a.job.id), JOB_UNSURE);
	assert_int_equal(spent(&s, LEDGER_ACCOUNT, 1), POST);
	for (int look = 0; look < 2; look++) {
		stage_wait(&s, USEC_MIN);
		struct order l = stage_assigned(&s, a.job.id);
		assert_int_equal(l.step, STEP_LOOK);
		assert_int_equal(spent(&s, LEDGER_ACCOUNT, 1), POST + 100 * 5000 + look * 5000);
		stage_outcome(&s, &l,
			&(struct outcome){.class = OUTCOME_DONE,
				.http_status = 200,
				.look = LOOK_ABSENT,
				.objects = 1});
	}
	struct order b = assignment(&s, a.job.id);
	assert_true(stage_begin(&s, &b));
	assert_int_equal(spent(&s, LEDGER_ACCOUNT, 1), 2 * POST + 2 * 5000);
	stage_done(&s, &b);
	assert_int_equal(spent(&s, LEDGER_ACCOUNT, 1), POST + 2 * 5000);
	assert_int_equal(stage_find(&s, ORDER_END, a.job.id)->job.cost, POST + 2 * 5000);
	stage_close(&s);
}

TEST(resolved_as_failed_gives_the_money_back_and_as_done_keeps_it)
{
	struct stage s;

	for (int done = 0; done < 2; done++) {
		stage_open(&s);
		struct job j = priced(&s, CALL_CREATE_POST, POST);
		j.flags = JOB_ASK;
		struct order a = stage_assigned(&s, enqueue(&s, &j));
		assert_true(stage_begin(&s, &a));
		stage_outcome(&s, &a,
			&(struct outcome){.class = OUTCOME_UNKNOWN, .cause = CAUSE_NO_ANSWER});
		feed(&s, &(struct fact){.kind = FACT_RESOLVE,
				 .job = {.id = j.id},
				 .resolve_as = done ? RESOLVE_DONE : RESOLVE_FAILED});
		stage_orders(&s);
		assert_int_equal(stage_find(&s, ORDER_END, j.id)->job.cost, done ? POST : 0);
		assert_int_equal(spent(&s, LEDGER_APP, 1), done ? POST : 0);
		stage_close(&s);
	}
}

TEST(warns_once_at_the_threshold)
{
	struct stage s;

	stage_open(&s);
	cap(&s, LEDGER_APP, 1, (int64_t)2 * POST, -1);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, POST));
	assert_int_equal(stage_count(&s, ORDER_NOTE), 0);
	post_by(&s, 2, 1, POST);
	stage_orders(&s);
	const struct order *n = stage_find(&s, ORDER_NOTE, 0);
	assert_int_equal(n->note, NOTE_BUDGET_WARN);
	assert_int_equal(n->spent.kind, LEDGER_APP);
	assert_int_equal(n->most, 2 * POST);
	assert_true(stage_begin(&s, &a));
	assert_null(stage_find(&s, ORDER_NOTE, 0));
	stage_close(&s);
}

/* --- X itself refuses for money --- */

TEST(credits_used_up_stop_the_app_and_one_job_tries_later_and_later)
{
	static const usec_t waits[] = {15 * USEC_MIN, 30 * USEC_MIN, USEC_HOUR, 2 * USEC_HOUR,
		4 * USEC_HOUR, 4 * USEC_HOUR};
	struct stage s;

	stage_open(&s);
	uint64_t first = post_by(&s, 1, 1, POST);
	for (size_t i = 0; i < COUNT_OF(waits); i++) {
		struct order a = stage_assigned(&s, first);
		assert_true(stage_begin(&s, &a));
		refused(&s, &a, CAUSE_CREDITS, 402);
		const struct order *park = stage_find(&s, ORDER_PARK, 0);
		assert_non_null(park);
		assert_int_equal(park->what, PARK_APP);
		assert_int_equal(park->until, s.now.wall + waits[i]);
		assert_int_equal(core_job(s.core, first)->attempts, 0);
		assert_int_equal(verdict(&s, first).blocker, BLOCKER_PAUSE);
		stage_wait(&s, waits[i] - 1);
		stage_orders(&s);
		assert_int_equal(stage_count(&s, ORDER_ASSIGN), 0);
		stage_wait(&s, 1 + USEC_MIN); /* a window of X may reset just then */
	}
	stage_close(&s);
}

TEST(when_x_takes_the_one_job_all_go_on)
{
	struct stage s;

	stage_open(&s);
	uint64_t first = post_by(&s, 1, 1, POST);
	struct order a = stage_assigned(&s, first);
	assert_true(stage_begin(&s, &a));
	uint64_t second = post_by(&s, 2, 1, POST);
	refused(&s, &a, CAUSE_CREDITS, 402);
	assert_null(stage_find(&s, ORDER_ASSIGN, second));
	stage_wait(&s, 16 * USEC_MIN);
	stage_orders(&s);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	struct order b = *stage_find(&s, ORDER_ASSIGN, 0);
	assert_true(stage_begin(&s, &b));
	stage_done(&s, &b);
	const struct order *park = stage_find(&s, ORDER_PARK, 0);
	assert_int_equal(park->until, 0);
	assert_int_equal(park->app, 1);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	stage_close(&s);
}

TEST(a_reached_spending_cap_stops_the_app_until_xs_date)
{
	struct stage s;

	stage_open(&s);
	struct order a = stage_assigned(&s, post_by(&s, 1, 1, POST));
	assert_true(stage_begin(&s, &a));
	usec_t date = midnight(&s) + 20 * USEC_DAY;
	stage_outcome(&s, &a,
		&(struct outcome){.class = OUTCOME_REFUSED,
			.cause = CAUSE_SPEND_CAP,
			.http_status = 403,
			.park_until = date});
	assert_int_equal(verdict(&s, a.job.id).until, date);
	assert_int_equal(core_job(s.core, a.job.id)->attempts, 0);
	stage_close(&s);
}
