#include "dispatcher/requests/settings.h"

#include <stdio.h>

#include "common/base/log.h"
#include "common/base/map.h"
#include "common/base/mem.h"
#include "common/base/slab.h"
#include "common/wire/write.h"
#include "dispatcher/access/access.h"
#include "dispatcher/accounts.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/entitle.h"
#include "dispatcher/guard/guard.h"
#include "dispatcher/money.h"
#include "dispatcher/requests/agent.h"
#include "dispatcher/requests/pause.h"

#define SETTINGS_MAX 10000000                  /* held at once */
#define HOW_MAX      ((size_t)2 * 1024 * 1024) /* bytes of one request's settings */

/* One that is set. */
struct kept {
	uint32_t owner;
	uint16_t key;
	int64_t number; /* what owner_read() makes of the text */
	char *text;     /* owned */
};

struct settings {
	struct slab slab; /* struct kept */
	struct map map;
};

/* --- what is held --- */

static uint64_t name_of(enum owner_key key, uint32_t owner)
{
	return (uint64_t)owner << 16 | (uint64_t)key;
}

static uint64_t key_of(const void *ctx, uint32_t slot)
{
	const struct settings *s = ctx;
	const struct kept *k = slab_at(&s->slab, slot);

	return name_of((enum owner_key)k->key, k->owner);
}

static struct kept *find(const struct settings *s, enum owner_key key, uint32_t owner)
{
	uint32_t slot = map_find(&s->map, name_of(key, owner));

	return slot == MAP_NONE ? NULL : slab_at(&s->slab, slot);
}

struct settings *settings_new(void)
{
	struct settings *s = mem_alloc(sizeof(*s));

	if (!s)
		return NULL;
	slab_init(&s->slab, sizeof(struct kept));
	map_init(&s->map, key_of, s);
	return s;
}

static void forget_all(struct settings *s)
{
	uint32_t at = 0, slot;

	while ((slot = map_next(&s->map, &at)) != MAP_NONE)
		mem_free(((struct kept *)slab_at(&s->slab, slot))->text);
	map_done(&s->map);
	slab_done(&s->slab);
	slab_init(&s->slab, sizeof(struct kept));
	map_init(&s->map, key_of, s);
}

void settings_free(struct settings *s)
{
	if (!s)
		return;
	forget_all(s);
	map_done(&s->map);
	slab_done(&s->slab);
	mem_free(s);
}

static void drop(struct settings *s, enum owner_key key, uint32_t owner)
{
	uint32_t slot = map_remove(&s->map, name_of(key, owner));

	if (slot == MAP_NONE)
		return;
	mem_free(((struct kept *)slab_at(&s->slab, slot))->text);
	slab_give(&s->slab, slot);
}

static enum err hold(
	struct settings *s, enum owner_key key, uint32_t owner, struct str text, int64_t number)
{
	if (s->map.count == SETTINGS_MAX)
		return ERR_QUOTA;
	char *copy = mem_dup(text.at, text.len);
	uint32_t slot = copy ? slab_take(&s->slab) : SLAB_NONE;
	if (slot == SLAB_NONE) {
		mem_free(copy);
		return ERR_NOMEM;
	}
	drop(s, key, owner);
	*(struct kept *)slab_at(&s->slab, slot) = (struct kept){
		.owner = owner, .key = (uint16_t)key, .number = number, .text = copy};
	if (map_put(&s->map, slot))
		return ERR_OK;
	mem_free(copy);
	slab_give(&s->slab, slot);
	return ERR_NOMEM;
}

bool settings_has(const struct dispatcher *d, enum owner_key key, uint32_t owner)
{
	return find(d->settings, key, owner) != NULL;
}

int64_t settings_number(const struct dispatcher *d, enum owner_key key, uint32_t owner)
{
	const struct kept *k = find(d->settings, key, owner);

	return k ? k->number : owner_standard(key);
}

struct str settings_text(const struct dispatcher *d, enum owner_key key, uint32_t owner)
{
	const struct kept *k = find(d->settings, key, owner);

	return str_of(k ? k->text : owner_table[key].standard);
}

static void put_value(struct buf *out, enum owner_key key, const struct kept *k)
{
	switch (owner_table[key].type) {
	case OWNER_TYPE_BOOL:
		wire_put_bool(out, k->number != 0);
		return;
	case OWNER_TYPE_INT:
	case OWNER_TYPE_MONEY:
		wire_put_int(out, k->number);
		return;
	case OWNER_TYPE_DURATION:
	case OWNER_TYPE_WORD:
	case OWNER_TYPE_TEXT:
		break;
	}
	wire_put_text(out, k->text);
}

void settings_put(
	const struct dispatcher *d, enum owner_kind kind, uint32_t owner, struct buf *out)
{
	size_t mark = wire_map_later(out);
	uint32_t count = 0;

	for (int i = 0; i < OWNER_KEY_COUNT; i++) {
		enum owner_key key = (enum owner_key)i;
		const struct kept *k =
			owner_table[i].kind == kind ? find(d->settings, key, owner) : NULL;

		if (!k)
			continue;
		wire_put_text(out, owner_table[i].name);
		put_value(out, key, k);
		count++;
	}
	wire_map_end(out, mark, count);
}

/* --- from the store --- */

struct loading {
	struct dispatcher *d;
	enum err err;
	struct errmsg *m;
};

static void load_one(void *ctx, const struct setting_row *r)
{
	struct loading *l = ctx;
	enum owner_key key = r->kind < OWNER_KIND_COUNT
				     ? owner_find((enum owner_kind)r->kind, r->name)
				     : OWNER_KEY_COUNT;
	int64_t number;
	struct errmsg why;

	if (l->err || r->kind == PAUSE_KIND || r->kind >= SETTING_GUARD)
		return;
	if (key == OWNER_KEY_COUNT)
		err_say(&why, ERR_INVALID, "this version has no such setting");
	if (key == OWNER_KEY_COUNT || owner_read(key, r->value, &number, &why)) {
		log_event(LOG_CONFIG, "setting=%.*s owner=%u ignored=\"%s\"", STR_ARG(r->name),
			r->owner, why.text);
		return;
	}
	l->err = hold(l->d->settings, key, r->owner, r->value, number);
}

enum err settings_load(struct dispatcher *d, struct errmsg *m)
{
	struct loading l = {.d = d, .m = m};

	forget_all(d->settings);
	enum err e = store_each_setting(d->store, load_one, &l);
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	return l.err ? err_say(m, l.err, "settings: %s", err_text(l.err)) : ERR_OK;
}

/* --- requests --- */

/* One setting of a request: its key, and its value as owner_read() takes it. */
struct change {
	enum owner_key key;
	struct str text; /* empty: back to the default */
	int64_t number;
	char digits[24];
};

/* A value of the wire as text; false when it is of another type than the setting wants. */
static bool as_text(enum owner_type type, const struct wire_value *v, struct change *c)
{
	bool number = type == OWNER_TYPE_INT || type == OWNER_TYPE_MONEY;
	enum wire_type wants = type == OWNER_TYPE_BOOL ? WIRE_BOOL
			       : number                ? WIRE_INT
						       : WIRE_STR;

	if (wire_type(v) != wants)
		return false;
	if (wants == WIRE_STR)
		c->text = wire_str(v);
	else if (wants == WIRE_BOOL)
		c->text = str_of(wire_bool(v) ? "true" : "false");
	else
		(void)snprintf(c->digits, sizeof(c->digits), "%lld", (long long)wire_int(v));
	if (wants == WIRE_INT)
		c->text = str_of(c->digits);
	return true;
}

static enum err read_change(struct dispatcher *d, enum owner_kind kind,
	const struct wire_value *map, uint32_t i, struct change *ret, struct errmsg *m)
{
	const struct wire_value *v = wire_at(map, i);
	struct str name = wire_key(map, i);
	char shown[80];

	*ret = (struct change){.key = owner_find(kind, name)};
	if (ret->key == OWNER_KEY_COUNT) {
		err_say(m, ERR_INVALID,
			"there is no such setting; `roost %s set --help` lists them",
			owner_kind_name(kind));
		return err_at(
			m, ERR_INVALID, "settings.%s", text_show(name, shown, sizeof(shown)));
	}
	if (wire_type(v) == WIRE_NIL)
		return ERR_OK;
	enum err e = ERR_OK;
	if (!as_text(owner_table[ret->key].type, v, ret)) {
		e = err_say(m, ERR_INVALID, "must be %s, not %s",
			owner_type_words(owner_table[ret->key].type),
			wire_type_name(wire_type(v)));
		e = err_at(m, e, "%s", owner_table[ret->key].name);
	}
	if (!e && ret->text.len)
		e = owner_read(ret->key, ret->text, &ret->number, m);
	if (!e && ret->text.len)
		e = guard_check_setting(d, ret->key, ret->text, m);
	return e ? err_at(m, e, "settings") : ERR_OK;
}

/* Whether every setting of the map may be set. */
static enum err check_changes(struct dispatcher *d, enum owner_kind kind, uint32_t owner,
	const struct wire_value *map, struct errmsg *m)
{
	struct change c;
	enum err e = ERR_OK;

	for (uint32_t i = 0; !e && i < wire_count(map); i++)
		e = read_change(d, kind, map, i, &c, m);
	return e || !map ? e : guard_check_changes(d, kind, owner, map, m);
}

static enum err apply(struct dispatcher *d, uint32_t owner, const struct change *c)
{
	const struct owner_setting *s = &owner_table[c->key];
	struct setting_row row = {.kind = (uint8_t)s->kind,
		.owner = owner,
		.name = str_of(s->name),
		.value = c->text};

	if (!turn_write(d) || turn_fail(d, store_put_setting(d->store, &row), NULL))
		return d->failed;
	if (c->text.len)
		return turn_fail(d, hold(d->settings, c->key, owner, c->text, c->number), NULL);
	drop(d->settings, c->key, owner);
	return ERR_OK;
}

/* Changes settings that were checked, and adds them to `how`. A failure is the turn's. */
static void apply_changes(struct dispatcher *d, enum owner_kind kind, uint32_t owner,
	const struct wire_value *map, struct buf *how)
{
	struct change c;

	for (uint32_t i = 0; i < wire_count(map); i++) {
		if (read_change(d, kind, map, i, &c, NULL) || apply(d, owner, &c))
			break;
		buf_fmt(how, "%s%s=%.*s", how->len ? " " : "", owner_table[c.key].name,
			STR_ARG(c.text));
	}
	guard_changed(d);
}

void settings_forget(struct dispatcher *d, enum owner_kind kind, uint32_t owner)
{
	for (int i = 0; i < OWNER_KEY_COUNT; i++) {
		struct change c = {.key = (enum owner_key)i};

		if (owner_table[i].kind == kind && find(d->settings, c.key, owner))
			(void)apply(d, owner, &c);
	}
}

/* Settings of one owner, being changed by a request. */
struct setting {
	uint32_t agent; /* who changes them */
	enum owner_kind kind;
	const char *name;
	uint32_t owner;
	struct buf how; /* for the audit log */
};

static struct setting setting_of(
	uint32_t agent, enum owner_kind kind, const char *name, uint32_t owner)
{
	struct setting s = {.agent = agent, .kind = kind, .name = name, .owner = owner};

	buf_init(&s.how, HOW_MAX);
	return s;
}

static void answer(struct dispatcher *d, const struct request *r, struct setting *s)
{
	enum owner_kind kind = s->kind;
	const char *name = s->name;
	char what[32];
	struct answer a;

	(void)snprintf(what, sizeof(what), "%s.set", owner_kind_name(kind));
	audit_note_buf(d, s->agent, what, whom_of(owner_kind_name(kind), name), &s->how);
	buf_done(&s->how);
	log_event(LOG_ACCOUNT, "%s=%s settings=changed", owner_kind_name(kind), name);
	answer_open(&a, d->outbox, r, true);
	answer_text(&a, owner_kind_name(kind), name);
	settings_put(d, kind, s->owner, answer_key(&a, "settings"));
	answer_close(&a);
	turn_orders(d);
}

static enum err no_such(enum owner_kind kind, struct str name, struct errmsg *m)
{
	char shown[80];

	err_say(m, ERR_NOT_FOUND, "there is no %s '%s'; `roost %s list` shows those there are",
		owner_kind_name(kind), text_show(name, shown, sizeof(shown)),
		owner_kind_name(kind));
	return err_at(m, ERR_NOT_FOUND, "name");
}

void settings_app_set(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_app_set in = {0};
	struct vault_app *app = NULL;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_APP_SET, &in, &m);
	if (!e && !(app = vault_app_named(d->vault, in.name)))
		e = no_such(OWNER_app, in.name, &m);
	if (!e && in.plan.len)
		e = accounts_check_plan(d, in.plan, &m);
	if (!e && app)
		e = check_changes(d, OWNER_app, app->id, in.settings, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	ASSERT(app);
	struct setting s = setting_of(agent, OWNER_app, app->name, app->id);
	if (in.plan.len)
		buf_fmt(&s.how, "plan=%.*s", STR_ARG(in.plan));
	if (in.forget_refusals)
		buf_fmt(&s.how, "%sforget_refusals", s.how.len ? " " : "");
	apply_changes(d, OWNER_app, app->id, in.settings, &s.how);
	if (in.forget_refusals)
		entitle_forget(d, app->id);
	accounts_app_changed(d, app, in.plan);
	money_tell(d, LEDGER_APP, app->id);
	money_tell_owners(d, app);
	answer(d, r, &s);
}

void settings_account_set(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_owner_set in = {0};
	struct vault_account *account = NULL;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_ACCOUNT_SET, &in, &m);
	if (!e && !(account = vault_account_named(d->vault, in.name)))
		e = no_such(OWNER_account, in.name, &m);
	if (!e && account)
		e = check_changes(d, OWNER_account, account->id, in.settings, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	ASSERT(account);
	struct setting s = setting_of(agent, OWNER_account, account->name, account->id);
	apply_changes(d, OWNER_account, account->id, in.settings, &s.how);
	accounts_changed(d, account);
	money_tell(d, LEDGER_ACCOUNT, account->id);
	answer(d, r, &s);
}

/* An agent is known by its name, also before it said anything. */
void settings_agent_set(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_owner_set in = {0};
	struct errmsg m;
	uint32_t number;

	enum err e = message_read(r->root, MSG_AGENT_SET, &in, &m);
	if (!e)
		e = check_changes(d, OWNER_agent, 0, in.settings, &m);
	if (!e)
		e = agent_know(d, in.name, &number, &m);
	if (e) {
		answer_error(d->outbox, r, e, &m);
		return;
	}
	uint32_t id = d->agent_table[number].id;
	struct setting s =
		setting_of(agent, OWNER_agent, names_at(&d->agent_names, number), id);
	apply_changes(d, OWNER_agent, id, in.settings, &s.how);
	money_tell(d, LEDGER_AGENT, id);
	answer(d, r, &s);
}

void settings_agent_list(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct answer a;

	(void)agent;
	answer_open(&a, d->outbox, r, true);
	struct buf *out = answer_key(&a, "agents");
	wire_put_array(out, d->agent_names.count);
	for (uint32_t i = 0; i < d->agent_names.count; i++) {
		size_t mark = wire_map_later(out);

		wire_pair_text(out, "name", names_at(&d->agent_names, i));
		uint32_t pairs = 2 + access_put_agent(d, i, out);
		wire_put_text(out, "settings");
		settings_put(d, OWNER_agent, d->agent_table[i].id, out);
		wire_map_end(out, mark, pairs);
	}
	answer_close(&a);
}
