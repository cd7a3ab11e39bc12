/*
 * oauth1.h - requests signed with OAuth 1.0a's HMAC-SHA1
 *
 * RFC 5849, section 3, and X's page "Creating a signature". What is signed is
 * the method, the address without its query, and all parameters: those of the
 * query, those of a form body, and those of the header itself. A body that is
 * no form (JSON, multipart) is not signed. Pure: chance and time are given.
 */
#ifndef ROOST_COMMON_CRYPTO_OAUTH1_H
#define ROOST_COMMON_CRYPTO_OAUTH1_H

#include "common/base/buf.h"

#define OAUTH1_PARAMS_MAX 256                  /* of one request, in all places together */
#define OAUTH1_BASE_MAX   ((size_t)512 * 1024) /* bytes of what is signed */
#define OAUTH1_KEY_MAX    512                  /* bytes of one of the four keys */
#define OAUTH1_NONCE      26                   /* letters of a nonce: 130 bits of chance */

/* As X's developer console names them: API key and secret, access token and secret. */
struct oauth1_keys {
	struct str api_key, api_secret, token, token_secret;
};

/* What is signed of a request; lent for the call. */
struct oauth1_request {
	struct str method; /* as it is sent: "POST" */
	struct str url;    /* complete, with its query */
	struct str form;   /* a body that is application/x-www-form-urlencoded; else empty */
};

/* A parameter of the header, as plain text, not encoded. */
struct oauth1_param {
	const char *name; /* "oauth_nonce" */
	struct str value;
};

/*
 * Adds the signature base string (3.4.1) to out. `params` are those of the header but for
 * realm and oauth_signature. ERR_FORMAT when the address is none, or a percent sign is not
 * followed by two digits; ERR_TOO_BIG, ERR_NOMEM.
 */
MUST_USE enum err oauth1_base(const struct oauth1_request *r, const struct oauth1_param *params,
	size_t count, struct buf *out);

/* Adds the signature of such a string, in base64 (3.4.2). */
void oauth1_sign(
	struct str base, struct str api_secret, struct str token_secret, struct buf *out);

/*
 * Adds "Authorization: OAuth ..." for a request that is sent at `seconds` since 1970. The nonce
 * must never have been used with the same keys in the same second. Errors as oauth1_base().
 */
MUST_USE enum err oauth1_header(const struct oauth1_keys *k, const struct oauth1_request *r,
	int64_t seconds, const char *nonce, struct buf *out);

#endif
