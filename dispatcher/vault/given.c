/* Tokens and keys that were obtained elsewhere. */
#include <string.h>

#include "dispatcher/vault/connect.h"
#include "dispatcher/vault/inside.h"

struct secret *vault_join_keys(const struct oauth1_keys *k)
{
	const struct str parts[] = {k->api_key, k->api_secret, k->token, k->token_secret};
	size_t len = COUNT_OF(parts) - 1;

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		len += parts[i].len;
	struct secret *s = secret_new(NULL, len);
	if (!s)
		return NULL;
	unsigned char *at = secret_bytes(s);
	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		if (i)
			*at++ = '\n';
		memcpy(at, parts[i].at, parts[i].len);
		at += parts[i].len;
	}
	return s;
}

void vault_split_keys(struct str joined, struct oauth1_keys *ret)
{
	struct str *const parts[] = {
		&ret->api_key, &ret->api_secret, &ret->token, &ret->token_secret};
	struct str rest = joined;

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		const char *end = rest.len ? memchr(rest.at, '\n', rest.len) : NULL;

		*parts[i] = (struct str){rest.at, end ? (size_t)(end - rest.at) : rest.len};
		rest = end ? (struct str){end + 1, rest.len - parts[i]->len - 1} : str_of("");
	}
}

struct secret *vault_given(const struct vault_import *in)
{
	struct oauth1_keys keys = {in->api_key, in->api_secret, in->access, in->token_secret};

	return in->api_key.len ? vault_join_keys(&keys)
			       : secret_new(in->access.at, in->access.len);
}

void vault_drop_refresh(struct account *a, struct str other)
{
	if (other.len)
		return;
	secret_free(a->refresh);
	a->refresh = NULL;
}

enum err vault_forget_keys(struct vault_account *pub)
{
	struct account *a = LIST_ITEM(pub, struct account, pub);

	pub->grant = VAULT_DEAD;
	pub->token_until = 0;
	pub->unsaved = true;
	return vault_forget_pair(a);
}

enum err vault_say_no_app(struct str app, struct errmsg *m)
{
	err_say(m, ERR_NOT_FOUND, "there is no app '%.*s'; make it first: roost app add %.*s",
		STR_ARG(app), STR_ARG(app));
	return err_at(m, ERR_NOT_FOUND, "app");
}

enum err vault_say_renewing(struct errmsg *m)
{
	return err_say(m, ERR_UNAVAILABLE,
		"its tokens are being renewed at this moment; try again in a minute");
}
