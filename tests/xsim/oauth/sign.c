/* Requests signed with OAuth 1.0a: strict, so that what passes here is signed as X wants it. */
#include "tests/xsim/oauth/sign.h"

#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/digest.h"
#include "tests/xsim/need.h"

#define FIELDS_MAX 16
#define CLOCK_MAY  (5 * USEC_MIN) /* how far a timestamp may be off */

/* What the header says, decoded. */
struct fields {
	char text[FIELDS_MAX][2][600];
	size_t count;
	struct oauth1_param params[FIELDS_MAX]; /* those that are signed */
	size_t param_count;
};

static int hex(char c)
{
	const char *digits = "0123456789ABCDEF", *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Takes percent-encoding away, up to `end`; where it ended, or NULL. */
static const char *decode(const char *at, const char *stop, char end, char *out, size_t cap)
{
	size_t n = 0;

	for (; at < stop && *at != end; at++) {
		char c = *at;

		if (n + 1 == cap || c == ' ' || c == '"')
			return NULL;
		if (c == '%') {
			if (stop - at < 3 || hex(at[1]) < 0 || hex(at[2]) < 0)
				return NULL;
			c = (char)(hex(at[1]) << 4 | hex(at[2]));
			at += 2;
		}
		out[n++] = c;
	}
	out[n] = 0;
	return at < stop ? at + 1 : NULL;
}

/* OAuth a="b", c="d" */
static bool read_fields(struct str header, struct fields *f)
{
	const char *at = header.at + strlen("OAuth "), *stop = header.at + header.len;

	while (at && at < stop) {
		at += strspn(at, " ");
		if (f->count == FIELDS_MAX)
			return false;
		char *name = f->text[f->count][0], *value = f->text[f->count][1];
		at = decode(at, stop, '=', name, sizeof(f->text[0][0]));
		if (!at || at == stop || *at != '"')
			return false;
		at = decode(at + 1, stop, '"', value, sizeof(f->text[0][1]));
		f->count++;
		if (!at)
			return false;
		if (at < stop && *at++ != ',')
			return false;
	}
	return f->count > 0;
}

/* The value of a field that must be there once; NULL. */
static const char *get(const struct fields *f, const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < f->count; i++) {
		if (strcmp(f->text[i][0], name) != 0)
			continue;
		if (found)
			return NULL;
		found = f->text[i][1];
	}
	return found;
}

static bool is(const struct fields *f, const char *name, const char *want)
{
	const char *value = get(f, name);

	return value && strcmp(value, want) == 0;
}

static bool is_in_time(const struct fields *f, usec_t wall)
{
	const char *text = get(f, "oauth_timestamp");
	int64_t at;

	return text && !text_to_int(str_of(text), 0, INT32_MAX, &at) &&
	       at * USEC_SEC > wall - CLOCK_MAY && at * USEC_SEC < wall + CLOCK_MAY;
}

static bool is_signed(struct fields *f, const struct oauth1_request *r, struct str api_secret,
	struct str secret)
{
	struct buf base, signature;

	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->text[i][0], "oauth_signature") != 0 &&
			strcmp(f->text[i][0], "realm") != 0)
			f->params[f->param_count++] =
				(struct oauth1_param){f->text[i][0], str_of(f->text[i][1])};
	buf_init(&base, OAUTH1_BASE_MAX);
	buf_init(&signature, 100);
	bool good = !oauth1_base(r, f->params, f->param_count, &base);
	if (good)
		oauth1_sign(buf_view(&base), api_secret, secret, &signature);
	const char *said = get(f, "oauth_signature");
	good = good && said && crypto_equal(buf_view(&signature), str_of(said));
	buf_done(&signature);
	buf_done(&base);
	return good;
}

uint32_t sign_check(
	struct oauth *o, struct str header, const struct oauth1_request *r, usec_t wall)
{
	struct fields *f = need(mem_alloc(sizeof(*f)));
	uint32_t found = OAUTH_NONE;

	if (read_fields(header, f) && is(f, "oauth_signature_method", "HMAC-SHA1") &&
		(!get(f, "oauth_version") || is(f, "oauth_version", "1.0")) &&
		is_in_time(f, wall) && get(f, "oauth_nonce") && get(f, "oauth_consumer_key") &&
		get(f, "oauth_token"))
		found = oauth_find_token1(o, get(f, "oauth_token"));
	const struct grant *g = found == OAUTH_NONE ? NULL : oauth_at(o, found);
	if (g && (strcmp(get(f, "oauth_consumer_key"), o->apps[g->app].api_key) != 0 ||
			 !is_signed(f, r, str_of(o->apps[g->app].api_secret),
				 str_of(g->secret1)) ||
			 !oauth_nonce_is_new(
				 o, get(f, "oauth_nonce"), get(f, "oauth_timestamp"))))
		found = OAUTH_NONE;
	mem_free(f);
	return found;
}
