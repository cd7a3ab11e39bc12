#include "dispatcher/vault/connect.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "common/crypto/encode.h"
#include "common/crypto/random.h"
#include "dispatcher/vault/inside.h"
#include "dispatcher/vault/oauth.h"

#define FORM_MAX ((size_t)16384)

/* A connection being made. */
struct flow {
	struct list node; /* in the vault: begun, then X is asked */
	struct vault *vault;
	char state[CONNECT_STATE + 1], verifier[CONNECT_STATE + 1];
	char account[VAULT_NAME_MAX + 1];
	uint32_t app;     /* number */
	char scopes[512]; /* wanted */
	char callback[CALLBACK_MAX];
	usec_t until; /* mono */

	/* while X is asked */
	enum vault_kind kind;
	bool given; /* the tokens were obtained elsewhere */
	connect_done *done;
	void *ctx;
	struct secret *access, *refresh; /* as X gave them */
	char granted[512];
	usec_t token_until; /* wall */
	char missing[512];
};

static void flow_free(struct flow *f)
{
	list_remove(&f->node);
	secret_free(f->access);
	secret_free(f->refresh);
	crypto_wipe(f->verifier, sizeof(f->verifier));
	mem_free(f);
}

static void forget_flows(struct list *flows)
{
	for (struct list *at; (at = flows->next) != flows;)
		flow_free(LIST_ITEM(at, struct flow, node));
}

/* --- begin --- */

static void forget_old(struct vault *v, struct now now)
{
	for (struct list *at = v->flows.next, *next; at != &v->flows; at = next) {
		struct flow *f = LIST_ITEM(at, struct flow, node);

		next = at->next;
		if (f->until > now.mono)
			continue;
		flow_free(f);
		v->flow_count--;
	}
}

static void put_pair(struct buf *out, const char *key, struct str value)
{
	buf_str(out, key);
	encode_percent(value, out);
}

static void put_challenge(struct buf *out, const char *verifier)
{
	unsigned char digest[SHA256_BYTES];

	crypto_sha256(str_of(verifier), digest);
	buf_str(out, "&code_challenge=");
	encode_base64url((struct str){(const char *)digest, sizeof(digest)}, out);
	buf_str(out, "&code_challenge_method=S256");
}

static void put_address(const struct flow *f, const char *authorize_url, struct buf *out)
{
	buf_str(out, authorize_url);
	buf_str(out, strchr(authorize_url, '?') ? "&" : "?");
	buf_str(out, "response_type=code");
	put_pair(out, "&client_id=", str_of(f->vault->apps[f->app]->pub.client_id));
	put_pair(out, "&redirect_uri=", str_of(f->callback));
	put_pair(out, "&scope=", str_of(f->scopes));
	put_pair(out, "&state=", str_of(f->state));
	put_challenge(out, f->verifier);
}

enum err vault_connect_begin(struct vault *v, const struct connect_ask *ask, struct now now,
	char ret_state[CONNECT_STATE + 1], struct buf *ret_url, struct errmsg *m)
{
	uint32_t app = vault_find_app(v, ask->app);

	if (app == NAMES_NONE)
		return vault_say_no_app(ask->app, m);
	forget_old(v, now);
	if (v->flow_count >= CONNECTS_MAX)
		return err_say(m, ERR_QUOTA,
			"%d connections are being made already; try again in ten minutes",
			CONNECTS_MAX);
	struct flow *f = mem_alloc(sizeof(*f));
	if (!f)
		return err_say(m, ERR_NOMEM, "out of memory");
	f->vault = v;
	f->app = app;
	f->until = now.mono + CONNECT_LIFE;
	(void)snprintf(f->account, sizeof(f->account), "%.*s", STR_ARG(ask->account));
	(void)snprintf(f->scopes, sizeof(f->scopes), "%.*s", STR_ARG(ask->scopes));
	(void)snprintf(f->callback, sizeof(f->callback), "%s", ask->callback);
	crypto_random_id(f->state, CONNECT_STATE);
	crypto_random_id(f->verifier, CONNECT_STATE);
	list_append(&v->flows, &f->node);
	v->flow_count++;
	put_address(f, ask->authorize_url, ret_url);
	memcpy(ret_state, f->state, sizeof(f->state));
	return ret_url->err;
}

/* --- the end --- */

static void end(struct flow *f, struct connect_end *e)
{
	f->done(f->ctx, e);
	flow_free(f);
}

static void fail(struct flow *f, enum err e, const char *fmt, ...) PRINTF(3, 4);
static void fail(struct flow *f, enum err e, const char *fmt, ...)
{
	char text[400];
	struct errmsg m;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	err_say(&m, e, "%s", text);
	end(f, &(struct connect_end){.err = e, .words = &m});
}

static void ignore(void *ctx, const struct fetch_answer *a)
{
	struct vault *v = ctx;

	(void)a;
	v->active--;
}

/* Tokens that nobody will use are given back; whether that works is not waited for. */
static void give_back(struct flow *f)
{
	struct vault *v = f->vault;
	struct secret *token = f->refresh ? f->refresh : f->access;
	struct buf body;

	if (f->given)
		return;

	buf_init(&body, FORM_MAX);
	put_pair(&body, "token=", secret_view(token));
	if (vault_post(v, v->apps[f->app], v->conf.revoke_url, &body, ignore, v) == ERR_OK)
		v->active++;
}

/* The scopes of `wanted` that `granted` lacks. */
static void put_missing(const char *wanted, const char *granted, char *out, size_t cap)
{
	char list[512], *next = list;
	size_t len = 0;

	out[0] = 0;
	(void)snprintf(list, sizeof(list), "%s", wanted);
	for (char *scope; (scope = strsep(&next, " ")) != NULL;) {
		char among[520], needle[520];

		(void)snprintf(among, sizeof(among), " %s ", granted);
		(void)snprintf(needle, sizeof(needle), " %s ", scope);
		if (!scope[0] || strstr(among, needle) || len >= cap)
			continue;
		len += (size_t)snprintf(out + len, cap - len, "%s%s", len ? " " : "", scope);
	}
}

/* What X says of the user whose token it is; lent by *json. */
static bool read_me(
	const struct fetch_answer *a, json_t **json, struct str *id, struct str *name)
{
	*json = json_loadb(a->body.at ? a->body.at : "", a->body.len, 0, NULL);
	const json_t *data = json_object_get(*json, "data");
	const char *i = json_string_value(json_object_get(data, "id"));
	const char *n = json_string_value(json_object_get(data, "username"));

	*id = str_of(i ? i : "");
	*name = str_of(n ? n : "");
	return text_is_x_id(*id) && text_is_username(*name);
}

/* The account that was begun for, if it may become that user's. */
static bool claim(struct flow *f, struct str id, struct str name, struct account **ret)
{
	if (vault_know_account(f->vault, str_of(f->account), ret)) {
		give_back(f);
		fail(f, ERR_QUOTA, "there are too many accounts");
		return false;
	}
	const struct vault_account *pub = &(*ret)->pub;
	if (!pub->user_id[0] || str_is(id, pub->user_id))
		return true;
	give_back(f);
	if (f->given) {
		fail(f, ERR_CONFLICT,
			"account %s is @%s, and what was given is @%.*s's: give that under "
			"another name",
			pub->name, pub->username, STR_ARG(name));
		return false;
	}
	fail(f, ERR_CONFLICT,
		"account %s is @%s, and the browser said yes as @%.*s: log in to X as @%s and "
		"connect again, or choose another name for @%.*s",
		pub->name, pub->username, STR_ARG(name), pub->username, STR_ARG(name));
	return false;
}

static void keep(struct flow *f, struct str id, struct str name)
{
	struct account *a;

	if (!claim(f, id, name, &a))
		return;
	struct str refresh = f->refresh ? secret_view(f->refresh) : str_of("");
	vault_drop_refresh(a, str_of("")); /* of an earlier grant: X has ended it */
	a->pub.kind = f->kind;
	if (vault_set_pair(a, secret_view(f->access), refresh)) {
		fail(f, ERR_NOMEM, "the tokens could not be sealed; connect again");
		return;
	}
	struct vault_account *pub = &a->pub;
	pub->app = f->app;
	(void)snprintf(pub->user_id, sizeof(pub->user_id), "%.*s", STR_ARG(id));
	(void)snprintf(pub->username, sizeof(pub->username), "%.*s", STR_ARG(name));
	(void)snprintf(pub->scopes, sizeof(pub->scopes), "%s", f->granted);
	pub->token_until = f->token_until;
	pub->grant = VAULT_OK;
	pub->parked_until = 0;
	pub->refreshing = false;
	pub->unsaved = true;
	put_missing(f->scopes, f->granted, f->missing, sizeof(f->missing));
	end(f, &(struct connect_end){
		       .account = pub, .missing = f->missing, .renewable = refresh.len > 0});
}

/* clang-format off */
static const struct { int status; const char *words; } me_words[] = {
	{401, "X does not take the token, or the keys; if it gave them a moment ago, try again in a minute, else look at where they come from"},
	{402, "the app has no credits at X, so X does not say who the user is: buy some in the developer console, then try again"},
	{403, "X does not let this app use its API: in the developer console put the app into a Project that has access to API v2, then try again"},
	{429, "X says that users/me was asked too often; try again in 15 minutes"},
};
/* clang-format on */

static void heard_me(void *ctx, const struct fetch_answer *a)
{
	struct flow *f = ctx;
	const char *words = "X did not say who the user is; connect again in a minute";
	struct str id, name;
	json_t *json = NULL;

	f->vault->active--;
	if (a->end == FETCH_ANSWERED && a->status == 200 && read_me(a, &json, &id, &name)) {
		keep(f, id, name);
		json_decref(json);
		return;
	}
	json_decref(json);
	for (size_t i = 0; i < COUNT_OF(me_words); i++)
		if (a->end == FETCH_ANSWERED && a->status == me_words[i].status)
			words = me_words[i].words;
	give_back(f);
	fail(f, ERR_GRANT, "%s", words);
}

static void sign_me(const struct flow *f, struct buf *header)
{
	struct vault *v = f->vault;
	struct oauth1_request r = {.method = str_of("GET"), .url = str_of(v->conf.me_url)};
	usec_t wall = v->conf.clock->read(v->conf.clock->ctx).wall;
	struct oauth1_keys keys;
	char nonce[OAUTH1_NONCE + 1];

	vault_split_keys(secret_view(f->access), &keys);
	buf_fail(header, oauth1_header(&keys, &r, wall / USEC_SEC,
				 crypto_random_id(nonce, OAUTH1_NONCE), header));
}

static enum err ask_me(struct flow *f)
{
	struct vault *v = f->vault;
	struct buf header;

	buf_init(&header, FORM_MAX);
	if (f->kind == VAULT_OAUTH1)
		sign_me(f, &header);
	else
		buf_fmt(&header, "Authorization: Bearer %.*s", STR_ARG(secret_view(f->access)));
	const char *headers[] = {buf_cstr(&header), NULL};
	struct fetch_request r = {.method = "GET",
		.url = v->conf.me_url,
		.headers = headers,
		.ca_file = v->conf.ca_file};
	enum err e = header.err ? header.err : fetch_start(v->fetch, &r, heard_me, f);
	buf_wipe(&header);
	buf_done(&header);
	if (!e)
		v->active++;
	return e;
}

/* --- the code is traded --- */

static void say_no_tokens(struct flow *f, enum oauth_end how, const char *words)
{
	const struct app *app = f->vault->apps[f->app];

	switch (how) {
	case OAUTH_DEAD:
		fail(f, ERR_GRANT,
			"X does not take the code: it lives 30 seconds and counts once. "
			"Connect "
			"again; if that happens each time, the app's callback in the developer "
			"console (User authentication settings) must be exactly %s",
			f->callback);
		return;
	case OAUTH_CLIENT:
		fail(f, ERR_GRANT,
			"X does not accept the client id or secret of app %s%s: copy the OAuth "
			"2.0 Client ID and Client Secret (not the API key) from the developer "
			"console, Keys and tokens, and say `roost app set %s`",
			app->pub.name,
			app->secret ? ""
				    : ", which has no secret here (at X only a Native App or "
				      "Single Page App has none)",
			app->pub.name);
		return;
	case OAUTH_TOKENS:
	case OAUTH_LATER:
	case OAUTH_UNKNOWN:
		break;
	}
	fail(f, ERR_UNAVAILABLE, "%s; connect again in a minute", words);
}

static void heard_tokens(void *ctx, const struct fetch_answer *answer)
{
	struct flow *f = ctx;
	struct vault *v = f->vault;
	struct oauth_answer o;

	v->active--;
	oauth_read(answer, &o);
	const char *words = o.words ? o.words : "";
	enum oauth_end how = o.end;
	if (how == OAUTH_TOKENS) {
		f->access = secret_new(o.access.at, o.access.len);
		f->refresh = o.refresh.len ? secret_new(o.refresh.at, o.refresh.len) : NULL;
		f->token_until = v->conf.clock->read(v->conf.clock->ctx).wall + o.life;
		if (o.scope.len) /* without it, all that was asked for is granted: RFC 6749, 5.1
				  */
			(void)snprintf(
				f->granted, sizeof(f->granted), "%.*s", STR_ARG(o.scope));
		else
			(void)snprintf(f->granted, sizeof(f->granted), "%s", f->scopes);
	}
	oauth_answer_done(&o);
	if (how != OAUTH_TOKENS)
		say_no_tokens(f, how, words);
	else if (!f->access || ask_me(f))
		fail(f, ERR_NOMEM, "out of memory; connect again");
}

/* --- given --- */

static enum err ask_given(struct flow *f, const struct vault_import *in)
{
	f->access = vault_given(in);
	f->refresh = in->refresh.len ? secret_new(in->refresh.at, in->refresh.len) : NULL;
	f->kind = in->api_key.len ? VAULT_OAUTH1 : VAULT_OAUTH2;
	f->token_until = in->expires_at;
	(void)snprintf(f->account, sizeof(f->account), "%.*s", STR_ARG(in->name));
	(void)snprintf(f->granted, sizeof(f->granted), "%.*s", STR_ARG(in->scopes));
	return f->access && (f->refresh || !in->refresh.len) ? ask_me(f) : ERR_NOMEM;
}

enum err vault_connect_given(struct vault *v, const struct vault_import *in, connect_done *done,
	void *ctx, struct errmsg *m)
{
	const struct vault_account *account = vault_account_named(v, in->name);
	uint32_t app = vault_find_app(v, in->app);

	if (app == NAMES_NONE)
		return vault_say_no_app(in->app, m);
	if (account && account->refreshing)
		return vault_say_renewing(m);
	struct flow *f = mem_alloc(sizeof(*f));
	if (!f)
		return err_say(m, ERR_NOMEM, "out of memory");
	*f = (struct flow){.vault = v, .app = app, .given = true, .done = done, .ctx = ctx};
	list_append(&v->asking, &f->node);
	enum err e = ask_given(f, in);
	if (!e)
		return ERR_OK;
	flow_free(f);
	return err_say(m, ERR_UNAVAILABLE, "X could not be asked: %s; try again", err_text(e));
}

/* --- finish --- */

static struct flow *find(struct vault *v, struct str state, struct now now)
{
	forget_old(v, now);
	for (struct list *at = v->flows.next; at != &v->flows; at = at->next) {
		struct flow *f = LIST_ITEM(at, struct flow, node);

		if (crypto_equal(state, str_of(f->state)))
			return f;
	}
	return NULL;
}

static enum err say_unknown(struct errmsg *m)
{
	err_say(m, ERR_DENIED,
		"nothing was begun under this state: it was used before, or longer than ten "
		"minutes ago, or somebody else made it; say `roost connect` again");
	return err_at(m, ERR_DENIED, "state");
}

/* From now on it counts no more. */
static void take_out(struct flow *f)
{
	list_remove(&f->node);
	list_append(&f->vault->asking, &f->node);
	f->vault->flow_count--;
}

enum err vault_connect_finish(struct vault *v, const struct connect_back *back, struct now now,
	connect_done *done, void *ctx, struct errmsg *m)
{
	struct flow *f = find(v, back->state, now);
	struct buf body;

	if (!f)
		return say_unknown(m);
	const struct vault_account *account = vault_account_named(v, str_of(f->account));
	if (account && account->refreshing)
		return vault_say_renewing(m);
	take_out(f);
	f->done = done;
	f->ctx = ctx;
	buf_init(&body, FORM_MAX);
	buf_str(&body, "grant_type=authorization_code");
	put_pair(&body, "&code=", back->code);
	put_pair(&body, "&redirect_uri=", str_of(f->callback));
	put_pair(&body, "&code_verifier=", str_of(f->verifier));
	enum err e = vault_post(v, v->apps[f->app], v->conf.token_url, &body, heard_tokens, f);
	if (!e) {
		v->active++;
		return ERR_OK;
	}
	flow_free(f);
	return err_say(
		m, ERR_UNAVAILABLE, "X could not be asked: %s; connect again", err_text(e));
}

enum err vault_connect_refused(
	struct vault *v, struct str state, struct now now, struct errmsg *m)
{
	struct flow *f = find(v, state, now);

	if (!f)
		return say_unknown(m);
	take_out(f);
	flow_free(f);
	return ERR_OK;
}

/* --- disconnect --- */

/* Both tokens are taken back, one after the other: the refresh token first. */
struct farewell {
	struct list node; /* in the vault */
	struct account *account;
	bool refresh_asked; /* X was asked to take it back */
	bool last;          /* the request under way is the last one */
	bool failed;
	const char *words;
	disconnect_done *done;
	void *ctx;
};

static enum err revoke_next(struct farewell *w);

static void bid(struct farewell *w)
{
	struct account *a = w->account;

	if (!w->failed)
		w->failed = vault_forget_pair(a) != ERR_OK;
	a->pub.refreshing = false;
	a->pub.unsaved = true;
	w->done(w->ctx, &a->pub, !w->failed, w->words);
	list_remove(&w->node);
	mem_free(w);
}

static void revoked(void *ctx, const struct fetch_answer *a)
{
	struct farewell *w = ctx;

	w->account->vault->active--;
	if (a->end != FETCH_ANSWERED || a->status != 200) {
		w->failed = true;
		w->words = a->end == FETCH_UNSENT    ? "X could not be reached"
			   : a->end == FETCH_UNKNOWN ? "no complete answer came from X"
						     : "X did not confirm it; are the app's "
						       "client id and secret right?";
	}
	if (w->failed || w->last || revoke_next(w))
		bid(w);
}

static enum err revoke_next(struct farewell *w)
{
	struct account *a = w->account;
	struct vault *v = a->vault;
	bool refresh = a->refresh && !w->refresh_asked;
	struct buf body;

	w->refresh_asked = true;
	w->last = !refresh;
	buf_init(&body, FORM_MAX);
	put_pair(&body, "token=", secret_view(refresh ? a->refresh : a->access));
	enum err e = vault_post(v, v->apps[a->pub.app], v->conf.revoke_url, &body, revoked, w);
	if (!e)
		v->active++;
	return e;
}

enum err vault_disconnect(struct vault *v, struct vault_account *pub, disconnect_done *done,
	void *ctx, struct errmsg *m)
{
	struct account *a = v->accounts[names_find(&v->account_names, str_of(pub->name))];

	if (pub->refreshing)
		return err_say(m, ERR_UNAVAILABLE,
			"its tokens are being renewed at this moment; try again in a minute");
	struct farewell *w = mem_alloc(sizeof(*w));
	if (!w)
		return err_say(m, ERR_NOMEM, "out of memory");
	*w = (struct farewell){.account = a, .words = "", .done = done, .ctx = ctx};
	if (revoke_next(w)) {
		mem_free(w);
		return err_say(m, ERR_UNAVAILABLE, "X could not be asked; try again");
	}
	list_append(&v->leaving, &w->node);
	pub->grant = VAULT_DEAD;
	pub->token_until = 0;
	pub->unsaved = true;
	return ERR_OK;
}

/* --- the end of an app, and of all --- */

/* Forgets what was begun with an app and not come back. */
static void forget_begun(struct vault *v, uint32_t app)
{
	for (struct list *at = v->flows.next, *next; at != &v->flows; at = next) {
		struct flow *f = LIST_ITEM(at, struct flow, node);

		next = at->next;
		if (f->app != app)
			continue;
		flow_free(f);
		v->flow_count--;
	}
}

bool connect_leave_app(struct vault *v, uint32_t app)
{
	for (struct list *at = v->asking.next; at != &v->asking; at = at->next)
		if (LIST_ITEM(at, struct flow, node)->app == app)
			return false;
	for (struct list *at = v->leaving.next; at != &v->leaving; at = at->next)
		if (LIST_ITEM(at, struct farewell, node)->account->pub.app == app)
			return false;
	forget_begun(v, app);
	return true;
}

void connect_forget_all(struct vault *v)
{
	forget_flows(&v->flows);
	forget_flows(&v->asking);
	for (struct list *at; (at = v->leaving.next) != &v->leaving;) {
		list_remove(at);
		mem_free(LIST_ITEM(at, struct farewell, node));
	}
}
