#include "common/net/curve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zmq.h>

#include "common/base/mem.h"

#define KEY_BYTES      32
#define MISMATCHES     2  /* so many breaks of handshakes in a row mean a mismatch */
#define ENFORCE_DOMAIN 93 /* ZMQ_ZAP_ENFORCE_DOMAIN, which the header of 4.3.4 hides */

bool curve_is_key(struct str s)
{
	char text[CURVE_TEXT];
	uint8_t key[KEY_BYTES];

	if (s.len != CURVE_TEXT - 1 || memchr(s.at, 0, s.len))
		return false;
	memcpy(text, s.at, s.len);
	text[s.len] = 0;
	bool good = zmq_z85_decode(key, text) != NULL;
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return good;
}

enum err curve_make(char ret_public[CURVE_TEXT], char ret_secret[CURVE_TEXT], struct errmsg *m)
{
	if (zmq_curve_keypair(ret_public, ret_secret) != 0)
		return err_say(m, ERR_IO, "ZeroMQ makes no keys: %s", zmq_strerror(errno));
	return ERR_OK;
}

enum err curve_public_of(const char *secret, char ret_public[CURVE_TEXT], struct errmsg *m)
{
	if (!curve_is_key(str_of(secret)) || zmq_curve_public(ret_public, secret) != 0)
		return err_say(m, ERR_INVALID, "is no secret key: 40 letters of Z85");
	return ERR_OK;
}

static bool set_text(struct zsock *z, int option, const char *text)
{
	return zmq_setsockopt(zsock_raw(z), option, text, strlen(text)) == 0;
}

static bool set_key(struct zsock *z, int option, const char *key)
{
	return zmq_setsockopt(zsock_raw(z), option, key, CURVE_TEXT) == 0;
}

static bool set_one(struct zsock *z, int option)
{
	int one = 1;

	return zmq_setsockopt(zsock_raw(z), option, &one, sizeof(one)) == 0;
}

enum err curve_serve(struct zsock *z, const char *secret, const char *domain, struct errmsg *m)
{
	if (set_one(z, ZMQ_CURVE_SERVER) && set_key(z, ZMQ_CURVE_SECRETKEY, secret) &&
		set_text(z, ZMQ_ZAP_DOMAIN, domain) && set_one(z, ENFORCE_DOMAIN))
		return ERR_OK;
	return err_say(m, ERR_INVALID, "ZeroMQ takes no keys here: %s", zmq_strerror(errno));
}

enum err curve_join(
	struct zsock *z, const char *server_public, const char *secret, struct errmsg *m)
{
	char own[CURVE_TEXT];

	if (!curve_is_key(str_of(server_public)))
		return err_say(m, ERR_INVALID,
			"security.server_key is no key: 40 letters, as `roost agent add` or "
			"`roost worker add` printed them");
	if (curve_public_of(secret, own, NULL))
		return err_say(m, ERR_INVALID,
			"security.secret_key is no key: 40 letters, as `roost agent add` or "
			"`roost worker add` printed them");
	if (set_key(z, ZMQ_CURVE_SERVERKEY, server_public) &&
		set_key(z, ZMQ_CURVE_PUBLICKEY, own) && set_key(z, ZMQ_CURVE_SECRETKEY, secret))
		return ERR_OK;
	return err_say(m, ERR_INVALID, "ZeroMQ takes no keys here: %s", zmq_strerror(errno));
}

enum err curve_join_as(
	struct zsock *z, const struct curve_own *own, const char *endpoint, struct errmsg *m)
{
	bool off = strcmp(own->mode, "off") == 0;
	bool on = strcmp(own->mode, "on") == 0;

	if (own->secret[0] && !off)
		return curve_join(z, own->server_key, own->secret, m);
	if (!on && zsock_is_local(endpoint))
		return ERR_OK;
	return err_say(m, ERR_INVALID,
		"'%s' needs keys: security.server_key and security.secret_key, as `roost agent "
		"add` and `roost worker add` print them%s",
		endpoint, off ? ", and security.curve: auto" : "");
}

/* --- the watch --- */

struct curve_watch {
	void *watched;
	void *raw; /* the other end of ZeroMQ's monitor */
	enum curve_end last;
	int breaks; /* in a row */
};

#define EVENTS                                                                  \
	(ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | \
		ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)

/* The monitor's own end must never be full: it would stop ZeroMQ's thread. */
static void *open_end(const char *name)
{
	void *context = zsock_context();
	void *raw = context ? zmq_socket(context, ZMQ_PAIR) : NULL;
	int none = 0;

	if (!raw)
		return NULL;
	(void)zmq_setsockopt(raw, ZMQ_RCVHWM, &none, sizeof(none));
	(void)zmq_setsockopt(raw, ZMQ_LINGER, &none, sizeof(none));
	if (zmq_connect(raw, name) == 0)
		return raw;
	(void)zmq_close(raw);
	return NULL;
}

enum err curve_watch_open(struct zsock *z, struct curve_watch **ret, struct errmsg *m)
{
	AUTO(curve_watch) w = mem_alloc(sizeof(*w));
	char name[64];

	if (!w)
		return err_say(m, ERR_NOMEM, "out of memory");
	(void)snprintf(name, sizeof(name), "inproc://watch-%p", zsock_raw(z));
	if (zmq_socket_monitor(zsock_raw(z), name, EVENTS) != 0)
		return err_say(m, ERR_IO, "ZeroMQ: %s", zmq_strerror(errno));
	w->watched = zsock_raw(z);
	w->raw = open_end(name);
	if (!w->raw)
		return err_say(m, ERR_IO, "ZeroMQ: %s", zmq_strerror(errno));
	*ret = STEAL(w);
	return ERR_OK;
}

void curve_watch_free(struct curve_watch *w)
{
	if (!w)
		return;
	if (w->watched)
		(void)zmq_socket_monitor(w->watched, NULL, 0);
	if (w->raw)
		(void)zmq_close(w->raw);
	mem_free(w);
}

static void take(struct curve_watch *w, uint16_t event)
{
	if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL)
		w->breaks++;
	else
		w->breaks = 0;
	if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
		w->last = CURVE_ADMITTED;
	else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
		w->last = CURVE_REFUSED;
	else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL || w->breaks >= MISMATCHES)
		w->last = CURVE_MISMATCH;
}

/* Reads an event, which has two frames, if one is there; of the first, the number counts. */
static bool read_event(struct curve_watch *w, uint16_t *ret)
{
	unsigned char first[6], address[256];

	if (zmq_recv(w->raw, first, sizeof(first), ZMQ_DONTWAIT) != (int)sizeof(first))
		return false;
	memcpy(ret, first, sizeof(*ret));
	(void)zmq_recv(w->raw, address, sizeof(address), ZMQ_DONTWAIT);
	return true;
}

enum curve_end curve_watch_end(struct curve_watch *w)
{
	uint16_t event;

	while (read_event(w, &event))
		take(w, event);
	return w->last;
}

enum curve_end curve_watch_wait(struct curve_watch *w, usec_t wait)
{
	zmq_pollitem_t item = {.socket = w->raw, .events = ZMQ_POLLIN};

	(void)zmq_poll(&item, 1, (long)(wait / USEC_MSEC));
	return curve_watch_end(w);
}

const char *curve_words(enum curve_end end)
{
	switch (end) {
	case CURVE_REFUSED:
		return "the dispatcher does not admit this key; an administrator adds one with "
		       "`roost agent add` or `roost worker add`, or enables it again";
	case CURVE_MISMATCH:
		return "no connection comes about: the dispatcher has another key than "
		       "security.server_key says, or only one side uses keys "
		       "(security.curve)";
	case CURVE_NOTHING:
	case CURVE_ADMITTED:
		break;
	}
	return "";
}
