/*
 * rules.c - accounts whose rules hold: gaps, caps a day, quiet hours, slots
 *
 * Held against what may be sent, and when: each GO that is kept, at the instant its BEGIN was
 * asked, on a calendar of the world's own (the zones drawn here have one offset all year).
 * Where the dispatcher's clock steps, nobody can say what was a day, and nothing is held.
 */
#include <stdlib.h>

#include "common/base/buf.h"
#include "dispatcher/policy/pace.h"
#include "tests/sim/world.h"

#define BEGUN_MAX 512
#define KIND_PACE 77 /* of its setting row */

static const struct {
	const char *name;
	usec_t offset;
} zones[] = {{"UTC", 0}, {"Asia/Tokyo", 9 * USEC_HOUR},
	{"Asia/Kolkata", 5 * USEC_HOUR + 30 * USEC_MIN}, {"America/Bogota", -5 * USEC_HOUR}};

/* An act that was begun. */
struct begun {
	uint64_t lease;
	usec_t wall;
	enum act act;
	bool undone; /* proven not sent */
};

static struct ruled {
	bool on;
	struct pace_rules rules;
	usec_t offset;
	struct begun begun[BEGUN_MAX];
	uint32_t count;
} ruled[ACCOUNTS_MAX];

/* --- what an operator sets --- */

static const struct zone *zone_called(const char *name)
{
	static struct zones *known;
	const struct zone *z = NULL;

	if (!known)
		known = zones_new();
	enum err e = zones_get(known, str_of(name), &z, NULL);
	ASSERT(!e);
	return z;
}

/* A time of the day that shows on the account's clock within the next hours. */
static usec_t soon_there(struct world *w, const struct ruled *r)
{
	usec_t local = x_wall(w) + r->offset + draw(w, 0, 4 * USEC_HOUR);

	return local % USEC_DAY / USEC_MIN * USEC_MIN;
}

static void draw_rules(struct world *w, struct ruled *r)
{
	size_t zone = (size_t)draw(w, 0, COUNT_OF(zones) - 1);

	pace_rules_init(&r->rules);
	r->on = chance(w, 700);
	if (!r->on)
		return;
	r->rules.zone = zone_called(zones[zone].name);
	r->offset = zones[zone].offset;
	if (chance(w, 600)) {
		r->rules.gap = draw(w, USEC_SEC, 4 * USEC_MIN);
		r->rules.jitter = chance(w, 500) ? draw(w, 0, 2 * USEC_MIN) : 0;
	}
	for (int i = 0; i < ACT_COUNT; i++)
		if (chance(w, 400))
			r->rules.caps[i] = (int32_t)draw(w, 1, 4);
	if (chance(w, 500)) {
		r->rules.quiet_from = soon_there(w, r);
		r->rules.quiet_to =
			(r->rules.quiet_from + draw(w, 1, 12) * USEC_HOUR) % USEC_DAY;
	}
	r->rules.pacing = chance(w, 300)   ? PACING_SLOTS
			  : chance(w, 300) ? PACING_SPREAD
					   : PACING_BURST;
	for (int i = 0; r->rules.pacing == PACING_SLOTS && i < 6; i++)
		r->rules.slots[r->rules.slot_count++] =
			(struct pace_slot){soon_there(w, r), PACE_EVERY_DAY};
}

static void tell_rules(struct world *w, uint32_t i)
{
	(void)tell(w, &(struct fact){.kind = FACT_PACING,
			      .account = {.id = i + 1},
			      .pace_rules = &ruled[i].rules});
}

static void lift(struct world *w, const struct event *e)
{
	(void)e;
	for (uint32_t i = 0; i < w->account_count; i++) {
		pace_rules_init(&ruled[i].rules);
		tell_rules(w, i);
	}
}

static int slot_order(const void *a, const void *b)
{
	const struct pace_slot *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

void rules_start(struct world *w)
{
	for (uint32_t i = 0; i < ACCOUNTS_MAX; i++) {
		ruled[i] = (struct ruled){.on = false};
		pace_rules_init(&ruled[i].rules);
		if (w->weather.rules)
			draw_rules(w, &ruled[i]);
		qsort(ruled[i].rules.slots, ruled[i].rules.slot_count, sizeof(struct pace_slot),
			slot_order);
	}
}

void rules_calm(struct world *w)
{
	if (w->weather.rules)
		plan(w, draw(w, 0, 36 * USEC_HOUR), lift);
}

/* --- what is kept --- */

void rules_keep(struct world *w, const struct order *o)
{
	struct setting_row row = {
		.kind = KIND_PACE, .owner = o->account, .name = str_of("pace")};
	struct buf b;

	buf_init(&b, 1024);
	pace_write(&o->pace, &b);
	row.value = buf_view(&b);
	turn_fail(w, b.err ? b.err : store_put_setting(w->store, &row));
	buf_done(&b);
}

static void load_pace(void *ctx, const struct setting_row *r)
{
	struct pace pace;

	if (r->kind != KIND_PACE)
		return;
	bool read = pace_read(r->value, &pace);
	ASSERT(read);
	(void)tell(ctx,
		&(struct fact){.kind = FACT_PACE, .account = {.id = r->owner}, .pace = &pace});
}

void rules_load(struct world *w)
{
	for (uint32_t i = 0; i < w->account_count; i++)
		tell_rules(w, i);
	enum err e = store_each_setting(w->store, load_pace, w);
	ASSERT(!e);
}

/* --- what must hold --- */

static enum act act_made(enum call call)
{
	static const struct {
		enum call call;
		enum act act;
	} made[] = {{CALL_CREATE_POST, ACT_POST}, {CALL_DM_USER, ACT_DM}, {CALL_LIKE, ACT_LIKE},
		{CALL_REPOST, ACT_REPOST}, {CALL_FOLLOW, ACT_FOLLOW}};

	for (size_t i = 0; i < COUNT_OF(made); i++)
		if (made[i].call == call)
			return made[i].act;
	return ACT_FREE;
}

static void check_gap(const struct world *w, const struct ruled *r, const struct begun *b)
{
	usec_t last = r->count ? r->begun[r->count - 1].wall : 0;

	CHECK(w, !last || !r->rules.gap || b->wall - last >= r->rules.gap,
		"an account acts %.3f s after its last act; its gap is %.3f s",
		(double)(b->wall - last) / 1e6, (double)r->rules.gap / 1e6);
	if (r->rules.gap)
		path(PATH_GAP_KEPT);
}

static void check_cap(const struct world *w, const struct ruled *r, const struct begun *b)
{
	usec_t day = (b->wall + r->offset) / USEC_DAY;
	int32_t cap = r->rules.caps[b->act], done = 1;

	for (uint32_t i = 0; i < r->count; i++)
		done += r->begun[i].act == b->act && !r->begun[i].undone &&
			(r->begun[i].wall + r->offset) / USEC_DAY == day;
	CHECK(w, cap == PACE_NO_CAP || done <= cap, "an account does %d of %d a day", done,
		cap);
	if (done == cap)
		path(PATH_CAP_REACHED);
}

static void check_hours(const struct world *w, const struct ruled *r, const struct begun *b)
{
	usec_t time = (b->wall + r->offset) % USEC_DAY;
	usec_t since = (time - r->rules.quiet_from + USEC_DAY) % USEC_DAY;
	usec_t length = (r->rules.quiet_to - r->rules.quiet_from + USEC_DAY) % USEC_DAY;
	bool in_slot = r->rules.pacing != PACING_SLOTS || b->act != ACT_POST;

	CHECK(w, since >= length, "an account acts in its quiet hours");
	for (uint32_t i = 0; i < r->rules.slot_count; i++)
		in_slot |= (time - r->rules.slots[i].time + USEC_DAY) % USEC_DAY <
			   PACE_SLOT_OPEN; /* it may be open past midnight */
	CHECK(w, in_slot, "an account posts out of its slots");
	if (length)
		path(PATH_QUIET_KEPT);
}

void rules_begun(struct world *w, uint32_t account, enum call call, uint64_t lease, usec_t wall)
{
	struct ruled *r = &ruled[account - 1];
	struct begun b = {lease, wall, act_made(call), false};

	if (!r->on || b.act == ACT_FREE || w->stepped)
		return;
	for (uint32_t i = 0; i < r->count; i++)
		if (r->begun[i].lease == lease)
			return; /* the turn was kept at the second try only */
	check_gap(w, r, &b);
	check_cap(w, r, &b);
	check_hours(w, r, &b);
	CHECK(w, r->count < BEGUN_MAX, "an account does too much");
	r->begun[r->count++] = b;
}

void rules_unsent(uint32_t account, uint64_t lease)
{
	struct ruled *r = &ruled[account - 1];

	for (uint32_t i = 0; i < r->count; i++)
		if (r->begun[i].lease == lease)
			r->begun[i].undone = true;
}
