#include "common/crypto/oauth1.h"

#include <stdlib.h>
#include <string.h>

#include "common/crypto/digest.h"
#include "common/crypto/encode.h"
#include "common/crypto/secret.h"

/* One parameter, encoded as it is signed: its name, then its value, in `bytes`. */
struct param {
	const char *at;
	size_t name, name_len, value, value_len; /* offsets into bytes */
};

struct params {
	struct buf bytes;
	struct param all[OAUTH1_PARAMS_MAX];
	size_t count;
};

/* --- collecting --- */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Adds what stands in a query or form, encoded the one way that signatures want. */
static void put_again(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i] == '+' ? ' ' : s.at[i];

		if (c == '%') {
			int high = i + 2 < s.len ? digit_of(s.at[i + 1]) : -1;
			int low = i + 2 < s.len ? digit_of(s.at[i + 2]) : -1;

			if (high < 0 || low < 0) {
				buf_fail(out, ERR_FORMAT);
				return;
			}
			c = (char)(high << 4 | low);
			i += 2;
		}
		encode_percent((struct str){&c, 1}, out);
	}
}

typedef void put_fn(struct buf *out, struct str s);

static void put_plain(struct buf *out, struct str s)
{
	encode_percent(s, out);
}

static void add(struct params *p, put_fn *put, struct str name, struct str value)
{
	struct param *one = &p->all[p->count];

	if (p->count == OAUTH1_PARAMS_MAX) {
		buf_fail(&p->bytes, ERR_TOO_BIG);
		return;
	}
	one->name = p->bytes.len;
	put(&p->bytes, name);
	one->name_len = p->bytes.len - one->name;
	one->value = p->bytes.len;
	put(&p->bytes, value);
	one->value_len = p->bytes.len - one->value;
	p->count++;
}

/* What comes before the first `c`; *s becomes what comes after it, or empty. */
static struct str cut(struct str *s, char c)
{
	const char *at = s->len ? memchr(s->at, c, s->len) : NULL;
	struct str before = {s->at, at ? (size_t)(at - s->at) : s->len};

	*s = at ? (struct str){at + 1, s->len - before.len - 1} : (struct str){0};
	return before;
}

/* Those of a query or form. */
static void add_all(struct params *p, struct str text)
{
	while (text.len) {
		struct str value = cut(&text, '&');
		struct str name = cut(&value, '=');

		if (name.len || value.len)
			add(p, put_again, name, value);
	}
}

static int compare_bytes(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t both = a_len < b_len ? a_len : b_len;
	int r = both ? memcmp(a, b, both) : 0;

	return r ? r : (a_len > b_len) - (a_len < b_len);
}

/* By name, then by value: 3.4.1.3.2. */
static int compare(const void *left, const void *right)
{
	const struct param *a = left, *b = right;
	int r = compare_bytes(a->at + a->name, a->name_len, b->at + b->name, b->name_len);

	return r ? r
		 : compare_bytes(
			   a->at + a->value, a->value_len, b->at + b->value, b->value_len);
}

/* --- the string that is signed --- */

static void put_lower(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		encode_percent((struct str){&c, 1}, out);
	}
}

static bool ends_with(struct str s, const char *end)
{
	size_t n = strlen(end);

	return s.len > n && memcmp(s.at + s.len - n, end, n) == 0;
}

/* The address as 3.4.1.2 wants it: scheme and host in small letters, no port that is usual. */
static void put_address(struct str url, struct buf *out)
{
	bool tls = str_has_prefix(url, "https://");
	size_t scheme = strlen(tls ? "https://" : "http://");

	if (!tls && !str_has_prefix(url, "http://")) {
		buf_fail(out, ERR_FORMAT);
		return;
	}
	struct str rest = {url.at + scheme, url.len - scheme};
	const char *slash = rest.len ? memchr(rest.at, '/', rest.len) : NULL;
	struct str host = {rest.at, slash ? (size_t)(slash - rest.at) : rest.len};
	struct str path = {slash ? slash : "/", slash ? rest.len - host.len : 1};

	if (ends_with(host, tls ? ":443" : ":80"))
		host.len -= tls ? 4 : 3;
	encode_percent((struct str){url.at, scheme}, out);
	put_lower(host, out);
	encode_percent(path, out);
}

static void put_params(struct params *p, struct buf *out)
{
	for (size_t i = 0; i < p->count; i++)
		p->all[i].at = (const char *)p->bytes.data;
	qsort(p->all, p->count, sizeof(p->all[0]), compare);
	for (size_t i = 0; i < p->count; i++) {
		const struct param *one = &p->all[i];

		buf_str(out, i ? "%26" : "");
		encode_percent((struct str){one->at + one->name, one->name_len}, out);
		buf_str(out, "%3D");
		encode_percent((struct str){one->at + one->value, one->value_len}, out);
	}
}

enum err oauth1_base(const struct oauth1_request *r, const struct oauth1_param *params,
	size_t count, struct buf *out)
{
	struct str query = r->url;
	struct str address = cut(&query, '?');
	struct params p;

	buf_init(&p.bytes, OAUTH1_BASE_MAX);
	p.count = 0;
	add_all(&p, query);
	add_all(&p, r->form);
	for (size_t i = 0; i < count; i++)
		add(&p, put_plain, str_of(params[i].name), params[i].value);
	encode_percent(r->method, out);
	buf_byte(out, '&');
	put_address(address, out);
	buf_byte(out, '&');
	if (p.bytes.err)
		buf_fail(out, p.bytes.err);
	else
		put_params(&p, out);
	buf_done(&p.bytes);
	return out->err;
}

/* --- the signature --- */

void oauth1_sign(
	struct str base, struct str api_secret, struct str token_secret, struct buf *out)
{
	unsigned char digest[SHA1_BYTES];
	struct buf key;

	buf_init(&key, 6 * (size_t)OAUTH1_KEY_MAX + 1);
	buf_fail(&key,
		buf_room(&key, key.cap) ? ERR_OK : ERR_NOMEM); /* so that it never moves */
	encode_percent(api_secret, &key);
	buf_byte(&key, '&');
	encode_percent(token_secret, &key);
	buf_fail(out, key.err);
	crypto_hmac_sha1(buf_view(&key), base, digest);
	encode_base64((struct str){(const char *)digest, sizeof(digest)}, out);
	buf_wipe(&key);
}

enum { API_KEY, NONCE, SIGNATURE, METHOD, TIMESTAMP, TOKEN, VERSION, PARAM_COUNT };

/* The header has every parameter, the signature among them, which is not signed itself. */
static void put_header(const struct oauth1_param *params, struct str signature, struct buf *out)
{
	buf_str(out, "Authorization: OAuth ");
	for (size_t i = 0; i < PARAM_COUNT; i++) {
		buf_fmt(out, "%s%s=\"", i ? ", " : "", params[i].name);
		encode_percent(i == SIGNATURE ? signature : params[i].value, out);
		buf_byte(out, '"');
	}
}

enum err oauth1_header(const struct oauth1_keys *k, const struct oauth1_request *r,
	int64_t seconds, const char *nonce, struct buf *out)
{
	struct buf base, text;

	buf_init(&text, 100);
	buf_fmt(&text, "%lld", (long long)seconds);
	struct oauth1_param params[PARAM_COUNT] = {
		[API_KEY] = {"oauth_consumer_key", k->api_key},
		[NONCE] = {"oauth_nonce", str_of(nonce)},
		[SIGNATURE] = {"oauth_signature", {0}},
		[METHOD] = {"oauth_signature_method", str_of("HMAC-SHA1")},
		[TIMESTAMP] = {"oauth_timestamp", buf_view(&text)},
		[TOKEN] = {"oauth_token", k->token},
		[VERSION] = {"oauth_version", str_of("1.0")},
	};
	struct oauth1_param signed_ones[PARAM_COUNT - 1];
	struct buf signature;

	for (size_t i = 0, n = 0; i < PARAM_COUNT; i++)
		if (i != SIGNATURE)
			signed_ones[n++] = params[i];
	buf_init(&base, OAUTH1_BASE_MAX);
	buf_init(&signature, 100);
	enum err e = oauth1_base(r, signed_ones, COUNT_OF(signed_ones), &base);
	if (!e)
		oauth1_sign(buf_view(&base), k->api_secret, k->token_secret, &signature);
	e = e ? e : text.err ? text.err : signature.err;
	if (!e)
		put_header(params, buf_view(&signature), out);
	buf_done(&signature);
	buf_done(&base);
	buf_done(&text);
	return e ? e : out->err;
}
