#include "common/crypto/encode.h"

#include <string.h>

static const char base64_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64url_letters[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char hex_letters[] = "0123456789abcdef0123456789ABCDEF";

/* The bits of up to three bytes at p, as the upper bits of 24. */
static uint32_t gather(const unsigned char *p, size_t n)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 3; i++)
		bits = bits << 8 | (i < n ? p[i] : 0);
	return bits;
}

static void encode_64(struct str data, const char *letters, bool padded, struct buf *out)
{
	const unsigned char *p = (const unsigned char *)data.at;

	for (size_t left = data.len; left > 0;) {
		size_t n = left < 3 ? left : 3;
		uint32_t bits = gather(p, n);
		char four[4] = {'=', '=', '=', '='};

		for (size_t i = 0; i <= n; i++)
			four[i] = letters[bits >> (18 - 6 * i) & 63];
		buf_put(out, four, padded ? 4 : n + 1);
		p += n;
		left -= n;
	}
}

/* Which of the letters c is, or -1. */
static int value_of(const char *letters, char c)
{
	const char *at = c ? strchr(letters, c) : NULL;

	return at ? (int)(at - letters) : -1;
}

/* Reads n letters, 2 to 4, into n - 1 bytes. False when they are not the one way to write them.
 */
static bool decode_group(const char *p, size_t n, const char *letters, unsigned char *out)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < n ? value_of(letters, p[i]) : 0;

		if (value < 0)
			return false;
		bits = bits << 6 | (uint32_t)value;
	}
	for (size_t i = 0; i < 3; i++)
		out[i] = (unsigned char)(bits >> (16 - 8 * i));
	return n == 4 || out[n - 1] == 0;
}

static enum err decode_64(struct str text, const char *letters, struct buf *out)
{
	size_t start = out->len;
	unsigned char three[3];

	if (text.len % 4 == 1)
		return ERR_FORMAT;
	for (size_t at = 0; at < text.len && !out->err; at += 4) {
		size_t n = text.len - at < 4 ? text.len - at : 4;

		if (!decode_group(text.at + at, n, letters, three)) {
			out->len = start;
			return ERR_FORMAT;
		}
		buf_put(out, three, n - 1);
	}
	if (out->err)
		out->len = start;
	return out->err;
}

void encode_base64(struct str data, struct buf *out)
{
	encode_64(data, base64_letters, true, out);
}

enum err decode_base64(struct str text, struct buf *out)
{
	if (text.len % 4)
		return ERR_FORMAT;
	for (int i = 0; i < 2 && text.len && text.at[text.len - 1] == '='; i++)
		text.len--;
	return decode_64(text, base64_letters, out);
}

void encode_base64url(struct str data, struct buf *out)
{
	encode_64(data, base64url_letters, false, out);
}

enum err decode_base64url(struct str text, struct buf *out)
{
	return decode_64(text, base64url_letters, out);
}

void encode_hex(struct str data, struct buf *out)
{
	for (size_t i = 0; i < data.len; i++) {
		unsigned char byte = (unsigned char)data.at[i];

		buf_byte(out, (unsigned char)hex_letters[byte >> 4]);
		buf_byte(out, (unsigned char)hex_letters[byte & 15]);
	}
}

enum err decode_hex(struct str text, struct buf *out)
{
	size_t start = out->len;

	if (text.len % 2)
		return ERR_FORMAT;
	for (size_t i = 0; i < text.len && !out->err; i += 2) {
		int high = value_of(hex_letters, text.at[i]);
		int low = value_of(hex_letters, text.at[i + 1]);

		if (high < 0 || low < 0) {
			out->len = start;
			return ERR_FORMAT;
		}
		buf_byte(out, (unsigned char)((high & 15) << 4 | (low & 15)));
	}
	if (out->err)
		out->len = start;
	return out->err;
}

void encode_percent(struct str data, struct buf *out)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < data.len; i++) {
		unsigned char c = (unsigned char)data.at[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
			     c == '~';

		if (plain) {
			buf_byte(out, c);
			continue;
		}
		buf_byte(out, '%');
		buf_byte(out, (unsigned char)hex[c >> 4]);
		buf_byte(out, (unsigned char)hex[c & 15]);
	}
}
