#include <string.h>

#include <jansson.h>

#include "common/base/mem.h"
#include "common/json/args.h"
#include "common/xapi/check.h"
#include "common/xapi/text/count.h"
#include "tests/lib/test.h"

/* --- asking --- */

static json_t *parse(const char *args)
{
	json_error_t why;
	json_t *j = json_loads(args, JSON_DECODE_ANY, &why);

	if (!j)
		fail_msg("%s: %s", args, why.text);
	return j;
}

static enum err ask(
	const char *name, const char *args, struct action_facts *ret, struct errmsg *m)
{
	const struct action *a = action_find(str_of(name));
	json_t *j = parse(args);

	assert_non_null(a);
	enum err e = action_check(a, &args_of_json, j, ret, m);
	if (!e) {
		assert_int_equal(ret->call, action_call(a, &args_of_json, j));
		ret->name.at = ret->name.len ? "?" : NULL; /* it goes with j */
	}
	json_decref(j);
	return e;
}

static struct action_facts passes(const char *name, const char *args)
{
	struct action_facts f;
	struct errmsg m = {{0}, {0}};

	if (ask(name, args, &f, &m))
		fail_msg("%s %s: %s", name, args, m.text);
	return f;
}

struct mistake {
	const char *action;
	const char *args;
	const char *field;
	const char *words;
};

static void refused(const struct mistake *k)
{
	struct action_facts f = {.weighted = -7};
	struct errmsg m;

	if (ask(k->action, k->args, &f, &m) != ERR_INVALID)
		fail_msg("%s %s is not refused", k->action, k->args);
	if (strcmp(m.text, k->words) != 0 || strcmp(m.field, k->field) != 0)
		fail_msg("%s %s:\n'%s' (%s), not\n'%s' (%s)", k->action, k->args, m.text,
			m.field, k->words, k->field);
	assert_int_equal(f.weighted, -7);
	assert_true(text_is_utf8(str_of(m.text)));
}

/* --- what is right --- */

TEST(the_example_of_every_action_passes)
{
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)) != NULL; i++)
		(void)passes(a->name, a->example);
}

/* clang-format off */
#define HANDLE "m00000000000000000000000000000000000000000000000000000000000000ab"
#define OTHER  "m11111111111111111111111111111111111111111111111111111111111111ab"

static const struct {
	const char *action, *args;
} right[] = {
	{"post", "{\"media\": [\"1\", \"2\", \"3\", \"4\"]}"},
	{"post", "{\"text\": null, \"media\": [\"1\"], \"tagged_user_ids\": [\"7\"]}"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"b\"], \"duration_minutes\": 5}}"},
	{"post", "{\"text\": \"which\", \"poll\": {\"duration_minutes\": 10080, \"options\": [\"1234567890123456789012345\", \"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\", \"c\", \"d\"]}}"},
	{"post", "{\"text\": \"x\", \"reply_settings\": \"mentionedUsers\", \"community_id\": \"5\", \"share_with_followers\": true, \"made_with_ai\": false}"},
	{"post", "{\"text\": \"x\", \"card_uri\": \"card://1\"}"},
	{"reply", "{\"to\": \"1\", \"media\": [\"1\"], \"exclude_reply_user_ids\": [\"1\"]}"},
	{"reply", "{\"to\": \"1\", \"text\": \"x\", \"auto_populate_reply_metadata\": true}"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"b\"], \"duration_minutes\": 5, \"reply_settings\": \"following\"}}"},
	{"post", "{\"media\": [\"1\"], \"call_to_actions\": {\"visit_site\": {\"url\": \"https://example.com\"}, \"app_install\": {\"play_store_id\": \"p\"}}}"},
	{"thread", "{\"posts\": [{\"text\": \"a\"}, {\"media\": [\"1\"], \"call_to_actions\": {\"watch_now\": {\"url\": \"https://example.com\"}}}]}"},
	{"timeline", "{}"}, {"timeline", "null"}, {"get_me", "null"},
	{"timeline", "{\"user\": \"42\", \"max_results\": 5, \"since_id\": \"1\", \"start_time\": \"2026-09-01T10:00:00Z\", \"exclude\": [\"replies\", \"retweets\"]}"},
	{"timeline", "{\"exclude\": \"retweets,replies\", \"expansions\": \"author_id,attachments.media_keys\", \"pagination_token\": \"7140dibdnow9c7btw\"}"},
	{"dm", "{\"to\": \"42\", \"media\": [\"9\"]}"},
	{"post", "{\"media\": [\"" HANDLE "\", {\"media\": \"" OTHER "\", \"alt\": \"a cat\"}, \"7\"]}"},
	{"dm", "{\"to\": \"42\", \"media\": [{\"media\": \"" HANDLE "\"}]}"},
	{"dm", "{\"conversation\": \"42-99\", \"text\": \"x\"}"}, {"dm", "{\"conversation\": \"123456789012345\", \"text\": \"x\", \"to\": null}"},
	{"follow", "{\"user\": \"@12345\"}"}, {"follow", "{\"user\": \"9999999999999999999\"}"},
};
/* clang-format on */

TEST(what_x_takes_passes)
{
	for (size_t i = 0; i < COUNT_OF(right); i++)
		(void)passes(right[i].action, right[i].args);
}

TEST(tells_what_a_post_counts_and_holds)
{
	struct action_facts f = passes("post", "{\"text\": \"see example.com for $AAPL\"}");

	assert_int_equal(f.weighted, 4 + 23 + 10);
	assert_true(f.has_url);
	assert_int_equal(f.cashtags, 1);
	assert_int_equal(f.call, CALL_CREATE_POST);
	f = passes("reply", "{\"to\": \"1\", \"text\": \"hello\"}");
	assert_int_equal(f.weighted, 5);
	assert_false(f.has_url);
	f = passes("dm", "{\"to\": \"1\", \"text\": \"http://example.com\"}");
	assert_int_equal(f.weighted, 0);
	assert_false(f.has_url);
}

TEST(tells_which_name_must_become_an_id)
{
	struct action_facts f = passes("follow", "{\"user\": \"@ann_example\"}");

	assert_string_equal(f.name_arg->name, "user");
	assert_int_equal(f.name.len, 11);
	f = passes("dm", "{\"to\": \"@a\", \"text\": \"x\"}");
	assert_string_equal(f.name_arg->name, "to");
	f = passes("timeline", "{\"user\": \"@a\"}");
	assert_string_equal(f.name_arg->name, "user");
	f = passes("follow", "{\"user\": \"1\"}");
	assert_null(f.name_arg);
	assert_int_equal(f.name.len, 0);
}

TEST(a_name_is_enough_where_x_takes_names)
{
	struct action_facts f = passes("get_user", "{\"user\": \"@ann_example\"}");

	assert_int_equal(f.call, CALL_GET_USER_BY_NAME);
	assert_null(f.name_arg);
	assert_int_equal(f.name.len, 0);
	assert_int_equal(passes("get_user", "{\"user\": \"42\"}").call, CALL_GET_USER);
}

TEST(the_argument_that_is_given_chooses_the_call)
{
	assert_int_equal(passes("dm", "{\"to\": \"1\", \"text\": \"x\"}").call, CALL_DM_USER);
	assert_int_equal(passes("dm", "{\"conversation\": \"1-2\", \"text\": \"x\"}").call,
		CALL_DM_CONVERSATION);
	assert_int_equal(
		passes("dm", "{\"conversation\": null, \"to\": \"1\", \"text\": \"x\"}").call,
		CALL_DM_USER);
}

/* --- what is wrong --- */

/* clang-format off */
#define LIST_OF_POST "text, media, tagged_user_ids, media_title, media_description, embeddable, preview_media_id, call_to_actions, poll, card_uri, direct_message_deep_link, reply_settings, edit, community_id, share_with_followers, for_super_followers_only, nullcast, made_with_ai, paid_partnership, place_id"
#define IS_NO_ID "; it must be an id of X: 1 to 19 digits and nothing else"
#define IS_NO_USER "; it must be an id of 1 to 19 digits, or \"@\" and a name of 1 to 15 letters, digits and \"_\""

static const struct mistake mistakes[] = {
	{"post", "[]", "", "the arguments must be a map, not a list"},
	{"post", "\"hello\"", "", "the arguments must be a map, not text"},
	{"get_me", "5", "", "the arguments must be a map, not a whole number"},
	{"post", "{}", "text", "post needs at least one of these: text, media, poll"},
	{"post", "null", "text", "post needs at least one of these: text, media, poll"},
	{"post", "{\"made_with_ai\": true}", "text", "post needs at least one of these: text, media, poll"},
	{"post", "{\"text\": \"\"}", "text", "text is empty; leave it out, or give at least one character"},
	{"post", "{\"text\": 5}", "text", "text must be text, not a whole number"},
	{"post", "{\"text\": 0.5}", "text", "text must be text, not bytes or a fraction"},
	{"post", "{\"text\": [\"a\"]}", "text", "text must be text, not a list"},
	{"reply", "{\"to\": {\"$ref\": 7}, \"text\": \"x\"}", "to", "to refers to another job's result as {\"$ref\": its id or key, \"path\": \"data.id\"}: two texts of 1 to 200 bytes and nothing else"},
	{"reply", "{\"to\": {\"$ref\": \"a\", \"path\": \"\"}, \"text\": \"x\"}", "to", "to refers to another job's result as {\"$ref\": its id or key, \"path\": \"data.id\"}: two texts of 1 to 200 bytes and nothing else"},
	{"reply", "{\"to\": {\"$ref\": \"a\", \"part\": \"x\"}, \"text\": \"x\"}", "to", "to refers to another job's result as {\"$ref\": its id or key, \"path\": \"data.id\"}: two texts of 1 to 200 bytes and nothing else"},
	{"post", "{\"media\": [\"1\", {\"$ref\": []}]}", "media", "media refers to another job's result as {\"$ref\": its id or key, \"path\": \"data.id\"}: two texts of 1 to 200 bytes and nothing else"},
	{"post", "{\"media\": [\"cat.png\"]}", "media[0]", "'cat.png' is no medium: give the handle that `media` answered (\"m\" and 64 hexadecimal digits), or an id of X (1 to 19 digits)"},
	{"post", "{\"media\": [7]}", "media[0]", "must be a handle or an id of X as text, or a map of media and alt, not a whole number"},
	{"post", "{\"media\": [\"" HANDLE "\", {\"media\": \"" HANDLE "\"}]}", "media[1]", "is the same medium as item 0; X takes each once"},
	{"post", "{\"media\": [{\"media\": \"7\"}]}", "media[0].media", "must be the handle of bytes that were sent, \"m\" and 64 hexadecimal digits; for an id of X give the id alone"},
	{"post", "{\"media\": [{\"media\": \"" HANDLE "\", \"alt\": \"\"}]}", "media[0].alt", "must be text of 1 to 1000 characters; leave it out where there is none"},
	{"post", "{\"media\": [{\"media\": \"" HANDLE "\", \"alt_text\": \"x\"}]}", "media[0]", "an item of media has no 'alt_text'; it takes: media, alt"},
	{"timeline", "{\"max_results\": {\"$ref\": \"a\"}}", "max_results", "max_results cannot be the result of another job; ids, users, conversations and texts can"},
	{"post", "{\"text\": \"a\ufeff\"}", "text", "text has U+FEFF, U+FFFE or U+FFFF in it, which X does not take"},
	{"post", "{\"txt\": \"a\"}", "txt", "post has no argument 'txt'; did you mean 'text'?"},
	{"post", "{\"text\": \"a\", \"media_ids\": [\"1\"]}", "media_ids", "post has no argument 'media_ids'; did you mean 'media'?"},
	{"post", "{\"colour\\n\": 1}", "colour?", "post has no argument 'colour?'; it takes: " LIST_OF_POST},
	{"like", "{\"post\": \"1\", \"why\": 1}", "why", "like has no argument 'why'; it takes: post"},
	{"quote", "{\"post\": \"1\", \"text\": \"a\", \"media\": [\"1\"]}", "media", "quote has no argument 'media'; it takes: post, text, reply_settings, edit, community_id, share_with_followers, for_super_followers_only, nullcast, made_with_ai, paid_partnership, place_id"},
	{"post", "{\"media\": [\"1\"], \"poll\": {}}", "poll", "post takes at most one of these: media, poll, card_uri, direct_message_deep_link"},
	{"post", "{\"text\": \"a\", \"card_uri\": \"c\", \"direct_message_deep_link\": \"d\"}", "direct_message_deep_link", "post takes at most one of these: media, poll, card_uri, direct_message_deep_link"},
	{"post", "{\"text\": \"a\", \"tagged_user_ids\": [\"1\"]}", "tagged_user_ids", "tagged_user_ids is only allowed beside 'media'"},
	{"post", "{\"media\": \"1\"}", "media", "media must be a list of media, not text"},
	{"post", "{\"media\": []}", "media", "media has 0 items; at least 1 must be there, or leave it out"},
	{"post", "{\"media\": [\"1\", \"2\", \"3\", \"4\", \"5\"]}", "media", "media has 5 items; at most 4 are allowed"},
	{"post", "{\"media\": [\"1\", 2]}", "media[1]", "must be a handle or an id of X as text, or a map of media and alt, not a whole number"},
	{"post", "{\"media\": [\"1\", \"2\", \"1\"]}", "media[2]", "is the same medium as item 0; X takes each once"},
	{"post", "{\"media\": [null]}", "media[0]", "must be a handle or an id of X as text, or a map of media and alt, not nothing"},
	{"post", "{\"poll\": [\"a\", \"b\"]}", "poll", "poll must be a map with 'options' and 'duration_minutes', not a list"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"b\"], \"minutes\": 5}}", "poll", "poll takes 'options' and 'duration_minutes', but no 'minutes'"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"b\"]}}", "poll.duration_minutes", "poll needs 'duration_minutes': a whole number from 5 to 10080"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"b\"], \"duration_minutes\": 4}}", "poll.duration_minutes", "duration_minutes is 4; 5 to 10080, which is a week, are allowed"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"b\"], \"duration_minutes\": \"60\"}}", "poll.duration_minutes", "poll needs 'duration_minutes': a whole number from 5 to 10080"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"b\"], \"duration_minutes\": 5, \"reply_settings\": \"nobody\"}}", "poll.reply_settings", "reply_settings has 'nobody'; allowed are: following, mentionedUsers, subscribers, verified (taken because X takes it, where it has no effect any more: set it beside the poll)"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"b\"], \"duration_minutes\": 5, \"reply_settings\": null}}", "poll.reply_settings", "reply_settings must be text, not nothing"},
	{"post", "{\"text\": \"a\", \"call_to_actions\": {}}", "call_to_actions", "call_to_actions is only allowed beside 'media'"},
	{"post", "{\"media\": [\"1\"], \"call_to_actions\": {\"visit_site\": {}}}", "call_to_actions.visit_site.url", "visit_site needs 'url': the https address that the button leads to"},
	{"post", "{\"media\": [\"1\"], \"call_to_actions\": {\"visit\": {}}}", "call_to_actions.visit", "call_to_actions has no 'visit'; it takes: visit_site, watch_now, app_install"},
	{"quote", "{\"post\": \"1\", \"text\": \"a\", \"auto_populate_reply_metadata\": true}", "auto_populate_reply_metadata", "quote has no argument 'auto_populate_reply_metadata'; it takes: post, text, reply_settings, edit, community_id, share_with_followers, for_super_followers_only, nullcast, made_with_ai, paid_partnership, place_id"},
	{"post", "{\"poll\": {\"duration_minutes\": 5}}", "poll.options", "poll needs 'options': a list of 2 to 4 texts"},
	{"post", "{\"poll\": {\"options\": [\"a\"], \"duration_minutes\": 5}}", "poll.options", "poll has 1 option; 2 to 4 are allowed"},
	{"post", "{\"poll\": {\"options\": [\"a\",\"b\",\"c\",\"d\",\"e\"], \"duration_minutes\": 5}}", "poll.options", "poll has 5 options; 2 to 4 are allowed"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"\"], \"duration_minutes\": 5}}", "poll.options[1]", "option 2 of poll must be text of 1 to 25 characters; it has 0"},
	{"post", "{\"poll\": {\"options\": [\"a\", \"12345678901234567890123456\"], \"duration_minutes\": 5}}", "poll.options[1]", "option 2 of poll must be text of 1 to 25 characters; it has 26"},
	{"post", "{\"text\": \"a\", \"reply_settings\": \"everyone\"}", "reply_settings", "reply_settings has 'everyone'; allowed are: following, mentionedUsers, subscribers, verified (who may reply; everyone when it is not given)"},
	{"post", "{\"text\": \"a\", \"reply_settings\": true}", "reply_settings", "reply_settings must be text, not true or false"},
	{"post", "{\"text\": \"a\", \"nullcast\": \"yes\"}", "nullcast", "nullcast must be true or false, not text"},
	{"post", "{\"text\": \"a\", \"nullcast\": 1}", "nullcast", "nullcast must be true or false, not a whole number"},
	{"post", "{\"text\": \"a\", \"community_id\": \"my group\"}", "community_id", "community_id is 'my group'" IS_NO_ID},
	{"reply", "{\"text\": \"a\"}", "to", "reply needs 'to': id of the post to reply to"},
	{"reply", "{\"to\": null, \"text\": \"a\"}", "to", "reply needs 'to': id of the post to reply to"},
	{"reply", "{\"to\": \"1\"}", "text", "reply needs at least one of these: text, media, poll"},
	{"reply", "{\"to\": 1900000000000000001, \"text\": \"a\"}", "to", "to must be an id of X as text, in quotes, not a whole number"},
	{"reply", "{\"to\": \"@ann\", \"text\": \"a\"}", "to", "to is '@ann'" IS_NO_ID},
	{"reply", "{\"to\": \"https://x.com/a/status/1\", \"text\": \"a\"}", "to", "to is an address; give the id that is in it: '1'"},
	{"reply", "{\"to\": \"\", \"text\": \"a\"}", "to", "to is ''" IS_NO_ID},
	{"reply", "{\"to\": \"12345678901234567890\", \"text\": \"a\"}", "to", "to is '12345678901234567890'" IS_NO_ID},
	{"reply", "{\"to\": \"-1\", \"text\": \"a\"}", "to", "to is '-1'" IS_NO_ID},
	{"quote", "{\"text\": \"a\"}", "post", "quote needs 'post': id of the post to quote"},
	{"quote", "{\"post\": \"1\"}", "text", "quote needs 'text': what the post says; URLs count 23, emoji 2"},
	{"like", "{\"tweet_id\": \"1\"}", "tweet_id", "like has no argument 'tweet_id'; did you mean 'post'?"},
	{"like", "{}", "post", "like needs 'post': id of the post"},
	{"delete_post", "{\"post\": \"1 \"}", "post", "post is '1 '" IS_NO_ID},
	{"follow", "{}", "user", "follow needs 'user': id of the user, or \"@name\""},
	{"follow", "{\"user\": \"jack\"}", "user", "user is 'jack'; write '@jack' for a name, or give the id of the user"},
	{"follow", "{\"user\": 12}", "user", "user must be text: an id of X, or \"@name\", not a whole number"},
	{"follow", "{\"user\": \"@\"}", "user", "user is '@'" IS_NO_USER},
	{"follow", "{\"user\": \"\"}", "user", "user is ''" IS_NO_USER},
	{"follow", "{\"user\": \"@a b\"}", "user", "user is '@a b'" IS_NO_USER},
	{"follow", "{\"user\": \"@1234567890123456\"}", "user", "user is '@1234567890123456'" IS_NO_USER},
	{"follow", "{\"user\": \"https://x.com/jack\"}", "user", "user is an address; write '@jack' for the name that is in it"},
	{"dm", "{\"text\": \"a\"}", "to", "dm needs one of these: to, conversation"},
	{"dm", "{\"to\": \"1\", \"conversation\": \"1-2\", \"text\": \"a\"}", "conversation", "dm takes only one of these: to, conversation"},
	{"dm", "{\"to\": \"1\"}", "text", "dm needs at least one of these: text, media"},
	{"dm", "{\"to\": \"1\", \"text\": \"\"}", "text", "text is empty; leave it out, or give at least one character"},
	{"dm", "{\"to\": \"1\", \"media\": [\"1\", \"2\"]}", "media", "media has 2 items; at most 1 are allowed"},
	{"dm", "{\"conversation\": \"1-\", \"text\": \"a\"}", "conversation", "conversation is '1-'; the id of a conversation is 1 to 19 digits, or the ids of two users with \"-\" between them"},
	{"dm", "{\"conversation\": \"../me\", \"text\": \"a\"}", "conversation", "conversation is '../me'; the id of a conversation is 1 to 19 digits, or the ids of two users with \"-\" between them"},
	{"dm", "{\"conversation\": \"1-2-3\", \"text\": \"a\"}", "conversation", "conversation is '1-2-3'; the id of a conversation is 1 to 19 digits, or the ids of two users with \"-\" between them"},
	{"dm", "{\"conversation\": 5, \"text\": \"a\"}", "conversation", "conversation must be the id of a conversation, as text, not a whole number"},
	{"dm", "{\"recipient_id\": \"1\", \"text\": \"a\"}", "recipient_id", "dm has no argument 'recipient_id'; did you mean 'to'?"},
	{"delete_dm", "{\"event\": \"x\"}", "event", "event is 'x'" IS_NO_ID},
	{"get_user", "{}", "user", "get_user needs 'user': id of the user, or \"@name\""},
	{"timeline", "{\"max_results\": 4}", "max_results", "max_results is 4; 5 to 100 are allowed"},
	{"timeline", "{\"max_results\": 101}", "max_results", "max_results is 101; 5 to 100 are allowed"},
	{"timeline", "{\"max_results\": \"20\"}", "max_results", "max_results must be a whole number, not text"},
	{"timeline", "{\"max_results\": 20.0}", "max_results", "max_results must be a whole number, not bytes or a fraction"},
	{"timeline", "{\"exclude\": \"likes\"}", "exclude", "exclude has 'likes'; allowed are: replies, retweets (kinds of posts to be left out)"},
	{"timeline", "{\"exclude\": \"replies, retweets\"}", "exclude", "exclude has ' retweets'; did you mean 'retweets'? allowed are: replies, retweets"},
	{"timeline", "{\"exclude\": \"replies,replies\"}", "exclude", "exclude has 'replies' twice"},
	{"timeline", "{\"exclude\": [\"replies\", \"retweets\", \"replies\"]}", "exclude", "exclude has 3 words; at most 2 are allowed"},
	{"timeline", "{\"exclude\": []}", "exclude", "exclude has 0 words; at least 1 must be there, or leave it out"},
	{"timeline", "{\"exclude\": [1]}", "exclude", "exclude must be a list of texts"},
	{"timeline", "{\"exclude\": {}}", "exclude", "exclude must be text with commas, or a list of texts, not a map"},
	{"timeline", "{\"exclude\": \"\"}", "exclude", "exclude has ''; allowed are: replies, retweets (kinds of posts to be left out)"},
	{"timeline", "{\"tweet_fields\": \"a&b=c\"}", "tweet_fields", "tweet_fields has 'a&b=c'; allowed are: article, article_title, attachments, author_id, card_uri, community_id, context_annotations, conversation_id, created_at, display_text_range, edit_controls ... (fields of posts to be returned)"},
	{"timeline", "{\"tweet_fields\": \"id,,text\"}", "tweet_fields", "tweet_fields has ''; allowed are: article, article_title, attachments, author_id, card_uri, community_id, context_annotations, conversation_id, created_at, display_text_range, edit_controls ... (fields of posts to be returned)"},
	{"timeline", "{\"start_time\": \"yesterday\"}", "start_time", "start_time is 'yesterday'; it must be an instant in UTC such as 2026-09-01T10:00:00Z"},
	{"timeline", "{\"start_time\": \"2026-09-01T10:00:00+01:00\"}", "start_time", "start_time is '2026-09-01T10:00:00+01:00'; it must be an instant in UTC such as 2026-09-01T10:00:00Z"},
	{"timeline", "{\"start_time\": 1790000000000}", "start_time", "start_time must be an instant as text, such as \"2026-09-01T10:00:00Z\", not a whole number"},
	{"timeline", "{\"cursor\": \"x\"}", "cursor", "timeline has no argument 'cursor'; did you mean 'pagination_token'?"},
	{"timeline", "{\"pagination_token\": \"\"}", "pagination_token", "pagination_token is empty; leave it out, or give at least one character"},
};
/* clang-format on */

TEST(every_mistake_gets_a_sentence_that_names_the_field_and_the_remedy)
{
	for (size_t i = 0; i < COUNT_OF(mistakes); i++)
		refused(&mistakes[i]);
	assert_true(COUNT_OF(mistakes) > 90);
}

static void ask_repeated(const char *piece, int n, const char *field, const char *words)
{
	char args[12000];
	size_t at = (size_t)snprintf(args, sizeof(args), "{\"to\": \"1\", \"text\": \"");

	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(args + at, sizeof(args) - at, "%s", piece);
	(void)snprintf(args + at, sizeof(args) - at, "\"}");
	refused(&(struct mistake){n > 1000 ? "dm" : "reply", args, field, words});
}

TEST(the_result_of_another_job_may_stand_for_ids_users_and_texts)
{
	assert_true(passes("reply", "{\"to\": {\"$ref\": \"a\"}, \"text\": \"x\"}").has_refs);
	assert_true(passes("follow", "{\"user\": {\"$ref\": \"j1\", \"path\": \"data.id\"}}")
			    .has_refs);
	assert_true(passes("post", "{\"media\": [{\"$ref\": \"a\"}, {\"$ref\": \"b\"}, \"3\"]}")
			    .has_refs);
	assert_false(passes("post", "{\"media\": [\"3\"]}").has_refs);
	/* It may have an address in it: the price has to be enough. */
	assert_true(passes("post", "{\"text\": {\"$ref\": \"a\", \"path\": \"data.text\"}}")
			    .has_url);
	assert_false(passes("reply", "{\"to\": {\"$ref\": \"a\"}, \"text\": \"x\"}").has_url);
}

TEST(says_how_long_a_text_is_and_where_it_becomes_too_long)
{
	ask_repeated("a", 281, "text",
		"text is 281 units long as X counts it; at most 280 are allowed: it crosses "
		"the limit "
		"after \"...aaaaaaaaaaaaaaaaaaaaaaaa\"");
	ask_repeated("\u65e5\u672c", 71, "text",
		"text is 284 units long as X counts it; at most 280 are allowed: it crosses "
		"the limit "
		"after \"...\u65e5\u672c\u65e5\u672c\u65e5\u672c\u65e5\u672c\"");
	ask_repeated("x", 10001, "text", "text has 10001 characters; 1 to 10000 are allowed");
}

TEST(a_premium_account_may_write_more)
{
	const struct action *a = action_find(str_of("post"));
	char long_text[400];
	struct action_facts f;
	struct errmsg m;

	memset(long_text, 'a', 399);
	long_text[399] = 0;
	json_t *j = json_pack("{s:s}", "text", long_text);
	assert_int_equal(action_check(a, &args_of_json, j, &f, &m), ERR_INVALID);
	assert_int_equal(
		action_check_within(a, &args_of_json, j, COUNT_LONG_MAX, &f, &m), ERR_OK);
	assert_int_equal(f.weighted, 399);
	assert_int_equal(action_check_within(a, &args_of_json, j, 398, &f, NULL), ERR_INVALID);
	json_decref(j);
}

TEST(says_when_there_is_no_memory)
{
	char long_text[3000];
	struct action_facts f;
	struct errmsg m;

	memset(long_text, 'a', sizeof(long_text) - 1);
	memcpy(long_text, "$A", 2);
	long_text[sizeof(long_text) - 1] = 0;
	json_t *j = json_pack("{s:s}", "text", long_text);
	mem_fail_after(0);
	enum err e = action_check(action_find(str_of("post")), &args_of_json, j, &f, &m);
	mem_fail_after(-1);
	assert_int_equal(e, ERR_NOMEM);
	json_decref(j);
}

TEST(more_words_than_there_is_room_for_are_refused)
{
	json_t *j = json_object(), *list = json_array();
	char word[16], all[2000] = "";
	struct action_facts f;
	struct errmsg m;

	for (int i = 0; i < 101; i++) {
		(void)snprintf(word, sizeof(word), "w%d", i);
		json_array_append_new(list, json_string(word));
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
			i ? "," : "", word);
	}
	json_object_set_new(j, "usernames", list);
	assert_int_equal(action_check(action_find(str_of("getUsersByUsernames")), &args_of_json,
				 j, &f, &m),
		ERR_INVALID);
	assert_string_equal(m.text, "usernames has 101 words; at most 100 are allowed");
	json_object_set_new(j, "usernames", json_string(all));
	assert_int_equal(action_check(action_find(str_of("getUsersByUsernames")), &args_of_json,
				 j, &f, &m),
		ERR_INVALID);
	assert_string_equal(m.text, "usernames has more than 100 words");
	json_decref(j);
}
