#include "common/net/httpd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"

#define PATIENCE 20 /* seconds a test waits for what must come */

/* A server on its own thread. */
struct bench {
	struct httpd *h;
	pthread_t thread;
	bool refuse_all; /* of admit() */
	struct httpd_options o;
};

static void handle(void *ctx, const struct httpd_request *r, struct httpd_answer *a)
{
	(void)ctx;
	a->type = "text/plain";
	if (str_is(r->path, "/big"))
		for (int i = 0; i < 300000; i++)
			buf_str(&a->body, "0123456789");
	else
		buf_fmt(&a->body, "%.*s %.*s %.*s [%.*s]", STR_ARG(r->method), STR_ARG(r->path),
			STR_ARG(r->query), STR_ARG(r->body));
	httpd_header(a, "X-Number", "%llu\r\nX-Evil: 1", (unsigned long long)r->number);
	if (str_has_prefix(r->path, "/wire/"))
		a->wire = (enum httpd_wire)(r->path.at[6] - '0');
	a->gap = USEC_MSEC;
	if (str_is(r->path, "/late"))
		a->delay = 30 * USEC_MSEC;
	if (str_is(r->path, "/short-hang")) {
		a->wire = HTTPD_HANG;
		a->delay = USEC_MSEC;
	}
	if (str_is(r->path, "/too-big"))
		buf_fail(&a->body, ERR_TOO_BIG);
}

static enum httpd_wire peek(void *ctx, const struct httpd_request *r, struct httpd_answer *a)
{
	(void)ctx;
	if (str_is(r->path, "/peek/reset"))
		return HTTPD_RESET;
	if (!str_is(r->path, "/peek/drip"))
		return HTTPD_WHOLE;
	a->status = 503;
	a->gap = USEC_MSEC;
	return HTTPD_DRIP;
}

static bool admit(void *ctx)
{
	return !((struct bench *)ctx)->refuse_all;
}

static void *run(void *h)
{
	assert_int_equal(httpd_run(h), ERR_OK);
	return NULL;
}

static void start(struct bench *b)
{
	struct errmsg m;

	b->o.handle = handle;
	b->o.peek = peek;
	b->o.admit = admit;
	b->o.ctx = b;
	if (httpd_open(&b->o, &b->h, &m))
		fail_msg("%s", m.text);
	assert_int_equal(pthread_create(&b->thread, NULL, run, b->h), 0);
}

static struct httpd_counts stop(struct bench *b)
{
	httpd_stop(b->h);
	pthread_join(b->thread, NULL);
	struct httpd_counts counts = httpd_counts(b->h);
	httpd_free(b->h);
	return counts;
}

static int dial(const struct bench *b)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(httpd_port(b->h))};
	struct timeval patience = {.tv_sec = PATIENCE};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, "127.0.0.1", &at.sin_addr);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until the peer closes; returns how many bytes, or -errno. */
static ssize_t hear_all(int fd, char *out, size_t cap)
{
	size_t len = 0;

	out[0] = '\0';
	for (;;) {
		ssize_t n = recv(fd, out + len, cap - 1 - len, 0);
		if (n < 0)
			return -errno;
		if (!n)
			return (ssize_t)len;
		len += (size_t)n;
		assert_true(len < cap - 1);
		out[len] = '\0';
	}
}

/* Reads until `end` has come. */
static void hear_until(int fd, const char *end, char *out, size_t cap)
{
	size_t len = 0;

	out[0] = '\0';
	while (!strstr(out, end)) {
		ssize_t n = recv(fd, out + len, cap - 1 - len, 0);
		if (n <= 0)
			fail_msg("'%s' did not come, only: %s", end, out);
		len += (size_t)n;
		out[len] = '\0';
	}
}

/* Says `text` on a connection of its own and hears all of the answer. */
static ssize_t ask(const struct bench *b, const char *text, char *out, size_t cap)
{
	int fd = dial(b);

	say(fd, text);
	ssize_t n = hear_all(fd, out, cap);
	close(fd);
	return n;
}

TEST(answers_on_one_connection_again_and_again)
{
	struct bench b = {0};
	char out[4096];

	start(&b);
	int fd = dial(&b);
	say(fd, "GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_until(fd, "GET /a b []", out, sizeof(out));
	assert_true(str_has_prefix(str_of(out), "HTTP/1.1 200 OK\r\nDate: "));
	assert_non_null(strstr(out, " GMT\r\n"));
	assert_non_null(strstr(out, "Content-Length: 11\r\n"));
	say(fd, "POST /c HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
	say(fd, "llo");
	hear_until(fd, "POST /c  [hello]", out, sizeof(out));
	close(fd);
	assert_int_equal(stop(&b).connections, 1);
}

TEST(lets_no_header_line_be_slipped_in)
{
	struct bench b = {0};
	char out[4096];

	start(&b);
	ask(&b, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof(out));
	assert_non_null(strstr(out, "X-Number: 1??X-Evil: 1\r\n"));
	stop(&b);
}

TEST(serves_pipelined_requests_in_order)
{
	struct bench b = {0};
	char out[65536];

	start(&b);
	ask(&b,
		"GET /1 HTTP/1.1\r\nHost: x\r\n\r\nPOST /2 HTTP/1.1\r\nHost: "
		"x\r\nTransfer-Encoding: chunked\r\n\r\n"
		"3\r\nabc\r\n0\r\n\r\nGET /late HTTP/1.1\r\nHost: x\r\n\r\nGET /4 "
		"HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		out, sizeof(out));
	char *at = out;
	const char *const want[] = {
		"GET /1  []", "POST /2  [abc]", "GET /late  []", "GET /4  []"};
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		at = strstr(at, want[i]);
		assert_non_null(at);
	}
	assert_int_equal(stop(&b).requests, 4);
}

TEST(answers_head_without_a_body)
{
	struct bench b = {0};
	char out[4096];

	start(&b);
	ask(&b, "HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, sizeof(out));
	assert_non_null(strstr(out, "Content-Length: 11\r\n"));
	assert_true(strcmp(out + strlen(out) - 4, "\r\n\r\n") == 0);
	stop(&b);
}

TEST(asks_for_the_body_that_waits_for_it)
{
	struct bench b = {0};
	char out[4096];

	start(&b);
	int fd = dial(&b);
	say(fd, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: "
		"100-continue\r\n\r\n");
	hear_until(fd, "HTTP/1.1 100 Continue\r\n\r\n", out, sizeof(out));
	say(fd, "hi");
	hear_until(fd, "POST /a  [hi]", out, sizeof(out));
	close(fd);
	stop(&b);
}

TEST(sends_a_large_answer_to_a_slow_reader)
{
	struct bench b = {0};
	char *out = mem_alloc(4000000);

	start(&b);
	ssize_t n = ask(
		&b, "GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", out, 4000000);
	assert_true(n > 3000000);
	assert_true(strcmp(out + n - 10, "0123456789") == 0);
	mem_free(out);
	stop(&b);
}

/* clang-format off */
static const struct {
	const char *text, *status;
} refusals[] = {
	{"GET / HTTP/1.1\r\n\r\n", "400"},
	{"nonsense\r\n\r\n", "400"},
	{"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 101\r\n\r\n", "413"},
	{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n", "413"},
	{"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "400"},
	{"GET / HTTP/1.1\r\nHost: x\r\nX: 0123456789012345678901234567890123456789012345678901234567890123456789"
	 "01234567890123456789012345678901234567890123456789\r\n\r\n", "431"},
	{"GET /too-big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "500"},
};
/* clang-format on */

TEST(refuses_with_a_status_and_closes)
{
	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		struct bench b = {.o = {.head_max = 128, .body_max = 100}};
		char out[4096], want[32];

		start(&b);
		assert_true(ask(&b, refusals[i].text, out, sizeof(out)) > 0);
		snprintf(want, sizeof(want), "HTTP/1.1 %s ", refusals[i].status);
		if (!str_has_prefix(str_of(out), want))
			fail_msg("row %zu: %s", i, out);
		stop(&b);
	}
}

TEST(closes_whoever_is_too_slow)
{
	struct bench b = {.o = {.receive_time = 50 * USEC_MSEC, .idle_time = 50 * USEC_MSEC}};
	char out[4096];

	start(&b);
	ask(&b, "GET / HT", out, sizeof(out)); /* half a head */
	assert_true(str_has_prefix(str_of(out), "HTTP/1.1 408 "));
	assert_int_equal(ask(&b, "", out, sizeof(out)), 0); /* nothing at all */
	assert_true(ask(&b, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", out, sizeof(out)) >
		    0); /* idle afterwards */
	assert_int_equal(stop(&b).timeouts, 1);
}

TEST(accepts_no_more_connections_than_allowed)
{
	struct bench b = {.o = {.connections_max = 2}};
	char out[4096];

	start(&b);
	int first = dial(&b), second = dial(&b), third = dial(&b);
	say(third, "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
	say(second, "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
	hear_until(second, "GET /2", out, sizeof(out));
	assert_int_equal(recv(third, out, sizeof(out), MSG_DONTWAIT), -1);
	close(first);
	hear_until(third, "GET /3", out, sizeof(out));
	close(second);
	close(third);
	stop(&b);
}

/* What a peer gets of each way to go wrong: a length in bytes, or an error of recv(). */
TEST(goes_wrong_on_the_wire_as_told)
{
	static const char request[] = "GET /wire/%d HTTP/1.1\r\nHost: x\r\n%s\r\n";
	struct bench b = {0};
	char ask_text[128], whole[4096], out[4096];

	start(&b);
	snprintf(ask_text, sizeof(ask_text), request, HTTPD_WHOLE, "Connection: close\r\n");
	ssize_t full = ask(&b, ask_text, whole, sizeof(whole));
	size_t head = (size_t)(strstr(whole, "\r\n\r\n") + 4 - whole);

	snprintf(ask_text, sizeof(ask_text), request, HTTPD_DROP, "");
	assert_int_equal(ask(&b, ask_text, out, sizeof(out)), 0);
	snprintf(ask_text, sizeof(ask_text), request, HTTPD_RESET, "");
	assert_int_equal(ask(&b, ask_text, out, sizeof(out)), -ECONNRESET);
	snprintf(ask_text, sizeof(ask_text), request, HTTPD_CUT_HEAD, "");
	assert_int_equal(ask(&b, ask_text, out, sizeof(out)), head / 2);
	snprintf(ask_text, sizeof(ask_text), request, HTTPD_CUT_BODY, "");
	assert_int_equal(ask(&b, ask_text, out, sizeof(out)), head + ((size_t)full - head) / 2);
	snprintf(ask_text, sizeof(ask_text), request, HTTPD_GARBAGE, "");
	assert_true(ask(&b, ask_text, out, sizeof(out)) > 20);
	assert_false(str_has_prefix(str_of(out), "HTTP/1"));
	snprintf(ask_text, sizeof(ask_text), request, HTTPD_DRIP, "Connection: close\r\n");
	assert_int_equal(ask(&b, ask_text, out, sizeof(out)), full);
	stop(&b);
}

TEST(hangs_for_as_long_as_told)
{
	struct bench b = {0};
	char out[4096];

	start(&b);
	int fd = dial(&b); /* hangs until the server ends */
	snprintf(out, sizeof(out), "GET /wire/%d HTTP/1.1\r\nHost: x\r\n\r\n", HTTPD_HANG);
	say(fd, out);
	assert_int_equal(
		ask(&b, "GET /short-hang HTTP/1.1\r\nHost: x\r\n\r\n", out, sizeof(out)), 0);
	assert_int_equal(recv(fd, out, sizeof(out), MSG_DONTWAIT), -1);
	assert_int_equal(stop(&b).open, 1);
	assert_int_equal(hear_all(fd, out, sizeof(out)), 0);
	close(fd);
}

TEST(decides_when_only_the_head_has_come)
{
	struct bench b = {0};
	char out[4096];

	start(&b);
	int fd = dial(&b);
	say(fd, "POST /peek/reset HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
	assert_int_equal(hear_all(fd, out, sizeof(out)), -ECONNRESET);
	close(fd);
	assert_true(
		ask(&b, "POST /peek/drip HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
			out, sizeof(out)) > 0);
	assert_true(str_has_prefix(str_of(out), "HTTP/1.1 503 "));
	stop(&b);
}

TEST(turns_connections_away_when_told)
{
	struct bench b = {.refuse_all = true};
	char out[16];

	start(&b);
	int fd = dial(&b);
	assert_int_equal(hear_all(fd, out, sizeof(out)), -ECONNRESET);
	close(fd);
	assert_int_equal(stop(&b).connections, 0);
}

TEST(says_what_is_wrong_with_its_options)
{
	struct httpd_options o = {.handle = handle, .host = "localhost"};
	struct httpd *h, *other;
	struct errmsg m;

	assert_int_equal(httpd_open(&o, &h, &m), ERR_INVALID);
	assert_string_equal(m.text, "'localhost' is not a numeric address");
	o.host = NULL;
	o.cert_file = o.key_file = "/nonexistent/cert.pem";
	assert_int_equal(httpd_open(&o, &h, &m), ERR_IO);
	assert_non_null(strstr(m.text, "/nonexistent/cert.pem"));
	o.cert_file = o.key_file = NULL;
	assert_int_equal(httpd_open(&o, &h, &m), ERR_OK);
	o.port = httpd_port(h);
	assert_int_equal(httpd_open(&o, &other, &m), ERR_IO);
	assert_non_null(strstr(m.text, "Address already in use"));
	httpd_free(h);
}

TEST(survives_running_out_of_memory)
{
	struct httpd_options o = {.handle = handle};
	struct errmsg m;

	for (int n = 0; n < 30; n++) {
		struct httpd *h = NULL;

		mem_fail_after(n);
		enum err e = httpd_open(&o, &h, &m);
		mem_fail_after(-1);
		assert_true(e == ERR_OK || e == ERR_NOMEM);
		httpd_free(h);
	}
}
