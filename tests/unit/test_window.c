#include "dispatcher/core/rate/window.h"

#include "tests/lib/test.h"

#define WALL    (1790000000 * USEC_SEC)
#define QUARTER (15 * USEC_MIN)

/* Three in a quarter of an hour. */
static struct window three(void)
{
	struct window w;

	window_init(&w, &(struct limit){.limit = 3, .length = QUARTER}, 1);
	return w;
}

static void use(struct window *w, usec_t wall)
{
	assert_true(window_has_room(w, wall));
	window_reserve(w, wall);
	assert_true(window_may_charge(w, wall));
	window_charge(w, wall);
	window_settle(w, true, wall);
}

TEST(gives_no_more_than_its_limit_until_its_reset_and_a_pad)
{
	struct window w = three();

	for (int i = 0; i < 3; i++)
		use(&w, WALL);
	assert_false(window_has_room(&w, WALL));
	usec_t at = window_ready_at(&w, WALL);
	assert_int_equal(at, WALL + QUARTER + window_pad(QUARTER));
	assert_false(window_has_room(&w, at - 1));
	assert_int_equal(window_room(&w, at), 3);
}

TEST(counts_what_is_reserved)
{
	struct window w = three();

	window_reserve(&w, WALL);
	window_reserve(&w, WALL);
	assert_int_equal(window_room(&w, WALL), 1);
	window_release(&w);
	assert_int_equal(window_room(&w, WALL), 2);
}

TEST(takes_a_charge_back_that_was_not_sent)
{
	struct window w = three();

	window_reserve(&w, WALL);
	window_charge(&w, WALL);
	assert_int_equal(w.row.used, 1);
	window_refund(&w);
	assert_int_equal(w.row.used, 0);
	assert_int_equal(w.in_flight, 0);
}

TEST(carries_what_is_under_way_over_the_reset)
{
	struct window w = three();

	window_reserve(&w, WALL);
	window_charge(&w, WALL);
	assert_int_equal(window_room(&w, WALL + 2 * QUARTER), 2);
}

/* tests/sim, seeds 1731 and 1946. */
TEST(opens_no_earlier_than_the_first_request_that_X_did)
{
	struct window w = three();

	window_reserve(&w, WALL);
	window_charge(&w, WALL);
	window_settle(&w, false, WALL + USEC_SEC);
	use(&w, WALL + USEC_MIN);
	assert_int_equal(w.row.resets_at, WALL + USEC_MIN + QUARTER + window_pad(QUARTER));
}

TEST(believes_what_X_says_and_reports_another_limit)
{
	struct window w = three();
	struct rate_seen seen = {.limit = 2, .remaining = 0, .resets_at = WALL + USEC_MIN};

	window_reserve(&w, WALL);
	window_charge(&w, WALL);
	assert_true(window_learn(&w, &seen, w.charges, WALL));
	assert_int_equal(w.row.limit, 2);
	assert_int_equal(w.row.used, 2);
	assert_int_equal(w.row.resets_at, WALL + USEC_MIN + window_pad(QUARTER));
	assert_false(window_learn(&w, &seen, w.charges, WALL));
}

TEST(believes_no_reset_that_is_further_than_its_length)
{
	struct window w = three();
	struct rate_seen seen = {.limit = 3, .remaining = 1, .resets_at = WALL + USEC_DAY};

	window_reserve(&w, WALL);
	window_charge(&w, WALL);
	(void)window_learn(&w, &seen, w.charges, WALL);
	assert_true(w.row.resets_at <= WALL + QUARTER + window_pad(QUARTER));
}

TEST(closes_for_longer_each_time_X_names_no_reset)
{
	struct window w = three();

	assert_int_equal(window_strike(&w, false), QUARTER);
	assert_int_equal(window_strike(&w, false), 2 * QUARTER);
	assert_int_equal(window_strike(&w, false), 4 * QUARTER);
	assert_int_equal(window_strike(&w, false), 8 * QUARTER);
	assert_int_equal(window_strike(&w, false), 16 * QUARTER);
	assert_int_equal(window_strike(&w, false), 16 * QUARTER);
}

/* After a restart, too, a reset that X named is not put off by answers that say nothing. */
TEST(keeps_a_reset_that_X_named_over_a_restart)
{
	struct window before = three(), w = three();
	struct rate_seen seen = {.limit = 3, .remaining = 0, .resets_at = WALL + USEC_MIN};

	window_reserve(&before, WALL);
	window_charge(&before, WALL);
	(void)window_learn(&before, &seen, before.charges, WALL);
	window_load(&w, &before.row, WALL + USEC_SEC);
	window_adopt(&w);
	window_settle(&w, true, WALL + 2 * USEC_SEC);
	assert_int_equal(window_ready_at(&w, WALL + 3 * USEC_SEC),
		WALL + USEC_MIN + window_pad(QUARTER));
}

TEST(forgives_a_clock_that_steps_back)
{
	struct window w = three();

	use(&w, WALL);
	usec_t back = WALL - 2 * USEC_DAY;
	assert_true(window_ready_at(&w, back) <= back + QUARTER + window_pad(QUARTER));
	window_close(&w, WALL + USEC_HOUR, WALL);
	assert_true(window_ready_at(&w, back) <= back + 2 * QUARTER);
}

TEST(one_that_was_closed_and_not_used_up_opens_when_the_closing_ends)
{
	struct window w = three();

	use(&w, WALL);
	w.closed_until =
		WALL + USEC_MIN; /* as it is when an answer has moved the reset since */
	usec_t at = window_ready_at(&w, WALL);
	assert_false(window_has_room(&w, at - 1));
	assert_true(window_has_room(&w, at));
	assert_true(at < w.row.resets_at);
}

static void charge(struct window *w, usec_t wall)
{
	window_reserve(w, wall);
	window_charge(w, wall);
}

/* X counts in the order of arrival: the answer of the first may come from after all others. */
TEST(counts_nothing_twice_when_requests_overtake_each_other)
{
	struct window w = three();
	struct rate_seen seen = {.limit = 9, .remaining = 7, .resets_at = WALL + QUARTER};

	for (int i = 0; i < 3; i++)
		charge(&w, WALL);
	for (uint64_t left = 3; left >= 1; left--) {
		seen.remaining = left == 3 ? 7 : left == 2 ? 8 : 6;
		(void)window_learn(&w, &seen, left, WALL);
		assert_true(w.row.used >= 3);
		window_settle(&w, true, WALL);
	}
	assert_int_equal(w.row.used, 3);
}

TEST(what_left_first_and_is_still_out_may_count_on_top)
{
	struct window w = three();
	struct rate_seen seen = {.limit = 9, .remaining = 5, .resets_at = WALL + QUARTER};

	charge(&w, WALL);
	charge(&w, WALL);
	(void)window_learn(&w, &seen, 2, WALL); /* three are of others */
	assert_int_equal(w.row.used, 5);
}

TEST(the_first_after_a_reset_goes_alone_until_X_has_spoken)
{
	struct window w = three();
	struct rate_seen seen = {.limit = 3, .remaining = 2, .resets_at = WALL + QUARTER};
	usec_t later = WALL + 2 * QUARTER;

	charge(&w, WALL);
	(void)window_learn(&w, &seen, w.charges, WALL);
	window_settle(&w, true, WALL);
	assert_int_equal(window_room(&w, later), 1);
	charge(&w, later);
	assert_true(window_is_asked(&w, later));
	assert_int_equal(window_room(&w, later), 0);
	assert_int_equal(window_ready_at(&w, later), later + WINDOW_ALONE);
	assert_int_equal(window_room(&w, later + WINDOW_ALONE), 2);
	seen = (struct rate_seen){.limit = 3, .remaining = 0, .resets_at = later + QUARTER};
	(void)window_learn(&w, &seen, w.charges, later);
	window_settle(&w, true, later);
	assert_int_equal(window_room(&w, later), 0);
}

/* tests/sim, seed 976: it was sent before the reset and answered after it. */
TEST(an_answer_of_the_window_before_does_not_let_others_follow)
{
	struct window w = three();
	struct rate_seen seen = {.limit = 3, .remaining = 1, .resets_at = WALL + QUARTER};
	usec_t later = WALL + QUARTER + 2 * USEC_SEC;

	for (int i = 0; i < 2; i++)
		charge(&w, WALL);
	(void)window_learn(&w, &seen, 1, WALL);
	window_settle(&w, true, WALL);
	(void)window_learn(&w, &seen, 2, later);
	window_settle(&w, true, later);
	assert_int_equal(window_room(&w, later), 1);
}
