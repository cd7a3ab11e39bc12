/*
 * load.c - a zone's table, out of tzdata by libical
 *
 * libical answers which offset holds at an instant. From one day to the next
 * at most one change is looked for, and found to the second by halving.
 * Beyond 2037 it works by rules of its own that err for some zones (Lord Howe,
 * Newfoundland, Chatham), which is why the table ends there.
 */
#include <libical/ical.h>

#include "common/when/table.h"

#define SEARCH_STEP USEC_DAY

static usec_t offset_at(icaltimezone *source, usec_t wall)
{
	struct icaltimetype at = icaltime_from_timet_with_zone(
		(time_t)(wall / USEC_SEC), 0, icaltimezone_get_utc_timezone());
	int is_daylight;

	return icaltimezone_get_utc_offset_of_utc_time(source, &at, &is_daylight) * USEC_SEC;
}

/* The second at which the offset of `from` is over; at `to` it is. */
static usec_t change_between(icaltimezone *source, usec_t from, usec_t to)
{
	usec_t before = offset_at(source, from);

	while (to - from > USEC_SEC) {
		usec_t middle = from + (to - from) / 2 / USEC_SEC * USEC_SEC;

		if (offset_at(source, middle) == before)
			from = middle;
		else
			to = middle;
	}
	return to;
}

static void add(struct zone *z, usec_t at, usec_t offset)
{
	z->shifts[z->count++] = (struct zone_shift){at, offset};
}

enum err zone_load(const char *name, struct zone *ret, struct errmsg *m)
{
	icalerror_set_errors_are_fatal(0);
	icaltimezone *source = icaltimezone_get_builtin_timezone(name);
	if (!source)
		return err_say(m, ERR_INVALID,
			"there is no time zone '%s' in this system's tzdata; use a name such "
			"as Europe/Berlin or UTC",
			name);
	ret->count = 0;
	add(ret, ZONE_FROM, offset_at(source, ZONE_FROM));
	for (usec_t at = ZONE_FROM; at < ZONE_UNTIL; at += SEARCH_STEP) {
		usec_t offset = offset_at(source, at + SEARCH_STEP);

		if (offset == ret->shifts[ret->count - 1].offset)
			continue;
		if (ret->count == ZONE_SHIFTS_MAX)
			return err_say(m, ERR_TOO_BIG,
				"the time zone '%s' changes more often than roost can keep",
				name);
		add(ret, change_between(source, at, at + SEARCH_STEP), offset);
	}
	return ERR_OK;
}

void zone_load_done(void)
{
	icaltimezone_free_builtin_timezones();
}
