#include "common/when/zone.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/when/table.h"

struct zones {
	struct zone *known[ZONES_MAX]; /* owned, in the order they were asked for */
	size_t count;
};

static const struct zone utc = {
	.name = "UTC", .shifts = {{.at = ZONE_FROM, .offset = 0}}, .count = 1};

const struct zone *zone_utc(void)
{
	return &utc;
}

const char *zone_name(const struct zone *z)
{
	return z->name;
}

/* --- the table --- */

/* The last change at or before an instant; the first one for what is earlier. */
static uint32_t shift_at(const struct zone *z, usec_t wall)
{
	uint32_t low = 0;
	uint32_t high = z->count;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (z->shifts[middle].at <= wall)
			low = middle;
		else
			high = middle;
	}
	return low;
}

usec_t zone_offset(const struct zone *z, usec_t wall)
{
	return z->shifts[shift_at(z, wall)].offset;
}

/* Division that rounds down, and what is left of it. */
static int64_t day_of(usec_t local, usec_t *ret_time)
{
	usec_t rest = local % USEC_DAY;

	if (rest < 0)
		rest += USEC_DAY;
	*ret_time = rest;
	return (local - rest) / USEC_DAY;
}

struct local zone_local(const struct zone *z, usec_t wall)
{
	struct local ret;

	ret.day = day_of(wall + zone_offset(z, wall), &ret.time);
	ret.weekday = (uint8_t)(((ret.day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
	return ret;
}

/* The instants at which the clock shows `local`, the earlier first: one, two or, in a gap,
 * none. */
static size_t instants(const struct zone *z, usec_t local, usec_t ret[2])
{
	usec_t earlier = local - zone_offset(z, local - USEC_DAY);
	usec_t later = local - zone_offset(z, local + USEC_DAY);
	size_t n = 0;

	if (earlier + zone_offset(z, earlier) == local)
		ret[n++] = earlier;
	if (later != earlier && later + zone_offset(z, later) == local)
		ret[n++] = later;
	return n;
}

/* The first instant after the gap that `local` falls into: where the offset changes. */
static usec_t after_gap(const struct zone *z, usec_t local)
{
	usec_t from = local - USEC_DAY;
	usec_t to = local + USEC_DAY;
	usec_t before = zone_offset(z, from);

	while (to - from > 1) {
		usec_t middle = from + (to - from) / 2;

		if (zone_offset(z, middle) == before)
			from = middle;
		else
			to = middle;
	}
	return to;
}

usec_t zone_instant(const struct zone *z, int64_t day, usec_t time)
{
	usec_t local = day * USEC_DAY + time;
	usec_t at[2];

	ASSERT(time >= 0 && time < USEC_DAY);
	return instants(z, local, at) > 0 ? at[0] : after_gap(z, local);
}

usec_t zone_next_showing(const struct zone *z, usec_t wall, usec_t time)
{
	int64_t day = zone_local(z, wall).day;

	ASSERT(time >= 0 && time < USEC_DAY);
	for (int64_t i = -1; i < 4; i++) {
		usec_t local = (day + i) * USEC_DAY + time;
		usec_t at[2];
		size_t n = instants(z, local, at);

		if (n == 0)
			at[n++] = after_gap(z, local);
		for (size_t k = 0; k < n; k++)
			if (at[k] > wall)
				return at[k];
	}
	ASSERT(false);
	return USEC_NEVER;
}

usec_t zone_next_day(const struct zone *z, usec_t wall)
{
	int64_t day = zone_local(z, wall).day;
	usec_t at;

	do
		at = zone_instant(z, ++day, 0);
	while (at <= wall);
	return at;
}

/* --- texts --- */

char *zone_write(const struct zone *z, usec_t wall, char *out, size_t cap)
{
	char text[32];

	(void)text_from_time(wall + zone_offset(z, wall), text, sizeof(text));
	if (strlen(text) < 16) /* "?": no year that can be written */
		(void)snprintf(out, cap, "%s", text);
	else
		(void)snprintf(out, cap, "%.10s %.5s %s", text, text + 11, z->name);
	return out;
}

/* The number before the next colon; both are taken off *rest. */
static bool take_part(struct str *rest, int64_t most, int64_t *ret)
{
	const char *colon = rest->len ? memchr(rest->at, ':', rest->len) : NULL;
	size_t len = colon ? (size_t)(colon - rest->at) : rest->len;

	if (len > 2 || text_to_int((struct str){rest->at, len}, 0, most, ret))
		return false;
	size_t taken = colon ? len + 1 : len;
	*rest = (struct str){rest->at + taken, rest->len - taken};
	return true;
}

enum err zone_read_time(struct str text, usec_t *ret, struct errmsg *m)
{
	struct str rest = text;
	int64_t hours, minutes;
	int64_t seconds = 0;
	char shown[24];
	bool ok = text.len > 0 && text.at[text.len - 1] != ':' &&
		  take_part(&rest, 23, &hours) && rest.len > 0 &&
		  take_part(&rest, 59, &minutes);

	if (ok && rest.len > 0)
		ok = take_part(&rest, 59, &seconds) && rest.len == 0;
	if (!ok)
		return err_say(m, ERR_INVALID, "'%s' is no time of day; write it as 08:30",
			text_show(text, shown, sizeof(shown)));
	*ret = hours * USEC_HOUR + minutes * USEC_MIN + seconds * USEC_SEC;
	return ERR_OK;
}

/* --- the registry --- */

struct zones *zones_new(void)
{
	return mem_alloc(sizeof(struct zones));
}

void zones_free(struct zones *z)
{
	if (!z)
		return;
	for (size_t i = 0; i < z->count; i++)
		mem_free(z->known[i]);
	mem_free(z);
	zone_load_done();
}

/* Whether a text may be part of a path below tzdata's folder. "right/" counts leap seconds. */
static bool may_be_name(struct str name)
{
	static const char allowed[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/";

	if (name.len == 0 || name.len >= ZONE_NAME_MAX || name.at[0] == '/' ||
		str_has_prefix(name, "right/"))
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (name.at[i] == 0 || !strchr(allowed, name.at[i]))
			return false;
	return true;
}

static bool find(const struct zones *z, struct str name, size_t *ret)
{
	for (*ret = 0; *ret < z->count; ++*ret)
		if (str_is(name, z->known[*ret]->name))
			return true;
	return false;
}

enum err zones_get(struct zones *z, struct str name, const struct zone **ret, struct errmsg *m)
{
	char shown[ZONE_NAME_MAX];
	size_t at;

	if (str_is(name, utc.name)) {
		*ret = &utc;
		return ERR_OK;
	}
	if (find(z, name, &at)) {
		*ret = z->known[at];
		return ERR_OK;
	}
	if (!may_be_name(name))
		return err_say(m, ERR_INVALID,
			"'%s' is no name of a time zone; use one such as Europe/Berlin or UTC",
			text_show(name, shown, sizeof(shown)));
	if (z->count == ZONES_MAX)
		return err_say(m, ERR_QUOTA, "%d time zones are in use; roost keeps no more",
			ZONES_MAX);
	struct zone *fresh = mem_alloc(sizeof(*fresh));
	if (!fresh)
		return err_say(m, ERR_NOMEM, "out of memory");
	(void)snprintf(fresh->name, sizeof(fresh->name), "%.*s", STR_ARG(name));
	enum err e = zone_load(fresh->name, fresh, m);
	if (e) {
		mem_free(fresh);
		return e;
	}
	z->known[z->count++] = fresh;
	*ret = fresh;
	return ERR_OK;
}
