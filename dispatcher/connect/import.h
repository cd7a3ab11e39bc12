/*
 * import.h - accounts of tokens and keys that were obtained elsewhere
 *
 * An access token with a refresh token is renewed as that of a connected account. One without
 * is used while it lives; then the account's jobs wait for somebody to connect it, or to
 * import another. Keys of OAuth 1.0a sign each request, and live until X refuses them.
 */
#ifndef ROOST_DISPATCHER_CONNECT_IMPORT_H
#define ROOST_DISPATCHER_CONNECT_IMPORT_H

#include "dispatcher/state.h"

/* A request of an administrator. */
void import_account(struct dispatcher *d, const struct request *r, uint32_t agent);

#endif
