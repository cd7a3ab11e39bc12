#include "dispatcher/vault/vault.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/encode.h"
#include "dispatcher/vault/connect.h"
#include "dispatcher/vault/inside.h"
#include "dispatcher/vault/oauth.h"

#define SEALED_MAX ((size_t)16384) /* bytes of one sealed token */

/* --- tables --- */

enum err vault_new(struct master *master, struct fetch *fetch, const struct vault_conf *conf,
	vault_renewed *renewed, void *ctx, struct vault **ret)
{
	struct vault *v = mem_alloc(sizeof(*v));

	if (!v) {
		master_free(master);
		return ERR_NOMEM;
	}
	*v = (struct vault){.master = master,
		.fetch = fetch,
		.conf = *conf,
		.renewed = renewed,
		.ctx = ctx};
	list_init(&v->flows);
	list_init(&v->asking);
	list_init(&v->leaving);
	names_init(&v->app_names, VAULT_APPS_MAX);
	names_init(&v->account_names, VAULT_ACCOUNTS_MAX);
	*ret = v;
	return ERR_OK;
}

static void app_free(struct app *a)
{
	secret_free(a->secret);
	buf_done(&a->key);
	buf_done(&a->sealed);
	mem_free(a);
}

static void account_free(struct account *a)
{
	seal_key_free(a->data_key);
	secret_free(a->access);
	secret_free(a->refresh);
	buf_done(&a->key);
	buf_done(&a->sealed_access);
	buf_done(&a->sealed_refresh);
	mem_free(a);
}

void vault_free(struct vault *v)
{
	if (!v)
		return;
	connect_forget_all(v);
	for (uint32_t i = 0; i < v->app_names.count; i++)
		app_free(v->apps[i]);
	for (uint32_t i = 0; i < v->account_names.count; i++)
		account_free(v->accounts[i]);
	mem_free(v->apps);
	mem_free(v->accounts);
	mem_free(v->account_by_id);
	names_done(&v->app_names);
	names_done(&v->account_names);
	master_free(v->master);
	master_free(v->old);
	mem_free(v);
}

/* Room for one more pointer at `number` of a table. */
static bool grow(void ***table, uint32_t *size, uint32_t number)
{
	if (number < *size)
		return true;
	uint32_t bigger = *size ? *size * 2 : 16;
	void **grown = mem_grow(*table, bigger * sizeof(*grown));
	if (!grown)
		return false;
	*table = grown;
	*size = bigger;
	return true;
}

enum err vault_know_app(struct vault *v, struct str name, struct app **ret)
{
	uint32_t number = names_find(&v->app_names, name);

	if (number != NAMES_NONE) {
		*ret = v->apps[number];
		return ERR_OK;
	}
	void **table = (void **)v->apps;
	bool grown = grow(&table, &v->apps_size, v->app_names.count);
	v->apps = (struct app **)table;
	struct app *a = grown ? mem_alloc(sizeof(*a)) : NULL;
	if (!a)
		return ERR_NOMEM;
	enum err e = names_know(&v->app_names, name, &number);
	if (e) {
		mem_free(a);
		return e;
	}
	buf_init(&a->key, SEALED_MAX);
	buf_init(&a->sealed, SEALED_MAX);
	(void)snprintf(a->pub.name, sizeof(a->pub.name), "%.*s", STR_ARG(name));
	v->apps[number] = a;
	*ret = a;
	return ERR_OK;
}

enum err vault_know_account(struct vault *v, struct str name, struct account **ret)
{
	uint32_t number = names_find(&v->account_names, name);

	if (number != NAMES_NONE) {
		*ret = v->accounts[number];
		return ERR_OK;
	}
	void **table = (void **)v->accounts;
	bool grown = grow(&table, &v->accounts_size, v->account_names.count);
	v->accounts = (struct account **)table;
	struct account *a = grown ? mem_alloc(sizeof(*a)) : NULL;
	if (!a)
		return ERR_NOMEM;
	enum err e = names_know(&v->account_names, name, &number);
	if (e) {
		mem_free(a);
		return e;
	}
	buf_init(&a->key, SEALED_MAX);
	buf_init(&a->sealed_access, SEALED_MAX);
	buf_init(&a->sealed_refresh, SEALED_MAX);
	(void)snprintf(a->pub.name, sizeof(a->pub.name), "%.*s", STR_ARG(name));
	a->vault = v;
	v->accounts[number] = a;
	*ret = a;
	return ERR_OK;
}

static struct account *inside(struct vault_account *a)
{
	return LIST_ITEM(a, struct account, pub);
}

static const struct account *inside_const(const struct vault_account *a)
{
	return (const struct account *)(const void *)((const char *)a -
						      offsetof(struct account, pub));
}

uint32_t vault_find_app(const struct vault *v, struct str name)
{
	uint32_t number = names_find(&v->app_names, name);

	return number != NAMES_NONE && v->apps[number]->pub.gone ? NAMES_NONE : number;
}

struct vault_app *vault_app_named(const struct vault *v, struct str name)
{
	uint32_t number = vault_find_app(v, name);

	return number == NAMES_NONE ? NULL : &v->apps[number]->pub;
}

struct vault_account *vault_account_named(const struct vault *v, struct str name)
{
	uint32_t number = names_find(&v->account_names, name);

	return number == NAMES_NONE ? NULL : &v->accounts[number]->pub;
}

struct vault_account *vault_account_by_id(const struct vault *v, uint32_t id)
{
	if (id >= v->by_id_size || v->account_by_id[id] == NAMES_NONE)
		return NULL;
	return &v->accounts[v->account_by_id[id]]->pub;
}

struct vault_app *vault_app_by_id(const struct vault *v, uint32_t id)
{
	for (uint32_t i = 0; i < v->app_names.count; i++)
		if (v->apps[i]->pub.id == id)
			return &v->apps[i]->pub;
	return NULL;
}

struct vault_app *vault_app_at(const struct vault *v, uint32_t number)
{
	return number < v->app_names.count ? &v->apps[number]->pub : NULL;
}

struct vault_account *vault_account_at(const struct vault *v, uint32_t number)
{
	return number < v->account_names.count ? &v->accounts[number]->pub : NULL;
}

uint32_t vault_app_number(const struct vault *v, const struct vault_app *a)
{
	return names_find(&v->app_names, str_of(a->name));
}

void vault_has_id(struct vault *v, struct vault_account *a, uint32_t id)
{
	if (id >= v->by_id_size) {
		uint32_t size = id * 2 + 16;
		uint32_t *by_id = mem_grow(v->account_by_id, size * sizeof(*by_id));

		ASSERT(by_id); /* a few bytes an account: without them the dispatcher cannot go
				  on */
		for (uint32_t i = v->by_id_size; i < size; i++)
			by_id[i] = NAMES_NONE;
		v->account_by_id = by_id;
		v->by_id_size = size;
	}
	a->id = id;
	v->account_by_id[id] = names_find(&v->account_names, str_of(a->name));
}

void vault_app_has_id(struct vault *v, struct vault_app *a, uint32_t id)
{
	(void)v;
	a->id = id;
}

struct str vault_token(const struct vault *v, const struct vault_account *a)
{
	(void)v;
	return a->kind == VAULT_OAUTH2 ? secret_view(inside_const(a)->access) : str_of("");
}

bool vault_keys(const struct vault_account *a, struct oauth1_keys *ret)
{
	if (a->kind != VAULT_OAUTH1)
		return false;
	vault_split_keys(secret_view(inside_const(a)->access), ret);
	return true;
}

bool vault_is_given(const struct vault_account *a)
{
	return a->sealed_refresh.len == 0;
}

size_t vault_active(const struct vault *v)
{
	return v->active;
}

/* --- sealing --- */

struct str vault_row_name(char out[VAULT_ROW_MAX], const char *kind, const char *name)
{
	(void)snprintf(out, VAULT_ROW_MAX, "%s:%s", kind, name);
	return str_of(out);
}

/* Replaces what `kept` holds by a copy of s. */
static enum err keep_bytes(struct buf *kept, struct str s)
{
	buf_reset(kept);
	buf_put(kept, s.at, s.len);
	return kept->err;
}

static void show_sealed(struct account *a)
{
	a->pub.data_key = buf_view(&a->key);
	a->pub.sealed_access = buf_view(&a->sealed_access);
	a->pub.sealed_refresh = buf_view(&a->sealed_refresh);
}

/* A row whose kind was changed does not open. */
static struct str access_field(const struct account *a)
{
	return str_of(a->pub.kind == VAULT_OAUTH1 ? "oauth1" : "access");
}

/* Seals the pair that a holds under its generation. */
static enum err seal_pair(struct account *a)
{
	char row[VAULT_ROW_MAX];
	enum err e = ERR_OK;

	if (!a->data_key)
		e = seal_key_new(a->vault->master, vault_row_name(row, "account", a->pub.name),
			&a->data_key, &a->key);
	if (e)
		return e;
	buf_reset(&a->sealed_access);
	buf_reset(&a->sealed_refresh);
	seal_put(a->data_key, access_field(a), a->pub.generation, secret_view(a->access),
		&a->sealed_access);
	if (a->refresh)
		seal_put(a->data_key, str_of("refresh"), a->pub.generation,
			secret_view(a->refresh), &a->sealed_refresh);
	show_sealed(a);
	return a->sealed_access.err ? a->sealed_access.err : a->sealed_refresh.err;
}

enum err vault_set_pair(struct account *a, struct str access, struct str refresh)
{
	struct secret *new_access = secret_new(access.at, access.len);
	struct secret *new_refresh = refresh.len ? secret_new(refresh.at, refresh.len) : NULL;

	if (!new_access || (refresh.len && !new_refresh)) {
		secret_free(new_access);
		secret_free(new_refresh);
		return ERR_NOMEM;
	}
	secret_free(a->access);
	a->access = new_access;
	if (refresh.len) {
		secret_free(a->refresh);
		a->refresh = new_refresh;
	}
	a->pub.generation++;
	return seal_pair(a);
}

enum err vault_forget_pair(struct account *a)
{
	struct secret *nothing = secret_new(NULL, 0);

	if (!nothing)
		return ERR_NOMEM;
	secret_free(a->access);
	secret_free(a->refresh);
	a->access = nothing;
	a->refresh = NULL;
	a->pub.generation++;
	return seal_pair(a);
}

/* --- from the store --- */

static void show_sealed_app(struct app *a)
{
	a->pub.data_key = buf_view(&a->key);
	a->pub.sealed_secret = buf_view(&a->sealed);
}

static enum err open_app(const struct vault *v, struct app *a, struct errmsg *m)
{
	struct seal_key *key = NULL;
	char row[VAULT_ROW_MAX];

	enum err e = seal_key_open(vault_master_of(v, buf_view(&a->key)),
		vault_row_name(row, "app", a->pub.name), buf_view(&a->key), &key, m);
	if (!e) {
		secret_free(a->secret);
		a->secret = NULL;
		e = seal_get(key, str_of("secret"), 0, buf_view(&a->sealed), &a->secret, m);
	}
	seal_key_free(key);
	return e ? err_wrap(m, e, "app %s", a->pub.name) : ERR_OK;
}

enum err vault_load_app(struct vault *v, const struct vault_app *row, struct errmsg *m)
{
	struct app *a;
	enum err e = vault_know_app(v, str_of(row->name), &a);
	if (e)
		return e;
	a->pub = *row;
	e = keep_bytes(&a->key, row->data_key);
	if (!e)
		e = keep_bytes(&a->sealed, row->sealed_secret);
	show_sealed_app(a);
	return e || a->sealed.len == 0 ? e : open_app(v, a, m);
}

static enum err open_account(struct account *a, struct errmsg *m)
{
	uint64_t generation = a->pub.generation;
	char row[VAULT_ROW_MAX];

	enum err e = seal_key_open(vault_master_of(a->vault, buf_view(&a->key)),
		vault_row_name(row, "account", a->pub.name), buf_view(&a->key), &a->data_key,
		m);
	if (!e)
		e = seal_get(a->data_key, access_field(a), generation,
			buf_view(&a->sealed_access), &a->access, m);
	if (!e && a->sealed_refresh.len)
		e = seal_get(a->data_key, str_of("refresh"), generation,
			buf_view(&a->sealed_refresh), &a->refresh, m);
	return e ? err_wrap(m, e, "account %s", a->pub.name) : ERR_OK;
}

enum err vault_load_account(struct vault *v, const struct vault_account *row, struct errmsg *m)
{
	struct account *a;
	enum err e = vault_know_account(v, str_of(row->name), &a);

	if (e)
		return e;
	if (a->pub.unsaved || a->pub.refreshing) {
		/* The core is being rebuilt: what memory holds is newer than what is stored. */
		vault_has_id(v, &a->pub, row->id);
		return ERR_OK;
	}
	bool known = a->data_key != NULL;
	a->pub = *row;
	e = keep_bytes(&a->key, row->data_key);
	if (!e)
		e = keep_bytes(&a->sealed_access, row->sealed_access);
	if (!e)
		e = keep_bytes(&a->sealed_refresh, row->sealed_refresh);
	show_sealed(a);
	if (e)
		return e;
	vault_has_id(v, &a->pub, row->id);
	if (a->pub.refreshing) {
		/* A renewal was begun and its end never kept: its refresh token is never
		 * presented again. */
		a->pub.refreshing = false;
		a->pub.grant = VAULT_SUSPECT;
		a->pub.unsaved = true;
	}
	return known ? ERR_OK : open_account(a, m);
}

/* --- from outside --- */

/* Seals an app's secret under a data key of its own; an empty one leaves nothing. */
static enum err seal_app(const struct vault *v, struct app *a, struct str secret)
{
	struct seal_key *key = NULL;
	char row[VAULT_ROW_MAX];

	buf_reset(&a->key);
	buf_reset(&a->sealed);
	secret_free(a->secret);
	a->secret = NULL;
	if (secret.len == 0)
		return ERR_OK;
	a->secret = secret_new(secret.at, secret.len);
	if (!a->secret)
		return ERR_NOMEM;
	enum err e =
		seal_key_new(v->master, vault_row_name(row, "app", a->pub.name), &key, &a->key);
	if (e)
		return e;
	seal_put(key, str_of("secret"), 0, secret, &a->sealed);
	seal_key_free(key);
	return a->sealed.err;
}

enum err vault_set_app(struct vault *v, const struct vault_app_set *in, struct vault_app **ret,
	struct errmsg *m)
{
	struct app *a;

	enum err e = vault_know_app(v, in->name, &a);
	if (e)
		return err_say(m, e, "there are too many apps");
	e = seal_app(v, a, in->secret);
	show_sealed_app(a);
	if (e)
		return err_say(m, e, "the client secret could not be sealed");
	(void)snprintf(a->pub.plan, sizeof(a->pub.plan), "%.*s", STR_ARG(in->plan));
	(void)snprintf(
		a->pub.client_id, sizeof(a->pub.client_id), "%.*s", STR_ARG(in->client_id));
	a->pub.gone = false;
	a->pub.unsaved = true;
	*ret = &a->pub;
	return ERR_OK;
}

enum err vault_import(struct vault *v, const struct vault_import *in,
	struct vault_account **ret, struct errmsg *m)
{
	uint32_t app = vault_find_app(v, in->app);
	struct account *a;

	if (app == NAMES_NONE)
		return vault_say_no_app(in->app, m);
	enum err e = vault_know_account(v, in->name, &a);
	if (e)
		return err_say(m, e, "there are too many accounts");
	if (a->pub.user_id[0] && !str_is(in->user_id, a->pub.user_id)) {
		err_say(m, ERR_CONFLICT,
			"account %s is user %s already; import this user under another name",
			a->pub.name, a->pub.user_id);
		return err_at(m, ERR_CONFLICT, "user_id");
	}
	if (a->pub.refreshing)
		return vault_say_renewing(m);
	AUTO(secret) given = vault_given(in);
	if (!given)
		return err_say(m, ERR_NOMEM, "out of memory");
	vault_drop_refresh(a, in->refresh);
	a->pub.kind = in->api_key.len ? VAULT_OAUTH1 : VAULT_OAUTH2;
	e = vault_set_pair(a, secret_view(given), in->refresh);
	if (e)
		return err_say(m, e, "the tokens could not be sealed");
	a->pub.app = app;
	(void)snprintf(a->pub.user_id, sizeof(a->pub.user_id), "%.*s", STR_ARG(in->user_id));
	(void)snprintf(a->pub.username, sizeof(a->pub.username), "%.*s", STR_ARG(in->username));
	(void)snprintf(a->pub.scopes, sizeof(a->pub.scopes), "%.*s", STR_ARG(in->scopes));
	a->pub.token_until = in->expires_at;
	a->pub.grant = VAULT_OK;
	a->pub.parked_until = 0;
	a->pub.unsaved = true;
	*ret = &a->pub;
	return ERR_OK;
}

/* --- renewal --- */

bool vault_renewable(const struct vault_account *pub)
{
	return pub->grant == VAULT_OK && inside_const(pub)->refresh;
}

bool vault_intend(struct vault *v, struct vault_account *pub)
{
	struct account *a = inside(pub);

	(void)v;
	if (pub->refreshing || pub->grant != VAULT_OK || !a->refresh)
		return false;
	pub->refreshing = true;
	pub->unsaved = true;
	return true;
}

void vault_forget(struct vault *v, struct vault_account *pub)
{
	(void)v;
	pub->refreshing = false;
}

static enum vault_end take_answer(
	struct account *a, const struct oauth_answer *o, struct now now)
{
	static const enum vault_end ends[] = {
		[OAUTH_TOKENS] = VAULT_RENEWED,
		[OAUTH_DEAD] = VAULT_REFUSED,
		[OAUTH_CLIENT] = VAULT_CLIENT,
		[OAUTH_LATER] = VAULT_LATER,
		[OAUTH_UNKNOWN] = VAULT_LOST,
	};
	enum vault_end end = ends[o->end];

	a->pub.refreshing = false;
	a->pub.unsaved = true;
	if (end == VAULT_RENEWED) {
		if (vault_set_pair(a, o->access, o->refresh))
			end = VAULT_LOST;
		else
			a->pub.token_until = now.wall + o->life;
		if (o->scope.len)
			(void)snprintf(a->pub.scopes, sizeof(a->pub.scopes), "%.*s",
				STR_ARG(o->scope));
	}
	if (end == VAULT_LOST)
		a->pub.grant = VAULT_SUSPECT;
	if (end == VAULT_REFUSED)
		a->pub.grant = VAULT_DEAD;
	return end;
}

static void answered(void *ctx, const struct fetch_answer *answer)
{
	struct account *a = ctx;
	struct vault *v = a->vault;
	struct oauth_answer o;

	struct now now = v->conf.clock->read(v->conf.clock->ctx);

	v->active--;
	oauth_read(answer, &o);
	enum vault_end end = take_answer(a, &o, now);
	a->pub.answered_at = end == VAULT_RENEWED ? now.mono : 0;
	const char *words = o.words ? o.words : "";
	oauth_answer_done(&o);
	v->renewed(v->ctx, &a->pub, end, words);
}

enum err vault_post(struct vault *v, const struct app *app, const char *url, struct buf *body,
	fetch_done *done, void *ctx)
{
	struct buf basic;

	buf_init(&basic, 4096);
	if (app->secret) {
		oauth_basic(&basic, app->pub.client_id, secret_view(app->secret));
	} else {
		buf_str(body, "&client_id=");
		encode_percent(str_of(app->pub.client_id), body);
	}
	const char *headers[] = {"Content-Type: application/x-www-form-urlencoded",
		app->secret ? buf_cstr(&basic) : NULL, NULL};
	struct fetch_request r = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.body = buf_view(body),
		.effect = true,
		.ca_file = v->conf.ca_file,
	};
	enum err e =
		body->err || basic.err ? ERR_TOO_BIG : fetch_start(v->fetch, &r, done, ctx);
	buf_wipe(body);
	buf_wipe(&basic);
	return e;
}

void vault_send(struct vault *v, struct vault_account *pub)
{
	struct account *a = inside(pub);
	struct buf body;

	ASSERT(pub->refreshing);
	buf_init(&body, 16384);
	oauth_refresh_body(&body, secret_view(a->refresh));
	v->active++;
	enum err e = vault_post(v, v->apps[pub->app], v->conf.token_url, &body, answered, a);
	if (e)
		answered(a, &(struct fetch_answer){.end = FETCH_UNSENT, .words = err_text(e)});
}
