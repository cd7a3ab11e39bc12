#include "common/net/httpd_conn.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>

#include "common/base/mem.h"
#include "common/net/httpd_tls.h"

#define LINGER_TIME (2 * USEC_SEC)    /* for the peer to take the last answer and go */
#define DRIP_GAP    (100 * USEC_MSEC) /* when the answer names none */

static struct now read_clock(const struct httpd *h)
{
	return h->o.clock->read(h->o.clock->ctx);
}

void conn_free(struct conn *c)
{
	struct httpd *h = c->h;

	if (c->timer)
		event_free(c->timer);
	bufferevent_free(c->bev);
	list_remove(&c->node);
	buf_done(&c->body);
	mem_free(c->late);
	mem_free(c);
	h->counts.open--;
	if (h->paused && h->counts.open < h->o.connections_max) {
		h->paused = false;
		evconnlistener_enable(h->listener);
	}
}

/* Ends it so that the peer sees a reset. */
static void conn_reset(struct conn *c)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	conn_free(c);
}

/* Says that no more will come, and waits for the peer to go: closing at once could eat the
 * answer. */
static void conn_linger(struct conn *c)
{
	if (c->h->tls && !c->cut)
		httpd_tls_farewell(c->bev);
	shutdown(bufferevent_getfd(c->bev), SHUT_WR);
	c->state = CONN_LINGERING;
	c->deadline = read_clock(c->h).mono + LINGER_TIME;
	evbuffer_drain(bufferevent_get_input(c->bev), SIZE_MAX);
}

/* Writes straight to the socket when nothing waits before it: it spares three system calls. */
static void transmit(struct conn *c, const unsigned char *p, size_t n)
{
	struct evbuffer *waiting = bufferevent_get_output(c->bev);

	if (!c->h->tls && !evbuffer_get_length(waiting)) {
		ssize_t sent =
			send(bufferevent_getfd(c->bev), p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
	}
	if (n && bufferevent_write(c->bev, p, n))
		c->close_after = true;
}

static void serve(struct conn *c);

/* The answer has been handed to the socket: what now? False when c is gone or will say no more.
 */
static bool answered(struct conn *c)
{
	if (!c->close_after) {
		c->state = CONN_READING;
		c->started = false;
		c->deadline = read_clock(c->h).mono + c->h->o.idle_time;
		return true;
	}
	c->state = CONN_ANSWERING;
	c->deadline = read_clock(c->h).mono + c->h->o.receive_time;
	if (!evbuffer_get_length(bufferevent_get_output(c->bev)))
		conn_linger(c);
	return false;
}

static void set_timer(struct conn *c, usec_t after)
{
	struct timeval tv = {.tv_sec = after / USEC_SEC, .tv_usec = after % USEC_SEC};

	if (!c->timer || event_add(c->timer, &tv))
		conn_free(c);
}

/* The delay is over, or it is time for the next drop. */
static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct conn *c = ctx;

	(void)fd, (void)what;
	if (!c->late) { /* a hang that has lasted long enough */
		conn_free(c);
		return;
	}
	size_t n = c->gap ? 1 : c->late_len - c->late_at;
	transmit(c, c->late + c->late_at, n);
	c->late_at += n;
	if (c->late_at < c->late_len) {
		set_timer(c, c->gap);
		return;
	}
	mem_free(c->late);
	c->late = NULL;
	if (answered(c))
		serve(c);
}

/* Keeps the answer in h->out for later. */
static void answer_later(struct conn *c, const struct httpd_answer *a)
{
	c->state = CONN_ANSWERING;
	c->deadline = USEC_NEVER;
	if (!c->timer)
		c->timer = evtimer_new(c->h->base, on_timer, c);
	if (a->wire == HTTPD_HANG) {
		if (a->delay)
			set_timer(c, a->delay);
		return;
	}
	c->gap = a->wire == HTTPD_DRIP ? (a->gap ? a->gap : DRIP_GAP) : 0;
	c->late_at = 0;
	c->late = buf_take(&c->h->out, &c->late_len);
	set_timer(c, a->delay);
}

/* "Thu, 01 Oct 2026 10:00:00 GMT" */
static const char *date(struct httpd *h, usec_t wall)
{
	static const char *const days[] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
		"Aug", "Sep", "Oct", "Nov", "Dec"};
	int64_t second = wall / USEC_SEC;
	char iso[32];

	if (second == h->date_second)
		return h->date;
	h->date_second = second;
	text_from_time(wall, iso, sizeof(iso));
	int month = (iso[5] - '0') * 10 + iso[6] - '0';
	snprintf(h->date, sizeof(h->date), "%s, %.2s %s %.4s %.8s GMT",
		days[second / 86400 % 7], iso + 8, months[month - 1], iso, iso + 11);
	return h->date;
}

/* Writes a as bytes to h->out; returns how many of them are head. */
static size_t compose(struct httpd *h, const struct httpd_answer *a, bool close, usec_t wall)
{
	struct buf *out = &h->out;

	buf_reset(out);
	buf_fmt(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", a->status, http_reason(a->status),
		date(h, wall));
	if (a->type)
		buf_fmt(out, "Content-Type: %s\r\n", a->type);
	buf_put(out, a->headers.data, a->headers.len);
	buf_fmt(out, "Content-Length: %zu\r\n%s\r\n", a->body.len,
		close ? "Connection: close\r\n" : "");
	size_t head = out->len;
	buf_put(out, a->body.data, a->body.len);
	return head;
}

/* Spoils the bytes in h->out as asked. */
static void spoil(struct httpd *h, const struct httpd_answer *a, size_t head)
{
	static const char garbage[] =
		"\x16\x03\x01zz HTTP/9.9 \xff\xfe <<not a status line>>\r\n\r\n\x80\x81";

	if (a->wire == HTTPD_CUT_HEAD) {
		h->out.len = head / 2;
	} else if (a->wire == HTTPD_CUT_BODY) {
		h->out.len = head + a->body.len / 2;
	} else if (a->wire == HTTPD_GARBAGE) {
		buf_reset(&h->out);
		buf_put(&h->out, garbage, sizeof(garbage) - 1);
	}
}

/* Sends a, now or later. False when c is gone or not ready for another request. */
static bool send_answer(struct conn *c, struct httpd_answer *a, bool head_only)
{
	struct httpd *h = c->h;

	if (a->wire == HTTPD_DROP) {
		conn_free(c);
		return false;
	}
	if (a->wire == HTTPD_RESET) {
		conn_reset(c);
		return false;
	}
	if (a->headers.err || a->body.err) {
		buf_reset(&a->headers);
		buf_reset(&a->body);
		a->status = 500;
	}
	c->close_after |= a->close || (a->wire != HTTPD_WHOLE && a->wire != HTTPD_DRIP);
	size_t head = compose(h, a, c->close_after, read_clock(h).wall);
	if (h->out.err) {
		conn_free(c);
		return false;
	}
	if (head_only)
		h->out.len = head;
	spoil(h, a, head);
	c->cut = a->wire == HTTPD_CUT_HEAD || a->wire == HTTPD_CUT_BODY ||
		 a->wire == HTTPD_GARBAGE;
	if (a->delay || a->wire == HTTPD_HANG || a->wire == HTTPD_DRIP) {
		answer_later(c, a);
		return false;
	}
	transmit(c, h->out.data, h->out.len);
	return answered(c);
}

/* An empty answer, kept in h, in which a handler puts its own. */
static struct httpd_answer *fresh_answer(struct httpd *h)
{
	struct httpd_answer *a = &h->answer;
	struct buf headers = a->headers, body = a->body;

	buf_reset(&headers);
	buf_reset(&body);
	*a = (struct httpd_answer){.status = 200, .headers = headers, .body = body};
	return a;
}

/* Refuses what cannot be a request, in the way of a server that does not go on afterwards. */
static bool refuse(struct conn *c, int status)
{
	struct httpd_answer *a = fresh_answer(c->h);

	c->h->counts.refused++;
	a->status = status;
	a->type = "text/plain";
	a->close = true;
	buf_fmt(&a->body, "%s\n", http_reason(status));
	return send_answer(c, a, false);
}

static struct httpd_request request_of(struct conn *c, const struct http_head *head)
{
	return (struct httpd_request){
		.number = c->number,
		.nth = c->nth,
		.method = head->method,
		.path = head->path,
		.query = head->query,
		.headers = head->headers,
		.header_count = head->header_count,
		.now = read_clock(c->h),
		.local = c->local,
	};
}

/* The first n bytes of what has come, in one piece; NULL when out of memory. */
static struct str front(struct conn *c, size_t n)
{
	return (struct str){
		(const char *)evbuffer_pullup(bufferevent_get_input(c->bev), (ssize_t)n), n};
}

/* What is decided when the head has come. False when there is no request to go on with. */
static bool begin_request(struct conn *c, const struct http_head *head)
{
	struct httpd *h = c->h;

	c->number = ++h->counts.requests;
	c->nth++;
	c->chunked = head->chunked;
	c->length = (size_t)head->length;
	c->close_after = !head->keep_alive;
	if (h->o.peek) {
		struct httpd_answer *a = fresh_answer(h);
		struct httpd_request r = request_of(c, head);

		a->wire = h->o.peek(h->o.ctx, &r, a);
		a->close = true; /* the body stays unread */
		if (a->wire != HTTPD_WHOLE) {
			send_answer(c, a, false);
			return false;
		}
	}
	if (head->length > h->o.body_max) {
		refuse(c, 413);
		return false;
	}
	chunk_reader_init(&c->chunks, c->head_len, h->o.body_max);
	if (head->expect_continue)
		transmit(c, (const unsigned char *)"HTTP/1.1 100 Continue\r\n\r\n", 25);
	return true;
}

/* Looks for the end of the head. False when it is not here, or was refused. */
static bool find_head(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	size_t have = evbuffer_get_length(in);
	struct evbuffer_ptr from, at;
	struct http_head head;

	if (!have || evbuffer_ptr_set(in, &from, c->searched, EVBUFFER_PTR_SET))
		return false;
	at = evbuffer_search(in, "\r\n\r\n", 4, &from);
	if (at.pos < 0 || (size_t)at.pos + 4 > c->h->o.head_max) {
		c->searched = have > 3 ? have - 3 : 0;
		if (have >= c->h->o.head_max)
			refuse(c, 431);
		return false;
	}
	size_t len = (size_t)at.pos + 4;
	struct str text = front(c, len);
	int status = text.at ? http_head_parse(text, &head) : 500;
	if (status) {
		refuse(c, status);
		return false;
	}
	c->head_len = len;
	return begin_request(c, &head);
}

/* Whether all of the body is here. On true *ret_len is how many bytes the request has in all.
 */
static bool find_body(struct conn *c, size_t *ret_len)
{
	size_t have = evbuffer_get_length(bufferevent_get_input(c->bev));

	if (!c->chunked) {
		*ret_len = c->head_len + c->length;
		return have >= *ret_len;
	}
	struct str all = front(c, have);
	int status = all.at ? chunk_read(&c->chunks, all, &c->body) : 500;
	if (status > 0)
		refuse(c, status);
	*ret_len = c->chunks.at;
	return status == 0;
}

/* Gives one whole request, `len` bytes of input, to the handler. False: see send_answer(). */
static bool handle(struct conn *c, size_t len)
{
	struct httpd *h = c->h;
	struct http_head head;
	struct str all = front(c, len);

	if (!all.at || http_head_parse((struct str){all.at, c->head_len}, &head))
		return refuse(c, 500);
	struct httpd_request r = request_of(c, &head);
	r.body =
		c->chunked ? buf_view(&c->body) : (struct str){all.at + c->head_len, c->length};

	struct httpd_answer *a = fresh_answer(h);
	h->o.handle(h->o.ctx, &r, a);

	bool head_only = str_is(r.method, "HEAD");
	evbuffer_drain(bufferevent_get_input(c->bev), len);
	buf_done(&c->body);
	buf_init(&c->body, h->o.body_max);
	c->head_len = 0;
	c->searched = 0;
	return send_answer(c, a, head_only);
}

/* Serves what has come, as far as it goes. */
static void serve(struct conn *c)
{
	size_t len;

	while (c->state == CONN_READING) {
		if (!c->started && evbuffer_get_length(bufferevent_get_input(c->bev))) {
			c->started = true;
			c->deadline = read_clock(c->h).mono + c->h->o.receive_time;
		}
		if (!c->head_len && !find_head(c))
			return;
		if (!find_body(c, &len) || !handle(c, len))
			return;
		if (evbuffer_get_length(bufferevent_get_output(c->bev)))
			return; /* the rest when the peer has taken this: on_written() */
	}
}

static void on_readable(struct bufferevent *bev, void *ctx)
{
	struct conn *c = ctx;

	if (c->state == CONN_LINGERING)
		evbuffer_drain(bufferevent_get_input(bev), SIZE_MAX);
	else
		serve(c);
}

static void on_written(struct bufferevent *bev, void *ctx)
{
	struct conn *c = ctx;

	(void)bev;
	if (c->state == CONN_ANSWERING && c->close_after && !c->late)
		conn_linger(c);
	else if (c->state == CONN_READING)
		serve(c);
}

static void on_event(struct bufferevent *bev, short what, void *ctx)
{
	struct conn *c = ctx;

	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		conn_free(c);
}

void conn_expire(struct conn *c)
{
	bool busy = c->state != CONN_LINGERING && (c->started || c->state == CONN_ANSWERING);

	c->h->counts.timeouts += busy;
	if (c->state == CONN_READING && c->started && !c->h->tls)
		refuse(c, 408);
	else
		conn_free(c);
}

static struct bufferevent *wrap(struct httpd *h, int fd)
{
	if (h->tls)
		return httpd_tls_accept(h->tls, h->base, fd);
	return bufferevent_socket_new(h->base, fd, BEV_OPT_CLOSE_ON_FREE);
}

void conn_accept(struct httpd *h, int fd, bool local)
{
	struct conn *c = mem_alloc(sizeof(*c));
	struct bufferevent *bev = c ? wrap(h, fd) : NULL;

	if (!bev) {
		mem_free(c);
		evutil_closesocket(fd);
		return;
	}
	*c = (struct conn){.h = h, .bev = bev, .local = local, .state = CONN_READING};
	c->deadline = read_clock(h).mono + h->o.receive_time;
	buf_init(&c->body, h->o.body_max);
	list_init(&c->node);
	list_append(&h->conns, &c->node);
	h->counts.connections++;
	h->counts.open++;
	bufferevent_setcb(bev, on_readable, on_written, on_event, c);
	bufferevent_setwatermark(
		bev, EV_READ, 0, h->o.head_max + chunk_input_max(h->o.body_max));
	if (bufferevent_enable(bev, EV_READ | EV_WRITE))
		conn_free(c);
}
