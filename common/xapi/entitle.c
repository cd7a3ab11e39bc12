#include "common/xapi/entitle.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/xapi/csv.h"
#include "common/xapi/data.h"

#define ROWS_MAX 4096

struct entitlements {
	struct entitlement *rows; /* owned */
	size_t count, size;
};

static const char *const rule_names[] = {
#define X(rule, name) name,
	ENTITLE_RULES(X)
#undef X
};

const char *entitle_rule_name(enum entitle_rule r)
{
	ASSERT(r < COUNT_OF(rule_names));
	return rule_names[r];
}

enum post_kind action_kind(const struct action *a)
{
	if (strcmp(a->name, "reply") == 0)
		return POST_REPLY;
	return strcmp(a->name, "quote") == 0 ? POST_QUOTE : POST_PLAIN;
}

const char *entitle_name(enum call call, enum post_kind kind)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)); i++)
		if ((a->call == call || (a->other_when[0] && a->other_call == call)) &&
			action_kind(a) == kind)
			return a->name;
	return call_info(call)->operation;
}

/* --- one row --- */

/* Finds the calls and kinds that `what` names. */
static void know(struct str what, struct entitlement *ret)
{
	const struct action *a = action_find(what);

	ret->call = ret->other_call = CALL_COUNT;
	if (!a)
		return;
	ret->call = (uint16_t)a->call;
	ret->other_call = (uint16_t)(a->other_when[0] ? a->other_call : a->call);
	unsigned kinds = a->flags & ACTION_OPERATION ? (1u << POST_KIND_COUNT) - 1
						     : 1u << action_kind(a);
	ret->kinds = (uint8_t)kinds;
}

static enum err read_rule(
	const struct csv *c, struct str text, enum entitle_rule *ret, struct errmsg *m)
{
	char shown[40];

	for (size_t i = 0; i < COUNT_OF(rule_names); i++)
		if (str_is(text, rule_names[i])) {
			*ret = (enum entitle_rule)i;
			return ERR_OK;
		}
	return csv_say(c, m, "rule is '%s', not 'refused', 'summoned' or 'one_cashtag'",
		text_show(text, shown, sizeof(shown)));
}

static bool is_day(struct str s)
{
	char instant[32];
	usec_t at;

	(void)snprintf(
		instant, sizeof(instant), "%.*sT00:00:00Z", (int)(s.len == 10 ? 10 : 0), s.at);
	return !text_to_time(str_of(instant), &at);
}

static enum err copy(const struct csv *c, size_t field, const char *title, size_t cap,
	char *out, struct errmsg *m)
{
	struct str s = c->fields[field];

	if (s.len == 0 || s.len >= cap)
		return csv_say(c, m, "%s must be 1 to %zu bytes long", title, cap - 1);
	memcpy(out, s.at, s.len);
	return ERR_OK;
}

static enum err read_row(const struct csv *c, struct entitlement *ret, struct errmsg *m)
{
	*ret = (struct entitlement){0};
	if (!text_is_name(c->fields[0], ENTITLE_PLAN_MAX - 1))
		return csv_say(
			c, m, "plan is not a name of at most %d bytes", ENTITLE_PLAN_MAX - 1);
	enum err e = copy(c, 0, "plan", sizeof(ret->plan), ret->plan, m);
	if (!e)
		e = copy(c, 1, "what", sizeof(ret->what), ret->what, m);
	if (!e)
		e = read_rule(c, c->fields[2], &ret->rule, m);
	if (!e && !is_day(c->fields[3]))
		e = csv_say(c, m, "since is not a day such as 2026-04-20");
	if (!e)
		e = copy(c, 3, "since", sizeof(ret->since), ret->since, m);
	if (!e)
		e = copy(c, 4, "reason", sizeof(ret->reason), ret->reason, m);
	return e;
}

/* --- the whole --- */

static enum err add(struct entitlements *e, const struct entitlement *row)
{
	if (e->count == e->size) {
		size_t size = e->size ? 2 * e->size : 64;
		struct entitlement *rows = mem_grow(e->rows, size * sizeof(*rows));

		if (!rows)
			return ERR_NOMEM;
		e->rows = rows;
		e->size = size;
	}
	e->rows[e->count++] = *row;
	return ERR_OK;
}

static enum err take_row(void *ctx, const struct csv *c, struct errmsg *m)
{
	struct entitlements *to = ctx;
	struct entitlement row;
	enum err e = read_row(c, &row, m);

	if (!e && to->count == ROWS_MAX)
		e = csv_say(c, m, "is more than the %d rows there may be", ROWS_MAX);
	if (e)
		return e;
	know(c->fields[1], &row);
	return add(to, &row);
}

static enum err read_rows(struct entitlements *to, struct str text, struct errmsg *m)
{
	return csv_each("entitlements.csv", text, "plan,what,rule,since,reason,source",
		take_row, to, m);
}

enum err entitlements_parse(struct str text, struct entitlements **ret, struct errmsg *m)
{
	AUTO(entitlements) e = mem_alloc(sizeof(*e));

	if (!e)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	enum err err = read_rows(e, text, m);
	if (err)
		return err == ERR_NOMEM ? err_say(m, err, "%s", err_text(err)) : err;
	*ret = STEAL(e);
	return ERR_OK;
}

struct entitlements *entitlements_builtin(void)
{
	struct entitlements *ret = NULL;
	enum err e = entitlements_parse(data_entitlements, &ret, NULL);

	ASSERT(!e || e == ERR_NOMEM);
	return ret;
}

void entitlements_free(struct entitlements *e)
{
	if (e)
		mem_free(e->rows);
	mem_free(e);
}

const struct entitlement *entitlements_find(const struct entitlements *e, const char *plan,
	enum call call, enum post_kind kind, enum entitle_rule rule)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct entitlement *row = &e->rows[i];

		if (row->rule == rule && (row->call == call || row->other_call == call) &&
			row->kinds & 1u << kind && strcmp(row->plan, plan) == 0)
			return row;
	}
	return NULL;
}

const struct entitlement *entitlements_named(
	const struct entitlements *e, const char *plan, struct str what)
{
	for (size_t i = 0; i < e->count; i++)
		if (str_is(what, e->rows[i].what) && strcmp(e->rows[i].plan, plan) == 0)
			return &e->rows[i];
	return NULL;
}

bool entitlements_has_plan(const struct entitlements *e, struct str plan)
{
	for (size_t i = 0; i < e->count; i++)
		if (str_is(plan, e->rows[i].plan))
			return true;
	return false;
}

const struct entitlement *entitlements_at(const struct entitlements *e, size_t i)
{
	return i < e->count ? &e->rows[i] : NULL;
}
