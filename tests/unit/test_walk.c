/* Forecasts against what then happened, when nothing unforeseen does. */
#include "dispatcher/core/walk.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"
#include "tests/unit/life.h"

#define STEPS 1000000

/* Account windows alone; and with an app's windows that its accounts share. */
static const char own_limits[] = "method,path,scope,limit,window_seconds,tier,source\n"
				 "POST,/2/tweets,user,10,900,ppu,test\n"
				 "POST,/2/tweets,user,25,86400,ppu,test\n";
static const char account_limits[] = "method,path,scope,limit,window_seconds,tier,source\n"
				     "POST,/2/tweets,user,20,900,ppu,test\n"
				     "POST,/2/users/{id}/likes,user,10,900,ppu,test\n"
				     "GET,/2/tweets/{id},user,30,900,ppu,test\n";
static const char shared_limits[] = "method,path,scope,limit,window_seconds,tier,source\n"
				    "POST,/2/tweets,user,20,900,ppu,test\n"
				    "POST,/2/tweets,app,150,900,ppu,test\n"
				    "POST,/2/users/{id}/likes,user,10,900,ppu,test\n"
				    "GET,/2/tweets/{id},user,90,900,ppu,test\n"
				    "GET,/2/tweets/{id},app,450,900,ppu,test\n";

/* --- what a walk says --- */

struct foretold {
	usec_t *start, *end; /* by id; 0: not */
};

static void note(void *ctx, struct walk *w, const struct walk_event *e)
{
	struct foretold *f = ctx;
	struct verdict v;

	assert_true(e->job < LIFE_JOBS_MAX);
	if (e->start && e->held != BLOCKER_NONE) {
		walk_verdict(w, &v);
		assert_int_equal(v.blocker, e->held);
		assert_true(v.text[0] && v.ref[0]);
	}
	*(e->start ? &f->start[e->job] : &f->end[e->job]) = e->at;
}

static struct foretold foretell(const struct life *l)
{
	struct foretold f = {mem_array(LIFE_JOBS_MAX, sizeof(usec_t)),
		mem_array(LIFE_JOBS_MAX, sizeof(usec_t))};
	AUTO(walk) w = walk_new(l->core, l->now);

	assert_true(w && f.start && f.end);
	while (walk_on(w, USEC_NEVER, STEPS, note, &f))
		continue;
	core_check(walk_core(w), walk_now(w));
	return f;
}

static void foretold_done(struct foretold *f)
{
	mem_free(f->start);
	mem_free(f->end);
}

/* --- errors --- */

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a;
	const double y = *(const double *)b;

	return (x > y) - (x < y);
}

struct spread {
	double median, p99, worst;
};

static struct spread spread_of(double *errors, size_t count, const char *what)
{
	assert_true(count > 100);
	qsort(errors, count, sizeof(*errors), by_size);
	struct spread s = {errors[count / 2], errors[count * 99 / 100], errors[count - 1]};
	print_message("%s: %zu jobs, error of the wait: median %.3f %%, p99 %.3f %%, worst "
		      "%.3f %%\n",
		what, count, 100 * s.median, 100 * s.p99, 100 * s.worst);
	return s;
}

/* Of the wait; of a minute where it is shorter, since answers vary by fractions of a second. */
static double error_of(usec_t said, usec_t was, usec_t from)
{
	usec_t wait = was - from > USEC_MIN ? was - from : USEC_MIN;

	return (double)llabs(said - was) / (double)wait;
}

/* --- tests --- */

TEST(is_exact_for_a_single_lane)
{
	struct life l;

	life_open(&l, own_limits, test_rng(), 1, 8);
	for (int i = 0; i < 60; i++)
		(void)life_enqueue(&l, 1, 1, CALL_CREATE_POST, 0);
	struct foretold f = foretell(&l);
	life_go(&l, USEC_NEVER);
	for (uint64_t id = 1; id <= l.last_id; id++) {
		assert_true(l.jobs[id].ended > 0);
		assert_int_equal(f.start[id], l.jobs[id].started);
		assert_int_equal(f.end[id], l.jobs[id].ended);
	}
	assert_int_equal(l.limited, 0);
	foretold_done(&f);
	life_close(&l);
}

TEST(is_exact_from_the_middle_of_the_work)
{
	struct life l;

	life_open(&l, own_limits, test_rng(), 1, 8);
	for (int i = 0; i < 40; i++)
		(void)life_enqueue(&l, 1, 1 + (uint32_t)i % 2, CALL_CREATE_POST, 0);
	life_go(&l, LIFE_WALL + USEC_HOUR + 100 * USEC_MSEC);
	struct foretold f = foretell(&l);
	life_go(&l, USEC_NEVER);
	int told = 0;
	for (uint64_t id = 1; id <= l.last_id; id++) {
		if (!f.start[id])
			continue;
		told++;
		assert_int_equal(f.start[id], l.jobs[id].started);
	}
	assert_true(told > 10);
	foretold_done(&f);
	life_close(&l);
}

TEST(the_estimate_at_enqueue_is_exact_for_a_single_lane)
{
	struct life l;

	life_open(&l, own_limits, test_rng(), 1, 8);
	for (int i = 0; i < 24; i++)
		(void)life_enqueue(&l, 1, 1, CALL_CREATE_POST, 0);
	life_go(&l, USEC_NEVER);
	for (uint64_t id = 1; id <= l.last_id; id++)
		assert_int_equal(l.jobs[id].eta, l.jobs[id].started);
	life_close(&l);
}

TEST(a_walk_leaves_its_core_alone)
{
	struct life l;

	life_open(&l, own_limits, test_rng(), 1, 8);
	for (int i = 0; i < 12; i++)
		(void)life_enqueue(&l, 1, 1, CALL_CREATE_POST, 0);
	struct core_counts before = core_counts(l.core);
	struct foretold f = foretell(&l);
	struct core_counts after = core_counts(l.core);
	assert_memory_equal(&before, &after, sizeof(before));
	core_check(l.core, l.now);
	foretold_done(&f);
	life_close(&l);
}

TEST(a_copy_survives_any_lack_of_memory)
{
	struct life l;
	struct walk *w = NULL;

	life_open(&l, shared_limits, test_rng(), 5, 8);
	for (uint32_t i = 0; i < 40; i++)
		(void)life_enqueue(&l, 1 + i % 5, 1 + i % 3, CALL_CREATE_POST, 0);
	life_go(&l, LIFE_WALL + USEC_SEC);
	for (int64_t n = 0; !w; n++) {
		mem_fail_after(n);
		w = walk_new(l.core, l.now);
		mem_fail_after(-1);
	}
	walk_free(w);
	life_close(&l);
}

#define MANY  50
#define SLOTS 100

static const enum call kinds[] = {CALL_CREATE_POST, CALL_LIKE, CALL_GET_POST};

static void enqueue_many(struct life *l, int n, uint32_t agents)
{
	for (int i = 0; i < n; i++) {
		uint32_t account = (uint32_t)rng_range(&l->rng, 1, MANY);
		uint32_t agent = (uint32_t)rng_range(&l->rng, 1, agents);
		enum call call = kinds[rng_range(&l->rng, 0, COUNT_OF(kinds) - 1)];
		usec_t later =
			rng_range(&l->rng, 0, 3) ? 0 : rng_range(&l->rng, 1, 6 * USEC_HOUR);

		(void)life_enqueue(l, account, agent, call, later ? l->now.wall + later : 0);
	}
}

/* Fifty accounts, each with three kinds of jobs of so many agents; half of them come later. */
static struct spread estimate; /* of the last busy(): what jobs were told at their enqueue */

static struct spread busy(const char *limits, uint32_t agents, usec_t jitter)
{
	struct life l;
	double *walked = mem_array(LIFE_JOBS_MAX, sizeof(*walked));
	double *estimated = mem_array(LIFE_JOBS_MAX, sizeof(*estimated));
	size_t n = 0, m = 0;

	life_open(&l, limits, test_rng(), MANY, SLOTS);
	l.jitter = jitter;
	enqueue_many(&l, 3000, agents);
	life_go(&l, LIFE_WALL + 20 * USEC_MIN);
	enqueue_many(&l, 3000, agents);
	usec_t from = l.now.wall;
	struct foretold f = foretell(&l);
	life_go(&l, USEC_NEVER);
	for (uint64_t id = 1; id <= l.last_id; id++) {
		const struct life_job *j = &l.jobs[id];

		assert_true(j->ended > 0);
		if (f.start[id])
			walked[n++] = error_of(f.start[id], j->started, from);
		estimated[m++] = error_of(j->eta, j->started, j->brought);
	}
	struct spread s = spread_of(walked, n, "walk");
	estimate = spread_of(estimated, m, "estimate at enqueue");
	assert_int_equal(l.limited, 0);
	mem_free(walked);
	mem_free(estimated);
	foretold_done(&f);
	life_close(&l);
	return s;
}

TEST(is_exact_in_a_busy_app_while_answers_take_what_they_took)
{
	struct spread s = busy(shared_limits, 3, 0);

	assert_true(s.worst <= 0.001);
}

TEST(is_within_its_bounds_when_answers_take_longer_or_less)
{
	struct spread s = busy(account_limits, 1, 200 * USEC_MSEC);

	assert_true(s.median <= 0.01 && s.p99 <= 0.05);
	assert_true(estimate.median <= 0.01);
}

/* Who of many gets the last place in a window hangs on who was answered first. */
TEST(is_right_about_most_when_accounts_race_for_a_window)
{
	struct spread s = busy(shared_limits, 3, 200 * USEC_MSEC);

	assert_true(s.median <= 0.01);
}
