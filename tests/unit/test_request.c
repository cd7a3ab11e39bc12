#include "worker/request.h"

#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "tests/lib/test.h"
#include "worker/tree.h"

static const struct request_self self = {"https://api.x.com", {"42", 2}};

static json_t *json_of(const char *text)
{
	json_t *t = NULL;

	if (tree_read(str_of(text), &t))
		fail_msg("no JSON: %s", text);
	return t;
}

static void makes(const char *action, const char *args, const char *method, const char *path,
	const char *body)
{
	AUTO_TREE a = json_of(args);
	struct request r;
	struct errmsg m;

	if (request_build(&self, action_find(str_of(action)), a, &r, &m))
		fail_msg("%s %s: %s", action, args, m.text);
	assert_string_equal(r.method, method);
	assert_memory_equal(buf_cstr(&r.url), self.base_url, strlen(self.base_url));
	assert_string_equal(buf_cstr(&r.url) + strlen(self.base_url), path);
	assert_string_equal(buf_cstr(&r.body), body);
	request_done(&r);
}

/* clang-format off */
static const struct {
	const char *action, *args, *method, *path, *body;
} all[] = {
	{"post", "{\"text\":\"hello\"}", "POST", "/2/tweets", "{\"text\":\"hello\"}"},
	{"post", "{\"text\":\"a\",\"media\":[\"1\",\"2\"],\"tagged_user_ids\":[\"3\"],\"made_with_ai\":true,\"place_id\":\"p\"}", "POST", "/2/tweets",
		"{\"text\":\"a\",\"media\":{\"media_ids\":[\"1\",\"2\"],\"tagged_user_ids\":[\"3\"]},\"made_with_ai\":true,\"geo\":{\"place_id\":\"p\"}}"},
	{"post", "{\"text\":\"?\",\"poll\":{\"options\":[\"a\",\"b\"],\"duration_minutes\":60},\"reply_settings\":\"following\"}", "POST", "/2/tweets",
		"{\"text\":\"?\",\"poll\":{\"options\":[\"a\",\"b\"],\"duration_minutes\":60},\"reply_settings\":\"following\"}"},
	{"reply", "{\"to\":\"7\",\"text\":\"b\",\"exclude_reply_user_ids\":[\"8\"]}", "POST", "/2/tweets",
		"{\"reply\":{\"in_reply_to_tweet_id\":\"7\",\"exclude_reply_user_ids\":[\"8\"]},\"text\":\"b\"}"},
	{"reply", "{\"to\":\"7\",\"media\":[\"1\"],\"auto_populate_reply_metadata\":false,\"call_to_actions\":{\"watch_now\":{\"url\":\"https://e.org\"}}}", "POST", "/2/tweets",
		"{\"reply\":{\"in_reply_to_tweet_id\":\"7\",\"auto_populate_reply_metadata\":false},\"media\":{\"media_ids\":[\"1\"],\"call_to_actions\":{\"watch_now\":{\"url\":\"https://e.org\"}}}}"},
	{"quote", "{\"post\":\"7\",\"text\":\"c\"}", "POST", "/2/tweets", "{\"quote_tweet_id\":\"7\",\"text\":\"c\"}"},
	{"delete_post", "{\"post\":\"7\"}", "DELETE", "/2/tweets/7", ""},
	{"repost", "{\"post\":\"7\"}", "POST", "/2/users/42/retweets", "{\"tweet_id\":\"7\"}"},
	{"unrepost", "{\"post\":\"7\"}", "DELETE", "/2/users/42/retweets/7", ""},
	{"like", "{\"post\":\"7\"}", "POST", "/2/users/42/likes", "{\"tweet_id\":\"7\"}"},
	{"unlike", "{\"post\":\"7\"}", "DELETE", "/2/users/42/likes/7", ""},
	{"follow", "{\"user\":\"9\"}", "POST", "/2/users/42/following", "{\"target_user_id\":\"9\"}"},
	{"unfollow", "{\"user\":\"9\"}", "DELETE", "/2/users/42/following/9", ""},
	{"mute", "{\"user\":\"9\"}", "POST", "/2/users/42/muting", "{\"target_user_id\":\"9\"}"},
	{"unmute", "{\"user\":\"9\"}", "DELETE", "/2/users/42/muting/9", ""},
	{"bookmark", "{\"post\":\"7\",\"folder_id\":\"3\"}", "POST", "/2/users/42/bookmarks", "{\"tweet_id\":\"7\",\"folder_id\":\"3\"}"},
	{"unbookmark", "{\"post\":\"7\"}", "DELETE", "/2/users/42/bookmarks/7", ""},
	{"dm", "{\"to\":\"9\",\"text\":\"hi\"}", "POST", "/2/dm_conversations/with/9/messages", "{\"text\":\"hi\"}"},
	{"dm", "{\"conversation\":\"42-9\",\"text\":\"hi\",\"media\":[\"5\"]}", "POST", "/2/dm_conversations/42-9/messages",
		"{\"text\":\"hi\",\"attachments\":[{\"media_id\":\"5\"}]}"},
	{"delete_dm", "{\"event\":\"77\"}", "DELETE", "/2/dm_events/77", ""},
	{"get_me", "{}", "GET", "/2/users/me", ""},
	{"get_me", "{\"user_fields\":[\"id\",\"public_metrics\"]}", "GET", "/2/users/me?user.fields=id,public_metrics", ""},
	{"get_user", "{\"user\":\"9\"}", "GET", "/2/users/9", ""},
	{"get_user", "{\"user\":\"@ann_example\",\"user_fields\":\"created_at\"}", "GET", "/2/users/by/username/ann_example?user.fields=created_at", ""},
	{"get_post", "{\"post\":\"7\",\"tweet_fields\":\"created_at,author_id\",\"expansions\":\"author_id\"}", "GET",
		"/2/tweets/7?tweet.fields=created_at,author_id&expansions=author_id", ""},
	{"timeline", "{}", "GET", "/2/users/42/tweets", ""},
	{"timeline", "{\"user\":null,\"max_results\":20}", "GET", "/2/users/42/tweets?max_results=20", ""},
	{"timeline", "{\"user\":\"9\",\"start_time\":\"2026-09-01T10:00:00Z\",\"exclude\":[\"replies\",\"retweets\"],\"pagination_token\":\"a/b+c=\"}", "GET",
		"/2/users/9/tweets?start_time=2026-09-01T10%3A00%3A00Z&exclude=replies,retweets&pagination_token=a%2Fb%2Bc%3D", ""},
	{"post", "{\"text\":\"a\",\"media\":[\"1\"],\"media_title\":\"t\",\"embeddable\":false,\"preview_media_id\":\"2\"}", "POST", "/2/tweets",
		"{\"text\":\"a\",\"media\":{\"media_ids\":[\"1\"],\"title\":\"t\",\"embeddable\":false,\"preview_media_id\":\"2\"}}"},
	{"post", "{\"text\":\"a\",\"edit\":\"7\"}", "POST", "/2/tweets", "{\"text\":\"a\",\"edit_options\":{\"previous_post_id\":\"7\"}}"},
	{"hide_reply", "{\"post\":\"7\"}", "PUT", "/2/tweets/7/hidden", "{\"hidden\":true}"},
	{"unhide_reply", "{\"post\":\"7\"}", "PUT", "/2/tweets/7/hidden", "{\"hidden\":false}"},
	{"dm_group", "{\"participants\":[\"8\",\"9\"],\"text\":\"hi\",\"media\":[\"5\"]}", "POST", "/2/dm_conversations",
		"{\"conversation_type\":\"Group\",\"participant_ids\":[\"8\",\"9\"],\"message\":{\"text\":\"hi\",\"attachments\":[{\"media_id\":\"5\"}]}}"},
	{"mentions", "{\"since_id\":\"7\"}", "GET", "/2/users/42/mentions?since_id=7", ""},
	{"home", "{}", "GET", "/2/users/42/timelines/reverse_chronological", ""},
	{"home", "{\"user\":\"42\",\"exclude\":\"replies\"}", "GET", "/2/users/42/timelines/reverse_chronological?exclude=replies", ""},
	{"search", "{\"query\":\"a b:c \\u00e9\",\"sort_order\":\"recency\"}", "GET", "/2/tweets/search/recent?query=a%20b%3Ac%20%C3%A9&sort_order=recency", ""},
	{"followers", "{\"user\":\"9\"}", "GET", "/2/users/9/followers", ""},
	{"following", "{\"max_results\":1000}", "GET", "/2/users/42/following?max_results=1000", ""},
	{"likes", "{\"user\":\"9\"}", "GET", "/2/users/9/liked_tweets", ""},
	{"dms", "{\"with\":\"9\",\"max_results\":5}", "GET", "/2/dm_conversations/with/9/dm_events?max_results=5", ""},
	{"dms", "{\"conversation\":\"9-42\",\"event_types\":\"MessageCreate\"}", "GET", "/2/dm_conversations/9-42/dm_events?event_types=MessageCreate", ""},
};
/* clang-format on */

TEST(makes_every_action_a_request)
{
	for (size_t i = 0; i < COUNT_OF(all); i++)
		makes(all[i].action, all[i].args, all[i].method, all[i].path, all[i].body);
}

TEST(is_tested_with_every_action_there_is)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)); i++) {
		/* No request is made of a thread; tests/openapi has the operations. */
		bool tested = (a->flags & (ACTION_PARTS | ACTION_OPERATION)) != 0;

		for (size_t k = 0; k < COUNT_OF(all); k++)
			tested = tested || strcmp(all[k].action, a->name) == 0;
		if (!tested)
			fail_msg("no case for %s", a->name);
	}
}

TEST(makes_the_example_of_every_action)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)); i++) {
		if (a->flags & ACTION_PARTS)
			continue;
		AUTO_TREE args = json_of(a->example);
		struct request r = {0};
		struct errmsg m;
		enum err e = request_build(&self, a, args, &r, &m);

		if (e && !strstr(m.text, "is a name, not an id"))
			fail_msg("%s: %s", a->name, m.text);
		request_done(&r);
	}
}

TEST(carries_odd_characters_unharmed)
{
	makes("post",
		"{\"text\":\"\\\"q\\\" \\\\ \\n \\u0001 \xf0\x9f\x91\x8d \xe4\xbd\xa0 "
		"</script>\"}",
		"POST", "/2/tweets",
		"{\"text\":\"\\\"q\\\" \\\\ \\n \\u0001 \xf0\x9f\x91\x8d \xe4\xbd\xa0 "
		"</script>\"}");
	makes("timeline", "{\"pagination_token\":\"\xc3\xbc &=#?%\\r\\n\"}", "GET",
		"/2/users/42/tweets?pagination_token=%C3%BC%20%26%3D%23%3F%25%0D%0A", "");
	makes("delete_post", "{\"post\":\"7/../8?x#y\"}", "DELETE",
		"/2/tweets/7%2F..%2F8%3Fx%23y", "");
}

static void refuses(const char *action, const char *args, enum err e, const char *words)
{
	AUTO_TREE a = json_of(args);
	struct request r = {0};
	struct errmsg m = {0};

	assert_int_equal(request_build(&self, action_find(str_of(action)), a, &r, &m), e);
	if (!strstr(m.text, words))
		fail_msg("'%s' does not hold '%s'", m.text, words);
	assert_null(r.method);
	assert_int_equal(request_build(&self, action_find(str_of(action)), a, &r, NULL), e);
}

TEST(refuses_what_cannot_become_a_request)
{
	refuses("post", "{\"txet\":\"hello\"}", ERR_INVALID, "'txet'");
	refuses("delete_post", "{}", ERR_INVALID, "the address of delete_post");
	refuses("delete_post", "{\"post\":\"\"}", ERR_INVALID, "the address of delete_post");
	refuses("delete_post", "{\"post\":\"..\"}", ERR_INVALID, "the address of delete_post");
	refuses("delete_post", "{\"post\":{}}", ERR_INVALID, "'post'");
	refuses("delete_post", "{\"post\":[[]]}", ERR_INVALID, "'post'");
	refuses("follow", "{\"user\":\"@ann\"}", ERR_INVALID, "'user' is a name");
	refuses("unfollow", "{\"user\":\"@ann\"}", ERR_INVALID, "'user' is a name");
	refuses("dm", "{\"to\":\"9\",\"media\":\"5\"}", ERR_INVALID, "'media' is no list");
	refuses("home", "{\"user\":\"43\"}", ERR_INVALID,
		"'user' must be the account itself, 42");
}

/* {"KEY": "xxx..."} with n of them. */
static const char *long_args(const char *key, size_t n)
{
	static char args[REQUEST_BODY_MAX + 100];
	int at = snprintf(args, sizeof(args), "{\"%s\":\"", key);

	memset(args + at, 'x', n);
	(void)snprintf(args + at + n, sizeof(args) - (size_t)at - n, "\"}");
	return args;
}

TEST(refuses_what_is_too_long)
{
	refuses("timeline", long_args("pagination_token", 17000), ERR_TOO_BIG,
		"'pagination_token'");
	refuses("post", long_args("text", REQUEST_BODY_MAX), ERR_TOO_BIG, "the body");
}

TEST(makes_a_request_out_of_parts)
{
	struct request_part parts[] = {
		{PLACE_PATH, "username", str_of("ann")},
		{PLACE_QUERY, "user.fields", str_of("id,name")},
		{PLACE_QUERY, "x", str_of("a b")},
	};
	struct request r;

	assert_int_equal(
		request_plain(&self, CALL_GET_USER_BY_NAME, parts, COUNT_OF(parts), &r),
		ERR_OK);
	assert_string_equal(buf_cstr(&r.url),
		"https://api.x.com/2/users/by/username/ann?user.fields=id,name&x=a%20b");
	request_done(&r);
}

TEST(survives_a_lack_of_memory_anywhere)
{
	AUTO_TREE args = json_of("{\"to\":\"7\",\"text\":\"hello\",\"media\":[\"1\"]}");
	const struct action *a = action_find(str_of("reply"));
	struct request r = {0};
	enum err e = ERR_NOMEM;

	for (int64_t n = 0; e; n++) {
		mem_fail_after(n);
		e = request_build(&self, a, args, &r, NULL);
		mem_fail_after(-1);
		assert_true(!e || e == ERR_NOMEM);
	}
	request_done(&r);
}
