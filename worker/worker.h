/*
 * worker.h - the shell of roost-worker: sockets on one side, links on the other
 *
 * One event loop, one door to X, and a peer for each dispatcher (peer.h).
 */
#ifndef ROOST_WORKER_WORKER_H
#define ROOST_WORKER_WORKER_H

#include "common/net/curve.h"
#include "common/net/loop.h"

#define WORKER_DISPATCHERS_MAX 32
#define WORKER_DRAIN_MAX       (60 * USEC_SEC) /* after that it leaves, whatever is left */

/* What it points at is lent for the worker's life. */
struct worker_conf {
	const char *name;
	const char *const *dispatchers; /* endpoints */
	size_t dispatcher_count;        /* 1 to WORKER_DISPATCHERS_MAX */
	uint32_t concurrency;        /* requests in flight at most, at least 1; parted between
					dispatchers */
	const char *api_url;         /* a slash at its end is dropped */
	const char *ca_file;         /* extra authorities, or "" */
	const struct curve_own *own; /* its keys */
	usec_t timeout;              /* of a request to X, where the dispatcher allows more */
};

struct worker;

/* A worker on that loop; it begins to say hello in the first round. ERR_INVALID, ERR_NOMEM, ...
 */
MUST_USE enum err worker_open(
	struct loop *l, const struct worker_conf *conf, struct worker **ret, struct errmsg *m);
void worker_free(struct worker *w);
AUTO_DEFINE(worker)

/*
 * Takes no more work, hands back what has not begun, finishes the rest, waits until its results
 * are kept (at most WORKER_DRAIN_MAX), says bye and stops the loop. A second call stops it at
 * once.
 */
void worker_drain(struct worker *w);

/* Why the loop was stopped: ERR_OK by a drain, ERR_STATE when a dispatcher speaks another
 * protocol. */
enum err worker_end(const struct worker *w, struct errmsg *m);

#endif
