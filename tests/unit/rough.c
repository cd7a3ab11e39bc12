#include "tests/unit/rough.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ERR_STATE openssl_err_state /* OpenSSL has a type of that name */
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include "common/base/mem.h"
#include "tests/lib/test.h"

#define REQUEST_MAX ((size_t)16 * 1024 * 1024)
#define SPARE       4     /* connections made beforehand */
#define SPARE_ROOM  65536 /* bytes of a request each of them has room for */

struct conn {
	struct list node;
	struct rough *r;
	int fd;
	SSL *ssl;
	struct buf in;
	const char *out; /* lent */
	size_t out_len;
	enum rough_then then;
	unsigned answered;
	struct loop_timer tick;
};

static void conn_free(struct conn *c)
{
	list_remove(&c->node);
	buf_done(&c->in);
	mem_free(c);
}

static void conn_end(struct conn *c, bool reset)
{
	struct linger now = {.l_onoff = 1};

	if (reset)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	loop_timer_cancel(c->r->l, &c->tick);
	loop_unwatch(c->r->l, c->fd);
	SSL_free(c->ssl);
	(void)close(c->fd);
	conn_free(c);
}

static ssize_t conn_read(struct conn *c, void *to, size_t n)
{
	if (!c->ssl)
		return recv(c->fd, to, n, MSG_DONTWAIT);
	int got = SSL_read(c->ssl, to, (int)n);
	errno = EAGAIN;
	return got > 0 || SSL_get_error(c->ssl, got) == SSL_ERROR_WANT_READ ? got : 0;
}

static ssize_t conn_write(struct conn *c, const void *from, size_t n)
{
	if (!c->ssl)
		return send(c->fd, from, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	errno = EAGAIN;
	return SSL_write(c->ssl, from, (int)n);
}

static void on_conn(void *ctx, int events);

static void watch_conn(struct conn *c)
{
	int events = c->out_len && !c->r->way.drip ? LOOP_READ | LOOP_WRITE : LOOP_READ;

	assert_int_equal(loop_watch(c->r->l, c->fd, events, on_conn, c), ERR_OK);
}

/* Sends what it can of the reply; false when the connection ended. */
static bool send_some(struct conn *c)
{
	size_t most = c->r->way.drip ? 1 : c->out_len;
	ssize_t n = c->out_len ? conn_write(c, c->out, most) : 0;

	if (n < 0 && errno != EAGAIN) {
		conn_end(c, false);
		return false;
	}
	if (n > 0) {
		c->out += n;
		c->out_len -= (size_t)n;
	}
	if (c->out_len && c->r->way.drip)
		assert_int_equal(
			loop_timer_set(c->r->l, &c->tick, loop_now(c->r->l).mono + USEC_MSEC),
			ERR_OK);
	if (!c->out_len && c->then != ROUGH_KEEP) {
		if (c->r->way.deaf)
			rough_deaf(c->r);
		conn_end(c, c->then == ROUGH_RESET);
		return false;
	}
	watch_conn(c);
	return true;
}

static void on_tick(void *ctx)
{
	(void)send_some(ctx);
}

/* The length of the whole request at the begin of c->in, or 0 while it is not all there. */
static size_t whole_request(const struct conn *c)
{
	const char *at = (const char *)c->in.data;
	const char *end = c->in.len ? memmem(at, c->in.len, "\r\n\r\n", 4) : NULL;
	if (!end)
		return 0;

	size_t head = (size_t)(end - at) + 4;
	const char *length = memmem(at, head, "Content-Length:", 15);
	size_t body = length ? strtoul(length + 15, NULL, 10) : 0;
	return c->in.len >= head + body ? head + body : 0;
}

static bool answer(struct conn *c)
{
	const struct rough_way *w = &c->r->way;
	bool good = c->answered++ < w->good_first;

	c->out = good ? ROUGH_GOOD : w->reply;
	c->out_len = good || !w->reply_len ? (c->out ? strlen(c->out) : 0) : w->reply_len;
	c->then = good ? ROUGH_KEEP : w->then;
	return send_some(c);
}

static bool take_requests(struct conn *c)
{
	for (size_t n; (n = whole_request(c)) > 0;) {
		c->r->requests++;
		buf_reset(&c->r->last);
		buf_put(&c->r->last, c->in.data, n);
		c->in.len -= n;
		memmove(c->in.data, c->in.data + n, c->in.len);
		if (!answer(c))
			return false;
	}
	return true;
}

static void on_conn(void *ctx, int events)
{
	struct conn *c = ctx;
	char some[16384];

	if (c->out_len && (events & LOOP_WRITE)) {
		(void)send_some(c);
		return;
	}
	if (c->r->way.unread) {
		conn_end(c, c->r->way.then == ROUGH_RESET);
		return;
	}
	for (;;) {
		ssize_t n = conn_read(c, some, sizeof(some));
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			conn_end(c, false);
			return;
		}
		c->r->bytes += (size_t)n;
		buf_put(&c->in, some, (size_t)n);
		assert_int_equal(c->in.err, ERR_OK);
		if (!take_requests(c))
			return;
	}
}

static struct conn *conn_new(void)
{
	struct conn *c = mem_alloc(sizeof(*c));

	assert_non_null(c);
	list_init(&c->node);
	buf_init(&c->in, REQUEST_MAX);
	assert_non_null(buf_room(&c->in, SPARE_ROOM));
	return c;
}

static void on_accept(void *ctx, int events)
{
	struct rough *r = ctx;
	int fd = accept4(r->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct list *spare = list_pop(&r->spare);
	struct conn *c = spare ? LIST_ITEM(spare, struct conn, node) : conn_new();

	(void)events;
	assert_true(fd >= 0);
	r->connections++;
	c->r = r;
	c->fd = fd;
	c->tick = (struct loop_timer){.fire = on_tick, .ctx = c};
	list_append(&r->conns, &c->node);
	if (r->tls) {
		c->ssl = SSL_new(r->tls);
		assert_int_equal(SSL_set_fd(c->ssl, fd), 1);
		SSL_set_accept_state(c->ssl);
	}
	watch_conn(c);
}

void rough_init(struct rough *r, struct loop *l)
{
	struct sockaddr_in a = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	*r = (struct rough){.l = l, .way.reply = ROUGH_GOOD};
	list_init(&r->conns);
	list_init(&r->spare);
	for (int i = 0; i < SPARE; i++)
		list_append(&r->spare, &conn_new()->node);
	buf_init(&r->last, REQUEST_MAX);
	assert_non_null(buf_room(&r->last, SPARE_ROOM));
	r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(r->fd, (const struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(r->fd, 100), 0);
	assert_int_equal(getsockname(r->fd, (struct sockaddr *)&a, &len), 0);
	r->port = ntohs(a.sin_port);
	assert_int_equal(loop_watch(l, r->fd, LOOP_READ, on_accept, r), ERR_OK);
}

void rough_deaf(struct rough *r)
{
	if (r->fd < 0)
		return;
	loop_unwatch(r->l, r->fd);
	(void)close(r->fd);
	r->fd = -1;
}

void rough_done(struct rough *r)
{
	rough_deaf(r);
	while (!list_is_empty(&r->conns))
		conn_end(LIST_ITEM(r->conns.next, struct conn, node), false);
	while (!list_is_empty(&r->spare))
		conn_free(LIST_ITEM(r->spare.next, struct conn, node));
	SSL_CTX_free(r->tls);
	buf_done(&r->last);
}

/* A certificate for 127.0.0.1, signed by its own key. */
static X509 *self_signed(EVP_PKEY *key)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_get_subject_name(x);
	X509_EXTENSION *alt =
		X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");

	assert_non_null(alt);
	assert_int_equal(X509_set_version(x, 2), 1);
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
	assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), -86400));
	assert_non_null(X509_gmtime_adj(X509_getm_notAfter(x), 86400));
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				 (const unsigned char *)"rough", -1, -1, 0),
		1);
	assert_int_equal(X509_set_issuer_name(x, name), 1);
	assert_int_equal(X509_add_ext(x, alt, -1), 1);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	X509_EXTENSION_free(alt);
	return x;
}

void rough_tls(struct rough *r, char ret_ca[64])
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = self_signed(key);
	SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

	(void)signal(SIGPIPE, SIG_IGN); /* OpenSSL's own writes cannot be told */
	(void)snprintf(ret_ca, 64, "/tmp/roost-rough-XXXXXX");
	FILE *file = fdopen(mkstemp(ret_ca), "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_X509(file, x), 1);
	(void)fclose(file);
	assert_int_equal(SSL_CTX_use_certificate(tls, x), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(tls, key), 1);
	X509_free(x);
	EVP_PKEY_free(key);
	r->tls = tls;
}
