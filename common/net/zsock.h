/*
 * zsock.h - ZeroMQ sockets with the bounds set
 *
 * Every socket is opened with a maximum message size, a short linger, a
 * handshake limit, a backlog, heartbeats and a reconnect ceiling (libzmq's
 * defaults are none, for ever, 30 s, 100, off and 100 ms). Nothing here blocks.
 * A send that succeeds means "queued in this process", never "arrived".
 */
#ifndef ROOST_COMMON_NET_ZSOCK_H
#define ROOST_COMMON_NET_ZSOCK_H

#include "common/base/err.h"
#include "common/base/text.h"

#define ZSOCK_MESSAGE_MAX ((size_t)1024 * 1024) /* bytes in one body: interface, section 1 */
#define ZSOCK_SLACK       ((size_t)4096) /* what may come above that, to be refused in words */
#define ZSOCK_PEER_MAX    64             /* bytes in a routing id */
#define ZSOCK_QUEUE_MAX   100000         /* messages a socket may hold each way */

enum zsock_kind { ZSOCK_ROUTER, ZSOCK_DEALER, ZSOCK_PUB, ZSOCK_SUB, ZSOCK_REP };

struct zsock;

/* Who sent a message, and how: a value, kept to answer it later. */
struct zpeer {
	unsigned char id[ZSOCK_PEER_MAX];
	unsigned char len;
	bool framed; /* came as [empty][body]: the answer mirrors it */
};

/*
 * Whether its routing id was made by this side. One that the peer chose may be chosen by
 * another when its owner is gone, who then gets what was meant for the owner: so where keys
 * matter, a peer may not choose.
 */
bool zpeer_is_generated(const struct zpeer *p);

/*
 * A message that has arrived. `body` is lent until the next zsock_receive() on
 * that socket, and may be up to ZSOCK_SLACK above ZSOCK_MESSAGE_MAX; libzmq cuts
 * off a peer that sends more. A malformed one can be answered, unless peer.len
 * is 0: its routing id is longer than ZSOCK_PEER_MAX.
 */
struct zmessage {
	struct zpeer peer; /* of a ROUTER; empty on other kinds */
	struct str topic;  /* of a SUB; lent like body */
	struct str body;
	bool malformed;   /* not one body frame, or a name too long to keep: body is empty */
	char user_id[64]; /* the sender's public key as text (zap.h); "" without CURVE */
};

/* Opens a socket on this program's one context (made when first needed). */
MUST_USE enum err zsock_open(enum zsock_kind kind, struct zsock **ret, struct errmsg *m);
void zsock_free(struct zsock *z);
AUTO_DEFINE(zsock)

/*
 * What goes over this socket may hold tokens and keys: bodies that were sent are wiped when
 * libzmq has passed them on, and bodies that came when the next one is taken. What libzmq, its
 * CURVE and the kernel copy meanwhile is theirs.
 */
void zsock_is_secret(struct zsock *z);

/*
 * Binds (once a socket) or connects to "tcp://HOST:PORT" or "ipc://PATH" (or "inproc://NAME",
 * within a program); words name the endpoint, the reason, and what to do. The socket file of an
 * ipc endpoint gets mode 0600; a stale one is replaced, never one that is served or a file of
 * another kind. That sets the process's umask for the time of the call.
 */
MUST_USE enum err zsock_bind(struct zsock *z, const char *endpoint, struct errmsg *m);
MUST_USE enum err zsock_connect(struct zsock *z, const char *endpoint, struct errmsg *m);

/*
 * Before zsock_connect(): nothing is queued for a peer that is not there; zsock_send() says
 * ERR_UNAVAILABLE instead. For who would say it again anyway, and not have it arrive twice.
 */
MUST_USE enum err zsock_only_present(struct zsock *z);

/* The endpoint it is bound to, with the port the system chose. Lent until the socket goes. */
const char *zsock_endpoint(const struct zsock *z);

/* Whether an endpoint can be reached from this machine only: loopback, ipc. */
bool zsock_is_local(const char *endpoint);

/* Takes the next message. False when there is none. */
bool zsock_receive(struct zsock *z, struct zmessage *ret);

/*
 * Queues one body (of a ROUTER: to peer; otherwise peer is NULL). Copies it.
 * ERR_TOO_BIG above ZSOCK_MESSAGE_MAX, ERR_CLOSED when a ROUTER does not know
 * the peer any more, ERR_UNAVAILABLE when the queue is full: nothing was sent.
 */
MUST_USE enum err zsock_send(struct zsock *z, const struct zpeer *peer, struct str body);

/* On a PUB: frame 1 topic, frame 2 body. A subscriber that is slow loses messages. */
MUST_USE enum err zsock_publish(struct zsock *z, const char *topic, struct str body);

/* Whether anybody subscribes to anything: to be asked before the work of making a message. */
bool zsock_is_heard(struct zsock *z);
MUST_USE enum err zsock_subscribe(struct zsock *z, const char *prefix);

/* Ends the context; every socket must be freed. For leak-free exits. */
void zsock_end(void);

/* ZeroMQ's own pointers, for this folder. The context is NULL only when out of memory. */
void *zsock_raw(struct zsock *z);
void *zsock_context(void);

#endif
