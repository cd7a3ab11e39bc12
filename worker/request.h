/*
 * request.h - from an action and its arguments to the HTTP request
 *
 * Driven by the tables of common/xapi alone, by the rules in actions.h: a
 * call's row gives method and path, an argument's row says where it goes.
 * What no row names is never sent, since X refuses unknown keys.
 */
#ifndef ROOST_WORKER_REQUEST_H
#define ROOST_WORKER_REQUEST_H

#include <jansson.h>

#include "common/base/buf.h"
#include "common/xapi/actions.h"

#define REQUEST_URL_MAX  65536
#define REQUEST_BODY_MAX ((size_t)256 * 1024)

struct request {
	enum call call;
	const char *method; /* static */
	struct buf url;     /* complete, percent-encoded */
	struct buf body;    /* JSON; empty when the call has none */
};

/* One thing to put into a request that no agent asked for in so many words. */
struct request_part {
	enum arg_place place; /* PLACE_PATH or PLACE_QUERY */
	const char *target;
	struct str value; /* lent for the call */
};

/* What a call is made with besides its arguments. All of it lent for the call. */
struct request_self {
	const char *base_url; /* "https://api.x.com", without a slash at its end */
	struct str user_id;   /* of the acting account */
};

/* The call an action leads to when it is given these arguments (an object, or NULL: none). */
enum call request_call(const struct action *a, const json_t *args);
/*
 * Makes the request of an action. ERR_INVALID, with words, when an argument is not one of the
 * action's, is of a type that cannot be written, or is missing from the path; ERR_TOO_BIG,
 * ERR_NOMEM. On ERR_OK *ret is to be ended with request_done(); else it is empty.
 */
MUST_USE enum err request_build(const struct request_self *self, const struct action *a,
	const json_t *args, struct request *ret, struct errmsg *m);

/* The text of the argument that fills a placeholder, or {NULL, 0}. Lent by args. */
struct str request_path_arg(
	const struct action *a, const json_t *args, const char *placeholder);

/* Makes a request without a body out of parts. Errors as above. */
MUST_USE enum err request_plain(const struct request_self *self, enum call c,
	const struct request_part *parts, size_t part_count, struct request *ret);

/* Gives its memory back. A request of zeroes is allowed. */
void request_done(struct request *r);

#endif
