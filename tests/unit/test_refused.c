#include "dispatcher/audit/refused.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

/* The audit log: what was written last, and how often. */
static char last_whom[200], last_how[200];
static uint32_t records;

void audit_note(struct dispatcher *d, uint32_t agent, const char *what, struct whom of,
	const char *fmt, ...)
{
	va_list ap;

	(void)d;
	(void)agent;
	assert_string_equal(what, "refused");
	va_start(ap, fmt);
	(void)vsnprintf(last_how, sizeof(last_how), fmt, ap);
	va_end(ap);
	(void)snprintf(last_whom, sizeof(last_whom), "%s %.*s", of.kind, STR_ARG(of.name));
	records++;
}

static struct dispatcher *open_at(usec_t now)
{
	static struct dispatcher d;

	d = (struct dispatcher){.now = {.mono = now, .wall = now}, .refusals = refusals_new()};
	assert_non_null(d.refusals);
	records = 0;
	return &d;
}

static void step(struct dispatcher *d, usec_t by)
{
	d->now.mono += by;
	d->now.wall += by;
	refused_write(d, false);
}

static void stranger(struct dispatcher *d, int key)
{
	char name[20];

	(void)snprintf(name, sizeof(name), "key-%d", key);
	refused_note(d, &(struct refused){.agent = AUDIT_ROOST,
				.stranger = true,
				.op = "connect:agents",
				.whom = whom_of("key", name),
				.from = "10.0.0.9"});
}

TEST(a_key_that_nobody_added_is_a_record_at_once_and_a_count_after_an_hour)
{
	struct dispatcher *d = open_at(USEC_DAY);

	for (int i = 0; i < 50; i++)
		stranger(d, 1);
	assert_int_equal(records, 1);
	assert_string_equal(last_whom, "key key-1");
	assert_string_equal(last_how, "op=connect:agents from=10.0.0.9");
	step(d, REFUSED_STRANGERS_FOR - 1);
	assert_int_equal(records, 1);
	step(d, 1);
	assert_int_equal(records, 2);
	assert_string_equal(last_how, "op=connect:agents from=10.0.0.9 again times=49");
	stranger(d, 1); /* another hour */
	assert_int_equal(records, 3);
	refusals_free(d->refusals);
}

TEST(ten_thousand_random_keys_are_a_hundred_records_and_a_number)
{
	struct dispatcher *d = open_at(USEC_DAY);

	for (int i = 0; i < 10000; i++)
		stranger(d, i);
	assert_int_equal(records, REFUSED_STRANGERS_CELLS);
	step(d, REFUSED_STRANGERS_FOR);
	assert_int_equal(records, REFUSED_STRANGERS_CELLS + 1);
	assert_string_equal(last_whom, "keys ");
	assert_string_equal(last_how, "others, too many to be named times=9900");
	refusals_free(d->refusals);
}

TEST(a_week_of_random_keys_is_bounded_by_the_day)
{
	struct dispatcher *d = open_at(USEC_DAY);
	int key = 0;

	for (int hour = 0; hour < 7 * 24; hour++) {
		for (int i = 0; i < 1000; i++) {
			stranger(d, key);
			stranger(d, key++);
		}
		step(d, USEC_HOUR);
	}
	assert_in_range(records, 7 * 300, 7 * (REFUSED_STRANGERS_DAY + 24));
	refusals_free(d->refusals);
}

TEST(strangers_take_no_room_from_those_who_are_known)
{
	struct dispatcher *d = open_at(USEC_DAY);
	struct refused known = {.agent = AUDIT_ROOST, .op = "ping", .whom = whom_of("", "")};

	for (int i = 0; i < 10000; i++)
		stranger(d, i);
	uint32_t before = records;
	for (int i = 0; i < REFUSED_CELLS; i++) { /* as many as there is room for */
		char name[20];

		(void)snprintf(name, sizeof(name), "old-%d", i);
		known.whom = whom_of("key", name);
		refused_note(d, &known);
		assert_string_equal(last_whom + strlen("key "), name);
	}
	before += REFUSED_CELLS;
	assert_int_equal(records, before);
	known.whom = whom_of("", "");
	known.agent = 3;
	refused_note(d, &known);
	assert_int_equal(records, before + 1);
	refusals_free(d->refusals);
}

TEST(what_an_agent_may_not_is_a_record_and_a_count_after_a_minute)
{
	struct dispatcher *d = open_at(USEC_DAY);
	struct refused r = {.agent = 0,
		.op = "enqueue",
		.right = "x.dm.write",
		.whom = whom_of("account", "acme")};

	for (int i = 0; i < 5; i++)
		refused_note(d, &r);
	assert_string_equal(last_how, "op=enqueue right=x.dm.write");
	assert_int_equal(records, 1);
	step(d, REFUSED_FOR);
	assert_int_equal(records, 2);
	assert_string_equal(last_how, "op=enqueue right=x.dm.write again times=4");
	refusals_free(d->refusals);
}
