/*
 * peer.h - one dispatcher: its link, and the messages of it
 *
 * What is heard on its socket becomes calls on the link (link.h); after each
 * round what the link owes is written, gathered in as few messages as fit.
 * The only file of the worker that knows messages; docs/worker-protocol.md
 * describes them.
 */
#ifndef ROOST_WORKER_PEER_H
#define ROOST_WORKER_PEER_H

#include "common/net/curve.h"
#include "common/net/loop.h"
#include "worker/link.h"

struct peer;

/* What it points at is lent for the peer's life. */
struct peer_conf {
	struct loop *loop;
	const char *endpoint;
	const char *name;            /* of this worker */
	const struct curve_own *own; /* its keys */
	usec_t timeout;              /* of a request to X, where the dispatcher allows more */
	struct link_conf link;       /* its clock is set by the peer */
};

/* Connects, which needs nobody at the other end. ERR_INVALID, ERR_NOMEM, ... with words. */
MUST_USE enum err peer_open(const struct peer_conf *conf, struct peer **ret, struct errmsg *m);

/* Its fetch must be gone already if attempts are under way. */
void peer_free(struct peer *p);
AUTO_DEFINE(peer)

/* Says what is due; after every round. */
void peer_speak(struct peer *p);

void peer_drain(struct peer *p);

/* It has drained, and said bye. */
bool peer_has_left(const struct peer *p);

/* The version of the protocol that the dispatcher speaks, if it is another than ours; else 0.
 * The loop was stopped when that was heard. */
int64_t peer_spoken(const struct peer *p);

const char *peer_endpoint(const struct peer *p);
const struct link *peer_link(const struct peer *p);

#endif
