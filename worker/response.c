#include "worker/response.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "worker/problem.h"
#include "worker/tree.h"

#define PARK_MAX \
	(62 * USEC_DAY) /* a billing cycle and a month: no date of X's is further off */

/* What a row may ask of call and answer besides the status: all bits it names must be there. */
enum trait {
	IS_UNDO = 1,    /* the call takes something back */
	IS_REPOST = 2,  /* the call is a repost */
	NO_ITEM = 4,    /* the call's path names nothing that could be missing */
	UNREADABLE = 8, /* the body is no JSON object */
	CUT = 16,       /* ... because it ended early */
	BARE = 32,      /* title and detail are the status in words, or absent */
	NO_ID = 64, /* the call cannot be repeated, and the answer has no id of what it made */
	ONLY_ERRORS = 128, /* errors, and no data */
	NO_DATA = 256,     /* neither data nor a count of it */
};

struct rule {
	int least, most; /* status */
	unsigned traits;
	int code;          /* of the old style; 0: any */
	const char *type;  /* what follows /problems/ in a type; NULL: any */
	const char *title; /* a title or reason; NULL: any */
	const char *words; /* part of the words, without regard to case; NULL: any */
	const char *also;  /* another part of them */
	enum outcome_class class;
	enum outcome_cause cause;
};

/* clang-format off */
#define ON(status)           .least = (status), .most = (status)
#define GIVES(class_, cause_) .class = OUTCOME_##class_, .cause = CAUSE_##cause_
static const struct rule rules[] = {
	{ON(408), GIVES(UNKNOWN, SERVER)},
	{ON(503), GIVES(UNKNOWN, OVERLOAD)},
	{.least = 500, .most = 599, GIVES(UNKNOWN, SERVER)},
	{ON(401), GIVES(REFUSED, TOKEN)},
	{.least = 400, .most = 499, .title = "SpendCapReached", GIVES(REFUSED, SPEND_CAP)},
	{ON(402), GIVES(REFUSED, CREDITS)},
	{.least = 400, .most = 499, .type = "credits", GIVES(REFUSED, CREDITS)},
	{ON(429), .type = "usage-capped", GIVES(REFUSED, USAGE_CAP)},
	{ON(429), .title = "UsageCapExceeded", GIVES(REFUSED, USAGE_CAP)},
	{ON(429), GIVES(LIMITED, RATE)},
	{ON(403), .traits = CUT, GIVES(REFUSED, BAD_ANSWER)}, /* a no for sure, so it can be asked again */
	{ON(403), .words = "duplicate content", GIVES(REFUSED, DUPLICATE)},
	{ON(403), .words = "reply to this conversation is not allowed", GIVES(REFUSED, REPLY)},
	{ON(403), .words = "quoting this post is not allowed", GIVES(REFUSED, QUOTE)},
	{ON(403), .traits = BARE, GIVES(REFUSED, SCOPE)},
	{ON(403), .words = "not permitted to perform this action", GIVES(REFUSED, NOT_PERMITTED)},
	{ON(403), .type = "client-forbidden", GIVES(REFUSED, APP)},
	{ON(403), .code = 453, GIVES(REFUSED, APP)},
	{ON(403), .type = "unsupported-authentication", GIVES(REFUSED, AUTH_KIND)},
	/* X does not say how v2 words what is wrong with the account: old numbers, and likely words */
	{ON(403), .code = 64, GIVES(REFUSED, ACCOUNT)},
	{ON(403), .code = 185, GIVES(REFUSED, ACCOUNT)},
	{ON(403), .code = 226, GIVES(REFUSED, ACCOUNT)},
	{ON(403), .code = 326, GIVES(REFUSED, ACCOUNT)},
	{ON(403), .words = "a suspended ", GIVES(REFUSED, FORBIDDEN)}, /* the other one is */
	{ON(403), .words = "suspended", .also = "account", GIVES(REFUSED, ACCOUNT)},
	{ON(403), .words = "suspended", .also = "you are", GIVES(REFUSED, ACCOUNT)},
	{ON(403), .words = "suspended", .also = "you have been", GIVES(REFUSED, ACCOUNT)},
	{ON(403), .words = " locked", .also = "account", GIVES(REFUSED, ACCOUNT)},
	{ON(403), .words = "automated", GIVES(REFUSED, ACCOUNT)},
	{ON(403), .words = "daily", .also = "limit", GIVES(REFUSED, ACCOUNT)},
	{ON(403), GIVES(REFUSED, FORBIDDEN)},
	{ON(400), .traits = IS_REPOST, .words = "already retweeted", GIVES(DONE, ALREADY)},
	{ON(400), .traits = CUT, GIVES(REFUSED, BAD_ANSWER)},
	{ON(404), .traits = IS_UNDO, GIVES(DONE, ALREADY)},
	{ON(404), .type = "resource-not-found", GIVES(REFUSED, NOT_FOUND)},
	{ON(404), .traits = NO_ITEM, GIVES(REFUSED, SERVER)}, /* the endpoint is gone, for a while */
	{ON(404), GIVES(REFUSED, NOT_FOUND)},
	{.least = 409, .most = 410, GIVES(REFUSED, FORBIDDEN)},
	{.least = 400, .most = 499, GIVES(REFUSED, INVALID)},
	{.least = 200, .most = 299, .traits = UNREADABLE, GIVES(UNKNOWN, BAD_ANSWER)},
	{.least = 200, .most = 299, .traits = NO_ID, GIVES(UNKNOWN, BAD_ANSWER)},
	{.least = 200, .most = 299, .traits = ONLY_ERRORS, GIVES(REFUSED, NOT_FOUND)},
	{.least = 200, .most = 299, .traits = NO_DATA, GIVES(UNKNOWN, BAD_ANSWER)},
	{.least = 200, .most = 299, GIVES(DONE, NONE)},
	{.least = 0, .most = INT_MAX, GIVES(UNKNOWN, BAD_ANSWER)},
};
#undef ON
#undef GIVES
/* clang-format on */

static bool rule_matches(
	const struct rule *r, int status, unsigned traits, const struct problem *p)
{
	if (status < r->least || status > r->most || (r->traits & ~traits))
		return false;
	return (!r->type || problem_has_type(p, r->type)) &&
	       (!r->title || problem_has_title(p, r->title)) &&
	       (!r->words || problem_says(p, r->words)) &&
	       (!r->also || problem_says(p, r->also)) &&
	       (!r->code || problem_has_code(p, r->code));
}

static const struct rule *find_rule(int status, unsigned traits, const struct problem *p)
{
	const struct rule *r = rules;

	while (!rule_matches(r, status, traits, p))
		r++; /* the last row matches every status there can be */
	return r;
}

/* The id of what was made, where the call's row says it is. */
static struct str id_of(const struct call_info *info, const json_t *body)
{
	struct str id = tree_text(body, info->x_id);

	if (!id.len && strcmp(info->x_id, "data.rest_id") == 0)
		id = tree_text(body, "data.id"); /* as X called it before */
	return text_is_x_id(id) ? id : str_of("");
}

static bool has_count(const json_t *body)
{
	return json_is_integer(tree_at(body, "meta.result_count"));
}

static unsigned traits_of(
	enum call c, const struct fetch_answer *a, const json_t *body, const struct problem *p)
{
	const struct call_info *info = call_info(c);
	bool data = json_object_get(body, "data") != NULL;
	bool errors = json_array_size(json_object_get(body, "errors")) > 0;
	bool made =
		(info->flags & CALL_REPEATABLE) || !info->x_id[0] || id_of(info, body).len > 0;

	return (info->flags & CALL_UNDO ? IS_UNDO : 0) | (c == CALL_REPOST ? IS_REPOST : 0) |
	       (strchr(info->path, '{') ? 0 : NO_ITEM) | (body ? 0 : UNREADABLE) |
	       (!body && a->cut ? CUT : 0) | (body && problem_is_bare(p) ? BARE : 0) |
	       (made ? 0 : NO_ID) | (errors && !data ? ONLY_ERRORS : 0) |
	       (data || has_count(body) ? 0 : NO_DATA);
}

/* Objects returned by a read, which are what it costs. */
static int64_t count_objects(const struct call_info *info, const json_t *body)
{
	const json_t *data = json_object_get(body, "data");

	if (info->flags & CALL_EFFECT)
		return 0;
	return json_is_array(data) ? (int64_t)json_array_size(data) : json_is_object(data);
}

/* --- headers --- */

static usec_t clamp(usec_t at, usec_t least, usec_t most)
{
	if (at < least)
		return least;
	return at > most ? most : at;
}

/* Seconds since 1970, as an instant that makes sense. */
static usec_t sane_reset(int64_t seconds, struct now now)
{
	usec_t most = now.wall + 25 * USEC_HOUR;

	return seconds > most / USEC_SEC ? most : clamp(seconds * USEC_SEC, now.wall, most);
}

static bool read_number(
	const struct fetch_answer *a, const char *group, const char *what, int64_t *ret)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s-%s", group, what);
	return !text_to_int(fetch_header(a, name), -INT32_MAX, INT64_C(100000000000), ret);
}

static const char *const rate_names[RATE_GROUPS] = {
	[RATE_ENDPOINT] = "x-rate-limit",
	[RATE_APP_DAY] = "x-app-limit-24hour",
	[RATE_USER_DAY] = "x-user-limit-24hour",
};

void response_rates(
	const struct fetch_answer *a, struct now now, struct rate_seen out[RATE_GROUPS])
{
	for (size_t i = 0; i < RATE_GROUPS; i++) {
		int64_t limit, remaining, reset;

		out[i] = (struct rate_seen){0};
		if (!read_number(a, rate_names[i], "limit", &limit) ||
			!read_number(a, rate_names[i], "remaining", &remaining) ||
			!read_number(a, rate_names[i], "reset", &reset) || limit < 1 ||
			limit > INT32_MAX || reset < 0)
			continue;
		out[i].limit = limit;
		out[i].remaining = remaining > limit ? limit : remaining;
		out[i].resets_at = sane_reset(reset, now);
	}
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool read_http_date(struct str s, usec_t *ret)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char text[32];

	if (s.len != 29 || memcmp(s.at + 25, " GMT", 4) != 0)
		return false;
	const char *month = memmem(months, sizeof(months) - 1, s.at + 8, 3);
	if (!month)
		return false;
	(void)snprintf(text, sizeof(text), "%.4s-%02d-%.2sT%.8sZ", s.at + 12,
		(int)(month - months) / 3 + 1, s.at + 5, s.at + 17);
	return !text_to_time(str_of(text), ret);
}

usec_t response_retry_after(const struct fetch_answer *a, struct now now)
{
	struct str s = fetch_header(a, "retry-after");
	int64_t seconds;
	usec_t at;

	if (!text_to_int(s, 0, INT32_MAX, &seconds))
		at = now.wall + seconds * USEC_SEC;
	else if (!read_http_date(s, &at))
		return 0;
	return clamp(at, now.wall, now.wall + 25 * USEC_HOUR);
}

/* The latest reset that came at all, for a 429 whose groups are not whole. */
static usec_t any_reset(const struct fetch_answer *a, struct now now)
{
	usec_t latest = 0;

	for (size_t i = 0; i < RATE_GROUPS; i++) {
		int64_t reset;

		if (!read_number(a, rate_names[i], "reset", &reset) || reset < 0)
			continue;
		usec_t at = sane_reset(reset, now);
		latest = at > latest ? at : latest;
	}
	return latest;
}

static bool any_group(const struct rate_seen rate[RATE_GROUPS])
{
	for (size_t i = 0; i < RATE_GROUPS; i++)
		if (rate[i].limit)
			return true;
	return false;
}

/* "2026-10-14", midnight UTC assumed; 0 when it is none or is over. */
static usec_t reset_date(const json_t *body, struct now now)
{
	struct str date = tree_text(body, "reset_date");
	char text[32];
	usec_t at;

	(void)snprintf(text, sizeof(text), "%.*sT00:00:00Z", (int)(date.len == 10 ? 10 : 0),
		date.at ? date.at : "");
	if (text_to_time(str_of(text), &at) || at <= now.wall)
		return 0;
	return clamp(at, now.wall, now.wall + PARK_MAX);
}

static usec_t park_until(const struct response *r, const struct fetch_answer *a, struct now now)
{
	const struct outcome *o = &r->outcome;

	if (o->cause == CAUSE_SPEND_CAP)
		return reset_date(r->body, now);
	if (o->class != OUTCOME_LIMITED && o->class != OUTCOME_UNKNOWN)
		return 0;
	usec_t at = response_retry_after(a, now);
	return at || o->class == OUTCOME_UNKNOWN || any_group(o->rate) ? at : any_reset(a, now);
}

/*
 * Whether the rate headers speak of what decided. Refused for the token, for money or by a
 * rule, X has been seen to send 40,000 with 39,999 left where the true limit is 100.
 */
static bool rates_are_meant(const struct outcome *o)
{
	bool otherwise =
		(o->http_status >= 401 && o->http_status <= 403) || o->http_status == 429;

	return o->class != OUTCOME_REFUSED || !otherwise;
}

/* --- words --- */

static void say_bad(struct response *r, const struct fetch_answer *a, unsigned traits)
{
	const char *what = traits & CUT          ? "its body was cut off"
			   : traits & UNREADABLE ? "its body is no JSON within bounds"
			   : traits & NO_ID      ? "its body does not name what was made"
						 : "its body has no data";

	if (a->status < 200 || a->status > 299)
		what = "its specification has no such answer";
	(void)snprintf(r->message, sizeof(r->message), "HTTP %d, but %s", a->status, what);
}

static void say(struct response *r, const struct fetch_answer *a, unsigned traits,
	const struct problem *p)
{
	struct str words = problem_words(p);

	if (r->outcome.class == OUTCOME_DONE && r->outcome.cause == CAUSE_NONE)
		return;
	if (r->outcome.cause == CAUSE_BAD_ANSWER)
		say_bad(r, a, traits);
	else if (words.len)
		text_show(words, r->message, sizeof(r->message));
	else
		(void)snprintf(r->message, sizeof(r->message), "HTTP %d", a->status);
}

static void read_answered(
	enum call c, const struct fetch_answer *a, struct now now, struct response *r)
{
	struct outcome *o = &r->outcome;
	struct problem p;

	if (tree_read(a->body, &r->body) || !json_is_object(r->body)) {
		json_decref(r->body);
		r->body = NULL;
	}
	problem_init(&p, r->body);
	unsigned traits = traits_of(c, a, r->body, &p);
	const struct rule *rule = find_rule(a->status, traits, &p);
	o->class = rule->class;
	o->cause = rule->cause;
	o->http_status = a->status;
	if (rates_are_meant(o))
		response_rates(a, now, o->rate);
	o->park_until = park_until(r, a, now);
	say(r, a, traits, &p);
	if (o->class != OUTCOME_DONE)
		return;
	o->objects = count_objects(call_info(c), r->body);
	struct str id = id_of(call_info(c), r->body);
	(void)snprintf(o->x_id, sizeof(o->x_id), "%.*s", STR_ARG(id));
}

void response_read(
	enum call c, const struct fetch_answer *a, struct now now, struct response *ret)
{
	*ret = (struct response){.too_big = a->body.len > RESPONSE_KEEP_MAX};
	if (a->end == FETCH_ANSWERED) {
		read_answered(c, a, now, ret);
		return;
	}
	bool unsent = a->end == FETCH_UNSENT;
	ret->outcome.class = unsent ? OUTCOME_UNSENT : OUTCOME_UNKNOWN;
	ret->outcome.cause = unsent ? CAUSE_NETWORK : CAUSE_NO_ANSWER;
	text_show(str_of(a->words ? a->words : ""), ret->message, sizeof(ret->message));
}

void response_done(struct response *r)
{
	json_decref(r->body);
	r->body = NULL;
}
