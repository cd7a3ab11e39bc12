/*
 * media.h - bytes that agents send for their posts and messages
 *
 * The operation `media` takes them in pieces and keeps them in the spool
 * (spool.h); the store says which agent sent what. A handle, which is the hash
 * of the bytes, can be used only by an agent that sent those bytes itself.
 */
#ifndef ROOST_DISPATCHER_MEDIA_MEDIA_H
#define ROOST_DISPATCHER_MEDIA_MEDIA_H

#include "dispatcher/media/spool.h"
#include "dispatcher/state.h"

/* Opens the spool in the state directory, and closes it. */
MUST_USE enum err media_open(struct dispatcher *d, struct errmsg *m);

void media_close(struct dispatcher *d);

/* Takes over settings that SIGHUP brought. */
void media_reload(struct dispatcher *d);

/* media. */
void media_take(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
