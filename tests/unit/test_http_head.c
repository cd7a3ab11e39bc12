#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"
#include "common/net/http_chunk.h"
#include "common/net/http_head.h"
#include "tests/lib/test.h"

static int parse(const char *text, struct http_head *ret)
{
	return http_head_parse(str_of(text), ret);
}

TEST(reads_the_parts_of_a_head)
{
	struct http_head h;

	assert_int_equal(parse("POST /2/tweets?a=1&b HTTP/1.1\r\nHost: x\r\nContent-Length:  "
			       "12 \r\nX-A:\tb c\r\n\r\n",
				 &h),
		0);
	assert_true(str_is(h.method, "POST"));
	assert_true(str_is(h.path, "/2/tweets"));
	assert_true(str_is(h.query, "a=1&b"));
	assert_int_equal(h.header_count, 3);
	assert_true(str_is(http_head_find(h.headers, h.header_count, "x-a"), "b c"));
	assert_null(http_head_find(h.headers, h.header_count, "x-b").at);
	assert_int_equal(h.length, 12);
	assert_true(h.keep_alive);
	assert_false(h.chunked);
	assert_false(h.expect_continue);
}

/* clang-format off */
static const struct {
	const char *text;
	int status;
} refusals[] = {
	{"GET / HTTP/1.1\r\n\r\n", 400},                                                              /* no Host */
	{"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
	{"GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505},
	{"GET / HTTP/1.10\r\nHost: a\r\n\r\n", 505},
	{"GET / FTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /\r\nHost: a\r\n\r\n", 400},
	{"GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},                                                  /* two blanks */
	{"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{" / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n", 400},                                          /* blank before the colon */
	{"GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400},
	{"GET / HTTP/1.1\nHost: a\n\n", 400},                                                         /* bare LF */
	{"GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n", 400},                                        /* bare CR */
	{"GET / HTTP/1.1\r\nHost: a\r\nX: b\x01\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 501},
	{"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
	{"GET / HTTP/1.1\r\nHost: a\r\nExpect: the worst\r\n\r\n", 417},
	{"GET / HTTP/1.1\r\nHost: a\r\n\r\nmore", 400},
	{"\r\n\r\n", 400},
};
/* clang-format on */

TEST(refuses_what_could_be_read_in_two_ways)
{
	struct http_head h;

	for (size_t i = 0; i < COUNT_OF(refusals); i++) {
		int status = parse(refusals[i].text, &h);
		if (status != refusals[i].status)
			fail_msg("row %zu: %d instead of %d: %s", i, status, refusals[i].status,
				refusals[i].text);
	}
}

TEST(bounds_the_number_of_header_lines)
{
	struct http_head h;
	struct buf b;

	buf_init(&b, 65536);
	buf_str(&b, "GET / HTTP/1.1\r\nHost: a\r\n");
	for (int i = 1; i < HTTP_HEADERS_MAX; i++)
		buf_fmt(&b, "X-%d: y\r\n", i);
	size_t len = b.len;
	buf_str(&b, "\r\n");
	assert_int_equal(http_head_parse(buf_view(&b), &h), 0);
	b.len = len;
	buf_str(&b, "One-More: y\r\n\r\n");
	assert_int_equal(http_head_parse(buf_view(&b), &h), 431);
	buf_done(&b);
}

TEST(knows_whether_the_connection_is_kept)
{
	struct http_head h;

	assert_int_equal(parse("GET / HTTP/1.0\r\n\r\n", &h), 0);
	assert_false(h.keep_alive);
	assert_int_equal(parse("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", &h), 0);
	assert_true(h.keep_alive);
	assert_int_equal(
		parse("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, close\r\n\r\n", &h), 0);
	assert_false(h.keep_alive);
}

TEST(never_reads_beyond_any_prefix_of_a_head)
{
	const char *text = "POST /p?q HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: "
			   "close\r\n\r\n";
	size_t len = strlen(text);
	struct http_head h;

	for (size_t n = 0; n < len; n++) {
		char *copy = mem_dup(text, n); /* the sanitizer watches its end */
		assert_int_equal(http_head_parse((struct str){copy, n}, &h) == 0, false);
		mem_free(copy);
	}
	assert_int_equal(http_head_parse((struct str){text, len}, &h), 0);
}

/* Feeds `text` byte by byte; returns what the reader says last. */
static int chunks(const char *text, size_t body_max, struct buf *body, size_t *ret_at)
{
	struct chunk_reader r;
	int status = CHUNK_MORE;

	chunk_reader_init(&r, 0, body_max);
	for (size_t n = 1; n <= strlen(text) && status == CHUNK_MORE; n++)
		status = chunk_read(&r, (struct str){text, n}, body);
	*ret_at = r.at;
	return status;
}

TEST(puts_chunks_together)
{
	struct buf body;
	size_t at;

	buf_init(&body, 100);
	assert_int_equal(
		chunks("5;ext=1\r\nhello\r\nA\r\n, world!!!\r\n0\r\nTrailer: x\r\n\r\nGET", 100,
			&body, &at),
		0);
	assert_true(str_is(buf_view(&body), "hello, world!!!"));
	assert_int_equal(
		at, strlen("5;ext=1\r\nhello\r\nA\r\n, world!!!\r\n0\r\nTrailer: x\r\n\r\n"));
	buf_done(&body);
}

/* clang-format off */
static const struct {
	const char *text;
	int status;
} broken_chunks[] = {
	{"g\r\n", 400}, {"\r\n", 400}, {"-1\r\n", 400}, {"5 \r\n", 400}, {"123456789\r\n", 400}, {"5\nhello", 400},
	{"5\r\nhelloX\r\n", 400}, {"5\r\r\n", 400}, {"b\r\n", 413}, {"5\r\nhello\r\n6\r\n", 413}, {"ffffffff\r\n", 413},
	{"5\r\nhel", CHUNK_MORE},
};
/* clang-format on */

TEST(refuses_broken_chunks)
{
	for (size_t i = 0; i < COUNT_OF(broken_chunks); i++) {
		struct buf body;
		size_t at;

		buf_init(&body, 10);
		int status = chunks(broken_chunks[i].text, 10, &body, &at);
		if (status != broken_chunks[i].status)
			fail_msg("row %zu: %d instead of %d", i, status,
				broken_chunks[i].status);
		buf_done(&body);
	}
}

TEST(bounds_what_is_not_data_in_chunks)
{
	struct chunk_reader r;
	struct buf text, body;

	buf_init(&text, 65536);
	buf_init(&body, 10);
	buf_str(&text, "0\r\n");
	for (int i = 0; i < 400; i++)
		buf_str(&text, "Trailer: abc\r\n");
	chunk_reader_init(&r, 0, 10);
	assert_int_equal(chunk_read(&r, buf_view(&text), &body), 413);
	buf_done(&text);
	buf_done(&body);
}

TEST(decodes_forms)
{
	struct str rest = str_of("a=1+2&b=%C3%a4%26&&c&=d&e=%zz&f=%4");
	const char *want[][2] = {{"a", "1 2"}, {"b", "\xc3\xa4&"}, {"c", ""}, {"", "d"}};
	struct buf key, value;

	buf_init(&key, 100);
	buf_init(&value, 100);
	for (size_t i = 0; i < COUNT_OF(want); i++) {
		assert_true(http_form_next(&rest, &key, &value));
		assert_int_equal(key.err, ERR_OK);
		assert_true(str_is(buf_view(&key), want[i][0]));
		assert_true(str_is(buf_view(&value), want[i][1]));
	}
	for (int broken = 0; broken < 2; broken++) {
		assert_true(http_form_next(&rest, &key, &value));
		assert_int_equal(key.err, ERR_FORMAT);
	}
	assert_false(http_form_next(&rest, &key, &value));
	buf_done(&key);
	buf_done(&value);
}
