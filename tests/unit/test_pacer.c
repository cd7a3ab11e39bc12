#include <string.h>

#include "tests/lib/test.h"
#include "tests/unit/stage.h"

static void set_rules(struct stage *s, const struct pace_rules *r)
{
	assert_int_equal(stage_feed(s, &(struct fact){.kind = FACT_PACING,
					       .account = {.id = 1},
					       .pace_rules = r}),
		ERR_OK);
}

static struct pace_rules no_rules(void)
{
	struct pace_rules r;

	pace_rules_init(&r);
	return r;
}

/* Lets time pass to an instant of the wall. */
static void wait_until(struct stage *s, usec_t wall)
{
	assert_true(wall >= s->now.wall);
	stage_wait(s, wall - s->now.wall);
	stage_orders(s);
}

static struct verdict verdict_of(struct stage *s, uint64_t id)
{
	struct verdict v;

	assert_int_equal(core_verdict(s->core, id, s->now, &v), ERR_OK);
	return v;
}

static void assert_waits(
	struct stage *s, uint64_t id, enum blocker blocker, const char *ref, const char *words)
{
	struct verdict v = verdict_of(s, id);

	assert_int_equal(v.blocker, blocker);
	assert_string_equal(v.ref, ref);
	if (!strstr(v.text, words))
		fail_msg("'%s' has no '%s'", v.text, words);
}

static void finish_one(struct stage *s, uint64_t id)
{
	struct order a = stage_assigned(s, id);

	assert_true(stage_begin(s, &a));
	stage_done(s, &a);
}

/* Whether an assignment of it came with the last orders. */
static bool was_assigned(const struct stage *s, uint64_t id)
{
	return stage_find(s, ORDER_ASSIGN, id) != NULL;
}

TEST(a_gap_holds_the_next_until_it_is_over)
{
	struct stage s;
	struct pace_rules r = no_rules();

	stage_open(&s);
	r.gap = 90 * USEC_SEC;
	set_rules(&s, &r);
	uint64_t first = stage_enqueue(&s, CALL_CREATE_POST);
	uint64_t second = stage_enqueue(&s, CALL_CREATE_POST);
	uint64_t other = stage_enqueue(&s, CALL_DM_USER);
	uint64_t free = stage_enqueue(&s, CALL_GET_POST);
	usec_t begun = s.now.wall;

	finish_one(&s, first);
	assert_waits(&s, second, BLOCKER_POLICY, "gap", "rule gap: at least 90s");
	assert_waits(&s, other, BLOCKER_POLICY, "gap", "rule gap");
	assert_int_equal(stage_state(&s, free), JOB_RUNNING); /* a read is free */
	assert_true(verdict_of(&s, second).until == begun + r.gap);
	wait_until(&s, begun + r.gap - 1);
	assert_true(!was_assigned(&s, second) && !was_assigned(&s, other));
	wait_until(&s, begun + r.gap);
	assert_true(was_assigned(&s, second) != was_assigned(&s, other));
	stage_close(&s);
}

TEST(with_a_gap_one_is_under_way_at_a_time)
{
	struct stage s;
	struct pace_rules r = no_rules();
	int assigned = 0;

	stage_conf(&s);
	s.conf.account_concurrency = 4;
	stage_start(&s);
	r.gap = USEC_SEC;
	set_rules(&s, &r);
	for (int i = 0; i < 4; i++)
		stage_enqueue(&s, CALL_CREATE_POST);
	stage_orders(&s);
	assigned = (int)stage_count(&s, ORDER_ASSIGN);
	assert_int_equal(assigned, 1);
	assert_waits(&s, 2, BLOCKER_POLICY, "gap", "about to begin");
	struct order a = *stage_find(&s, ORDER_ASSIGN, 1);
	assert_true(stage_begin(&s, &a)); /* not done: but begun, and a second later ... */
	wait_until(&s, s.now.wall + USEC_SEC);
	assert_int_equal(stage_count(&s, ORDER_ASSIGN), 1);
	stage_close(&s);
}

TEST(a_cap_holds_until_the_day_is_over)
{
	struct stage s;
	struct pace_rules r = no_rules();

	stage_open(&s);
	r.caps[ACT_POST] = 2;
	set_rules(&s, &r);
	for (int i = 0; i < 2; i++)
		finish_one(&s, stage_enqueue(&s, CALL_CREATE_POST));
	uint64_t third = stage_enqueue(&s, CALL_CREATE_POST);
	struct job reply = stage_job(&s, CALL_CREATE_POST);
	reply.flags = JOB_REPLY;
	assert_int_equal(
		stage_feed(&s, &(struct fact){.kind = FACT_ENQUEUE, .job = reply}), ERR_OK);
	finish_one(&s, reply.id); /* no reply is held by a cap of posts */
	assert_waits(&s, third, BLOCKER_POLICY, "day-cap", "2 posts of 2 today, resets");
	usec_t midnight = (s.now.wall / USEC_DAY + 1) * USEC_DAY;
	assert_true(verdict_of(&s, third).until == midnight);
	wait_until(&s, midnight - 1);
	assert_false(was_assigned(&s, third));
	wait_until(&s, midnight);
	assert_true(was_assigned(&s, third));
	stage_close(&s);
}

TEST(what_was_proven_not_sent_does_not_count)
{
	struct stage s;
	struct pace_rules r = no_rules();

	stage_open(&s);
	r.caps[ACT_POST] = 1;
	set_rules(&s, &r);
	struct order a = stage_begun(&s, CALL_CREATE_POST);
	stage_outcome(
		&s, &a, &(struct outcome){.class = OUTCOME_UNSENT, .cause = CAUSE_NETWORK});
	stage_wait(&s, USEC_MIN);
	finish_one(&s, a.job.id);
	uint64_t next = stage_enqueue(&s, CALL_CREATE_POST);
	stage_orders(&s);
	assert_waits(&s, next, BLOCKER_POLICY, "day-cap", "1 posts of 1 today");
	stage_close(&s);
}

TEST(quiet_hours_that_begin_before_BEGIN_refuse_it)
{
	struct stage s;
	struct pace_rules r = no_rules();
	usec_t time;

	stage_open(&s);
	time = s.now.wall % USEC_DAY;
	r.quiet_from = time + 10 * USEC_SEC;
	r.quiet_to = time + USEC_HOUR;
	set_rules(&s, &r);
	uint64_t id = stage_enqueue(&s, CALL_CREATE_POST);
	struct order a = stage_assigned(&s, id);
	stage_wait(&s, 10 * USEC_SEC);
	assert_false(stage_begin(&s, &a));
	assert_int_equal(stage_state(&s, id), JOB_READY);
	assert_waits(&s, id, BLOCKER_POLICY, "quiet-hours", "rule quiet-hours: ");
	wait_until(&s, s.now.wall + USEC_HOUR - 10 * USEC_SEC - 1);
	assert_false(was_assigned(&s, id));
	wait_until(&s, s.now.wall + 1);
	assert_true(was_assigned(&s, id));
	stage_close(&s);
}

TEST(slots_are_for_posts_and_let_one_through_each)
{
	struct stage s;
	struct pace_rules r = no_rules();

	stage_open(&s);
	usec_t day = s.now.wall / USEC_DAY * USEC_DAY;
	usec_t first = (s.now.wall / USEC_HOUR + 1) * USEC_HOUR;
	r.pacing = PACING_SLOTS;
	r.slot_count = 2;
	r.slots[0] = (struct pace_slot){first - day, PACE_EVERY_DAY};
	r.slots[1] = (struct pace_slot){first - day + USEC_HOUR, PACE_EVERY_DAY};
	set_rules(&s, &r);
	uint64_t ids[2] = {
		stage_enqueue(&s, CALL_CREATE_POST), stage_enqueue(&s, CALL_CREATE_POST)};
	stage_orders(&s);
	assert_waits(&s, ids[0], BLOCKER_TIME, "pacing", "the next free slot is");
	finish_one(&s, stage_enqueue(&s, CALL_DM_USER));
	wait_until(&s, first - 1);
	assert_false(was_assigned(&s, ids[0]));
	wait_until(&s, first);
	assert_true(was_assigned(&s, ids[0]));
	struct order a = *stage_find(&s, ORDER_ASSIGN, ids[0]);
	assert_true(stage_begin(&s, &a));
	stage_done(&s, &a);
	assert_false(was_assigned(&s, ids[1]));
	assert_true(verdict_of(&s, ids[1]).until == first + USEC_HOUR);
	wait_until(&s, first + USEC_HOUR);
	assert_true(was_assigned(&s, ids[1]));
	stage_close(&s);
}

TEST(spread_goes_evenly_over_the_window)
{
	struct stage s;
	struct pace_rules r = no_rules();

	stage_open(&s);
	r.pacing = PACING_SPREAD; /* 5 posts in 15 minutes: one every 3; 20 in 3 h: 9 */
	set_rules(&s, &r);
	usec_t last = s.now.wall;
	finish_one(&s, stage_enqueue(&s, CALL_REPOST));
	for (int i = 0; i < 5; i++) {
		uint64_t id = stage_enqueue(&s, CALL_REPOST);

		stage_orders(&s);
		assert_waits(&s, id, BLOCKER_TIME, "pacing", "spread evenly");
		usec_t until = verdict_of(&s, id).until;
		assert_true(until - last >= 9 * USEC_MIN &&
			    until - last <= 9 * USEC_MIN + 5 * USEC_SEC);
		wait_until(&s, until - 1);
		assert_false(was_assigned(&s, id));
		wait_until(&s, until);
		struct order a = *stage_find(&s, ORDER_ASSIGN, id);
		assert_true(stage_begin(&s, &a));
		stage_done(&s, &a);
		last = until;
	}
	stage_close(&s);
}

TEST(what_was_done_is_kept_over_a_restart)
{
	struct stage s;
	struct pace_rules r = no_rules();
	struct pace kept = {0}, read;
	struct buf line;

	stage_open(&s);
	r.caps[ACT_POST] = 1;
	r.gap = USEC_MIN;
	r.jitter = USEC_MIN;
	set_rules(&s, &r);
	uint64_t first = stage_enqueue(&s, CALL_CREATE_POST);
	struct order a = stage_assigned(&s, first);
	assert_true(stage_begin(&s, &a));
	assert_non_null(stage_find(&s, ORDER_PACE, 0));
	kept = stage_find(&s, ORDER_PACE, 0)->pace;
	assert_int_equal(stage_find(&s, ORDER_PACE, 0)->account, 1);
	buf_init(&line, 1000);
	pace_write(&kept, &line);
	assert_true(pace_read(buf_view(&line), &read));
	assert_memory_equal(&read.done, &kept.done, sizeof(kept.done));
	assert_true(read.next_at == kept.next_at && read.day == kept.day);

	struct job waits = stage_job(&s, CALL_CREATE_POST), dm = stage_job(&s, CALL_DM_USER);
	stage_restart(&s, (struct job[]){waits, dm}, 2);
	set_rules(&s, &r);
	assert_int_equal(
		stage_feed(&s,
			&(struct fact){.kind = FACT_PACE, .account = {.id = 1}, .pace = &read}),
		ERR_OK);
	stage_worker(&s, 1, 16);
	stage_orders(&s);
	assert_waits(&s, waits.id, BLOCKER_POLICY, "day-cap", "1 posts of 1 today");
	assert_waits(&s, dm.id, BLOCKER_POLICY, "gap", "rule gap");
	assert_true(verdict_of(&s, dm.id).until == kept.next_at);
	buf_done(&line);
	stage_close(&s);
}

TEST(lines_that_are_no_pace_are_refused)
{
	static const char *const wrong[] = {"", "1", "2 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
		"1 0 0 0 0 0 0 0 0 0 0 0 0 0 0", "1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0",
		"1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 x", "1 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 0"};
	struct pace p;

	assert_true(pace_read(str_of("1 20000 5 6 1 2 3 4 5 6 7 8 9 10 11 12"), &p));
	assert_true(p.day == 20000 && p.done[ACT_POST] == 1 && p.last_at[ACT_DM] == 12);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_false(pace_read(str_of(wrong[i]), &p));
}

TEST(rules_that_are_lifted_let_go_at_once)
{
	struct stage s;
	struct pace_rules r = no_rules();

	stage_open(&s);
	r.caps[ACT_POST] = 0;
	set_rules(&s, &r);
	uint64_t id = stage_enqueue(&s, CALL_CREATE_POST);
	stage_orders(&s);
	assert_false(was_assigned(&s, id));
	r = no_rules();
	set_rules(&s, &r);
	stage_orders(&s);
	assert_true(was_assigned(&s, id));
	stage_close(&s);
}

TEST(accounts_without_rules_have_no_pacer_and_no_orders)
{
	struct stage s;
	struct pace_rules r = no_rules();

	stage_open(&s);
	set_rules(&s, &r);
	struct order a = stage_assigned(&s, stage_enqueue(&s, CALL_CREATE_POST));
	assert_true(stage_begin(&s, &a));
	assert_null(stage_find(&s, ORDER_PACE, 0));
	stage_close(&s);
}
