/* rules.c - which rules an account has: its own settings, its app's, or the defaults */
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "dispatcher/guard/inside.h"
#include "dispatcher/requests/settings.h"

/* clang-format off */
#define SETTINGS(X) \
	X(gap) X(gap_jitter) X(cap_posts) X(cap_replies) X(cap_reposts) X(cap_likes) X(cap_follows) X(cap_dms) \
	X(quiet_hours) X(pacing) X(slots) X(same_text) X(same_text_loose) X(same_text_elsewhere) \
	X(near_text) X(near_text_elsewhere) X(near_text_likeness) X(opt_out) X(one_reply) X(dm_invited)
/* clang-format on */

enum place {
#define X(name) AT_##name,
	SETTINGS(X)
#undef X
		PLACES
};

const struct guard_setting guard_settings[] = {
#define X(name) {OWNER_account_##name, OWNER_app_##name},
	SETTINGS(X)
#undef X
};
const size_t guard_setting_count = PLACES;

/* --- values --- */

static uint32_t app_of(const struct dispatcher *d, uint32_t account)
{
	const struct vault_account *a = vault_account_by_id(d->vault, account);

	return a ? vault_app_at(d->vault, a->app)->id : 0;
}

enum guard_origin guard_value(const struct dispatcher *d, size_t i, uint32_t account,
	int64_t *ret, struct str *ret_text)
{
	const struct guard_default *standard = &d->guard->defaults[i];
	enum owner_key own = guard_settings[i].of_account, app = guard_settings[i].of_app;
	uint32_t app_id = app_of(d, account);

	if (!settings_has(d, own, account) && settings_has(d, app, app_id)) {
		*ret = settings_number(d, app, app_id);
		*ret_text = settings_text(d, app, app_id);
		return GUARD_OF_APP;
	}
	if (!settings_has(d, own, account) && standard->set) {
		*ret = standard->number;
		*ret_text = str_of(standard->text);
		return GUARD_OF_CONF;
	}
	*ret = settings_number(d, own, account);
	*ret_text = settings_text(d, own, account);
	return settings_has(d, own, account) ? GUARD_OF_ACCOUNT : GUARD_STANDARD;
}

static int64_t number(const struct dispatcher *d, enum place i, uint32_t account)
{
	struct str text;
	int64_t n;

	(void)guard_value(d, i, account, &n, &text);
	return n;
}

static struct str text(const struct dispatcher *d, enum place i, uint32_t account)
{
	struct str ret;
	int64_t n;

	(void)guard_value(d, i, account, &n, &ret);
	return ret;
}

/* A cap that is not set is none; 0 is a cap. */
static int32_t cap(const struct dispatcher *d, enum place i, uint32_t account)
{
	struct str set;
	int64_t n;

	(void)guard_value(d, i, account, &n, &set);
	return set.len ? (int32_t)n : PACE_NO_CAP;
}

static void fill_pace(struct dispatcher *d, uint32_t account, struct pace_rules *r)
{
	static const enum place caps[ACT_COUNT] = {
		[ACT_POST] = AT_cap_posts,
		[ACT_REPLY] = AT_cap_replies,
		[ACT_REPOST] = AT_cap_reposts,
		[ACT_LIKE] = AT_cap_likes,
		[ACT_FOLLOW] = AT_cap_follows,
		[ACT_DM] = AT_cap_dms,
	};

	pace_rules_init(r);
	if (zones_get(d->guard->zones, settings_text(d, OWNER_account_tz, account), &r->zone,
		    NULL))
		r->zone = zone_utc(); /* it was checked when it was set: tzdata has changed */
	r->gap = number(d, AT_gap, account);
	r->jitter = number(d, AT_gap_jitter, account);
	r->pacing = (enum pacing)number(d, AT_pacing, account);
	for (int act = 0; act < ACT_COUNT; act++)
		r->caps[act] = cap(d, caps[act], account);
	/* both were checked when they were set */
	(void)!pace_read_quiet(r, text(d, AT_quiet_hours, account), NULL);
	(void)!pace_read_slots(r, text(d, AT_slots, account), NULL);
}

static void fill(struct dispatcher *d, uint32_t account, struct guard_rules *r)
{
	r->text.same = number(d, AT_same_text, account);
	r->text.same_loose = number(d, AT_same_text_loose, account) != 0;
	r->text.elsewhere = number(d, AT_same_text_elsewhere, account);
	r->text.near = number(d, AT_near_text, account);
	r->text.near_elsewhere = number(d, AT_near_text_elsewhere, account);
	r->text.likeness = (int)number(d, AT_near_text_likeness, account);
	r->text.one_reply = number(d, AT_one_reply, account) != 0;
	r->opt_out = number(d, AT_opt_out, account) != 0;
	r->dm_invited = number(d, AT_dm_invited, account) != 0;
	fill_pace(d, account, &r->pace);
}

void guard_changed(struct dispatcher *d)
{
	struct guard *g = d->guard;
	const struct map was = g->rules_by_hash;

	mem_free(g->rules_of);
	g->rules_of = NULL;
	g->rules_of_size = 0;
	slab_done(&g->rules);
	map_done(&g->rules_by_hash);
	map_init(&g->rules_by_hash, was.key_of, was.ctx);
}

/* The slot of rules like r, kept if need be; SLAB_NONE: no memory. */
static uint32_t keep(struct guard *g, struct guard_rules *r)
{
	uint32_t slot;

	r->hash = 0;
	r->hash = text_hash(r, sizeof(*r));
	while ((slot = map_find(&g->rules_by_hash, r->hash)) != MAP_NONE) {
		/* guard_rules_of() zeroes all of it.
		 * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison) */
		if (!memcmp(slab_at(&g->rules, slot), r, sizeof(*r)))
			return slot;
		r->hash++;
	}
	slot = slab_take(&g->rules);
	if (slot == SLAB_NONE)
		return SLAB_NONE;
	memcpy(slab_at(&g->rules, slot), r, sizeof(*r));
	if (map_put(&g->rules_by_hash, slot))
		return slot;
	slab_give(&g->rules, slot);
	return SLAB_NONE;
}

static bool room_for(struct guard *g, uint32_t account)
{
	uint32_t size = g->rules_of_size ? g->rules_of_size : 64;

	while (size <= account)
		size *= 2;
	if (size == g->rules_of_size)
		return true;
	uint32_t *of = mem_grow(g->rules_of, size * sizeof(*of));
	if (!of)
		return false;
	memset(of + g->rules_of_size, 0, (size - g->rules_of_size) * sizeof(*of));
	g->rules_of = of;
	g->rules_of_size = size;
	return true;
}

const struct guard_rules *guard_rules_of(struct dispatcher *d, uint32_t account)
{
	struct guard *g = d->guard;

	if (!room_for(g, account))
		return NULL;
	if (!g->rules_of[account]) {
		struct guard_rules r;

		memset(&r, 0,
			sizeof(r)); /* what lies between the fields, too: it is compared */
		fill(d, account, &r);
		g->rules_of[account] = keep(g, &r) + 1;
	}
	uint32_t slot = g->rules_of[account] - 1;
	return slot == SLAB_NONE ? NULL : slab_at(&g->rules, slot);
}

/* --- checking what is set --- */

enum err guard_check_setting(
	struct dispatcher *d, enum owner_key key, struct str value, struct errmsg *m)
{
	struct pace_rules r;
	const struct zone *zone;
	enum err e = ERR_OK;

	pace_rules_init(&r);
	if (key == OWNER_account_tz)
		e = zones_get(d->guard->zones, value, &zone, m);
	else if (key == OWNER_account_quiet_hours || key == OWNER_app_quiet_hours)
		e = pace_read_quiet(&r, value, m);
	else if (key == OWNER_account_slots || key == OWNER_app_slots)
		e = pace_read_slots(&r, value, m);
	return e ? err_at(m, e, "%s", owner_table[key].name) : ERR_OK;
}

/* Settings as they would be: those of `of_account` and `of_app` are about to change. */
struct changed {
	uint32_t account, app;                        /* 0: no account, only its app */
	const struct wire_value *of_account, *of_app; /* NULL: nothing changes */
};

static struct str would_be(const struct dispatcher *d, enum place i, const struct changed *c)
{
	const struct guard_setting *s = &guard_settings[i];
	const char *name = owner_table[s->of_account].name;
	const struct wire_value *own = c->of_account ? wire_get(c->of_account, name) : NULL;
	const struct wire_value *app = c->of_app ? wire_get(c->of_app, name) : NULL;

	if (own && wire_str(own).len)
		return wire_str(own);
	if (c->account && !own && settings_has(d, s->of_account, c->account))
		return settings_text(d, s->of_account, c->account);
	if (app && wire_str(app).len)
		return wire_str(app);
	if (!app && settings_has(d, s->of_app, c->app))
		return settings_text(d, s->of_app, c->app);
	return str_of(d->guard->defaults[i].set ? d->guard->defaults[i].text
						: owner_table[s->of_app].standard);
}

/* Posts that are to go at named times need such times. */
static enum err check_pacing(
	const struct dispatcher *d, const struct changed *c, struct errmsg *m)
{
	const struct vault_account *a = vault_account_by_id(d->vault, c->account);

	if (!str_is(would_be(d, AT_pacing, c), "slots") || would_be(d, AT_slots, c).len)
		return ERR_OK;
	err_say(m, ERR_INVALID,
		"%s%s would post at the times in `slots`, and has none; set both, such as "
		"--pacing slots --slots '08:30,18:15 mon-fri', or another pacing",
		a ? "account " : "the app", a ? a->name : "");
	return err_at(m, ERR_INVALID, "settings.pacing");
}

enum err guard_check_changes(struct dispatcher *d, enum owner_kind kind, uint32_t owner,
	const struct wire_value *map, struct errmsg *m)
{
	struct changed c = {.account = owner, .app = app_of(d, owner), .of_account = map};
	const struct vault_account *a;

	if (kind == OWNER_agent || (!wire_get(map, "pacing") && !wire_get(map, "slots")))
		return ERR_OK;
	if (kind == OWNER_account)
		return check_pacing(d, &c, m);
	c = (struct changed){.app = owner, .of_app = map};
	enum err e = check_pacing(d, &c, m);
	for (uint32_t i = 0; !e && (a = vault_account_at(d->vault, i)); i++) {
		c.account = a->id;
		if (vault_app_at(d->vault, a->app)->id == owner)
			e = check_pacing(d, &c, m);
	}
	return e;
}

/* --- policy.defaults --- */

/* "name=value" of the list; values hold no blanks, so "_" stands for one. */
static enum err take_default(struct guard *g, struct str part, struct errmsg *m)
{
	const char *equals = memchr(part.at, '=', part.len);
	size_t n = equals ? (size_t)(equals - part.at) : part.len;
	enum owner_key key = owner_find(OWNER_account, (struct str){part.at, n});
	char shown[80], value[400];
	size_t i = 0;

	while (i < guard_setting_count && guard_settings[i].of_account != key)
		i++;
	if (!equals || i == guard_setting_count)
		return err_say(m, ERR_INVALID,
			"policy.defaults: '%s' is no setting of the policy guard; write "
			"name=value, such as gap=90s",
			text_show(part, shown, sizeof(shown)));
	(void)snprintf(value, sizeof(value), "%.*s", (int)(part.len - n - 1), equals + 1);
	for (char *c = value; *c; c++)
		if (*c == '_')
			*c = ' ';
	struct pace_rules scratch;
	pace_rules_init(&scratch);
	enum err e = owner_read(key, str_of(value), &g->defaults[i].number, m);
	if (!e && key == OWNER_account_quiet_hours)
		e = pace_read_quiet(&scratch, str_of(value), m);
	if (!e && key == OWNER_account_slots)
		e = pace_read_slots(&scratch, str_of(value), m);
	if (e)
		return err_wrap(m, e, "policy.defaults: %s", owner_table[key].name);
	g->defaults[i].set = true;
	(void)snprintf(g->defaults[i].text, sizeof(g->defaults[i].text), "%s", value);
	return ERR_OK;
}

enum err guard_read_defaults(struct guard *g, struct str list, struct errmsg *m)
{
	g->defaults = mem_array(guard_setting_count, sizeof(*g->defaults));
	if (!g->defaults)
		return ERR_NOMEM;
	for (size_t at = 0; at < list.len;) {
		size_t n = 0;

		while (at + n < list.len && list.at[at + n] != ' ')
			n++;
		enum err e = n ? take_default(g, (struct str){list.at + at, n}, m) : ERR_OK;
		if (e)
			return e;
		at += n + 1;
	}
	if (str_is(str_of(g->defaults[AT_pacing].text), "slots") && !g->defaults[AT_slots].set)
		return err_say(m, ERR_INVALID,
			"policy.defaults: pacing=slots needs times: add "
			"slots=08:30,18:15_mon-fri");
	return ERR_OK;
}
