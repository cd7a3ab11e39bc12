/*
 * vault.h - apps, accounts and their tokens
 *
 * The one owner of secrets: client secrets and refresh tokens never leave it,
 * access tokens leave it one assignment at a time. At rest everything secret
 * is sealed (common/crypto/seal.h), bound to its row, field and generation.
 *
 * The vault stores nothing itself. What must be kept is marked unsaved;
 * dispatcher/accounts.c writes it with the turn's transaction and says so
 * afterwards (vault_saved). Renewal of tokens goes in steps, so that no refresh
 * token is ever presented twice (promise P3):
 *
 *     vault_intend()    marks the intent                -> kept with the turn
 *     vault_send()      after the commit: one request to X
 *     renewed()         the callback: new pair in memory, sealed, unsaved
 *                                                       -> kept with the turn
 *     vault_token()     gives the new token from then on; it leaves the
 *                       dispatcher only after that turn's commit
 *
 * A crash between intent and answer leaves the account SUSPECT: its access
 * token serves while it lives, its refresh token is never presented again.
 */
#ifndef ROOST_DISPATCHER_VAULT_VAULT_H
#define ROOST_DISPATCHER_VAULT_VAULT_H

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/crypto/oauth1.h"
#include "common/crypto/seal.h"
#include "common/net/fetch.h"

struct vault;

#define VAULT_NAME_MAX     64
#define VAULT_ACCOUNTS_MAX 1000000
#define VAULT_APPS_MAX     10000

/* As enum grant_state of the core, which the vault may not include; accounts.c asserts it. */
enum vault_grant { VAULT_OK, VAULT_SUSPECT, VAULT_DEAD };

/* What an account acts with. Kept in the store: numbers never change. */
enum vault_kind {
	VAULT_OAUTH2, /* an access token, sent as Bearer */
	VAULT_OAUTH1, /* keys of OAuth 1.0a that sign each request, and never expire */
};

/* What is known of an app; lent by the vault until it is freed, fields changed only through it.
 */
struct vault_app {
	uint32_t id; /* the store's; 0 until it was kept once */
	char name[VAULT_NAME_MAX + 1];
	char client_id[201];
	char plan[16];
	bool paused;
	usec_t parked_until; /* wall; 0: not parked */
	char park_cause[40];
	struct str data_key, sealed_secret; /* empty: a public client */
	bool unsaved;
	bool gone; /* removed; with an id, disconnected accounts may still refer to it */
};

struct vault_account {
	uint32_t id;  /* the store's; 0 until it was kept once */
	uint32_t app; /* number for vault_app_at() */
	char name[VAULT_NAME_MAX + 1];
	char user_id[20];
	char username[17];
	char scopes[512]; /* blank-separated */
	enum vault_kind kind;
	enum vault_grant grant;
	bool refreshing;
	uint64_t generation;
	usec_t token_until; /* wall; USEC_NEVER: it lives until X refuses it */
	bool paused;
	usec_t parked_until;
	char park_cause[40];
	struct str data_key, sealed_access, sealed_refresh;
	usec_t again_at;    /* mono: no renewal before this; 0: none failed. renew.c's */
	usec_t answered_at; /* mono: when the last byte of new tokens came; 0: they are kept */
	bool waits;         /* for a renewal, behind others. renew.c's */
	bool unsaved;       /* what is in memory is not yet on disk */
};

struct vault_conf {
	const char *token_url, *revoke_url, *me_url; /* lent */
	const char *ca_file;                         /* lent; NULL */
	const struct clock *clock;                   /* lent */
};

/* How a renewal ended. */
enum vault_end {
	VAULT_RENEWED, /* new pair, unsaved */
	VAULT_LATER,   /* proven not done: X unreachable, busy; try again later */
	VAULT_LOST,    /* sent, end unknown: SUSPECT, unsaved */
	VAULT_REFUSED, /* X says the grant is dead: DEAD, unsaved */
	VAULT_CLIENT,  /* X refuses the app's client id or secret: as VAULT_LATER, but somebody
			  must look */
};

/* Called from the loop when a renewal ended; `words` for a person, never a secret. */
typedef void vault_renewed(
	void *ctx, struct vault_account *a, enum vault_end end, const char *words);

/* Takes master over (also on failure); lends fetch for its life. */
MUST_USE enum err vault_new(struct master *master, struct fetch *fetch,
	const struct vault_conf *conf, vault_renewed *renewed, void *ctx, struct vault **ret);
void vault_free(struct vault *v);
AUTO_DEFINE(vault)

/* Takes an app as stored. ERR_CORRUPT when its secret cannot be opened. */
MUST_USE enum err vault_load_app(
	struct vault *v, const struct vault_app *row, struct errmsg *m);

/* Takes an account as stored; row->app is the app's number. One with `refreshing` becomes
 * SUSPECT, unsaved. */
MUST_USE enum err vault_load_account(
	struct vault *v, const struct vault_account *row, struct errmsg *m);

struct vault_app_set {
	struct str name, plan, client_id;
	struct str secret; /* empty: a public client */
};

/* Makes or changes an app. Unsaved afterwards. */
MUST_USE enum err vault_set_app(struct vault *v, const struct vault_app_set *in,
	struct vault_app **ret, struct errmsg *m);

/*
 * Forgets an app and its secret; its accounts are all disconnected, and stay as those of an app
 * that is gone. ERR_STATE while accounts are connected to it, or are about to be; the words
 * name them.
 */
MUST_USE enum err vault_remove_app(struct vault *v, struct vault_app *a, struct errmsg *m);

/* Makes sure of an app that is gone, for disconnected accounts that are stored as its own. */
MUST_USE enum err vault_know_gone(struct vault *v, uint32_t id, struct vault_app **ret);

struct vault_import {
	struct str name, app, user_id, username, access, refresh, scopes;
	/* OAuth 1.0a, if the first is not empty: `access` is its access token then. */
	struct str api_key, api_secret, token_secret;
	usec_t expires_at; /* USEC_NEVER: nobody said */
};

/*
 * Makes or replaces an account by tokens from outside. ERR_NOT_FOUND when there is no such app,
 * ERR_CONFLICT when the account is another user's. Without a refresh token nothing renews the
 * access token, and an earlier refresh token is forgotten. Unsaved afterwards.
 */
MUST_USE enum err vault_import(struct vault *v, const struct vault_import *in,
	struct vault_account **ret, struct errmsg *m);

struct vault_app *vault_app_named(
	const struct vault *v, struct str name); /* NULL: none, or gone */
struct vault_account *vault_account_named(
	const struct vault *v, struct str name);                               /* NULL: none */
struct vault_account *vault_account_by_id(const struct vault *v, uint32_t id); /* NULL: none */
struct vault_app *vault_app_by_id(const struct vault *v, uint32_t id);
struct vault_app *vault_app_at(
	const struct vault *v, uint32_t number); /* also one that is gone; NULL past the last */
struct vault_account *vault_account_at(
	const struct vault *v, uint32_t number); /* NULL past the last */
uint32_t vault_app_number(const struct vault *v, const struct vault_app *a);

/* Tells the id that the store gave. */
void vault_has_id(struct vault *v, struct vault_account *a, uint32_t id);
void vault_app_has_id(struct vault *v, struct vault_app *a, uint32_t id);

/* The access token of VAULT_OAUTH2, lent until its account's tokens change; else empty. */
struct str vault_token(const struct vault *v, const struct vault_account *a);

/* The keys of VAULT_OAUTH1, lent likewise. False: the account has others. */
bool vault_keys(const struct vault_account *a, struct oauth1_keys *ret);

/* Whether its tokens came from outside, with nothing to renew them by. */
bool vault_is_given(const struct vault_account *a);

/* False when there is nothing to renew with (no refresh token, DEAD, SUSPECT) or one is under
 * way. */
MUST_USE bool vault_intend(struct vault *v, struct vault_account *a);

/* Whether vault_intend() would agree, unless a renewal is under way. */
bool vault_renewable(const struct vault_account *a);

/* Takes an intent back that was not kept: nothing was sent. */
void vault_forget(struct vault *v, struct vault_account *pub);

/* Sends the request of an intent that was kept. The end comes through the callback, always. */
void vault_send(struct vault *v, struct vault_account *pub);

/* How many renewals are under way. */
size_t vault_active(const struct vault *v);

#endif
