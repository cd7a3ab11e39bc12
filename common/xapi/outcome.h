/*
 * outcome.h - what an attempt came to
 *
 * The one word that worker and core share: the worker classifies what it saw
 * (by X's decision table), the core decides what follows.
 */
#ifndef ROOST_COMMON_XAPI_OUTCOME_H
#define ROOST_COMMON_XAPI_OUTCOME_H

#include "common/base/clock.h"
#include "common/base/text.h"

/* clang-format off */
/*        class            wire name  */
#define OUTCOME_CLASSES(X) \
	X(OUTCOME_DONE,    "done")     /* definite success */ \
	X(OUTCOME_REFUSED, "refused")  /* a definite no, with a cause */ \
	X(OUTCOME_LIMITED, "limited")  /* 429: parked until the reset, no attempt burned */ \
	X(OUTCOME_UNSENT,  "unsent")   /* proven not sent */ \
	X(OUTCOME_UNKNOWN, "unknown")  /* sent, and nobody can know */

/* What the core does with a refusal or a doubt. */
enum outcome_then {
	THEN_FAIL,          /* final for this job */
	THEN_AGAIN,         /* try once more later, with backoff (reads; what is safe to repeat) */
	THEN_TOKEN,         /* refresh once, repeat once; then the account needs its user */
	THEN_PARK_ACCOUNT,  /* the account's jobs wait for hours, the user is told */
	THEN_PARK_APP,      /* the app's jobs wait, with a slow probe */
	THEN_REMEMBER,      /* the app may not do it: its jobs of the kind wait for an operator */
	THEN_PARK_READS,    /* the app's reads wait until the usage cap resets */
};

/*        cause                 error code in results    then               a person reads */
#define OUTCOME_CAUSES(X) \
	X(CAUSE_NONE,           "none",                 THEN_FAIL,         "") \
	X(CAUSE_ALREADY,        "already",              THEN_FAIL,         "it was so already") \
	X(CAUSE_INVALID,        "invalid_request",      THEN_FAIL,         "X says the request is malformed") \
	X(CAUSE_TOKEN,          "token",                THEN_TOKEN,        "X does not accept the access token") \
	X(CAUSE_SCOPE,          "missing_scope",        THEN_FAIL,         "the account granted too few scopes; reconnect it with more") \
	X(CAUSE_DUPLICATE,      "duplicate_content",    THEN_FAIL,         "the account posted the same text recently") \
	X(CAUSE_REPLY,          "reply_not_allowed",    THEN_FAIL,         "X does not allow this reply: its author has not summoned the account, or has restricted replies") \
	X(CAUSE_QUOTE,          "quote_not_allowed",    THEN_FAIL,         "X does not allow quoting this post") \
	X(CAUSE_NOT_PERMITTED,  "not_permitted",        THEN_FAIL,         "X does not permit this: the text is too long for the account, or the action is refused") \
	X(CAUSE_FORBIDDEN,      "forbidden",            THEN_FAIL,         "X refused the action") \
	X(CAUSE_NOT_FOUND,      "not_found",            THEN_FAIL,         "deleted, protected, or the id is wrong") \
	X(CAUSE_CREDITS,        "credits_depleted",     THEN_PARK_APP,     "the app's developer account has no credits left; buy some in X's developer console") \
	X(CAUSE_SPEND_CAP,      "spend_cap_reached",    THEN_PARK_APP,     "the app reached its spending limit at X; raise it, or wait for the next billing cycle") \
	X(CAUSE_USAGE_CAP,      "usage_capped",         THEN_PARK_READS,   "the app's monthly read cap at X is used up") \
	X(CAUSE_APP,            "client_forbidden",     THEN_REMEMBER,     "X does not let this app call this; check its project and plan in X's developer console") \
	X(CAUSE_AUTH_KIND,      "unsupported_auth",     THEN_FAIL,         "X wants another kind of token here; connect the account with OAuth 2.0") \
	X(CAUSE_ACCOUNT,        "account_restricted",   THEN_PARK_ACCOUNT, "X has locked, suspended or restricted the account") \
	X(CAUSE_RATE,           "rate_limited",         THEN_FAIL,         "X's rate limit is used up") \
	X(CAUSE_SERVER,         "server_error",         THEN_AGAIN,        "X had an error of its own") \
	X(CAUSE_OVERLOAD,       "overloaded",           THEN_AGAIN,        "X is overloaded") \
	X(CAUSE_NETWORK,        "network",              THEN_AGAIN,        "X could not be reached") \
	X(CAUSE_NO_ANSWER,      "no_answer",            THEN_AGAIN,        "no complete answer came from X") \
	X(CAUSE_BAD_ANSWER,     "bad_answer",           THEN_AGAIN,        "X's answer was not what its specification says") \
	X(CAUSE_LEASE_LOST,     "lease_lost",           THEN_AGAIN,        "the worker that had begun it was lost") \
	X(CAUSE_WORKER,         "worker_error",         THEN_AGAIN,        "the worker could not make the request") \
	X(CAUSE_ATTEMPTS,       "attempts_exhausted",   THEN_FAIL,         "every allowed attempt failed") \
	X(CAUSE_POISON,         "poison",               THEN_FAIL,         "several workers died while they had it: it is not given to another one") \
	X(CAUSE_UNSURE,         "unsure",               THEN_FAIL,         "nobody can tell whether it happened; look at X, then resolve the job") \
	X(CAUSE_DEPENDENCY,     "dependency",           THEN_FAIL,         "a job it had to wait for did not end well") \
	X(CAUSE_EXPIRED,        "expired",              THEN_FAIL,         "its time was over before it could run") \
	X(CAUSE_CANCELLED,      "cancelled",            THEN_FAIL,         "it was cancelled") \
	X(CAUSE_REJECTED,       "rejected",             THEN_FAIL,         "it was held, and somebody rejected it")
/* clang-format on */

enum outcome_class {
#define X(class, name) class,
	OUTCOME_CLASSES(X)
#undef X
};

enum outcome_cause {
#define X(cause, name, then, text) cause,
	OUTCOME_CAUSES(X)
#undef X
};

const char *outcome_class_name(enum outcome_class c);
bool outcome_class_parse(struct str name, enum outcome_class *ret);
const char *outcome_cause_name(enum outcome_cause c);
bool outcome_cause_parse(struct str name, enum outcome_cause *ret);
enum outcome_then outcome_cause_then(enum outcome_cause c);
const char *outcome_cause_text(enum outcome_cause c);

/* Which of X's three groups of rate headers. */
enum rate_group {
	RATE_ENDPOINT, /* x-rate-limit-*: this endpoint, this credential */
	RATE_APP_DAY,  /* x-app-limit-24hour-* */
	RATE_USER_DAY, /* x-user-limit-24hour-* */
	RATE_GROUPS,
};

/* One group as X sent it. A group that did not come, or made no sense, has limit 0. */
struct rate_seen {
	int64_t limit;
	int64_t remaining; /* may be negative */
	usec_t resets_at;  /* wall */
};

/* What looking at X found for an unsure job. */
enum look {
	LOOK_NONE, /* the attempt was no look */
	LOOK_FOUND,
	LOOK_ABSENT,
	LOOK_CANNOT, /* the look itself failed */
};

/* A value; what points is not in here. */
struct outcome {
	enum outcome_class class;
	enum outcome_cause cause;
	int http_status;   /* 0: none came */
	usec_t park_until; /* wall: SpendCapReached's reset date, Retry-After; 0: not said */
	struct rate_seen rate[RATE_GROUPS];
	int64_t objects; /* objects returned, for the price of reads */
	enum look look;
	char x_id[24]; /* of what was made or found; "" */
};

#endif
