/* The tables of common/xapi against X's own specification, tests/data/openapi.json (2.167). */
#include <string.h>

#include <jansson.h>

#include "common/xapi/actions.h"
#include "tests/lib/test.h"

static json_t *spec;

/* Read once; there is no earlier moment that all tests share. */
static const json_t *specification(void)
{
	json_error_t why;

	if (!spec)
		spec = json_load_file(TEST_DATA "/openapi.json", 0, &why);
	assert_non_null(spec);
	return spec;
}

__attribute__((destructor)) static void forget(void)
{
	json_decref(spec);
}

/* What a "$ref" of `j` leads to; j itself when it has none. */
static const json_t *follow(const json_t *j)
{
	const char *ref = json_string_value(json_object_get(j, "$ref"));

	for (; ref; ref = json_string_value(json_object_get(j, "$ref"))) {
		const char *at = ref + 2;

		j = specification();
		while (j && *at) {
			size_t n = strcspn(at, "/");

			j = json_object_getn(j, at, n);
			at += n + (at[n] == '/');
		}
	}
	return j;
}

static const json_t *operation_of(enum call c)
{
	const struct call_info *info = call_info(c);
	char method[8] = "";

	for (size_t i = 0; info->method[i]; i++)
		method[i] = (char)(info->method[i] | 0x20);
	const json_t *paths = json_object_get(specification(), "paths");
	const json_t *o = json_object_get(json_object_get(paths, info->path), method);
	if (!o)
		fail_msg("%s %s is not in the specification", info->method, info->path);
	return o;
}

TEST(every_call_is_an_operation_of_the_specification)
{
	for (int c = 0; c < CALL_COUNT; c++)
		assert_string_equal(json_string_value(json_object_get(
					    operation_of((enum call)c), "operationId")),
			call_info((enum call)c)->operation);
}

/* The scopes that OAuth 2.0 needs for it. A scope roost does not know would be lost here. */
static scope_set scopes_of(const json_t *operation)
{
	const json_t *ways = json_object_get(operation, "security");
	scope_set set = 0;

	for (size_t i = 0; i < json_array_size(ways); i++) {
		const json_t *names =
			json_object_get(json_array_get(ways, i), "OAuth2UserToken");

		for (size_t j = 0; j < json_array_size(names); j++) {
			scope_set one = scopes_read(
				str_of(json_string_value(json_array_get(names, j))));

			assert_true(one != 0);
			set |= one;
		}
	}
	return set;
}

TEST(every_call_needs_the_scopes_of_the_specification)
{
	for (int i = 0; i < CALL_COUNT; i++) {
		enum call c = (enum call)i;
		scope_set ours = call_info(c)->scopes;

		/* X's guide to messages asks for it too, and looking for a lost one needs it.
		 */
		if (c == CALL_DM_USER || c == CALL_DM_CONVERSATION || c == CALL_DM_GROUP)
			ours &= ~(scope_set)(1u << SCOPE_DM_READ);
		assert_int_equal(ours, scopes_of(operation_of(c)));
	}
}

/* --- arguments --- */

/* X's documentation and examples say tweet.fields, and its servers take it; the file does not.
 */
static const char *name_in_file(const char *name)
{
	return strcmp(name, "tweet.fields") == 0 ? "post.fields" : name;
}

/* The schema of a parameter of a call, or NULL. */
static const json_t *parameter(enum call c, const char *in, const char *name)
{
	const json_t *all = json_object_get(operation_of(c), "parameters");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *p = follow(json_array_get(all, i));

		if (strcmp(json_string_value(json_object_get(p, "in")), in) == 0 &&
			strcmp(json_string_value(json_object_get(p, "name")), name) == 0)
			return follow(json_object_get(p, "schema"));
	}
	return NULL;
}

static const json_t *body_schema(enum call c)
{
	const json_t *body = json_object_get(operation_of(c), "requestBody");
	const json_t *content = json_object_get(body, "content");

	return follow(json_object_get(json_object_get(content, "application/json"), "schema"));
}

/* The schema at a target of PLACE_BODY. What a "*" stands for is an array there. */
static const json_t *body_part(enum call c, const char *target)
{
	const json_t *s = body_schema(c);

	while (s && *target) {
		size_t n = strcspn(target, ".");

		if (target[0] == '*')
			s = follow(json_object_get(s, "items"));
		else
			s = follow(
				json_object_getn(json_object_get(s, "properties"), target, n));
		target += n + (target[n] == '.');
	}
	return s;
}

static const json_t *schema_of(const struct arg *arg, enum call c)
{
	if (arg->place == PLACE_PATH)
		return parameter(c, "path", arg->target);
	if (arg->place == PLACE_QUERY)
		return parameter(c, "query", name_in_file(arg->target));
	return body_part(c, arg->target);
}

static bool is_type(const json_t *schema, const char *type)
{
	const char *is = json_string_value(json_object_get(schema, "type"));

	return is && strcmp(is, type) == 0;
}

/* A bound of a schema; `otherwise` when it has none. */
static int64_t bound(const json_t *schema, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(schema, key);

	return v ? json_integer_value(v) : otherwise;
}

static void same_words(const char *const *words, const json_t *schema)
{
	const json_t *list = json_object_get(schema, "enum");
	size_t n = 0;

	for (; words[n]; n++)
		assert_string_equal(words[n], json_string_value(json_array_get(list, n)));
	assert_int_equal(n, json_array_size(list));
}

static bool has_word(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

/*
 * Fields and expansions of everyday actions: all that the file lists, and what X's
 * documentation calls otherwise.
 */
static void has_words(const char *const *words, const json_t *schema)
{
	static const char *const others[] = {"author_id", "edit_history_tweet_ids",
		"edit_history_post_ids", "in_reply_to_user_id", "note_tweet",
		"referenced_posts", "referenced_tweets", "affiliation", "most_recent_post_id",
		"most_recent_tweet_id", "pinned_post_id", "pinned_tweet_id", "participant_ids",
		"sender_id", "referenced_tweets.id", "referenced_tweets.id.author_id", NULL};
	const json_t *list = json_object_get(schema, "enum");
	size_t i, known = 0;
	const json_t *v;

	json_array_foreach(list, i, v) assert_true(has_word(words, json_string_value(v)));
	for (; *words; words++) {
		json_array_foreach(list, i, v) if (!strcmp(*words, json_string_value(v))) break;
		known += i < json_array_size(list);
		assert_true(i < json_array_size(list) || has_word(others, *words));
	}
	assert_true(known > 0);
}

static void check_text(const struct arg *arg, const json_t *s)
{
	const char *pattern = json_string_value(json_object_get(s, "pattern"));

	assert_true(is_type(s, "string") || json_object_get(s, "anyOf"));
	if (arg->type == ARG_ID || arg->type == ARG_USER)
		assert_true(!pattern || strcmp(pattern, "^[0-9]{1,19}$") == 0);
	else if (arg->type == ARG_CONVERSATION && arg->min == 15)
		assert_string_equal(pattern, "^([0-9]{1,19}-[0-9]{1,19}|[0-9]{15,19})$");
	else if (arg->pattern == PATTERN_BASE64 && !pattern)
		return; /* bytes, which JSON has as text */
	else if (arg->pattern)
		assert_string_equal(pattern, pattern_expression(arg->pattern));
	else
		assert_null(pattern);
	if (arg->type == ARG_WORD)
		same_words(arg->words, s);
	if (arg->type == ARG_TIME)
		assert_string_equal(
			json_string_value(json_object_get(s, "format")), "date-time");
}

static bool is_fields(const struct arg *arg)
{
	return strstr(arg->name, "_fields") || strcmp(arg->name, "expansions") == 0;
}

static void check_list(const struct arg *arg, const json_t *s)
{
	if (is_type(s, "array")) {
		assert_true(arg->min >= bound(s, "minItems", 0));
		assert_true(arg->max <= bound(s, "maxItems", INT64_MAX));
		s = follow(json_object_get(s, "items"));
	} else {
		assert_non_null(strchr(arg->target, '*'));
	}
	assert_true(is_type(s, "string"));
	if (arg->words && is_fields(arg))
		has_words(arg->words, s);
	else if (arg->words)
		same_words(arg->words, s);
	if (arg->pattern)
		assert_string_equal(json_string_value(json_object_get(s, "pattern")),
			pattern_expression(arg->pattern));
}

static void check_value(const struct arg *arg, const json_t *s);

static void check_inner(const struct arg *arg, const json_t *s)
{
	const json_t *fields = json_object_get(s, "properties");
	const json_t *items = follow(json_object_get(s, "items"));

	assert_true(is_type(s, arg->type == ARG_MAP ? "object" : "array"));
	if (arg->type == ARG_MAP)
		assert_int_equal(json_object_size(fields), arg->inner_count);
	for (size_t i = 0; i < arg->inner_count; i++)
		check_value(&arg->inner[i],
			arg->type == ARG_LIST
				? items
				: follow(json_object_get(fields, arg->inner[i].name)));
}

static void check_value(const struct arg *arg, const json_t *s)
{
	assert_non_null(s);
	if (arg->type == ARG_IDS || arg->type == ARG_MEDIA || arg->type == ARG_WORDS)
		check_list(arg, s);
	else if (arg->type == ARG_MAP || arg->type == ARG_LIST)
		check_inner(arg, s);
	else if (arg->type == ARG_BOOL)
		assert_true(is_type(s, "boolean"));
	else if (arg->type == ARG_POLL)
		assert_true(is_type(s, "object"));
	else if (arg->type != ARG_INT)
		check_text(arg, s);
	else
		assert_true((is_type(s, "integer") || is_type(s, "number")) &&
			    arg->min == bound(s, "minimum", arg->min) &&
			    arg->max == bound(s, "maximum", arg->max));
}

static void check_arg(const struct action *a, const struct arg *arg, enum call c)
{
	const json_t *s = schema_of(arg, c);

	if (arg->place == PLACE_OURS ||
		(!s && arg->place == PLACE_PATH && a->call != a->other_call))
		return; /* it is for the other call */
	if (!s)
		fail_msg("%s: %s is not a part of %s", a->name, arg->target,
			call_info(c)->operation);
	check_value(arg, s);
}

TEST(every_argument_is_a_part_of_its_call_of_the_right_type)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)) != NULL; i++)
		for (size_t j = 0; j < a->arg_count; j++) {
			check_arg(a, &a->args[j], a->call);
			check_arg(a, &a->args[j], a->other_call);
		}
}

TEST(a_name_is_enough_where_the_specification_has_a_username)
{
	const struct arg *user = action_arg(action_find(str_of("get_user")), str_of("user"));
	const json_t *s = parameter(CALL_GET_USER_BY_NAME, "path", user->name_target);

	assert_string_equal(
		json_string_value(json_object_get(s, "pattern")), "^[A-Za-z0-9_]{1,15}$");
}

/* Whether an argument that must be given has this target. */
static bool is_given(const struct action *a, const char *key)
{
	size_t len = strlen(key);

	for (size_t i = 0; i < a->arg_count; i++) {
		const struct arg *arg = &a->args[i];
		bool inside = strncmp(arg->target, key, len) == 0 &&
			      (arg->target[len] == '.' || !arg->target[len]);

		if (inside && (arg->required || arg->flags & ARG_CONTENT))
			return true;
	}
	return strstr(a->always, key) != NULL;
}

TEST(what_a_body_must_have_must_be_given)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)) != NULL; i++) {
		const json_t *needed = json_object_get(body_schema(a->call), "required");

		for (size_t j = 0; j < json_array_size(needed); j++)
			assert_true(is_given(a, json_string_value(json_array_get(needed, j))));
	}
}

TEST(polls_have_the_bounds_of_the_specification)
{
	const json_t *poll = body_part(CALL_CREATE_POST, "poll");
	const json_t *options = body_part(CALL_CREATE_POST, "poll.options");
	const json_t *minutes = body_part(CALL_CREATE_POST, "poll.duration_minutes");

	assert_int_equal(json_array_size(json_object_get(poll, "required")), 2);
	assert_int_equal(bound(options, "minItems", 0), 2);
	assert_int_equal(bound(options, "maxItems", 0), 4);
	assert_int_equal(bound(json_object_get(options, "items"), "minLength", 0), 1);
	assert_int_equal(bound(json_object_get(options, "items"), "maxLength", 0), 25);
	assert_int_equal(bound(minutes, "minimum", 0), 5);
	assert_int_equal(bound(minutes, "maximum", 0), 10080);
}

/* Where the answer has the id of what was made. */
TEST(the_id_of_what_was_made_is_where_the_specification_has_it)
{
	for (int i = 0; i < CALL_COUNT; i++) {
		const struct call_info *info = call_info((enum call)i);
		const json_t *answers =
			json_object_get(operation_of((enum call)i), "responses");
		const json_t *ok = json_object_get(answers, "201");
		const char *at = info->x_id;

		ok = ok ? ok : json_object_get(answers, "200");
		const json_t *content =
			json_object_get(json_object_get(ok, "content"), "application/json");
		const json_t *s = follow(json_object_get(content, "schema"));
		while (s && *at) {
			size_t n = strcspn(at, ".");

			s = follow(json_object_getn(json_object_get(s, "properties"), at, n));
			at += n + (at[n] == '.');
		}
		if (!s)
			fail_msg("%s: no %s in its answer", info->operation, info->x_id);
		if (info->x_id[0])
			assert_true(is_type(s, "string"));
	}
}
