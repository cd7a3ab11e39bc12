/*
 * connect.h - requests of administrators that connect accounts, and disconnect them
 *
 * The vault does it (vault/connect.h); here capabilities become scopes, and
 * requests are answered when X has answered, after the commit.
 */
#ifndef ROOST_DISPATCHER_CONNECT_CONNECT_H
#define ROOST_DISPATCHER_CONNECT_CONNECT_H

#include "dispatcher/state.h"

void connect_begin(struct dispatcher *d, const struct request *r, uint32_t agent);
void connect_finish(struct dispatcher *d, const struct request *r, uint32_t agent);
void connect_disconnect(struct dispatcher *d, const struct request *r, uint32_t agent);

/* The end: whoever waits for X is told that nobody does any more. */
void connect_close(struct dispatcher *d);

#endif
