/*
 * http_head.h - the head of an HTTP/1.x request, read strictly
 *
 * Pure: bytes in, views of them out. What two readers could understand in two
 * ways is refused (RFC 9112: a length said twice, a length beside chunks, a
 * folded line, a bare CR or LF, blanks before the colon), since that is how
 * requests are smuggled. Only the origin form of a target ("/path?query").
 */
#ifndef ROOST_COMMON_NET_HTTP_HEAD_H
#define ROOST_COMMON_NET_HTTP_HEAD_H

#include "common/base/text.h"

#define HTTP_HEADERS_MAX 64 /* header lines of one request */

struct http_header {
	struct str name; /* as it came; compare with http_is() */
	struct str value;
};

/* All views are of the text that was parsed. */
struct http_head {
	struct str method;
	struct str path;  /* still percent-encoded; begins with '/' */
	struct str query; /* what follows '?', still encoded */
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t header_count;
	uint64_t length;      /* of the body; 0 when there is none or it is chunked */
	bool chunked;         /* the body comes in chunks */
	bool keep_alive;      /* the peer would send another request on this connection */
	bool expect_continue; /* the peer waits for "100 Continue" before the body */
};

/*
 * Reads a head, from its first byte to the empty line's CRLF. Returns 0, or the status with
 * which to refuse it: 400 malformed, 417 expectation, 431 too many header lines, 501 a
 * transfer coding other than chunked, 505 a version other than 1.0 and 1.1.
 */
MUST_USE int http_head_parse(struct str text, struct http_head *ret);

/* Whether a and b are the same but for the case of ASCII letters: how header names compare. */
bool http_is(struct str a, const char *b);

/* The value of a header; {NULL, 0} when it is absent, the first when there are several. */
struct str http_head_find(const struct http_header *headers, size_t count, const char *name);

/* The usual words for a status, such as "Not Found"; "Unknown" for one it does not know. */
const char *http_reason(int status);

/*
 * The next "key=value" of a query or an application/x-www-form-urlencoded body: percent
 * escapes decoded, '+' a blank. *rest is moved on. False at the end. ERR_FORMAT sticks in
 * `key` for a broken escape; both bufs are reset first.
 */
struct buf;
bool http_form_next(struct str *rest, struct buf *key, struct buf *value);

#endif
