#include "tests/unit/fetch_bench.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"

void bench_init(struct bench *b, size_t concurrent)
{
	*b = (struct bench){.l = loop_new(&clock_system)};
	assert_non_null(b->l);
	b->f = fetch_new(b->l, concurrent);
	assert_non_null(b->f);
	rough_init(&b->server, b->l);
	(void)snprintf(b->url, sizeof(b->url), "http://127.0.0.1:%d/2/tweets", b->server.port);
	buf_init(&b->body, FETCH_BODY_MAX);
}

void bench_done(struct bench *b)
{
	fetch_free(b->f);
	rough_done(&b->server);
	buf_done(&b->body);
	loop_free(b->l);
}

void note(void *ctx, const struct fetch_answer *a)
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

void start(struct bench *b, const struct fetch_request *r)
{
	assert_int_equal(fetch_start(b->f, r, note, b), ERR_OK);
}

void wait_ended(struct bench *b, unsigned count)
{
	for (int round = 0; b->ended < count && round < 100000; round++)
		assert_int_equal(loop_once(b->l, USEC_SEC), ERR_OK);
	assert_int_equal(b->ended, count);
}

void ask(struct bench *b, struct fetch_request r)
{
	unsigned before = b->ended;

	r.method = r.method ? r.method : "GET";
	r.url = r.url ? r.url : b->url;
	start(b, &r);
	assert_int_equal(b->ended, before); /* never from within the call */
	wait_ended(b, before + 1);
}

struct fetch_request post(const char *body, bool effect)
{
	return (struct fetch_request){.method = "POST",
		.body = str_of(body),
		.effect = effect,
		.timeout = 10 * USEC_SEC};
}

bool server_saw(struct bench *b, const char *text)
{
	return strstr(buf_cstr(&b->server.last), text) != NULL;
}
