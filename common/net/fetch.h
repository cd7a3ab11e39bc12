/*
 * fetch.h - HTTP requests, many at once, each sent at most once
 *
 * Over curl_multi on a loop. What matters here is knowing what may have
 * happened: libcurl 7.88 by itself sends a POST again when a kept connection
 * dies before the first byte of an answer. A request marked `effect` can never
 * be sent twice, by three means of which each suffices: its body goes through
 * a read callback that cannot be rewound; without a body it goes over a fresh
 * connection; and libcurl asks before it writes a request, and is told no the
 * second time. The last is also the proof behind FETCH_UNSENT.
 *
 * HTTP/1.1 only, so that a connection that dies puts one request in doubt.
 * Redirects are never followed, proxies of the environment not used. Only http
 * and https are spoken. The program ignores SIGPIPE.
 */
#ifndef ROOST_COMMON_NET_FETCH_H
#define ROOST_COMMON_NET_FETCH_H

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/text.h"

struct loop;
struct fetch;

#define FETCH_BODY_MAX       ((size_t)4 * 1024 * 1024) /* bytes of an answer that are read */
#define FETCH_SEND_MAX       ((size_t)8 * 1024 * 1024) /* bytes of a request: headers and body */
#define FETCH_HEADERS_MAX    64    /* header lines of a request; of an answer that are kept */
#define FETCH_CONCURRENT_MAX 10000 /* requests under way through one door */

struct fetch_request {
	const char *method; /* "GET", "POST", "PUT", "PATCH", "DELETE" */
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	struct str body;
	bool effect;         /* must not be sent twice, whatever happens */
	usec_t timeout;      /* for the whole of it, at most 1 h; 0: 30 s. Connecting: 10 s. */
	const char *ca_file; /* PEM of extra authorities; NULL: the system's */

	/*
	 * Asked, with done()'s ctx, when the connection stands and the first byte is about to
	 * be written: false ends it FETCH_UNSENT. For a permission that runs out. NULL: always.
	 */
	bool (*may_send)(void *ctx);
};

/* What is known of a request that ended. */
enum fetch_end {
	FETCH_ANSWERED, /* a complete status line and header came; see `cut` for the body */
	FETCH_UNSENT,   /* proven: not a byte was written; name lookup, connect, TLS, bad URL */
	FETCH_UNKNOWN,  /* sent, or may have been, and no complete header came */
};

struct fetch_header {
	struct str name; /* as it came; compare without case */
	struct str value;
};

/* All of it lent for the callback. */
struct fetch_answer {
	enum fetch_end end;
	int status; /* HTTP status, 200 to 999; 0 unless FETCH_ANSWERED */
	bool cut;   /* the body ended early, or was larger than FETCH_BODY_MAX */
	struct str body;
	const struct fetch_header *headers;
	size_t header_count;
	usec_t took;
	const char *words; /* for a person: what went wrong; "" when nothing did */
};

/* The end of a request, called once, from the loop. It may start others, not free the door. */
typedef void fetch_done(void *ctx, const struct fetch_answer *a);

/*
 * A door on this loop, which must outlive it, with at most `concurrent` requests at once.
 * NULL when out of memory. Never names a token in words.
 */
MUST_USE struct fetch *fetch_new(struct loop *l, size_t concurrent);

/* Ends what is under way without calling back, then frees. */
void fetch_free(struct fetch *f);
AUTO_DEFINE(fetch)

/*
 * Starts one; copies all it is given and wipes the copy after use. ERR_UNAVAILABLE when
 * `concurrent` are under way, ERR_INVALID for another method or a header that is not one
 * line "Name: value", ERR_TOO_BIG above FETCH_SEND_MAX or FETCH_HEADERS_MAX, ERR_NOMEM.
 * On ERR_OK done() comes later, never from within the call; a bad URL ends FETCH_UNSENT.
 */
MUST_USE enum err fetch_start(
	struct fetch *f, const struct fetch_request *r, fetch_done *done, void *ctx);

/* How many are under way. */
size_t fetch_active(const struct fetch *f);

/* The value of a header, compared without case; {NULL, 0} when there is none. */
struct str fetch_header(const struct fetch_answer *a, const char *name);

/* Tests: counts what fetch has seen. */
struct fetch_counts {
	uint64_t started, answered, unsent, unknown;
};
struct fetch_counts fetch_counts(const struct fetch *f);

#endif
