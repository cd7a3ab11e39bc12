/* The expected instants are those of tzdata 2025b. */
#include "common/when/zone.h"

#include <string.h>

#include "tests/lib/test.h"

static struct zones *zones;

static const struct zone *zone(const char *name)
{
	const struct zone *ret = NULL;
	struct errmsg m;

	if (!zones)
		zones = zones_new();
	assert_non_null(zones);
	enum err e = zones_get(zones, str_of(name), &ret, &m);
	if (e)
		fail_msg("%s: %s", name, m.text);
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

static usec_t clock_of(const char *text)
{
	usec_t ret = -1;

	assert_int_equal(zone_read_time(str_of(text), &ret, NULL), ERR_OK);
	return ret;
}

static void assert_at(usec_t wall, const char *text)
{
	char shown[32];

	if (wall != at(text))
		fail_msg("%s, not %s", text_from_time(wall, shown, sizeof(shown)), text);
}

TEST(shows_what_the_clock_shows)
{
	static const struct {
		const char *zone, *at, *shown;
	} rows[] = {
		{"UTC", "2026-03-29T01:00:00Z", "2026-03-29 01:00 UTC"},
		{"Etc/UTC", "2026-03-29T01:00:00Z", "2026-03-29 01:00 Etc/UTC"},
		{"Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29 01:59 Europe/Berlin"},
		{"Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29 03:00 Europe/Berlin"},
		{"Europe/Berlin", "2026-10-25T00:59:59Z", "2026-10-25 02:59 Europe/Berlin"},
		{"Europe/Berlin", "2026-10-25T01:00:00Z", "2026-10-25 02:00 Europe/Berlin"},
		{"America/New_York", "2026-11-01T05:59:59Z",
			"2026-11-01 01:59 America/New_York"},
		{"America/New_York", "2026-11-01T06:00:00Z",
			"2026-11-01 01:00 America/New_York"},
		{"US/Eastern", "2026-11-01T06:00:00Z", "2026-11-01 01:00 US/Eastern"},
		{"Asia/Kolkata", "2026-06-30T18:30:00Z", "2026-07-01 00:00 Asia/Kolkata"},
		{"Asia/Kathmandu", "2026-06-30T18:15:00Z", "2026-07-01 00:00 Asia/Kathmandu"},
		{"Australia/Lord_Howe", "2026-10-03T15:29:59Z",
			"2026-10-04 01:59 Australia/Lord_Howe"},
		{"Australia/Lord_Howe", "2026-10-03T15:30:00Z",
			"2026-10-04 02:30 Australia/Lord_Howe"},
		{"America/St_Johns", "2026-03-08T05:30:00Z",
			"2026-03-08 03:00 America/St_Johns"},
		{"Pacific/Chatham", "2026-04-04T14:00:00Z", "2026-04-05 02:45 Pacific/Chatham"},
		{"Africa/Casablanca", "2026-02-15T02:00:00Z",
			"2026-02-15 02:00 Africa/Casablanca"},
		{"Asia/Beirut", "2026-03-28T22:00:00Z", "2026-03-29 01:00 Asia/Beirut"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char text[24 + ZONE_NAME_MAX];

		zone_write(zone(rows[i].zone), at(rows[i].at), text, sizeof(text));
		assert_string_equal(text, rows[i].shown);
	}
	done();
}

TEST(gives_the_instant_of_a_local_time_after_the_gap_and_the_earlier_of_two)
{
	static const struct {
		const char *zone;
		const char *day; /* its noon, UTC */
		const char *time, *at;
	} rows[] = {
		{"UTC", "2026-03-29T12:00:00Z", "00:00", "2026-03-29T00:00:00Z"},
		{"Europe/Berlin", "2026-03-28T12:00:00Z", "02:30", "2026-03-28T01:30:00Z"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "01:59:59", "2026-03-29T00:59:59Z"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "02:00", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "02:30", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "03:00", "2026-03-29T01:00:00Z"},
		{"Europe/Berlin", "2026-03-29T12:00:00Z", "03:01", "2026-03-29T01:01:00Z"},
		{"Europe/Berlin", "2026-10-25T12:00:00Z", "01:59", "2026-10-24T23:59:00Z"},
		{"Europe/Berlin", "2026-10-25T12:00:00Z", "02:30", "2026-10-25T00:30:00Z"},
		{"Europe/Berlin", "2026-10-25T12:00:00Z", "03:00", "2026-10-25T02:00:00Z"},
		{"America/New_York", "2026-03-08T12:00:00Z", "02:30", "2026-03-08T07:00:00Z"},
		{"Asia/Beirut", "2026-03-29T12:00:00Z", "00:00", "2026-03-28T22:00:00Z"},
		{"Asia/Beirut", "2026-03-29T12:00:00Z", "00:30", "2026-03-28T22:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-04T00:00:00Z", "02:15",
			"2026-10-03T15:30:00Z"},
		{"Pacific/Kiritimati", "2026-06-15T00:00:00Z", "00:00", "2026-06-14T10:00:00Z"},
		{"Etc/GMT+12", "2026-06-15T12:30:00Z", "00:00", "2026-06-15T12:00:00Z"},
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct zone *z = zone(rows[i].zone);
		int64_t day = zone_local(z, at(rows[i].day)).day;

		assert_at(zone_instant(z, day, clock_of(rows[i].time)), rows[i].at);
	}
	done();
}

TEST(finds_when_the_clock_shows_a_time_next)
{
	const struct zone *berlin = zone("Europe/Berlin");
	usec_t half_past_two = clock_of("02:30");

	assert_at(zone_next_showing(berlin, at("2026-10-24T00:30:00Z"), half_past_two),
		"2026-10-25T00:30:00Z");
	assert_at(zone_next_showing(berlin, at("2026-10-25T00:30:00Z"), half_past_two),
		"2026-10-25T01:30:00Z"); /* the second one of that night */
	assert_at(zone_next_showing(berlin, at("2026-10-25T01:30:00Z"), half_past_two),
		"2026-10-26T01:30:00Z");
	assert_at(zone_next_showing(berlin, at("2026-03-28T01:30:00Z"), half_past_two),
		"2026-03-29T01:00:00Z"); /* after the gap */
	assert_at(zone_next_showing(berlin, at("2026-03-29T01:00:00Z"), half_past_two),
		"2026-03-30T00:30:00Z");
	done();
}

TEST(knows_when_the_next_day_begins)
{
	assert_at(zone_next_day(zone("Europe/Berlin"), at("2026-03-28T23:00:00Z")),
		"2026-03-29T22:00:00Z"); /* 23 hours later */
	assert_at(zone_next_day(zone("Europe/Berlin"), at("2026-10-24T22:00:00Z")),
		"2026-10-25T23:00:00Z"); /* 25 hours later */
	assert_at(zone_next_day(zone("Asia/Beirut"), at("2026-03-28T21:59:59Z")),
		"2026-03-28T22:00:00Z"); /* it begins at one o'clock */
	assert_at(zone_next_day(zone_utc(), at("2026-03-28T23:59:59.999999Z")),
		"2026-03-29T00:00:00Z");
	done();
}

TEST(knows_the_days_of_the_week)
{
	assert_int_equal(zone_local(zone_utc(), 0).weekday, 3);
	assert_int_equal(zone_local(zone_utc(), -USEC_DAY).weekday, 2);
	assert_int_equal(zone_local(zone_utc(), at("2026-11-26T12:00:00Z")).weekday, 3);
	assert_int_equal(zone_local(zone("Asia/Tokyo"), at("2026-11-29T15:00:00Z")).weekday, 0);
	done();
}

TEST(goes_there_and_back_at_any_time_in_any_zone)
{
	static const char *const names[] = {"UTC", "Europe/Berlin", "America/New_York",
		"America/St_Johns", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Gaza",
		"Pacific/Chatham", "Antarctica/Troll", "America/Nuuk", "Pacific/Kiritimati",
		"Etc/GMT+12"};
	struct rng r = test_rng();

	for (size_t i = 0; i < 400 * COUNT_OF(names); i++) {
		const struct zone *z = zone(names[i % COUNT_OF(names)]);
		usec_t wall =
			rng_range(&r, at("2020-01-01T00:00:00Z"), at("2045-01-01T00:00:00Z"));
		struct local l = zone_local(z, wall);
		usec_t back = zone_instant(z, l.day, l.time);

		/* the same, or the earlier one of the two that show it */
		assert_true(back == wall || (back < wall && wall - back <= 3 * USEC_HOUR));
		assert_int_equal(zone_local(z, back).time, l.time);
		usec_t next = zone_next_day(z, wall);
		assert_int_equal(zone_local(z, next - 1).day, l.day);
		assert_true(zone_local(z, next).day == l.day + 1);
		usec_t shown = zone_next_showing(z, wall, l.time);
		assert_true(shown > wall && shown <= wall + 26 * USEC_HOUR);
	}
	done();
}

TEST(every_local_day_has_every_time_once_and_in_order)
{
	static const char *const names[] = {"Europe/Berlin", "America/New_York",
		"Australia/Lord_Howe", "Asia/Beirut", "Africa/Casablanca"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct zone *z = zone(names[i]);
		usec_t last = 0;

		for (int64_t day = 20454; day < 20454 + 366; day++) /* 2026 */
			for (usec_t t = 0; t < USEC_DAY; t += 15 * USEC_MIN) {
				usec_t instant = zone_instant(z, day, t);

				assert_true(instant >= last);
				last = instant;
			}
	}
	done();
}

TEST(the_last_offset_stands_after_2037)
{
	const struct zone *z = zone("Europe/Istanbul");

	assert_int_equal(zone_offset(z, at("2037-12-31T00:00:00Z")), 3 * USEC_HOUR);
	assert_int_equal(zone_offset(z, at("2090-07-01T00:00:00Z")), 3 * USEC_HOUR);
	assert_int_equal(zone_offset(z, INT64_MAX), 3 * USEC_HOUR);
	assert_int_equal(zone_offset(z, 0), 3 * USEC_HOUR);
	done();
}

TEST(refuses_names_that_are_no_zones)
{
	static const char *const names[] = {"", "Nope/Where", "europe/berlin", "../etc/passwd",
		"/etc/localtime", "right/Europe/Berlin", "Europe/Berlin ", "Europe/B\nrlin",
		"zone.tab", "Europe", "zone1970.tab",
		"A/very/long/name/that/is/longer/than/any/name/of/a/zone"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const struct zone *z = NULL;
		struct errmsg m = {0};

		if (!zones)
			zones = zones_new();
		assert_int_equal(zones_get(zones, str_of(names[i]), &z, &m), ERR_INVALID);
		assert_null(z);
		assert_non_null(strstr(m.text, "Europe/Berlin"));
	}
	done();
}

TEST(loads_a_zone_once)
{
	assert_ptr_equal(zone("Europe/Berlin"), zone("Europe/Berlin"));
	assert_ptr_equal(zone("UTC"), zone_utc());
	assert_string_equal(zone_name(zone("Asia/Tokyo")), "Asia/Tokyo");
	done();
}

TEST(reads_a_time_of_day)
{
	static const char *const wrong[] = {"", ":", "8", "24:00", "08:60", "08:3x",
		"08:30:", "08:30:60", "008:30", "-1:00", "+8:30", "08:30:00:00", " 08:30"};
	usec_t t;

	assert_int_equal(clock_of("08:30"), 8 * USEC_HOUR + 30 * USEC_MIN);
	assert_int_equal(clock_of("8:05"), 8 * USEC_HOUR + 5 * USEC_MIN);
	assert_int_equal(clock_of("23:59:30"), USEC_DAY - 30 * USEC_SEC);
	assert_int_equal(clock_of("00:00"), 0);
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_int_equal(zone_read_time(str_of(wrong[i]), &t, NULL), ERR_INVALID);
}
