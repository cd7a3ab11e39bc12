#include "common/net/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/listener.h>

#include "common/base/mem.h"
#include "common/net/httpd_conn.h"
#include "common/net/httpd_tls.h"

#define BACKLOG     4096
#define SWEEP_EVERY (200 * USEC_MSEC) /* how late a passed deadline may be noticed */
#define HEADERS_CAP ((size_t)16 * 1024)
#define LINE_CAP    2048 /* bytes of one header line of an answer */

static void default_options(struct httpd_options *o)
{
	o->host = o->host ? o->host : "127.0.0.1";
	o->head_max = o->head_max ? o->head_max : (size_t)16 * 1024;
	o->body_max = o->body_max ? o->body_max : (size_t)1024 * 1024;
	o->connections_max = o->connections_max ? o->connections_max : 1000;
	o->receive_time = o->receive_time ? o->receive_time : 30 * USEC_SEC;
	o->idle_time = o->idle_time ? o->idle_time : 60 * USEC_SEC;
	o->clock = o->clock ? o->clock : &clock_system;
}

static bool is_loopback(const struct sockaddr *peer)
{
	if (peer->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)peer;
		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	if (peer->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)peer;
		return IN6_IS_ADDR_LOOPBACK(&in->sin6_addr);
	}
	return false;
}

/* Closes so that the peer sees a reset. */
static void turn_away(int fd)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void on_accept(
	struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *peer, int len, void *ctx)
{
	struct httpd *h = ctx;
	int yes = 1;

	(void)len;
	if (h->o.admit && !h->o.admit(h->o.ctx)) {
		turn_away(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	conn_accept(h, fd, is_loopback(peer));
	if (h->counts.open >= h->o.connections_max) {
		h->paused = true;
		evconnlistener_disable(l);
	}
}

/* Mostly out of descriptors: the next sweep tries again. */
static void on_accept_error(struct evconnlistener *l, void *ctx)
{
	struct httpd *h = ctx;

	h->paused = true;
	evconnlistener_disable(l);
}

static void on_sweep(evutil_socket_t fd, short what, void *ctx)
{
	struct httpd *h = ctx;
	usec_t now = h->o.clock->read(h->o.clock->ctx).mono;

	(void)fd, (void)what;
	for (struct list *l = h->conns.next, *next; l != &h->conns; l = next) {
		struct conn *c = LIST_ITEM(l, struct conn, node);

		next = l->next;
		if (now >= c->deadline)
			conn_expire(c);
	}
	if (h->paused && h->counts.open < h->o.connections_max) {
		h->paused = false;
		evconnlistener_enable(h->listener);
	}
}

static void on_stop(evutil_socket_t fd, short what, void *ctx)
{
	struct httpd *h = ctx;
	uint64_t count;

	(void)what;
	if (read(fd, &count, sizeof(count)) == (ssize_t)sizeof(count))
		event_base_loopbreak(h->base);
}

static enum err set_up_events(struct httpd *h)
{
	struct timeval every = {.tv_sec = 0, .tv_usec = SWEEP_EVERY};

	h->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	h->base = event_base_new();
	if (!h->base || h->stop_fd < 0)
		return ERR_NOMEM;
	h->sweep = event_new(h->base, -1, EV_PERSIST, on_sweep, h);
	h->stop_event = event_new(h->base, h->stop_fd, EV_READ | EV_PERSIST, on_stop, h);
	if (!h->sweep || !h->stop_event)
		return ERR_NOMEM;
	return event_add(h->sweep, &every) || event_add(h->stop_event, NULL) ? ERR_NOMEM
									     : ERR_OK;
}

/* Fills in an address; returns its length, or 0 when host is no numeric address. */
static socklen_t address_of(const char *host, uint16_t port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *v4 = (void *)ret;
	struct sockaddr_in6 *v6 = (void *)ret;

	memset(ret, 0, sizeof(*ret));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		return sizeof(*v6);
	}
	return 0;
}

static uint16_t bound_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in four;
		struct sockaddr_in6 six;
	} at = {0};
	socklen_t len = sizeof(at);

	if (getsockname(fd, &at.any, &len))
		return 0;
	return ntohs(at.any.sa_family == AF_INET6 ? at.six.sin6_port : at.four.sin_port);
}

static enum err set_up_listener(struct httpd *h, struct errmsg *m)
{
	struct sockaddr_storage at;
	socklen_t len = address_of(h->o.host, h->o.port, &at);

	if (!len)
		return err_say(m, ERR_INVALID, "'%s' is not a numeric address", h->o.host);
	h->listener = evconnlistener_new_bind(h->base, on_accept, h,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG,
		(struct sockaddr *)&at, (int)len);
	if (!h->listener)
		return err_say(m, ERR_IO, "cannot listen on %s port %u: %s", h->o.host,
			h->o.port, strerror(errno));
	evconnlistener_set_error_cb(h->listener, on_accept_error);
	h->port = bound_port(evconnlistener_get_fd(h->listener));
	return ERR_OK;
}

enum err httpd_open(const struct httpd_options *o, struct httpd **ret, struct errmsg *m)
{
	AUTO(httpd) h = mem_alloc(sizeof(*h));

	ASSERT(o->handle);
	if (!h)
		return err_say(m, ERR_NOMEM, "out of memory");
	h->o = *o;
	h->stop_fd = -1;
	h->date_second = -1;
	default_options(&h->o);
	list_init(&h->conns);
	buf_init(&h->answer.headers, HEADERS_CAP);
	buf_init(&h->answer.body, HTTPD_ANSWER_MAX);
	buf_init(&h->out, HTTPD_ANSWER_MAX + 2 * HEADERS_CAP);
	signal(SIGPIPE, SIG_IGN);

	enum err e = set_up_events(h);
	if (e)
		return err_say(m, e, "cannot set up an event loop: %s", err_text(e));
	if (h->o.cert_file && h->o.key_file)
		e = httpd_tls_new(h->o.cert_file, h->o.key_file, &h->tls, m);
	if (e)
		return e;
	e = set_up_listener(h, m);
	if (e)
		return e;
	h->o.host = h->o.cert_file = h->o.key_file = NULL; /* were lent */
	*ret = STEAL(h);
	return ERR_OK;
}

void httpd_free(struct httpd *h)
{
	if (!h)
		return;
	while (!list_is_empty(&h->conns))
		conn_free(LIST_ITEM(h->conns.next, struct conn, node));
	if (h->listener)
		evconnlistener_free(h->listener);
	if (h->sweep)
		event_free(h->sweep);
	if (h->stop_event)
		event_free(h->stop_event);
	if (h->base)
		event_base_free(h->base);
	if (h->stop_fd >= 0)
		close(h->stop_fd);
	httpd_tls_free(h->tls);
	buf_done(&h->answer.headers);
	buf_done(&h->answer.body);
	buf_done(&h->out);
	mem_free(h);
}

uint16_t httpd_port(const struct httpd *h)
{
	return h->port;
}

enum err httpd_run(struct httpd *h)
{
	return event_base_dispatch(h->base) < 0 ? ERR_IO : ERR_OK;
}

void httpd_stop(struct httpd *h)
{
	int saved = errno;
	uint64_t one = 1;

	if (write(h->stop_fd, &one, sizeof(one)) < 0) {
		/* The counter is full: it has been told often enough. */
	}
	errno = saved;
}

struct str httpd_request_header(const struct httpd_request *r, const char *name)
{
	return http_head_find(r->headers, r->header_count, name);
}

void httpd_header(struct httpd_answer *a, const char *name, const char *fmt, ...)
{
	char value[LINE_CAP];
	va_list args;

	va_start(args, fmt);
	int n = vsnprintf(value, sizeof(value), fmt, args);
	va_end(args);
	if (n < 0 || (size_t)n >= sizeof(value)) {
		buf_fail(&a->headers, ERR_TOO_BIG);
		return;
	}
	for (char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	buf_fmt(&a->headers, "%s: %s\r\n", name, value);
}

struct httpd_counts httpd_counts(const struct httpd *h)
{
	return h->counts;
}
