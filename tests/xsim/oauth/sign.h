/*
 * sign.h - requests signed with OAuth 1.0a
 */
#ifndef ROOST_TESTS_XSIM_OAUTH_SIGN_H
#define ROOST_TESTS_XSIM_OAUTH_SIGN_H

#include "common/crypto/oauth1.h"
#include "tests/xsim/oauth/oauth.h"

/*
 * The grant whose keys signed a request with this "OAuth ..." header, or OAUTH_NONE: unknown
 * keys, a wrong signature, a clock that is off by five minutes, a nonce that came before.
 */
uint32_t sign_check(
	struct oauth *o, struct str header, const struct oauth1_request *r, usec_t wall);

#endif
