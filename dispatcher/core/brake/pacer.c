/*
 * pacer.c - accounts whose rules hold: gaps, caps, quiet hours, pacing
 *
 * Accounts without such rules have no pacer and cost nothing. A lane that a
 * rule holds waits at the bar of its act (post, reply, like, ...), which wakes
 * one lane at a time where rules let one through at a time.
 */
#include "dispatcher/core/inside.h"

#define SPREAD_LEAST USEC_MIN /* windows shorter than that are not spread over */

struct pacer *pacer_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->pacers, slot);
}

uint64_t pacer_key_of(const void *ctx, uint32_t slot)
{
	return pacer_at(ctx, slot)->account;
}

struct pacer *pacer_of(const struct core *c, uint32_t account)
{
	uint32_t slot = c->pacers.count ? map_find(&c->pacer_by_account, account) : MAP_NONE;

	return slot == MAP_NONE ? NULL : pacer_at(c, slot);
}

static uint32_t bar_ref(const struct core *c, const struct pacer *p, enum act act)
{
	uint32_t slot = map_find(&c->pacer_by_account, p->account);

	return BAR_REF(BAR_PACE, slot * PACER_BARS + (uint32_t)act);
}

struct bar *pacer_bar(const struct core *c, uint32_t slot)
{
	return &pacer_at(c, slot / PACER_BARS)->bars[slot % PACER_BARS];
}

/* The pacer of an account (slot), made if need be; NULL: no memory. */
static struct pacer *pacer_need(struct core *c, uint32_t account)
{
	struct pacer *p = pacer_of(c, account);

	if (p)
		return p;
	uint32_t slot = bars_reserve(c) ? slab_take(&c->pacers) : SLAB_NONE;
	if (slot == SLAB_NONE)
		return NULL;
	p = pacer_at(c, slot);
	p->account = account;
	pace_rules_init(&p->rules);
	for (int act = 0; act < ACT_COUNT; act++)
		bar_init(&p->bars[act]);
	if (map_put(&c->pacer_by_account, slot))
		return p;
	slab_give(&c->pacers, slot);
	return NULL;
}

static void stir(struct core *c, const struct pacer *p)
{
	for (int act = 0; act < ACT_COUNT; act++)
		if (!list_is_empty(&p->bars[act].lanes))
			bar_stir(c, bar_ref(c, p, (enum act)act));
}

/* --- facts --- */

enum err pacer_rules(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	uint32_t account = account_find(c, f->account.id);

	(void)now;
	if (account == NONE)
		return err_say(m, ERR_NOT_FOUND, "the rules' account is not known");
	if (!pacer_of(c, account) && !pace_rules_hold(f->pace_rules))
		return ERR_OK;
	struct pacer *p = pacer_need(c, account);
	if (!p)
		return err_say(m, ERR_NOMEM, "out of memory");
	p->rules = *f->pace_rules;
	stir(c, p);
	return ERR_OK;
}

enum err pacer_loaded(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	uint32_t account = account_find(c, f->account.id);
	struct pacer *p = account == NONE ? NULL : pacer_need(c, account);

	if (account == NONE)
		return ERR_OK; /* it is gone, and what it did with it */
	if (!p)
		return err_say(m, ERR_NOMEM, "out of memory");
	p->pace = *f->pace;
	pace_mend(&p->rules, &p->pace, now.wall);
	return ERR_OK;
}

/* --- spreading --- */

/* Posts and replies are one call at X. */
static bool same_limit(enum act a, enum act b)
{
	return a == b || (a <= ACT_REPLY && b <= ACT_REPLY);
}

static usec_t last_of(const struct pacer *p, enum act act)
{
	usec_t last = 0;

	for (int i = 0; i < ACT_COUNT; i++)
		if (same_limit((enum act)i, act) && p->pace.last_at[i] > last)
			last = p->pace.last_at[i];
	return last;
}

/* When the next of those a window has left may go. */
static usec_t spread_in(const struct window *w, usec_t last, usec_t wall)
{
	bool open = w->row.resets_at > wall && w->row.resets_at > last;

	if (!open)
		return pace_spread_at(last, last + w->row.length, w->row.limit - 1);
	return pace_spread_at(last, w->row.resets_at, window_left(w, wall));
}

static usec_t spread_at(const struct core *c, const struct pacer *p, enum act act,
	const struct draws *draws, usec_t wall)
{
	usec_t last = last_of(p, act), at = 0;
	int32_t cap = p->rules.caps[act];

	for (uint32_t i = 0; last && i < draws->count; i++) {
		const struct window *w = &counter_at(c, draws->slot[i])->w;
		usec_t next = w->row.scope == LIMIT_ACCOUNT && w->row.length >= SPREAD_LEAST
				      ? spread_in(w, last, wall)
				      : 0;

		at = next > at ? next : at;
	}
	if (cap == PACE_NO_CAP || !last)
		return at;
	usec_t next = pace_spread_at(last, zone_next_day(p->rules.zone, last),
		cap - pace_done(&p->rules, &p->pace, act, last));
	return next > at ? next : at;
}

static bool spread_holds(const struct core *c, const struct pacer *p, enum act act,
	const struct draws *draws, usec_t wall, struct pace_answer *ret)
{
	uint32_t under_way = 0;

	if (p->rules.pacing != PACING_SPREAD || act == ACT_FREE)
		return false;
	usec_t at = spread_at(c, p, act, draws, wall);
	for (int i = 0; i < ACT_COUNT; i++)
		under_way += same_limit((enum act)i, act) ? p->under_way[i] : 0;
	if (at <= wall && !under_way)
		return false;
	*ret = (struct pace_answer){RULE_PACING, at > wall ? at : USEC_NEVER};
	return true;
}

/* --- questions --- */

bool pacer_pacing_holds(const struct core *c, const struct pacer *p, enum act act,
	const struct draws *draws, usec_t wall, struct pace_answer *ret)
{
	if (act == ACT_FREE)
		return false;
	return pace_slot_holds(&p->rules, &p->pace, act, p->under_way[act], wall, ret) ||
	       spread_holds(c, p, act, draws, wall, ret);
}

bool pacer_rule_holds(const struct pacer *p, enum act act, usec_t wall, struct pace_answer *ret)
{
	return pace_rule_holds(&p->rules, &p->pace, act, p->under_way, wall, ret);
}

/* Whether it lets one through at a time. */
static bool is_single(const struct pace_rules *r, enum act act)
{
	return r->gap + r->jitter > 0 || r->pacing == PACING_SPREAD ||
	       (r->pacing == PACING_SLOTS && act == ACT_POST);
}

int64_t pacer_room(const struct core *c, uint32_t slot, usec_t wall, usec_t *ret_until)
{
	const struct pacer *p = pacer_at(c, slot / PACER_BARS);
	enum act act = (enum act)(slot % PACER_BARS);
	const struct list *lanes = &p->bars[act].lanes;
	struct pace_answer a;

	*ret_until = USEC_NEVER;
	if (list_is_empty(lanes))
		return 0;
	const struct lane *l = LIST_ITEM(lanes->next, struct lane, node);
	if (pacer_pacing_holds(c, p, act, &l->draws, wall, &a) ||
		pacer_rule_holds(p, act, wall, &a)) {
		*ret_until = a.until;
		return 0;
	}
	if (is_single(&p->rules, act))
		return 1;
	if (p->rules.caps[act] == PACE_NO_CAP)
		return INT64_MAX;
	return p->rules.caps[act] - pace_done(&p->rules, &p->pace, act, wall) -
	       p->under_way[act];
}

uint32_t pacer_bar_ref(const struct core *c, const struct pacer *p, enum act act)
{
	return bar_ref(c, p, act);
}

/* --- what leases do --- */

static struct pacer *of_lease(const struct core *c, const struct lease *l)
{
	return l->act == ACT_FREE ? NULL : pacer_of(c, l->account);
}

static void changed(struct core *c, const struct pacer *p)
{
	stir(c, p);
	if (!pace_rules_hold(&p->rules) || MISTAKE(MISTAKE_PACE_UNSAVED))
		return;
	struct order *o = order_put(c, ORDER_PACE);
	o->account = account_at(c, p->account)->fact.id;
	o->pace = p->pace;
}

void pacer_reserve(struct core *c, struct lease *l)
{
	struct pacer *p = of_lease(c, l);

	l->paced = p != NULL;
	if (p)
		p->under_way[l->act]++;
}

/* What was true at the assignment may not be any more: quiet hours have begun, say. */
bool pacer_may_begin(const struct core *c, const struct lease *l, usec_t wall)
{
	struct pacer *p = of_lease(c, l);
	struct pace_answer a;

	if (!p)
		return true;
	struct pacer then = *p;
	then.under_way[l->act] = (uint16_t)(then.under_way[l->act] - l->paced);
	return !pace_slot_holds(&then.rules, &then.pace, (enum act)l->act,
		       then.under_way[l->act], wall, &a) &&
	       !pacer_rule_holds(&then, (enum act)l->act, wall, &a);
}

void pacer_begin(struct core *c, struct lease *l, usec_t wall)
{
	struct pacer *p = of_lease(c, l);

	if (!p)
		return;
	if (l->paced)
		p->under_way[l->act]--;
	l->paced = false;
	pace_begin(&p->rules, &p->pace, (enum act)l->act, &c->rng, wall);
	changed(c, p);
}

void pacer_return(struct core *c, struct lease *l, bool unsent, usec_t wall)
{
	struct pacer *p = of_lease(c, l);

	if (!p)
		return;
	if (l->paced) {
		p->under_way[l->act]--;
		l->paced = false;
		stir(c, p);
	} else if (l->begun && unsent) {
		pace_undo(&p->rules, &p->pace, (enum act)l->act, wall);
		changed(c, p);
	}
}

void pacer_learned(struct core *c, const struct lease *l)
{
	const struct pacer *p = of_lease(c, l);

	if (p && p->rules.pacing == PACING_SPREAD)
		stir(c, p);
}

void pacers_mend(struct core *c, struct now now)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->pacer_by_account, &at)) != MAP_NONE;) {
		struct pacer *p = pacer_at(c, slot);

		pace_mend(&p->rules, &p->pace, now.wall);
	}
}
