/*
 * httpd_conn.h - one connection of httpd: reads requests, sends answers
 *
 * Inside of httpd, for httpd.c and httpd_conn.c alone.
 */
#ifndef ROOST_COMMON_NET_HTTPD_CONN_H
#define ROOST_COMMON_NET_HTTPD_CONN_H

#include "common/base/list.h"
#include "common/net/http_chunk.h"
#include "common/net/httpd.h"

struct bufferevent;
struct event;
struct event_base;
struct evconnlistener;
struct httpd_tls;

struct httpd {
	struct httpd_options o;
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *sweep, *stop_event;
	struct httpd_tls *tls; /* NULL: plain */
	int stop_fd;
	uint16_t port;
	bool paused; /* not accepting for now */
	struct list conns;
	struct httpd_answer answer; /* reused */
	struct buf out;             /* reused: an answer as bytes */
	int64_t date_second;        /* what date[] says */
	char date[40];
	struct httpd_counts counts;
};

enum conn_state {
	CONN_READING,   /* waiting for a request, or in the middle of one */
	CONN_ANSWERING, /* an answer waits for its delay, drips, hangs, or for the peer to take
			   it */
	CONN_LINGERING, /* all is said; the peer has to go */
};

struct conn {
	struct list node; /* in httpd's conns */
	struct httpd *h;
	struct bufferevent *bev;
	struct event *timer; /* of delay, drip and hang; made when first needed */
	enum conn_state state;
	bool local;
	bool close_after; /* the answer under way is the last */
	bool started;     /* some of a request is here */
	bool cut;         /* what was said is incomplete on purpose: no TLS farewell */
	usec_t deadline;  /* mono */

	/* The request being read. */
	size_t searched; /* bytes known to hold no end of head */
	size_t head_len; /* 0: not all here */
	uint64_t number, nth;
	size_t length; /* of the body, when it is not chunked */
	bool chunked;
	struct chunk_reader chunks;
	struct buf body; /* of chunks */

	/* The answer that could not go out at once. */
	unsigned char *late; /* owned */
	size_t late_len, late_at;
	usec_t gap; /* 0: all at once */
};

/* Takes over a socket that has been accepted; closes it when that fails. */
void conn_accept(struct httpd *h, int fd, bool local);

/* Ends it at once. */
void conn_free(struct conn *c);

/* Its deadline has passed: says so where that can still be heard, and ends it. */
void conn_expire(struct conn *c);

#endif
