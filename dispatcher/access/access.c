#include "dispatcher/access/access.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/wire/write.h"
#include "dispatcher/access/rights.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/money.h"
#include "dispatcher/requests/agent.h"
#include "dispatcher/requests/settings.h"

#define OWNER       1 /* of every row of ACCESS_WORKER */
#define ROW_STATE   "state"
#define ROW_KEY     "key"
#define ROW_TODAY   "today"
#define ROW_GRANT   "may:" /* and the grant */
#define LOG_AT_MOST USEC_SEC

/* What is known of one agent, by its number. */
struct rights {
	bool bound, off;
	char key[CURVE_TEXT];
	struct grant *grants; /* owned */
	uint32_t grant_count;
	int64_t day, jobs; /* brought on that day, while it has a limit */
	usec_t logged_at;  /* mono: when a refusal was last logged */
};

struct hand {
	char key[CURVE_TEXT]; /* "": forgotten */
	bool on;
};

/* Whose a key is. */
struct holder {
	bool known, is_worker;
	uint32_t number;
};

struct access {
	struct rights *agents; /* by number */
	uint32_t agents_size;
	struct names worker_names;
	struct hand *workers; /* by number */
	uint32_t workers_size;
	struct names keys;
	struct holder *holders; /* by the number of a key */
	uint32_t holders_size;
	uint64_t refused;
	usec_t logged_at;  /* mono: when a key that was not admitted was last logged */
	uint64_t unlogged; /* since then */
};

/* --- what is held --- */

static void *room(void *table, uint32_t *size, uint32_t number, size_t each)
{
	if (number < *size)
		return table;
	uint32_t bigger = number * 2 + 16;
	char *grown = mem_grow(table, bigger * each);

	if (!grown)
		return NULL;
	memset(grown + *size * each, 0, (bigger - *size) * each);
	*size = bigger;
	return grown;
}

/* The rights of an agent, to be changed; NULL: no memory. */
static struct rights *rights_of(struct access *a, uint32_t agent)
{
	void *table = room(a->agents, &a->agents_size, agent, sizeof(*a->agents));

	if (!table)
		return NULL;
	a->agents = table;
	return &a->agents[agent];
}

static const struct rights *look(const struct dispatcher *d, uint32_t agent)
{
	static const struct rights none;
	const struct access *a = d->access;

	return agent < a->agents_size ? &a->agents[agent] : &none;
}

static void forget_all(struct access *a)
{
	for (uint32_t i = 0; i < a->agents_size; i++) {
		mem_free(a->agents[i].grants);
		a->agents[i] = (struct rights){0};
	}
	for (uint32_t i = 0; i < a->workers_size; i++)
		a->workers[i] = (struct hand){0};
	for (uint32_t i = 0; i < a->holders_size; i++)
		a->holders[i] = (struct holder){0};
}

struct access *access_new(void)
{
	struct access *a = mem_alloc(sizeof(*a));

	if (!a)
		return NULL;
	names_init(&a->worker_names, ACCESS_WORKERS_MAX);
	names_init(&a->keys, ACCESS_KEYS_MAX);
	return a;
}

void access_free(struct access *a)
{
	if (!a)
		return;
	forget_all(a);
	names_done(&a->worker_names);
	names_done(&a->keys);
	mem_free(a->agents);
	mem_free(a->workers);
	mem_free(a->holders);
	mem_free(a);
}

static const struct holder *holder_of(const struct access *a, struct str key)
{
	uint32_t at = names_find(&a->keys, key);

	if (at == NAMES_NONE || at >= a->holders_size || !a->holders[at].known)
		return NULL;
	return &a->holders[at];
}

bool access_is_taken(const struct dispatcher *d, struct str key)
{
	return holder_of(d->access, key) != NULL;
}

/* Exchanges the key `old` (or "") of an owner for another (or ""). */
static enum err hold_key(
	struct access *a, char old[CURVE_TEXT], struct str key, struct holder owner)
{
	uint32_t at = names_find(&a->keys, str_of(old));

	if (old[0] && at != NAMES_NONE)
		a->holders[at].known = false;
	old[0] = 0;
	if (key.len == 0)
		return ERR_OK;
	enum err e = names_know(&a->keys, key, &at);
	void *table = e ? NULL : room(a->holders, &a->holders_size, at, sizeof(*a->holders));
	if (!table)
		return e ? e : ERR_NOMEM;
	a->holders = table;
	owner.known = true;
	a->holders[at] = owner;
	(void)snprintf(old, CURVE_TEXT, "%.*s", STR_ARG(key));
	return ERR_OK;
}

static enum err hold_agent_key(struct access *a, uint32_t agent, struct str key)
{
	struct rights *r = rights_of(a, agent);

	return r ? hold_key(a, r->key, key, (struct holder){.number = agent}) : ERR_NOMEM;
}

static enum err hold_worker(struct access *a, struct str name, struct str key, bool on)
{
	uint32_t number;
	enum err e = names_know(&a->worker_names, name, &number);
	void *table =
		e ? NULL : room(a->workers, &a->workers_size, number, sizeof(*a->workers));

	if (!table)
		return e ? e : ERR_NOMEM;
	a->workers = table;
	a->workers[number].on = on;
	return hold_key(a, a->workers[number].key, key,
		(struct holder){.is_worker = true, .number = number});
}

static struct grant *find_grant(const struct rights *r, const struct grant *g)
{
	for (uint32_t i = 0; i < r->grant_count; i++)
		if (grant_equal(&r->grants[i], g))
			return &r->grants[i];
	return NULL;
}

/* ERR_QUOTA, ERR_NOMEM. */
static enum err hold_grant(struct access *a, uint32_t agent, const struct grant *g)
{
	struct rights *r = rights_of(a, agent);
	struct grant *there = r ? find_grant(r, g) : NULL;

	if (there) {
		*there = *g;
		return ERR_OK;
	}
	if (r && r->grant_count == ACCESS_GRANTS_MAX)
		return ERR_QUOTA;
	struct grant *grown =
		r ? mem_grow(r->grants, (r->grant_count + 1) * sizeof(*grown)) : NULL;
	if (!grown)
		return ERR_NOMEM;
	r->grants = grown;
	r->grants[r->grant_count++] = *g;
	return ERR_OK;
}

/* --- from the store --- */

struct loading {
	struct dispatcher *d;
	enum err err;
};

static enum err load_worker(struct dispatcher *d, const struct setting_row *r)
{
	bool on = str_has_prefix(r->value, "on ");
	struct str key = {r->value.at + (on ? 3 : 4), r->value.len - (on ? 3 : 4)};

	return r->value.len < 4 ? ERR_OK : hold_worker(d->access, r->name, key, on);
}

static enum err load_grant(
	struct dispatcher *d, uint32_t agent, struct str text, const struct setting_row *r)
{
	struct grant g;

	if (grant_read(text, str_is(r->value, "hold"), &g, NULL)) {
		log_event(LOG_CONFIG, "grant=%.*s ignored=\"this version has no such one\"",
			STR_ARG(text));
		return ERR_OK;
	}
	return hold_grant(d->access, agent, &g);
}

/* "DAY JOBS" */
static void load_today(struct rights *rights, struct str value)
{
	const char *blank = memchr(value.at, ' ', value.len);
	size_t n = blank ? (size_t)(blank - value.at) : 0;

	if (!n || text_to_int((struct str){value.at, n}, 0, INT32_MAX, &rights->day) ||
		text_to_int((struct str){blank + 1, value.len - n - 1}, 0, INT64_MAX,
			&rights->jobs))
		rights->day = rights->jobs = 0;
}

static enum err load_agent(struct dispatcher *d, const struct setting_row *r)
{
	uint32_t agent = r->owner < d->agent_by_id_size ? d->agent_by_id[r->owner] : NAMES_NONE;
	struct rights *rights = agent == NAMES_NONE ? NULL : rights_of(d->access, agent);
	size_t n = strlen(ROW_GRANT);

	if (!rights)
		return agent == NAMES_NONE ? ERR_OK : ERR_NOMEM;
	if (str_has_prefix(r->name, ROW_GRANT))
		return load_grant(d, agent, (struct str){r->name.at + n, r->name.len - n}, r);
	if (str_is(r->name, ROW_KEY))
		return hold_agent_key(d->access, agent, r->value);
	if (str_is(r->name, ROW_TODAY))
		load_today(rights, r->value);
	if (str_is(r->name, ROW_STATE)) {
		rights->bound = true;
		rights->off = !str_is(r->value, "on");
	}
	return ERR_OK;
}

static void load_one(void *ctx, const struct setting_row *r)
{
	struct loading *l = ctx;

	if (!l->err && r->kind == ACCESS_WORKER)
		l->err = load_worker(l->d, r);
	else if (!l->err && r->kind == ACCESS_AGENT)
		l->err = load_agent(l->d, r);
}

enum err access_load(struct dispatcher *d, struct errmsg *m)
{
	struct loading l = {.d = d};

	forget_all(d->access);
	enum err e = store_each_setting(d->store, load_one, &l);
	if (e)
		return err_say(m, e, "%s", store_words(d->store));
	return l.err ? err_say(m, l.err, "keys and grants: %s", err_text(l.err)) : ERR_OK;
}

/* --- questions --- */

bool access_is_bound(const struct dispatcher *d, uint32_t agent)
{
	return agent != NAMES_NONE && look(d, agent)->bound;
}

bool access_is_off(const struct dispatcher *d, uint32_t agent)
{
	return agent != NAMES_NONE && look(d, agent)->off;
}

/* Logs that a key was not admitted, at most once a second: keys can be made up by the thousand.
 */
static void log_turned_away(struct dispatcher *d, const struct access_caller *c)
{
	struct access *a = d->access;

	if (a->logged_at && d->now.mono - a->logged_at < LOG_AT_MOST) {
		a->unlogged++;
		return;
	}
	log_event(LOG_PEER_REFUSED,
		"socket=%.*s key=%.*s address=%s before=%llu words=\"this key is not "
		"admitted\"",
		STR_ARG(c->socket), STR_ARG(c->key), c->from, (unsigned long long)a->unlogged);
	a->logged_at = d->now.mono;
	a->unlogged = 0;
}

/* `h`: whose the key is, or NULL. */
static void turn_away(struct dispatcher *d, const struct holder *h, struct str socket,
	struct str key, struct str address)
{
	char from[60];
	struct access_caller c = {.agent = h && !h->is_worker ? h->number : AUDIT_ROOST,
		.stranger = !h,
		.key = key,
		.socket = socket,
		.from = text_show(address, from, sizeof(from))};

	d->access->refused++;
	if (d->proving)
		return; /* the stranger is we ourselves */
	d->now = loop_now(d->loop);
	log_turned_away(d, &c);
	access_denied_key(d, &c);
}

bool access_admits(void *ctx, struct str domain, struct str key, struct str address)
{
	struct dispatcher *d = ctx;
	const struct holder *h = holder_of(d->access, key);
	bool worker = str_is(domain, WORKERS_DOMAIN);
	bool good = h && h->is_worker == worker &&
		    (worker ? d->access->workers[h->number].on : !access_is_off(d, h->number));

	if (!good)
		turn_away(d, h, domain, key, address);
	return good;
}

const char *access_worker(const struct dispatcher *d, const char *key)
{
	const struct holder *h = holder_of(d->access, str_of(key));

	if (!h || !h->is_worker || !d->access->workers[h->number].on)
		return NULL;
	return names_at(&d->access->worker_names, h->number);
}

bool access_sees(const struct dispatcher *d, uint32_t agent, const char *account)
{
	const struct rights *r = look(d, agent);

	if (!access_is_bound(d, agent))
		return true;
	for (uint32_t i = 0; i < r->grant_count; i++)
		if (!r->grants[i].account[0] || strcmp(r->grants[i].account, account) == 0)
			return true;
	return false;
}

enum err access_may(const struct dispatcher *d, uint32_t agent, const char *capability,
	struct str account, bool *ret_hold, struct errmsg *m)
{
	const struct rights *r = look(d, agent);
	bool granted = !access_is_bound(d, agent);
	char shown[80];

	*ret_hold = false;
	for (uint32_t i = 0; r->bound && i < r->grant_count; i++) {
		if (!grant_covers(&r->grants[i], capability, account))
			continue;
		granted = true;
		*ret_hold |= r->grants[i].hold;
	}
	if (granted)
		return ERR_OK;
	text_show(account, shown, sizeof(shown));
	return err_say(m, ERR_DENIED,
		"agent '%s' has no %s on account '%s'; an administrator can give it: roost "
		"agent allow %s %s@%s",
		names_at(&d->agent_names, agent), capability, shown,
		names_at(&d->agent_names, agent), capability, shown);
}

uint64_t access_refused(const struct dispatcher *d)
{
	return d->access->refused;
}

/* --- jobs a day --- */

static int64_t today(const struct dispatcher *d)
{
	return d->now.wall / USEC_DAY;
}

static bool has_limit(const struct dispatcher *d, uint32_t agent)
{
	return settings_has(d, OWNER_agent_jobs_day, d->agent_table[agent].id);
}

int64_t access_jobs_left(const struct dispatcher *d, uint32_t agent)
{
	const struct rights *r = look(d, agent);

	if (!has_limit(d, agent))
		return INT64_MAX;
	int64_t most = settings_number(d, OWNER_agent_jobs_day, d->agent_table[agent].id);
	int64_t left = r->day == today(d) ? most - r->jobs : most;
	return left > 0 ? left : 0;
}

/* --- changes --- */

static void keep(struct dispatcher *d, uint32_t agent, const char *name, const char *value)
{
	struct setting_row row = {.kind = ACCESS_AGENT,
		.owner = d->agent_table[agent].id,
		.name = str_of(name),
		.value = str_of(value)};

	if (turn_write(d))
		turn_fail(d, store_put_setting(d->store, &row), NULL);
}

void access_count_jobs(struct dispatcher *d, uint32_t agent, int64_t jobs)
{
	struct rights *r = has_limit(d, agent) ? rights_of(d->access, agent) : NULL;
	char text[48];

	if (!r || jobs == 0)
		return;
	r->jobs = r->day == today(d) ? r->jobs + jobs : jobs;
	r->day = today(d);
	(void)snprintf(text, sizeof(text), "%lld %lld", (long long)r->day, (long long)r->jobs);
	keep(d, agent, ROW_TODAY, text);
}

void access_bind(struct dispatcher *d, uint32_t agent, struct str key)
{
	struct rights *r = rights_of(d->access, agent);

	if (!r) {
		turn_fail(d, ERR_NOMEM, NULL);
		return;
	}
	r->bound = true;
	access_switch(d, agent, true);
	if (key.len == 0)
		return;
	turn_fail(d, hold_agent_key(d->access, agent, key), NULL);
	keep(d, agent, ROW_KEY, look(d, agent)->key);
}

void access_switch(struct dispatcher *d, uint32_t agent, bool on)
{
	struct rights *r = rights_of(d->access, agent);

	ASSERT(r && r->bound);
	r->off = !on;
	keep(d, agent, ROW_STATE, on ? "on" : "off");
	if (!d->failed)
		money_tell(d, LEDGER_AGENT, d->agent_table[agent].id);
}

void access_forget(struct dispatcher *d, uint32_t agent)
{
	struct rights *r = rights_of(d->access, agent);

	ASSERT(r && r->bound);
	while (r->grant_count) {
		struct grant g = r->grants[r->grant_count - 1];

		(void)access_deny(d, agent, &g);
	}
	(void)hold_agent_key(d->access, agent, str_of(""));
	keep(d, agent, ROW_KEY, "");
	access_switch(d, agent, false);
}

static const char *grant_row(const struct grant *g, char out[GRANT_TEXT_MAX + 8])
{
	char text[GRANT_TEXT_MAX];

	(void)snprintf(out, GRANT_TEXT_MAX + 8, ROW_GRANT "%s", grant_write(g, text));
	return out;
}

bool access_grant(struct dispatcher *d, uint32_t agent, const struct grant *g)
{
	char name[GRANT_TEXT_MAX + 8];
	enum err e = hold_grant(d->access, agent, g);

	if (e == ERR_QUOTA)
		return false;
	turn_fail(d, e, NULL);
	keep(d, agent, grant_row(g, name), g->hold ? "hold" : "go");
	return true;
}

bool access_has(const struct dispatcher *d, uint32_t agent, const struct grant *g)
{
	return find_grant(look(d, agent), g) != NULL;
}

bool access_deny(struct dispatcher *d, uint32_t agent, const struct grant *g)
{
	struct rights *r = rights_of(d->access, agent);
	struct grant *there = r ? find_grant(r, g) : NULL;
	char name[GRANT_TEXT_MAX + 8];

	if (!there)
		return false;
	keep(d, agent, grant_row(g, name), "");
	*there = r->grants[--r->grant_count];
	return true;
}

static void keep_worker(struct dispatcher *d, struct str name, const char *value)
{
	struct setting_row row = {
		.kind = ACCESS_WORKER, .owner = OWNER, .name = name, .value = str_of(value)};

	if (turn_write(d))
		turn_fail(d, store_put_setting(d->store, &row), NULL);
}

enum err access_set_worker(struct dispatcher *d, struct str name, struct str key, bool on)
{
	char value[CURVE_TEXT + 8];
	enum err e = hold_worker(d->access, name, key, on);

	if (e)
		return e;
	(void)snprintf(value, sizeof(value), "%s %.*s", on ? "on" : "off", STR_ARG(key));
	keep_worker(d, name, value);
	return ERR_OK;
}

bool access_forget_worker(struct dispatcher *d, struct str name)
{
	uint32_t number = names_find(&d->access->worker_names, name);

	if (number == NAMES_NONE || !d->access->workers[number].key[0])
		return false;
	(void)hold_worker(d->access, name, str_of(""), false);
	keep_worker(d, name, "");
	return true;
}

/* --- lists --- */

uint32_t access_put_agent(const struct dispatcher *d, uint32_t agent, struct buf *out)
{
	const struct rights *r = look(d, agent);
	char text[GRANT_TEXT_MAX + 8];

	wire_pair_text(out, "state", !r->bound ? "open" : r->off ? "disabled" : "enabled");
	wire_pair_text(out, "key", r->key[0] ? r->key : NULL);
	wire_put_text(out, "grants");
	wire_put_array(out, r->grant_count);
	for (uint32_t i = 0; i < r->grant_count; i++) {
		char grant[GRANT_TEXT_MAX];

		(void)snprintf(text, sizeof(text), "%s%s", grant_write(&r->grants[i], grant),
			r->grants[i].hold ? " (hold)" : "");
		wire_put_text(out, text);
	}
	return 3;
}

bool access_worker_at(const struct dispatcher *d, uint32_t number, struct access_worker *ret)
{
	const struct access *a = d->access;

	if (number >= a->worker_names.count)
		return false;
	*ret = (struct access_worker){.name = names_at(&a->worker_names, number),
		.key = number < a->workers_size ? a->workers[number].key : "",
		.on = number < a->workers_size && a->workers[number].on};
	return true;
}

/* --- who speaks --- */

/* The agent of a key. */
static enum err by_key(
	struct dispatcher *d, const struct request *r, uint32_t *ret, struct errmsg *m)
{
	const struct holder *h = holder_of(d->access, str_of(r->key));

	if (!h || h->is_worker)
		return err_say(m, ERR_DENIED,
			"this key is not admitted any more; an administrator gives another "
			"with `roost agent key NAME`");
	*ret = h->number;
	if (r->head.agent.len && !str_is(r->head.agent, names_at(&d->agent_names, h->number))) {
		err_say(m, ERR_DENIED, "the key says who speaks: leave `agent` out");
		return err_at(m, ERR_DENIED, "agent");
	}
	if (zpeer_is_generated(&r->peer))
		return ERR_OK;
	return err_say(m, ERR_DENIED,
		"the socket has a routing id of its own choice, which another could take "
		"over; leave it to ZeroMQ");
}

uint32_t access_sender(const struct dispatcher *d, const struct request *r)
{
	const struct holder *h = r->key[0] ? holder_of(d->access, str_of(r->key)) : NULL;

	if (r->key[0])
		return h && !h->is_worker ? h->number : NAMES_NONE;
	return names_find(
		&d->agent_names, r->head.agent.len ? r->head.agent : str_of("default"));
}

/* A refusal is logged at most once a second for each agent. */
static void note_refusal(
	struct dispatcher *d, const struct request *r, uint32_t agent, const struct errmsg *m)
{
	struct rights *rights = agent == NAMES_NONE ? NULL : rights_of(d->access, agent);

	d->access->refused++;
	access_denied(d, r, agent);
	if (rights && rights->logged_at && d->now.mono - rights->logged_at < LOG_AT_MOST)
		return;
	if (rights)
		rights->logged_at = d->now.mono;
	log_event(LOG_PEER_REFUSED, "socket=agents agent=%s op=%s words=\"%s\"",
		agent == NAMES_NONE ? "?" : names_at(&d->agent_names, agent),
		message_info(r->msg)->name, m->text);
}

enum err access_enter(
	struct dispatcher *d, const struct request *r, uint32_t *ret, struct errmsg *m)
{
	struct str name = r->head.agent.len ? r->head.agent : str_of("default");
	uint32_t agent = NAMES_NONE;
	enum err e = r->key[0] ? by_key(d, r, &agent, m) : agent_know(d, name, &agent, m);

	if (!e && access_is_off(d, agent))
		e = err_say(m, ERR_DENIED,
			"agent '%s' is disabled; an administrator enables it with `roost agent "
			"enable`",
			names_at(&d->agent_names, agent));
	if (!e && access_is_bound(d, agent))
		e = rights_check(d, r, agent, m);
	if (e == ERR_DENIED)
		note_refusal(d, r, agent, m);
	if (!e)
		*ret = agent;
	return e;
}
