/*
 * call.h - one request to the simulated X, on its way through the rules
 *
 * api.c leads it past the doors every call has (route, token, windows, scope,
 * body) and then to the handler of its row in routes.def; the handler changes
 * the world and answers with one of the functions below, once.
 */
#ifndef ROOST_TESTS_XSIM_CALLS_CALL_H
#define ROOST_TESTS_XSIM_CALLS_CALL_H

#include "common/net/httpd.h"
#include "tests/xsim/calls/render.h"
#include "tests/xsim/need.h"
#include "tests/xsim/params.h"
#include "tests/xsim/routes.h"
#include "tests/xsim/xsim.h"

struct call {
	struct xsim *x;
	const struct httpd_request *r;
	struct httpd_answer *a;
	const struct route *route;
	struct str path[ROUTE_PARAMS_MAX]; /* what stands for {id} and the like */
	struct params query;
	uint32_t user; /* whose token it is, a slot; NOBODY for an app-only token */
	uint32_t app;
	const struct grant *grant; /* NULL for an app-only token */
	json_t *body;              /* owned; NULL when the call has none */
};

/* The user whose token it is. */
struct user *call_user(const struct call *c);

/* A number that the path names; it is an id by then. */
uint64_t call_id(const struct call *c, size_t param);

/* An id of X as a number; and one in the body, which the schema wants there. */
uint64_t id_of(struct str text);
uint64_t body_id(const struct call *c, const char *name);

/* An id as JSON. The caller's. */
json_t *id_json(uint64_t id);

/* Answers with JSON; takes j. */
void answer_json(struct call *c, int status, json_t *j);

/* Answers {"data": data}; takes data. */
void answer_data(struct call *c, int status, json_t *data);

/* Answers with a fixture of tests/data/x-errors, by its name, such as "403-duplicate-content".
 */
void answer_fixture(struct call *c, const char *name);

/* Answers 403 of the usual shape with these words. */
void answer_forbidden(struct call *c, const char *detail);

/* Answers 400 about one parameter; NULL name: about none. */
void answer_invalid(struct call *c, const char *name, struct str value, const char *fmt, ...)
	PRINTF(4, 5);

/* Answers 400 with this message about these parameters. */
void answer_problem(struct call *c, json_t *parameters, const char *message);

/* What was found and what was not, of the things asked for. */
struct found {
	json_t *data, *errors; /* owned arrays */
	json_t *users;         /* owned: of `includes`; NULL: none */
};
struct found found_new(void);
void found_drop(struct found *f);

/* Includes the author of a post that was found, once, if the query asks for that. */
void found_author(const struct call *c, struct found *f, uint32_t post);

/* Answers 200 with it: an empty list is left out, as X does. Takes f's lists and meta, which
 * may be NULL. */
void answer_found(struct call *c, struct found *f, json_t *meta);

/* The members of "errors" that say that something must not be seen. The caller's. */
json_t *not_authorized_error(const char *what, const char *parameter, struct str value);

/* The member of "errors" that says that something does not exist. The caller's. */
json_t *not_found_error(const char *what, const char *parameter, struct str value);

/* Answers 404 with that as a problem of its own. */
void answer_not_found(
	struct call *c, const char *what, const char *parameter, struct str value);

/* What a call did, for the ledger. */
struct effect {
	const char *action;
	uint64_t id;      /* what it made or changed; 0: none */
	const char *text; /* as it came; may be NULL */
	uint64_t target;  /* the post, user or conversation it acts on; 0: none */
	bool unchanged;   /* it was so already */
	json_t *media;    /* ids of its media; lent; NULL: none */
};

/* Writes an effect to the ledger, before the answer. */
void call_effect(struct call *c, const struct effect *e);

/*
 * Whether those ids (an array of texts) may be in one post, or one direct message, of the
 * caller.
 */
bool media_are_ready(struct call *c, const json_t *ids, bool in_message);

/* The fields asked for. */
struct shape call_shape(const struct call *c);

/* Takes what stands before the next comma out of *rest. False at the end. */
bool list_next(struct str *rest, struct str *item);

#endif
