/*
 * agents.h - the sockets of agents and of administrators
 *
 * Frames become requests: walked, bounded, with a known op. What is not one is
 * answered with the reason here; everything else goes to the one who decides
 * (request handler), who writes the answer (answer.h) into the outbox.
 */
#ifndef ROOST_DISPATCHER_EDGE_AGENTS_H
#define ROOST_DISPATCHER_EDGE_AGENTS_H

#include "common/net/loop.h"
#include "common/wire/messages.h"
#include "dispatcher/edge/outbox.h"

/* In one round no more than this is taken from one socket, so that a turn stays short. */
#define AGENTS_MESSAGES_PER_ROUND 256
#define AGENTS_BYTES_PER_ROUND    ((size_t)4 * 1024 * 1024)

#define AGENTS_DOMAIN "agents" /* of keys (common/net/curve.h) */

struct agents;

/* One request, lent for the call of the handler; `peer` may be copied to answer later. */
struct request {
	struct zsock *z;
	struct zpeer peer;
	const char *key; /* the sender's public key as text; "" where no keys are used */
	bool admin;      /* came over the endpoint that only the dispatcher's user can open */
	enum message msg;
	struct message_head head;
	const struct wire_value *root;
	struct str seq; /* the encoded seq, to be echoed; empty: none was given */
};

typedef void agents_handler(void *ctx, const struct request *r);

/* Where to listen, and who takes what comes. Texts are lent for the call. */
struct agents_conf {
	const char *endpoint, *admin_endpoint;
	const char *secret; /* key of the agents' socket; NULL: agents need none */
	agents_handler *handle;
	agents_handler
		*overreach; /* told of one that is for administrators alone, and refused */
	void *ctx;
};

/* The agents' socket, for zap_prove(). */
const struct zsock *agents_socket(const struct agents *a);

/* Binds both endpoints. Words name the endpoint that could not be bound. */
MUST_USE enum err agents_open(struct loop *l, struct outbox *o, const struct agents_conf *conf,
	struct agents **ret, struct errmsg *m);
void agents_free(struct agents *a);
AUTO_DEFINE(agents)

/* Where it is bound, with the port the system chose. */
const char *agents_endpoint(const struct agents *a);

struct agents_counts {
	uint64_t requests, refused;
};
struct agents_counts agents_counts(const struct agents *a);

#endif
