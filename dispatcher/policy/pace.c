#include "dispatcher/policy/pace.h"

#include <stdio.h>
#include <string.h>

void pace_rules_init(struct pace_rules *r)
{
	*r = (struct pace_rules){.zone = zone_utc()};
	for (int i = 0; i < ACT_COUNT; i++)
		r->caps[i] = PACE_NO_CAP;
}

static bool is_gap_set(const struct pace_rules *r)
{
	return r->gap + r->jitter > 0;
}

bool pace_rules_hold(const struct pace_rules *r)
{
	bool caps = false;

	for (int i = 0; i < ACT_COUNT; i++)
		caps = caps || r->caps[i] != PACE_NO_CAP;
	return caps || is_gap_set(r) || r->quiet_from != r->quiet_to ||
	       r->pacing != PACING_BURST;
}

/* --- quiet hours --- */

static bool is_quiet(const struct pace_rules *r, usec_t wall)
{
	usec_t time = zone_local(r->zone, wall).time;

	if (r->quiet_from < r->quiet_to)
		return time >= r->quiet_from && time < r->quiet_to;
	return r->quiet_from > r->quiet_to && (time >= r->quiet_from || time < r->quiet_to);
}

/* The end of the quiet hours that `wall` lies in: where clocks go back into them, the later. */
static usec_t quiet_ends(const struct pace_rules *r, usec_t wall)
{
	usec_t at = wall;

	do
		at = zone_next_showing(r->zone, at, r->quiet_to);
	while (is_quiet(r, at));
	return at;
}

/* --- days --- */

static int64_t today(const struct pace_rules *r, usec_t wall)
{
	return zone_local(r->zone, wall).day;
}

int32_t pace_done(const struct pace_rules *r, const struct pace *p, enum act act, usec_t wall)
{
	return today(r, wall) > p->day ? 0 : p->done[act];
}

/* --- slots --- */

/* The instant of a slot on a day; -1 when it is not on that day. */
static usec_t slot_on(const struct pace_rules *r, const struct pace_slot *s, int64_t day)
{
	int weekday = (int)(((day + 3) % 7 + 7) % 7);

	return s->days >> weekday & 1 ? zone_instant(r->zone, day, s->time) : -1;
}

/* The latest slot at or before `wall`, of today or yesterday; -1: there was none. */
static usec_t slot_before(const struct pace_rules *r, usec_t wall)
{
	int64_t day = today(r, wall);
	usec_t latest = -1;

	for (uint32_t i = 0; i < 2 * r->slot_count; i++) {
		usec_t at = slot_on(r, &r->slots[i / 2], day - i % 2);

		if (at <= wall && at > latest)
			latest = at;
	}
	return latest;
}

/* The first slot after `wall`: within eight days there is one. */
static usec_t slot_after(const struct pace_rules *r, usec_t wall)
{
	int64_t day = today(r, wall);
	usec_t first = USEC_NEVER;

	for (int64_t ahead = 0; ahead <= 8 && first == USEC_NEVER; ahead++)
		for (uint32_t i = 0; i < r->slot_count; i++) {
			usec_t at = slot_on(r, &r->slots[i], day + ahead);

			if (at > wall && at < first)
				first = at;
		}
	return first;
}

static bool is_slot_free(
	const struct pace_rules *r, const struct pace *p, usec_t wall, usec_t *ret_slot)
{
	*ret_slot = slot_before(r, wall);
	return *ret_slot >= 0 && *ret_slot + PACE_SLOT_OPEN > wall && *ret_slot > p->slot_at;
}

/* --- the questions --- */

static bool held(struct pace_answer *ret, enum rule rule, usec_t until)
{
	*ret = (struct pace_answer){rule, until};
	return true;
}

bool pace_slot_holds(const struct pace_rules *r, const struct pace *p, enum act act,
	uint32_t under_way, usec_t wall, struct pace_answer *ret)
{
	usec_t slot;

	if (r->pacing != PACING_SLOTS || act != ACT_POST || !r->slot_count)
		return false;
	if (!is_slot_free(r, p, wall, &slot))
		return held(ret, RULE_PACING, slot_after(r, wall));
	return under_way ? held(ret, RULE_PACING, USEC_NEVER) : false;
}

static uint32_t sum(const uint16_t under_way[ACT_COUNT])
{
	uint32_t n = 0;

	for (int i = 0; i < ACT_COUNT; i++)
		n += under_way[i];
	return n;
}

bool pace_rule_holds(const struct pace_rules *r, const struct pace *p, enum act act,
	const uint16_t under_way[ACT_COUNT], usec_t wall, struct pace_answer *ret)
{
	if (act == ACT_FREE)
		return false;
	if (is_quiet(r, wall))
		return held(ret, RULE_QUIET, quiet_ends(r, wall));
	int32_t done = pace_done(r, p, act, wall);
	if (r->caps[act] != PACE_NO_CAP && done >= r->caps[act])
		return held(ret, RULE_CAP, zone_next_day(r->zone, wall));
	if (is_gap_set(r) && p->next_at > wall)
		return held(ret, RULE_GAP, p->next_at);
	if (r->caps[act] != PACE_NO_CAP && done + under_way[act] >= r->caps[act])
		return held(ret, RULE_CAP, USEC_NEVER);
	if (is_gap_set(r) && sum(under_way))
		return held(ret, RULE_GAP, USEC_NEVER);
	return false;
}

usec_t pace_spread_at(usec_t last, usec_t until, int64_t left)
{
	if (!last || until <= last || left < 0)
		return last;
	return last + (until - last) / (left + 1);
}

/* --- what happens --- */

void pace_begin(
	const struct pace_rules *r, struct pace *p, enum act act, struct rng *rng, usec_t wall)
{
	int64_t day = today(r, wall);
	usec_t slot;

	if (act == ACT_FREE)
		return;
	if (day > p->day) {
		p->day = day;
		memset(p->done, 0, sizeof(p->done));
	}
	p->done[act]++;
	p->last_at[act] = wall;
	if (is_gap_set(r))
		p->next_at = wall + r->gap + rng_range(rng, 0, r->jitter);
	if (act == ACT_POST && r->pacing == PACING_SLOTS && is_slot_free(r, p, wall, &slot))
		p->slot_at = slot;
}

void pace_undo(const struct pace_rules *r, struct pace *p, enum act act, usec_t wall)
{
	if (act == ACT_FREE)
		return;
	if (p->done[act] > 0 && today(r, wall) <= p->day)
		p->done[act]--;
	if (act == ACT_POST && r->pacing == PACING_SLOTS && p->slot_at > 0 &&
		p->slot_at == slot_before(r, wall))
		p->slot_at--;
}

void pace_mend(const struct pace_rules *r, struct pace *p, usec_t wall)
{
	usec_t latest = wall + r->gap + r->jitter;

	if (p->next_at > latest)
		p->next_at = latest;
	for (int i = 0; i < ACT_COUNT; i++)
		if (p->last_at[i] > wall)
			p->last_at[i] = wall;
}

char *pace_words(const struct pace_rules *r, const struct pace *p, enum act act,
	const struct pace_answer *a, usec_t wall, char out[PACE_WORDS_MAX])
{
	const char *id = rule_info(a->rule)->id;
	char until[24 + ZONE_NAME_MAX];
	size_t cap = PACE_WORDS_MAX;

	if (a->until == USEC_NEVER) {
		(void)snprintf(out, cap, "rule %s: one before it is about to begin", id);
		return out;
	}
	zone_write(r->zone, a->until, until, sizeof(until));
	if (a->rule == RULE_CAP)
		(void)snprintf(out, cap, "rule %s: %d %s of %d today, resets %s", id,
			pace_done(r, p, act, wall), act_many(act), r->caps[act], until);
	else if (a->rule == RULE_GAP)
		(void)snprintf(out, cap,
			"rule %s: at least %llds between two actions, until %s", id,
			(long long)((r->gap + USEC_SEC - 1) / USEC_SEC), until);
	else if (a->rule == RULE_QUIET)
		(void)snprintf(out, cap, "rule %s: %02d:%02d to %02d:%02d, over at %s", id,
			(int)(r->quiet_from / USEC_HOUR), (int)(r->quiet_from / USEC_MIN % 60),
			(int)(r->quiet_to / USEC_HOUR), (int)(r->quiet_to / USEC_MIN % 60),
			until);
	else if (r->pacing == PACING_SLOTS)
		(void)snprintf(out, cap, "rule %s: the next free slot is %s", id, until);
	else
		(void)snprintf(out, cap, "rule %s: spread evenly over its limit, next at %s",
			id, until);
	return out;
}
