/*
 * fetch.h - HTTP requests, many at once, each sent at most once
 *
 * Over curl_multi on a loop. What matters here is knowing what may have
 * happened: libcurl 7.88 by itself sends a POST again when a kept connection
 * dies before the first byte of an answer. A request marked `effect` can never
 * be sent twice: its body goes through a read callback that cannot be rewound,
 * and a request without a body goes over a fresh connection (design, trap 1).
 * Redirects are never followed. Only http and https are spoken.
 */
#ifndef ROOST_COMMON_NET_FETCH_H
#define ROOST_COMMON_NET_FETCH_H

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/text.h"

struct loop;
struct fetch;

#define FETCH_BODY_MAX    ((size_t)4 * 1024 * 1024) /* bytes of an answer that are read */
#define FETCH_HEADERS_MAX 64                        /* header lines of an answer that are kept */

struct fetch_request {
	const char *method; /* "GET", "POST", "PUT", "DELETE" */
	const char *url;
	const char *const *headers; /* "Name: value", NULL-terminated; may be NULL */
	struct str body;
	bool effect;       /* must not be sent twice, whatever happens */
	usec_t timeout;    /* for the whole of it; 0: FETCH default of 30 s */
	const char *ca_file; /* PEM of extra authorities; NULL: the system's */
};

/* What is known of a request that ended. */
enum fetch_end {
	FETCH_ANSWERED, /* a complete status line and header came; see `cut` for the body */
	FETCH_UNSENT,   /* proven not sent: name lookup, connect, TLS set-up, bad URL */
	FETCH_UNKNOWN,  /* sent, or may have been, and no complete header came */
};

struct fetch_header {
	struct str name; /* as it came; compare without case */
	struct str value;
};

/* All of it lent for the callback. */
struct fetch_answer {
	enum fetch_end end;
	int status; /* HTTP status; 0 unless FETCH_ANSWERED */
	bool cut;   /* the body ended early, or was larger than FETCH_BODY_MAX */
	struct str body;
	const struct fetch_header *headers;
	size_t header_count;
	usec_t took;
	const char *words; /* for a person: what went wrong; "" when nothing did */
};

/* The end of a request, called once, from the loop. It may start others. */
typedef void fetch_done(void *ctx, const struct fetch_answer *a);

/* A door on this loop with at most `concurrent` requests at once. Never names a token in words. */
MUST_USE struct fetch *fetch_new(struct loop *l, size_t concurrent);

/* Ends what is under way without calling back, then frees. */
void fetch_free(struct fetch *f);
AUTO_DEFINE(fetch)

/*
 * Starts one; copies all it is given and wipes the copy after use. ERR_UNAVAILABLE when
 * `concurrent` are under way. On ERR_OK done() comes later, never from within the call.
 */
MUST_USE enum err fetch_start(struct fetch *f, const struct fetch_request *r, fetch_done *done, void *ctx);

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
