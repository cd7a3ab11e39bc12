#include "dispatcher/money.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/xapi/data.h"
#include "dispatcher/access/access.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/requests/agent.h"
#include "dispatcher/requests/settings.h"

#define PRICES_MAX  ((size_t)1024 * 1024)
#define KEPT_DAYS   430 /* of what days and months did cost: more than a year and a month */
#define LOADED_DAYS 70  /* before today: no month that is under way began earlier */

/* --- prices --- */

static enum err read_file(const char *path, struct buf *out, struct errmsg *m)
{
	FILE *in = fopen(path, "re");
	char part[4096];

	if (!in)
		return err_say(
			m, ERR_INVALID, "x.prices_file: '%s': %s", path, strerror(errno));
	for (size_t n; (n = fread(part, 1, sizeof(part), in)) > 0;)
		buf_put(out, part, n);
	bool bad = ferror(in) != 0;
	(void)fclose(in);
	if (bad || out->err)
		return err_say(m, ERR_INVALID,
			"x.prices_file: '%s' cannot be read, or is larger than %zu bytes", path,
			PRICES_MAX);
	return ERR_OK;
}

enum err money_read_prices(struct dispatcher *d, struct errmsg *m)
{
	const char *path = d->conf->x_prices_file;
	struct prices fresh = *prices_builtin();
	struct buf rows;
	enum err e = ERR_OK;

	buf_init(&rows, PRICES_MAX);
	if (path[0])
		e = read_file(path, &rows, m);
	if (!e && path[0])
		e = prices_parse(buf_view(&rows), &fresh, m);
	if (e == ERR_FORMAT)
		e = err_wrap(m, ERR_INVALID, "x.prices_file: '%s'", path);
	if (!e) {
		csv_as_of(path[0] ? buf_view(&rows) : data_pricing, d->dates.of[TABLE_PRICES]);
		d->prices = fresh;
	}
	buf_done(&rows);
	return e;
}

/* --- budgets --- */

static const struct {
	enum owner_kind owner;
	enum owner_key day, month, warn;
} keys[LEDGER_KINDS] = {
	[LEDGER_AGENT] = {OWNER_agent, OWNER_agent_budget_day_usd_micros,
		OWNER_agent_budget_month_usd_micros, OWNER_agent_budget_warn_percent},
	[LEDGER_ACCOUNT] = {OWNER_account, OWNER_account_budget_day_usd_micros,
		OWNER_account_budget_month_usd_micros, OWNER_account_budget_warn_percent},
	[LEDGER_APP] = {OWNER_app, OWNER_app_budget_day_usd_micros,
		OWNER_app_budget_month_usd_micros, OWNER_app_budget_warn_percent},
};

static int64_t cap_of(const struct dispatcher *d, enum owner_key key, uint32_t owner)
{
	return settings_has(d, key, owner) ? settings_number(d, key, owner) : LEDGER_NO_CAP;
}

bool money_owns_app(const struct dispatcher *d, const struct vault_account *a)
{
	uint32_t app = vault_app_at(d->vault, a->app)->id;
	struct str owner = settings_text(d, OWNER_app_owner_user_id, app);

	return owner.len && str_is(owner, a->user_id);
}

void money_tell(struct dispatcher *d, enum ledger_kind kind, uint32_t owner)
{
	const struct vault_account *account =
		kind == LEDGER_ACCOUNT ? vault_account_by_id(d->vault, owner) : NULL;
	struct fact f = {.kind = FACT_CAPS,
		.caps = {.kind = (uint8_t)kind,
			.owner = owner,
			.owns_app = account && money_owns_app(d, account),
			.off = kind == LEDGER_AGENT && owner < d->agent_by_id_size &&
			       access_is_off(d, d->agent_by_id[owner]),
			.caps = {.cap = {cap_of(d, keys[kind].day, owner),
					 cap_of(d, keys[kind].month, owner)},
				.warn_percent =
					(uint8_t)settings_number(d, keys[kind].warn, owner),
				.billing_day = 1}}};

	if (kind == LEDGER_APP)
		f.caps.caps.billing_day =
			(uint8_t)settings_number(d, OWNER_app_billing_day, owner);
	turn_fact(d, &f);
}

void money_tell_owners(struct dispatcher *d, const struct vault_app *app)
{
	const struct vault_account *account;

	for (uint32_t i = 0; (account = vault_account_at(d->vault, i)); i++)
		if (vault_app_at(d->vault, account->app) == app)
			money_tell(d, LEDGER_ACCOUNT, account->id);
}

/* --- from the store --- */

static void load_spent(void *ctx, const struct ledger_row *r)
{
	turn_fact(ctx, &(struct fact){.kind = FACT_SPENT, .spent = *r});
}

static void load_raise(void *ctx, const struct raise_row *r)
{
	turn_fact(ctx, &(struct fact){.kind = FACT_RAISE, .spent = r->row});
}

static void tell_all(struct dispatcher *d)
{
	const struct vault_account *account;
	const struct vault_app *app;

	for (uint32_t i = 0; (app = vault_app_at(d->vault, i)); i++)
		if (app->id)
			money_tell(d, LEDGER_APP, app->id);
	for (uint32_t i = 0; (account = vault_account_at(d->vault, i)); i++)
		money_tell(d, LEDGER_ACCOUNT, account->id);
	for (uint32_t i = 0; i < d->agent_names.count; i++)
		money_tell(d, LEDGER_AGENT, d->agent_table[i].id);
}

enum err money_load(struct dispatcher *d, struct errmsg *m)
{
	int32_t today = ledger_day(d->now.wall);
	enum err e = ERR_OK;

	tell_all(d);
	for (int length = 0; !e && length < LEDGER_LENGTHS; length++) {
		struct periods p = {(enum ledger_length)length,
			today - (length == LEDGER_DAY ? 1 : LOADED_DAYS), INT32_MAX};

		e = store_each_spent(d->store, &p, load_spent, d);
		if (!e)
			e = store_each_raise(d->store, &p, load_raise, d);
	}
	return e ? err_say(m, e, "%s", store_words(d->store)) : ERR_OK;
}

/* --- orders --- */

void money_spent(struct dispatcher *d, const struct order *o)
{
	turn_fail(d, store_put_spent(d->store, &o->spent), NULL);
}

static const char *const kinds[] = {"agent", "account", "app"};
static const char *const lengths[] = {"day", "month"};

const char *money_owner_name(const struct dispatcher *d, enum ledger_kind kind, uint32_t owner)
{
	const struct vault_account *account =
		kind == LEDGER_ACCOUNT ? vault_account_by_id(d->vault, owner) : NULL;
	const struct vault_app *app =
		kind == LEDGER_APP ? vault_app_by_id(d->vault, owner) : NULL;

	if (kind == LEDGER_AGENT && owner < d->agent_by_id_size)
		return names_at(&d->agent_names, d->agent_by_id[owner]);
	return account ? account->name : app ? app->name : NULL;
}

void money_note(struct dispatcher *d, const struct order *o)
{
	const struct ledger_row *r = &o->spent;
	const char *name = money_owner_name(d, (enum ledger_kind)r->kind, r->owner);

	log_event(o->note == NOTE_BUDGET_WARN ? LOG_BUDGET_WARN : LOG_BUDGET_STOP,
		"%s=%s period=%s spent_usd_micros=%lld of_usd_micros=%lld", kinds[r->kind],
		name ? name : "?", lengths[r->length], (long long)r->spent, (long long)o->most);
}

void money_tend(struct dispatcher *d)
{
	int32_t before = ledger_day(d->now.wall) - KEPT_DAYS;

	if (before == d->money_kept_from || d->stopping || !turn_write(d))
		return;
	d->money_kept_from = before;
	turn_fail(d, store_forget_money(d->store, before), NULL);
}

/* --- the operation `spend` --- */

#define ROWS_MAX 2000 /* in one answer */

/* What was asked for, and the list being written. */
struct spend {
	struct dispatcher *d;
	enum ledger_kind by;
	uint32_t owner;      /* 0: all */
	bool lengths[2];     /* which of them */
	bool past;           /* a date or a month was given: */
	struct periods when; /* those that begin within it */
	struct buf *out;
	uint32_t count;
	bool more;
};

static void put_date(struct buf *out, const char *key, int32_t day)
{
	char text[32];

	text_from_time(day * USEC_DAY, text, sizeof(text));
	wire_pair_str(out, key, (struct str){text, 10});
}

static void put_amount(struct buf *out, const char *key, int64_t micros)
{
	wire_put_text(out, key);
	if (micros < 0)
		wire_put_nil(out);
	else
		wire_put_int(out, micros);
}

static bool wants(struct spend *s, uint8_t kind, uint32_t owner, int32_t begins)
{
	if (kind != s->by || (s->owner && owner != s->owner))
		return false;
	if (s->past && (begins < s->when.from || begins > s->when.to))
		return false;
	s->more |= s->count == ROWS_MAX;
	return s->count < ROWS_MAX;
}

/* What all rows have. Returns how many pairs. */
static uint32_t put_owner(struct spend *s, const struct ledger_row *r)
{
	const char *name = money_owner_name(s->d, (enum ledger_kind)r->kind, r->owner);

	wire_pair_text(s->out, "name", name ? name : "?");
	wire_pair_text(s->out, "period", lengths[r->length]);
	put_date(s->out, "begins", r->begins);
	s->count++;
	return 3;
}

/* A period that is under way, from the core. */
static void put_present(void *ctx, const struct purse_view *v)
{
	struct spend *s = ctx;
	const struct ledger *l = v->ledger;
	int32_t today = ledger_day(s->d->now.wall);
	struct ledger_row row = {.owner = l->owner,
		.kind = l->kind,
		.length = (uint8_t)v->length,
		.begins = ledger_begins(v->length, l->caps.billing_day, today)};
	int64_t cap = l->caps.cap[v->length];
	int64_t held = l->reserved + l->under_way;
	int64_t settled = v->spent - l->under_way;

	if (!s->lengths[v->length] || !wants(s, l->kind, l->owner, row.begins) ||
		(cap < 0 && !v->spent && !held))
		return;
	wire_put_map(s->out, 10);
	put_owner(s, &row);
	put_date(s->out, "ends", ledger_ends(v->length, l->caps.billing_day, today));
	put_amount(s->out, "spent_usd_micros", settled > 0 ? settled : 0);
	put_amount(s->out, "reserved_usd_micros", held);
	put_amount(s->out, "cap_usd_micros", cap);
	put_amount(s->out, "raised_usd_micros", cap < 0 ? 0 : v->most - cap);
	put_amount(s->out, "left_usd_micros",
		cap < 0                            ? -1
		: v->most > v->spent + l->reserved ? v->most - v->spent - l->reserved
						   : 0);
	put_amount(
		s->out, "warn_usd_micros", cap < 0 ? -1 : v->most / 100 * l->caps.warn_percent);
}

static void put_past(void *ctx, const struct ledger_row *r)
{
	struct spend *s = ctx;

	if (!wants(s, r->kind, r->owner, r->begins))
		return;
	wire_put_map(s->out, 4);
	put_owner(s, r);
	put_amount(s->out, "spent_usd_micros", r->spent);
}

static void put_override(void *ctx, const struct raise_row *r)
{
	struct spend *s = ctx;

	if (!wants(s, r->row.kind, r->row.owner, r->row.begins))
		return;
	wire_put_map(s->out, 6);
	put_owner(s, &r->row);
	put_amount(s->out, "by_usd_micros", r->row.spent);
	wire_pair_str(s->out, "reason", r->reason);
	wire_pair_int(s->out, "raised_at", r->at / USEC_MSEC);
}

/* The part of `spend` that is of one length: rows of the store, if a past time was asked for.
 */
static void put_stored(struct spend *s, enum ledger_length length, bool overrides)
{
	int32_t today = ledger_day(s->d->now.wall);
	struct periods p = s->when;

	p.length = length;
	if (!s->past) {
		p.from = today - (length == LEDGER_DAY ? 0 : 31);
		p.to = today;
	}
	if (overrides)
		turn_fail(s->d, store_each_raise(s->d->store, &p, put_override, s), NULL);
	else if (s->past)
		turn_fail(s->d, store_each_spent(s->d->store, &p, put_past, s), NULL);
}

static void put_list(struct spend *s, struct answer *a, const char *key, bool overrides)
{
	s->out = answer_key(a, key);
	s->count = 0;
	size_t mark = wire_array_later(s->out);
	if (!overrides && !s->past)
		core_each_purse(s->d->core, s->by, s->d->now, put_present, s);
	for (int length = 0; length < LEDGER_LENGTHS; length++)
		if (s->lengths[length])
			put_stored(s, (enum ledger_length)length, overrides);
	wire_array_end(s->out, mark, s->count);
}

/* "2026-11-26": that day; "2026-11": the months that begin in it. */
static bool read_date(struct str text, struct spend *s)
{
	char whole[32];
	usec_t wall;

	if (text.len != 7 && text.len != 10)
		return false;
	(void)snprintf(whole, sizeof(whole), "%.*s%sT00:00:00Z", STR_ARG(text),
		text.len == 7 ? "-01" : "");
	if (text_to_time(str_of(whole), &wall))
		return false;
	s->past = true;
	s->lengths[LEDGER_DAY] = text.len == 10;
	s->lengths[LEDGER_MONTH] = text.len == 7;
	s->when.from = ledger_day(wall);
	s->when.to =
		text.len == 10 ? s->when.from : ledger_ends(LEDGER_MONTH, 1, s->when.from) - 1;
	return true;
}

static enum err read_period(struct str text, struct spend *s, struct errmsg *m)
{
	bool day = str_is(text, "day"), month = str_is(text, "month");

	s->lengths[LEDGER_DAY] = !text.len || day;
	s->lengths[LEDGER_MONTH] = !text.len || month;
	if (!text.len || day || month || read_date(text, s))
		return ERR_OK;
	err_say(m, ERR_INVALID,
		"must be day, month, a date such as 2026-11-26 or a month such as 2026-11");
	return err_at(m, ERR_INVALID, "period");
}

/* The number of the owner of that name. */
static enum err find_owner(struct dispatcher *d, enum ledger_kind kind, struct str name,
	uint32_t *ret, struct errmsg *m)
{
	const struct vault_account *account =
		kind == LEDGER_ACCOUNT ? vault_account_named(d->vault, name) : NULL;
	const struct vault_app *app =
		kind == LEDGER_APP ? vault_app_named(d->vault, name) : NULL;
	uint32_t number = kind == LEDGER_AGENT ? names_find(&d->agent_names, name) : NAMES_NONE;
	char shown[80];

	*ret = account ? account->id : app ? app->id : 0;
	if (number != NAMES_NONE)
		*ret = d->agent_table[number].id;
	if (*ret)
		return ERR_OK;
	err_say(m, ERR_NOT_FOUND, "there is no %s '%s'", kinds[kind],
		text_show(name, shown, sizeof(shown)));
	return err_at(m, ERR_NOT_FOUND, "name");
}

void money_query(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_spend in = {.by = LEDGER_APP};
	struct errmsg m;
	struct answer a;

	enum err e = message_read(r->root, MSG_SPEND, &in, &m);
	struct spend s = {.d = d, .by = (enum ledger_kind)in.by};
	if (!e)
		e = read_period(in.period, &s, &m);
	if (!e && in.name.len)
		e = find_owner(d, s.by, in.name, &s.owner, &m);
	if (!e && s.by == LEDGER_AGENT && agent != NAMES_NONE) {
		if (s.owner && s.owner != d->agent_table[agent].id)
			e = err_at(&m,
				err_say(&m, ERR_DENIED, "an agent sees its own spending only"),
				"name");
		s.owner = d->agent_table[agent].id;
	}
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "by", kinds[s.by]);
	put_list(&s, &a, "spend", false);
	put_list(&s, &a, "overrides", true);
	wire_put_bool(answer_key(&a, "more"), s.more);
	answer_close(&a);
}

/* --- the override --- */

static void answer_raise(struct dispatcher *d, const struct request *r,
	const struct msg_budget_raise *in, const struct ledger_row *row)
{
	struct answer a;

	log_event(LOG_BUDGET_RAISED, "%s=%.*s period=%s by_usd_micros=%lld reason=\"%.*s\"",
		kinds[row->kind], STR_ARG(in->name), lengths[row->length],
		(long long)row->spent, STR_ARG(in->reason));
	answer_open(&a, d->outbox, r, true);
	wire_put_map(answer_key(&a, "raised"), 4);
	wire_pair_str(a.b, "name", in->name);
	wire_pair_text(a.b, "period", lengths[row->length]);
	put_date(a.b, "begins", row->begins);
	wire_pair_int(a.b, "by_usd_micros", row->spent);
	answer_close(&a);
	turn_orders(d);
}

/* The period of an owner's that is under way. */
struct present {
	uint32_t owner;
	enum ledger_length length;
	int32_t day, begins;
	int64_t cap;
};

static void find_present(void *ctx, const struct purse_view *v)
{
	struct present *p = ctx;

	if (v->ledger->owner != p->owner || v->length != p->length)
		return;
	p->begins = ledger_begins(v->length, v->ledger->caps.billing_day, p->day);
	p->cap = v->ledger->caps.cap[v->length];
}

void money_raise(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_budget_raise in = {0};
	struct present p = {.day = ledger_day(d->now.wall), .cap = LEDGER_NO_CAP};
	struct errmsg m;

	enum err e = message_read(r->root, MSG_BUDGET_RAISE, &in, &m);
	if (!e)
		e = find_owner(d, (enum ledger_kind)in.of, in.name, &p.owner, &m);
	p.length = (enum ledger_length)in.period;
	if (!e)
		core_each_purse(d->core, (enum ledger_kind)in.of, d->now, find_present, &p);
	if (!e && p.cap < 0)
		e = err_say(&m, ERR_STATE,
			"it has no budget for the %s, so nothing stops it; `roost %s set` "
			"gives it one",
			lengths[p.length], kinds[in.of]);
	struct raise_row row = {.row = {.owner = p.owner,
					.kind = in.of,
					.length = in.period,
					.begins = p.begins,
					.spent = in.by},
		.at = d->now.wall,
		.reason = in.reason};
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	if (turn_write(d) && !turn_fail(d, store_put_raise(d->store, &row), NULL))
		turn_fact(d, &(struct fact){.kind = FACT_RAISE, .spent = row.row});
	audit_note(d, agent, "budget.raised", whom_named(kinds[in.of], in.name),
		"period=%s by_usd_micros=%lld", lengths[p.length], (long long)in.by);
	answer_raise(d, r, &in, &row.row);
}
