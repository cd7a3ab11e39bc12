#include "dispatcher/policy/pace.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

static struct zones *zones;

static const struct zone *zone(const char *name)
{
	const struct zone *ret = NULL;

	if (!zones)
		zones = zones_new();
	assert_non_null(zones);
	assert_int_equal(zones_get(zones, str_of(name), &ret, NULL), ERR_OK);
	return ret;
}

static void done(void)
{
	zones_free(zones);
	zones = NULL;
}

static usec_t at(const char *text)
{
	usec_t ret = 0;

	assert_int_equal(text_to_time(str_of(text), &ret), ERR_OK);
	return ret;
}

static struct pace_rules rules_in(const char *name)
{
	struct pace_rules r;

	pace_rules_init(&r);
	r.zone = zone(name);
	return r;
}

static void read_slots(struct pace_rules *r, const char *text)
{
	struct errmsg m;

	if (pace_read_slots(r, str_of(text), &m))
		fail_msg("%s: %s", text, m.text);
	r->pacing = PACING_SLOTS;
}

/* --- every rule, allowing and holding, on both sides of its boundary --- */

struct row {
	const char *name;
	enum act act;
	enum rule rule; /* that holds */
	const char *now;
	const char *until; /* NULL: it may go; "event": until something happens */
	int32_t posts;     /* begun on 2026-11-26 in Berlin */
	usec_t next_at;    /* after 2026-11-26T10:00:00Z */
	uint16_t under_way;
};

/* clang-format off */
static const struct row rows[] = {
	/* name, act, rule, now, until, posts, next_at, under way */
	{"noon",               ACT_POST,   RULE_QUIET, "2026-11-26T11:00:00Z", NULL, 0, 0, 0},
	{"before the quiet",   ACT_POST,   RULE_QUIET, "2026-11-26T20:59:59.999999Z", NULL, 0, 0, 0},
	{"quiet begins",       ACT_POST,   RULE_QUIET, "2026-11-26T21:00:00Z", "2026-11-27T06:00:00Z", 0, 0, 0},
	{"quiet past midnight", ACT_DM,    RULE_QUIET, "2026-11-27T05:59:59.999999Z", "2026-11-27T06:00:00Z", 0, 0, 0},
	{"quiet is over",      ACT_POST,   RULE_QUIET, "2026-11-27T06:00:00Z", NULL, 0, 0, 0},
	{"free acts in quiet", ACT_FREE,   RULE_QUIET, "2026-11-26T23:00:00Z", NULL, 0, 0, 0},
	{"below the cap",      ACT_POST,   RULE_CAP,   "2026-11-26T11:00:00Z", NULL, 49, 0, 0},
	{"at the cap",         ACT_POST,   RULE_CAP,   "2026-11-26T11:00:00Z", "2026-11-26T23:00:00Z", 50, 0, 0},
	{"replies at posts' cap", ACT_REPLY, RULE_CAP, "2026-11-26T11:00:00Z", NULL, 50, 0, 0},
	{"the next day",       ACT_POST,   RULE_CAP,   "2026-11-27T07:00:00Z", NULL, 50, 0, 0},
	{"the last is under way", ACT_REPOST, RULE_CAP, "2026-11-26T11:00:00Z", "event", 0, 0, 3},
	{"one less under way", ACT_REPOST, RULE_GAP,   "2026-11-26T11:00:00Z", "event", 0, 0, 2},
	{"no likes at all",    ACT_LIKE,   RULE_CAP,   "2026-11-26T11:00:00Z", "2026-11-26T23:00:00Z", 0, 0, 0},
	{"within the gap",     ACT_POST,   RULE_GAP,   "2026-11-26T10:00:59.999999Z", "2026-11-26T10:01:00Z", 1, USEC_MIN, 0},
	{"the gap is over",    ACT_POST,   RULE_GAP,   "2026-11-26T10:01:00Z", NULL, 1, USEC_MIN, 0},
	{"a gap between kinds", ACT_FOLLOW, RULE_GAP,  "2026-11-26T10:00:00Z", "2026-11-26T10:01:00Z", 1, USEC_MIN, 0},
	{"free acts in the gap", ACT_FREE, RULE_GAP,   "2026-11-26T10:00:00Z", NULL, 1, USEC_MIN, 0},
	{"another is under way", ACT_DM,   RULE_GAP,   "2026-11-26T11:00:00Z", "event", 0, 0, 1},
};
/* clang-format on */

TEST(every_rule_holds_up_to_its_boundary)
{
	struct pace_rules r = rules_in("Europe/Berlin");

	assert_int_equal(pace_read_quiet(&r, str_of("22:00-07:00"), NULL), ERR_OK);
	r.gap = USEC_MIN;
	r.caps[ACT_POST] = 50;
	r.caps[ACT_REPOST] = 3;
	r.caps[ACT_LIKE] = 0;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct row *row = &rows[i];
		struct pace p = {.day = zone_local(r.zone, at("2026-11-26T10:00:00Z")).day,
			.done = {[ACT_POST] = row->posts},
			.next_at = at("2026-11-26T10:00:00Z") + row->next_at};
		uint16_t under_way[ACT_COUNT] = {[ACT_REPOST] = row->under_way};
		struct pace_answer a = {0};
		bool holds = pace_rule_holds(&r, &p, row->act, under_way, at(row->now), &a);

		if (holds != (row->until != NULL))
			fail_msg("%s: it %s", row->name, holds ? "is held" : "may go");
		if (!holds || !row->until)
			continue;
		usec_t until = strcmp(row->until, "event") == 0 ? USEC_NEVER : at(row->until);
		if (a.rule != row->rule || a.until != until)
			fail_msg("%s: rule %s", row->name, rule_info(a.rule)->id);
	}
	done();
}

TEST(says_the_rule_the_fact_and_the_end)
{
	static const struct {
		enum act act;
		struct pace_answer a;
		const char *words;
	} table[] = {
		{ACT_POST, {RULE_CAP, 0},
			"rule day-cap: 50 posts of 50 today, resets 2026-11-27 00:00 "
			"Europe/Berlin"},
		{ACT_DM, {RULE_GAP, 0},
			"rule gap: at least 90s between two actions, until 2026-11-27 00:00 "
			"Europe/Berlin"},
		{ACT_POST, {RULE_QUIET, 0},
			"rule quiet-hours: 22:00 to 07:05, over at 2026-11-27 00:00 "
			"Europe/Berlin"},
		{ACT_POST, {RULE_PACING, 0},
			"rule pacing: the next free slot is 2026-11-27 00:00 Europe/Berlin"},
		{ACT_POST, {RULE_GAP, USEC_NEVER}, "rule gap: one before it is about to begin"},
	};
	struct pace_rules r = rules_in("Europe/Berlin");
	usec_t now = at("2026-11-26T10:00:00Z");
	struct pace p = {.day = zone_local(r.zone, now).day, .done = {[ACT_POST] = 50}};

	r.gap = 90 * USEC_SEC;
	r.caps[ACT_POST] = 50;
	assert_int_equal(pace_read_quiet(&r, str_of("22:00-07:05"), NULL), ERR_OK);
	read_slots(&r, "08:00");
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		struct pace_answer a = table[i].a;
		char words[PACE_WORDS_MAX];

		if (a.until == 0)
			a.until = at("2026-11-26T23:00:00Z");
		assert_string_equal(
			pace_words(&r, &p, table[i].act, &a, now, words), table[i].words);
	}
	done();
}

TEST(rules_that_are_not_set_hold_nothing)
{
	static const uint16_t none[ACT_COUNT];
	struct pace_rules r;
	struct pace p = {0};
	struct pace_answer a;
	struct rng rng = {1};

	pace_rules_init(&r);
	assert_false(pace_rules_hold(&r));
	for (int i = 0; i < 1000; i++) {
		for (int act = 0; act <= ACT_FREE; act++) {
			assert_false(pace_rule_holds(&r, &p, (enum act)act, none, i, &a));
			assert_false(pace_slot_holds(&r, &p, (enum act)act, 0, i, &a));
			pace_begin(&r, &p, (enum act)act, &rng, i);
		}
	}
	r.jitter = 1;
	assert_true(pace_rules_hold(&r));
}

/* --- quiet hours where clocks change --- */

TEST(quiet_hours_follow_the_clock_there)
{
	struct pace_rules r = rules_in("Europe/Berlin");
	static const uint16_t none[ACT_COUNT];
	struct pace p = {0};
	struct pace_answer a;

	assert_int_equal(pace_read_quiet(&r, str_of("01:00-02:30"), NULL), ERR_OK);
	/* 02:30 is skipped: over at 03:00 */
	assert_true(pace_rule_holds(&r, &p, ACT_POST, none, at("2026-03-29T00:30:00Z"), &a));
	assert_true(a.until == at("2026-03-29T01:00:00Z"));
	assert_false(pace_rule_holds(&r, &p, ACT_POST, none, a.until, &a));
	/* 02:30 comes twice: quiet until the first, and again from 02:00 to the second */
	assert_true(pace_rule_holds(&r, &p, ACT_POST, none, at("2026-10-25T00:29:00Z"), &a));
	assert_true(a.until == at("2026-10-25T00:30:00Z"));
	assert_false(pace_rule_holds(&r, &p, ACT_POST, none, a.until, &a));
	assert_true(pace_rule_holds(&r, &p, ACT_POST, none, at("2026-10-25T01:00:00Z"), &a));
	assert_true(a.until == at("2026-10-25T01:30:00Z"));
	done();
}

/* --- slots --- */

TEST(reads_slots)
{
	static const char *const wrong[] = {"8", "08:30 foo", "mon-fri", "08:30 mon-", "25:00",
		"08:30,,12:00", "08:30 mon; tue", "08:30 mon fri", "08:30;;09:00"};
	struct pace_rules r;
	struct errmsg m;

	pace_rules_init(&r);
	assert_int_equal(pace_read_slots(&r,
				 str_of("08:30,12:00, 18:15 mon-fri; 10:00 sat,SUN ;6:00"), &m),
		ERR_OK);
	assert_int_equal(r.slot_count, 5);
	assert_int_equal(r.slots[0].days, 0x1f);
	assert_int_equal(r.slots[2].time, 18 * USEC_HOUR + 15 * USEC_MIN);
	assert_int_equal(r.slots[3].days, 0x60);
	assert_int_equal(r.slots[4].days, PACE_EVERY_DAY);
	assert_int_equal(pace_read_slots(&r, str_of("09:00 sat-mon"), &m), ERR_OK);
	assert_int_equal(r.slots[0].days, 0x61);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		m.text[0] = 0;
		assert_int_equal(pace_read_slots(&r, str_of(wrong[i]), &m), ERR_INVALID);
		assert_true(m.text[0] != 0);
		assert_int_equal(r.slot_count, 1);
	}
	assert_int_equal(pace_read_slots(&r, str_of(" "), &m), ERR_OK);
	assert_int_equal(r.slot_count, 0);
}

TEST(reads_quiet_hours)
{
	static const char *const wrong[] = {"22:00", "22:00-", "-07:00", "22:00-22:00", "22-7",
		"22:00-07:00-08:00", "quiet"};
	struct pace_rules r;
	struct errmsg m;

	pace_rules_init(&r);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(pace_read_quiet(&r, str_of(wrong[i]), &m), ERR_INVALID);
	assert_int_equal(r.quiet_to, 0);
	assert_int_equal(pace_read_quiet(&r, str_of(" 22:00 - 7:00 "), &m), ERR_OK);
	assert_true(r.quiet_from == 22 * USEC_HOUR && r.quiet_to == 7 * USEC_HOUR);
	assert_int_equal(pace_read_quiet(&r, str_of(""), &m), ERR_OK);
	assert_true(r.quiet_from == r.quiet_to);
}

TEST(a_slot_lets_one_post_through_while_it_is_open)
{
	struct pace_rules r = rules_in("Europe/Berlin");
	struct rng rng = {1};
	struct pace p = {0};
	struct pace_answer a;
	usec_t slot = at("2026-11-26T07:30:00Z"); /* a Thursday */

	read_slots(&r, "08:30,12:00 mon-fri");
	assert_true(pace_slot_holds(&r, &p, ACT_POST, 0, slot - 1, &a));
	assert_true(a.until == slot);
	assert_false(pace_slot_holds(&r, &p, ACT_POST, 0, slot, &a));
	assert_false(pace_slot_holds(&r, &p, ACT_POST, 0, slot + PACE_SLOT_OPEN - 1, &a));
	assert_true(pace_slot_holds(&r, &p, ACT_POST, 0, slot + PACE_SLOT_OPEN, &a));
	assert_true(pace_slot_holds(&r, &p, ACT_POST, 1, slot, &a));
	assert_true(a.until == USEC_NEVER);
	assert_false(pace_slot_holds(&r, &p, ACT_REPLY, 0, slot - 1, &a));
	assert_false(pace_slot_holds(&r, &p, ACT_FREE, 0, slot - 1, &a));
	pace_begin(&r, &p, ACT_POST, &rng, slot + 1);
	assert_true(pace_slot_holds(&r, &p, ACT_POST, 0, slot + 2, &a));
	assert_true(a.until == at("2026-11-26T11:00:00Z"));
	pace_undo(&r, &p, ACT_POST, slot + 3); /* proven not sent: the slot is free again */
	assert_false(pace_slot_holds(&r, &p, ACT_POST, 0, slot + 4, &a));
	assert_int_equal(p.done[ACT_POST], 0);
	assert_true(pace_slot_holds(&r, &p, ACT_POST, 0, at("2026-11-27T12:00:00Z"), &a));
	assert_true(a.until == at("2026-11-30T07:30:00Z")); /* over the week-end */
	done();
}

/* --- what no rule may ever do: from seeds --- */

struct run {
	struct pace_rules r;
	struct pace p;
	struct rng rng;
	usec_t now;
	usec_t begun[4000];
	enum act acts[4000];
	int count;
};

static void open_run(struct run *run, struct rng *seed, const char *name)
{
	*run = (struct run){.r = rules_in(name), .rng = {rng_next(seed)}};
	/* around a change of the clocks, in spring or in autumn */
	run->now = at(rng_range(seed, 0, 1) ? "2026-03-27T00:00:00Z" : "2026-10-23T00:00:00Z") +
		   rng_range(seed, 0, USEC_DAY);
}

/* Tries again and again for some days, now too early, now when it was said, now late. */
static void play(struct run *run, usec_t until)
{
	static const uint16_t none[ACT_COUNT];
	struct pace_answer a = {0};

	while (run->now < until && run->count < (int)COUNT_OF(run->begun)) {
		enum act act = (enum act)rng_range(&run->rng, 0, ACT_COUNT - 1);
		usec_t next = run->now + rng_range(&run->rng, 1, 10 * USEC_MIN);
		bool held = pace_slot_holds(&run->r, &run->p, act, 0, run->now, &a) ||
			    pace_rule_holds(&run->r, &run->p, act, none, run->now, &a);

		if (!held) {
			pace_begin(&run->r, &run->p, act, &run->rng, run->now);
			run->acts[run->count] = act;
			run->begun[run->count++] = run->now;
		} else {
			assert_true(a.until > run->now);
			if (rng_range(&run->rng, 0, 2) == 0 && a.until < next + USEC_DAY)
				next = a.until;
		}
		run->now = next;
	}
}

static const char *const names[] = {"UTC", "Europe/Berlin", "America/New_York",
	"Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"};

TEST(the_gap_is_never_undershot)
{
	struct rng seed = test_rng();
	static struct run run;
	int differ = 0;

	for (int round = 0; round < 60; round++) {
		open_run(&run, &seed, names[round % (int)COUNT_OF(names)]);
		run.r.gap = rng_range(&seed, 1, USEC_HOUR);
		run.r.jitter = rng_range(&seed, 0, USEC_HOUR);
		play(&run, run.now + 5 * USEC_DAY);
		assert_true(run.count > 10);
		for (int i = 1; i < run.count; i++) {
			assert_true(run.begun[i] - run.begun[i - 1] >= run.r.gap);
			differ += run.begun[i] - run.begun[i - 1] > run.r.gap;
		}
	}
	assert_true(differ > 0);
	done();
}

TEST(the_cap_is_never_exceeded_on_any_local_day)
{
	struct rng seed = test_rng();
	static struct run run;
	bool reached = false;

	for (int round = 0; round < 60; round++) {
		open_run(&run, &seed, names[round % (int)COUNT_OF(names)]);
		int32_t cap = (int32_t)rng_range(&seed, 0, 12);

		run.r.caps[ACT_POST] = cap;
		play(&run, run.now + 6 * USEC_DAY);
		int32_t today = 0;
		int64_t day = 0;
		for (int i = 0; i < run.count; i++) {
			struct local l = zone_local(run.r.zone, run.begun[i]);

			today = l.day == day ? today : 0;
			day = l.day;
			today += run.acts[i] == ACT_POST;
			assert_true(today <= cap);
			reached = reached || (cap && today == cap);
		}
	}
	assert_true(reached);
	done();
}

TEST(nothing_begins_in_quiet_hours)
{
	struct rng seed = test_rng();
	static struct run run;

	for (int round = 0; round < 60; round++) {
		open_run(&run, &seed, names[round % (int)COUNT_OF(names)]);
		run.r.quiet_from = rng_range(&seed, 0, 23) * USEC_HOUR;
		run.r.quiet_to = (run.r.quiet_from + rng_range(&seed, 1, 20) * USEC_HOUR +
					 rng_range(&seed, 0, 59) * USEC_MIN) %
				 USEC_DAY;
		play(&run, run.now + 5 * USEC_DAY);
		assert_true(run.count > 0);
		for (int i = 0; i < run.count; i++) {
			usec_t time = zone_local(run.r.zone, run.begun[i]).time;
			bool wraps = run.r.quiet_from > run.r.quiet_to;
			bool after = time >= run.r.quiet_from, before = time < run.r.quiet_to;

			assert_false(wraps ? after || before : after && before);
		}
	}
	done();
}

/* With posts always waiting, each slot is used, once, at its instant. */
TEST(every_slot_is_hit_exactly_once)
{
	for (size_t n = 0; n < COUNT_OF(names); n++) {
		struct pace_rules r = rules_in(names[n]);
		struct rng rng = {n};
		struct pace p = {0};
		struct pace_answer a;
		int hits = 0;
		usec_t now = at("2026-01-01T00:00:00Z"), end = at("2027-01-01T00:00:00Z");

		read_slots(&r, "00:00,02:30,23:30; 12:00 sat-sun");
		while (now < end) {
			if (pace_slot_holds(&r, &p, ACT_POST, 0, now, &a)) {
				now = a.until;
				continue;
			}
			struct local l = zone_local(r.zone, now);

			pace_begin(&r, &p, ACT_POST, &rng, now);
			hits++;
			/* at its time; half past two is skipped in spring */
			assert_true(l.time == 0 || l.time == 23 * USEC_HOUR + 30 * USEC_MIN ||
				    l.time == 12 * USEC_HOUR ||
				    l.time == 2 * USEC_HOUR + 30 * USEC_MIN ||
				    l.time == 3 * USEC_HOUR);
		}
		/* 3 a day and 104 week-end noons, and up to two more by the offset */
		assert_true(hits >= 3 * 365 + 104 - 2 && hits <= 3 * 365 + 104 + 2);
	}
	done();
}

TEST(spreads_evenly_with_what_is_left)
{
	usec_t t0 = at("2026-11-26T10:00:00Z");
	usec_t until = t0 + 15 * USEC_MIN;
	usec_t last = t0;

	assert_int_equal(pace_spread_at(0, until, 10), 0); /* none went: now */
	for (int64_t left = 9; left > 0; left--) {
		last = pace_spread_at(last, until, left);
		assert_int_equal(last, t0 + (10 - left) * 90 * USEC_SEC);
	}
	/* somebody else used some up: the rest are spread over what is left */
	assert_int_equal(pace_spread_at(t0, until, 2), t0 + 5 * USEC_MIN);
	assert_int_equal(pace_spread_at(until, until, 2), until); /* the window is over */
}

TEST(a_clock_that_steps_back_never_makes_a_wait_longer_than_the_rule)
{
	struct pace_rules r = rules_in("UTC");
	struct rng rng = {7};
	struct pace p = {0};
	struct pace_answer a;
	static const uint16_t none[ACT_COUNT];
	usec_t now = at("2026-11-26T10:00:00Z");

	r.gap = USEC_MIN;
	r.jitter = USEC_MIN;
	r.caps[ACT_POST] = 1;
	pace_begin(&r, &p, ACT_POST, &rng, now);
	now -= 2 * USEC_DAY;
	pace_mend(&r, &p, now);
	assert_true(pace_rule_holds(&r, &p, ACT_REPLY, none, now, &a));
	assert_true(a.until <= now + 2 * USEC_MIN);
	assert_true(pace_rule_holds(&r, &p, ACT_POST, none, now, &a));
	assert_int_equal(
		a.rule, RULE_CAP); /* counted for a day that is to come: still counted */
	done();
}

TEST(the_same_seed_draws_the_same_gaps)
{
	struct pace_rules r = rules_in("UTC");
	struct rng a = {42}, b = {42};
	struct pace p = {0}, q = {0};

	r.gap = USEC_MIN;
	r.jitter = USEC_HOUR;
	for (int i = 0; i < 100; i++) {
		pace_begin(&r, &p, ACT_POST, &a, i * USEC_DAY);
		pace_begin(&r, &q, ACT_POST, &b, i * USEC_DAY);
		assert_int_equal(p.next_at, q.next_at);
		assert_true(p.next_at >= i * USEC_DAY + USEC_MIN &&
			    p.next_at <= i * USEC_DAY + USEC_MIN + USEC_HOUR);
	}
	done();
}

TEST(acts_are_what_others_see)
{
	assert_int_equal(act_of(CALL_CREATE_POST, false), ACT_POST);
	assert_int_equal(act_of(CALL_CREATE_POST, true), ACT_REPLY);
	assert_int_equal(act_of(CALL_DM_CONVERSATION, false), ACT_DM);
	assert_int_equal(act_of(CALL_DM_USER, true), ACT_DM);
	assert_int_equal(act_of(CALL_DELETE_POST, false), ACT_FREE);
	assert_int_equal(act_of(CALL_GET_POST, false), ACT_FREE);
	assert_int_equal(act_of(CALL_BOOKMARK, false), ACT_FREE);
}
