/*
 * zap.h - who may connect: the handler that ZeroMQ asks about keys (RFC 27, ZAP)
 *
 * One a program, opened before the first socket that wants keys. It is asked
 * once for each connection, on the loop's thread; what a connection may do is
 * decided on every message, by its User-Id, which is the public key as text
 * (struct zmessage). A CURVE server of libzmq 4.3.4 without a handler admits
 * every key, hence zap_prove().
 */
#ifndef ROOST_COMMON_NET_ZAP_H
#define ROOST_COMMON_NET_ZAP_H

#include "common/net/curve.h"
#include "common/net/loop.h"

struct zap;

/* Whether a holder of `key` may connect to the sockets of `domain`. `address`: its IP. */
typedef bool zap_admit(void *ctx, struct str domain, struct str key, struct str address);

MUST_USE enum err zap_open(
	struct loop *l, zap_admit *admit, void *ctx, struct zap **ret, struct errmsg *m);
void zap_free(struct zap *z);
AUTO_DEFINE(zap)

/*
 * Shows that `server`, which is bound, admits no key that was made up a moment ago: connects to
 * it with one. ERR_DENIED when it is admitted, or when no refusal comes within seconds.
 */
MUST_USE enum err zap_prove(
	struct zap *z, const struct zsock *server, const char *server_public, struct errmsg *m);

struct zap_counts {
	uint64_t admitted, refused;
};
struct zap_counts zap_counts(const struct zap *z);

#endif
