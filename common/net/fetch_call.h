/*
 * fetch_call.h - one HTTP request through one libcurl handle
 *
 * The inside of fetch: what a request sets, what libcurl calls while it runs,
 * and what is known when it ended. Knows no loop and no other request.
 */
#ifndef ROOST_COMMON_NET_FETCH_CALL_H
#define ROOST_COMMON_NET_FETCH_CALL_H

#include <curl/curl.h>

#include "common/base/buf.h"
#include "common/base/list.h"
#include "common/net/fetch.h"

#define CALL_OWN_LINES 2                      /* header lines added to a request's own */
#define CALL_WORDS_MAX (CURL_ERROR_SIZE + 64) /* bytes of words, their zero byte included */

/* One request, and the handle it goes through: both are used again. */
struct call {
	struct list node; /* in active or idle */
	CURL *easy;
	fetch_done *done;
	bool (*may_send)(void *ctx);
	void *ctx;

	char *out; /* owned while under way: header lines, each with its zero byte, then the
		      body */
	struct curl_slist lines[FETCH_HEADERS_MAX + CALL_OWN_LINES];
	struct str body; /* in out */
	size_t body_read;
	bool effect;
	bool began; /* libcurl was about to write the request */

	struct buf head;                                /* names and values, nothing between */
	struct fetch_header headers[FETCH_HEADERS_MAX]; /* lengths only, until the end */
	size_t header_count;
	int status;
	bool complete; /* the header of the answer proper has ended */
	struct buf in; /* the answer's body */

	char error[CURL_ERROR_SIZE];
	char words[CALL_WORDS_MAX];
};

/* A handle with all that is the same for every request. NULL when out of memory. */
MUST_USE struct call *call_new(void);
void call_free(struct call *c);
AUTO_DEFINE(call)

/* Copies a request into c and sets c->easy up for it. Errors as of fetch_start(). */
MUST_USE enum err call_prepare(struct call *c, const struct fetch_request *r);

/* What came of it, when libcurl ended it with `code`: lent until call_reset(). */
struct fetch_answer call_answer(struct call *c, CURLcode code);

/* Makes c as new. What it held of request and answer may have been secret, and is wiped. */
void call_reset(struct call *c);

#endif
