#include "dispatcher/connect/import.h"

#include "common/base/log.h"
#include "dispatcher/accounts.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/vault/connect.h"
#include "dispatcher/wait.h"

/* Scopes as one text with blanks, from such a text or a list. */
static enum err read_scopes(
	struct dispatcher *d, const struct wire_value *v, struct str *ret, struct errmsg *m)
{
	*ret = wire_str(v);
	if (!v || wire_type(v) == WIRE_STR)
		return ERR_OK;
	buf_reset(&d->scratch);
	for (uint32_t i = 0; i < wire_count(v); i++) {
		if (wire_type(wire_item(v, i)) != WIRE_STR)
			break;
		buf_fmt(&d->scratch, "%s%.*s", i ? " " : "",
			STR_ARG(wire_str(wire_item(v, i))));
	}
	*ret = buf_view(&d->scratch);
	if (wire_type(v) == WIRE_ARRAY && !d->scratch.err && (ret->len || wire_count(v) == 0))
		return ERR_OK;
	err_say(m, ERR_INVALID,
		"must be a list of scopes, or one text with blanks between them");
	return err_at(m, ERR_INVALID, "scopes");
}

/* What may stand in a header and cannot end it. */
static enum err check_key(struct str s, const char *field, struct errmsg *m)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] > ' ' && s.at[i] <= '~')
			continue;
		err_say(m, ERR_INVALID, "has a letter that no token or key of X has");
		return err_at(m, ERR_INVALID, "%s", field);
	}
	return ERR_OK;
}

static enum err check_tokens(const struct msg_account_import *in, struct errmsg *m)
{
	const struct {
		struct str text;
		const char *field;
	} all[] = {
		{in->access_token, "access_token"},
		{in->refresh_token, "refresh_token"},
		{in->token_secret, "access_token_secret"},
		{in->api_key, "api_key"},
		{in->api_secret, "api_secret"},
	};
	enum err e = ERR_OK;

	for (size_t i = 0; !e && i < COUNT_OF(all); i++)
		e = check_key(all[i].text, all[i].field, m);
	return e;
}

/* Keys of OAuth 1.0a come together, and alone. */
static enum err check_keys(const struct msg_account_import *in, struct errmsg *m)
{
	bool any = in->api_key.len || in->api_secret.len || in->token_secret.len;

	if (any && !(in->api_key.len && in->api_secret.len && in->token_secret.len))
		return err_say(m, ERR_INVALID,
			"keys of OAuth 1.0a are four: api_key, api_secret, access_token and "
			"access_token_secret");
	if (any && (in->refresh_token.len || in->expires_at != USEC_NEVER))
		return err_say(m, ERR_INVALID,
			"keys of OAuth 1.0a do not end and are not renewed: leave out "
			"refresh_token and expires_at, or api_key");
	if (any && in->access_token.len > OAUTH1_TEXT_MAX)
		return err_at(m, err_say(m, ERR_INVALID, "is no token of OAuth 1.0a"),
			"access_token");
	if (in->refresh_token.len && in->expires_at == USEC_NEVER)
		return err_at(m,
			err_say(m, ERR_INVALID,
				"is missing: a token that can be renewed is renewed before it "
				"ends"),
			"expires_at");
	return ERR_OK;
}

/* X does not tell what keys may do. Without a word they are taken for keys of an app with all
 * permissions; what X does not take from OAuth 1.0a at all (its specification) is left out. */
static struct str scopes_of_keys(struct buf *out)
{
	static const enum scope not_of_them[] = {
		SCOPE_BOOKMARK_READ, SCOPE_BOOKMARK_WRITE, SCOPE_SPACE_READ, SCOPE_OFFLINE};
	char text[512];
	scope_set all = 0;

	for (size_t i = 0; i <= SCOPE_OFFLINE; i++)
		all |= 1u << i;
	for (size_t i = 0; i < COUNT_OF(not_of_them); i++)
		all &= ~(1u << not_of_them[i]);
	buf_reset(out);
	buf_str(out, scopes_write(all, text, sizeof(text)));
	return buf_view(out);
}

/* *ret_asks: X has to be asked who it is. */
static enum err read_import(struct dispatcher *d, const struct request *r,
	struct vault_import *ret, bool *ret_asks, struct errmsg *m)
{
	struct msg_account_import in = {.expires_at = USEC_NEVER};
	enum err e = message_read(r->root, MSG_ACCOUNT_IMPORT, &in, m);
	if (!e)
		e = check_tokens(&in, m);
	if (!e)
		e = check_keys(&in, m);
	if (e)
		return e;
	*ret_asks = !in.user_id.len && !in.username.len;
	if (!*ret_asks && !text_is_x_id(in.user_id))
		return err_at(m, err_say(m, ERR_INVALID, "must be an id of X: 1 to 19 digits"),
			"user_id");
	*ret = (struct vault_import){
		.name = in.name,
		.app = in.app,
		.user_id = in.user_id,
		.username = in.username,
		.access = in.access_token,
		.refresh = in.refresh_token,
		.api_key = in.api_key,
		.api_secret = in.api_secret,
		.token_secret = in.token_secret,
		.expires_at = in.expires_at,
	};
	if (str_has_prefix(ret->username, "@"))
		ret->username = (struct str){in.username.at + 1, in.username.len - 1};
	if (!*ret_asks && !text_is_username(ret->username))
		return err_at(m, err_say(m, ERR_INVALID, "must be 1 to 15 of A-Z a-z 0-9 _"),
			"username");
	if (in.api_key.len && !in.scopes) {
		ret->scopes = scopes_of_keys(&d->scratch);
		return ERR_OK;
	}
	return read_scopes(d, in.scopes, &ret->scopes, m);
}

static void note(struct dispatcher *d, uint32_t agent, const struct vault_account *a)
{
	audit_note(d, agent, "account.imported", whom_of("account", a->name),
		"app=%s user_id=%s username=%s kind=%s renewable=%s scopes=\"%s\"",
		vault_app_at(d->vault, a->app)->name, a->user_id, a->username,
		a->kind == VAULT_OAUTH1 ? "oauth1" : "oauth2",
		vault_is_given(a) ? "false" : "true", a->scopes);
	log_event(LOG_ACCOUNT, "account=%s imported=true", a->name);
}

static void answer(
	struct dispatcher *d, const struct request *r, const struct vault_account *account)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "account", account->name);
	answer_text(&a, "user_id", account->user_id);
	answer_text(&a, "username", account->username);
	answer_close(&a);
}

static void known(void *ctx, const struct connect_end *end)
{
	struct wait *w = ctx;
	struct dispatcher *d = w->d;
	struct request r = wait_request(w);

	if (end->err) {
		answer_error(d->outbox, &r, end->err, end->words);
	} else {
		accounts_keep(d, end->account);
		note(d, w->agent, end->account);
		answer(d, &r, end->account);
	}
	wait_free(w);
	turn_orders(d);
}

/* X says who it is, and whether the token is good. */
static enum err ask(struct dispatcher *d, const struct request *r, uint32_t agent,
	const struct vault_import *in, struct errmsg *m)
{
	struct wait *w = wait_new(d, &d->connects, r, agent);

	if (!w)
		return err_say(m, ERR_NOMEM, "out of memory, or a seq longer than 64 bytes");
	enum err e = vault_connect_given(d->vault, in, known, w, m);
	if (e)
		wait_free(w);
	return e;
}

void import_account(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct vault_account *account = NULL;
	struct vault_import in;
	struct errmsg m;
	bool asks = false;

	enum err e = read_import(d, r, &in, &asks, &m);
	if (!e && asks)
		e = ask(d, r, agent, &in, &m);
	else if (!e)
		e = vault_import(d->vault, &in, &account, &m);
	if (e)
		answer_error(d->outbox, r, e, &m);
	if (e || asks)
		return;
	accounts_keep(d, account);
	note(d, agent, account);
	answer(d, r, account);
	turn_orders(d);
}
