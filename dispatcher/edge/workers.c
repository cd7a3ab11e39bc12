#include "dispatcher/edge/workers.h"

#include <stdio.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/base/names.h"
#include "common/net/curve.h"
#include "common/wire/write.h"

#define BATCH_BYTES ((size_t)512 * 1024) /* an assign message is closed at about this size */

/* The kinds of messages that are gathered. */
enum gather { GATHER_ASSIGN, GATHER_GO, GATHER_KEPT, GATHERS };
static const char *const gather_ops[GATHERS] = {"assign", "go", "kept"};

struct worker {
	struct zpeer peer;
	struct buf items[GATHERS]; /* encoded items, without the array around them */
	uint32_t count[GATHERS];
	bool waiting; /* in `busy` */
	bool there;
};

struct workers {
	struct loop *loop;
	struct outbox *outbox;
	struct zsock *z;
	struct workers_conf conf;
	struct names names;   /* worker names -> numbers */
	struct worker *table; /* by number */
	uint32_t size;
	struct names peers; /* routing ids -> numbers in `owner`; see whose() */
	uint32_t *owner;
	uint32_t owner_size;
	uint32_t *busy; /* workers with something gathered */
	uint32_t busy_count;
	struct wire_message message;
	bool drain;
	bool keyed; /* keys are used */
};

static void flush_one(struct workers *w, struct worker *wk, enum gather g)
{
	if (wk->count[g] == 0)
		return;
	struct buf *b = outbox_open(w->outbox, w->z, &wk->peer);
	wire_put_map(b, 2);
	wire_pair_text(b, "op", gather_ops[g]);
	wire_put_text(b, "items");
	wire_put_array(b, wk->count[g]);
	buf_put(b, wk->items[g].data, wk->items[g].len);
	outbox_close(w->outbox);
	explicit_bzero(wk->items[g].data, wk->items[g].len);
	buf_reset(&wk->items[g]);
	wk->count[g] = 0;
}

/* The buffer for one more item of kind g to a worker; flushes first when the message is full.
 */
static struct buf *item(struct workers *w, uint32_t worker, enum gather g)
{
	struct worker *wk = &w->table[worker];

	if (wk->count[g] == ITEMS_PER_MESSAGE || wk->items[g].len > BATCH_BYTES)
		flush_one(w, wk, g);
	if (!wk->waiting) {
		wk->waiting = true;
		w->busy[w->busy_count++] = worker;
	}
	wk->count[g]++;
	return &wk->items[g];
}

static void put_keys(struct buf *b, const struct msg_oauth1 *keys)
{
	wire_put_text(b, "oauth1");
	wire_put_map(b, 4);
	wire_pair_str(b, "api_key", keys->api_key);
	wire_pair_str(b, "api_secret", keys->api_secret);
	wire_pair_str(b, "token", keys->token);
	wire_pair_str(b, "token_secret", keys->token_secret);
}

void workers_assign(struct workers *w, uint32_t worker, const struct msg_assignment *a,
	const struct msg_oauth1 *keys, struct str raw_args)
{
	static const char *const steps[] = {"act", "name", "look", "part"};
	struct buf *b = item(w, worker, GATHER_ASSIGN);
	uint32_t pairs = 0;
	size_t mark = wire_map_later(b);

	wire_pair_int(b, "job", a->job), pairs++;
	wire_pair_int(b, "lease", a->lease), pairs++;
	wire_pair_text(b, "step", steps[a->step]), pairs++;
	wire_pair_bool(b, "begin", a->begin), pairs++;
	wire_pair_str(b, "action", a->action), pairs++;
	wire_pair_str(b, "user_id", a->user_id), pairs++;
	wire_pair_str(b, "username", a->username), pairs++;
	if (keys)
		put_keys(b, keys), pairs++;
	else
		wire_pair_str(b, "token", a->token), pairs++;
	if (raw_args.len) {
		wire_put_text(b, "args");
		wire_put_raw(b, raw_args);
		pairs++;
	}
	if (a->name.len)
		wire_pair_str(b, "name", a->name), pairs++;
	if (a->begun_at)
		wire_pair_int(b, "begun_at", a->begun_at / USEC_MSEC), pairs++;
	if (a->size) {
		wire_pair_int(b, "offset", a->offset), pairs++;
		wire_pair_int(b, "size", a->size), pairs++;
	}
	wire_map_end(b, mark, pairs);
}

static void put_lease(struct buf *b, uint32_t fields, uint64_t job, uint64_t lease)
{
	wire_put_array(b, fields);
	wire_put_int(b, (int64_t)job);
	wire_put_int(b, (int64_t)lease);
}

void workers_go(struct workers *w, uint32_t worker, uint64_t job, uint64_t lease, bool ok)
{
	struct buf *b = item(w, worker, GATHER_GO);

	put_lease(b, 3, job, lease);
	wire_put_bool(b, ok);
}

void workers_kept(struct workers *w, uint32_t worker, uint64_t job, uint64_t lease)
{
	put_lease(item(w, worker, GATHER_KEPT), 2, job, lease);
}

void workers_flush(struct workers *w)
{
	for (uint32_t i = 0; i < w->busy_count; i++) {
		struct worker *wk = &w->table[w->busy[i]];

		for (int g = 0; g < GATHERS; g++)
			flush_one(w, wk, (enum gather)g);
		wk->waiting = false;
	}
	w->busy_count = 0;
}

void workers_drop(struct workers *w)
{
	for (uint32_t i = 0; i < w->busy_count; i++) {
		struct worker *wk = &w->table[w->busy[i]];

		for (int g = 0; g < GATHERS; g++) {
			if (wk->items[g].len)
				explicit_bzero(wk->items[g].data, wk->items[g].len);
			buf_reset(&wk->items[g]);
			wk->count[g] = 0;
		}
		wk->waiting = false;
	}
	w->busy_count = 0;
}

void workers_bytes(
	struct workers *w, uint32_t worker, const struct msg_want *to, struct str data)
{
	struct buf *b = outbox_open(w->outbox, w->z, &w->table[worker].peer);

	wire_put_map(b, 4 + (data.len > 0));
	wire_pair_text(b, "op", "media");
	wire_pair_int(b, "job", to->job);
	wire_pair_int(b, "lease", to->lease);
	wire_pair_int(b, "offset", to->offset);
	if (data.len) {
		wire_put_text(b, "data");
		wire_put_bin(b, data);
	}
	outbox_close(w->outbox);
}

/* --- who is who --- */

static bool grow_table(struct workers *w, uint32_t number)
{
	if (number < w->size)
		return true;
	uint32_t size = w->size ? w->size * 2 : 16;
	struct worker *table = mem_grow(w->table, size * sizeof(*table));
	if (!table)
		return false;
	w->table = table;
	uint32_t *busy = mem_grow(w->busy, size * sizeof(*busy));
	if (!busy)
		return false;
	w->busy = busy;
	memset(table + w->size, 0, (size - w->size) * sizeof(*table));
	for (uint32_t i = w->size; i < size; i++)
		for (int g = 0; g < GATHERS; g++)
			buf_init(&table[i].items[g], 2 * BATCH_BYTES);
	w->size = size;
	return true;
}

static bool grow_owner(struct workers *w, uint32_t number)
{
	if (number < w->owner_size)
		return true;
	uint32_t size = w->owner_size ? w->owner_size * 2 : 16;
	uint32_t *owner = mem_grow(w->owner, size * sizeof(*owner));
	if (!owner)
		return false;
	w->owner = owner;
	for (uint32_t i = w->owner_size; i < size; i++)
		owner[i] = NAMES_NONE;
	w->owner_size = size;
	return true;
}

#define PEER_TEXT (2 * ZSOCK_PEER_MAX + 1)

/* A routing id as letters: it holds zero bytes, which names cannot. */
static struct str peer_name(const struct zpeer *p, char out[PEER_TEXT])
{
	for (size_t i = 0; i < p->len; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", p->id[i]);
	return (struct str){.at = out, .len = 2 * (size_t)p->len};
}

/* The worker behind a connection, or NAMES_NONE when it has not said hello. */
static uint32_t whose(const struct workers *w, const struct zpeer *p)
{
	char text[PEER_TEXT];
	uint32_t at = names_find(&w->peers, peer_name(p, text));

	return at == NAMES_NONE ? NAMES_NONE : w->owner[at];
}

/*
 * Notes that `p` is the worker of that name. Routing ids are made by the
 * connection, so the table of them grows with reconnects: at its bound it is
 * begun anew, and everybody says hello again.
 */
static enum err know(struct workers *w, struct str name, const struct zpeer *p, uint32_t *ret)
{
	char text[PEER_TEXT];
	uint32_t at;
	enum err e = names_know(&w->names, name, ret);
	if (e)
		return e;
	if (w->peers.count == w->peers.max) {
		names_done(&w->peers);
		for (uint32_t i = 0; i < w->owner_size; i++)
			w->owner[i] = NAMES_NONE;
	}
	e = names_know(&w->peers, peer_name(p, text), &at);
	if (e)
		return e;
	if (!grow_table(w, *ret) || !grow_owner(w, at))
		return ERR_NOMEM;
	w->owner[at] = *ret;
	w->table[*ret].peer = *p;
	w->table[*ret].there = true;
	return ERR_OK;
}

const char *workers_name(const struct workers *w, uint32_t worker)
{
	return names_at(&w->names, worker);
}

/* --- what is said --- */

/* {"op": op} and, when `key` is given, one boolean. */
static void say(
	struct workers *w, const struct zpeer *p, const char *op, const char *key, bool value)
{
	struct buf *b = outbox_open(w->outbox, w->z, p);

	wire_put_map(b, key ? 2 : 1);
	wire_pair_text(b, "op", op);
	if (key)
		wire_pair_bool(b, key, value);
	outbox_close(w->outbox);
}

static void welcome(struct workers *w, const struct zpeer *p)
{
	struct buf *b = outbox_open(w->outbox, w->z, p);

	wire_put_map(b, 5);
	wire_pair_text(b, "op", "welcome");
	wire_pair_int(b, "protocol", PROTOCOL_VERSION);
	wire_pair_int(b, "heartbeat_ms", w->conf.heartbeat / USEC_MSEC);
	wire_pair_int(b, "silence_ms", w->conf.silence / USEC_MSEC);
	wire_pair_int(b, "request_ms", w->conf.request / USEC_MSEC);
	outbox_close(w->outbox);
}

void workers_ask_all(struct workers *w)
{
	for (uint32_t i = 0; i < w->names.count; i++)
		if (w->table[i].there)
			say(w, &w->table[i].peer, "hello", NULL, false);
}

void workers_set_times(struct workers *w, usec_t heartbeat, usec_t silence)
{
	if (w->conf.heartbeat == heartbeat && w->conf.silence == silence)
		return;
	w->conf.heartbeat = heartbeat;
	w->conf.silence = silence;
	workers_ask_all(w);
}

void workers_lost(struct workers *w, uint32_t worker)
{
	w->table[worker].there = false;
}

void workers_drain(struct workers *w)
{
	w->drain = true;
}

/* --- what is heard --- */

static void refuse(struct workers *w, const struct zpeer *p, const struct errmsg *m)
{
	uint32_t from = whose(w, p);

	log_event(LOG_PEER_REFUSED, "socket=workers worker=%s words=\"%s\"",
		from == NAMES_NONE ? "?" : workers_name(w, from), m->text);
}

/* Reads [job, lease] or [job, lease, flag]. */
static bool read_lease(const struct wire_value *v, uint64_t *job, uint64_t *lease, bool *flag)
{
	uint32_t n = wire_type(v) == WIRE_ARRAY ? wire_count(v) : 0;

	if (n < 2 || wire_type(wire_item(v, 0)) != WIRE_INT ||
		wire_type(wire_item(v, 1)) != WIRE_INT)
		return false;
	*job = (uint64_t)wire_int(wire_item(v, 0));
	*lease = (uint64_t)wire_int(wire_item(v, 1));
	*flag = n > 2 && wire_bool(wire_item(v, 2));
	return wire_int(wire_item(v, 0)) > 0 && wire_int(wire_item(v, 1)) > 0;
}

typedef void told_lease(void *ctx, uint32_t worker, uint64_t job, uint64_t lease);

static void each_lease(
	struct workers *w, uint32_t worker, const struct wire_value *items, told_lease *tell)
{
	for (uint32_t i = 0; i < wire_count(items); i++) {
		uint64_t job, lease;
		bool flag;

		if (read_lease(wire_item(items, i), &job, &lease, &flag))
			tell(w->conf.ctx, worker, job, lease);
	}
}

static void each_result(struct workers *w, uint32_t worker, const struct wire_value *items,
	const struct zpeer *p)
{
	static const struct fields_rule rule = {.ignore_unknown = true};

	for (uint32_t i = 0; i < wire_count(items); i++) {
		struct msg_result r = {0};
		struct errmsg m;

		if (fields_read_by(wire_item(items, i), result_fields, result_field_count,
			    &rule, &r, &m))
			refuse(w, p, &m);
		else
			w->conf.ops->result(w->conf.ctx, worker, &r);
	}
}

/* `name`: what its key says; "" where no keys are used. */
static void hello(struct workers *w, const struct wire_value *root, const struct zmessage *z,
	const char *name)
{
	const struct zpeer *p = &z->peer;
	struct msg_hello h = {0};
	struct errmsg m;
	uint32_t worker, was = whose(w, p);

	if (message_read(root, MSG_HELLO, &h, &m)) {
		refuse(w, p, &m);
		return;
	}
	if (name[0] && !str_is(h.worker, name)) {
		err_say(&m, ERR_DENIED, "its key is worker '%s', so it cannot be another",
			name);
		refuse(w, p, &m);
		w->conf.ops->denied(w->conf.ctx, z->user_id);
		return;
	}
	if (h.protocol != PROTOCOL_VERSION || know(w, h.worker, p, &worker)) {
		err_say(&m, ERR_INVALID, "speaks protocol %lld; this dispatcher speaks %d",
			(long long)h.protocol, PROTOCOL_VERSION);
		refuse(w, p, &m);
		welcome(w, p); /* it sees the version there, and stops */
		return;
	}
	bool alive = was == worker && zpeer_is_generated(p);
	welcome(w, p);
	w->conf.ops->hello(w->conf.ctx, worker, (uint32_t)h.slots);
	for (uint32_t i = 0; i < wire_count(h.holds); i++) {
		uint64_t job, lease;
		bool begun;

		if (read_lease(wire_item(h.holds, i), &job, &lease, &begun))
			w->conf.ops->holds(w->conf.ctx, worker, job, lease, begun);
	}
	w->conf.ops->claimed(w->conf.ctx, worker, alive);
}

/* The messages of a worker that is known. */
static void known(struct workers *w, uint32_t worker, enum message msg,
	const struct wire_value *root, const struct zpeer *p)
{
	struct msg_items items = {0};
	struct msg_credit credit = {0};
	struct msg_want want = {0};
	void *into = msg == MSG_CREDIT ? (void *)&credit
		     : msg == MSG_WANT ? (void *)&want
				       : (void *)&items;
	struct errmsg m;

	if (message_read(root, msg, into, &m)) {
		refuse(w, p, &m);
		return;
	}
	w->conf.ops->heard(w->conf.ctx, worker);
	if (msg == MSG_BEAT)
		say(w, p, "beat", "drain", w->drain);
	else if (msg == MSG_CREDIT)
		w->conf.ops->credit(w->conf.ctx, worker, (uint32_t)credit.slots);
	else if (msg == MSG_BEGIN)
		each_lease(w, worker, items.items, w->conf.ops->begin);
	else if (msg == MSG_BACK)
		each_lease(w, worker, items.items, w->conf.ops->back);
	else if (msg == MSG_RESULT)
		each_result(w, worker, items.items, p);
	else if (msg == MSG_WANT)
		w->conf.ops->want(w->conf.ctx, worker, &want);
	else if (msg == MSG_BYE)
		w->conf.ops->bye(w->conf.ctx, worker);
}

/*
 * Whether the sender may speak at all: false after saying why not in the log. `*ret_name`: the
 * name that its key gives it, "" where no keys are used.
 */
static bool may_speak(struct workers *w, const struct zmessage *z, const char **ret_name)
{
	uint32_t worker = whose(w, &z->peer);
	struct errmsg m;

	*ret_name = "";
	if (!w->keyed)
		return true;
	*ret_name = z->user_id[0] ? w->conf.ops->named(w->conf.ctx, z->user_id) : NULL;
	if (!*ret_name)
		err_say(&m, ERR_DENIED, "its key is not admitted any more");
	else if (!zpeer_is_generated(&z->peer))
		err_say(&m, ERR_DENIED, "it chose its routing id");
	else if (worker != NAMES_NONE && strcmp(workers_name(w, worker), *ret_name) != 0)
		err_say(&m, ERR_DENIED, "another worker's connection has this routing id");
	else
		return true;
	refuse(w, &z->peer, &m);
	w->conf.ops->denied(w->conf.ctx, z->user_id);
	return false;
}

static void take(struct workers *w, const struct zmessage *z)
{
	struct message_head head;
	enum message msg;
	const char *name;
	struct errmsg m;

	if (!may_speak(w, z, &name))
		return;
	if (z->malformed || wire_open(&w->message, z->body, &m) ||
		message_head(w->message.root, &head, &m)) {
		if (z->malformed)
			err_say(&m, ERR_FORMAT, "a message is one body frame");
		refuse(w, &z->peer, &m);
		return;
	}
	uint32_t worker = whose(w, &z->peer);
	if (!message_find(SIDE_WORKER, head.op, &msg)) {
		err_say(&m, ERR_UNKNOWN_OP, "an operation no worker has");
		refuse(w, &z->peer, &m);
	} else if (msg == MSG_HELLO) {
		hello(w, w->message.root, z, name);
	} else if (worker == NAMES_NONE || !w->table[worker].there) {
		say(w, &z->peer, "hello", NULL, false);
	} else {
		known(w, worker, msg, w->message.root, &z->peer);
	}
	w->conf.ops->end(w->conf.ctx);
}

static void ready(void *ctx, int events)
{
	struct workers *w = ctx;
	struct zmessage msg;

	(void)events;
	for (int i = 0; i < WORKERS_MESSAGES_PER_ROUND && zsock_receive(w->z, &msg); i++) {
		take(w, &msg);
		wire_close(&w->message);
	}
}

enum err workers_open(struct loop *l, struct outbox *o, const struct workers_conf *conf,
	struct workers **ret, struct errmsg *m)
{
	AUTO(workers) w = mem_alloc(sizeof(*w));
	if (!w)
		return ERR_NOMEM;
	*w = (struct workers){.loop = l, .outbox = o, .conf = *conf};
	names_init(&w->names, CORE_WORKERS_MAX);
	names_init(&w->peers, 4 * CORE_WORKERS_MAX);

	enum err e = zsock_open(ZSOCK_ROUTER, &w->z, m);
	w->keyed = conf->secret != NULL;
	if (!e)
		zsock_is_secret(w->z); /* tokens */
	if (!e && conf->secret)
		e = curve_serve(w->z, conf->secret, WORKERS_DOMAIN, m);
	w->conf.secret = NULL; /* it was lent */
	if (!e)
		e = zsock_bind(w->z, conf->endpoint, m);
	if (!e)
		e = loop_add_socket(l, w->z, ready, w);
	if (e)
		return e;
	*ret = STEAL(w);
	return ERR_OK;
}

void workers_free(struct workers *w)
{
	if (!w)
		return;
	for (uint32_t i = 0; i < w->size; i++)
		for (int g = 0; g < GATHERS; g++)
			buf_done(&w->table[i].items[g]);
	if (w->z)
		loop_remove_socket(w->loop, w->z);
	zsock_free(w->z);
	names_done(&w->names);
	names_done(&w->peers);
	wire_close(&w->message);
	mem_free(w->table);
	mem_free(w->owner);
	mem_free(w->busy);
	mem_free(w);
}

bool workers_has(const struct workers *w, struct str name)
{
	uint32_t worker = names_find(&w->names, name);

	return worker != NAMES_NONE && w->table[worker].there;
}

void workers_cut(struct workers *w, struct str name)
{
	if (!workers_has(w, name))
		return;
	uint32_t worker = names_find(&w->names, name);

	workers_lost(w, worker);
	w->conf.ops->bye(w->conf.ctx, worker);
}

const struct zsock *workers_socket(const struct workers *w)
{
	return w->z;
}

const char *workers_endpoint(const struct workers *w)
{
	return zsock_endpoint(w->z);
}
