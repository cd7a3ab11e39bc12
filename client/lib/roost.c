#include "roost/roost.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/lib/call.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/net/curve.h"
#include "common/net/loop.h"
#include "common/net/zsock.h"
#include "common/wire/write.h"

#define ENDPOINT_DEFAULT "tcp://127.0.0.1:7701"
#define TIMEOUT_DEFAULT  10000
#define LOOK             (100 * USEC_MSEC) /* between two looks at what became of keys */
#define CREDIT           256               /* results that may be on their way at once */
#define PUSHED_MAX       1024              /* results kept until they are asked for */
#define REASK            (5 * USEC_SEC)    /* silence after which a subscription is renewed */

struct roost {
	struct loop *loop;
	struct zsock *z;
	struct curve_watch *watch;
	char endpoint[256];
	char server_key[CURVE_TEXT], secret_key[CURVE_TEXT];
	char agent[65];
	usec_t timeout;
	int64_t seq;                /* of the last request */
	int64_t waiting_for;        /* seq of the answer that is awaited; 0: none */
	json_t *answer;             /* owned, until it is handed out */
	json_t *pushed[PUSHED_MAX]; /* owned; a ring */
	size_t pushed_first, pushed_count;
	bool subscribed;
	usec_t heard; /* mono: when a push or an answer to a subscription came */
	int64_t used; /* credit used since it was last renewed */
};

enum roost_status roost_say(struct roost_error *e, enum roost_status s, const char *fmt, ...)
{
	va_list ap;

	if (!e)
		return s;
	*e = (struct roost_error){0};
	va_start(ap, fmt);
	(void)vsnprintf(e->message, sizeof(e->message), fmt, ap);
	va_end(ap);
	return s;
}

/* --- what comes --- */

static void keep_pushed(struct roost *r, json_t *message)
{
	json_t *result = json_object_get(message, "result");

	r->heard = loop_now(r->loop).mono;
	if (!result || r->pushed_count == PUSHED_MAX)
		return; /* it stays with the dispatcher until it is acknowledged */
	r->pushed[(r->pushed_first + r->pushed_count++) % PUSHED_MAX] = json_incref(result);
}

static void take(struct roost *r, struct str body)
{
	struct wire_message w = {0};
	json_t *message = NULL;

	if (!wire_open(&w, body, NULL) && !json_from_wire(w.root, &message)) {
		const json_t *seq = json_object_get(message, "seq");

		if (json_object_get(message, "push"))
			keep_pushed(r, message);
		else if (r->waiting_for && json_is_integer(seq) &&
			 json_integer_value(seq) == r->waiting_for) {
			json_decref(r->answer);
			r->answer = json_incref(message);
		}
	}
	json_decref(message);
	wire_close(&w);
}

static void ready(void *ctx, int events)
{
	struct roost *r = ctx;
	struct zmessage z;

	(void)events;
	while (zsock_receive(r->z, &z))
		if (!z.malformed)
			take(r, z.body);
}

/* --- open --- */

static void close_socket(struct roost *r)
{
	curve_watch_free(r->watch);
	if (r->z && r->loop)
		loop_remove_socket(r->loop, r->z);
	zsock_free(r->z);
	r->watch = NULL;
	r->z = NULL;
}

static enum err open_socket(struct roost *r, struct errmsg *m)
{
	enum err e = zsock_open(ZSOCK_DEALER, &r->z, m);

	if (!e)
		zsock_is_secret(r->z); /* an administrator sends client secrets and tokens */
	if (!e && r->secret_key[0])
		e = curve_join(r->z, r->server_key, r->secret_key, m);
	if (!e)
		e = curve_watch_open(r->z, &r->watch, m);
	if (!e)
		e = zsock_connect(r->z, r->endpoint, m);
	return e ? e : loop_add_socket(r->loop, r->z, ready, r);
}

/* ZeroMQ does not try again where keys were refused: the next request goes over a new socket.
 */
static void renew_socket(struct roost *r)
{
	struct errmsg m;

	if (!curve_words(curve_watch_end(r->watch))[0])
		return;
	close_socket(r);
	if (open_socket(r, &m))
		close_socket(r);
	r->subscribed = false;
}

static void take_options(struct roost *r, const struct roost_options *o)
{
	bool keys = o && o->secret_key && o->secret_key[0];

	(void)snprintf(r->endpoint, sizeof(r->endpoint), "%s",
		o && o->endpoint ? o->endpoint : ENDPOINT_DEFAULT);
	(void)snprintf(r->agent, sizeof(r->agent), "%s", o && o->agent ? o->agent : "");
	(void)snprintf(r->secret_key, sizeof(r->secret_key), "%s", keys ? o->secret_key : "");
	(void)snprintf(r->server_key, sizeof(r->server_key), "%s",
		keys && o->server_key ? o->server_key : "");
}

enum roost_status roost_open(
	const struct roost_options *o, struct roost **ret, struct roost_error *e)
{
	struct roost *r = mem_alloc(sizeof(*r));
	struct errmsg m = {0};

	if (!r)
		return roost_say(e, ROOST_FAILED, "%s", "out of memory");
	take_options(r, o);
	r->timeout = (o && o->timeout_ms > 0 ? o->timeout_ms : TIMEOUT_DEFAULT) * USEC_MSEC;
	r->loop = loop_new(&clock_system);
	if (!r->loop || open_socket(r, &m)) {
		roost_close(r);
		return roost_say(e, ROOST_FAILED, "%s", m.text[0] ? m.text : "out of memory");
	}
	*ret = r;
	return ROOST_OK;
}

void roost_close(struct roost *r)
{
	if (!r)
		return;
	json_decref(r->answer);
	while (r->pushed_count) {
		json_decref(r->pushed[r->pushed_first]);
		r->pushed_first = (r->pushed_first + 1) % PUSHED_MAX;
		r->pushed_count--;
	}
	close_socket(r);
	loop_free(r->loop);
	explicit_bzero(r->secret_key, sizeof(r->secret_key));
	mem_free(r);
}

/* --- one request --- */

/* What a request is made of: members, and bytes as `data` beside them; at NULL: none. */
struct asked {
	const char *op;
	const json_t *members;
	struct str data;
};

/* Writes {op, seq, agent if one was named, ...the members, data}. */
static void write_request(struct roost *r, struct buf *b, const struct asked *a)
{
	const char *key;
	json_t *value;

	wire_put_map(b, (uint32_t)((r->agent[0] ? 3 : 2) + json_object_size(a->members) +
				   (a->data.at != NULL)));
	wire_pair_text(b, "op", a->op);
	wire_pair_int(b, "seq", ++r->seq);
	if (r->agent[0])
		wire_pair_text(b, "agent", r->agent);
	json_object_foreach((json_t *)(uintptr_t)a->members, key, value)
	{
		wire_put_text(b, key);
		json_to_wire(value, b);
	}
	if (a->data.at) {
		wire_put_text(b, "data");
		wire_put_bin(b, a->data);
	}
}

static enum roost_status send_request(
	struct roost *r, const struct asked *a, struct roost_error *e)
{
	struct buf b;

	buf_init(&b, ZSOCK_MESSAGE_MAX);
	write_request(r, &b, a);
	renew_socket(r);
	enum err failed = b.err   ? b.err
			  : !r->z ? ERR_UNAVAILABLE
				  : zsock_send(r->z, NULL, buf_view(&b));
	if (b.len)
		explicit_bzero(b.data, b.len); /* it may have had a token */
	buf_done(&b);
	if (failed == ERR_TOO_BIG)
		return roost_say(e, ROOST_INVALID, "%s",
			"the request is larger than 1 MiB; send fewer jobs at once");
	if (failed)
		return roost_say(
			e, ROOST_FAILED, "the request could not be sent: %s", err_text(failed));
	return ROOST_OK;
}

static void copy_text(char *out, size_t cap, const json_t *from, const char *key)
{
	const char *text = json_string_value(json_object_get(from, key));

	(void)snprintf(out, cap, "%s", text ? text : "");
}

/* Why no connection comes about, if it is for keys. */
static const char *key_words(struct roost *r)
{
	return curve_words(curve_watch_end(r->watch));
}

/* Waits for the answer to the last request. *ret is the caller's. */
static enum roost_status await(struct roost *r, json_t **ret, struct roost_error *e)
{
	usec_t until = loop_refresh(r->loop).mono + r->timeout;

	r->waiting_for = r->seq;
	for (usec_t left = r->timeout; !r->answer && left > 0 && !key_words(r)[0];
		left = until - loop_refresh(r->loop).mono)
		if (loop_once(r->loop, left < LOOK ? left : LOOK))
			break;
	r->waiting_for = 0;
	*ret = STEAL(r->answer);
	if (!*ret && key_words(r)[0])
		return roost_say(e, ROOST_DENIED, "%s", key_words(r));
	if (!*ret)
		return roost_say(e, ROOST_TIMEOUT, "%s",
			"no answer from the dispatcher; is it running?");
	if (json_is_true(json_object_get(*ret, "ok")))
		return ROOST_OK;
	if (e) {
		const json_t *error = json_object_get(*ret, "error");

		copy_text(e->code, sizeof(e->code), error, "code");
		copy_text(e->message, sizeof(e->message), error, "message");
		copy_text(e->field, sizeof(e->field), error, "field");
	}
	return ROOST_REFUSED;
}

/* A JSON value as text for the caller; NULL when out of memory. */
static char *as_text(const json_t *j)
{
	struct buf b;
	size_t len;

	buf_init(&b, 16 * ZSOCK_MESSAGE_MAX);
	json_write(j, &b);
	buf_byte(&b, 0);
	if (b.err) {
		buf_done(&b);
		return NULL;
	}
	return (char *)buf_take(&b, &len);
}

enum roost_status roost_call_data(struct roost *r, const char *op, const json_t *request,
	struct str data, json_t **ret_answer, struct roost_error *e)
{
	struct asked a = {op, request, data};

	*ret_answer = NULL;
	enum roost_status s = send_request(r, &a, e);
	return s ? s : await(r, ret_answer, e);
}

enum roost_status roost_call_tree(struct roost *r, const char *op, const json_t *request,
	json_t **ret_answer, struct roost_error *e)
{
	return roost_call_data(r, op, request, (struct str){0}, ret_answer, e);
}

enum roost_status roost_call(struct roost *r, const char *op, const char *request,
	char **ret_answer, struct roost_error *e)
{
	AUTO_JSON in = NULL;
	AUTO_JSON answer = NULL;
	struct errmsg m;

	if (ret_answer)
		*ret_answer = NULL;
	if (request && json_read(str_of(request), &in, &m))
		return roost_say(e, ROOST_INVALID, "the request is no JSON: %s", m.text);
	if (request && !json_is_object(in))
		return roost_say(e, ROOST_INVALID, "%s", "a request is a JSON object");
	enum roost_status s = roost_call_tree(r, op, in, &answer, e);
	if (answer && ret_answer)
		*ret_answer = as_text(answer);
	return s;
}

/* --- results --- */

/* Renews the subscription: also after a silence, since the dispatcher may have been restarted.
 */
static enum roost_status subscribe(struct roost *r, struct roost_error *e)
{
	AUTO_JSON request = json_pack("{s:i}", "credit", CREDIT);
	AUTO_JSON answer = NULL;

	while (r->pushed_count) { /* they come again */
		json_decref(r->pushed[r->pushed_first]);
		r->pushed_first = (r->pushed_first + 1) % PUSHED_MAX;
		r->pushed_count--;
	}
	enum roost_status s = roost_call_tree(r, "subscribe", request, &answer, e);
	r->subscribed = s == ROOST_OK;
	r->heard = loop_now(r->loop).mono;
	r->used = 0;
	return s;
}

static enum roost_status ack(struct roost *r, long long upto, struct roost_error *e)
{
	AUTO_JSON request =
		json_pack("{s:I,s:I}", "upto", (json_int_t)upto, "credit", (json_int_t)r->used);
	AUTO_JSON answer = NULL;

	enum roost_status s = roost_call_tree(r, "ack", request, &answer, e);
	if (!s)
		r->used = 0;
	return s;
}

enum roost_status roost_next_result(struct roost *r, long long ack_upto, int timeout_ms,
	char **ret_result, struct roost_error *e)
{
	usec_t until = loop_refresh(r->loop).mono + timeout_ms * USEC_MSEC;
	enum roost_status s = ROOST_OK;

	*ret_result = NULL;
	if (ack_upto > 0 || r->used > CREDIT / 2)
		s = ack(r, ack_upto, e);
	if (!s && !r->subscribed)
		s = subscribe(r, e);
	for (usec_t left = until - loop_refresh(r->loop).mono;
		!s && !r->pushed_count && left > 0; left = until - loop_refresh(r->loop).mono) {
		if (loop_now(r->loop).mono - r->heard > REASK)
			s = subscribe(r, e);
		else if (loop_once(r->loop, left < REASK ? left : REASK))
			s = roost_say(e, ROOST_FAILED, "%s", "waiting failed");
	}
	if (s)
		return s;
	if (!r->pushed_count)
		return roost_say(e, ROOST_TIMEOUT, "%s", "no result yet");
	AUTO_JSON result = r->pushed[r->pushed_first];
	r->pushed_first = (r->pushed_first + 1) % PUSHED_MAX;
	r->pushed_count--;
	r->used++;
	*ret_result = as_text(result);
	return *ret_result ? ROOST_OK : roost_say(e, ROOST_FAILED, "%s", "out of memory");
}

void roost_free(char *text)
{
	mem_free(text);
}

const char *roost_version(void)
{
	return ROOST_VERSION;
}
