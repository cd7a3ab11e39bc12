/*
 * rough.h - an HTTP server that misbehaves on purpose, in the test's own loop
 *
 * It reads whole requests, counts them, and answers each in the way it was
 * told: properly, cut anywhere, one byte at a time, not at all. Over TLS too.
 * Loopback only, on a port the system chooses.
 */
#ifndef ROOST_TESTS_ROUGH_H
#define ROOST_TESTS_ROUGH_H

#include "common/base/buf.h"
#include "common/base/list.h"
#include "common/net/loop.h"

#define ROUGH_GOOD "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

enum rough_then { ROUGH_KEEP, ROUGH_CLOSE, ROUGH_RESET };

/* How it treats every connection. */
struct rough_way {
	unsigned good_first;  /* requests answered with ROUGH_GOOD before what follows */
	bool unread;          /* closes when there is something to read, without reading it */
	bool drip;            /* one byte every millisecond */
	const char *reply;    /* what it answers; lent; NULL: nothing */
	size_t reply_len;     /* 0: strlen */
	enum rough_then then; /* with the connection, when the reply is out */
	bool deaf;            /* refuses new connections from that moment */
};

struct rough {
	struct loop *l;
	void *tls; /* SSL_CTX, or NULL: no TLS */
	int fd;
	int port;
	struct rough_way way;
	struct list conns;
	struct list spare;    /* made beforehand, so that tests can let memory run out */
	unsigned connections; /* accepted */
	unsigned requests;    /* read whole */
	size_t bytes;         /* read, after TLS */
	struct buf last;      /* the last whole request */
};

void rough_init(struct rough *r, struct loop *l);
void rough_done(struct rough *r);

/* Speaks TLS from now on, with a certificate for 127.0.0.1 of its own making, kept at *ret_ca.
 */
void rough_tls(struct rough *r, char ret_ca[64]);

/* Refuses connections from now on; those that stand stay. */
void rough_deaf(struct rough *r);

#endif
