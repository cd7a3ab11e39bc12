/*
 * connect.h - an account is connected, and disconnected again
 *
 * OAuth 2.0's authorization code with PKCE (S256), as X documents it
 * (2026-08-22). vault_connect_begin() makes the address at which a user says yes;
 * whoever sees the browser come back hands state and code to
 * vault_connect_finish(), which trades the code at once (it lives 30 seconds),
 * asks X who that is, and keeps the tokens as that account's. An account that is
 * connected again keeps its number, and so its jobs.
 *
 * A beginning counts once, for CONNECT_LIFE, and only for the state it was given:
 * 260 bits of chance, as are the verifier's. Neither verifier nor tokens leave
 * the vault; a code that was made for another beginning fails at X, which has
 * its challenge.
 */
#ifndef ROOST_DISPATCHER_VAULT_CONNECT_H
#define ROOST_DISPATCHER_VAULT_CONNECT_H

#include "dispatcher/vault/vault.h"

#define CONNECT_STATE 52 /* letters of a state, and of a verifier */
#define CONNECT_LIFE  (10 * USEC_MIN)
#define CONNECTS_MAX  100 /* begun and not ended; more are refused */
#define CALLBACK_MAX  1024

struct connect_ask {
	struct str account, app;
	struct str scopes; /* wanted, with blanks */
	const char *authorize_url, *callback;
};

/* Begins: ret_state, and the address for a browser added to ret_url. ERR_NOT_FOUND no such app,
 * ERR_QUOTA, ERR_NOMEM. */
MUST_USE enum err vault_connect_begin(struct vault *v, const struct connect_ask *ask,
	struct now now, char ret_state[CONNECT_STATE + 1], struct buf *ret_url,
	struct errmsg *m);

/* How it ended; all of it lent for the callback. */
struct connect_end {
	enum err err;         /* ERR_OK: connected; `account` is unsaved */
	struct errmsg *words; /* of a failure: what to change, and where */
	struct vault_account *account;
	const char *missing; /* scopes that were wanted and not granted, with blanks */
	bool renewable;      /* X gave a refresh token */
};
typedef void connect_done(void *ctx, const struct connect_end *end);

/* What the browser brought back. */
struct connect_back {
	struct str state, code;
};

/*
 * The browser came back with a code. ERR_DENIED when nothing was begun under that state, or it
 * was used before, or too long ago; ERR_UNAVAILABLE while the account's tokens are being
 * renewed. On ERR_OK done() is called later, once.
 */
MUST_USE enum err vault_connect_finish(struct vault *v, const struct connect_back *back,
	struct now now, connect_done *done, void *ctx, struct errmsg *m);

/* The browser came back without one: what was begun is forgotten. ERR_DENIED as above. */
MUST_USE enum err vault_connect_refused(
	struct vault *v, struct str state, struct now now, struct errmsg *m);

/*
 * Tokens or keys that were obtained elsewhere, for an account of which X is asked who it is:
 * `user_id` and `username` of `in` are not looked at. Errors and done() as those of
 * vault_connect_finish(). Whatever X says, nothing is taken back there.
 */
MUST_USE enum err vault_connect_given(struct vault *v, const struct vault_import *in,
	connect_done *done, void *ctx, struct errmsg *m);

/*
 * Forgets the keys of a VAULT_OAUTH1 account, which is DEAD then, and unsaved. X, which takes
 * back OAuth 2.0 tokens alone, is not asked. ERR_NOMEM.
 */
MUST_USE enum err vault_forget_keys(struct vault_account *account);

/* How a revocation ended: `revoked` when X has taken both tokens back; else words say why not.
 */
typedef void disconnect_done(
	void *ctx, struct vault_account *account, bool revoked, const char *words);

/*
 * Has X take an account's tokens back. The account is DEAD at once, and unsaved; its tokens are
 * forgotten when X has answered, so that a revocation that failed can be asked for again.
 * ERR_UNAVAILABLE while they are being renewed, ERR_NOMEM.
 */
MUST_USE enum err vault_disconnect(struct vault *v, struct vault_account *account,
	disconnect_done *done, void *ctx, struct errmsg *m);

/* Forgets what was begun, and calls nobody back; for vault_free(). */
void connect_forget_all(struct vault *v);

#endif
