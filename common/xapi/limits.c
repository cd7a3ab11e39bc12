#include "common/xapi/limits.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/names.h"
#include "common/xapi/csv.h"
#include "common/xapi/data.h"

#define LIMIT_MAX    1000000000            /* requests in one window */
#define LENGTH_MAX   ((int64_t)31 * 86400) /* seconds of one window */
#define FAMILIES_MAX 4096
#define FAMILY_MAX   160 /* bytes of a name */

/* Every plan, and what rate-limits.csv calls it. The first one is that of everybody else. */
static const struct {
	const char *name;
	const char *tier;
} plans[] = {
	{"payg", "ppu"},
	{"enterprise", "enterprise"},
	{"free", "free"},
	{"basic", "basic"},
	{"pro", "pro"},
};

struct windows {
	uint8_t count;
	struct limit at[LIMITS_PER_CALL_MAX];
};

struct limits {
	struct names families;
	char plan_names[LIMITS_PLANS_MAX][LIMITS_PLAN_MAX]; /* the first ones are those above */
	size_t plan_count;
	struct windows of[LIMITS_PLANS_MAX][CALL_COUNT];
};

/* One row of either file. */
struct row {
	struct str method, path;
	enum call call; /* CALL_COUNT: roost does not make it */
	struct limit limit;
};

/* --- one row --- */

static enum call call_of(struct str method, struct str path)
{
	for (int i = 0; i < CALL_COUNT; i++) {
		const struct call_info *info = call_info((enum call)i);

		if (str_is(path, info->path) && str_is(method, info->method))
			return (enum call)i;
	}
	return CALL_COUNT;
}

static enum err read_scope(
	const struct csv *c, struct str text, struct limit *ret, struct errmsg *m)
{
	char shown[40];

	if (str_is(text, "user"))
		ret->scope = LIMIT_ACCOUNT;
	else if (str_is(text, "app"))
		ret->scope = LIMIT_APP;
	else
		return csv_say(c, m, "scope is '%s', not 'user' or 'app'",
			text_show(text, shown, sizeof(shown)));
	return ERR_OK;
}

/* Method, path, scope, limit and window, which stand side by side from field `at` on. */
static enum err read_row(const struct csv *c, size_t at, struct row *ret, struct errmsg *m)
{
	int64_t limit, seconds;
	struct row r = {.method = c->fields[at], .path = c->fields[at + 1]};

	enum err e = read_scope(c, c->fields[at + 2], &r.limit, m);
	if (!e)
		e = csv_count(c, at + 3, "limit", LIMIT_MAX, &limit, m);
	if (!e)
		e = csv_count(c, at + 4, "window_seconds", LENGTH_MAX, &seconds, m);
	if (e)
		return e;
	r.call = call_of(r.method, r.path);
	r.limit.limit = (uint32_t)limit;
	r.limit.length = seconds * USEC_SEC;
	*ret = r;
	return ERR_OK;
}

static enum err know_family(struct limits *l, struct str name, struct limit *ret)
{
	uint32_t number;
	enum err e = names_know(&l->families, name, &number);

	if (!e)
		ret->family = (uint16_t)number;
	return e;
}

static struct limit *find(struct windows *w, uint8_t scope, usec_t length)
{
	for (size_t i = 0; i < w->count; i++)
		if (w->at[i].scope == scope && w->at[i].length == length)
			return &w->at[i];
	return NULL;
}

static enum err add(
	struct windows *w, const struct limit *limit, const struct csv *c, struct errmsg *m)
{
	if (w->count == LIMITS_PER_CALL_MAX)
		return csv_say(c, m, "is one window of this call too many: at most %d",
			LIMITS_PER_CALL_MAX);
	w->at[w->count++] = *limit;
	return ERR_OK;
}

/* --- rate-limits.csv --- */

/* The number of a plan; LIMITS_PLANS_MAX: there is none of that name. */
static size_t plan_named(const struct limits *l, struct str name)
{
	size_t i = 0;

	for (; i < COUNT_OF(plans); i++)
		if (str_is(name, plans[i].tier))
			return i;
	for (i = 0; i < l->plan_count; i++)
		if (str_is(name, l->plan_names[i]))
			return i;
	return LIMITS_PLANS_MAX;
}

static enum err read_plan(
	struct limits *l, const struct csv *c, struct str tier, size_t *ret, struct errmsg *m)
{
	char shown[40];

	*ret = plan_named(l, tier);
	if (*ret != LIMITS_PLANS_MAX)
		return ERR_OK;
	if (!text_is_name(tier, LIMITS_PLAN_MAX - 1))
		return csv_say(c, m, "tier is '%s', not a plan's name of at most %d bytes",
			text_show(tier, shown, sizeof(shown)), LIMITS_PLAN_MAX - 1);
	if (l->plan_count == LIMITS_PLANS_MAX)
		return csv_say(c, m, "is one plan too many: at most %d", LIMITS_PLANS_MAX);
	*ret = l->plan_count++;
	memcpy(l->plan_names[*ret], tier.at, tier.len);
	return ERR_OK;
}

static enum err put_own(void *ctx, const struct csv *c, struct errmsg *m)
{
	struct limits *l = ctx;
	size_t plan;
	struct row r;
	char name[FAMILY_MAX];

	enum err e = read_row(c, 0, &r, m);
	if (!e)
		e = read_plan(l, c, c->fields[5], &plan, m);
	if (e || r.call == CALL_COUNT)
		return e;

	struct windows *w = &l->of[plan][r.call];
	if (find(w, r.limit.scope, r.limit.length))
		return csv_say(c, m, "says again what an earlier line said");
	(void)snprintf(name, sizeof(name), "%.*s %.*s", STR_ARG(r.method), STR_ARG(r.path));
	e = know_family(l, str_of(name), &r.limit);
	if (e)
		return err_say(m, e, "%s", err_text(e));
	r.limit.own = true;
	return add(w, &r.limit, c, m);
}

static enum err read_rows(struct limits *l, struct str text, struct errmsg *m)
{
	return csv_each("rate-limits.csv", text,
		"method,path,scope,limit,window_seconds,tier,source", put_own, l, m);
}

/* What a plan does not say of a call is as for everybody else. */
static void fill_plans(struct limits *l)
{
	for (size_t plan = 1; plan < l->plan_count; plan++)
		for (size_t call = 0; call < CALL_COUNT; call++)
			if (l->of[plan][call].count == 0)
				l->of[plan][call] = l->of[0][call];
}

/* --- rate-limit-groups.csv --- */

static enum err put_shared(void *ctx, const struct csv *c, struct errmsg *m)
{
	struct limits *l = ctx;
	struct row r;

	enum err e = read_row(c, 1, &r, m);
	if (e || r.call == CALL_COUNT)
		return e;
	if (!text_is_name(c->fields[0], FAMILY_MAX))
		return csv_say(c, m, "group is not a name");
	e = know_family(l, c->fields[0], &r.limit);
	if (e)
		return err_say(m, e, "%s", err_text(e));

	for (size_t plan = 0; plan < l->plan_count && !e; plan++) {
		struct windows *w = &l->of[plan][r.call];
		struct limit *own = find(w, r.limit.scope, r.limit.length);

		if (!own) {
			e = add(w, &r.limit, c, m);
			continue;
		}
		own->family = r.limit.family;
		if (r.limit.limit < own->limit)
			own->limit = r.limit.limit;
	}
	return e;
}

static enum err read_groups(struct limits *l, struct str text, struct errmsg *m)
{
	return csv_each("rate-limit-groups.csv", text,
		"group,method,path,scope,limit,window_seconds,source", put_shared, l, m);
}

/* --- account-limits.csv --- */

/* The place of a word among `words`; ERR_FORMAT names them. */
static enum err read_word(const struct csv *c, size_t field, const char *title,
	const char *const *words, uint8_t *ret, struct errmsg *m)
{
	char shown[40];

	for (uint8_t i = 0; words[i]; i++)
		if (str_is(c->fields[field], words[i])) {
			*ret = i;
			return ERR_OK;
		}
	return csv_say(c, m, "%s is '%s', not '%s' or '%s'", title,
		text_show(c->fields[field], shown, sizeof(shown)), words[0], words[1]);
}

static enum err read_account_row(const struct csv *c, struct row *r, struct errmsg *m)
{
	static const char *const kinds[] = {"any", "post", "reply", NULL};
	static const uint8_t bits[] = {
		0, 1u << POST_PLAIN | 1u << POST_QUOTE, 1u << POST_REPLY};
	static const char *const accounts[] = {"all", "unverified", NULL};
	uint8_t kind = 0, who = 0;
	int64_t limit, seconds;
	enum err e = read_word(c, 3, "kind", kinds, &kind, m);

	if (!e)
		e = read_word(c, 4, "accounts", accounts, &who, m);
	if (!e)
		e = csv_count(c, 5, "limit", LIMIT_MAX, &limit, m);
	if (!e)
		e = csv_count(c, 6, "window_seconds", LENGTH_MAX, &seconds, m);
	if (e)
		return e;
	*r = (struct row){.call = call_of(c->fields[1], c->fields[2]),
		.limit = {.scope = LIMIT_ACCOUNT,
			.kinds = bits[kind],
			.unverified = who == 1,
			.limit = (uint32_t)limit,
			.length = seconds * USEC_SEC}};
	return ERR_OK;
}

static enum err put_account(void *ctx, const struct csv *c, struct errmsg *m)
{
	struct limits *l = ctx;
	struct row r;
	ASSERT(l);
	enum err e = read_account_row(c, &r, m);

	if (e || r.call == CALL_COUNT)
		return e;
	if (!text_is_name(c->fields[0], FAMILY_MAX))
		return csv_say(c, m, "group is not a name");
	e = know_family(l, c->fields[0], &r.limit);
	if (e)
		return err_say(m, e, "%s", err_text(e));
	for (size_t plan = 0; plan < l->plan_count && !e; plan++)
		e = add(&l->of[plan][r.call], &r.limit, c, m);
	return e;
}

static enum err read_accounts(struct limits *l, struct str text, struct errmsg *m)
{
	return csv_each("account-limits.csv", text,
		"group,method,path,kind,accounts,limit,window_seconds,source", put_account, l,
		m);
}

/* The least of what the calls of a plan say of one window of one family. */
static uint32_t least(struct windows *calls, const struct limit *of)
{
	uint32_t least = of->limit;

	for (size_t i = 0; i < CALL_COUNT; i++) {
		const struct limit *w = find(&calls[i], of->scope, of->length);

		if (w && w->family == of->family && w->limit < least)
			least = w->limit;
	}
	return least;
}

/* What is one counter has one limit. */
static void level(struct limits *l)
{
	for (size_t plan = 0; plan < l->plan_count; plan++)
		for (size_t call = 0; call < CALL_COUNT; call++)
			for (size_t i = 0; i < l->of[plan][call].count; i++) {
				struct limit *w = &l->of[plan][call].at[i];

				w->limit = least(l->of[plan], w);
			}
}

/* --- the whole --- */

enum err limits_parse(struct str rows, struct str groups, struct limits **ret, struct errmsg *m)
{
	AUTO(limits) l = mem_alloc(sizeof(*l));

	if (!l)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	names_init(&l->families, FAMILIES_MAX);
	for (; l->plan_count < COUNT_OF(plans); l->plan_count++)
		(void)snprintf(l->plan_names[l->plan_count], LIMITS_PLAN_MAX, "%s",
			plans[l->plan_count].name);
	enum err e = read_rows(l, rows, m);
	if (e)
		return e;
	fill_plans(l);
	e = read_groups(l, groups, m);
	if (e)
		return e;
	level(l);
	*ret = STEAL(l);
	return ERR_OK;
}

enum err limits_add_accounts(struct limits *l, struct str rows, struct errmsg *m)
{
	return read_accounts(l, rows, m);
}

struct limits *limits_builtin(void)
{
	struct limits *l = NULL;
	enum err e = limits_parse(data_rate_limits, data_rate_limit_groups, &l, NULL);

	if (!e) {
		e = limits_add_accounts(l, data_account_limits, NULL);
		if (e) {
			limits_free(l);
			l = NULL;
		}
	}

	ASSERT(!e || e == ERR_NOMEM);
	return l;
}

void limits_free(struct limits *l)
{
	if (!l)
		return;
	names_done(&l->families);
	mem_free(l);
}

static size_t plan_of(const struct limits *l, const char *name)
{
	size_t plan = plan_named(l, str_of(name));

	return plan == LIMITS_PLANS_MAX ? 0 : plan;
}

bool limits_has_plan(const struct limits *l, struct str plan)
{
	for (size_t i = 0; i < l->plan_count; i++)
		if (str_is(plan, l->plan_names[i]))
			return true;
	return false;
}

size_t limits_of(const struct limits *l, const char *plan, enum call c, struct limit *out)
{
	ASSERT((size_t)c < CALL_COUNT);
	const struct windows *w = &l->of[plan_of(l, plan)][c];

	for (size_t i = 0; i < w->count; i++)
		out[i] = w->at[i];
	return w->count;
}

bool limit_is_spoken_of(const struct limit *l)
{
	return l->own && l->scope == LIMIT_ACCOUNT;
}

bool limit_is_for(const struct limit *l, enum post_kind kind, bool unverified)
{
	return (!l->kinds || l->kinds & 1u << kind) && (!l->unverified || unverified);
}

const char *limits_family(const struct limits *l, uint16_t family)
{
	return names_at(&l->families, family);
}

bool limits_family_find(const struct limits *l, struct str name, uint16_t *ret)
{
	uint32_t number = names_find(&l->families, name);

	if (number == NAMES_NONE)
		return false;
	*ret = (uint16_t)number;
	return true;
}

size_t limits_family_count(const struct limits *l)
{
	return l->families.count;
}
