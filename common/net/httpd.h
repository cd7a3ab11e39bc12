/*
 * httpd.h - an HTTP/1.1 server, and how to break one on purpose
 *
 * Over libevent, on its own event base and the thread that calls httpd_run();
 * TLS when a certificate is given. A request comes to the handler whole, head
 * and body, and is answered before the handler returns: what must wait is not
 * done here. Connections are kept, pipelined requests are served one after
 * the other. Heads are read strictly (http_head.h).
 *
 * Every bound is an option: connections, bytes of a head and of a body, the
 * time a request may take to arrive and an answer to be taken, how long a
 * connection may idle. A peer that breaks one gets 408, 413 or 431 where it
 * can still hear it, and is closed; nobody else notices.
 *
 * The simulator of X answers through this same door and so can say how the
 * bytes shall go wrong on the wire: enum httpd_wire. A server that means well
 * leaves it at HTTPD_WHOLE.
 */
#ifndef ROOST_COMMON_NET_HTTPD_H
#define ROOST_COMMON_NET_HTTPD_H

#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/net/http_head.h"

#define HTTPD_ANSWER_MAX ((size_t)256 * 1024 * 1024) /* bytes of one answer's body */

struct httpd;

struct httpd_request {
	uint64_t number; /* counts the heads read, from 1 */
	uint64_t nth;    /* the same, of its connection */
	struct str method;
	struct str path;  /* still percent-encoded; begins with '/' */
	struct str query; /* what follows '?', still encoded */
	const struct http_header *headers;
	size_t header_count;
	struct str body; /* empty when only the head has been read */
	struct now now;  /* when it had arrived */
	bool local;      /* the peer is on this machine */
};

/* How an answer travels. All but the first and the last end the connection. */
enum httpd_wire {
	HTTPD_WHOLE,    /* as it should */
	HTTPD_DROP,     /* nothing is said; the connection is closed */
	HTTPD_RESET,    /* nothing is said; the connection is reset */
	HTTPD_HANG,     /* nothing is said; the connection stays open, for `delay` (0: until the
			   peer goes) */
	HTTPD_CUT_HEAD, /* half the head, then closed */
	HTTPD_CUT_BODY, /* the head and half the body, then closed */
	HTTPD_GARBAGE,  /* bytes that are not HTTP, then closed */
	HTTPD_DRIP,     /* byte by byte, `gap` apart, whole in the end */
};

/* The handler fills it in; httpd makes it empty before and frees it after. */
struct httpd_answer {
	int status;         /* 200 unless changed */
	const char *type;   /* Content-Type, static storage; NULL: none */
	struct buf headers; /* further header lines: httpd_header() */
	struct buf body;
	enum httpd_wire wire;
	usec_t delay; /* wait so long before the first byte */
	usec_t gap;   /* HTTPD_DRIP: between bytes */
	bool close;   /* end the connection after it */
};

typedef void httpd_handler(void *ctx, const struct httpd_request *r, struct httpd_answer *a);

/*
 * Asked when a head has been read and the body has not: HTTPD_WHOLE to go on, anything else to
 * answer that way at once, with what it put in `a`; the handler is then not called.
 */
typedef enum httpd_wire httpd_peek(
	void *ctx, const struct httpd_request *r, struct httpd_answer *a);

/* Asked for each new connection; false: it is reset before anything is read. */
typedef bool httpd_admit(void *ctx);

/* What is 0 or NULL takes the value in brackets. Texts are lent for httpd_open(). */
struct httpd_options {
	const char *host;      /* a numeric address ["127.0.0.1"] */
	uint16_t port;         /* 0: the system chooses */
	const char *cert_file; /* PEM, the chain; with key_file: TLS 1.2 and newer only */
	const char *key_file;
	size_t head_max;        /* bytes of a head [16 KiB] */
	size_t body_max;        /* bytes of a body [1 MiB] */
	size_t connections_max; /* more wait in the system's backlog [1000] */
	usec_t receive_time;    /* for a whole request, and for an answer to be taken [30 s] */
	usec_t idle_time;       /* between requests [60 s] */
	const struct clock *clock; /* [clock_system] */

	httpd_handler *handle; /* must be set */
	httpd_peek *peek;
	httpd_admit *admit;
	void *ctx;
};

/*
 * Binds and listens. ERR_IO with words for a person: the address is taken, a file cannot be
 * read. SIGPIPE is ignored in the whole process from then on.
 */
MUST_USE enum err httpd_open(
	const struct httpd_options *o, struct httpd **ret, struct errmsg *m);
void httpd_free(struct httpd *h);
AUTO_DEFINE(httpd)

/* The port it listens on. */
uint16_t httpd_port(const struct httpd *h);

/* Serves until httpd_stop(). ERR_IO when the wait itself fails. */
MUST_USE enum err httpd_run(struct httpd *h);

/* Makes httpd_run() return soon. May be called from any thread, and from a signal handler. */
void httpd_stop(struct httpd *h);

/* The value of a request's header; {NULL, 0} when it is absent. */
struct str httpd_request_header(const struct httpd_request *r, const char *name);

/* Adds a header line to an answer. Control characters in it become '?': no line can be slipped
 * in. */
void httpd_header(struct httpd_answer *a, const char *name, const char *fmt, ...) PRINTF(3, 4);

/* What it has seen so far. Read it on the thread that runs it. */
struct httpd_counts {
	uint64_t connections; /* accepted */
	uint64_t open;        /* now */
	uint64_t requests;    /* heads read */
	uint64_t refused;     /* requests it refused by itself */
	uint64_t timeouts;    /* connections closed for slowness while a request or answer was
				 under way */
};
struct httpd_counts httpd_counts(const struct httpd *h);

#endif
