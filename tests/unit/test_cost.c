#include "common/xapi/cost.h"

#include "common/xapi/actions.h"
#include "tests/lib/test.h"

/* No argument is given: what a read returns at most is X's own default. */
static const struct args_ops none;

static struct cost of(
	const struct prices *p, const struct action_facts *f, const struct cost_who *who)
{
	static const struct action bare;

	return cost_of(p, &bare, &none, NULL, f, who);
}

TEST(a_write_costs_by_its_text_and_by_who_asked_for_it)
{
	struct prices p = {0};
	struct action_facts f = {.call = CALL_CREATE_POST};
	struct cost_who who = {0};

	p.of[CALL_CREATE_POST] =
		(struct price){.plain = 15000, .with_url = 200000, .summoned = 10000};
	assert_int_equal(of(&p, &f, &who).worst, 15000);
	assert_int_equal(of(&p, &f, &who).unit, 0);
	f.has_url = true;
	assert_int_equal(of(&p, &f, &who).worst, 200000);
	who.summoned = true;
	assert_int_equal(of(&p, &f, &who).worst, 10000);
	p.of[CALL_CREATE_POST].summoned = 0; /* X names no cheaper price */
	assert_int_equal(of(&p, &f, &who).worst, 200000);
}

TEST(a_thread_costs_what_its_parts_do)
{
	struct prices p = {0};
	struct action_facts f = {.call = CALL_CREATE_POST, .parts = 5, .dear_parts = 2};
	struct cost_who who = {0};

	p.of[CALL_CREATE_POST] = (struct price){.plain = 15000, .with_url = 200000};
	assert_int_equal(of(&p, &f, &who).worst, 3 * 15000 + 2 * 200000);
}

TEST(own_reads_of_the_owner_are_cheap_and_others_are_not)
{
	struct prices p = {0};
	struct action_facts f = {.call = CALL_GET_ME};
	struct cost_who who = {0};

	p.of[CALL_GET_ME] = (struct price){.plain = 10000, .owned = 1000, .per_object = true};
	assert_int_equal(of(&p, &f, &who).worst, 10000);
	assert_int_equal(of(&p, &f, &who).unit, 10000);
	who.owns_app = true;
	assert_int_equal(of(&p, &f, &who).worst, 1000);
	assert_int_equal(of(&p, &f, &who).unit, 1000);
	p.of[CALL_GET_ME].owned = 0;
	assert_int_equal(of(&p, &f, &who).worst, 10000);
}

TEST(no_cost_is_more_than_a_job_can_hold)
{
	struct prices p = {0};
	struct action_facts f = {.call = CALL_CREATE_POST, .parts = 25, .dear_parts = 25};
	struct cost_who who = {0};

	p.of[CALL_CREATE_POST].with_url = PRICE_MAX;
	assert_int_equal(of(&p, &f, &who).worst, COST_MAX);
	p.of[CALL_GET_ME] = (struct price){.plain = 0, .per_object = true};
	f = (struct action_facts){.call = CALL_GET_ME};
	assert_int_equal(of(&p, &f, &who).worst, 0);
}
