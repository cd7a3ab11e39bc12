/*
 * oauth.h - the token endpoint of X, as pure functions: a request's body, an answer's meaning
 *
 * Facts: X's documentation of OAuth 2.0 with PKCE (2026-08-22). A confidential client sends
 * HTTP Basic; a public one its client_id in the body. X answers a used, revoked or unknown
 * refresh token with 400 `invalid_request`, not `invalid_grant`; both are taken.
 */
#ifndef ROOST_DISPATCHER_VAULT_OAUTH_H
#define ROOST_DISPATCHER_VAULT_OAUTH_H

#include "common/base/buf.h"
#include "common/net/fetch.h"

#define OAUTH_LIFE_MIN (60 * USEC_SEC) /* lifetimes that X names are clamped to these */
#define OAUTH_LIFE_MAX (30 * USEC_DAY)

/* "grant_type=refresh_token&refresh_token=..." */
void oauth_refresh_body(struct buf *out, struct str refresh_token);

/* "Authorization: Basic ..." of a confidential client. */
void oauth_basic(struct buf *out, const char *client_id, struct str secret);

/* What an answer of the token endpoint means. */
enum oauth_end {
	OAUTH_TOKENS,  /* a new pair */
	OAUTH_DEAD,    /* the refresh token is used, revoked, expired or wrong: final */
	OAUTH_CLIENT,  /* the client id or secret is not accepted */
	OAUTH_LATER,   /* proven not done: not sent, 429, 503 */
	OAUTH_UNKNOWN, /* sent; whether the token was rotated cannot be known */
};

/* A new pair; lent by the answer's body copy inside. Free with oauth_answer_done(), which wipes
 * it. */
struct oauth_answer {
	enum oauth_end end;
	struct str access, refresh, scope; /* refresh empty: X gave none; the old one stays */
	usec_t life;
	const char *words; /* static, for a person */
	void *json;        /* owned */
};

void oauth_read(const struct fetch_answer *a, struct oauth_answer *ret);
void oauth_answer_done(struct oauth_answer *a);

#endif
