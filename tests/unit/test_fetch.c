#include "common/net/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"
#include "tests/unit/fetch_bench.h"

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
	size_t len = (size_t)3 * 1024 * 1024;
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
	b.server.way.reply = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nCANARY";
	r.url = b.url;
	assert_int_equal(fetch_start(b.f, &r, note_body, &b), ERR_OK);
	wait_ended(&b, 1);
	assert_memory_equal(last_body, "\0\0\0\0\0\0", 6);
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
