/*
 * text.h - text that comes from outside, and words for values
 *
 * A struct str is a view of bytes somebody else owns; it need not end with a
 * zero byte. Parsers take a whole view and say no to anything left over.
 */
#ifndef ROOST_COMMON_BASE_TEXT_H
#define ROOST_COMMON_BASE_TEXT_H

#include "common/base/clock.h"
#include "common/base/err.h"

struct str {
	const char *at; /* lent; may be NULL when len is 0 */
	size_t len;
};

/* For "%.*s": STR_ARG(s) gives the two arguments. */
#define STR_ARG(s) (int)(s).len, (s).at

struct str str_of(const char *cstr);
bool str_is(struct str a, const char *cstr);
bool str_equal(struct str a, struct str b);
bool str_has_prefix(struct str a, const char *prefix);

/* Whether s is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates. */
bool text_is_utf8(struct str s);

/* Whether s is 1 to max_len bytes of [A-Za-z0-9_.-]: what accounts, apps and agents may be
 * called. */
bool text_is_name(struct str s, size_t max_len);

/* Whether s is an id of X: 1 to 19 digits (x-api.md, section 2). */
bool text_is_x_id(struct str s);

/* Whether s is a user name of X: 1 to 15 of [A-Za-z0-9_], without the @. */
bool text_is_username(struct str s);

/* A decimal whole number within [lo, hi]. ERR_INVALID otherwise; *ret is then as it was. */
MUST_USE enum err text_to_int(struct str s, int64_t lo, int64_t hi, int64_t *ret);

/* Dollars as micro-dollars: "12", "0.015", "12.50"; at most six places, at most 10^12. */
MUST_USE enum err text_to_micros(struct str s, int64_t *ret);

/* "250ms", "5s", "2m", "3h", "7d": a whole number and its unit, at most 36,500 days. */
MUST_USE enum err text_to_duration(struct str s, usec_t *ret);

/*
 * RFC 3339 with an offset: "2026-11-24T10:00:00Z", "2026-11-24T11:00:00.5+01:00". The instant
 * lies between 1970 and the end of 9999 UTC; a 60th second is the first of the next minute.
 */
MUST_USE enum err text_to_time(struct str s, usec_t *ret_wall);

/* Writes `wall` as "2026-11-24T10:00:00.000Z", or "?" outside those years; cap >= 25. Returns
 * out. */
char *text_from_time(usec_t wall, char *out, size_t cap);

/*
 * Copies s to out[cap], cap >= 1, as text for a person: cut at a whole character, with broken
 * UTF-8 and whatever moves a cursor or turns the direction of writing shown as '?'. Returns
 * out.
 */
char *text_show(struct str s, char *out, size_t cap);

/* Takes off the character at the end of s that is not whole, as cutting leaves it. */
void text_trim(char *s);

/* 64-bit FNV-1a: for tables and fingerprints, not against an enemy. */
uint64_t text_hash(const void *p, size_t n);

#endif
