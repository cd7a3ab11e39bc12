#include "dispatcher/core/money/ledger.h"

#include "common/base/text.h"
#include "tests/lib/test.h"

#define CENT ((int64_t)10000)

static usec_t at(const char *text)
{
	usec_t wall;

	assert_int_equal(text_to_time(str_of(text), &wall), ERR_OK);
	return wall;
}

static int32_t day(const char *text)
{
	return ledger_day(at(text));
}

/* Caps in cents; -1: none. */
static struct ledger capped(int64_t a_day, int64_t a_month, unsigned billing_day, usec_t wall)
{
	struct ledger l;
	struct ledger_caps caps = {
		.cap = {a_day < 0 ? LEDGER_NO_CAP : a_day * CENT,
			a_month < 0 ? LEDGER_NO_CAP : a_month * CENT},
		.warn_percent = 80,
		.billing_day = (uint8_t)billing_day,
	};

	ledger_init(&l, LEDGER_ACCOUNT, 7, wall);
	ledger_set_caps(&l, &caps, wall);
	return l;
}

static void spend(struct ledger *l, int64_t cents, usec_t wall)
{
	ledger_reserve(l, cents * CENT);
	ledger_charge(l, cents * CENT, wall);
	ledger_settle(l, cents * CENT, cents * CENT, ledger_day(wall));
}

TEST(a_billing_month_begins_on_its_day_or_on_the_last_day_of_a_shorter_month)
{
	static const struct {
		unsigned billing_day;
		const char *day, *begins, *ends;
	} rows[] = {
		{1, "2026-11-26T00:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"},
		{1, "2026-12-31T23:59:59Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"},
		{15, "2026-11-14T00:00:00Z", "2026-10-15T00:00:00Z", "2026-11-15T00:00:00Z"},
		{15, "2026-11-15T00:00:00Z", "2026-11-15T00:00:00Z", "2026-12-15T00:00:00Z"},
		{31, "2026-02-28T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"},
		{31, "2026-02-27T00:00:00Z", "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"},
		{30, "2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z", "2028-03-30T00:00:00Z"},
		{29, "2026-03-01T00:00:00Z", "2026-02-28T00:00:00Z", "2026-03-29T00:00:00Z"},
		{31, "2026-04-30T12:00:00Z", "2026-04-30T00:00:00Z", "2026-05-31T00:00:00Z"},
		{31, "2026-01-01T00:00:00Z", "2025-12-31T00:00:00Z", "2026-01-31T00:00:00Z"},
		{1, "2000-02-29T00:00:00Z", "2000-02-01T00:00:00Z", "2000-03-01T00:00:00Z"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int32_t d = day(rows[i].day);

		assert_int_equal(ledger_begins(LEDGER_MONTH, rows[i].billing_day, d),
			day(rows[i].begins));
		assert_int_equal(
			ledger_ends(LEDGER_MONTH, rows[i].billing_day, d), day(rows[i].ends));
	}
}

/* Every day of 400 years belongs to one month, and months follow each other without a gap. */
TEST(months_tile_the_calendar_whatever_the_billing_day)
{
	for (unsigned billing_day = 1; billing_day <= 31; billing_day++) {
		int32_t d = day("1972-01-01T00:00:00Z");
		int32_t begins = ledger_begins(LEDGER_MONTH, billing_day, d);

		for (; d < 146097; d++) {
			int32_t ends = ledger_ends(LEDGER_MONTH, billing_day, d);

			assert_int_equal(ledger_begins(LEDGER_MONTH, billing_day, d), begins);
			assert_in_range(ends - begins, 27, 34);
			if (ends == d + 1)
				begins = ends;
			else
				assert_true(ends > d + 1);
		}
	}
}

TEST(reserves_no_more_than_day_and_month_allow)
{
	usec_t noon = at("2026-11-26T12:00:00Z");
	struct ledger l = capped(10, 25, 1, noon);
	enum ledger_length length;

	assert_int_equal(ledger_room(&l, noon), 10 * CENT);
	ledger_reserve(&l, 6 * CENT);
	assert_int_equal(ledger_ready_at(&l, 4 * CENT, noon, &length), noon);
	assert_int_equal(
		ledger_ready_at(&l, 4 * CENT + 1, noon, &length), at("2026-11-27T00:00:00Z"));
	assert_int_equal(length, LEDGER_DAY);
	ledger_release(&l, 6 * CENT);
	assert_int_equal(ledger_room(&l, noon), 10 * CENT);
	spend(&l, 10, noon);
	spend(&l, 10, noon + USEC_DAY);
	noon += 2 * USEC_DAY;
	assert_int_equal(ledger_room(&l, noon), 5 * CENT);
	assert_int_equal(
		ledger_ready_at(&l, 6 * CENT, noon, &length), at("2026-12-01T00:00:00Z"));
	assert_int_equal(length, LEDGER_MONTH);
	assert_int_equal(ledger_ready_at(&l, 11 * CENT, noon, &length), USEC_NEVER);
	assert_int_equal(length, LEDGER_DAY);
}

TEST(gives_back_what_was_not_spent_to_the_day_that_was_charged)
{
	usec_t late = at("2026-11-30T23:59:59Z");
	usec_t early = late + 2 * USEC_SEC;
	struct ledger l = capped(100, 100, 1, late);

	ledger_reserve(&l, 50 * CENT);
	ledger_charge(&l, 50 * CENT, late);
	ledger_reserve(&l, 20 * CENT);
	ledger_charge(&l, 20 * CENT, early);
	ledger_settle(&l, 50 * CENT, 3 * CENT, ledger_day(late));
	assert_int_equal(ledger_spent(&l, LEDGER_DAY, early), 20 * CENT);
	assert_int_equal(ledger_spent(&l, LEDGER_MONTH, early), 20 * CENT);
	assert_int_equal(ledger_spent(&l, LEDGER_DAY, late), 3 * CENT);
	assert_int_equal(ledger_spent(&l, LEDGER_MONTH, late), 3 * CENT);
	assert_int_equal(l.under_way, 20 * CENT);
}

TEST(a_clock_that_steps_back_over_midnight_finds_the_books_as_they_were)
{
	usec_t late = at("2026-11-26T23:59:00Z");
	usec_t early = at("2026-11-27T00:01:00Z");
	struct ledger l = capped(10, -1, 1, late);

	spend(&l, 8, late);
	spend(&l, 7, early);
	assert_int_equal(ledger_room(&l, late), 2 * CENT);
	spend(&l, 2, late);
	assert_int_equal(ledger_room(&l, late), 0);
	assert_int_equal(ledger_room(&l, early), 3 * CENT);
	spend(&l, 3, early);
	assert_int_equal(ledger_room(&l, early), 0);
	assert_int_equal(ledger_spent(&l, LEDGER_MONTH, early), 20 * CENT);
}

/* The clock was two days ahead, then a day too early at a restart, then right. */
TEST(a_restart_while_the_clock_is_off_forgets_no_day)
{
	usec_t today = at("2026-11-26T12:00:00Z");
	struct ledger l = capped(10, -1, 1, today - USEC_DAY);

	for (int i = -1; i <= 1; i++) {
		struct ledger_row row = {.owner = 7,
			.kind = LEDGER_ACCOUNT,
			.length = LEDGER_DAY,
			.begins = ledger_day(today) + i,
			.spent = (5 + i) * CENT};

		ledger_load(&l, &row, today - USEC_DAY);
	}
	assert_int_equal(ledger_room(&l, today - USEC_DAY), 6 * CENT);
	spend(&l, 5, today);
	assert_int_equal(ledger_room(&l, today), 0);
	assert_int_equal(ledger_room(&l, today + USEC_DAY), 4 * CENT);
	assert_int_equal(ledger_room(&l, today - USEC_DAY), 6 * CENT);
}

TEST(old_books_are_not_opened_again_unless_the_clock_was_far_off)
{
	usec_t today = at("2026-11-26T12:00:00Z");
	struct ledger l = capped(10, -1, 1, today);

	spend(&l, 9, today);
	spend(&l, 1, today + USEC_DAY);
	spend(&l, 1, today + 2 * USEC_DAY);
	spend(&l, 4, today + 3 * USEC_DAY);
	assert_int_equal(ledger_room(&l, today), 6 * CENT);
	spend(&l, 6, today);
	assert_int_equal(ledger_room(&l, today + 3 * USEC_DAY), 0);

	spend(&l, 10, today + 900 * USEC_DAY);
	assert_int_equal(ledger_room(&l, today), 0);
	spend(&l, 0, today);
	assert_int_equal(ledger_room(&l, today + USEC_DAY), 10 * CENT);
}

TEST(a_moved_billing_day_forgets_nothing)
{
	usec_t noon = at("2026-11-26T12:00:00Z");
	struct ledger l = capped(-1, 100, 1, noon);
	struct ledger_caps caps = l.caps;
	struct ledger_row row;

	spend(&l, 90, noon);
	while (ledger_clean(&l, &row))
		;
	caps.billing_day = 20;
	ledger_set_caps(&l, &caps, noon);
	assert_int_equal(ledger_room(&l, noon), 10 * CENT);
	assert_true(ledger_clean(&l, &row));
	assert_int_equal(row.begins, day("2026-11-20T00:00:00Z"));
	assert_int_equal(row.spent, 90 * CENT);
	assert_int_equal(ledger_room(&l, at("2026-12-19T23:59:59Z")), 10 * CENT);
	assert_int_equal(ledger_room(&l, at("2026-12-20T00:00:00Z")), 100 * CENT);
}

TEST(an_override_lasts_until_the_end_of_its_period)
{
	usec_t noon = at("2026-11-26T12:00:00Z");
	struct ledger l = capped(10, -1, 1, noon);
	enum ledger_length length;

	spend(&l, 10, noon);
	ledger_raise(&l, LEDGER_DAY, ledger_day(noon), 5 * CENT, noon);
	assert_int_equal(ledger_room(&l, noon), 5 * CENT);
	assert_int_equal(ledger_most(&l, LEDGER_DAY, noon), 15 * CENT);
	assert_int_equal(ledger_most(&l, LEDGER_MONTH, noon), LEDGER_NO_CAP);
	assert_int_equal(ledger_room(&l, noon + USEC_DAY), 10 * CENT);
	assert_int_equal(ledger_ready_at(&l, 12 * CENT, noon, &length), USEC_NEVER);
	ledger_raise(&l, LEDGER_DAY, ledger_day(noon) - 5, 5 * CENT, noon);
	assert_int_equal(ledger_room(&l, noon), 5 * CENT);
	ledger_raise(&l, LEDGER_DAY, ledger_day(noon), INT64_MAX / 2, noon);
	assert_int_equal(ledger_most(&l, LEDGER_DAY, noon), 10 * CENT + LEDGER_CAP_MAX);
}

TEST(warns_once_a_period_at_the_threshold_reservations_included)
{
	usec_t noon = at("2026-11-26T12:00:00Z");
	struct ledger l = capped(10, -1, 1, noon);
	enum ledger_length length;

	spend(&l, 5, noon);
	ledger_reserve(&l, 3 * CENT - 1);
	assert_false(ledger_warns(&l, noon, &length));
	ledger_reserve(&l, 1);
	assert_true(ledger_warns(&l, noon, &length));
	assert_int_equal(length, LEDGER_DAY);
	assert_false(ledger_warns(&l, noon, &length));
	assert_false(ledger_warns(&l, noon + USEC_DAY, &length));
	ledger_reserve(&l, 5 * CENT);
	assert_true(ledger_warns(&l, noon + USEC_DAY, &length));
}

/* --- the promise, against a model --- */

#define OUT_MAX 40
#define BOOKS   4096

struct charge {
	int64_t amount;
	int32_t day; /* -1: reserved only */
	int32_t begins[LEDGER_LENGTHS];
};

/* What a world of one owner has charged, by the ledger's own period at the charge. */
struct world {
	struct rng r;
	struct ledger l;
	usec_t wall;
	struct charge out[OUT_MAX];
	int count;
	int64_t charged[LEDGER_LENGTHS][BOOKS]; /* by begins, less what was given back */
	struct ledger_row disk[LEDGER_LENGTHS][BOOKS];
	int32_t first;
};

static int64_t *booked(struct world *w, unsigned length, int32_t begins)
{
	assert_in_range(begins - w->first, 0, BOOKS - 1);
	return &w->charged[length][begins - w->first];
}

/* What is on disk after the turn. */
static void commit(struct world *w)
{
	struct ledger_row row;

	while (ledger_clean(&w->l, &row))
		w->disk[row.length][row.begins - w->first] = row;
	assert_false(ledger_is_dirty(&w->l));
}

static void try_charge(struct world *w, struct charge *c)
{
	if (!ledger_may_charge(&w->l, c->amount, w->wall)) {
		ledger_release(&w->l, c->amount);
		*c = w->out[--w->count];
		return;
	}
	ledger_charge(&w->l, c->amount, w->wall);
	c->day = ledger_day(w->wall);
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++) {
		int64_t cap = w->l.caps.cap[i];

		c->begins[i] = w->l.now[i].begins;
		*booked(w, i, c->begins[i]) += c->amount;
		assert_true(cap < 0 || *booked(w, i, c->begins[i]) <= cap);
	}
}

static void end_charge(struct world *w, struct charge *c)
{
	int64_t truth = c->day < 0 ? 0 : rng_range(&w->r, 0, c->amount);

	if (c->day < 0)
		ledger_release(&w->l, c->amount);
	else
		ledger_settle(&w->l, c->amount, truth, c->day);
	for (unsigned i = 0; c->day >= 0 && i < LEDGER_LENGTHS; i++)
		*booked(w, i, c->begins[i]) -= c->amount - truth;
	*c = w->out[--w->count];
}

/* The ledger is lost; rows come back, and reservations do not. Reads under way stay spent. */
static void restart(struct world *w)
{
	struct ledger_caps caps = w->l.caps;

	ledger_init(&w->l, LEDGER_ACCOUNT, 7, w->wall);
	ledger_set_caps(&w->l, &caps, w->wall);
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++)
		for (int b = 0; b < BOOKS; b++)
			if (w->disk[i][b].owner)
				ledger_load(&w->l, &w->disk[i][b], w->wall);
	w->count = 0;
}

static void step(struct world *w)
{
	int what = (int)rng_range(&w->r, 0, 99);
	enum ledger_length length;

	if (what < 45 && w->count < OUT_MAX) {
		int64_t amount = rng_range(&w->r, 0, 30 * CENT);

		if (ledger_ready_at(&w->l, amount, w->wall, &length) > w->wall)
			return;
		ledger_reserve(&w->l, amount);
		w->out[w->count++] = (struct charge){.amount = amount, .day = -1};
	} else if (what < 85 && w->count) {
		struct charge *c = &w->out[rng_range(&w->r, 0, w->count - 1)];

		if (c->day < 0 && what < 75)
			try_charge(w, c);
		else
			end_charge(w, c);
	} else if (what < 96) {
		w->wall += rng_range(&w->r, 0, USEC_DAY / 3);
	} else if (what < 98) {
		usec_t back = w->wall % USEC_DAY; /* over one midnight at most */
		w->wall -= rng_range(&w->r, 0, back + USEC_MIN);
		if (rng_range(&w->r, 0, 1))
			restart(w);
	} else {
		restart(w);
	}
}

TEST(never_exceeds_a_cap_by_a_micro_dollar_whatever_happens)
{
	struct rng r = test_rng();
	static struct world w;

	for (int round = 0; round < 300; round++) {
		w = (struct world){.r = {rng_next(&r)}, .wall = at("2027-12-30T12:00:00Z")};
		w.first = ledger_day(w.wall) - 100;
		w.l = capped(rng_range(&r, -1, 60), rng_range(&r, -1, 900),
			(unsigned)rng_range(&r, 1, 31), w.wall);
		for (int i = 0; i < 2000 && w.wall < at("2029-06-01T00:00:00Z"); i++) {
			step(&w);
			commit(&w);
		}
	}
}
