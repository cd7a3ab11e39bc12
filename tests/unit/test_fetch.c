#include "common/net/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "tests/lib/test.h"
#include "tests/unit/rough.h"

#define SHORT (300 * USEC_MSEC) /* the patience of requests that are never answered */

/* A loop, a door, a server, and what came of the last request. */
struct bench {
	struct loop *l;
	struct fetch *f;
	struct rough server;
	char url[64];

	unsigned ended;
	enum fetch_end end;
	int status;
	bool cut;
	usec_t took;
	struct buf body;
	char words[400];
	char probe[200]; /* the value of header X-Probe */
	size_t header_count;
};

static void bench_init(struct bench *b, size_t concurrent)
{
	*b = (struct bench){.l = loop_new(&clock_system)};
	assert_non_null(b->l);
	b->f = fetch_new(b->l, concurrent);
	assert_non_null(b->f);
	rough_init(&b->server, b->l);
	(void)snprintf(b->url, sizeof(b->url), "http://127.0.0.1:%d/2/tweets", b->server.port);
	buf_init(&b->body, FETCH_BODY_MAX);
}

static void bench_done(struct bench *b)
{
	fetch_free(b->f);
	rough_done(&b->server);
	buf_done(&b->body);
	loop_free(b->l);
}

static void note(void *ctx, const struct fetch_answer *a)
{
	struct bench *b = ctx;
	struct str probe = fetch_header(a, "x-PROBE");

	b->ended++;
	b->end = a->end;
	b->status = a->status;
	b->cut = a->cut;
	b->took = a->took;
	b->header_count = a->header_count;
	buf_reset(&b->body);
	buf_put(&b->body, a->body.at, a->body.len);
	(void)snprintf(b->words, sizeof(b->words), "%s", a->words);
	(void)snprintf(b->probe, sizeof(b->probe), "%.*s", STR_ARG(probe));
}

/* Runs the loop until as many requests have ended. */
static void wait_ended(struct bench *b, unsigned count)
{
	for (int round = 0; b->ended < count && round < 100000; round++)
		assert_int_equal(loop_once(b->l, USEC_SEC), ERR_OK);
	assert_int_equal(b->ended, count);
}

static void start(struct bench *b, const struct fetch_request *r)
{
	assert_int_equal(fetch_start(b->f, r, note, b), ERR_OK);
}

/* Sends one request to the server, and waits for its end. */
static void ask(struct bench *b, struct fetch_request r)
{
	unsigned before = b->ended;

	r.method = r.method ? r.method : "GET";
	r.url = r.url ? r.url : b->url;
	start(b, &r);
	assert_int_equal(b->ended, before); /* never from within the call */
	wait_ended(b, before + 1);
}

static struct fetch_request post(const char *body, bool effect)
{
	return (struct fetch_request){.method = "POST",
		.body = str_of(body),
		.effect = effect,
		.timeout = 10 * USEC_SEC};
}

static bool server_saw(struct bench *b, const char *text)
{
	return strstr(buf_cstr(&b->server.last), text) != NULL;
}

TEST(brings_an_answer_with_its_header_and_body)
{
	struct bench b;

	bench_init(&b, 4);
	b.server.way.reply = "HTTP/1.1 201 Created\r\nX-Other: 1\r\nx-probe:  a b \r\n"
			     "Content-Length: 5\r\n\r\nhello";
	ask(&b, post("{}", true));
	assert_int_equal(b.end, FETCH_ANSWERED);
	assert_int_equal(b.status, 201);
	assert_false(b.cut);
	assert_string_equal(buf_cstr(&b.body), "hello");
	assert_string_equal(b.probe, "a b");
	assert_string_equal(b.words, "");
	assert_true(b.took > 0);
	bench_done(&b);
}

TEST(sends_what_it_was_given_and_nothing_it_was_not)
{
	static const char *const headers[] = {
		"Authorization: Bearer secret", "Content-Type: application/json", NULL};
	/* clang-format off */
	static const struct { const char *method, *body; bool effect; const char *seen; } cases[] = {
		{"GET",    "",         false, "GET /2/tweets HTTP/1.1\r\n"},
		{"GET",    "",         true,  "GET /2/tweets HTTP/1.1\r\n"},
		{"POST",   "{\"a\":1}", true, "POST /2/tweets HTTP/1.1\r\n"},
		{"POST",   "{\"a\":1}", false, "POST /2/tweets HTTP/1.1\r\n"},
		{"POST",   "",         true,  "Content-Length: 0\r\n"},
		{"PUT",    "body",     true,  "PUT /2/tweets HTTP/1.1\r\n"},
		{"PATCH",  "body",     false, "PATCH /2/tweets HTTP/1.1\r\n"},
		{"DELETE", "",         true,  "DELETE /2/tweets HTTP/1.1\r\n"},
		{"DELETE", "body",     true,  "Content-Length: 4\r\n"},
		{"GET",    "",         false, "GET /2/tweets HTTP/1.1\r\n"},
	};
	/* clang-format on */
	struct bench b;

	bench_init(&b, 4);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		ask(&b, (struct fetch_request){.method = cases[i].method,
				.headers = headers,
				.body = str_of(cases[i].body),
				.effect = cases[i].effect});
		assert_int_equal(b.end, FETCH_ANSWERED);
		assert_true(server_saw(&b, cases[i].seen));
		assert_true(server_saw(&b, "Authorization: Bearer secret\r\n"));
		assert_true(server_saw(&b, "Content-Type: application/json\r\n"));
		assert_false(server_saw(&b, "Expect"));
		assert_false(server_saw(&b, "Accept-Encoding"));
		assert_false(server_saw(&b, "Transfer-Encoding"));
		struct str sent = buf_view(&b.server.last);
		size_t len = strlen(cases[i].body);
		assert_memory_equal(sent.at + sent.len - len - 4, "\r\n\r\n", 4);
		assert_memory_equal(sent.at + sent.len - len, cases[i].body, len);
	}
	assert_int_equal(b.server.requests, COUNT_OF(cases));
	bench_done(&b);
}

TEST(adds_no_content_type_of_its_own)
{
	struct bench b;

	bench_init(&b, 4);
	ask(&b, post("x", true));
	assert_false(server_saw(&b, "Content-Type"));
	ask(&b, post("x", false));
	assert_false(server_saw(&b, "Content-Type"));
	bench_done(&b);
}

/* Large enough to need 100-continue by libcurl's own rules, and many reads of the body. */
TEST(sends_a_large_body_whole)
{
	size_t len = 3 * 1024 * 1024;
	char *big = mem_alloc(len);
	struct bench b;
	struct rng r = test_rng();

	assert_non_null(big);
	for (size_t i = 0; i < len; i++)
		big[i] = (char)rng_next(&r);
	bench_init(&b, 4);
	for (int effect = 0; effect < 2; effect++) {
		ask(&b, (struct fetch_request){
				.method = "POST", .body = {big, len}, .effect = effect != 0});
		assert_int_equal(b.end, FETCH_ANSWERED);
		struct str sent = buf_view(&b.server.last);
		assert_true(sent.len > len);
		assert_memory_equal(sent.at + sent.len - len, big, len);
		assert_false(server_saw(&b, "Expect"));
	}
	bench_done(&b);
	mem_free(big);
}

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

/* Where the last body was. The memory is kept for the next, so that it can be looked at. */
static const char *last_body;

static void note_body(void *ctx, const struct fetch_answer *a)
{
	note(ctx, a);
	last_body = a->body.at;
	assert_memory_equal(last_body, "CANARY", 6);
}

TEST(wipes_a_body_once_it_has_been_told)
{
	struct bench b;
	struct fetch_request r = post("x", true);

	bench_init(&b, 4);
	b.server.way.reply = HEAD("6") "\r\nCANARY";
	r.url = b.url;
	assert_int_equal(fetch_start(b.f, &r, note_body, &b), ERR_OK);
	wait_ended(&b, 1);
	assert_memory_equal(last_body, "\0\0\0\0\0\0", 6);
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

TEST(follows_no_redirect)
{
	struct bench b;
	char reply[160];

	bench_init(&b, 4);
	(void)snprintf(reply, sizeof(reply),
		"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", b.url);
	b.server.way.reply = reply;
	for (unsigned effect = 0; effect < 2; effect++) {
		ask(&b, post("x", effect != 0));
		assert_int_equal(b.end, FETCH_ANSWERED);
		assert_int_equal(b.status, 302);
		assert_int_equal(b.server.requests, effect + 1);
	}
	bench_done(&b);
}

TEST(uses_no_proxy_of_the_environment)
{
	struct bench b;

	bench_init(&b, 4);
	(void)setenv("http_proxy", "http://127.0.0.1:1", 1);
	(void)setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	ask(&b, post("x", true));
	(void)unsetenv("http_proxy");
	(void)unsetenv("ALL_PROXY");
	assert_int_equal(b.end, FETCH_ANSWERED);
	bench_done(&b);
}

TEST(cuts_a_body_above_the_bound)
{
	size_t head_len, len = FETCH_BODY_MAX + 1;
	char *reply = mem_alloc(len + 200);
	struct bench b;

	assert_non_null(reply);
	bench_init(&b, 4);
	for (int over = 0; over < 2; over++) {
		len = FETCH_BODY_MAX + (size_t)over;
		head_len = (size_t)snprintf(
			reply, 200, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", len);
		b.server.way = (struct rough_way){.reply = reply, .reply_len = head_len + len};
		ask(&b, (struct fetch_request){0});
		assert_int_equal(b.end, FETCH_ANSWERED);
		assert_int_equal(b.status, 200);
		assert_int_equal(b.cut, over);
		assert_true(b.body.len <= FETCH_BODY_MAX);
	}
	assert_non_null(strstr(b.words, "more than 4194304 bytes"));
	bench_done(&b);
	mem_free(reply);
}

TEST(keeps_a_bounded_number_of_sane_header_lines)
{
	struct bench b;
	struct buf reply;

	bench_init(&b, 4);
	buf_init(&reply, 1000000);
	buf_str(&reply, "HTTP/1.1 200 OK\r\nX-Long: ");
	for (int i = 0; i < 90000; i++)
		buf_byte(&reply, 'x');
	buf_str(&reply, "\r\nX-Probe: one\r\n: no name\r\n");
	for (int i = 0; i < 2 * FETCH_HEADERS_MAX; i++)
		buf_fmt(&reply, "X-%d: %d\r\n", i, i);
	buf_str(&reply, "Content-Length: 0\r\n\r\n");
	b.server.way = (struct rough_way){.reply = buf_cstr(&reply)};
	ask(&b, (struct fetch_request){0});
	assert_int_equal(b.end, FETCH_ANSWERED);
	assert_false(b.cut);
	assert_string_equal(b.probe, "one");
	assert_int_equal(b.header_count, FETCH_HEADERS_MAX);
	bench_done(&b);
	buf_done(&reply);
}

TEST(takes_no_header_from_a_trailer)
{
	struct bench b;

	bench_init(&b, 4);
	b.server.way.reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
			     "2\r\nok\r\n0\r\nX-Probe: late\r\n\r\n";
	ask(&b, (struct fetch_request){0});
	assert_int_equal(b.end, FETCH_ANSWERED);
	assert_string_equal(buf_cstr(&b.body), "ok");
	assert_string_equal(b.probe, "");
	bench_done(&b);
}

TEST(refuses_a_request_it_cannot_send)
{
	static const char *const bad[] = {
		"X: 1\r\nY: 2", "X: 1\n", "X: \x01", "no colon", ": x", ""};
	const char *many[FETCH_HEADERS_MAX + 2] = {0};
	struct bench b;

	bench_init(&b, 4);
	struct fetch_request r = {.method = "GET", .url = b.url};
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		const char *headers[] = {"Good: 1", bad[i], NULL};
		r.headers = headers;
		assert_int_equal(fetch_start(b.f, &r, note, &b), ERR_INVALID);
	}
	for (size_t i = 0; i <= FETCH_HEADERS_MAX; i++)
		many[i] = "X: 1";
	r.headers = many;
	assert_int_equal(fetch_start(b.f, &r, note, &b), ERR_TOO_BIG);
	many[FETCH_HEADERS_MAX] = NULL;
	r.body = (struct str){b.url, FETCH_SEND_MAX};
	assert_int_equal(fetch_start(b.f, &r, note, &b), ERR_TOO_BIG);
	r.body.len = 0;
	r.method = "GET / HTTP/1.1\r\nX:";
	assert_int_equal(fetch_start(b.f, &r, note, &b), ERR_INVALID);
	r.method = "GET";
	ask(&b, r);
	assert_int_equal(b.end, FETCH_ANSWERED);
	bench_done(&b);
}

TEST(has_no_more_under_way_than_it_was_told)
{
	struct bench b;
	struct fetch_request r = {.method = "GET"};

	bench_init(&b, 3);
	r.url = b.url;
	for (size_t i = 0; i < 3; i++)
		start(&b, &r);
	assert_int_equal(fetch_active(b.f), 3);
	assert_int_equal(fetch_start(b.f, &r, note, &b), ERR_UNAVAILABLE);
	wait_ended(&b, 3);
	assert_int_equal(fetch_active(b.f), 0);
	assert_int_equal(fetch_counts(b.f).answered, 3);
	start(&b, &r);
	wait_ended(&b, 4);
	bench_done(&b);
}

/* Starts the next from the end of each. */
static void note_and_go_on(void *ctx, const struct fetch_answer *a)
{
	struct bench *b = ctx;
	struct fetch_request r = post("next", true);

	note(ctx, a);
	r.url = b->url;
	if (b->ended < 50)
		assert_int_equal(fetch_start(b->f, &r, note_and_go_on, b), ERR_OK);
}

TEST(starts_the_next_from_the_end_of_the_last_over_one_connection)
{
	struct bench b;
	struct fetch_request r = post("first", true);

	bench_init(&b, 1);
	r.url = b.url;
	assert_int_equal(fetch_start(b.f, &r, note_and_go_on, &b), ERR_OK);
	wait_ended(&b, 50);
	assert_int_equal(b.server.connections, 1);
	assert_int_equal(b.server.requests, 50);
	bench_done(&b);
}

TEST(ends_without_a_word_what_is_under_way_when_freed)
{
	struct bench b;
	struct fetch_request r = post("x", true);

	bench_init(&b, 4);
	b.server.way.reply = NULL;
	r.url = b.url;
	for (size_t i = 0; i < 3; i++)
		start(&b, &r);
	while (b.server.requests < 3)
		assert_int_equal(loop_once(b.l, USEC_SEC), ERR_OK);
	start(&b, &r);
	fetch_free(STEAL(b.f));
	assert_int_equal(loop_once(b.l, 0), ERR_OK);
	assert_int_equal(b.ended, 0);
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
