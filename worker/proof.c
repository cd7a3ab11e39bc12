#include "worker/proof.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/random.h"

/* What may stand in a header and cannot end it. */
static bool is_token(struct str s, size_t max)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] > '~')
			return false;
	return s.len >= 1 && s.len <= max;
}

static enum err take_part(struct proof *p, size_t i, struct str s, size_t max)
{
	if (!is_token(s, max))
		return ERR_INVALID;
	p->parts[i] = mem_dup(s.at, s.len);
	return p->parts[i] ? ERR_OK : ERR_NOMEM;
}

enum err proof_take(
	struct proof *p, struct str token, const struct oauth1_keys *keys, struct errmsg *m)
{
	enum err e = ERR_OK;

	p->signs = keys != NULL;
	if (!keys)
		e = take_part(p, 0, token, PROOF_TOKEN_MAX);
	else {
		const struct str all[PROOF_PARTS] = {
			keys->api_key, keys->api_secret, keys->token, keys->token_secret};

		for (size_t i = 0; !e && i < PROOF_PARTS; i++)
			e = take_part(p, i, all[i], OAUTH1_KEY_MAX);
	}
	return e ? err_say(m, e, "the assignment's token or keys are malformed") : ERR_OK;
}

void proof_wipe(struct proof *p)
{
	for (size_t i = 0; i < PROOF_PARTS; i++) {
		mem_free_wiped(p->parts[i]);
		p->parts[i] = NULL;
	}
}

enum err proof_header(
	const struct proof *p, const struct request *r, struct now now, struct buf *out)
{
	char nonce[OAUTH1_NONCE + 1];

	if (!p->signs) {
		buf_fmt(out, "Authorization: Bearer %s", p->parts[0]);
		return out->err;
	}
	struct oauth1_keys keys = {str_of(p->parts[0]), str_of(p->parts[1]),
		str_of(p->parts[2]), str_of(p->parts[3])};
	/* Its body is JSON: not signed. */
	struct oauth1_request signed_part = {
		.method = str_of(r->method), .url = buf_view(&r->url)};
	return oauth1_header(&keys, &signed_part, now.wall / USEC_SEC,
		crypto_random_id(nonce, OAUTH1_NONCE), out);
}

bool proof_is_echoed(const struct proof *p, struct str body)
{
	for (size_t i = 0; body.len && i < PROOF_PARTS; i++)
		if (p->parts[i] && memmem(body.at, body.len, p->parts[i], strlen(p->parts[i])))
			return true;
	return false;
}

static void blank(struct buf *b, const char *part)
{
	size_t len = strlen(part);
	char *end = (char *)b->data + b->len;
	char *at = (char *)b->data;

	while (at && (at = memmem(at, (size_t)(end - at), part, len))) {
		memset(at, '*', len);
		at += len;
	}
}

void proof_blank(const struct proof *p, struct buf *body)
{
	for (size_t i = 0; i < PROOF_PARTS; i++)
		if (p->parts[i])
			blank(body, p->parts[i]);
}
