#include "dispatcher/connect/connect.h"

#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/wire/write.h"
#include "common/xapi/capability.h"
#include "dispatcher/accounts.h"
#include "dispatcher/audit/audit.h"
#include "dispatcher/vault/connect.h"
#include "dispatcher/wait.h"

#define URL_MAX    ((size_t)8192)
#define SCOPES_MAX 512

/* --- begin --- */

/* The scopes of all capabilities of a list; offline.access always, so that tokens can be
 * renewed.
 */
static enum err read_capabilities(
	const struct wire_value *list, scope_set *ret, struct errmsg *m)
{
	static const char *const usual[] = {"x.tweet.read", "x.tweet.write", "x.user.read"};
	uint32_t count = list ? wire_count(list) : COUNT_OF(usual);
	char shown[60];

	*ret = 1u << SCOPE_OFFLINE;
	for (uint32_t i = 0; i < count; i++) {
		struct str name = list ? wire_str(wire_item(list, i)) : str_of(usual[i]);
		const struct capability *c = capability_find(name);

		if (!c) {
			err_say(m, ERR_INVALID,
				"there is no capability '%s'; write one such as x.tweet.write "
				"or x.dm.read",
				text_show(name, shown, sizeof(shown)));
			return err_at(m, ERR_INVALID, "capabilities[%u]", i);
		}
		*ret |= c->needs | c->wants;
	}
	return ERR_OK;
}

/* An account that is connected again without a word about capabilities keeps what it had. */
static void add_earlier(
	const struct dispatcher *d, const struct msg_connect_begin *in, scope_set *scopes)
{
	const struct vault_account *a = vault_account_named(d->vault, in->account);

	if (a && !in->capabilities)
		*scopes |= scopes_read(str_of(a->scopes));
}

static void answer_begin(struct dispatcher *d, const struct request *r, const char *state,
	const struct connect_ask *ask, struct buf *url)
{
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "url", buf_cstr(url));
	answer_text(&a, "callback", ask->callback);
	answer_text(&a, "state", state);
	wire_put_str(answer_key(&a, "scopes"), ask->scopes);
	answer_close(&a);
}

void connect_begin(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_connect_begin in = {.callback = str_of(d->conf->x_callback_url)};
	char state[CONNECT_STATE + 1], callback[CALLBACK_MAX], text[SCOPES_MAX];
	scope_set scopes = 0;
	struct errmsg m;
	struct buf url;

	(void)agent;
	buf_init(&url, URL_MAX);
	enum err e = message_read(r->root, MSG_CONNECT_BEGIN, &in, &m);
	if (!e)
		e = read_capabilities(in.capabilities, &scopes, &m);
	add_earlier(d, &in, &scopes);
	memcpy(callback, in.callback.at, in.callback.len);
	callback[in.callback.len] = 0;
	struct connect_ask ask = {.account = in.account,
		.app = in.app,
		.scopes = str_of(scopes_write(scopes, text, sizeof(text))),
		.authorize_url = d->conf->x_authorize_url,
		.callback = callback};
	if (!e)
		e = vault_connect_begin(d->vault, &ask, d->now, state, &url, &m);
	if (e)
		answer_error(d->outbox, r, e, &m);
	else
		answer_begin(d, r, state, &ask, &url);
	buf_done(&url);
}

/* --- finish --- */

static void answer_connected(
	struct dispatcher *d, const struct request *r, const struct connect_end *end)
{
	const struct vault_account *account = end->account;
	struct answer a;

	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "account", account->name);
	answer_text(&a, "app", vault_app_at(d->vault, account->app)->name);
	answer_text(&a, "user_id", account->user_id);
	answer_text(&a, "username", account->username);
	answer_text(&a, "scopes", account->scopes);
	answer_text(&a, "missing", end->missing);
	wire_put_bool(answer_key(&a, "renewable"), end->renewable);
	answer_close(&a);
}

static void connected(void *ctx, const struct connect_end *end)
{
	struct wait *w = ctx;
	struct dispatcher *d = w->d;
	struct request r = wait_request(w);

	if (end->err) {
		log_event(LOG_ACCOUNT, "connected=false words=\"%s\"", end->words->text);
		answer_error(d->outbox, &r, end->err, end->words);
	} else {
		accounts_keep(d, end->account);
		audit_note(d, w->agent, "account.connected",
			whom_of("account", end->account->name),
			"app=%s user_id=%s username=%s scopes=\"%s\"",
			vault_app_at(d->vault, end->account->app)->name, end->account->user_id,
			end->account->username, end->account->scopes);
		log_event(LOG_ACCOUNT, "account=%s connected=true user=%s missing=\"%s\"",
			end->account->name, end->account->username, end->missing);
		answer_connected(d, &r, end);
	}
	wait_free(w);
	turn_orders(d);
}

/* What X may say in the place of a code. */
static enum err say_refused(
	struct dispatcher *d, const struct msg_connect_finish *in, struct errmsg *m)
{
	char shown[100];
	enum err e = vault_connect_refused(d->vault, in->state, d->now, m);

	if (e)
		return e;
	if (str_is(in->error, "access_denied"))
		return err_say(m, ERR_GRANT,
			"the user did not allow the app to act; say `roost connect` again, and "
			"choose \"Authorize app\"");
	return err_say(m, ERR_GRANT,
		"X says '%s' in the place of a code; look at the app's User authentication "
		"settings in the developer console, then connect again",
		text_show(in->error, shown, sizeof(shown)));
}

void connect_finish(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct msg_connect_finish in = {0};
	struct wait *w = NULL;
	struct errmsg m;

	enum err e = message_read(r->root, MSG_CONNECT_FINISH, &in, &m);
	if (!e && !in.code.len == !in.error.len)
		e = err_say(&m, ERR_INVALID, "give either `code` or `error`");
	if (!e && in.error.len)
		e = say_refused(d, &in, &m);
	if (!e && !(w = wait_new(d, &d->connects, r, agent)))
		e = err_say(&m, ERR_NOMEM, "out of memory, or a seq longer than 64 bytes");
	if (!e)
		e = vault_connect_finish(d->vault, &(struct connect_back){in.state, in.code},
			d->now, connected, w, &m);
	if (!e)
		return;
	wait_free(w);
	answer_error(d->outbox, r, e, &m);
}

/* --- disconnect --- */

static void disconnected(
	void *ctx, struct vault_account *account, bool revoked, const char *words)
{
	struct wait *w = ctx;
	struct dispatcher *d = w->d;
	struct request r = wait_request(w);
	struct answer a;

	accounts_keep(d, account);
	audit_note(d, w->agent, "account.revoked", whom_of("account", account->name),
		"revoked=%s", revoked ? "true" : "false");
	log_event(LOG_ACCOUNT, "account=%s revoked=%s words=\"%s\"", account->name,
		revoked ? "true" : "false", words);
	answer_open(&a, d->outbox, &r, true);
	answer_text(&a, "account", account->name);
	wire_put_bool(answer_key(&a, "revoked"), revoked);
	answer_text(&a, "words", words);
	answer_close(&a);
	wait_free(w);
	turn_orders(d);
}

/* Keys of OAuth 1.0a: X is not asked. */
static void forget_keys(struct dispatcher *d, const struct request *r, uint32_t agent,
	struct vault_account *account)
{
	struct answer a;

	turn_fail(d, vault_forget_keys(account), NULL);
	accounts_keep(d, account);
	audit_note(d, agent, "account.disconnected", whom_of("account", account->name), "%s",
		"keys of OAuth 1.0a, which X was not asked to take back");
	answer_open(&a, d->outbox, r, true);
	answer_text(&a, "account", account->name);
	wire_put_bool(answer_key(&a, "revoked"), false);
	wire_put_bool(answer_key(&a, "forgotten"), true);
	answer_close(&a);
	turn_orders(d);
}

void connect_disconnect(struct dispatcher *d, const struct request *r, uint32_t agent)
{
	struct vault_account *account = NULL;
	struct wait *w = NULL;
	struct msg_name in = {0};
	struct errmsg m;
	char shown[80];

	enum err e = message_read(r->root, MSG_ACCOUNT_DISCONNECT, &in, &m);
	if (!e && !(account = vault_account_named(d->vault, in.name)))
		e = err_say(&m, ERR_NOT_FOUND, "there is no account '%s'",
			text_show(in.name, shown, sizeof(shown)));
	if (!e && account->kind == VAULT_OAUTH1) {
		forget_keys(d, r, agent, account);
		return;
	}
	if (!e && !(w = wait_new(d, &d->connects, r, agent)))
		e = err_say(&m, ERR_NOMEM, "out of memory, or a seq longer than 64 bytes");
	if (!e)
		e = vault_disconnect(d->vault, account, disconnected, w, &m);
	if (e) {
		wait_free(w);
		answer_error(d->outbox, r, e, &m);
		return;
	}
	accounts_keep(d, account); /* its jobs wait from now on, whatever X says */
	audit_note(
		d, agent, "account.disconnected", whom_of("account", account->name), "%s", "");
	turn_orders(d);
}

/* --- the end --- */

void connect_close(struct dispatcher *d)
{
	wait_fail_all(d, &d->connects, "the dispatcher is stopping");
}
