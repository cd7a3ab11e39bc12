/* Operations of the specification as actions: what they refuse, and what the guards see of
 * them. */
#include <string.h>

#include <jansson.h>

#include "common/json/args.h"
#include "common/xapi/cost.h"
#include "tests/lib/test.h"

static json_t *parse(const char *args)
{
	json_t *j = json_loads(args, 0, NULL);

	if (!j)
		fail_msg("no JSON: %s", args);
	return j;
}

static struct action_facts passes(const char *name, const char *args)
{
	json_t *j = parse(args);
	struct action_facts f;
	struct errmsg m = {0};

	if (action_check(action_find(str_of(name)), &args_of_json, j, &f, &m))
		fail_msg("%s %s: %s", name, args, m.text);
	json_decref(j);
	return f;
}

/* clang-format off */
static const struct {
	const char *action, *args, *field, *words;
} mistakes[] = {
	{"createLists", "{}", "name", "createLists needs 'name': "},
	{"createLists", "{\"name\": \"\"}", "name", "name is empty; give at least one character"},
	{"createLists", "{\"name\": \"a name that is far too long\"}", "name", "name has 27 characters; 1 to 25 are allowed"},
	{"createLists", "{\"nmae\": \"a\"}", "nmae", "createLists has no argument 'nmae'; did you mean 'name'?"},
	{"createLists", "{\"name\": \"a\", \"private\": \"yes\"}", "private", "private must be true or false, not text"},
	{"getSpacesById", "{\"id\": \"not/a/space\"}", "id", "id is 'not/a/space'; it must be 1 to 13 letters and digits"},
	{"getMediaByMediaKeys", "{\"media_keys\": \"3_1,x\"}", "media_keys", "media_keys is 'x'; it must be two numbers with \"_\" between them, such as 3_1900000000000000001"},
	{"getUsersByIds", "{\"ids\": []}", "ids", "ids has 0 words; at least 1 must be there"},
	{"getUsersByIds", "{\"ids\": [\"1\", \"1\"]}", "ids", "ids has '1' twice"},
	{"searchPostsRecent", "{\"query\": \"a\", \"max_results\": 9}", "max_results", "max_results is 9; 10 to 100 are allowed"},
	{"searchPostsRecent", "{\"query\": \"a\", \"post.fields\": \"id,colour\"}", "post.fields", "post.fields has 'colour'; allowed are: "},
	{"createPosts", "{}", "media", "createPosts needs at least one of these: "},
	{"createPosts", "{\"text\": \"a\", \"reply\": {}}", "reply.in_reply_to_tweet_id", "reply needs 'in_reply_to_tweet_id': "},
	{"createPosts", "{\"text\": \"a\", \"reply\": {\"to\": \"1\"}}", "reply.to", "reply has no 'to'; it takes: "},
	{"createPosts", "{\"text\": \"a\", \"reply\": {\"in_reply_to_tweet_id\": \"x\"}}", "reply.in_reply_to_tweet_id", "in_reply_to_tweet_id is 'x'; it must be an id of X: 1 to 19 digits and nothing else"},
	{"createPosts", "{\"text\": \"a\", \"reply\": {\"in_reply_to_tweet_id\": null}}", "reply.in_reply_to_tweet_id", "in_reply_to_tweet_id must be given, or left out, not nothing"},
	{"createPosts", "{\"media\": {\"media_ids\": [\"1\", \"2\", \"3\", \"4\", \"5\"]}}", "media.media_ids", "media_ids has 5 items; at most 4 are allowed"},
	{"createPosts", "{\"media\": {\"media_ids\": [\"1\", 2]}}", "media.media_ids[1]", "media_ids[1] must be an id of X as text, in quotes, not a whole number"},
	{"createPosts", "{\"poll\": {\"options\": [\"a\", \"b\"], \"duration_minutes\": 4}}", "poll.duration_minutes", "duration_minutes is 4; 5 to 10080 are allowed"},
	{"createPosts", "{\"text\": \"a\", \"media\": {\"media_ids\": [\"1\"]}, \"quote_tweet_id\": \"1\"}", "quote_tweet_id", "createPosts takes at most one of these: "},
	{"createDirectMessagesConversation", "{\"conversation_type\": \"Group\", \"participant_ids\": [\"1\"], \"message\": {\"text\": \"a\"}}", "participant_ids", "participant_ids has 1 item; at least 2 must be there"},
	{"createDirectMessagesConversation", "{\"conversation_type\": \"group\", \"participant_ids\": [\"1\", \"2\"], \"message\": {\"text\": \"a\"}}", "conversation_type", "conversation_type has 'group'; did you mean 'Group'? allowed are: Group"},
	{"createDirectMessagesByParticipantId", "{\"participant_id\": \"1\"}", "attachments", "createDirectMessagesByParticipantId needs at least one of these: "},
	{"getUsersPosts", "{\"id\": \"@ann\"}", "id", "id is '@ann'; it must be an id of X: 1 to 19 digits and nothing else"},
	{"createCommunityNotes", "{\"test_mode\": true, \"post_id\": \"1\", \"info\": {\"text\": \"no link\", \"classification\": \"not_misleading\", \"misleading_tags\": [], \"trustworthy_sources\": true}}", "info.text", "text is 'no link'; it must be text with a link in it that begins with http:// or https://"},
	{"createPosts", "{\"text\": \"a\", \"geo\": {\"place_id\": {\"$ref\": \"j1\"}}}", "geo.place_id", "place_id cannot be the result of another job; ids, users, conversations and texts can"},
};
/* clang-format on */

TEST(every_mistake_is_refused_with_a_sentence_and_its_path)
{
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		json_t *j = parse(mistakes[i].args);
		struct action_facts f;
		struct errmsg m = {0};
		enum err e = action_check(
			action_find(str_of(mistakes[i].action)), &args_of_json, j, &f, &m);

		if (e != ERR_INVALID || strcmp(m.field, mistakes[i].field) != 0 ||
			strncmp(m.text, mistakes[i].words, strlen(mistakes[i].words)) != 0)
			fail_msg("%s %s:\n'%s' (%s), not\n'%s' (%s)", mistakes[i].action,
				mistakes[i].args, m.text, m.field, mistakes[i].words,
				mistakes[i].field);
		json_decref(j);
	}
}

TEST(the_example_of_every_operation_passes)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)); i++)
		if (a->flags & ACTION_OPERATION)
			(void)passes(a->name, a->example);
}

TEST(knows_what_kind_of_post_an_operation_makes)
{
	assert_int_equal(passes("createPosts", "{\"text\": \"a\"}").kind, POST_PLAIN);
	assert_int_equal(
		passes("createPosts", "{\"text\": \"a\", \"reply\": {\"in_reply_to_tweet_id\": "
				      "\"1\"}}")
			.kind,
		POST_REPLY);
	assert_int_equal(
		passes("createPosts", "{\"text\": \"a\", \"quote_tweet_id\": \"1\"}").kind,
		POST_QUOTE);
	assert_int_equal(passes("reply", "{\"to\": \"1\", \"text\": \"a\"}").kind, POST_REPLY);
	assert_int_equal(
		passes("quote", "{\"post\": \"1\", \"text\": \"a\"}").kind, POST_QUOTE);
	assert_true(passes("createPosts", "{\"text\": \"https://example.com\"}").has_url);
}

static int64_t worst(const char *name, const char *args, const char *user, bool owns)
{
	const struct action *a = action_find(str_of(name));
	struct action_facts f = passes(name, args);
	struct cost_who who = {.user_id = str_of(user), .owns_app = owns};
	json_t *j = parse(args);
	int64_t ret = cost_of(prices_builtin(), a, &args_of_json, j, &f, &who).worst;

	json_decref(j);
	return ret;
}

TEST(counts_what_an_operation_may_return)
{
	assert_int_equal(worst("getUsersByIds", "{\"ids\": \"1,2,3\"}", "9", false), 30000);
	assert_int_equal(
		worst("getPostsByIds", "{\"ids\": [\"1\", \"2\"]}", "9", false), 10000);
	assert_int_equal(
		worst("getUsersPosts", "{\"id\": \"9\", \"max_results\": 10}", "9", true),
		10000);
	assert_int_equal(
		worst("getUsersPosts", "{\"id\": \"8\", \"max_results\": 10}", "9", true),
		50000);
	assert_int_equal(
		worst("createPosts", "{\"text\": \"https://a.com\"}", "9", true), 200000);
}
