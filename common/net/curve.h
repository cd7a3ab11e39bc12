/*
 * curve.h - keys between roost's parts: ZeroMQ's CURVE
 *
 * A key is a pair. Its public half may be known to anybody; whoever has the
 * secret half is its owner. Both are written as 40 letters of Z85. A server
 * knows the public keys it admits (zap.h); a client knows the server's.
 */
#ifndef ROOST_COMMON_NET_CURVE_H
#define ROOST_COMMON_NET_CURVE_H

#include "common/net/zsock.h"

#define CURVE_TEXT 41 /* bytes of a key as text, with its zero */

/* Whether s is a key as text. */
bool curve_is_key(struct str s);

/* A new pair. The caller wipes the secret when it is not needed any more. */
MUST_USE enum err curve_make(
	char ret_public[CURVE_TEXT], char ret_secret[CURVE_TEXT], struct errmsg *m);

/* The public half of a secret key. ERR_INVALID when it is none. */
MUST_USE enum err curve_public_of(
	const char *secret, char ret_public[CURVE_TEXT], struct errmsg *m);

/*
 * Before zsock_bind(): only holders of admitted keys may connect. Who they are is asked of the
 * program's ZAP handler (zap.h) under this domain; without a handler nobody is admitted.
 */
MUST_USE enum err curve_serve(
	struct zsock *z, const char *secret, const char *domain, struct errmsg *m);

/* Before zsock_connect(): proves itself with `secret`, and wants the server of that key. */
MUST_USE enum err curve_join(
	struct zsock *z, const char *server_public, const char *secret, struct errmsg *m);

/* What a client's settings say (security.* of docs/configuration.md). Texts are lent. */
struct curve_own {
	const char *mode;                /* auto, on, off */
	const char *server_key, *secret; /* ""; or keys */
};

/*
 * Before zsock_connect(): uses the keys if there are some and the mode is not off. ERR_INVALID
 * with words when they are no keys, when the mode is on and there are none, and when `endpoint`
 * is on another machine.
 */
MUST_USE enum err curve_join_as(
	struct zsock *z, const struct curve_own *own, const char *endpoint, struct errmsg *m);

/* What became of a socket's last attempt to connect. */
enum curve_end {
	CURVE_NOTHING,  /* none has come so far that one could tell */
	CURVE_ADMITTED, /* both sides speak */
	CURVE_REFUSED,  /* the server does not know the key; ZeroMQ does not try again */
	CURVE_MISMATCH, /* another server than that of the key, or one side wants keys and the
			   other has none */
};

struct curve_watch;

/* Watches a client's socket; opened before zsock_connect(), freed before the socket. */
MUST_USE enum err curve_watch_open(struct zsock *z, struct curve_watch **ret, struct errmsg *m);
void curve_watch_free(struct curve_watch *w);
AUTO_DEFINE(curve_watch)

/* The last that is known. */
enum curve_end curve_watch_end(struct curve_watch *w);

/* Waits at most `wait` for news of it. */
enum curve_end curve_watch_wait(struct curve_watch *w, usec_t wait);

/* A sentence for people; "" for CURVE_NOTHING and CURVE_ADMITTED. Static. */
const char *curve_words(enum curve_end end);

#endif
