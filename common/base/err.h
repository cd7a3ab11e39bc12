/*
 * err.h - how a function of roost says no
 *
 * A function that can fail returns an enum err: 0 is success, so
 * `if (e) return e;` reads as it should. The code is for the program; its
 * wire name is what an agent sees (docs/protocol.md); the words are for a
 * person, and are optional.
 */
#ifndef ROOST_COMMON_BASE_ERR_H
#define ROOST_COMMON_BASE_ERR_H

#include "common/base/base.h"

/* clang-format off */
/*        code             wire name            what a person reads */
#define ERR_TABLE(X) \
	X(ERR_OK,          "ok",                "ok") \
	X(ERR_NOMEM,       "internal",          "out of memory") \
	X(ERR_FORMAT,      "invalid_message",   "malformed data") \
	X(ERR_UNKNOWN_OP,  "unknown_op",        "no such operation") \
	X(ERR_INVALID,     "invalid_argument",  "invalid argument") \
	X(ERR_TOO_BIG,     "too_big",           "too big") \
	X(ERR_NOT_FOUND,   "not_found",         "not found") \
	X(ERR_CONFLICT,    "conflict",          "exists already, with other content") \
	X(ERR_DENIED,      "not_allowed",       "not allowed") \
	X(ERR_ENTITLEMENT, "not_entitled",      "not part of the app's plan") \
	X(ERR_GRANT,       "not_connected",     "the account is not connected") \
	X(ERR_POLICY,      "policy",            "against a rule") \
	X(ERR_BUDGET,      "over_budget",       "over the budget") \
	X(ERR_QUOTA,       "quota",             "over the quota") \
	X(ERR_STATE,       "wrong_state",       "not possible in this state") \
	X(ERR_UNAVAILABLE, "unavailable",       "not possible at this moment") \
	X(ERR_IO,          "internal",          "input/output error") \
	X(ERR_CORRUPT,     "internal",          "stored data is damaged") \
	X(ERR_CLOSED,      "unavailable",       "closed") \
	X(ERR_TIMEOUT,     "unavailable",       "timed out")
/* clang-format on */

enum err {
#define X(code, wire, text) code,
	ERR_TABLE(X)
#undef X
};

#define ERR_COUNT (ERR_TIMEOUT + 1)

/*
 * The words of one failure, outermost context first: "config: line 7: bad
 * duration". `field` names the part of a request that was wrong, such as
 * "jobs[2].args.text", or is empty. What does not fit is cut at a whole
 * character. Lives on the caller's stack; never allocates, never fails. Every function that
 * takes one also takes NULL.
 */
struct errmsg {
	char text[400];
	char field[120];
};

/* The name of `e` as the source spells it, such as "ERR_IO". Static storage. */
const char *err_name(enum err e);

/* The name of `e` on the wire, such as "invalid_argument". Static storage. */
const char *err_wire(enum err e);

/* The words for `e`, such as "input/output error". Static storage. */
const char *err_text(enum err e);

/* Sets m's words, clears its field, and returns e: `return err_say(m, ERR_IO, ...)` is one
 * line. */
enum err err_say(struct errmsg *m, enum err e, const char *fmt, ...) PRINTF(3, 4);

/* Puts "words: " before what m says, and returns e. */
enum err err_wrap(struct errmsg *m, enum err e, const char *fmt, ...) PRINTF(3, 4);

/*
 * Puts a path element before m's field, and returns e: "text" becomes
 * "args.text"; what begins with '[' is joined without a dot.
 */
enum err err_at(struct errmsg *m, enum err e, const char *fmt, ...) PRINTF(3, 4);

#endif
