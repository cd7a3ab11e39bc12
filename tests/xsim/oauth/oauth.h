/*
 * oauth.h - apps, grants and tokens
 *
 * One grant is what a user allowed an app; its tokens are a family. Every
 * refresh makes a new pair and ends the old one. In strict mode a refresh
 * token that is presented a second time ends the whole family, as reported of
 * X. An access token lives for a set time; what it is today, and what its
 * family's refresh token is, the grant knows.
 *
 * Tokens are drawn from the seed, so that a run can be played again: nothing
 * here is a secret of anybody.
 */
#ifndef ROOST_TESTS_XSIM_OAUTH_OAUTH_H
#define ROOST_TESTS_XSIM_OAUTH_OAUTH_H

#include "common/base/clock.h"
#include "common/base/map.h"
#include "common/base/rng.h"
#include "common/base/slab.h"
#include "common/base/text.h"

#define TOKEN_LEN     91 /* characters of a token: X's examples have about 90 */
#define SCOPES_LEN    600
#define OAUTH_NONE    UINT32_MAX
#define REDIRECTS_MAX 8

struct app {
	const char *name;
	const char *client_id;
	const char *client_secret;              /* NULL: a public client */
	const char *api_key, *api_secret;       /* of OAuth 1.0a */
	char redirect_uris[REDIRECTS_MAX][256]; /* that are registered; "" is none */
	char bearer[TOKEN_LEN + 1];             /* its app-only token */
};

#define APP_COUNT 2 /* "demo", confidential, and "demo-public" */

struct grant {
	uint32_t user; /* slot in the world */
	uint32_t app;
	char scopes[SCOPES_LEN]; /* separated by blanks */
	char access[TOKEN_LEN + 1];
	char refresh[TOKEN_LEN + 1];  /* "" without offline.access */
	usec_t expires_at;            /* of the access token; wall */
	char token1[64], secret1[48]; /* of OAuth 1.0a: they do not expire */
	bool dead;                    /* revoked, or its family was killed */
};

/* A refresh token ever issued. */
struct refresh {
	uint64_t key;
	uint32_t grant;
	bool used;
};

/* A nonce of OAuth 1.0a that was used, with its timestamp. */
struct nonce {
	uint64_t key;
};

/* An authorization code. */
struct code {
	uint64_t key;
	uint32_t user, app;
	usec_t expires_at;
	bool used, s256;
	char scopes[SCOPES_LEN];
	char challenge[129];
	char redirect_uri[256];
};

struct oauth {
	struct rng rng, rng1; /* rng1: for keys of OAuth 1.0a */
	struct app apps[APP_COUNT];
	bool strict;
	usec_t token_life, code_life;
	struct slab grants, refreshes, codes, nonces;
	struct map grant_by_access, refresh_by_key, code_by_key, nonce_by_key;
	uint64_t refresh_count, reused_count, killed_count, signed_count; /* for stats */
};

/* Empty but for the apps. It must not be moved afterwards. */
void oauth_init(
	struct oauth *o, uint64_t seed, bool strict, usec_t token_life, usec_t code_life);
void oauth_done(struct oauth *o);

/* A grant with a fresh pair of tokens. `life` 0: the usual one. Returns its slot. */
uint32_t oauth_grant(struct oauth *o, uint32_t user, uint32_t app, const char *scopes,
	usec_t life, usec_t wall);

struct grant *oauth_at(const struct oauth *o, uint32_t grant);

/* The newest living grant of a user, or OAUTH_NONE. */
uint32_t oauth_grant_of(const struct oauth *o, uint32_t user);

/* The grant whose access token this is, if it is valid now; else OAUTH_NONE. */
uint32_t oauth_find_access(const struct oauth *o, struct str token, usec_t wall);

/* The living grant with this token of OAuth 1.0a, or OAUTH_NONE. */
uint32_t oauth_find_token1(const struct oauth *o, const char *token);

/* Notes a nonce. False: it was used before, with this timestamp. */
bool oauth_nonce_is_new(struct oauth *o, const char *nonce, const char *timestamp);

/* The app whose app-only token this is, or OAUTH_NONE. */
uint32_t oauth_find_bearer(const struct oauth *o, struct str token);

/* The app of a client_id, or OAUTH_NONE. */
uint32_t oauth_find_app(const struct oauth *o, struct str client_id);
uint32_t oauth_find_app_name(const struct oauth *o, struct str name);

/* Whether an app has registered this callback; and registers one more, false when there is no
 * room. */
bool oauth_is_redirect(const struct oauth *o, uint32_t app, struct str uri);
bool oauth_add_redirect(struct oauth *o, uint32_t app, struct str uri);

/*
 * Trades a refresh token for a new pair. OAUTH_NONE: it was not good for this app; a used one
 * has been counted and, in strict mode, its family killed.
 */
uint32_t oauth_refresh(struct oauth *o, struct str token, uint32_t app, usec_t wall);

/* Ends the grant that an access or refresh token of this app belongs to, if there is one. */
void oauth_revoke(struct oauth *o, struct str token, uint32_t app);

/* Makes a grant's access token as one whose time is over. */
void oauth_expire(struct oauth *o, uint32_t grant, usec_t wall);

/* Whether a list separated by blanks has a scope. */
bool oauth_has_scope(const char *scopes, const char *scope);

/* Keeps what a user consented to; writes the code to code[TOKEN_LEN + 1]. */
void oauth_make_code(struct oauth *o, const struct code *c, usec_t wall, char *code);

/* The code's entry, or NULL when it was never given out. Whether it still counts is the
 * caller's to see. */
struct code *oauth_find_code(const struct oauth *o, struct str code);

#endif
