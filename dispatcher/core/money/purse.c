/*
 * purse.c - who pays for a job, whether they can, and what it came to
 *
 * Three purses pay for every attempt: the agent's, the account's and the
 * app's. Each has a ledger, and a bar at which lanes wait whose first job costs
 * more than there is room for. They wait in two orders: as they came, and by
 * what they need. When room comes the oldest goes first if it fits, else the
 * cheapest that does: what is dear is not starved by what is cheap, and no room
 * stays unused.
 */
#include <stdio.h>

#include "common/xapi/price.h"
#include "dispatcher/core/inside.h"

#define LOOK_OBJECTS 100 /* a look asks X for so many posts or events at most */

struct purse *purse_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->purses, slot);
}

static uint64_t key(unsigned kind, uint32_t owner)
{
	return (uint64_t)kind << 32 | owner;
}

uint64_t purse_key_of(const void *ctx, uint32_t slot)
{
	const struct ledger *l = &purse_at(ctx, slot)->l;

	return key(l->kind, l->owner);
}

uint32_t purse_find(const struct core *c, enum ledger_kind kind, uint32_t owner)
{
	return map_find(&c->purse_by_key, key(kind, owner));
}

uint32_t purse_of(struct core *c, enum ledger_kind kind, uint32_t owner, usec_t wall)
{
	uint32_t slot = purse_find(c, kind, owner);

	if (slot != NONE)
		return slot;
	if (!bars_reserve(c))
		return NONE;
	slot = slab_take(&c->purses);
	if (slot == SLAB_NONE)
		return NONE;
	struct purse *p = purse_at(c, slot);
	ledger_init(&p->l, kind, owner, wall);
	bar_init(&p->bar);
	if (!map_put(&c->purse_by_key, slot)) {
		slab_give(&c->purses, slot);
		return NONE;
	}
	return slot;
}

void purses_done(struct core *c)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->purse_by_key, &at)) != MAP_NONE;)
		heap_done(&purse_at(c, slot)->needs);
}

void purse_changed(struct core *c, uint32_t slot)
{
	struct purse *p = purse_at(c, slot);

	bar_stir(c, BAR_REF(BAR_BUDGET, slot));
	if (p->listed || !ledger_is_dirty(&p->l))
		return;
	p->listed = true;
	p->next_dirty = c->dirty_purse;
	c->dirty_purse = slot + 1;
}

bool purses_order(struct core *c)
{
	if (!c->dirty_purse || !orders_reserve(c, 1))
		return false;
	struct purse *p = purse_at(c, c->dirty_purse - 1);
	struct ledger_row row;

	if (ledger_clean(&p->l, &row)) {
		if (MISTAKE(MISTAKE_SPENT_UNSAVED))
			return true;
		order_put(c, ORDER_SPENT)->spent = row;
		return true;
	}
	c->dirty_purse = p->next_dirty;
	p->listed = false;
	return true;
}

/* --- facts --- */

/* An account's billing month is its app's. */
static void set_caps(struct core *c, uint32_t slot, struct ledger_caps caps, usec_t wall)
{
	ledger_set_caps(&purse_at(c, slot)->l, &caps, wall);
	purse_changed(c, slot);
}

static void take_billing_day(struct core *c, const struct account *a, usec_t wall)
{
	struct ledger_caps caps = purse_at(c, a->purse)->l.caps;

	caps.billing_day = purse_at(c, account_app(c, a)->purse)->l.caps.billing_day;
	if (caps.billing_day != purse_at(c, a->purse)->l.caps.billing_day)
		set_caps(c, a->purse, caps, wall);
}

void purse_joins_app(struct core *c, const struct account *a, usec_t wall)
{
	take_billing_day(c, a, wall);
}

static void app_billing_day(struct core *c, uint32_t app, usec_t wall)
{
	uint32_t known = map_find(&c->app_by_id, app);
	uint32_t at = 0;

	if (known != MAP_NONE)
		quotas_fit(c, app_at(c, known), wall);
	for (uint32_t slot; (slot = map_next(&c->account_by_id, &at)) != MAP_NONE;)
		if (account_app(c, account_at(c, slot))->fact.id == app)
			take_billing_day(c, account_at(c, slot), wall);
}

bool purse_is_off(const struct core *c, uint32_t agent)
{
	if (!c->agents_off)
		return false;
	uint32_t slot = purse_find(c, LEDGER_AGENT, agent);
	return slot != NONE && purse_at(c, slot)->off;
}

/* Lanes of an agent that is off wait at their apps. */
static void switch_agent(struct core *c, uint32_t slot, bool off)
{
	uint32_t at = 0;

	if (purse_at(c, slot)->off == off)
		return;
	purse_at(c, slot)->off = off;
	c->agents_off = off ? c->agents_off + 1 : c->agents_off - 1;
	for (uint32_t app; (app = map_next(&c->app_by_id, &at)) != MAP_NONE;)
		bar_stir(c, BAR_REF(BAR_APP, app));
}

static bool are_caps(const struct ledger_caps *caps)
{
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++)
		if (caps->cap[i] < LEDGER_NO_CAP || caps->cap[i] > LEDGER_CAP_MAX)
			return false;
	return caps->warn_percent >= 1 && caps->warn_percent <= 100 && caps->billing_day >= 1 &&
	       caps->billing_day <= 31;
}

enum err purse_caps(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	const struct fact_caps *in = &f->caps;
	struct ledger_caps caps = in->caps;

	if (in->kind >= LEDGER_KINDS || !are_caps(&caps))
		return err_say(m, ERR_INVALID, "not a budget");
	uint32_t slot = purse_of(c, (enum ledger_kind)in->kind, in->owner, now.wall);
	if (slot == NONE)
		return err_say(m, ERR_NOMEM, "out of memory");
	uint32_t account = in->kind == LEDGER_ACCOUNT ? account_find(c, in->owner) : NONE;
	if (in->kind == LEDGER_AGENT)
		caps.billing_day = 1;
	if (account != NONE) {
		account_at(c, account)->owns_app = in->owns_app;
		caps.billing_day = purse_at(c, account_app(c, account_at(c, account))->purse)
					   ->l.caps.billing_day;
	}
	set_caps(c, slot, caps, now.wall);
	if (in->kind == LEDGER_AGENT)
		switch_agent(c, slot, in->off);
	if (in->kind == LEDGER_APP)
		app_billing_day(c, in->owner, now.wall);
	return ERR_OK;
}

enum err purse_spent(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	const struct ledger_row *row = &f->spent;

	if (row->kind >= LEDGER_ALL || row->length >= LEDGER_LENGTHS || row->spent < 0)
		return err_say(m, ERR_INVALID, "not what a day or month did cost");
	uint32_t slot = purse_of(c, (enum ledger_kind)row->kind, row->owner, now.wall);
	if (slot == NONE)
		return err_say(m, ERR_NOMEM, "out of memory");
	ledger_load(&purse_at(c, slot)->l, row, now.wall);
	return ERR_OK;
}

enum err purse_raise(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	const struct ledger_row *row = &f->spent;

	if (row->kind >= LEDGER_KINDS || row->length >= LEDGER_LENGTHS || row->spent < 0 ||
		row->spent > LEDGER_CAP_MAX)
		return err_say(m, ERR_INVALID, "not an override");
	uint32_t slot = purse_of(c, (enum ledger_kind)row->kind, row->owner, now.wall);
	if (slot == NONE)
		return err_say(m, ERR_NOMEM, "out of memory");
	ledger_raise(&purse_at(c, slot)->l, (enum ledger_length)row->length, row->begins,
		row->spent, now.wall);
	purse_changed(c, slot);
	return ERR_OK;
}

/* --- what a job costs --- */

static const struct prices *prices_of(const struct core *c)
{
	return c->conf.prices ? c->conf.prices : prices_builtin();
}

/* The price of one object that a look or the search for a name returns. */
static int64_t step_unit(const struct core *c, const struct item *it, enum call call)
{
	const struct price *p = &prices_of(c)->of[call];
	const struct account *a = account_at(c, account_find(c, it->job.account));

	return a->owns_app && p->owned && item_step(it) == STEP_LOOK ? p->owned : p->plain;
}

int64_t purse_price(const struct core *c, const struct item *it, int64_t *ret_unit)
{
	enum step step = item_step(it);

	if (step == STEP_ACT) {
		*ret_unit = it->job.unit;
		return it->job.price;
	}
	*ret_unit = step_unit(c, it, item_call(it));
	if (step == STEP_MEDIA) {
		int64_t price = *ret_unit;

		*ret_unit = 0; /* the price is for the request */
		return price;
	}
	return step == STEP_LOOK ? LOOK_OBJECTS * *ret_unit : *ret_unit;
}

void purse_payers(const struct core *c, uint32_t agent, const struct account *a,
	uint32_t ret[LEDGER_KINDS])
{
	ret[LEDGER_AGENT] = purse_find(c, LEDGER_AGENT, agent);
	ret[LEDGER_ACCOUNT] = a->purse;
	ret[LEDGER_APP] = account_app(c, a)->purse;
}

static const char *const kinds[] = {"agent", "account", "app"};
static const char *const lengths[] = {"day", "month"};

/* "12.50": micro-dollars, at least two digits after the point. */
static const char *dollars(int64_t micros, char out[32])
{
	int len = snprintf(out, 32, "%lld.%06lld", (long long)(micros / 1000000),
		(long long)(micros % 1000000));

	for (; out[len - 1] == '0' && out[len - 3] != '.'; len--)
		out[len - 1] = 0;
	return out;
}

static enum err too_dear(
	const struct ledger *l, unsigned length, int64_t price, int64_t most, struct errmsg *m)
{
	char may[32], whole[32];

	return err_say(m, ERR_BUDGET,
		"it may cost %s USD, and the %s's whole budget is %s USD a %s; ask for less, "
		"or "
		"raise the budget",
		dollars(price, may), kinds[l->kind], dollars(most, whole), lengths[length]);
}

enum err core_may_cost(const struct core *c, uint32_t agent, uint32_t account, int64_t price,
	struct now now, struct errmsg *m)
{
	uint32_t slot = account_find(c, account);
	uint32_t by[LEDGER_KINDS];

	if (slot == NONE)
		return ERR_OK;
	purse_payers(c, agent, account_at(c, slot), by);
	for (unsigned i = 0; i < LEDGER_KINDS; i++) {
		const struct ledger *l = by[i] == NONE ? NULL : &purse_at(c, by[i])->l;

		for (unsigned n = 0; l && n < LEDGER_LENGTHS; n++) {
			int64_t most = ledger_most(l, (enum ledger_length)n, now.wall);

			if (most >= 0 && price > most)
				return too_dear(l, n, price, most, m);
		}
	}
	return ERR_OK;
}

/* --- the gate's question --- */

bool purse_blocks(const struct core *c, const struct item *it, const struct account *a,
	usec_t wall, struct short_of *ret)
{
	uint32_t by[LEDGER_KINDS];
	int64_t unit;

	*ret = (struct short_of){.purse = NONE, .need = purse_price(c, it, &unit)};
	if (!ret->need)
		return false;
	purse_payers(c, it->job.agent, a, by);
	for (unsigned i = 0; i < LEDGER_KINDS; i++) {
		enum ledger_length length;

		if (by[i] == NONE)
			continue;
		usec_t at = ledger_ready_at(&purse_at(c, by[i])->l, ret->need, wall, &length);
		if (at <= wall || at <= ret->until)
			continue;
		ret->purse = by[i];
		ret->length = length;
		ret->until = at;
	}
	return ret->purse != NONE;
}

void purse_verdict(
	const struct core *c, const struct short_of *s, usec_t wall, struct verdict *ret)
{
	const struct ledger *l = &purse_at(c, s->purse)->l;
	int64_t spent = ledger_spent(l, s->length, wall);
	char need[32], used[32], held[32], most[32], name[OWNER_NAME_MAX];

	(void)snprintf(ret->ref, sizeof(ret->ref), "%s %s %s", kinds[l->kind],
		owner_name(c, (enum ledger_kind)l->kind, l->owner, name), lengths[s->length]);
	(void)snprintf(ret->text, sizeof(ret->text),
		"it may cost %s USD; of the %s's %s USD a %s %s are spent and %s reserved%s",
		dollars(s->need, need), kinds[l->kind],
		dollars(ledger_most(l, s->length, wall), most), lengths[s->length],
		dollars(spent - l->under_way > 0 ? spent - l->under_way : 0, used),
		dollars(l->reserved + l->under_way, held),
		s->until == USEC_NEVER ? "; raise the budget" : "");
}

static void note(
	struct core *c, const struct ledger *l, enum note what, enum ledger_length length)
{
	struct order *o = order_put(c, ORDER_NOTE);

	o->note = what;
	o->spent = (struct ledger_row){.owner = l->owner,
		.kind = l->kind,
		.length = (uint8_t)length,
		.begins = l->now[length].begins,
		.spent = l->now[length].spent};
	o->most = l->caps.cap[length] + l->now[length].raised;
}

void purse_took(struct core *c, uint32_t slot, usec_t wall)
{
	struct ledger *l = &purse_at(c, slot)->l;
	enum ledger_length length;

	if (l->caps.cap[LEDGER_DAY] < 0 && l->caps.cap[LEDGER_MONTH] < 0)
		return;
	while (ledger_warns(l, wall, &length)) {
		c->counts.budget_warnings++;
		note(c, l, NOTE_BUDGET_WARN, length);
	}
}

void purse_stopped(struct core *c, uint32_t slot, enum ledger_length length)
{
	struct ledger *l = &purse_at(c, slot)->l;

	if (l->now[length].stopped)
		return;
	l->now[length].stopped = true;
	c->counts.budget_stops++;
	note(c, l, NOTE_BUDGET_STOP, length);
}

/* --- the bar --- */

static struct lane *lane_of(const struct core *c, uint32_t slot)
{
	return slab_at(&c->lanes, slot);
}

static bool needs_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct lane *x = lane_of(ctx, a), *y = lane_of(ctx, b);

	return x->need != y->need ? x->need < y->need : a < b;
}

static void need_moved(void *ctx, uint32_t slot, uint32_t at)
{
	lane_of(ctx, slot)->need_at = at;
}

static const struct heap_ops need_ops = {needs_before, need_moved};

size_t purses_of_lane(const struct core *c, const struct lane *l, uint32_t ret[PURSES_A_LANE])
{
	const struct account *a = account_at(c, l->account);
	uint32_t quota = quota_for(c, a, (enum call)l->call);

	ret[0] = l->agent;
	ret[1] = a->purse;
	ret[2] = account_app(c, a)->purse;
	ret[3] = quota;
	return quota == NONE ? 3 : 4;
}

bool purse_lane_room(struct core *c, const struct lane *l)
{
	uint32_t of[PURSES_A_LANE];
	size_t n = purses_of_lane(c, l, of);

	for (size_t i = 0; i < n; i++)
		if (!purse_reserve_lanes(c, of[i], 1))
			return false;
	return true;
}

void purse_lane_count(struct core *c, const struct lane *l, int more)
{
	uint32_t of[PURSES_A_LANE];
	size_t n = purses_of_lane(c, l, of);

	for (size_t i = 0; i < n; i++)
		purse_at(c, of[i])->lanes += (uint32_t)more;
}

bool purse_reserve_lanes(struct core *c, uint32_t slot, uint32_t more)
{
	struct purse *p = purse_at(c, slot);

	return heap_reserve(&p->needs, p->lanes + more);
}

void purse_join(struct core *c, uint32_t slot, struct lane *l)
{
	const struct item *first = item_at(c, heap_first(&l->jobs));
	int64_t unit;

	if (is_quota(c, slot))
		(void)quota_of(c, first, account_at(c, l->account), &l->need);
	else
		l->need = purse_price(c, first, &unit);
	bool put = heap_put(&purse_at(c, slot)->needs, lane_slot(c, l), &need_ops, c);
	ASSERT(put); /* room for every lane was reserved */
}

void purse_leave(struct core *c, uint32_t slot, struct lane *l)
{
	(void)heap_remove(&purse_at(c, slot)->needs, l->need_at, &need_ops, c);
}

struct lane *purse_next(const struct core *c, uint32_t slot, int64_t room)
{
	const struct purse *p = purse_at(c, slot);

	if (list_is_empty(&p->bar.lanes))
		return NULL;
	struct lane *oldest = LIST_ITEM(p->bar.lanes.next, struct lane, node);
	if (oldest->need <= room)
		return oldest;
	struct lane *cheapest = lane_of(c, heap_first(&p->needs));
	return cheapest->need <= room ? cheapest : NULL;
}

/* --- for people --- */

void core_each_purse(const struct core *c, enum ledger_kind kind, struct now now,
	void (*each)(void *ctx, const struct purse_view *v), void *ctx)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->purse_by_key, &at)) != MAP_NONE;) {
		const struct ledger *l = &purse_at(c, slot)->l;

		for (unsigned n = 0; l->kind == kind && n < LEDGER_LENGTHS; n++)
			each(ctx, &(struct purse_view){.ledger = l,
					  .length = (enum ledger_length)n,
					  .spent = ledger_spent(
						  l, (enum ledger_length)n, now.wall),
					  .most = ledger_most(
						  l, (enum ledger_length)n, now.wall)});
	}
}
