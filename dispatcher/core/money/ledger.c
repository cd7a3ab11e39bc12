#include "dispatcher/core/money/ledger.h"

#include "common/base/base.h"
#include "dispatcher/core/mistake.h"

/* --- days and months --- */

int32_t ledger_day(usec_t wall)
{
	return wall <= 0 ? 0 : (int32_t)(wall / USEC_DAY);
}

/* Days from 1970-01-01 to the first of a month (H. Hinnant's days_from_civil); month 1 to 12.
 */
static int32_t first_of(int32_t year, int32_t month)
{
	int32_t y = month <= 2 ? year - 1 : year;
	int32_t era = y / 400;
	int32_t of_era = y - era * 400;
	int32_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Months since the year 0, of a day since 1970 (civil_from_days). */
static int32_t month_of(int32_t day)
{
	int32_t z = day + 719468;
	int32_t era = z / 146097;
	int32_t of_era = z - era * 146097;
	int32_t years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int32_t of_year = of_era - (365 * years + years / 4 - years / 100);
	int32_t mp = (5 * of_year + 2) / 153;
	int32_t month = mp < 10 ? mp + 3 : mp - 9;

	return (years + era * 400 + (month <= 2)) * 12 + month - 1;
}

/* The day on which the billing month of that calendar month begins. */
static int32_t billing_begin(int32_t month, unsigned billing_day)
{
	int32_t first = first_of(month / 12, month % 12 + 1);
	int32_t next = first_of((month + 1) / 12, (month + 1) % 12 + 1);
	int32_t begin = first + (int32_t)billing_day - 1;

	return begin < next ? begin : next - 1;
}

int32_t ledger_begins(enum ledger_length length, unsigned billing_day, int32_t day)
{
	if (length == LEDGER_DAY)
		return day;
	int32_t month = month_of(day);
	int32_t begin = billing_begin(month, billing_day);
	return begin <= day ? begin : billing_begin(month - 1, billing_day);
}

int32_t ledger_ends(enum ledger_length length, unsigned billing_day, int32_t day)
{
	if (length == LEDGER_DAY)
		return day + 1;
	int32_t month = month_of(day);
	int32_t begin = billing_begin(month, billing_day);
	return begin > day ? begin : billing_begin(month + 1, billing_day);
}

/* --- periods --- */

static int32_t begins_at(const struct ledger *l, unsigned length, usec_t wall)
{
	return ledger_begins((enum ledger_length)length, l->caps.billing_day, ledger_day(wall));
}

/* Those of that day or month beside the present ones; NULL: they are not at hand. */
static struct period *other_of(struct ledger *l, unsigned length, int32_t begins)
{
	for (unsigned i = 0; i < LEDGER_OTHERS; i++)
		if (l->other[length][i].begins == begins && begins != INT32_MIN)
			return &l->other[length][i];
	return NULL;
}

static int64_t far_from(int32_t begins, const struct period *p)
{
	int64_t by = (int64_t)p->begins - begins;

	return by < 0 ? -by : by;
}

/* Puts p beside the present books, in the place of the one farthest from `begins`. */
static void put_other(struct ledger *l, unsigned length, const struct period *p, int32_t begins)
{
	struct period *to = other_of(l, length, p->begins);

	if (to) {
		*to = *p;
		return;
	}
	to = &l->other[length][0];
	for (unsigned i = 1; i < LEDGER_OTHERS; i++)
		if (far_from(begins, &l->other[length][i]) > far_from(begins, to))
			to = &l->other[length][i];
	if (far_from(begins, p) < far_from(begins, to))
		*to = *p;
}

/* The books that are open at `wall`; those of a new period are empty. */
static struct period open_at(const struct ledger *l, unsigned length, usec_t wall)
{
	const struct period *now = &l->now[length];
	int32_t begins = begins_at(l, length, wall);

	if (begins == now->begins)
		return *now;
	for (unsigned i = 0; i < LEDGER_OTHERS; i++)
		if (l->other[length][i].begins == begins)
			return l->other[length][i];
	if (begins > now->begins)
		return (struct period){.begins = begins,
			.raised = MISTAKE(MISTAKE_RAISE_STAYS) ? now->raised : 0};
	struct period ret = *now; /* a step back, further than the books go */
	if (now->begins - begins > LEDGER_STEP_MAX)
		ret.begins = begins;
	return ret;
}

/* Makes the books that are open at `wall` the present ones. */
static void roll(struct ledger *l, usec_t wall)
{
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++) {
		struct period open = open_at(l, i, wall);

		if (open.begins == l->now[i].begins)
			continue;
		struct period was = l->now[i];
		struct period *from = other_of(l, i, open.begins);
		l->now[i] = open;
		if (from)
			*from = was;
		else
			put_other(l, i, &was, open.begins);
	}
}

/* --- making --- */

static void forget_others(struct ledger *l, unsigned length)
{
	for (unsigned i = 0; i < LEDGER_OTHERS; i++)
		l->other[length][i] = (struct period){.begins = INT32_MIN};
}

void ledger_init(struct ledger *l, enum ledger_kind kind, uint32_t owner, usec_t wall)
{
	*l = (struct ledger){
		.owner = owner,
		.kind = (uint8_t)kind,
		.caps = {.cap = {LEDGER_NO_CAP, LEDGER_NO_CAP},
			.warn_percent = LEDGER_WARN,
			.billing_day = 1},
	};
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++) {
		l->now[i].begins = begins_at(l, i, wall);
		forget_others(l, i);
	}
}

void ledger_set_caps(struct ledger *l, const struct ledger_caps *caps, usec_t wall)
{
	ASSERT(caps->billing_day >= 1 && caps->billing_day <= 31 && caps->warn_percent >= 1 &&
		caps->warn_percent <= 100);
	roll(l, wall);
	bool other_day = caps->billing_day != l->caps.billing_day;
	l->caps = *caps;
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++) {
		struct period *now = &l->now[i];

		now->warned = false;
		now->stopped = false;
		if (!other_day || now->begins == begins_at(l, i, wall))
			continue;
		forget_others(l, i);
		now->begins = begins_at(l, i, wall);
		now->dirty = now->dirty || now->spent > 0;
	}
}

void ledger_load(struct ledger *l, const struct ledger_row *row, usec_t wall)
{
	unsigned i = row->length;
	struct period p = {.begins = row->begins, .spent = row->spent};

	ASSERT(i < LEDGER_LENGTHS);
	roll(l, wall);
	if (row->begins == l->now[i].begins) {
		p.raised = l->now[i].raised;
		l->now[i] = p;
	} else {
		put_other(l, i, &p, l->now[i].begins);
	}
}

void ledger_raise(
	struct ledger *l, enum ledger_length length, int32_t begins, int64_t by, usec_t wall)
{
	roll(l, wall);
	struct period *p =
		begins == l->now[length].begins ? &l->now[length] : other_of(l, length, begins);
	if (!p)
		return;
	p->raised += by;
	if (p->raised > LEDGER_CAP_MAX)
		p->raised = LEDGER_CAP_MAX;
	p->warned = false;
	p->stopped = false;
}

/* --- asking --- */

static int64_t most_of(const struct ledger *l, unsigned length, const struct period *p)
{
	int64_t cap = l->caps.cap[length];

	return cap < 0 ? LEDGER_NO_CAP : cap + p->raised;
}

int64_t ledger_most(const struct ledger *l, enum ledger_length length, usec_t wall)
{
	struct period p = open_at(l, length, wall);

	return most_of(l, length, &p);
}

int64_t ledger_spent(const struct ledger *l, enum ledger_length length, usec_t wall)
{
	return open_at(l, length, wall).spent;
}

/* Of one length; INT64_MAX: no cap. */
static int64_t room_of(const struct ledger *l, unsigned length, usec_t wall)
{
	struct period p = open_at(l, length, wall);
	int64_t most = most_of(l, length, &p);

	int64_t reserved = MISTAKE(MISTAKE_NO_MONEY_HELD) ? 0 : l->reserved;

	return most < 0 ? INT64_MAX : most - p.spent - reserved;
}

int64_t ledger_room(const struct ledger *l, usec_t wall)
{
	int64_t day = room_of(l, LEDGER_DAY, wall);
	int64_t month = room_of(l, LEDGER_MONTH, wall);

	return day < month ? day : month;
}

/* When one length has room: the begin of the next period, the latest of what blocks. */
static usec_t ready_of(const struct ledger *l, unsigned length, int64_t amount, usec_t wall)
{
	if (room_of(l, length, wall) >= amount)
		return wall;
	if (amount > l->caps.cap[length])
		return USEC_NEVER; /* the next period has the cap alone */
	int32_t day = ledger_day(wall);
	int32_t open = open_at(l, length, wall).begins;
	if (open > day)
		day = open;
	return ledger_ends((enum ledger_length)length, l->caps.billing_day, day) * USEC_DAY;
}

usec_t ledger_ready_at(
	const struct ledger *l, int64_t amount, usec_t wall, enum ledger_length *ret_length)
{
	usec_t day = ready_of(l, LEDGER_DAY, amount, wall);
	usec_t month = ready_of(l, LEDGER_MONTH, amount, wall);

	*ret_length = month > day ? LEDGER_MONTH : LEDGER_DAY;
	return month > day ? month : day;
}

bool ledger_may_charge(const struct ledger *l, int64_t amount, usec_t wall)
{
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++) {
		struct period p = open_at(l, i, wall);
		int64_t most = most_of(l, i, &p);

		if (most >= 0 && p.spent + amount > most)
			return false;
	}
	return true;
}

/* --- taking and giving back --- */

void ledger_reserve(struct ledger *l, int64_t amount)
{
	ASSERT(amount >= 0);
	l->reserved += amount;
}

void ledger_release(struct ledger *l, int64_t amount)
{
	ASSERT(amount >= 0 && l->reserved >= amount);
	l->reserved -= amount;
}

void ledger_charge(struct ledger *l, int64_t amount, usec_t wall)
{
	ledger_release(l, amount);
	roll(l, wall);
	l->under_way += amount;
	for (unsigned i = 0; amount && i < LEDGER_LENGTHS; i++) {
		l->now[i].spent += amount;
		l->now[i].dirty = true;
	}
}

void ledger_adopt(struct ledger *l, int64_t amount)
{
	l->under_way += amount;
}

/* Adds to the books that hold day `day`, if they are still at hand. */
static void book(struct ledger *l, int64_t amount, int32_t day)
{
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++) {
		int32_t begins = day < 0 ? INT32_MAX
					 : ledger_begins((enum ledger_length)i,
						   l->caps.billing_day, day);
		struct period *p =
			begins == l->now[i].begins ? &l->now[i] : other_of(l, i, begins);

		if (!p || !amount)
			continue;
		p->spent = p->spent + amount > 0 ? p->spent + amount : 0;
		p->dirty = true;
	}
}

void ledger_settle(struct ledger *l, int64_t amount, int64_t truth, int32_t day)
{
	ASSERT(amount >= 0 && truth >= 0 && l->under_way >= amount);
	l->under_way -= amount;
	book(l, truth - amount, day);
}

void ledger_refund(struct ledger *l, int64_t amount, int32_t day)
{
	ASSERT(amount >= 0);
	book(l, -amount, day);
}

/* --- to the disk, and to people --- */

bool ledger_is_dirty(const struct ledger *l)
{
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++) {
		if (l->now[i].dirty)
			return true;
		for (unsigned k = 0; k < LEDGER_OTHERS; k++)
			if (l->other[i][k].dirty)
				return true;
	}
	return false;
}

static bool clean(
	const struct ledger *l, unsigned length, struct period *p, struct ledger_row *ret)
{
	if (!p->dirty)
		return false;
	p->dirty = false;
	*ret = (struct ledger_row){.owner = l->owner,
		.kind = l->kind,
		.length = (uint8_t)length,
		.begins = p->begins,
		.spent = p->spent};
	return true;
}

bool ledger_clean(struct ledger *l, struct ledger_row *ret)
{
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++) {
		for (unsigned k = 0; k < LEDGER_OTHERS; k++)
			if (clean(l, i, &l->other[i][k], ret))
				return true;
		if (clean(l, i, &l->now[i], ret))
			return true;
	}
	return false;
}

bool ledger_warns(struct ledger *l, usec_t wall, enum ledger_length *ret_length)
{
	roll(l, wall);
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++) {
		struct period *p = &l->now[i];
		int64_t most = most_of(l, i, p);

		if (most < 0 || p->warned ||
			(p->spent + l->reserved) * 100 < most * l->caps.warn_percent)
			continue;
		p->warned = true;
		*ret_length = (enum ledger_length)i;
		return true;
	}
	return false;
}
