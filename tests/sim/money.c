/*
 * money.c - budgets, what X charges, and that not a cent beyond a budget is spent
 *
 * Agents, accounts and apps have caps by the day and by the month, which operators change,
 * raise and in the end lift. X keeps its own bill: a create or a change that it made costs
 * its price, a read costs each object that it had not returned to the app on that UTC day,
 * and what it refused costs nothing. Held against that, by sums of the world's own:
 *
 * - of what began on a day, or in a billing month, X charges no more than the cap and the
 *   overrides of it ever allowed;
 * - what the core says is spent and reserved never grows while it is above that;
 * - before a worker may send, what it may cost is on disk;
 * - in the end (where X did not deny what it had done) what is on disk is at least what X
 * charged, and at most that and the attempts of which nobody can know; where all was answered,
 * it is exactly that.
 *
 * X bills the app. Which account paid for an object that two of them read hangs on whose
 * answer came first, so reads count for apps alone.
 */
#include <stdlib.h>
#include <time.h>

#include "common/xapi/price.h"
#include "dispatcher/core/inside.h"
#include "tests/sim/world.h"

#define TABS_MAX   8192
#define BOOKS_MAX  40
#define RAISES_MAX 64
#define SEEN_OF_X  4096
#define OWNERS_MAX (ACCOUNTS_MAX + 1)
#define LL(n)      ((long long)(n))

static const char *const kind_names[] = {"agent", "account", "app"};
static const char *const length_names[] = {"day", "month"};

/* What one request may cost, and did. */
struct tab {
	uint64_t lease, job;
	uint32_t payer[LEDGER_KINDS];
	usec_t wall; /* the dispatcher's, when it began */
	bool is_read;
	int64_t worst;    /* as reserved */
	int64_t returned; /* of a read: price of all its objects */
	int64_t charged;  /* by X */
	bool heard;       /* its answer came in time, in this turn ... */
	bool known;       /* ... which was kept */
	bool is_unknown;  /* ... and said that nobody knows, or its day is not known any more:
			   * after  a restart only the first of two attempts has one */
};

/* X's charges of what began in one day or month. */
struct book {
	int64_t begins; /* seconds */
	int64_t charged, most;
	bool unlimited;
};

struct owner {
	int64_t cap[LEDGER_LENGTHS];
	struct book books[LEDGER_LENGTHS][BOOKS_MAX];
	int64_t last_sum[LEDGER_LENGTHS], last_reserved, last_begins[LEDGER_LENGTHS];
};

static struct money {
	struct tab tabs[TABS_MAX];
	uint32_t tab_count;
	struct owner owners[LEDGER_KINDS][OWNERS_MAX];
	unsigned billing_day[APPS_MAX + 1];
	struct {
		uint32_t app;
		const char *class;
		uint64_t id;
		usec_t day;
	} seen[SEEN_OF_X];
	uint32_t seen_count;
	bool forgot; /* the dispatcher started anew: it does not know what was read today */
} money;

/* --- periods, by the C library's calendar --- */

static int64_t month_begins(unsigned billing_day, time_t now)
{
	struct tm tm, last;

	for (int back = 0;; back++) {
		(void)gmtime_r(&now, &tm);
		tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
		tm.tm_mon -= back;
		tm.tm_mday = 1;
		last = tm;
		last.tm_mon++;
		last.tm_mday = 0;
		(void)timegm(&last);
		tm.tm_mday = (int)billing_day < last.tm_mday ? (int)billing_day : last.tm_mday;
		time_t begins = timegm(&tm);
		if (begins <= now)
			return begins;
	}
}

static int64_t begins_at(enum ledger_length length, unsigned billing_day, usec_t wall)
{
	static struct {
		time_t day;
		int64_t begins;
	} known[32]; /* asked at every step */
	time_t day = (time_t)(wall / USEC_DAY);

	if (length == LEDGER_DAY)
		return (int64_t)day * 86400;
	if (known[billing_day].day != day) {
		known[billing_day].day = day;
		known[billing_day].begins = month_begins(billing_day, day * 86400);
	}
	return known[billing_day].begins;
}

static unsigned billing_day_of(const struct world *w, enum ledger_kind kind, uint32_t number)
{
	if (kind == LEDGER_AGENT)
		return 1;
	if (kind == LEDGER_ACCOUNT)
		number = w->apps[w->accounts[number - 1].app].id;
	return money.billing_day[number];
}

static uint32_t owners_of(const struct world *w, enum ledger_kind kind)
{
	return kind == LEDGER_AGENT     ? w->agent_count
	       : kind == LEDGER_ACCOUNT ? w->account_count
					: w->app_count;
}

struct raise_sum {
	enum ledger_kind kind;
	enum ledger_length length;
	uint32_t number;
	int64_t begins, sum;
};

static void add_raise(void *ctx, const struct raise_row *r)
{
	struct raise_sum *s = ctx;

	if (r->row.kind == s->kind && r->row.owner == s->number &&
		(int64_t)r->row.begins * 86400 == s->begins)
		s->sum += r->row.spent;
}

/* The cap and the overrides of the period that is open at `wall`; negative: none. */
static int64_t most_at(struct world *w, enum ledger_kind kind, uint32_t number,
	enum ledger_length length, usec_t wall)
{
	int64_t cap = money.owners[kind][number].cap[length];
	struct raise_sum s = {kind, length, number,
		begins_at(length, billing_day_of(w, kind, number), wall), 0};
	struct periods all = {length, 0, INT32_MAX};

	if (cap < 0)
		return cap;
	enum err e = store_each_raise(w->store, &all, add_raise, &s);
	ASSERT(!e);
	return cap + s.sum;
}

static struct book *book_of(struct owner *o, enum ledger_length length, int64_t begins)
{
	for (struct book *b = o->books[length]; b < o->books[length] + BOOKS_MAX; b++) {
		if (!b->begins)
			b->begins = begins;
		if (b->begins == begins)
			return b;
	}
	return NULL; /* more days than a world with budgets has */
}

/* --- what operators do --- */

static void tell_caps(struct world *w, enum ledger_kind kind, uint32_t number)
{
	const struct owner *o = &money.owners[kind][number];
	unsigned day = kind == LEDGER_APP ? money.billing_day[number] : 1;

	(void)tell(w, &(struct fact){.kind = FACT_CAPS,
			      .caps = {.kind = (uint8_t)kind,
				      .owner = number,
				      .caps = {.cap = {o->cap[0], o->cap[1]},
					      .warn_percent = 80,
					      .billing_day = (uint8_t)day}}});
}

static int64_t some_cap(struct world *w, enum ledger_length length)
{
	static const int64_t most[] = {300000, 3000000};

	if (!w->weather.money || chance(w, 400))
		return LEDGER_NO_CAP;
	return draw(w, 5000, most[length]);
}

static void override(struct world *w, enum ledger_kind kind, uint32_t number)
{
	enum ledger_length length = (enum ledger_length)draw(w, 0, 1);
	int64_t begins = begins_at(length, billing_day_of(w, kind, number), world_now(w).wall);
	struct ledger_row row = {.owner = number,
		.kind = (uint8_t)kind,
		.length = (uint8_t)length,
		.begins = (int32_t)(begins / 86400),
		.spent = draw(w, 1, 400000)};

	if (!turn_write(w))
		return;
	path(PATH_OVERRIDE);
	turn_fail(w, store_put_raise(w->store,
			     &(struct raise_row){.row = row, .at = world_now(w).wall}));
	(void)tell(w, &(struct fact){.kind = FACT_RAISE, .spent = row});
}

static void operate(struct world *w, const struct event *e)
{
	enum ledger_kind kind = (enum ledger_kind)draw(w, 0, LEDGER_APP);
	uint32_t number = (uint32_t)draw(w, 1, owners_of(w, kind));

	if (w->calm)
		return;
	plan(w, draw(w, USEC_MIN, 40 * USEC_MIN), e->fire);
	if (chance(w, 600)) {
		override(w, kind, number);
		return;
	}
	for (int i = 0; i < LEDGER_LENGTHS; i++)
		money.owners[kind][number].cap[i] = some_cap(w, (enum ledger_length)i);
	tell_caps(w, kind, number);
}

static void lift(struct world *w, const struct event *e)
{
	(void)e;
	for (int kind = 0; kind < LEDGER_KINDS; kind++)
		for (uint32_t n = 1; n <= owners_of(w, (enum ledger_kind)kind); n++) {
			struct owner *o = &money.owners[kind][n];

			o->cap[0] = o->cap[1] = LEDGER_NO_CAP;
			tell_caps(w, (enum ledger_kind)kind, n);
		}
}

void money_start(struct world *w)
{
	money = (struct money){.tab_count = 0};
	for (uint32_t i = 1; i <= APPS_MAX; i++)
		money.billing_day[i] = w->weather.money ? (unsigned)draw(w, 1, 31) : 1;
	for (int kind = 0; kind < LEDGER_KINDS; kind++)
		for (uint32_t n = 1; n < OWNERS_MAX; n++)
			for (int i = 0; i < LEDGER_LENGTHS; i++)
				money.owners[kind][n].cap[i] =
					some_cap(w, (enum ledger_length)i);
	if (w->weather.money)
		plan(w, draw(w, USEC_MIN, 40 * USEC_MIN), operate);
}

void money_calm(struct world *w)
{
	if (w->weather.money)
		plan(w, draw(w, 0, 36 * USEC_HOUR), lift);
}

/* --- a start --- */

static void load_spent(void *ctx, const struct ledger_row *r)
{
	(void)tell(ctx, &(struct fact){.kind = FACT_SPENT, .spent = *r});
}

static void load_raise(void *ctx, const struct raise_row *r)
{
	(void)tell(ctx, &(struct fact){.kind = FACT_RAISE, .spent = r->row});
}

void money_load(struct world *w)
{
	money.forgot = money.tab_count > 0;
	for (int kind = LEDGER_APP; kind >= LEDGER_AGENT; kind--)
		for (uint32_t n = 1; n <= owners_of(w, (enum ledger_kind)kind); n++)
			tell_caps(w, (enum ledger_kind)kind, n);
	for (int length = 0; length < LEDGER_LENGTHS; length++) {
		struct periods all = {(enum ledger_length)length, 0, INT32_MAX};
		enum err e = store_each_spent(w->store, &all, load_spent, w);

		if (!e)
			e = store_each_raise(w->store, &all, load_raise, w);
		ASSERT(!e);
	}
}

/* --- jobs --- */

void money_price(struct world *w, struct job *j)
{
	const struct price *p = &prices_builtin()->of[j->call];

	j->price = (uint32_t)p->plain;
	if (p->with_url && chance(w, 200))
		j->price = (uint32_t)p->with_url;
	if (!p->per_object)
		return;
	j->unit = (uint32_t)p->plain;
	j->price = j->unit * (uint32_t)draw(w, 1, OBJECTS_MAX);
}

static void payers_of(
	const struct world *w, const struct job *asked, uint32_t ret[LEDGER_KINDS])
{
	ret[LEDGER_AGENT] = asked->agent;
	ret[LEDGER_ACCOUNT] = asked->account;
	ret[LEDGER_APP] = w->apps[w->accounts[asked->account - 1].app].id;
}

/* What a step may cost: a look asks for a hundred objects. */
static int64_t worst_of(const struct job *asked, enum step step)
{
	enum call call = workers_call((enum call)asked->call, step);
	int64_t unit = prices_builtin()->of[call].plain;

	if (step == STEP_ACT)
		return asked->price;
	return step == STEP_LOOK ? 100 * unit : unit;
}

int64_t money_may_take(const struct world *w, const struct job *asked, enum step step,
	enum ledger_kind kind, uint32_t number)
{
	uint32_t payer[LEDGER_KINDS];

	payers_of(w, asked, payer);
	return payer[kind] == number ? worst_of(asked, step) : 0;
}

bool money_refuses(struct world *w, const struct job *asked)
{
	uint32_t payer[LEDGER_KINDS];

	payers_of(w, asked, payer);
	for (int kind = 0; kind < LEDGER_KINDS; kind++)
		for (int i = 0; i < LEDGER_LENGTHS; i++) {
			int64_t most = most_at(w, (enum ledger_kind)kind, payer[kind],
				(enum ledger_length)i, world_now(w).wall);

			if (most >= 0 && asked->price > most)
				return true;
		}
	return false;
}

/* --- what is begun, and answered --- */

static struct tab *tab_of(uint64_t lease)
{
	for (uint32_t i = money.tab_count; i > 0; i--)
		if (money.tabs[i - 1].lease == lease)
			return &money.tabs[i - 1];
	return NULL;
}

void money_begun(struct world *w, const struct order *o, enum call call, usec_t wall)
{
	const struct job *asked = &job_by_id(w, o->job.id)->asked;

	if (tab_of(o->lease))
		return; /* its BEGIN was asked twice */
	CHECK(w, money.tab_count < TABS_MAX, "there are too many requests");
	struct tab *t = &money.tabs[money.tab_count++];
	*t = (struct tab){.lease = o->lease,
		.job = o->job.id,
		.wall = wall,
		.is_read = !call_has_effect(call),
		.worst = worst_of(asked, o->step)};
	payers_of(w, asked, t->payer);
	sim_trace(w, "lease %llx of j%llu may cost agent %u, account %u, app %u %lld",
		(unsigned long long)o->lease, (unsigned long long)o->job.id, t->payer[0],
		t->payer[1], t->payer[2], LL(t->worst));
}

void money_heard(struct world *w, uint64_t lease, const struct outcome *o)
{
	struct tab *t = tab_of(lease);

	if (!t)
		return;
	t->heard = true;
	t->is_unknown = o->class == OUTCOME_UNKNOWN || lease_find(w->core, lease)->pay.day < 0;
	sim_trace(w, "lease %llx of %lld is answered: %s", (unsigned long long)lease,
		LL(t->worst), outcome_class_name(o->class));
}

void money_kept(uint64_t lease)
{
	struct tab *t = tab_of(lease);

	if (t)
		t->known = t->heard;
}

void money_dropped(void)
{
	for (uint32_t i = 0; i < money.tab_count; i++)
		money.tabs[i].heard = money.tabs[i].known;
}

/* --- X's bill --- */

static bool was_seen(struct world *w, uint32_t app, enum call call, uint64_t id)
{
	const char *class = call_info(call)->price;
	usec_t day = x_wall(w) / USEC_DAY;

	for (uint32_t i = 0; i < money.seen_count; i++)
		if (money.seen[i].app == app && money.seen[i].day == day &&
			money.seen[i].id == id && str_is(str_of(class), money.seen[i].class))
			return true;
	CHECK(w, money.seen_count < SEEN_OF_X, "X returned too many objects");
	money.seen[money.seen_count].app = app;
	money.seen[money.seen_count].class = class;
	money.seen[money.seen_count].id = id;
	money.seen[money.seen_count++].day = day;
	return false;
}

/* What began in a day, or a month, is charged to no more than it ever allowed. */
static void enter(struct world *w, const struct tab *t, enum ledger_kind kind)
{
	struct owner *o = &money.owners[kind][t->payer[kind]];

	for (int i = 0; i < LEDGER_LENGTHS; i++) {
		enum ledger_length length = (enum ledger_length)i;
		int64_t begins =
			begins_at(length, billing_day_of(w, kind, t->payer[kind]), t->wall);
		struct book *b = book_of(o, length, begins);

		if (!b)
			continue;
		b->charged += t->charged;
		CHECK(w, w->stepped || b->unlimited || b->charged <= b->most,
			"X charges %s %u %lld of the %s's %lld", kind_names[kind],
			t->payer[kind], LL(b->charged), length_names[i], LL(b->most));
	}
}

void money_bill(struct world *w, const struct request *r, const struct found *f)
{
	struct tab *t = tab_of(r->lease);
	const struct price *p = &prices_builtin()->of[r->call];

	CHECK(w, t, "X is asked under lease %llx, which nobody began",
		(unsigned long long)r->lease);
	if (!t->is_read)
		t->charged = t->worst;
	for (size_t i = 0; t->is_read && i < f->count; i++) {
		t->returned += p->plain;
		if (!was_seen(w, t->payer[LEDGER_APP], r->call, f->ids[i]))
			t->charged += p->plain;
	}
	sim_trace(w, "X charges %lld of %lld for lease %llx", LL(t->charged), LL(t->worst),
		(unsigned long long)r->lease);
	for (int kind = 0; kind < LEDGER_KINDS; kind++)
		if (!t->is_read || kind == LEDGER_APP)
			enter(w, t, (enum ledger_kind)kind);
}

/* --- what is kept --- */

struct spent_sum {
	enum ledger_kind kind;
	uint32_t number;
	int64_t sum;
};

static void add_spent(void *ctx, const struct ledger_row *r)
{
	struct spent_sum *s = ctx;

	if (r->kind == s->kind && r->owner == s->number)
		s->sum += r->spent;
}

static int64_t kept_spent(
	struct world *w, enum ledger_kind kind, uint32_t number, enum ledger_length length)
{
	struct spent_sum s = {kind, number, 0};
	struct periods all = {length, 0, INT32_MAX};
	enum err e = store_each_spent(w->store, &all, add_spent, &s);

	ASSERT(!e);
	return s.sum;
}

/* What X has charged for sure, and what it may have at the most. */
struct bounds {
	int64_t least, most;
	bool exact;
};

/* Near it, roost takes an object for new: X may count it on either day. */
static bool is_far_from_midnight(usec_t wall)
{
	return wall % USEC_DAY > USEC_MIN && wall % USEC_DAY < USEC_DAY - USEC_MIN;
}

static struct bounds bounds_of(struct world *w, enum ledger_kind kind, uint32_t number)
{
	struct bounds b = {.exact = !w->stepped && !money.forgot};

	for (uint32_t i = 0; i < money.tab_count; i++) {
		const struct tab *t = &money.tabs[i];
		bool is_denied = !t->is_read && job_by_id(w, t->job)->denied;
		bool is_sure = t->is_read ? kind == LEDGER_APP && !w->stepped : !is_denied;
		bool is_known = t->known && !t->is_unknown;

		if (t->payer[kind] != number)
			continue;
		b.least += is_sure ? t->charged : 0;
		b.most += !is_known ? t->worst : t->is_read ? t->returned : t->charged;
		b.exact &=
			is_known && is_sure && (!t->is_read || is_far_from_midnight(t->wall));
	}
	return b;
}

void money_said(struct world *w, const struct order *o)
{
	const struct tab *t = tab_of(o->lease);
	bool is_over = !lease_find(w->core, o->lease); /* answered in the same turn */

	if (!t)
		return;
	for (int kind = 0; kind < LEDGER_KINDS; kind++)
		for (int i = 0; i < LEDGER_LENGTHS; i++) {
			struct bounds b = bounds_of(w, (enum ledger_kind)kind, t->payer[kind]);
			int64_t kept = kept_spent(w, (enum ledger_kind)kind, t->payer[kind],
				(enum ledger_length)i);
			int64_t worst = is_over || t->known || t->charged ? 0 : t->worst;

			CHECK(w, kept >= b.least + worst,
				"j%llu may be sent for %lld; X charged %lld, and %lld are kept "
				"of %s %u",
				(unsigned long long)o->job.id, LL(t->worst), LL(b.least),
				LL(kept), kind_names[kind], t->payer[kind]);
		}
}

static void check_end_of(
	struct world *w, enum ledger_kind kind, uint32_t n, enum ledger_length length)
{
	struct bounds b = bounds_of(w, kind, n);
	int64_t kept = kept_spent(w, kind, n, length);
	bool fits = kept <= b.most || w->stepped;

	CHECK(w, kept >= b.least && fits,
		"%s %u spent %lld by the %s, X charged %lld and at most %lld", kind_names[kind],
		n, LL(kept), length_names[length], LL(b.least), LL(b.most));
	CHECK(w, !b.exact || kept == b.least,
		"%s %u spent %lld by the %s, X charged %lld, all answered", kind_names[kind], n,
		LL(kept), length_names[length], LL(b.least));
	if (b.exact && kept)
		path(PATH_SPENT_EXACT);
}

void money_end(struct world *w)
{
	for (int kind = 0; kind < LEDGER_KINDS; kind++)
		for (uint32_t n = 1; n <= owners_of(w, (enum ledger_kind)kind); n++)
			for (int i = 0; i < LEDGER_LENGTHS; i++)
				check_end_of(
					w, (enum ledger_kind)kind, n, (enum ledger_length)i);
}

/* --- what the core says --- */

static void check_view(void *ctx, const struct purse_view *v)
{
	struct world *w = ctx;
	enum ledger_kind kind = (enum ledger_kind)v->ledger->kind;
	uint32_t number = v->ledger->owner;
	usec_t wall = world_now(w).wall;

	if (!number || number > owners_of(w, kind))
		return;
	struct owner *o = &money.owners[kind][number];
	int64_t most = most_at(w, kind, number, v->length, wall);
	int64_t begins = begins_at(v->length, billing_day_of(w, kind, number), wall);
	struct book *b = book_of(o, v->length, begins);
	int64_t sum = v->spent + v->ledger->reserved;
	bool same = begins == o->last_begins[v->length];
	int64_t before = same ? o->last_sum[v->length] : o->last_reserved;

	if (w->stepped)
		most = v->most; /* which day it is hangs on how far back the books go */
	if (b) {
		b->unlimited |= most < 0;
		b->most = most > b->most ? most : b->most;
	}
	CHECK(w, v->most == most, "the %s's cap of %s %u is %lld, says the core %lld",
		length_names[v->length], kind_names[kind], number, LL(most), LL(v->most));
	CHECK(w, most < 0 || sum <= most || sum <= before || (!same && w->stepped),
		"%lld are spent and reserved of the %s's %lld of %s %u; before it were %lld",
		LL(sum), length_names[v->length], LL(most), kind_names[kind], number,
		LL(before));
	if (most >= 0 && sum > most - 15000)
		path(PATH_BUDGET_USED);
	o->last_sum[v->length] = sum;
	o->last_begins[v->length] = begins;
	if (v->length == LEDGER_MONTH)
		o->last_reserved = v->ledger->reserved;
}

void money_turn(struct world *w)
{
	for (int kind = 0; kind < LEDGER_KINDS; kind++)
		core_each_purse(w->core, (enum ledger_kind)kind, world_now(w), check_view, w);
}
