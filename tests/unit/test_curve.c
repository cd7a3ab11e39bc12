#include "common/net/curve.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/net/zap.h"
#include "tests/lib/test.h"

#define STEP   (50 * USEC_MSEC)
#define ROUNDS 400 /* of STEP, within reason */

/* A server with a ZAP handler, and one key that it knows. */
struct gate {
	struct loop *loop;
	struct zap *zap;
	struct zsock *server;
	char key[CURVE_TEXT], secret[CURVE_TEXT];   /* the server's */
	char known[CURVE_TEXT], holder[CURVE_TEXT]; /* public and secret of who may come in */
	bool admits_all;
	struct zmessage message;
	char body[64];
	bool heard;
};

static bool admit(void *ctx, struct str domain, struct str key, struct str address)
{
	const struct gate *g = ctx;

	assert_true(str_is(domain, "agents"));
	assert_true(str_is(address, "127.0.0.1"));
	return g->admits_all || str_is(key, g->known);
}

static void hear(void *ctx, int events)
{
	struct gate *g = ctx;

	(void)events;
	while (zsock_receive(g->server, &g->message)) {
		assert_true(g->message.body.len < sizeof(g->body));
		memcpy(g->body, g->message.body.at, g->message.body.len);
		g->heard = true;
	}
}

static struct gate *gate_new(void)
{
	struct gate *g = mem_alloc(sizeof(*g));
	struct errmsg m = {0};

	assert_non_null(g);
	g->loop = loop_new(&clock_system);
	assert_non_null(g->loop);
	assert_int_equal(curve_make(g->key, g->secret, &m), ERR_OK);
	assert_int_equal(curve_make(g->known, g->holder, &m), ERR_OK);
	assert_int_equal(zap_open(g->loop, admit, g, &g->zap, &m), ERR_OK);
	assert_int_equal(zsock_open(ZSOCK_ROUTER, &g->server, &m), ERR_OK);
	assert_int_equal(curve_serve(g->server, g->secret, "agents", &m), ERR_OK);
	assert_int_equal(zsock_bind(g->server, "tcp://127.0.0.1:*", &m), ERR_OK);
	assert_int_equal(loop_add_socket(g->loop, g->server, hear, g), ERR_OK);
	return g;
}

/* The name of the handler is free again only when the context has let go of it. */
static void gate_free(struct gate *g)
{
	loop_remove_socket(g->loop, g->server);
	zsock_free(g->server);
	zap_free(g->zap);
	loop_free(g->loop);
	zsock_end();
	mem_free(g);
}

/* A client that says "hello" with these keys; NULLs: it has none. What became of it. */
static enum curve_end call(struct gate *g, const char *server_key, const char *secret)
{
	AUTO(zsock) z = NULL;
	AUTO(curve_watch) w = NULL;
	struct errmsg m = {0};
	enum curve_end end = CURVE_NOTHING;

	assert_int_equal(zsock_open(ZSOCK_DEALER, &z, &m), ERR_OK);
	if (secret)
		assert_int_equal(curve_join(z, server_key, secret, &m), ERR_OK);
	assert_int_equal(curve_watch_open(z, &w, &m), ERR_OK);
	assert_int_equal(zsock_connect(z, zsock_endpoint(g->server), &m), ERR_OK);
	assert_int_equal(zsock_send(z, NULL, str_of("hello")), ERR_OK);
	for (int i = 0; i < ROUNDS && end == CURVE_NOTHING; i++) {
		assert_int_equal(loop_once(g->loop, STEP), ERR_OK);
		end = curve_watch_end(w);
	}
	for (int i = 0; i < ROUNDS && end == CURVE_ADMITTED && !g->heard; i++)
		assert_int_equal(loop_once(g->loop, STEP), ERR_OK);
	return end;
}

TEST(admits_who_is_known_and_names_the_sender)
{
	struct gate *g = gate_new();

	assert_int_equal(call(g, g->key, g->holder), CURVE_ADMITTED);
	assert_true(g->heard);
	assert_memory_equal(g->body, "hello", 5);
	assert_string_equal(g->message.user_id, g->known);
	assert_true(zpeer_is_generated(&g->message.peer));
	assert_int_equal(zap_counts(g->zap).admitted, 1);
	gate_free(g);
}

TEST(refuses_a_key_that_nobody_knows)
{
	struct gate *g = gate_new();
	char key[CURVE_TEXT], secret[CURVE_TEXT];

	assert_int_equal(curve_make(key, secret, NULL), ERR_OK);
	assert_int_equal(call(g, g->key, secret), CURVE_REFUSED);
	assert_false(g->heard);
	assert_int_equal(zap_counts(g->zap).admitted, 0);
	assert_int_equal(zap_counts(g->zap).refused, 1);
	gate_free(g);
}

TEST(tells_another_server_from_the_one_that_was_meant)
{
	struct gate *g = gate_new();
	char key[CURVE_TEXT], secret[CURVE_TEXT];

	assert_int_equal(curve_make(key, secret, NULL), ERR_OK);
	assert_int_equal(call(g, key, g->holder), CURVE_MISMATCH);
	assert_false(g->heard);
	assert_int_equal(zap_counts(g->zap).admitted, 0);
	gate_free(g);
}

TEST(refuses_who_has_no_key)
{
	struct gate *g = gate_new();

	assert_int_equal(call(g, NULL, NULL), CURVE_MISMATCH);
	assert_false(g->heard);
	gate_free(g);
}

TEST(proves_that_a_made_up_key_is_refused)
{
	struct gate *g = gate_new();
	struct errmsg m = {0};

	assert_int_equal(zap_prove(g->zap, g->server, g->key, &m), ERR_OK);
	g->admits_all = true; /* as a handler with a fault would, or none */
	assert_int_equal(zap_prove(g->zap, g->server, g->key, &m), ERR_DENIED);
	assert_non_null(strstr(m.text, "admits"));
	gate_free(g);
}

TEST(knows_a_key_from_other_text)
{
	char key[CURVE_TEXT], secret[CURVE_TEXT], again[CURVE_TEXT];

	assert_int_equal(curve_make(key, secret, NULL), ERR_OK);
	assert_true(curve_is_key(str_of(key)));
	assert_int_equal(curve_public_of(secret, again, NULL), ERR_OK);
	assert_string_equal(again, key);
	assert_false(curve_is_key(str_of("")));
	assert_false(curve_is_key((struct str){key, CURVE_TEXT - 2}));
	key[3] = '~'; /* not of Z85 */
	assert_false(curve_is_key(str_of(key)));
	assert_int_equal(curve_public_of(key, again, NULL), ERR_INVALID);
}
