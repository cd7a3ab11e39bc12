/*
 * renew.h - renewal of access tokens: no refresh token twice, no new pair lost
 *
 *     ordered -> intent kept with the turn -> sent to X -> answered -> kept
 *
 * From the last byte of X's answer to the commit, the only copy of an
 * account's tokens is in memory. So this does not wait for a turn: what the
 * answers of a round brought is a transaction of its own, flushed before any
 * message is read (renew_keep). And so that a crash can cost few accounts
 * their grant, no more than RENEWALS_AT_ONCE are under way; others wait.
 */
#ifndef ROOST_DISPATCHER_CONNECT_RENEW_H
#define ROOST_DISPATCHER_CONNECT_RENEW_H

#include "dispatcher/state.h"

#define RENEWALS_AT_ONCE 8

/* Carries out an order of the core. */
void renew_order(struct dispatcher *d, const struct order *o);

/* Begins a renewal that nobody ordered; its end comes as that of others. False: it cannot be.
 */
MUST_USE bool renew_now(struct dispatcher *d, struct vault_account *account);

/* The vault's callback; ctx is the dispatcher. */
void renew_ended(void *ctx, struct vault_account *a, enum vault_end end, const char *words);

/*
 * Keeps the new tokens that have come, and tells core and waiting programs of them. Committed
 * here, unless the turn has written already: then with the turn.
 */
void renew_keep(struct dispatcher *d);

/* After a commit: what was kept is safe; intents that were kept are sent to X. */
void renew_committed(struct dispatcher *d);

/* When the turn could not be kept: nothing is sent. */
void renew_dropped(struct dispatcher *d);

/*
 * Begins renewals that waited for others, and offers accounts whose renewal failed harmlessly
 * to the core again. Returns when to be called again (mono).
 */
usec_t renew_again(struct dispatcher *d);

#endif
