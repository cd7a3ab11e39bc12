/*
 * pay.c - what an attempt takes of the three purses, gives back, and did cost
 *
 * Assignment reserves the worst case; the charge is written with the turn in
 * which the attempt begins; the answer settles it. A failure is free, a read
 * costs what came back and was not paid for on that day, and what nobody knows
 * counts as spent until it shows that it did not happen.
 */
#include <string.h>

#include "common/xapi/price.h"
#include "dispatcher/core/inside.h"

#define NEAR_MIDNIGHT (10 * USEC_SEC) /* so near to it X may count a read on either day */

/* --- what a lease takes and gives back --- */

/* Who pays for a lease, and how much it may be. */
static struct pay *pay_open(struct core *c, struct lease *l, const struct item *it)
{
	struct pay *p = &l->pay;

	p->amount = purse_price(c, it, &p->unit);
	p->truth = p->amount;
	p->day = -1;
	purse_payers(c, it->job.agent, account_at(c, l->account), p->by);
	p->quota = quota_of(c, it, account_at(c, l->account), &p->objects);
	p->returned = p->objects;
	return p;
}

void pay_reserve(struct core *c, struct lease *l, const struct item *it, usec_t wall)
{
	struct pay *p = pay_open(c, l, it);

	for (unsigned i = 0; p->amount && i < LEDGER_KINDS; i++) {
		ledger_reserve(&purse_at(c, p->by[i])->l, p->amount);
		purse_took(c, p->by[i], wall);
	}
	if (p->quota != NONE)
		ledger_reserve(&purse_at(c, p->quota)->l, p->objects);
}

bool pay_may_charge(const struct core *c, const struct lease *l, usec_t wall)
{
	for (unsigned i = 0; l->pay.amount && i < LEDGER_KINDS; i++)
		if (!ledger_may_charge(&purse_at(c, l->pay.by[i])->l, l->pay.amount, wall))
			return false;
	return l->pay.quota == NONE ||
	       ledger_may_charge(&purse_at(c, l->pay.quota)->l, l->pay.objects, wall);
}

void pay_charge(struct core *c, struct lease *l, usec_t wall)
{
	l->pay.day = ledger_day(wall);
	for (unsigned i = 0; l->pay.amount && i < LEDGER_KINDS; i++) {
		ledger_charge(&purse_at(c, l->pay.by[i])->l, l->pay.amount, wall);
		purse_changed(c, l->pay.by[i]);
	}
	if (l->pay.quota == NONE)
		return;
	ledger_charge(&purse_at(c, l->pay.quota)->l, l->pay.objects, wall);
	purse_changed(c, l->pay.quota);
}

void pay_adopt(struct core *c, struct lease *l, const struct item *it)
{
	struct pay *p = pay_open(c, l, it);

	/* of two attempts only the first one's day is known */
	p->day = it->job.flags & JOB_SENT_AGAIN ? -1 : ledger_day(it->job.begun_at);
	for (unsigned i = 0; p->amount && i < LEDGER_KINDS; i++)
		ledger_adopt(&purse_at(c, p->by[i])->l, p->amount);
}

void pay_release(struct core *c, struct lease *l)
{
	for (unsigned i = 0; l->pay.amount && i < LEDGER_KINDS; i++) {
		ledger_release(&purse_at(c, l->pay.by[i])->l, l->pay.amount);
		purse_changed(c, l->pay.by[i]);
	}
	l->pay.amount = 0;
	if (l->pay.quota == NONE)
		return;
	ledger_release(&purse_at(c, l->pay.quota)->l, l->pay.objects);
	purse_changed(c, l->pay.quota);
	l->pay.quota = NONE;
}

static void settle_objects(struct core *c, struct lease *l, int64_t returned)
{
	if (l->pay.quota == NONE)
		return;
	ledger_settle(&purse_at(c, l->pay.quota)->l, l->pay.objects, returned, l->pay.day);
	purse_changed(c, l->pay.quota);
	l->pay.quota = NONE;
}

void pay_settle(struct core *c, struct lease *l, struct item *it, bool unsent)
{
	int64_t truth = unsent ? 0 : l->pay.truth;

	settle_objects(c, l, unsent ? 0 : l->pay.returned);
	for (unsigned i = 0; l->pay.amount && i < LEDGER_KINDS; i++) {
		ledger_settle(&purse_at(c, l->pay.by[i])->l, l->pay.amount, truth, l->pay.day);
		purse_changed(c, l->pay.by[i]);
	}
	if (l->pay.amount)
		c->counts.spent += (uint64_t)truth;
	if (l->pay.amount && it)
		it->job.cost =
			(uint32_t)(it->job.cost + truth < UINT32_MAX ? it->job.cost + truth
								     : UINT32_MAX);
	l->pay.amount = 0;
}

/* Of what a read returned, the objects that were not paid for today. */
static int64_t fresh_objects(struct core *c, const struct lease *l, const struct outcome *o,
	const struct fact *f, usec_t wall)
{
	struct app *app = account_app(c, account_at(c, l->account));
	int32_t day = ledger_day(wall + NEAR_MIDNIGHT);
	bool is_sure =
		l->pay.day >= 0 && ledger_day(wall - NEAR_MIDNIGHT) == day && l->pay.day == day;
	int64_t fresh = o->objects > 0 ? o->objects : 0;
	const char *class = call_info((enum call)l->call)->price;
	unsigned kind = (unsigned)text_hash(class, strlen(class));

	for (size_t i = 0; is_sure && i < f->object_count && fresh > 0; i++)
		fresh -= seen_add(&app->seen, kind, f->objects[i], day);
	return fresh;
}

static int64_t truth_of(
	struct core *c, const struct lease *l, const struct fact *f, usec_t wall)
{
	const struct outcome *o = f->outcome;

	if (o->class == OUTCOME_UNSENT)
		return 0;
	if (o->class == OUTCOME_UNKNOWN)
		return MISTAKE(MISTAKE_UNKNOWN_IS_FREE) ? 0 : l->pay.amount;
	if (l->pay.unit) {
		int64_t fresh = fresh_objects(c, l, o, f, wall);

		c->counts.free_objects +=
			(uint64_t)(o->objects > fresh ? o->objects - fresh : 0);
		return fresh < INT64_MAX / PRICE_MAX ? fresh * l->pay.unit : l->pay.amount;
	}
	return o->class == OUTCOME_DONE && o->http_status < 400 ? l->pay.amount : 0;
}

void pay_answered(struct core *c, struct lease *l, const struct fact *f, usec_t wall)
{
	const struct outcome *o = f->outcome;

	if (o->class != OUTCOME_UNKNOWN)
		l->pay.returned = o->objects > 0 && o->objects < CAPS_MOST ? o->objects : 0;
	l->pay.truth = truth_of(c, l, f, wall);
}

/* --- attempts of which nobody knows --- */

void doubt_add(struct item *it)
{
	if (it->doubts < UINT8_MAX && it->job.cost >= it->job.price)
		it->doubts++;
}

void doubt_load(struct item *it)
{
	const struct job *j = &it->job;
	bool sent = j->state == JOB_UNSURE || j->flags & JOB_SENT_AGAIN;

	it->doubts = sent && j->begun_at && j->cost >= j->price;
}

/* Only the first attempt's day is known for sure: begun_at. Others stay counted. */
void doubt_clear(struct core *c, struct item *it)
{
	struct job *j = &it->job;
	uint32_t slot = account_find(c, j->account);
	uint32_t by[LEDGER_KINDS];

	if (!it->doubts || !j->price || !j->begun_at || j->cost < j->price)
		return;
	purse_payers(c, j->agent, account_at(c, slot), by);
	for (unsigned i = 0; i < LEDGER_KINDS; i++) {
		ledger_refund(&purse_at(c, by[i])->l, j->price, ledger_day(j->begun_at));
		purse_changed(c, by[i]);
	}
	c->counts.given_back += j->price;
	j->cost -= j->price;
	it->doubts = 0;
}
