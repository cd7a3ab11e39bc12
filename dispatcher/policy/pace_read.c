/* pace_read.c - quiet hours and slots as operators write them */
#include <string.h>
#include <strings.h>

#include "dispatcher/policy/pace.h"

static struct str trim(struct str s)
{
	while (s.len && (s.at[0] == ' ' || s.at[0] == '\t'))
		s = (struct str){s.at + 1, s.len - 1};
	while (s.len && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
		s.len--;
	return s;
}

/* Takes off *rest what stands before the next `end`; false when nothing is left. */
static bool take_part(struct str *rest, char end, struct str *ret)
{
	const char *at = rest->len ? memchr(rest->at, end, rest->len) : NULL;
	size_t len = at ? (size_t)(at - rest->at) : rest->len;
	size_t taken = at ? len + 1 : len;

	if (!rest->len)
		return false;
	*ret = trim((struct str){rest->at, len});
	*rest = (struct str){rest->at + taken, rest->len - taken};
	return true;
}

enum err pace_read_quiet(struct pace_rules *r, struct str text, struct errmsg *m)
{
	struct str rest = text, part;
	usec_t from = 0, to = 0;

	if (trim(text).len) {
		enum err e = take_part(&rest, '-', &part) ? zone_read_time(part, &from, m)
							  : ERR_INVALID;
		if (!e)
			e = zone_read_time(trim(rest), &to, m);
		if (!e && from == to)
			e = ERR_INVALID;
		if (e)
			return err_say(m, ERR_INVALID,
				"must be two times of day that differ, such as 22:00-07:00");
	}
	r->quiet_from = from;
	r->quiet_to = to;
	return ERR_OK;
}

/* --- days --- */

/* The number of a day of the week, 0 for "mon"; -1. */
static int day_named(struct str name)
{
	static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

	for (int i = 0; i < 7; i++)
		if (name.len == 3 && strncasecmp(name.at, names[i], 3) == 0)
			return i;
	return -1;
}

/* "fri" or "sat-mon" into the set. */
static bool add_days(struct str part, uint8_t *set)
{
	struct str rest = part, word;
	int from, to;

	if (!take_part(&rest, '-', &word) || part.at[part.len - 1] == '-')
		return false;
	from = day_named(word);
	to = rest.len ? day_named(trim(rest)) : from;
	if (from < 0 || to < 0)
		return false;
	for (int day = from;; day = (day + 1) % 7) {
		*set = (uint8_t)(*set | 1 << day);
		if (day == to)
			return true;
	}
}

static bool read_days(struct str text, uint8_t *ret)
{
	struct str part;

	*ret = text.len ? 0 : PACE_EVERY_DAY;
	while (take_part(&text, ',', &part))
		if (!add_days(part, ret))
			return false;
	return true;
}

/* --- slots --- */

static enum err add_slot(struct pace_rules *r, struct str text, uint8_t days, struct errmsg *m)
{
	usec_t time;

	enum err e = zone_read_time(text, &time, m);
	if (e)
		return e;
	if (r->slot_count == PACE_SLOTS_MAX)
		return err_say(m, ERR_INVALID, "has more than %d slots", PACE_SLOTS_MAX);
	r->slots[r->slot_count++] = (struct pace_slot){time, days};
	return ERR_OK;
}

/* "08:30,12:00 mon-fri": times, then, after a blank and with letters, days. */
static enum err add_group(struct pace_rules *r, struct str group, struct errmsg *m)
{
	struct str times = group, part;
	uint8_t days;
	size_t at = 0;

	while (at < group.len && !strchr("mtwfsMTWFS", group.at[at]))
		at++;
	times.len = at;
	if (!read_days((struct str){group.at + at, group.len - at}, &days))
		return err_say(m, ERR_INVALID,
			"names days that are none; write them as mon-fri or sat,sun");
	times = trim(times);
	if (!times.len)
		return err_say(m, ERR_INVALID, "has days without times");
	while (take_part(&times, ',', &part)) {
		enum err e = add_slot(r, part, days, m);

		if (e)
			return e;
	}
	return ERR_OK;
}

enum err pace_read_slots(struct pace_rules *r, struct str text, struct errmsg *m)
{
	struct pace_rules read = *r;
	struct str group;

	read.slot_count = 0;
	if (!trim(text).len)
		text.len = 0;
	while (take_part(&text, ';', &group)) {
		enum err e = add_group(&read, group, m);

		if (e)
			return e;
	}
	*r = read;
	return ERR_OK;
}
