/* test_quota.c - X's monthly caps of objects: reserved at the worst, settled with what came */
#include "common/xapi/price.h"
#include "tests/lib/test.h"
#include "tests/unit/stage.h"

#define UNIT 5000

static const char table[] = "plan,objects,cap,source\n"
			    "payg,posts,25,test\n"
			    "payg,users,2,test\n"
			    "small,posts,10,test\n";

static struct read_caps *open_capped(struct stage *s)
{
	struct read_caps *caps;
	struct str text = {table, sizeof(table) - 1};

	stage_conf(s);
	assert_int_equal(read_caps_parse(text, &caps, &s->words), ERR_OK);
	s->conf.read_caps = caps;
	stage_start(s);
	return caps;
}

static void close_capped(struct stage *s, struct read_caps *caps)
{
	stage_close(s);
	read_caps_free(caps);
}

static uint64_t read(struct stage *s, enum call call, uint32_t objects)
{
	struct job j = stage_job(s, call);

	j.unit = UNIT;
	j.price = objects * UNIT;
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_ENQUEUE, .job = j}), ERR_OK);
	return j.id;
}

static void returned(struct stage *s, const struct order *a, int64_t objects)
{
	stage_outcome(s, a,
		&(struct outcome){
			.class = OUTCOME_DONE, .http_status = 200, .objects = objects});
}

struct counted {
	int64_t read, held, most;
};

static void find(void *ctx, const struct purse_view *v)
{
	struct counted *n = ctx;

	if (v->length != LEDGER_MONTH || v->ledger->owner != 1)
		return;
	*n = (struct counted){v->spent, v->ledger->reserved, v->most};
}

static struct counted count(struct stage *s, enum ledger_kind kind)
{
	struct counted n = {0};

	core_each_purse(s->core, kind, s->now, find, &n);
	return n;
}

static struct verdict verdict(struct stage *s, uint64_t id)
{
	struct verdict v;

	assert_int_equal(core_verdict(s->core, id, s->now, &v), ERR_OK);
	return v;
}

TEST(a_read_takes_the_worst_case_and_is_settled_with_what_came)
{
	struct stage s;
	struct read_caps *caps = open_capped(&s);
	struct order a = stage_assigned(&s, read(&s, CALL_TIMELINE, 20));

	assert_int_equal(count(&s, LEDGER_POSTS).read, 20); /* a read is charged as it leaves */
	uint64_t second = read(&s, CALL_GET_POST, 6);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, second));
	struct verdict v = verdict(&s, second);
	assert_int_equal(v.blocker, BLOCKER_WINDOW);
	assert_string_equal(v.ref, "posts read app #1 month");
	assert_string_equal(v.text, "it may return 6 posts; of the 25 that X lets the app read "
				    "a month 0 are read and "
				    "20 reserved");
	assert_int_equal(v.until % USEC_DAY, 0);
	assert_true(v.until > s.now.wall && v.until <= s.now.wall + 31 * USEC_DAY);
	returned(&s, &a, 3);
	assert_non_null(stage_find(&s, ORDER_ASSIGN, second));
	assert_int_equal(count(&s, LEDGER_POSTS).read, 9);
	close_capped(&s, caps);
}

TEST(posts_and_users_are_counted_apart_and_effects_not_at_all)
{
	struct stage s;
	struct read_caps *caps = open_capped(&s);

	for (int i = 0; i < 2; i++) {
		struct order a = stage_assigned(&s, read(&s, CALL_GET_USER, 1));

		returned(&s, &a, 1);
	}
	uint64_t third = read(&s, CALL_GET_USER, 1);
	stage_orders(&s);
	assert_int_equal(verdict(&s, third).blocker, BLOCKER_WINDOW);
	struct order a = stage_assigned(&s, read(&s, CALL_TIMELINE, 5));
	returned(&s, &a, 5);
	(void)stage_begun(&s, CALL_CREATE_POST);
	assert_int_equal(count(&s, LEDGER_USERS).read, 2);
	assert_int_equal(count(&s, LEDGER_POSTS).read, 5);
	close_capped(&s, caps);
}

TEST(what_fits_goes_on_where_more_does_not_and_the_next_month_has_room)
{
	struct stage s;
	struct read_caps *caps = open_capped(&s);
	struct order a = stage_assigned(&s, read(&s, CALL_TIMELINE, 20));

	returned(&s, &a, 20);
	uint64_t much = read(&s, CALL_TIMELINE, 10), little = read(&s, CALL_GET_POST, 5);
	(void)stage_assigned(&s, little);
	assert_null(stage_find(&s, ORDER_ASSIGN, much));
	usec_t until = verdict(&s, much).until;
	stage_wait(&s, until - s.now.wall - 1);
	stage_orders(&s);
	assert_null(stage_find(&s, ORDER_ASSIGN, much));
	stage_wait(&s, 1);
	(void)stage_assigned(&s, much);
	close_capped(&s, caps);
}

TEST(a_failure_takes_nothing_and_a_lost_answer_all)
{
	struct stage s;
	struct read_caps *caps = open_capped(&s);
	struct order a = stage_assigned(&s, read(&s, CALL_TIMELINE, 7));

	stage_outcome(&s, &a,
		&(struct outcome){
			.class = OUTCOME_REFUSED, .cause = CAUSE_INVALID, .http_status = 400});
	assert_int_equal(count(&s, LEDGER_POSTS).read, 0);
	a = stage_assigned(&s, read(&s, CALL_GET_POST, 4));
	stage_outcome(
		&s, &a, &(struct outcome){.class = OUTCOME_UNKNOWN, .cause = CAUSE_NO_ANSWER});
	assert_int_equal(count(&s, LEDGER_POSTS).read, 4);
	close_capped(&s, caps);
}

TEST(a_read_larger_than_a_whole_month_is_refused_with_the_numbers)
{
	struct stage s;
	struct read_caps *caps = open_capped(&s);
	struct job j = stage_job(&s, CALL_TIMELINE);
	struct errmsg m;

	j.unit = UNIT;
	j.price = 26 * UNIT;
	assert_int_equal(core_may_read(s.core, 1, &j, &m), ERR_QUOTA);
	assert_string_equal(m.text,
		"it may return 26 posts, and X lets an app on the plan 'payg' "
		"read 25 a month; ask for fewer with max_results or pages");
	j.price = 25 * UNIT;
	assert_int_equal(core_may_read(s.core, 1, &j, &m), ERR_OK);
	close_capped(&s, caps);
}

TEST(another_plan_has_other_caps_and_what_was_read_stays_read)
{
	struct stage s;
	struct read_caps *caps = open_capped(&s);
	struct order a = stage_assigned(&s, read(&s, CALL_TIMELINE, 8));

	returned(&s, &a, 8);
	stage_app(&s, 1, "small");
	uint64_t next = read(&s, CALL_TIMELINE, 3);
	stage_orders(&s);
	assert_int_equal(verdict(&s, next).blocker, BLOCKER_WINDOW);
	assert_int_equal(count(&s, LEDGER_POSTS).most, 10);
	stage_app(&s, 1, "enterprise");
	(void)stage_assigned(&s, next);
	assert_int_equal(count(&s, LEDGER_POSTS).most, CAPS_NONE);
	close_capped(&s, caps);
}

TEST(what_was_stored_counts_after_a_restart)
{
	struct stage s;
	struct read_caps *caps = open_capped(&s);
	struct ledger_row row = {.owner = 1,
		.kind = LEDGER_POSTS,
		.length = LEDGER_MONTH,
		.begins = ledger_begins(LEDGER_MONTH, 1, ledger_day(s.now.wall)),
		.spent = 24};

	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_SPENT, .spent = row}), ERR_OK);
	uint64_t two = read(&s, CALL_TIMELINE, 2);
	stage_orders(&s);
	assert_int_equal(verdict(&s, two).blocker, BLOCKER_WINDOW);
	(void)stage_assigned(&s, read(&s, CALL_GET_POST, 1));
	close_capped(&s, caps);
}

static void refused(const char *rows, const char *words)
{
	struct read_caps *caps;
	struct errmsg m;

	assert_int_equal(read_caps_parse(str_of(rows), &caps, &m), ERR_FORMAT);
	assert_string_equal(m.text, words);
}

TEST(a_table_that_makes_no_sense_is_refused_with_its_line)
{
	refused("plan,cap\n", "read-caps.csv: line 1: is not \"plan,objects,cap,source\"");
	refused("plan,objects,cap,source\npayg,likes,5,x\n",
		"read-caps.csv: line 2: objects is 'likes', not 'posts' or 'users'");
	refused("plan,objects,cap,source\npayg,posts,0,x\n",
		"read-caps.csv: line 2: cap is '0', not a whole number from 1 to "
		"1000000000000");
	refused("plan,objects,cap,source\npayg,posts,5,x\npayg,posts,6,x\n",
		"read-caps.csv: line 3: says again what an earlier line said");
}

TEST(the_table_built_in_has_the_caps_of_x)
{
	AUTO(read_caps) caps = read_caps_builtin();

	assert_int_equal(read_cap_of(caps, "payg", OBJECT_POST), 3000000);
	assert_int_equal(read_cap_of(caps, "free", OBJECT_POST), 100);
	assert_int_equal(read_cap_of(caps, "free", OBJECT_USER), 100);
	assert_int_equal(read_cap_of(caps, "basic", OBJECT_POST), 15000);
	assert_int_equal(read_cap_of(caps, "pro", OBJECT_POST), 1000000);
	assert_int_equal(read_cap_of(caps, "enterprise", OBJECT_POST), CAPS_NONE);
}
