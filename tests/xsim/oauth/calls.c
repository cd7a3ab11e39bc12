#include <stdio.h>
#include <string.h>

#include "common/crypto/digest.h"
#include "common/crypto/encode.h"
#include "tests/xsim/calls/call.h"

#define VERIFIER_MIN 43 /* RFC 7636 */
#define VERIFIER_MAX 128
#define STATE_MAX    500

/* Scopes that can be asked for: x-api 1.2, from X's authorization pages. */
static const char known_scopes[] = "tweet.read tweet.write tweet.moderate.write users.read "
				   "users.email follows.read follows.write "
				   "offline.access space.read timeline.read mute.read "
				   "mute.write like.read like.write list.read "
				   "list.write block.read block.write bookmark.read "
				   "bookmark.write dm.read dm.write media.write "
				   "broadcast.read broadcast.write";

/* One request to OAuth's own paths. */
struct ask {
	struct call call; /* for its answers; its query holds the parameters, of either place */
	uint32_t app;
};

static struct str get(const struct ask *q, const char *name)
{
	return params_get(&q->call.query, name);
}

static void say_error(struct ask *q, int status, const char *error, const char *words)
{
	answer_json(&q->call, status,
		json_pack("{s:s,s:s}", "error", error, "error_description", words));
}

/* The confidential app whose "Basic base64(id:secret)" this is, or OAUTH_NONE. */
static uint32_t app_of_basic(const struct oauth *o, struct str value)
{
	uint32_t found = OAUTH_NONE;
	struct buf plain;

	if (value.len < 6 || !http_is((struct str){value.at, 6}, "Basic "))
		return OAUTH_NONE;
	buf_init(&plain, 1024);
	if (!decode_base64((struct str){value.at + 6, value.len - 6}, &plain)) {
		for (uint32_t i = 0; i < APP_COUNT; i++) {
			char want[256];

			if (!o->apps[i].client_secret)
				continue;
			snprintf(want, sizeof(want), "%s:%s", o->apps[i].client_id,
				o->apps[i].client_secret);
			if (str_is(buf_view(&plain), want))
				found = i;
		}
	}
	buf_done(&plain);
	return found;
}

/* Which app asks: by Basic, or a public one by its client_id. False: refused. */
static bool know_client(struct ask *q)
{
	const struct oauth *o = &q->call.x->oauth;
	struct str basic = httpd_request_header(q->call.r, "authorization");

	q->app = basic.len ? app_of_basic(o, basic) : oauth_find_app(o, get(q, "client_id"));
	if (q->app != OAUTH_NONE && (basic.len || !o->apps[q->app].client_secret))
		return true;
	answer_fixture(&q->call, "token-401-missing-client-auth");
	return false;
}

static void say_tokens(struct ask *q, uint32_t grant)
{
	const struct grant *g = oauth_at(&q->call.x->oauth, grant);
	json_int_t life = (g->expires_at - q->call.r->now.wall) / USEC_SEC;

	httpd_header(q->call.a, "cache-control", "no-store");
	answer_json(&q->call, 200,
		json_pack("{s:s,s:I,s:s,s:s,s:s*}", "token_type", "bearer", "expires_in", life,
			"access_token", g->access, "scope", g->scopes, "refresh_token",
			g->refresh[0] ? g->refresh : NULL));
}

static bool verifier_fits(const struct code *c, struct str verifier)
{
	unsigned char digest[SHA256_BYTES];
	struct buf text;

	if (verifier.len < VERIFIER_MIN || verifier.len > VERIFIER_MAX)
		return false;
	if (!c->s256)
		return str_is(verifier, c->challenge);
	crypto_sha256(verifier, digest);
	buf_init(&text, 64);
	encode_base64url((struct str){(const char *)digest, sizeof(digest)}, &text);
	bool same = str_is(buf_view(&text), c->challenge);
	buf_done(&text);
	return same;
}

static void trade_code(struct ask *q)
{
	struct oauth *o = &q->call.x->oauth;
	struct code *c = oauth_find_code(o, get(q, "code"));
	usec_t wall = q->call.r->now.wall;
	bool good = c && !c->used && wall < c->expires_at && c->app == q->app &&
		    str_is(get(q, "redirect_uri"), c->redirect_uri) &&
		    verifier_fits(c, get(q, "code_verifier"));

	if (c)
		c->used = true;
	if (good)
		say_tokens(q, oauth_grant(o, c->user, c->app, c->scopes, 0, wall));
	else
		answer_fixture(&q->call, "token-400-invalid-authorization-code");
}

static void trade_refresh(struct ask *q)
{
	uint32_t grant = oauth_refresh(
		&q->call.x->oauth, get(q, "refresh_token"), q->app, q->call.r->now.wall);

	if (grant == OAUTH_NONE)
		answer_fixture(&q->call, "token-400-invalid-refresh-token");
	else
		say_tokens(q, grant);
}

static void token(struct ask *q)
{
	struct str type = get(q, "grant_type");

	if (!know_client(q))
		return;
	if (str_is(type, "authorization_code"))
		trade_code(q);
	else if (str_is(type, "refresh_token"))
		trade_refresh(q);
	else
		say_error(q, 400, "unsupported_grant_type",
			"Value passed for the grant type was invalid.");
}

static void revoke(struct ask *q)
{
	if (!know_client(q))
		return;
	if (!get(q, "token").len) {
		say_error(q, 400, "invalid_request", "Missing required parameter [token].");
		return;
	}
	oauth_revoke(&q->call.x->oauth, get(q, "token"), q->app);
	answer_json(&q->call, 200, json_pack("{s:b}", "revoked", 1));
}

static bool scopes_are_known(struct str scopes)
{
	char list[SCOPES_LEN], *next = list;

	if (!scopes.len || scopes.len >= sizeof(list))
		return false;
	snprintf(list, sizeof(list), "%.*s", STR_ARG(scopes));
	for (char *scope; (scope = strsep(&next, " ")) != NULL;)
		if (!scope[0] || !oauth_has_scope(known_scopes, scope))
			return false;
	return true;
}

/* What is wrong with an authorization request, or NULL. */
static const char *objection(const struct ask *q)
{
	struct str method = get(q, "code_challenge_method"),
		   challenge = get(q, "code_challenge");

	if (!str_is(get(q, "response_type"), "code"))
		return "Value passed for the response type was invalid.";
	if (!scopes_are_known(get(q, "scope")))
		return "Value passed for the scope was invalid.";
	if (!get(q, "state").len || get(q, "state").len > STATE_MAX)
		return "Value passed for the state was invalid.";
	if (!str_is(method, "S256") && !str_is(method, "plain"))
		return "Value passed for the code challenge method was invalid.";
	if (challenge.len < VERIFIER_MIN || challenge.len > VERIFIER_MAX)
		return "Value passed for the code challenge was invalid.";
	return NULL;
}

static void escape(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		struct str one = {s.at + i, 1};

		if (text_is_name(one, 1))
			buf_byte(out, (unsigned char)s.at[i]);
		else
			buf_fmt(out, "%%%02X", (unsigned)(unsigned char)s.at[i]);
	}
}

/* Sends the browser back to the app with `name`=value and the state. */
static void redirect(struct ask *q, const char *name, const char *value)
{
	struct str back = get(q, "redirect_uri");
	struct buf url;

	buf_init(&url, 4096);
	buf_put(&url, back.at, back.len);
	buf_byte(&url, memchr(back.at, '?', back.len) ? '&' : '?');
	buf_str(&url, "state=");
	escape(get(q, "state"), &url);
	buf_fmt(&url, "&%s=", name);
	escape(str_of(value), &url);
	q->call.a->status = 302;
	httpd_header(q->call.a, "location", "%s", buf_cstr(&url));
	buf_done(&url);
}

/* The user who consents: the one named by xsim_user, or the first account. */
static uint32_t consenting(const struct ask *q)
{
	struct str name = get(q, "xsim_user");

	return name.len ? world_find_name(&q->call.x->world, name) : 0;
}

/* Consent is given at once: there is nobody to ask. xsim_deny=1 refuses it. */
static void authorize(struct ask *q)
{
	struct oauth *o = &q->call.x->oauth;
	struct code c = {.user = consenting(q), .app = oauth_find_app(o, get(q, "client_id"))};
	char text[TOKEN_LEN + 1];

	if (c.app == OAUTH_NONE || !oauth_is_redirect(o, c.app, get(q, "redirect_uri"))) {
		say_error(q, 400, "invalid_request",
			"Value passed for the client or the redirect uri was invalid.");
		return;
	}
	const char *words = objection(q);
	if (words || c.user == NOBODY) {
		say_error(q, 400, "invalid_request",
			words ? words : "There is no such xsim_user.");
		return;
	}
	if (get(q, "xsim_deny").len) {
		redirect(q, "error", "access_denied");
		return;
	}
	c.s256 = str_is(get(q, "code_challenge_method"), "S256");
	snprintf(c.scopes, sizeof(c.scopes), "%.*s", STR_ARG(get(q, "scope")));
	snprintf(c.challenge, sizeof(c.challenge), "%.*s", STR_ARG(get(q, "code_challenge")));
	snprintf(c.redirect_uri, sizeof(c.redirect_uri), "%.*s",
		STR_ARG(get(q, "redirect_uri")));
	oauth_make_code(o, &c, q->call.r->now.wall, text);
	redirect(q, "code", text);
}

static const struct {
	const char *method, *path;
	enum stats_extra stat;
	void (*handle)(struct ask *q);
} paths[] = {
	{"GET", "/i/oauth2/authorize", STATS_AUTHORIZE, authorize},
	{"GET", "/2/oauth2/authorize", STATS_AUTHORIZE, authorize},
	{"POST", "/2/oauth2/token", STATS_TOKEN, token},
	{"POST", "/2/oauth2/revoke", STATS_REVOKE, revoke},
};

/* Reads the form of a POST, the query of a GET. */
static bool read_params(struct ask *q, const char *method)
{
	struct str type = httpd_request_header(q->call.r, "content-type");
	bool form = strcmp(method, "POST") == 0;

	if (form && !str_has_prefix(type, "application/x-www-form-urlencoded"))
		return false;
	return !params_parse(&q->call.query, form ? q->call.r->body : q->call.r->query);
}

/* The row of paths[] that a request is for; COUNT_OF(paths): none. */
static size_t path_of(const struct httpd_request *r)
{
	size_t i = 0;

	while (i < COUNT_OF(paths) &&
		!(str_is(r->method, paths[i].method) && str_is(r->path, paths[i].path)))
		i++;
	return i;
}

enum stats_extra oauth_call(const struct httpd_request *r)
{
	size_t i = path_of(r);

	return i < COUNT_OF(paths) ? paths[i].stat : STATS_EXTRAS;
}

/* Answers a request that no fault keeps from being done. */
static void answer(struct ask *q, size_t path)
{
	if (read_params(q, paths[path].method))
		paths[path].handle(q);
	else
		say_error(
			q, 400, "invalid_request", "The request could not be read as a form.");
	params_done(&q->call.query);
}

bool oauth_handle(struct xsim *x, const struct httpd_request *r, struct httpd_answer *a)
{
	struct ask q = {.call = {.x = x, .r = r, .a = a}};
	size_t i = path_of(r);

	if (i == COUNT_OF(paths))
		return false;
	size_t number = route_count + paths[i].stat;
	x->stats.seen[number]++;
	const struct fault *f = faults_strike(&x->faults, FAULT_BEFORE, number, r->nth);
	if (!f) {
		answer(&q, i);
		f = faults_strike(&x->faults, FAULT_AFTER, number, r->nth);
	}
	if (f)
		fault_apply(f, a);
	stats_answer(&x->stats, number, a->status);
	return true;
}
