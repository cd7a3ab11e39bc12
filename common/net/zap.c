#include "common/net/zap.h"

#include <stdio.h>
#include <string.h>

#include <zmq.h>

#include "common/base/mem.h"

#define ENDPOINT    "inproc://zeromq.zap.01"
#define FRAMES      7   /* version, request, domain, address, routing id, mechanism, key */
#define FRAME_MAX   256 /* bytes of each */
#define PROOF_STEP  (50 * USEC_MSEC)
#define PROOF_STEPS 100
#define HOST_MAX    300

enum { VERSION, REQUEST, DOMAIN, ADDRESS, ROUTING_ID, MECHANISM, KEY };

struct zap {
	struct loop *loop;
	struct zsock *z;
	zap_admit *admit;
	void *ctx;
	struct zap_counts counts;
};

/* A request, each frame cut at FRAME_MAX. */
struct asked {
	unsigned char frame[FRAMES][FRAME_MAX];
	size_t len[FRAMES];
	size_t count; /* of all frames that came */
};

/* False when none has come. */
static bool read_request(struct zap *z, struct asked *ret)
{
	unsigned char rest[FRAME_MAX] = {0};
	int more = 1;
	size_t size = sizeof(more);

	ret->count = 0;
	while (more) {
		size_t i = ret->count;
		unsigned char *to = i < FRAMES ? ret->frame[i] : rest;
		int n = zmq_recv(zsock_raw(z->z), to, FRAME_MAX, ZMQ_DONTWAIT);

		if (n < 0)
			return false;
		if (i < FRAMES)
			ret->len[i] = (size_t)n < FRAME_MAX ? (size_t)n : FRAME_MAX;
		ret->count++;
		if (zmq_getsockopt(zsock_raw(z->z), ZMQ_RCVMORE, &more, &size) != 0)
			return false;
	}
	return true;
}

static struct str frame(const struct asked *a, size_t i)
{
	return (struct str){(const char *)a->frame[i], a->len[i]};
}

static void put(struct zap *z, struct str s, bool more)
{
	(void)zmq_send(zsock_raw(z->z), s.at, s.len, ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
}

static void answer(struct zap *z, const struct asked *a, const char *key)
{
	put(z, str_of("1.0"), true);
	put(z, frame(a, REQUEST), true);
	put(z, str_of(key ? "200" : "400"), true);
	put(z, str_of(key ? "OK" : "this key is not admitted"), true);
	put(z, str_of(key ? key : ""), true); /* the User-Id of all its messages */
	put(z, str_of(""), false);
}

/* Whether it is well-formed, and of a key that is admitted: then `key` is set. */
static bool admits(struct zap *z, const struct asked *a, char key[CURVE_TEXT])
{
	if (a->count != FRAMES || !str_is(frame(a, VERSION), "1.0") ||
		!str_is(frame(a, MECHANISM), "CURVE") || a->len[KEY] != 32)
		return false;
	if (!zmq_z85_encode(key, a->frame[KEY], a->len[KEY]))
		return false;
	return z->admit(z->ctx, frame(a, DOMAIN), str_of(key), frame(a, ADDRESS));
}

static void ready(void *ctx, int events)
{
	struct zap *z = ctx;
	struct asked a;

	(void)events;
	while (read_request(z, &a)) {
		char key[CURVE_TEXT];
		bool good = admits(z, &a, key);

		z->counts.admitted += good;
		z->counts.refused += !good;
		answer(z, &a, good ? key : NULL);
	}
}

enum err zap_open(
	struct loop *l, zap_admit *admit, void *ctx, struct zap **ret, struct errmsg *m)
{
	AUTO(zap) z = mem_alloc(sizeof(*z));

	if (!z)
		return err_say(m, ERR_NOMEM, "out of memory");
	*z = (struct zap){.loop = l, .admit = admit, .ctx = ctx};
	enum err e = zsock_open(ZSOCK_REP, &z->z, m);
	if (!e)
		e = zsock_bind(z->z, ENDPOINT, m);
	if (!e)
		e = loop_add_socket(l, z->z, ready, z);
	if (e)
		return e;
	*ret = STEAL(z);
	return ERR_OK;
}

void zap_free(struct zap *z)
{
	if (!z)
		return;
	if (z->z)
		loop_remove_socket(z->loop, z->z);
	zsock_free(z->z);
	mem_free(z);
}

struct zap_counts zap_counts(const struct zap *z)
{
	return z->counts;
}

/* --- the proof --- */

/* Where a socket that is bound to `endpoint` can be reached from here. */
static const char *near_end(const char *endpoint, char out[HOST_MAX])
{
	/* clang-format off */
	static const struct { const char *any, *here; } hosts[] = {
		{"tcp://0.0.0.0:", "tcp://127.0.0.1:"},
		{"tcp://[::]:",    "tcp://[::1]:"},
	};
	/* clang-format on */

	(void)snprintf(out, HOST_MAX, "%s", endpoint);
	for (size_t i = 0; i < COUNT_OF(hosts); i++)
		if (str_has_prefix(str_of(endpoint), hosts[i].any))
			(void)snprintf(out, HOST_MAX, "%s%s", hosts[i].here,
				endpoint + strlen(hosts[i].any));
	return out;
}

static enum err open_stranger(const char *server_public, struct zsock **ret,
	struct curve_watch **watch, struct errmsg *m)
{
	char key[CURVE_TEXT], secret[CURVE_TEXT];
	enum err e = curve_make(key, secret, m);

	if (!e)
		e = zsock_open(ZSOCK_DEALER, ret, m);
	if (!e)
		e = curve_join(*ret, server_public, secret, m);
	if (!e)
		e = curve_watch_open(*ret, watch, m);
	return e;
}

enum err zap_prove(
	struct zap *z, const struct zsock *server, const char *server_public, struct errmsg *m)
{
	AUTO(zsock) stranger = NULL;
	AUTO(curve_watch) watch = NULL; /* freed before the socket: cleanups run backwards */
	char where[HOST_MAX];
	enum curve_end end = CURVE_NOTHING;
	uint64_t before = z->counts.refused;

	enum err e = open_stranger(server_public, &stranger, &watch, m);
	if (!e)
		e = zsock_connect(stranger, near_end(zsock_endpoint(server), where), m);
	if (e)
		return e;
	for (int i = 0; i < PROOF_STEPS && end != CURVE_REFUSED && end != CURVE_ADMITTED; i++) {
		ready(z, LOOP_READ);
		end = curve_watch_wait(watch, PROOF_STEP);
	}
	if (end == CURVE_REFUSED && z->counts.refused > before)
		return ERR_OK;
	return err_say(m, ERR_DENIED,
		"'%s' %s a key that nobody knows, so it must not be opened; this libzmq "
		"(%d.%d) "
		"does not check keys as it should",
		zsock_endpoint(server), end == CURVE_ADMITTED ? "admits" : "did not refuse",
		ZMQ_VERSION_MAJOR, ZMQ_VERSION_MINOR);
}
