#include "worker/peer.h"

#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/net/zsock.h"
#include "common/wire/messages.h"
#include "common/wire/write.h"
#include "worker/result.h"

#define MESSAGES_PER_ROUND 64

/*
 * A message is closed at about this size. That keeps the values in it within what a reader
 * takes too: a value has a byte, and the largest result brings TREE_VALUES_MAX more.
 */
#define BATCH_BYTES ((size_t)64 * 1024)

struct peer {
	struct peer_conf conf;
	struct zsock *z;
	struct curve_watch *watch;
	struct link link;
	struct loop_timer timer;
	struct wire_message message;
	struct buf out;
	struct buf back; /* encoded [job, lease] of assignments there was no room for */
	uint32_t back_count;
	int64_t spoken; /* the protocol of a dispatcher that speaks another than ours; 0 */
	bool missed;    /* it was logged that the dispatcher does not answer */
};

static struct now now_of(void *ctx)
{
	return loop_now(ctx);
}

static struct now fresh_of(void *ctx)
{
	return loop_refresh(ctx);
}

/* --- what is said --- */

static struct buf *open_message(struct peer *p, const char *op, uint32_t pairs)
{
	buf_reset(&p->out);
	wire_put_map(&p->out, 1 + pairs);
	wire_pair_text(&p->out, "op", op);
	return &p->out;
}

/*
 * Sends the message, or not when the dispatcher is not there. That it fails is no news: what
 * matters is said again until it is answered.
 */
static bool close_message(struct peer *p)
{
	return !p->out.err && !zsock_send(p->z, NULL, buf_view(&p->out));
}

static void put_lease(struct buf *b, uint32_t fields, const struct attempt *a)
{
	wire_put_array(b, fields);
	wire_put_int(b, a->job);
	wire_put_int(b, a->lease);
}

static bool say_hello(struct peer *p)
{
	struct buf *b = open_message(p, "hello", 5);
	const struct attempt *a;
	uint32_t at = 0;

	wire_pair_text(b, "worker", p->conf.name);
	wire_pair_text(b, "version", ROOST_VERSION);
	wire_pair_int(b, "protocol", PROTOCOL_VERSION);
	wire_pair_int(b, "slots", p->link.draining ? 0 : p->link.conf.slots);
	wire_put_text(b, "holds");
	wire_put_array(b, p->link.active + p->link.held);
	while ((a = link_next_held(&p->link, &at))) {
		put_lease(b, 3, a);
		wire_put_bool(b, a->go);
	}
	return close_message(p);
}

static void say_credit(struct peer *p)
{
	wire_pair_int(open_message(p, "credit", 1), "slots",
		p->link.draining ? 0 : p->link.conf.slots);
	close_message(p);
}

static void say_plain(struct peer *p, const char *op)
{
	open_message(p, op, 0);
	close_message(p);
}

/* A message with an array of items that grows until it is full. */
struct batch {
	struct peer *peer;
	const char *op;
	size_t mark;
	uint32_t count;
};

static void batch_close(struct batch *t)
{
	if (t->count == 0)
		return;
	wire_array_end(&t->peer->out, t->mark, t->count);
	close_message(t->peer);
	t->count = 0;
}

/* Where the next item is to be written. */
static struct buf *batch_item(struct batch *t)
{
	struct peer *p = t->peer;

	if (t->count == ITEMS_PER_MESSAGE || (t->count > 0 && p->out.len > BATCH_BYTES))
		batch_close(t);
	if (t->count == 0) {
		wire_put_text(open_message(p, t->op, 1), "items");
		t->mark = wire_array_later(&p->out);
	}
	t->count++;
	return &p->out;
}

/* Hands back what there was no room for. */
static void say_full(struct peer *p)
{
	if (p->back_count == 0)
		return;
	struct buf *b = open_message(p, "back", 1);
	wire_put_text(b, "items");
	wire_put_array(b, p->back_count);
	buf_put(b, p->back.data, p->back.len);
	close_message(p);
	buf_reset(&p->back);
	p->back_count = 0;
}

static void say_back(struct peer *p)
{
	struct batch t = {.peer = p, .op = "back"};
	struct attempt *a;

	say_full(p);
	while ((a = link_next_back(&p->link))) {
		put_lease(batch_item(&t), 2, a);
		link_forget(&p->link, a);
	}
	batch_close(&t);
}

static void say_begin(struct peer *p, struct now now)
{
	struct batch t = {.peer = p, .op = "begin"};
	struct attempt *a;

	while ((a = link_next_begin(&p->link))) {
		put_lease(batch_item(&t), 2, a);
		link_begin_said(&p->link, a, now);
	}
	batch_close(&t);
}

/* The next bytes of each part that has a place in memory. */
static void say_wants(struct peer *p, struct now now)
{
	struct attempt *a;

	while ((a = link_next_want(&p->link))) {
		const struct part *part = &a->part;
		int64_t left = part->size - part->have;
		struct buf *b = open_message(p, "media", 4);

		wire_pair_int(b, "job", a->job);
		wire_pair_int(b, "lease", a->lease);
		wire_pair_int(b, "offset", part->offset + part->have);
		wire_pair_int(b, "size", left < PART_PIECE ? left : PART_PIECE);
		(void)close_message(p);
		link_want_said(&p->link, a, now);
	}
}

static void say_results(struct peer *p, struct now now)
{
	struct batch t = {.peer = p, .op = "result"};
	struct attempt *a;

	while ((a = link_next_result(&p->link))) {
		struct str r;

		if (result_of(a, &r)) /* no memory for it: the next round tries again */
			break;
		wire_put_raw(batch_item(&t), r);
		link_result_said(&p->link, a, now);
	}
	batch_close(&t);
}

/* --- what is heard --- */

static void heard_who(struct peer *p, const struct wire_value *root, struct now now)
{
	(void)root;
	link_who(&p->link, now);
}

static void heard_welcome(struct peer *p, const struct wire_value *root, struct now now)
{
	struct msg_welcome in = {0};

	if (message_read(root, MSG_WELCOME, &in, NULL))
		return;
	if (in.protocol != PROTOCOL_VERSION) {
		p->spoken = in.protocol;
		loop_stop(p->conf.loop);
		return;
	}
	usec_t request = in.request_ms * USEC_MSEC;
	if (p->conf.timeout < request)
		request = p->conf.timeout;
	link_welcome(
		&p->link, in.heartbeat_ms * USEC_MSEC, in.silence_ms * USEC_MSEC, request, now);
}

static void heard_beat(struct peer *p, const struct wire_value *root, struct now now)
{
	struct msg_drain in = {0};

	(void)now;
	if (!message_read(root, MSG_DRAIN, &in, NULL) && in.drain)
		link_drain(&p->link);
}

/* Either side may be newer. */
static const struct fields_rule lenient = {.ignore_unknown = true};

static enum link_taken take(struct peer *p, const struct msg_assignment *in)
{
	static const enum attempt_step steps[] = {
		ATTEMPT_ACT, ATTEMPT_NAME, ATTEMPT_LOOK, ATTEMPT_PART};
	AUTO_JSON args = NULL;
	struct msg_oauth1 own = {0};
	struct errmsg m;

	if (in->oauth1 && fields_read_by(in->oauth1, oauth1_fields, oauth1_field_count,
				  &lenient, &own, &m))
		log_event(LOG_PEER_REFUSED, "endpoint=%s words=\"%s: %s\"", p->conf.endpoint,
			m.field, m.text);
	struct oauth1_keys keys = {own.api_key, own.api_secret, own.token, own.token_secret};
	if (in->args && json_from_wire(in->args, &args))
		return LINK_FULL;
	struct task t = {
		.job = in->job,
		.lease = in->lease,
		.step = steps[in->step],
		.begin = in->begin,
		.action = action_find(in->action),
		.args = args,
		.user_id = in->user_id,
		.token = in->token,
		.keys = in->oauth1 ? &keys : NULL,
		.name = in->name,
		.begun_at = in->begun_at,
		.offset = in->offset,
		.size = in->size,
	};
	return link_assign(&p->link, &t);
}

static void heard_assignment(struct peer *p, const struct wire_value *item)
{
	struct msg_assignment in = {0};
	struct errmsg m;

	if (fields_read_by(
		    item, assignment_fields, assignment_field_count, &lenient, &in, &m)) {
		log_event(LOG_PEER_REFUSED, "endpoint=%s words=\"%s: %s\"", p->conf.endpoint,
			m.field, m.text);
		return;
	}
	if (take(p, &in) != LINK_FULL)
		return;
	if (p->back_count == ITEMS_PER_MESSAGE)
		say_full(p);
	wire_put_array(&p->back, 2);
	wire_put_int(&p->back, in.job);
	wire_put_int(&p->back, in.lease);
	p->back_count++;
}

static void heard_assign(struct peer *p, const struct wire_value *root, struct now now)
{
	struct msg_items in = {0};

	(void)now;
	if (message_read(root, MSG_ASSIGN, &in, NULL))
		return;
	for (uint32_t i = 0; i < wire_count(in.items) && !p->back.err; i++)
		heard_assignment(p, wire_item(in.items, i));
}

static void heard_go(struct peer *p, const struct wire_value *root, struct now now)
{
	struct msg_items in = {0};

	if (message_read(root, MSG_GO, &in, NULL))
		return;
	now = loop_refresh(p->conf.loop); /* it may have been stopped since the round began */
	for (uint32_t i = 0; i < wire_count(in.items); i++) {
		const struct wire_value *v = wire_item(in.items, i);

		link_go(&p->link, wire_int(wire_item(v, 0)), wire_int(wire_item(v, 1)),
			wire_bool(wire_item(v, 2)), now);
	}
}

static void heard_bytes(struct peer *p, const struct wire_value *root, struct now now)
{
	struct msg_bytes in = {0};

	(void)now;
	if (!message_read(root, MSG_BYTES, &in, NULL))
		link_bytes(&p->link, in.job, in.lease, in.offset, in.data);
}

static void heard_kept(struct peer *p, const struct wire_value *root, struct now now)
{
	struct msg_items in = {0};

	(void)now;
	if (message_read(root, MSG_KEPT, &in, NULL))
		return;
	for (uint32_t i = 0; i < wire_count(in.items); i++) {
		const struct wire_value *v = wire_item(in.items, i);

		link_kept(&p->link, wire_int(wire_item(v, 0)), wire_int(wire_item(v, 1)));
	}
}

static void (*const heard[MESSAGE_COUNT])(
	struct peer *, const struct wire_value *, struct now) = {
	[MSG_WHO] = heard_who,
	[MSG_WELCOME] = heard_welcome,
	[MSG_DRAIN] = heard_beat,
	[MSG_ASSIGN] = heard_assign,
	[MSG_GO] = heard_go,
	[MSG_KEPT] = heard_kept,
	[MSG_BYTES] = heard_bytes,
};

static void hear(struct peer *p, const struct zmessage *z, struct now now)
{
	struct wire_message *message = &p->message;
	struct message_head head;
	enum message msg;
	struct errmsg m = {.text = "a message is one body frame"};

	link_heard(&p->link, now);
	if (z->malformed || wire_open(message, z->body, &m) ||
		message_head(message->root, &head, &m))
		log_event(
			LOG_PEER_REFUSED, "endpoint=%s words=\"%s\"", p->conf.endpoint, m.text);
	else if (message_find(SIDE_DISPATCHER, head.op, &msg) && heard[msg])
		heard[msg](p, message->root, now);
	explicit_bzero((void *)(uintptr_t)z->body.at, z->body.len); /* tokens came in it */
}

static void ready(void *ctx, int events)
{
	struct peer *p = ctx;
	struct zmessage z;

	(void)events;
	for (int i = 0; i < MESSAGES_PER_ROUND && zsock_receive(p->z, &z); i++)
		hear(p, &z, loop_now(p->conf.loop));
}

/* --- when it is said --- */

static void close_socket(struct peer *p)
{
	curve_watch_free(p->watch);
	if (p->z)
		loop_remove_socket(p->conf.loop, p->z);
	zsock_free(p->z);
	p->watch = NULL;
	p->z = NULL;
}

static enum err open_socket(struct peer *p, struct errmsg *m)
{
	const struct peer_conf *conf = &p->conf;
	enum err e = zsock_open(ZSOCK_DEALER, &p->z, m);
	if (!e)
		zsock_is_secret(p->z); /* tokens */

	if (!e)
		e = curve_join_as(p->z, conf->own, conf->endpoint, m);
	if (!e)
		e = curve_watch_open(p->z, &p->watch, m);
	if (!e)
		e = zsock_only_present(p->z); /* hellos do not pile up for its return */
	if (!e)
		e = zsock_connect(p->z, conf->endpoint, m);
	return e ? e : loop_add_socket(conf->loop, p->z, ready, p);
}

/* ZeroMQ does not try again where keys were refused: a hello goes over a new socket then. */
static void renew_socket(struct peer *p)
{
	enum curve_end end = curve_watch_end(p->watch);
	struct errmsg m;

	if (end != CURVE_REFUSED && end != CURVE_MISMATCH)
		return;
	if (!p->missed)
		log_event(LOG_DISPATCHER_LOST, "endpoint=%s words=\"%s\"", p->conf.endpoint,
			curve_words(end));
	p->missed = true;
	close_socket(p);
	if (open_socket(p, &m)) {
		close_socket(p);
		log_event(LOG_FAILED, "words=\"%s\"", m.text);
		loop_stop(p->conf.loop);
	}
}

/* Says in the log, once each way, whether the dispatcher answers. */
static void note_presence(struct peer *p)
{
	const struct link *l = &p->link;

	if (!p->missed && l->state == LINK_GREETING && l->hello_wait >= LINK_HELLO_MAX / 2) {
		p->missed = true;
		log_event(LOG_DISPATCHER_LOST, "endpoint=%s", p->conf.endpoint);
	} else if (p->missed && l->state == LINK_THERE) {
		p->missed = false;
		log_event(LOG_DISPATCHER_FOUND, "endpoint=%s", p->conf.endpoint);
	}
}

static void plan(struct peer *p)
{
	usec_t at = link_wake(&p->link);

	if (at == USEC_NEVER)
		loop_timer_cancel(p->conf.loop, &p->timer);
	else if (loop_timer_set(p->conf.loop, &p->timer, at))
		loop_again(
			p->conf.loop); /* no memory for a timer: the next round comes at once */
}

void peer_speak(struct peer *p)
{
	struct now now = loop_now(p->conf.loop);
	unsigned say = link_tick(&p->link, now);

	if (say & LINK_HELLO)
		renew_socket(p);
	if (!p->z)
		return;
	if ((say & LINK_HELLO) && !say_hello(p))
		link_unsaid(&p->link, now);
	if (say & LINK_BEAT)
		say_plain(p, "beat");
	if (say & LINK_CREDIT)
		say_credit(p);
	say_back(p);
	say_begin(p, now);
	say_wants(p, now);
	say_results(p, now);
	if (say & LINK_BYE)
		say_plain(p, "bye");
	note_presence(p);
	plan(p);
}

void peer_drain(struct peer *p)
{
	link_drain(&p->link);
}

bool peer_has_left(const struct peer *p)
{
	return p->link.state == LINK_LEFT;
}

const struct link *peer_link(const struct peer *p)
{
	return &p->link;
}

const char *peer_endpoint(const struct peer *p)
{
	return p->conf.endpoint;
}

int64_t peer_spoken(const struct peer *p)
{
	return p->spoken;
}

/* --- making --- */

static void wake(void *ctx)
{
	(void)ctx; /* that the round happens is enough: what is due is said after it */
}

enum err peer_open(const struct peer_conf *conf, struct peer **ret, struct errmsg *m)
{
	AUTO(peer) p = mem_alloc(sizeof(*p));

	if (!p)
		return err_say(m, ERR_NOMEM, "%s", err_text(ERR_NOMEM));
	p->conf = *conf;
	p->conf.link.now = now_of;
	p->conf.link.fresh = fresh_of;
	p->conf.link.ctx = conf->loop;
	p->timer = (struct loop_timer){.fire = wake, .ctx = p};
	buf_init(&p->out, ZSOCK_MESSAGE_MAX);
	buf_init(&p->back, ZSOCK_MESSAGE_MAX);
	link_init(&p->link, &p->conf.link, loop_now(conf->loop));
	enum err e = open_socket(p, m);
	if (e)
		return e;
	*ret = STEAL(p);
	return ERR_OK;
}

void peer_free(struct peer *p)
{
	if (!p)
		return;
	loop_timer_cancel(p->conf.loop, &p->timer);
	close_socket(p);
	link_done(&p->link);
	wire_close(&p->message);
	buf_done(&p->out);
	buf_done(&p->back);
	mem_free(p);
}
