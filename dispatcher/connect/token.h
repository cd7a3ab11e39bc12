/*
 * token.h - an access token leaves the vault, for a program of the dispatcher's own user
 *
 * `roost run` asks for it. It is given over ipc:// alone, to whoever can open the
 * administrators' endpoint; one that lives only a short while longer is renewed first. Each is
 * a record of the audit log.
 */
#ifndef ROOST_DISPATCHER_CONNECT_TOKEN_H
#define ROOST_DISPATCHER_CONNECT_TOKEN_H

#include "dispatcher/state.h"

#define TOKEN_LEAST \
	(5 * USEC_MIN) /* what a token given out has left to live, where X renews it */

/* A request of an administrator. */
void token_give(struct dispatcher *d, const struct request *r, uint32_t agent);

/* A renewal ended; `words` say why, when it did not bring a token. */
void token_renewed(struct dispatcher *d, const struct vault_account *a, const char *words);

/* The turn could not be kept, and the renewals begun in it are not sent; and the end. */
void token_close(struct dispatcher *d);

#endif
