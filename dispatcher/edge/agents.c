#include "dispatcher/edge/agents.h"

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/net/curve.h"
#include "dispatcher/edge/answer.h"

#define SEQ_MAX 1024 /* bytes of an encoded seq */

struct agents {
	struct loop *loop;
	struct outbox *outbox;
	struct zsock *agents, *admin;
	agents_handler *handle, *overreach;
	void *ctx;
	struct wire_message message; /* the one being handled */
	struct buf seq;
	struct agents_counts counts;
};

static void refuse(
	struct agents *a, const struct request *r, enum err e, const struct errmsg *m)
{
	char shown[160];

	a->counts.refused++;
	log_event(LOG_PEER_REFUSED, "socket=%s code=%s words=\"%s\"",
		r->admin ? "admin" : "agents", err_wire(e),
		text_show(str_of(m->text), shown, sizeof(shown)));
	answer_error(a->outbox, r, e, m);
}

/* Operations that are named in the protocol and come with a later version. */
static const char *const later_ops[] = {"schedule"};

static enum err say_unknown_op(const struct request *r, struct errmsg *m)
{
	enum message_side side = r->admin ? SIDE_ADMIN : SIDE_AGENT;
	char shown[60], known[320];

	text_show(r->head.op, shown, sizeof(shown));
	for (size_t i = 0; i < COUNT_OF(later_ops); i++)
		if (str_is(r->head.op, later_ops[i]))
			return err_say(m, ERR_UNKNOWN_OP,
				"this version of roost has no '%s' yet; docs/protocol.md says "
				"what "
				"it has",
				shown);
	return err_say(m, ERR_UNKNOWN_OP, "there is no operation '%s' here; there are: %s",
		shown, message_names(side, known, sizeof(known)));
}

/* Reads the parts every request has. What could be read of them is in r even on failure. */
static enum err read_head(
	struct agents *a, struct str body, struct request *r, struct errmsg *m)
{
	enum err e = wire_open(&a->message, body, m);
	if (e)
		return e;
	r->root = a->message.root;
	e = message_head(r->root, &r->head, m);
	if (r->head.seq) {
		buf_reset(&a->seq);
		wire_put_value(&a->seq, r->head.seq);
		if (a->seq.err)
			return err_at(m,
				err_say(m, ERR_TOO_BIG, "at most %d bytes are echoed", SEQ_MAX),
				"seq");
		r->seq = buf_view(&a->seq);
	}
	if (e)
		return e;
	if (!message_find(r->admin ? SIDE_ADMIN : SIDE_AGENT, r->head.op, &r->msg))
		return say_unknown_op(r, m);
	return message_is_bare(r->msg) ? message_read(r->root, r->msg, NULL, m) : ERR_OK;
}

/* A body may come a little above the bound, so that its sender learns of it. */
static enum err read_body(
	struct agents *a, struct str body, struct request *r, struct errmsg *m)
{
	enum err e = read_head(a, body, r, m);

	if (body.len <= ZSOCK_MESSAGE_MAX)
		return e;
	return err_say(m, ERR_TOO_BIG,
		"the message has %zu bytes; at most 1 MiB (%zu) is taken: send fewer jobs at "
		"once",
		body.len, ZSOCK_MESSAGE_MAX);
}

/* A peer whose routing id is too long to be kept: nobody can be answered. */
static void drop(struct agents *a)
{
	a->counts.refused++;
	log_event(LOG_PEER_REFUSED,
		"socket=agents words=\"its routing id has more than %d bytes\"",
		ZSOCK_PEER_MAX);
}

static void take(struct agents *a, struct zsock *z, const struct zmessage *msg)
{
	struct request r = {
		.z = z, .peer = msg->peer, .key = msg->user_id, .admin = z == a->admin};
	struct errmsg m;

	a->counts.requests++;
	if (msg->peer.len == 0) {
		drop(a);
		return;
	}
	enum err e = msg->malformed ? err_say(&m, ERR_FORMAT,
					      "a message is one body frame, or an empty frame "
					      "and one body frame")
				    : read_body(a, msg->body, &r, &m);
	if (e == ERR_UNKNOWN_OP && !r.admin && message_find(SIDE_ADMIN, r.head.op, &r.msg))
		a->overreach(a->ctx, &r);
	if (e)
		refuse(a, &r, e, &m);
	else
		a->handle(a->ctx, &r);
	wire_close(&a->message);
}

static void ready(struct agents *a, struct zsock *z)
{
	struct zmessage msg;
	size_t bytes = 0;

	for (size_t i = 0; i < AGENTS_MESSAGES_PER_ROUND && bytes < AGENTS_BYTES_PER_ROUND;
		i++) {
		if (!zsock_receive(z, &msg))
			return;
		bytes += msg.body.len;
		take(a, z, &msg);
	}
}

static void agents_ready(void *ctx, int events)
{
	struct agents *a = ctx;

	(void)events;
	ready(a, a->agents);
}

static void admin_ready(void *ctx, int events)
{
	struct agents *a = ctx;

	(void)events;
	ready(a, a->admin);
}

/* `secret` NULL: whoever can reach it may speak. */
static enum err bind_one(struct agents *a, const char *endpoint, const char *secret,
	loop_ready *on_ready, struct zsock **ret, struct errmsg *m)
{
	enum err e = zsock_open(ZSOCK_ROUTER, ret, m);

	if (!e && secret)
		e = curve_serve(*ret, secret, AGENTS_DOMAIN, m);
	if (!e)
		e = zsock_bind(*ret, endpoint, m);
	return e ? e : loop_add_socket(a->loop, *ret, on_ready, a);
}

enum err agents_open(struct loop *l, struct outbox *o, const struct agents_conf *conf,
	struct agents **ret, struct errmsg *m)
{
	AUTO(agents) a = mem_alloc(sizeof(*a));
	if (!a)
		return ERR_NOMEM;
	*a = (struct agents){.loop = l,
		.outbox = o,
		.handle = conf->handle,
		.overreach = conf->overreach,
		.ctx = conf->ctx};
	buf_init(&a->seq, SEQ_MAX);

	enum err e = bind_one(a, conf->endpoint, conf->secret, agents_ready, &a->agents, m);
	if (!e)
		e = bind_one(a, conf->admin_endpoint, NULL, admin_ready, &a->admin, m);
	if (!e)
		zsock_is_secret(a->admin); /* client secrets, tokens */
	if (e)
		return e;
	*ret = STEAL(a);
	return ERR_OK;
}

static void close_one(struct loop *l, struct zsock *z)
{
	if (z)
		loop_remove_socket(l, z);
	zsock_free(z);
}

void agents_free(struct agents *a)
{
	if (!a)
		return;
	close_one(a->loop, a->agents);
	close_one(a->loop, a->admin);
	wire_close(&a->message);
	buf_done(&a->seq);
	mem_free(a);
}

const struct zsock *agents_socket(const struct agents *a)
{
	return a->agents;
}

const char *agents_endpoint(const struct agents *a)
{
	return zsock_endpoint(a->agents);
}

struct agents_counts agents_counts(const struct agents *a)
{
	return a->counts;
}
