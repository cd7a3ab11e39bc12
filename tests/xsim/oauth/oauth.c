#include "tests/xsim/oauth/oauth.h"

#include <stdio.h>
#include <string.h>

#include "tests/xsim/need.h"

/* clang-format off */
static const struct app apps[APP_COUNT] = {
	{.name = "demo",        .client_id = "eHNpbS1kZW1vLWNsaWVudDoxOmNp", .client_secret = "xsim-demo-secret-not-a-secret-of-anybody-0001",
	 .api_key = "xsimDemoApiKey0000000001", .api_secret = "xsim-demo-api-secret-not-a-secret-of-anybody-00001",
	 .redirect_uris = {"http://127.0.0.1:8765/callback", "http://localhost:3000/settings/secrets/oauth/x"}},
	{.name = "demo-public", .client_id = "eHNpbS1wdWJsaWMtY2xpZW50OjI6bmE", .client_secret = NULL,
	 .api_key = "xsimDemoApiKey0000000002", .api_secret = "xsim-demo-api-secret-not-a-secret-of-anybody-00002",
	 .redirect_uris = {"http://127.0.0.1:8765/callback", "http://localhost:3000/settings/secrets/oauth/x"}},
};
/* clang-format on */

static uint64_t token_key(struct str token)
{
	return text_hash(token.at, token.len);
}

static uint64_t access_key(const void *o, uint32_t slot)
{
	return token_key(str_of(oauth_at(o, slot)->access));
}

static uint64_t refresh_key(const void *o, uint32_t slot)
{
	const struct refresh *r = slab_at(&((const struct oauth *)o)->refreshes, slot);

	return r->key;
}

static uint64_t code_key(const void *o, uint32_t slot)
{
	const struct code *c = slab_at(&((const struct oauth *)o)->codes, slot);

	return c->key;
}

static uint64_t nonce_key(const void *o, uint32_t slot)
{
	const struct nonce *n = slab_at(&((const struct oauth *)o)->nonces, slot);

	return n->key;
}

/* A token of TOKEN_LEN characters that ends as X's do. */
static void make_token(struct oauth *o, const char *kind, char *out)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	for (size_t i = 0; i < TOKEN_LEN; i++)
		out[i] = letters[rng_next(&o->rng) >> 58];
	snprintf(out + TOKEN_LEN - 7, 8, ":1:%s:1", kind);
}

static void put(struct map *m, uint32_t slot)
{
	if (!map_put(m, slot))
		out_of_memory();
}

static uint32_t take(struct slab *s)
{
	uint32_t slot = slab_take(s);

	if (slot == SLAB_NONE)
		out_of_memory();
	return slot;
}

void oauth_init(
	struct oauth *o, uint64_t seed, bool strict, usec_t token_life, usec_t code_life)
{
	*o = (struct oauth){.rng = {seed ^ 0x6f61757468},
		.rng1 = {seed ^ 0x6b657973},
		.strict = strict,
		.token_life = token_life,
		.code_life = code_life};
	memcpy(o->apps, apps, sizeof(apps));
	slab_init(&o->grants, sizeof(struct grant));
	slab_init(&o->refreshes, sizeof(struct refresh));
	slab_init(&o->codes, sizeof(struct code));
	slab_init(&o->nonces, sizeof(struct nonce));
	map_init(&o->grant_by_access, access_key, o);
	map_init(&o->refresh_by_key, refresh_key, o);
	map_init(&o->code_by_key, code_key, o);
	map_init(&o->nonce_by_key, nonce_key, o);
	for (size_t i = 0; i < APP_COUNT; i++)
		make_token(o, "ab", o->apps[i].bearer);
}

void oauth_done(struct oauth *o)
{
	map_done(&o->grant_by_access);
	map_done(&o->refresh_by_key);
	map_done(&o->code_by_key);
	map_done(&o->nonce_by_key);
	slab_done(&o->grants);
	slab_done(&o->refreshes);
	slab_done(&o->codes);
	slab_done(&o->nonces);
}

struct grant *oauth_at(const struct oauth *o, uint32_t grant)
{
	return slab_at(&o->grants, grant);
}

bool oauth_has_scope(const char *scopes, const char *scope)
{
	size_t len = strlen(scope);

	for (const char *at = scopes; len && (at = strstr(at, scope)) != NULL; at++)
		if ((at == scopes || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

static void forget_access(struct oauth *o, struct grant *g)
{
	if (g->access[0])
		map_remove(&o->grant_by_access, token_key(str_of(g->access)));
	g->access[0] = '\0';
}

/* Gives a grant a new pair; the old one is worth nothing from now on. */
static void issue(struct oauth *o, uint32_t grant, usec_t life, usec_t wall)
{
	struct grant *g = oauth_at(o, grant);

	forget_access(o, g);
	make_token(o, "at", g->access);
	g->expires_at = wall + (life ? life : o->token_life);
	put(&o->grant_by_access, grant);
	if (!oauth_has_scope(g->scopes, "offline.access"))
		return;

	make_token(o, "rt", g->refresh);
	uint32_t slot = take(&o->refreshes);
	struct refresh *r = slab_at(&o->refreshes, slot);
	*r = (struct refresh){.key = token_key(str_of(g->refresh)), .grant = grant};
	put(&o->refresh_by_key, slot);
}

static void make_letters(struct rng *r, char *out, size_t n)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789xX";

	for (size_t i = 0; i < n; i++)
		out[i] = letters[rng_next(r) >> 58];
	out[n] = 0;
}

/* As X's look: a number, a dash, 40 letters; and 45 letters. */
static void issue_keys(struct oauth *o, struct grant *g, uint32_t slot)
{
	int n = snprintf(g->token1, sizeof(g->token1), "%u-", 1000001 + slot);

	make_letters(&o->rng1, g->token1 + n, 40);
	make_letters(&o->rng1, g->secret1, 45);
}

uint32_t oauth_grant(struct oauth *o, uint32_t user, uint32_t app, const char *scopes,
	usec_t life, usec_t wall)
{
	uint32_t slot = take(&o->grants);
	struct grant *g = oauth_at(o, slot);

	*g = (struct grant){.user = user, .app = app};
	snprintf(g->scopes, sizeof(g->scopes), "%s", scopes);
	issue(o, slot, life, wall);
	issue_keys(o, g, slot);
	return slot;
}

uint32_t oauth_grant_of(const struct oauth *o, uint32_t user)
{
	for (uint32_t i = o->grants.count; i-- > 0;)
		if (oauth_at(o, i)->user == user && !oauth_at(o, i)->dead)
			return i;
	return OAUTH_NONE;
}

uint32_t oauth_find_access(const struct oauth *o, struct str token, usec_t wall)
{
	uint32_t slot = map_find(&o->grant_by_access, token_key(token));

	if (slot == MAP_NONE)
		return OAUTH_NONE;
	const struct grant *g = oauth_at(o, slot);
	return str_is(token, g->access) && wall < g->expires_at ? slot : OAUTH_NONE;
}

uint32_t oauth_find_token1(const struct oauth *o, const char *token)
{
	for (uint32_t i = 0; i < o->grants.count; i++)
		if (!oauth_at(o, i)->dead && strcmp(oauth_at(o, i)->token1, token) == 0)
			return i;
	return OAUTH_NONE;
}

bool oauth_nonce_is_new(struct oauth *o, const char *nonce, const char *timestamp)
{
	uint64_t key =
		text_hash(nonce, strlen(nonce)) * 31 + text_hash(timestamp, strlen(timestamp));

	if (map_find(&o->nonce_by_key, key) != MAP_NONE)
		return false;
	uint32_t slot = take(&o->nonces);
	struct nonce *n = slab_at(&o->nonces, slot);
	n->key = key;
	put(&o->nonce_by_key, slot);
	o->signed_count++;
	return true;
}

uint32_t oauth_find_bearer(const struct oauth *o, struct str token)
{
	for (uint32_t i = 0; i < APP_COUNT; i++)
		if (str_is(token, o->apps[i].bearer))
			return i;
	return OAUTH_NONE;
}

uint32_t oauth_find_app(const struct oauth *o, struct str client_id)
{
	for (uint32_t i = 0; i < APP_COUNT; i++)
		if (str_is(client_id, o->apps[i].client_id))
			return i;
	return OAUTH_NONE;
}

uint32_t oauth_find_app_name(const struct oauth *o, struct str name)
{
	for (uint32_t i = 0; i < APP_COUNT; i++)
		if (str_is(name, o->apps[i].name))
			return i;
	return OAUTH_NONE;
}

bool oauth_is_redirect(const struct oauth *o, uint32_t app, struct str uri)
{
	for (size_t i = 0; i < REDIRECTS_MAX; i++)
		if (uri.len && str_is(uri, o->apps[app].redirect_uris[i]))
			return true;
	return false;
}

bool oauth_add_redirect(struct oauth *o, uint32_t app, struct str uri)
{
	for (size_t i = 0; i < REDIRECTS_MAX; i++) {
		char *slot = o->apps[app].redirect_uris[i];

		if (slot[0])
			continue;
		snprintf(slot, sizeof(o->apps[app].redirect_uris[i]), "%.*s", STR_ARG(uri));
		return true;
	}
	return false;
}

static void kill_grant(struct oauth *o, struct grant *g)
{
	forget_access(o, g);
	g->refresh[0] = '\0';
	g->dead = true;
}

uint32_t oauth_refresh(struct oauth *o, struct str token, uint32_t app, usec_t wall)
{
	uint32_t slot = map_find(&o->refresh_by_key, token_key(token));

	if (slot == MAP_NONE)
		return OAUTH_NONE;
	struct refresh *r = slab_at(&o->refreshes, slot);
	struct grant *g = oauth_at(o, r->grant);
	if (g->app != app)
		return OAUTH_NONE;
	if (r->used) {
		o->reused_count++;
		if (o->strict && !g->dead) {
			o->killed_count++;
			kill_grant(o, g);
		}
		return OAUTH_NONE;
	}
	if (g->dead)
		return OAUTH_NONE;
	r->used = true;
	o->refresh_count++;
	issue(o, r->grant, 0, wall);
	return r->grant;
}

void oauth_revoke(struct oauth *o, struct str token, uint32_t app)
{
	uint32_t grant = map_find(&o->grant_by_access, token_key(token));
	uint32_t slot = map_find(&o->refresh_by_key, token_key(token));

	if (slot != MAP_NONE)
		grant = ((struct refresh *)slab_at(&o->refreshes, slot))->grant;
	if (grant == MAP_NONE || oauth_at(o, grant)->app != app)
		return;
	kill_grant(o, oauth_at(o, grant));
}

void oauth_expire(struct oauth *o, uint32_t grant, usec_t wall)
{
	oauth_at(o, grant)->expires_at = wall;
}

void oauth_make_code(struct oauth *o, const struct code *c, usec_t wall, char *code)
{
	uint32_t slot = take(&o->codes);
	struct code *made = slab_at(&o->codes, slot);

	make_token(o, "ac", code);
	*made = *c;
	made->key = token_key(str_of(code));
	made->expires_at = wall + o->code_life;
	put(&o->code_by_key, slot);
}

struct code *oauth_find_code(const struct oauth *o, struct str code)
{
	uint32_t slot = map_find(&o->code_by_key, token_key(code));

	return slot == MAP_NONE ? NULL : slab_at(&o->codes, slot);
}
