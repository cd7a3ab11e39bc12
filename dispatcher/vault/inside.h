/*
 * inside.h - the vault's own memory, for its files
 */
#ifndef ROOST_DISPATCHER_VAULT_INSIDE_H
#define ROOST_DISPATCHER_VAULT_INSIDE_H

#include "common/base/list.h"
#include "common/base/names.h"
#include "common/crypto/secret.h"
#include "dispatcher/vault/vault.h"

/* An app or account with what is not shown. */
struct app {
	struct vault_app pub;
	struct secret *secret; /* NULL: a public client */
	struct buf key, sealed;
};

struct account {
	struct vault_account pub;
	struct vault *vault;
	struct seal_key *data_key;
	struct secret *access, *refresh; /* refresh NULL: none */
	struct buf key, sealed_access, sealed_refresh;
};

struct vault {
	struct master *master;
	struct master *old; /* what is not yet wrapped by `master` is by this one; NULL */
	struct fetch *fetch;
	struct vault_conf conf;
	vault_renewed *renewed;
	void *ctx;
	struct names app_names, account_names;
	struct app **apps;         /* by number */
	struct account **accounts; /* by number */
	uint32_t apps_size, accounts_size;
	uint32_t *account_by_id; /* store id -> number; NAMES_NONE */
	uint32_t by_id_size;
	size_t active;
	struct list flows;   /* connections that were begun (connect.c) ... */
	struct list asking;  /* ... for which X is asked at this moment */
	struct list leaving; /* accounts whose tokens X is asked to take back */
	size_t flow_count;   /* of `flows` */
};

/* The master key that a data key is wrapped by; when neither is, the present one. */
const struct master *vault_master_of(const struct vault *v, struct str wrapped);

/* The name of the row that a data key is bound to: "account:acme". */
#define VAULT_ROW_MAX (VAULT_NAME_MAX + 16)
struct str vault_row_name(char out[VAULT_ROW_MAX], const char *kind, const char *name);

/* The app of that name, made empty if there is none. */
enum err vault_know_app(struct vault *v, struct str name, struct app **ret);

/* The number of an app that is not gone; NAMES_NONE. */
uint32_t vault_find_app(const struct vault *v, struct str name);

/* Say why not; return the error. */
enum err vault_say_no_app(struct str app, struct errmsg *m);
enum err vault_say_renewing(struct errmsg *m);

/* Forgets what was begun with an app. False while X is asked for an account of it. */
bool connect_leave_app(struct vault *v, uint32_t app);

/* The account of that name, made empty if there is none. */
enum err vault_know_account(struct vault *v, struct str name, struct account **ret);

/* Takes over a new pair; on failure nothing is changed. An empty refresh keeps the old one. */
enum err vault_set_pair(struct account *a, struct str access, struct str refresh);

/* The four keys of OAuth 1.0a as one secret, each on a line of its own; and back. */
struct secret *vault_join_keys(const struct oauth1_keys *k); /* NULL: no memory */
void vault_split_keys(struct str joined, struct oauth1_keys *ret);

/* What `in` gives, as it is kept: a token, or joined keys. NULL: no memory. */
struct secret *vault_given(const struct vault_import *in);

/* Forgets an earlier refresh token unless another one comes: X has ended it, or somebody else.
 */
void vault_drop_refresh(struct account *a, struct str other);

/* Forgets both tokens. */
enum err vault_forget_pair(struct account *a);

/* Sends a form to X as the app: Basic, or client_id in the body, which is wiped. */
enum err vault_post(struct vault *v, const struct app *app, const char *url, struct buf *body,
	fetch_done *done, void *ctx);

#endif
