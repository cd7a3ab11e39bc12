#include "worker/response.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/buf.h"
#include "tests/lib/test.h"
#include "worker/tree.h"

#define NOW_WALL INT64_C(1790000000000000) /* 2026-09-21T14:13:20Z */
static const struct now now = {.mono = USEC_HOUR, .wall = NOW_WALL};

#define HEADERS_MAX 16

/* "name: value" lines, NULL-terminated, as an answer's headers. */
static size_t read_headers(const char *const *lines, struct fetch_header out[HEADERS_MAX])
{
	size_t n = 0;

	for (; lines && lines[n]; n++) {
		const char *colon = strchr(lines[n], ':');

		out[n].name = (struct str){lines[n], (size_t)(colon - lines[n])};
		out[n].value = str_of(colon + 2);
	}
	return n;
}

static struct response read_with(
	enum call c, int status, const char *body, const char *const *headers)
{
	struct fetch_header h[HEADERS_MAX];
	struct fetch_answer a = {.end = FETCH_ANSWERED,
		.status = status,
		.body = str_of(body),
		.headers = h,
		.header_count = read_headers(headers, h),
		.words = ""};
	struct response r;

	response_read(c, &a, now, &r);
	return r;
}

static struct response read_body(enum call c, int status, const char *body)
{
	return read_with(c, status, body, NULL);
}

/* Asserts class and cause of an answer, whose `label` is for words; gives it back. */
static void gives(const char *label, enum call c, int status, const char *body,
	enum outcome_class class, enum outcome_cause cause)
{
	struct response r = read_body(c, status, body);
	const struct outcome *o = &r.outcome;

	if (o->class != class || o->cause != cause)
		fail_msg("%s on %s: %s/%s, not %s/%s", label, call_info(c)->operation,
			outcome_class_name(o->class), outcome_cause_name(o->cause),
			outcome_class_name(class), outcome_cause_name(cause));
	assert_int_equal(o->http_status, status);
	response_done(&r);
}

/* The status in the name of a fixture. */
static int status_of(const char *name)
{
	return (int)strtol(name + strcspn(name, "0123456789"), NULL, 10);
}

static char *slurp(const char *name)
{
	static char text[65536];
	char path[512];

	(void)snprintf(path, sizeof(path), TEST_DATA "/x-errors/%s", name);
	FILE *f = fopen(path, "r");
	if (!f)
		fail_msg("cannot open %s", path);
	text[fread(text, 1, sizeof(text) - 1, f)] = 0;
	(void)fclose(f);
	return text;
}

/* clang-format off */
static const struct {
	const char *file;
	enum call call;
	enum outcome_class class;
	enum outcome_cause cause;
} fixtures[] = {
	{"200-only-not-found.json",                CALL_GET_POST,    OUTCOME_REFUSED, CAUSE_NOT_FOUND},
	{"200-partial-not-found.json",             CALL_TIMELINE,    OUTCOME_DONE,    CAUSE_NONE},
	{"400-already-reposted.json",              CALL_REPOST,      OUTCOME_DONE,    CAUSE_ALREADY},
	{"400-exclusive-parameters.json",          CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_INVALID},
	{"400-invalid-media-ids.json",             CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_INVALID},
	{"400-validation.json",                    CALL_GET_USER,    OUTCOME_REFUSED, CAUSE_INVALID},
	{"401-invalid-token.json",                 CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_TOKEN},
	{"402-credits-depleted.json",              CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_CREDITS},
	{"403-client-not-enrolled.json",           CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_APP},
	{"403-delete-not-owner.json",              CALL_DELETE_POST, OUTCOME_REFUSED, CAUSE_FORBIDDEN},
	{"403-dm-not-permitted.json",              CALL_DM_USER,     OUTCOME_REFUSED, CAUSE_FORBIDDEN},
	{"403-duplicate-content.json",             CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_DUPLICATE},
	{"403-missing-scope.json",                 CALL_LIKE,        OUTCOME_REFUSED, CAUSE_SCOPE},
	{"403-not-permitted-or-too-long.json",     CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_NOT_PERMITTED},
	{"403-quote-not-allowed.json",             CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_QUOTE},
	{"403-reply-not-summoned.json",            CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_REPLY},
	{"403-spend-cap-reached.json",             CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_SPEND_CAP},
	{"403-unsupported-authentication.json",    CALL_CREATE_POST, OUTCOME_REFUSED, CAUSE_AUTH_KIND},
	{"429-rate-limit-code-88.json",            CALL_CREATE_POST, OUTCOME_LIMITED, CAUSE_RATE},
	{"429-rate-limit.json",                    CALL_CREATE_POST, OUTCOME_LIMITED, CAUSE_RATE},
	{"429-usage-capped.json",                  CALL_TIMELINE,    OUTCOME_REFUSED, CAUSE_USAGE_CAP},
	{"500-internal-server-error.json",         CALL_CREATE_POST, OUTCOME_UNKNOWN, CAUSE_SERVER},
	{"503-service-unavailable.json",           CALL_CREATE_POST, OUTCOME_UNKNOWN, CAUSE_OVERLOAD},
	/* of the token endpoint, which no worker calls; by their status they are what they say */
	{"token-400-invalid-authorization-code.json", CALL_GET_ME,   OUTCOME_REFUSED, CAUSE_INVALID},
	{"token-400-invalid-grant.json",           CALL_GET_ME,      OUTCOME_REFUSED, CAUSE_INVALID},
	{"token-400-invalid-refresh-token.json",   CALL_GET_ME,      OUTCOME_REFUSED, CAUSE_INVALID},
	{"token-401-missing-client-auth.json",     CALL_GET_ME,      OUTCOME_REFUSED, CAUSE_TOKEN},
};
/* clang-format on */

TEST(classifies_every_fixture_as_the_table_says)
{
	for (size_t i = 0; i < COUNT_OF(fixtures); i++) {
		const char *file = fixtures[i].file;

		gives(file, fixtures[i].call, status_of(file), slurp(file), fixtures[i].class,
			fixtures[i].cause);
	}
}

TEST(knows_every_fixture_there_is)
{
	DIR *d = opendir(TEST_DATA "/x-errors");
	const struct dirent *e;
	size_t count = 0;

	assert_non_null(d);
	while ((e = readdir(d)))
		count += strstr(e->d_name, ".json") != NULL;
	(void)closedir(d);
	assert_int_equal(count, COUNT_OF(fixtures));
}

/* clang-format off */
#define PROBLEM(detail) "{\"title\":\"Forbidden\",\"type\":\"about:blank\",\"status\":403,\"detail\":\"" detail "\"}"
#define CREATED "{\"data\":{\"id\":\"1900000000000000001\",\"text\":\"hello\"}}"

static const struct {
	const char *label;
	enum call call;
	int status;
	const char *body;
	enum outcome_class class;
	enum outcome_cause cause;
} cases[] = {
	{"created",            CALL_CREATE_POST, 201, CREATED, OUTCOME_DONE, CAUSE_NONE},
	{"created, no id",     CALL_CREATE_POST, 201, "{\"data\":{}}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"created, odd id",    CALL_CREATE_POST, 201, "{\"data\":{\"id\":\"12x\"}}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"created, number",    CALL_CREATE_POST, 201, "{\"data\":{\"id\":12}}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"created, cut",       CALL_CREATE_POST, 201, "{\"data\":{\"id\":\"19000", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"created, empty",     CALL_CREATE_POST, 201, "", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"created, an array",  CALL_CREATE_POST, 201, "[]", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"created, errors",    CALL_CREATE_POST, 200, "{\"errors\":[{\"title\":\"x\"}]}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"DM",                 CALL_DM_USER, 201, "{\"data\":{\"dm_conversation_id\":\"1-2\",\"dm_event_id\":\"77\"}}", OUTCOME_DONE, CAUSE_NONE},
	{"DM without event",   CALL_DM_USER, 201, "{\"data\":{\"dm_conversation_id\":\"1-2\"}}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"liked",              CALL_LIKE, 200, "{\"data\":{\"liked\":true}}", OUTCOME_DONE, CAUSE_NONE},
	{"pending follow",     CALL_FOLLOW, 200, "{\"data\":{\"following\":false,\"pending_follow\":true}}", OUTCOME_DONE, CAUSE_NONE},
	{"liked, garbage",     CALL_LIKE, 200, "<html>", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"liked, no data",     CALL_LIKE, 200, "{}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"empty page",         CALL_TIMELINE, 200, "{\"meta\":{\"result_count\":0}}", OUTCOME_DONE, CAUSE_NONE},
	{"page without data",  CALL_TIMELINE, 200, "{\"meta\":{}}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"user, no data",      CALL_GET_USER, 200, "{}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"408",                CALL_CREATE_POST, 408, "", OUTCOME_UNKNOWN, CAUSE_SERVER},
	{"502, HTML",          CALL_CREATE_POST, 502, "<html>bad gateway</html>", OUTCOME_UNKNOWN, CAUSE_SERVER},
	{"504 on a read",      CALL_GET_POST, 504, "", OUTCOME_UNKNOWN, CAUSE_SERVER},
	{"520",                CALL_LIKE, 520, "", OUTCOME_UNKNOWN, CAUSE_SERVER},
	{"500 with credits",   CALL_LIKE, 500, "{\"title\":\"CreditsDepleted\"}", OUTCOME_UNKNOWN, CAUSE_SERVER},
	{"302",                CALL_CREATE_POST, 302, "", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"99",                 CALL_CREATE_POST, 99, "", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"401, HTML",          CALL_GET_ME, 401, "<html>", OUTCOME_REFUSED, CAUSE_TOKEN},
	{"401, code 89",       CALL_GET_ME, 401, "{\"errors\":[{\"code\":89,\"message\":\"Invalid or expired token\"}]}", OUTCOME_REFUSED, CAUSE_TOKEN},
	{"402, empty",         CALL_LIKE, 402, "", OUTCOME_REFUSED, CAUSE_CREDITS},
	{"403 of credits",     CALL_LIKE, 403, "{\"title\":\"CreditsDepleted\",\"type\":\"https://api.x.com/2/problems/credits\"}", OUTCOME_REFUSED, CAUSE_CREDITS},
	{"429 of credits",     CALL_LIKE, 429, "{\"title\":\"SpendCapReached\",\"type\":\"https://api.x.com/2/problems/credits\"}", OUTCOME_REFUSED, CAUSE_SPEND_CAP},
	{"429, empty",         CALL_LIKE, 429, "", OUTCOME_LIMITED, CAUSE_RATE},
	{"usage cap on x.com", CALL_TIMELINE, 429, "{\"type\":\"https://api.x.com/2/problems/usage-capped\"}", OUTCOME_REFUSED, CAUSE_USAGE_CAP},
	{"not that type",      CALL_TIMELINE, 429, "{\"type\":\"https://api.x.com/2/problems/usage-capped-not\"}", OUTCOME_LIMITED, CAUSE_RATE},
	{"code 453",           CALL_LIKE, 403, "{\"errors\":[{\"code\":453,\"message\":\"You currently have access to a subset\"}]}", OUTCOME_REFUSED, CAUSE_APP},
	{"wrapped auth kind",  CALL_LIKE, 403, "{\"errors\":[{\"type\":\"https://api.twitter.com/2/problems/unsupported-authentication\",\"title\":\"Unsupported Authentication\"}]}", OUTCOME_REFUSED, CAUSE_AUTH_KIND},
	{"bare",               CALL_LIKE, 403, "{\"title\":\"Forbidden\",\"detail\":\"Forbidden\",\"type\":\"about:blank\"}", OUTCOME_REFUSED, CAUSE_SCOPE},
	{"403, empty",         CALL_LIKE, 403, "", OUTCOME_REFUSED, CAUSE_FORBIDDEN},
	{"403, other words",   CALL_LIKE, 403, PROBLEM("No."), OUTCOME_REFUSED, CAUSE_FORBIDDEN},
	{"blocked",            CALL_FOLLOW, 403, PROBLEM("You have been blocked from following this account."), OUTCOME_REFUSED, CAUSE_FORBIDDEN},
	{"target suspended",   CALL_FOLLOW, 403, PROBLEM("You cannot follow a suspended account."), OUTCOME_REFUSED, CAUSE_FORBIDDEN},
	{"suspended",          CALL_CREATE_POST, 403, PROBLEM("Your account is suspended and is not permitted to access this feature."), OUTCOME_REFUSED, CAUSE_ACCOUNT},
	{"locked",             CALL_CREATE_POST, 403, PROBLEM("To protect our users, this account is temporarily locked."), OUTCOME_REFUSED, CAUSE_ACCOUNT},
	{"automated",          CALL_CREATE_POST, 403, PROBLEM("This request looks like it might be automated."), OUTCOME_REFUSED, CAUSE_ACCOUNT},
	{"daily limit",        CALL_CREATE_POST, 403, PROBLEM("User is over daily status update limit."), OUTCOME_REFUSED, CAUSE_ACCOUNT},
	{"code 326",           CALL_CREATE_POST, 403, "{\"errors\":[{\"code\":326,\"message\":\"no\"}]}", OUTCOME_REFUSED, CAUSE_ACCOUNT},
	{"case of words",      CALL_CREATE_POST, 403, PROBLEM("You are not allowed to create a post with DUPLICATE CONTENT."), OUTCOME_REFUSED, CAUSE_DUPLICATE},
	{"already, not here",  CALL_LIKE, 400, "{\"errors\":[{\"message\":\"You cannot retweet a Tweet that you have already retweeted.\"}]}", OUTCOME_REFUSED, CAUSE_INVALID},
	{"gone already",       CALL_DELETE_POST, 404, "{\"title\":\"Not Found Error\",\"type\":\"https://api.twitter.com/2/problems/resource-not-found\"}", OUTCOME_DONE, CAUSE_ALREADY},
	{"gone, no words",     CALL_UNLIKE, 404, "", OUTCOME_DONE, CAUSE_ALREADY},
	{"no such post",       CALL_LIKE, 404, "{\"title\":\"Not Found Error\"}", OUTCOME_REFUSED, CAUSE_NOT_FOUND},
	{"no such user",       CALL_GET_USER, 404, "", OUTCOME_REFUSED, CAUSE_NOT_FOUND},
	{"endpoint gone",      CALL_CREATE_POST, 404, "", OUTCOME_REFUSED, CAUSE_SERVER},
	{"reply to nothing",   CALL_CREATE_POST, 404, "{\"type\":\"https://api.twitter.com/2/problems/resource-not-found\"}", OUTCOME_REFUSED, CAUSE_NOT_FOUND},
	{"409",                CALL_LIKE, 409, "", OUTCOME_REFUSED, CAUSE_FORBIDDEN},
	{"413",                CALL_CREATE_POST, 413, "", OUTCOME_REFUSED, CAUSE_INVALID},
	{"twice the same key", CALL_CREATE_POST, 201, "{\"data\":{\"id\":\"1\",\"id\":\"2\"}}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
	{"broken UTF-8",       CALL_CREATE_POST, 201, "{\"data\":{\"id\":\"1\",\"text\":\"\xff\"}}", OUTCOME_UNKNOWN, CAUSE_BAD_ANSWER},
};
/* clang-format on */

TEST(decides_by_status_then_type_then_title_then_words)
{
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		gives(cases[i].label, cases[i].call, cases[i].status, cases[i].body,
			cases[i].class, cases[i].cause);
}

TEST(takes_the_id_from_where_the_call_says)
{
	static const struct {
		enum call call;
		int status;
		const char *body, *id;
	} ids[] = {
		{CALL_CREATE_POST, 201, CREATED, "1900000000000000001"},
		{CALL_DM_USER, 201, "{\"data\":{\"dm_event_id\":\"77\"}}", "77"},
		{CALL_REPOST, 200, "{\"data\":{\"retweeted\":true,\"rest_id\":\"5\"}}", "5"},
		{CALL_REPOST, 200, "{\"data\":{\"retweeted\":true,\"id\":\"6\"}}", "6"},
		{CALL_GET_USER_BY_NAME, 200, "{\"data\":{\"id\":\"42\"}}", "42"},
		{CALL_LIKE, 200, "{\"data\":{\"liked\":true,\"id\":\"9\"}}", ""},
	};

	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		struct response r = read_body(ids[i].call, ids[i].status, ids[i].body);

		assert_string_equal(r.outcome.x_id, ids[i].id);
		response_done(&r);
	}
}

TEST(counts_the_objects_a_read_returned)
{
	static const struct {
		enum call call;
		const char *body;
		int64_t objects;
	} reads[] = {
		{CALL_TIMELINE, "{\"data\":[{\"id\":\"1\"},{\"id\":\"2\"}]}", 2},
		{CALL_TIMELINE, "{\"meta\":{\"result_count\":0}}", 0},
		{CALL_GET_USER, "{\"data\":{\"id\":\"1\"}}", 1},
		{CALL_LIKE, "{\"data\":{\"liked\":true}}", 0},
	};

	for (size_t i = 0; i < COUNT_OF(reads); i++) {
		struct response r = read_body(reads[i].call, 200, reads[i].body);

		assert_int_equal(r.outcome.objects, reads[i].objects);
		response_done(&r);
	}
}

TEST(keeps_what_came_with_partial_errors)
{
	struct response r = read_body(CALL_TIMELINE, 200, slurp("200-partial-not-found.json"));

	assert_int_equal(json_array_size(json_object_get(r.body, "data")), 1);
	assert_int_equal(json_array_size(json_object_get(r.body, "errors")), 1);
	assert_int_equal(r.outcome.objects, 1);
	response_done(&r);
}

TEST(repeats_the_most_telling_words_of_x)
{
	struct response r =
		read_body(CALL_CREATE_POST, 400, slurp("400-invalid-media-ids.json"));

	assert_string_equal(r.message, "Your media IDs are invalid.");
	response_done(&r);
	r = read_body(CALL_CREATE_POST, 403, slurp("403-duplicate-content.json"));
	assert_string_equal(
		r.message, "You are not allowed to create a Tweet with duplicate content.");
	response_done(&r);
	r = read_body(CALL_CREATE_POST, 502, "<html>");
	assert_string_equal(r.message, "HTTP 502");
	response_done(&r);
}

/* --- without a whole answer --- */

TEST(tells_what_was_not_sent_from_what_nobody_knows)
{
	static const struct {
		enum fetch_end end;
		enum outcome_class class;
		enum outcome_cause cause;
	} ends[] = {
		{FETCH_UNSENT, OUTCOME_UNSENT, CAUSE_NETWORK},
		{FETCH_UNKNOWN, OUTCOME_UNKNOWN, CAUSE_NO_ANSWER},
	};

	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		struct fetch_answer a = {.end = ends[i].end, .words = "it\nwas so"};
		struct response r;

		response_read(CALL_CREATE_POST, &a, now, &r);
		assert_int_equal(r.outcome.class, ends[i].class);
		assert_int_equal(r.outcome.cause, ends[i].cause);
		assert_int_equal(r.outcome.http_status, 0);
		assert_string_equal(r.message, "it?was so");
		response_done(&r);
	}
}

static struct response read_cut(enum call c, int status, const char *body)
{
	struct fetch_answer a = {.end = FETCH_ANSWERED,
		.status = status,
		.cut = true,
		.body = str_of(body),
		.words = "cut"};
	struct response r;

	response_read(c, &a, now, &r);
	return r;
}

TEST(believes_a_cut_body_as_far_as_it_goes)
{
	struct response r = read_cut(CALL_CREATE_POST, 201, "{\"data\":{\"id\":\"19");
	assert_int_equal(r.outcome.class, OUTCOME_UNKNOWN);
	assert_int_equal(r.outcome.cause, CAUSE_BAD_ANSWER);
	assert_int_equal(r.outcome.http_status, 201);
	response_done(&r);

	/* a no without its reason: nothing was done, so that even a post may be sent again */
	r = read_cut(CALL_CREATE_POST, 403, "{\"title\":\"Spend");
	assert_int_equal(r.outcome.class, OUTCOME_REFUSED);
	assert_int_equal(r.outcome.cause, CAUSE_BAD_ANSWER);
	response_done(&r);

	r = read_cut(CALL_CREATE_POST, 429, "{\"title\":\"Too");
	assert_int_equal(r.outcome.class, OUTCOME_LIMITED);
	response_done(&r);

	r = read_cut(CALL_CREATE_POST, 201, CREATED);
	assert_int_equal(r.outcome.class, OUTCOME_DONE);
	response_done(&r);
}

/* --- bounds --- */

static void fill(char *at, char c, size_t n)
{
	memset(at, c, n);
	at[n] = 0;
}

TEST(refuses_what_is_deep_or_has_too_many_values)
{
	static char text[4 * TREE_VALUES_MAX];
	json_t *t = NULL;

	fill(text, '[', TREE_DEPTH_MAX);
	fill(text + TREE_DEPTH_MAX, ']', TREE_DEPTH_MAX);
	assert_int_equal(tree_read(str_of(text), &t), ERR_OK);
	json_decref(t);
	fill(text, '[', TREE_DEPTH_MAX + 1);
	fill(text + TREE_DEPTH_MAX + 1, ']', TREE_DEPTH_MAX + 1);
	assert_int_equal(tree_read(str_of(text), &t), ERR_TOO_BIG);

	struct buf many;
	buf_init(&many, sizeof(text));
	buf_str(&many, "[[]");
	for (size_t i = 1; i < TREE_VALUES_MAX / 2; i++)
		buf_str(&many, ",[]");
	buf_str(&many, "]");
	assert_int_equal(tree_read(buf_view(&many), &t), ERR_TOO_BIG);
	buf_done(&many);
	assert_int_equal(
		tree_read(str_of("{\"a\":\"[[[[[[[[[[[[[[[[,,,\\\"[[\"}"), &t), ERR_OK);
	json_decref(t);
}

TEST(keeps_an_answer_that_is_too_large_to_itself)
{
	static char text[RESPONSE_KEEP_MAX + 200];
	static char xs[RESPONSE_KEEP_MAX + 1];

	fill(xs, 'x', RESPONSE_KEEP_MAX);
	(void)snprintf(text, sizeof(text), "{\"data\":{\"id\":\"1\",\"text\":\"%s\"}}", xs);
	struct response r = read_body(CALL_GET_POST, 200, text);
	assert_int_equal(r.outcome.class, OUTCOME_DONE);
	assert_true(r.too_big);
	assert_string_equal(r.outcome.x_id, "1");
	response_done(&r);
}

/* --- rate headers --- */

#define IN_10_MIN "x-rate-limit-reset: 1790000600"

TEST(reads_the_three_groups_whatever_their_case)
{
	static const char *const headers[] = {"X-Rate-Limit-Limit: 100",
		"x-rate-limit-remaining: 99", IN_10_MIN, "x-app-limit-24hour-limit: 10000",
		"X-APP-LIMIT-24HOUR-REMAINING: 0", "x-app-limit-24hour-reset: 1790003600",
		"x-user-limit-24hour-limit: 50", "x-user-limit-24hour-remaining: -3",
		"x-user-limit-24hour-reset: 1790003600", NULL};
	struct response r = read_with(CALL_CREATE_POST, 201, CREATED, headers);
	const struct rate_seen *rate = r.outcome.rate;

	assert_int_equal(rate[RATE_ENDPOINT].limit, 100);
	assert_int_equal(rate[RATE_ENDPOINT].remaining, 99);
	assert_int_equal(rate[RATE_ENDPOINT].resets_at, NOW_WALL + 10 * USEC_MIN);
	assert_int_equal(rate[RATE_APP_DAY].limit, 10000);
	assert_int_equal(rate[RATE_APP_DAY].remaining, 0);
	assert_int_equal(rate[RATE_USER_DAY].remaining, -3);
	response_done(&r);
}

TEST(brings_resets_within_reason)
{
	static const struct {
		const char *reset;
		usec_t at;
	} resets[] = {
		{"x-rate-limit-reset: 1", NOW_WALL},
		{"x-rate-limit-reset: 1789999999", NOW_WALL},
		{"x-rate-limit-reset: 2105360000",
			NOW_WALL + 25 * USEC_HOUR}, /* ten years on */
		{"x-rate-limit-reset: 99999999999", NOW_WALL + 25 * USEC_HOUR},
	};

	for (size_t i = 0; i < COUNT_OF(resets); i++) {
		const char *headers[] = {"x-rate-limit-limit: 15", "x-rate-limit-remaining: 0",
			resets[i].reset, NULL};
		struct response r = read_with(CALL_DM_USER, 429, "", headers);

		assert_int_equal(r.outcome.rate[RATE_ENDPOINT].resets_at, resets[i].at);
		response_done(&r);
	}
}

TEST(passes_over_groups_that_make_no_sense)
{
	static const char *const senseless[][4] = {
		{"x-rate-limit-limit: 0", "x-rate-limit-remaining: 0", IN_10_MIN, NULL},
		{"x-rate-limit-limit: many", "x-rate-limit-remaining: 0", IN_10_MIN, NULL},
		{"x-rate-limit-limit: 15", "x-rate-limit-remaining: ", IN_10_MIN, NULL},
		{"x-rate-limit-limit: 15", "x-rate-limit-remaining: 3",
			"x-rate-limit-reset: -5", NULL},
		{"x-rate-limit-limit: 99999999999999999999", "x-rate-limit-remaining: 3",
			IN_10_MIN, NULL},
		{"x-rate-limit-limit: 15", "x-rate-limit-remaining: 3", NULL, NULL},
	};

	for (size_t i = 0; i < COUNT_OF(senseless); i++) {
		struct response r = read_with(CALL_CREATE_POST, 201, CREATED, senseless[i]);

		assert_int_equal(r.outcome.rate[RATE_ENDPOINT].limit, 0);
		response_done(&r);
	}
}

TEST(does_not_believe_the_headers_of_another_refusal)
{
	static const char *const headers[] = {
		"x-rate-limit-limit: 40000", "x-rate-limit-remaining: 39999", IN_10_MIN, NULL};
	static const char *const files[] = {"403-duplicate-content.json",
		"429-usage-capped.json", "402-credits-depleted.json", "401-invalid-token.json"};

	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct response r = read_with(
			CALL_CREATE_POST, status_of(files[i]), slurp(files[i]), headers);

		assert_int_equal(r.outcome.rate[RATE_ENDPOINT].limit, 0);
		response_done(&r);
	}
	struct response r = read_with(CALL_CREATE_POST, 429, "", headers);
	assert_int_equal(r.outcome.rate[RATE_ENDPOINT].limit, 40000);
	response_done(&r);
}

/* --- when --- */

static usec_t parked(enum call c, int status, const char *body, const char *header)
{
	const char *headers[] = {header, NULL};
	struct response r = read_with(c, status, body, header ? headers : NULL);
	usec_t until = r.outcome.park_until;

	response_done(&r);
	return until;
}

TEST(honours_retry_after_in_both_forms)
{
	assert_int_equal(
		parked(CALL_LIKE, 429, "", "Retry-After: 90"), NOW_WALL + 90 * USEC_SEC);
	assert_int_equal(parked(CALL_LIKE, 503, "", "retry-after: 7"), NOW_WALL + 7 * USEC_SEC);
	assert_int_equal(
		parked(CALL_LIKE, 429, "", "retry-after: Mon, 21 Sep 2026 14:23:20 GMT"),
		NOW_WALL + 10 * USEC_MIN);
	assert_int_equal(
		parked(CALL_LIKE, 429, "", "retry-after: Mon, 21 Sep 2020 14:23:20 GMT"),
		NOW_WALL);
	assert_int_equal(
		parked(CALL_LIKE, 429, "", "retry-after: 99999999"), NOW_WALL + 25 * USEC_HOUR);
	assert_int_equal(parked(CALL_LIKE, 429, "", "retry-after: soon"), 0);
	assert_int_equal(
		parked(CALL_LIKE, 429, "", "retry-after: Mon, 21 Xxx 2026 14:23:20 GMT"), 0);
	assert_int_equal(parked(CALL_LIKE, 429, "", NULL), 0);
	assert_int_equal(parked(CALL_LIKE, 403, "", "retry-after: 7"), 0);
}

TEST(parks_until_a_reset_whose_group_is_not_whole)
{
	assert_int_equal(parked(CALL_LIKE, 429, "", IN_10_MIN), NOW_WALL + 10 * USEC_MIN);
}

TEST(parks_until_the_spending_limit_is_reset)
{
	char body[200];

	assert_int_equal(parked(CALL_LIKE, 403, slurp("403-spend-cap-reached.json"), NULL),
		INT64_C(1791936000) * USEC_SEC); /* 2026-10-14T00:00:00Z */
	(void)snprintf(body, sizeof(body),
		"{\"title\":\"SpendCapReached\",\"reset_date\":\"%s\"}", "2020-01-01");
	assert_int_equal(parked(CALL_LIKE, 403, body, NULL), 0);
	(void)snprintf(body, sizeof(body),
		"{\"title\":\"SpendCapReached\",\"reset_date\":\"%s\"}", "2226-01-01");
	assert_int_equal(parked(CALL_LIKE, 403, body, NULL), NOW_WALL + 62 * USEC_DAY);
	assert_int_equal(
		parked(CALL_LIKE, 403,
			"{\"title\":\"SpendCapReached\",\"reset_date\":20261014}", NULL),
		0);
}
