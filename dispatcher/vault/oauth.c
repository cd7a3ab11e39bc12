#include "dispatcher/vault/oauth.h"

#include <jansson.h>
#include <string.h>

#include "common/crypto/encode.h"
#include "common/crypto/secret.h"

#define LIFE_DEFAULT (2 * USEC_HOUR) /* what X documents, should it not say */

void oauth_refresh_body(struct buf *out, struct str refresh_token)
{
	buf_str(out, "grant_type=refresh_token&refresh_token=");
	encode_percent(refresh_token, out);
}

void oauth_basic(struct buf *out, const char *client_id, struct str secret)
{
	struct buf pair;

	buf_init(&pair, 4096);
	buf_fmt(&pair, "%s:%.*s", client_id, STR_ARG(secret));
	buf_str(out, "Authorization: Basic ");
	encode_base64(buf_view(&pair), out);
	buf_wipe(&pair);
	buf_done(&pair);
}

static struct str member(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return json_is_string(v) ? (struct str){json_string_value(v), json_string_length(v)}
				 : (struct str){0};
}

static void read_tokens(struct oauth_answer *ret)
{
	const json_t *life = json_object_get(ret->json, "expires_in");

	ret->access = member(ret->json, "access_token");
	ret->refresh = member(ret->json, "refresh_token");
	ret->scope = member(ret->json, "scope");
	if (ret->access.len == 0) {
		ret->end = OAUTH_UNKNOWN;
		ret->words = "the token endpoint answered 200 without an access token";
		return;
	}
	ret->life = json_is_integer(life) ? json_integer_value(life) : LIFE_DEFAULT / USEC_SEC;
	ret->life =
		ret->life > OAUTH_LIFE_MAX / USEC_SEC ? OAUTH_LIFE_MAX : ret->life * USEC_SEC;
	if (ret->life < OAUTH_LIFE_MIN)
		ret->life = OAUTH_LIFE_MIN;
	ret->end = OAUTH_TOKENS;
	ret->words = "";
}

static bool says_dead(const struct oauth_answer *a)
{
	struct str error = member(a->json, "error");

	return str_is(error, "invalid_request") || str_is(error, "invalid_grant");
}

/* clang-format off */
static const struct { int status; enum oauth_end end; const char *words; } by_status[] = {
	{401, OAUTH_CLIENT, "X does not accept the app's client id or secret; set them again with `roost app add`"},
	{403, OAUTH_CLIENT, "X does not let this app use its token endpoint; look at it in X's developer console"},
	{404, OAUTH_LATER,  "the token endpoint is not there; is x.api_url right?"},
	{429, OAUTH_LATER,  "the token endpoint is rate limited"},
	{503, OAUTH_LATER,  "the token endpoint is overloaded"},
};
/* clang-format on */

static void read_refusal(const struct fetch_answer *a, struct oauth_answer *ret)
{
	ret->end = OAUTH_UNKNOWN;
	ret->words = "the token endpoint failed after the request was sent";
	if (a->status == 400) {
		bool dead = says_dead(ret);

		ret->end = dead ? OAUTH_DEAD : OAUTH_CLIENT;
		ret->words = dead ? "X says that the refresh token is used, revoked or "
				    "expired; connect the account again"
				  : "X refuses the renewal; look at the app in X's developer "
				    "console";
		return;
	}
	for (size_t i = 0; i < COUNT_OF(by_status); i++)
		if (by_status[i].status == a->status) {
			ret->end = by_status[i].end;
			ret->words = by_status[i].words;
		}
}

void oauth_read(const struct fetch_answer *a, struct oauth_answer *ret)
{
	*ret = (struct oauth_answer){.end = OAUTH_UNKNOWN};
	if (a->end == FETCH_UNSENT) {
		ret->end = OAUTH_LATER;
		ret->words = "the token endpoint could not be reached";
		return;
	}
	if (a->end == FETCH_UNKNOWN) {
		ret->words = "no complete answer came from the token endpoint";
		return;
	}
	ret->json = json_loadb(
		a->body.at ? a->body.at : "", a->body.len, JSON_REJECT_DUPLICATES, NULL);
	if (a->status == 200 && !a->cut)
		read_tokens(ret);
	else
		read_refusal(a, ret);
}

void oauth_answer_done(struct oauth_answer *a)
{
	/* jansson gives its strings as constant; they are this answer's own, and secret. */
	if (a->access.len)
		explicit_bzero((void *)(uintptr_t)a->access.at, a->access.len);
	if (a->refresh.len)
		explicit_bzero((void *)(uintptr_t)a->refresh.at, a->refresh.len);
	json_decref(a->json);
	*a = (struct oauth_answer){.end = a->end};
}
