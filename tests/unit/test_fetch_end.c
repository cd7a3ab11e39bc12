/* What is known of a request that ended, and that an effect is sent once. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"
#include "tests/unit/fetch_bench.h"

#define SHORT (300 * USEC_MSEC) /* the patience of requests that are never answered */

#define HEAD(length) "HTTP/1.1 201 Created\r\nContent-Length: " length "\r\n"
#define CHUNKED      "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"

/* What a server does with a request, and what may be said of it afterwards. */
struct rough_case {
	const char *name;
	enum fetch_end end;
	int status;
	bool cut;
	struct rough_way way;
};

#define UNKNOWN          FETCH_UNKNOWN, 0, false
#define ANSWERED(status) FETCH_ANSWERED, status, false
#define CUT(status)      FETCH_ANSWERED, status, true

/* clang-format off */
static const struct rough_case ending[] = {
	{"closes without reading", UNKNOWN, {.unread = true, .then = ROUGH_CLOSE}},
	{"resets without reading", UNKNOWN, {.unread = true, .then = ROUGH_RESET}},
	{"closes after reading",   UNKNOWN, {.then = ROUGH_CLOSE}},
	{"resets after reading",   UNKNOWN, {.then = ROUGH_RESET}},
	{"cuts the status line",   UNKNOWN, {.reply = "HTTP/1.1 201 Cre", .then = ROUGH_CLOSE}},
	{"cuts after the status",  UNKNOWN, {.reply = "HTTP/1.1 201 Created\r\n", .then = ROUGH_CLOSE}},
	{"cuts the header",        UNKNOWN, {.reply = "HTTP/1.1 201 Created\r\nCont", .then = ROUGH_CLOSE}},
	{"cuts the last line",     UNKNOWN, {.reply = HEAD("2"), .then = ROUGH_CLOSE}},
	{"resets in the header",   UNKNOWN, {.reply = HEAD("2"), .then = ROUGH_RESET}},
	{"cuts before the body",   CUT(201), {.reply = HEAD("9") "\r\n", .then = ROUGH_CLOSE}},
	{"cuts the body",          CUT(201), {.reply = HEAD("9") "\r\nhello", .then = ROUGH_CLOSE}},
	{"cuts a chunk",           CUT(201), {.reply = CHUNKED "9\r\nhello", .then = ROUGH_CLOSE}},
	{"sends a bad chunk",      CUT(201), {.reply = CHUNKED "zz\r\n"}},
	{"sends garbage",          UNKNOWN, {.reply = "What do you want?\r\n\r\n"}},
	{"sends zero bytes",       UNKNOWN, {.reply = "\0\0\0\0\0\0\r\n\r\n", .reply_len = 10}},
	{"speaks another tongue",  UNKNOWN, {.reply = "SSH-2.0-OpenSSH\r\n", .then = ROUGH_CLOSE}},
	{"sends a bad status",     UNKNOWN, {.reply = "HTTP/1.1 xyz Created\r\n\r\n", .then = ROUGH_CLOSE}},
	{"sends a bad header",     UNKNOWN, {.reply = "HTTP/1.1 201 Created\r\nno colon\r\n\r\n"}},
	{"sends a bad version",    UNKNOWN, {.reply = "HTTP/7.3 200 OK\r\n\r\n", .then = ROUGH_CLOSE}},
	{"continues and closes",   UNKNOWN, {.reply = "HTTP/1.1 100 Continue\r\n\r\n", .then = ROUGH_CLOSE}},
	{"switches protocols",     UNKNOWN, {.reply = "HTTP/1.1 101 Switching\r\n\r\n", .then = ROUGH_CLOSE}},
	{"gives hints first",      ANSWERED(200), {.reply = "HTTP/1.1 103 Early\r\nX-Probe: no\r\n\r\n" ROUGH_GOOD}},
	{"gives no length",        ANSWERED(200), {.reply = "HTTP/1.1 200 OK\r\n\r\nall", .then = ROUGH_CLOSE}},
	{"has nothing to say",     ANSWERED(204), {.reply = "HTTP/1.1 204 No Content\r\n\r\n"}},
	{"fails",                  ANSWERED(500), {.reply = "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"}},
};

static const struct rough_case hanging[] = {
	{"hangs",                  UNKNOWN,  {.reply = NULL}},
	{"drips the header",       UNKNOWN,  {.reply = "HTTP/1.1 201 Created\r\nX: 1", .drip = true}},
	{"drips the body",         CUT(201), {.reply = HEAD("2000") "\r\n", .drip = true}},
	{"hangs in the body",      CUT(201), {.reply = HEAD("9") "\r\nhello"}},
	{"continues and hangs",    UNKNOWN,  {.reply = "HTTP/1.1 100 Continue\r\n\r\n"}},
};
/* clang-format on */

static void suffer(const struct rough_case *c, struct fetch_request r)
{
	static const char *const headers[] = {"Authorization: Bearer CANARY", NULL};
	struct bench b;

	bench_init(&b, 4);
	b.server.way = c->way;
	r.headers = headers;
	ask(&b, r);
	bool silent = b.words[0] == 0;
	bool fine = b.end == FETCH_ANSWERED && !b.cut;
	if (b.end != c->end || b.status != c->status || b.cut != c->cut || silent != fine)
		fail_msg("%s: end %d, status %d, cut %d, '%s'", c->name, b.end, b.status, b.cut,
			b.words);
	assert_string_equal(b.probe, "");
	assert_null(strstr(b.words, "CANARY"));
	assert_int_equal(b.server.requests, c->way.unread ? 0 : 1);
	bench_done(&b);
}

TEST(knows_what_is_known_after_every_way_a_server_can_fail)
{
	for (size_t i = 0; i < COUNT_OF(ending); i++) {
		suffer(&ending[i], post("{\"text\":\"CANARY\"}", true));
		suffer(&ending[i], post("", true));
		suffer(&ending[i], post("{\"text\":\"CANARY\"}", false));
	}
}

TEST(knows_what_is_known_after_its_patience_ended)
{
	for (size_t i = 0; i < COUNT_OF(hanging); i++) {
		struct fetch_request r = post("CANARY", true);

		r.timeout = SHORT;
		suffer(&hanging[i], r);
	}
}

/* Opens a connection to b's server that will be kept. */
static void warm_up(struct bench *b, struct rough_way way)
{
	way.good_first = 1;
	b->server.way = way;
	ask(b, post("first", true));
	assert_int_equal(b->end, FETCH_ANSWERED);
	assert_int_equal(b->server.connections, 1);
	assert_int_equal(b->server.requests, 1);
}

/* The decisive one: the kept connection dies when used again, after the POST was read. */
TEST(posts_once_when_a_kept_connection_dies)
{
	for (enum rough_then how = ROUGH_CLOSE; how <= ROUGH_RESET; how++) {
		struct bench b;

		bench_init(&b, 4);
		warm_up(&b, (struct rough_way){.then = how});
		unsigned unknown = 0;
		for (unsigned i = 0; i < 20; i++) {
			ask(&b, post("next", true));
			assert_int_equal(b.server.requests, 2 + i);
			assert_int_not_equal(b.end, FETCH_UNSENT);
			unknown += b.end == FETCH_UNKNOWN;
		}
		assert_in_range(unknown, 10, 20);
		bench_done(&b);
	}
}

/* What the test above can see: without `effect`, libcurl posts a second time. */
TEST(may_post_twice_what_has_no_effect)
{
	struct bench b;

	bench_init(&b, 4);
	warm_up(&b, (struct rough_way){.then = ROUGH_CLOSE});
	ask(&b, post("second", false));
	assert_int_equal(b.end, FETCH_ANSWERED);
	assert_int_equal(b.server.requests, 3);
	bench_done(&b);
}

TEST(uses_no_kept_connection_for_an_effect_without_a_body)
{
	static const char *const methods[] = {"POST", "PUT", "DELETE"};

	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		struct bench b;

		bench_init(&b, 4);
		warm_up(&b, (struct rough_way){.then = ROUGH_CLOSE});
		ask(&b, (struct fetch_request){.method = methods[i], .effect = true});
		assert_int_equal(b.end, FETCH_ANSWERED);
		assert_int_equal(b.server.connections, 2);
		assert_int_equal(b.server.requests, 2);
		bench_done(&b);
	}
}

/* "Could not connect" is then said of the second attempt; the first one was read. */
TEST(does_not_call_unsent_what_was_sent_before_the_connection_was_refused)
{
	for (int effect = 0; effect < 2; effect++) {
		struct bench b;

		bench_init(&b, 4);
		warm_up(&b, (struct rough_way){.then = ROUGH_CLOSE, .deaf = true});
		ask(&b, post("second", effect != 0));
		assert_int_equal(b.server.requests, 2);
		assert_int_equal(b.end, FETCH_UNKNOWN);
		bench_done(&b);
	}
}

/* A permission, and how often it was asked for. */
struct permission {
	struct bench *b;
	bool given;
	unsigned asked;
};

static bool may_send(void *ctx)
{
	struct permission *p = ctx;

	p->asked++;
	return p->given;
}

static void note_permitted(void *ctx, const struct fetch_answer *a)
{
	const struct permission *p = ctx;

	note(p->b, a);
}

TEST(sends_nothing_without_permission_at_the_last_moment)
{
	struct bench b;
	struct permission p = {.b = &b};
	struct fetch_request r = post("{}", true);

	bench_init(&b, 4);
	b.server.way.reply = ROUGH_GOOD;
	r.url = b.url;
	r.may_send = may_send;
	assert_int_equal(fetch_start(b.f, &r, note_permitted, &p), ERR_OK);
	assert_int_equal(p.asked, 0); /* not before there is a connection */
	wait_ended(&b, 1);
	assert_int_equal(b.end, FETCH_UNSENT);
	assert_int_equal(p.asked, 1);
	assert_int_equal(b.server.requests, 0);

	p.given = true;
	assert_int_equal(fetch_start(b.f, &r, note_permitted, &p), ERR_OK);
	wait_ended(&b, 2);
	assert_int_equal(b.end, FETCH_ANSWERED);
	assert_int_equal(p.asked, 2);
	assert_int_equal(b.server.requests, 1);
	bench_done(&b);
}

TEST(knows_that_nothing_was_sent_to_a_refused_port)
{
	struct bench b;

	bench_init(&b, 4);
	rough_deaf(&b.server);
	ask(&b, post("x", true));
	assert_int_equal(b.end, FETCH_UNSENT);
	assert_int_equal(b.status, 0);
	assert_non_null(strstr(b.words, "not sent: "));
	assert_non_null(strstr(b.words, "127.0.0.1"));
	bench_done(&b);
}

TEST(forgets_what_an_earlier_request_sent)
{
	struct bench b;

	bench_init(&b, 1);
	b.server.way =
		(struct rough_way){.reply = ROUGH_GOOD, .then = ROUGH_CLOSE, .deaf = true};
	ask(&b, post("x", true));
	assert_int_equal(b.end, FETCH_ANSWERED);
	ask(&b, post("x", true));
	assert_int_equal(b.end, FETCH_UNSENT);
	assert_int_equal(b.header_count, 0);
	assert_int_equal(b.body.len, 0);
	assert_int_equal(b.server.requests, 1);
	bench_done(&b);
}

TEST(knows_that_nothing_was_sent_for_a_bad_url)
{
	static const char *const urls[] = {"", "http://", "nonsense://127.0.0.1/",
		"ftp://127.0.0.1/", "file:///etc/passwd", "http://127.0.0.1:99999/",
		"http://name:word@127.0.0.1/", "http://127.0.0.1/a b",
		"http://127.0.0.1/\r\nX-Probe: 1", "http://nowhere.invalid/"};
	struct bench b;

	bench_init(&b, 4);
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		struct fetch_request r = post("x", true);
		r.url = urls[i];
		ask(&b, r);
		if (b.end != FETCH_UNSENT)
			fail_msg("'%s': %d", urls[i], b.end);
	}
	assert_int_equal(fetch_counts(b.f).started, COUNT_OF(urls));
	assert_int_equal(fetch_counts(b.f).unsent, COUNT_OF(urls));
	bench_done(&b);
}

/* A listener whose queue is full: the kernel answers nobody any more. */
TEST(knows_that_nothing_was_sent_when_connecting_took_too_long)
{
	struct bench b;
	int fillers[8];
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	bench_init(&b, 4);
	loop_unwatch(b.l, b.server.fd);
	assert_int_equal(listen(b.server.fd, 0), 0);
	assert_int_equal(getsockname(b.server.fd, (struct sockaddr *)&a, &len), 0);
	for (size_t i = 0; i < COUNT_OF(fillers); i++) {
		fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(fillers[i], (const struct sockaddr *)&a, len);
	}
	struct fetch_request r = post("x", true);
	r.timeout = SHORT;
	ask(&b, r);
	assert_int_equal(b.end, FETCH_UNSENT);
	for (size_t i = 0; i < COUNT_OF(fillers); i++)
		(void)close(fillers[i]);
	bench_done(&b);
}

static void ask_tls(struct bench *b, const char *host, const char *ca)
{
	char url[80];
	struct fetch_request r = post("{}", true);

	(void)snprintf(url, sizeof(url), "https://%s:%d/", host, b->server.port);
	r.url = url;
	r.ca_file = ca;
	ask(b, r);
}

TEST(speaks_tls_only_to_a_server_that_proves_its_name)
{
	struct bench b;
	char ca[64];

	bench_init(&b, 4);
	rough_tls(&b.server, ca);
	ask_tls(&b, "127.0.0.1", NULL);
	assert_int_equal(b.end, FETCH_UNSENT);
	assert_non_null(strstr(b.words, "certificate"));
	ask_tls(&b, "127.0.0.1", "/no/such/file");
	assert_int_equal(b.end, FETCH_UNSENT);
	ask_tls(&b, "localhost", ca);
	assert_int_equal(b.end, FETCH_UNSENT);
	assert_int_equal(b.server.bytes, 0);
	ask_tls(&b, "127.0.0.1", ca);
	assert_int_equal(b.end, FETCH_ANSWERED);
	assert_true(server_saw(&b, "POST / HTTP/1.1\r\n"));
	ask_tls(&b, "127.0.0.1", NULL); /* the connection that stands was trusted by another */
	assert_int_equal(b.end, FETCH_UNSENT);
	assert_int_equal(b.server.requests, 1);
	bench_done(&b);
	(void)unlink(ca);
}

TEST(sends_nothing_to_a_server_that_speaks_no_tls)
{
	struct bench b;

	bench_init(&b, 4);
	b.server.way = (struct rough_way){.unread = true, .then = ROUGH_CLOSE};
	ask_tls(&b, "127.0.0.1", NULL);
	assert_int_equal(b.end, FETCH_UNSENT);
	assert_int_equal(b.server.requests, 0);
	bench_done(&b);
}

TEST(posts_once_over_tls_too)
{
	struct bench b;
	char ca[64];

	bench_init(&b, 4);
	rough_tls(&b.server, ca);
	b.server.way = (struct rough_way){.good_first = 1, .then = ROUGH_CLOSE};
	ask_tls(&b, "127.0.0.1", ca);
	assert_int_equal(b.end, FETCH_ANSWERED);
	ask_tls(&b, "127.0.0.1", ca);
	assert_int_equal(b.end, FETCH_UNKNOWN);
	assert_int_equal(b.server.requests, 2);
	bench_done(&b);
	(void)unlink(ca);
}

/* Whatever allocation fails, ours or libcurl's: an error, or an end; and at most one POST. */
TEST(survives_every_failing_allocation)
{
	bool done = false;

	for (int64_t n = 0; !done; n++) {
		struct bench b;
		struct fetch_request r = post("x", true);

		bench_init(&b, 4);
		r.url = b.url;
		r.timeout = SHORT;
		mem_fail_after(n);
		enum err e = fetch_start(b.f, &r, note, &b);
		assert_true(e == ERR_OK || e == ERR_NOMEM);
		for (int i = 0; !e && !b.ended && i < 100000; i++)
			assert_int_equal(loop_once(b.l, USEC_SEC), ERR_OK);
		mem_fail_after(-1);
		assert_int_equal(b.ended, e == ERR_OK);
		assert_in_range(b.server.requests, 0, 1);
		assert_true(e || b.end != FETCH_UNSENT || b.server.requests == 0);
		done = b.ended && b.end == FETCH_ANSWERED && !b.cut;
		bench_done(&b);
		assert_true(n < 1000);
	}
}
