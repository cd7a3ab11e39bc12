#include "worker/settle.h"

#include <stdio.h>
#include <string.h>

#include "tests/lib/test.h"
#include "worker/body.h"
#include "worker/tree.h"

#define BEGUN INT64_C(1790000000000000) /* 2026-09-21T14:13:20Z */

static json_t *json_of(const char *text)
{
	json_t *t = NULL;

	if (tree_read(str_of(text), &t))
		fail_msg("no JSON: %s", text);
	return t;
}

/* --- the request --- */

static const struct request_self self = {"https://api.x.com", {"42", 2}};

/* The address at which a look for an action is made `after` its attempt began. */
static void looks_at(const char *action, const char *args, usec_t after, const char *url)
{
	AUTO_TREE a = json_of(args);
	struct now now = {.wall = BEGUN + after};
	struct request r;

	assert_int_equal(
		settle_request(&self, action_find(str_of(action)), a, BEGUN, now, &r), ERR_OK);
	assert_string_equal(r.method, "GET");
	assert_string_equal(buf_cstr(&r.url), url);
	assert_int_equal(r.body.len, 0);
	request_done(&r);
}

#define POST_FIELDS                                                                  \
	"created_at,entities,in_reply_to_user_id,referenced_tweets,conversation_id," \
	"attachments,note_tweet"
#define EVENT_FIELDS \
	"id,text,event_type,created_at,sender_id,dm_conversation_id,entities,attachments"

TEST(looks_in_the_own_timeline_from_a_minute_before)
{
	looks_at("post", "{\"text\":\"hello\"}", USEC_MIN,
		"https://api.x.com/2/users/42/tweets?max_results=100"
		"&start_time=2026-09-21T14%3A12%3A20Z&tweet.fields=" POST_FIELDS);
}

TEST(ends_the_page_when_it_looks_long_afterwards)
{
	looks_at("reply", "{\"to\":\"7\",\"text\":\"hello\"}", USEC_DAY,
		"https://api.x.com/2/users/42/tweets?max_results=100"
		"&start_time=2026-09-21T14%3A12%3A20Z&tweet.fields=" POST_FIELDS
		"&end_time=2026-09-21T14%3A43%3A20Z");
}

TEST(looks_in_the_conversation_for_a_message)
{
	looks_at("dm", "{\"to\":\"99\",\"text\":\"hi\"}", 0,
		"https://api.x.com/2/dm_conversations/with/99/dm_events?max_results=100"
		"&event_types=MessageCreate&dm_event.fields=" EVENT_FIELDS);
	looks_at("dm", "{\"conversation\":\"42-99\",\"text\":\"hi\"}", 0,
		"https://api.x.com/2/dm_conversations/42-99/dm_events?max_results=100"
		"&event_types=MessageCreate&dm_event.fields=" EVENT_FIELDS);
}

TEST(has_no_look_for_what_can_be_repeated)
{
	AUTO_TREE args = json_of("{\"post\":\"7\"}");
	struct now now = {.wall = BEGUN};
	struct request r;

	assert_int_equal(
		settle_request(&self, action_find(str_of("like")), args, BEGUN, now, &r),
		ERR_INVALID);
}

/* --- the comparison --- */

/* The ids that a look for an action finds on a page, with commas; or "absent", "cannot". */
static const char *look(const char *action, const char *args, const char *page)
{
	static char out[4096];
	const struct action *a = action_find(str_of(action));
	AUTO_TREE given = json_of(args);
	AUTO_TREE body = NULL;
	AUTO_TREE p = json_of(page);
	AUTO_TREE found = NULL;
	enum call c = request_call(a, given);

	assert_int_equal(body_make(c, a, given, &body, NULL), ERR_OK);
	struct settle_want want = {c, body, str_of("42"), BEGUN};
	enum look l = settle_look(&want, p, &found);
	if (l != LOOK_FOUND) {
		assert_null(found);
		return l == LOOK_ABSENT ? "absent" : l == LOOK_CANNOT ? "cannot" : "?";
	}
	out[0] = 0;
	for (size_t i = 0; i < json_array_size(found); i++)
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s",
			i ? "," : "", json_string_value(json_array_get(found, i)));
	return out;
}

#define PAGE(posts)          "{\"data\":[" posts "],\"meta\":{\"result_count\":1}}"
#define AT                   "\"created_at\":\"2026-09-21T14:13:21.000Z\""
#define POST(id, text, more) "{\"id\":\"" id "\",\"text\":\"" text "\"," AT more "}"
#define REFERS(type, id)     ",\"referenced_tweets\":[{\"type\":\"" type "\",\"id\":\"" id "\"}]"
#define TOLD                 ",\"conversation_id\":\"11\"" /* X told more than the text */
#define HELLO                "{\"text\":\"hello\"}"

TEST(finds_the_post_and_gives_its_id)
{
	assert_string_equal(look("post", HELLO, PAGE(POST("11", "hello", ""))), "11");
	assert_string_equal(look("post", HELLO, PAGE(POST("11", "hullo", ""))), "absent");
	assert_string_equal(look("post", HELLO, "{\"meta\":{\"result_count\":0}}"), "absent");
}

TEST(gives_all_that_match_the_oldest_first)
{
	assert_string_equal(look("post", HELLO,
				    PAGE(POST("13", "hello", "") "," POST(
					    "12", "other", "") "," POST("11", "hello", ""))),
		"11,13");
}

TEST(leaves_out_what_is_older_than_the_attempt)
{
	assert_string_equal(look("post", HELLO,
				    PAGE("{\"id\":\"11\",\"text\":\"hello\","
					 "\"created_at\":\"2026-09-21T14:12:19.000Z\"}")),
		"absent");
	assert_string_equal(look("post", HELLO,
				    PAGE("{\"id\":\"11\",\"text\":\"hello\","
					 "\"created_at\":\"2026-09-21T14:12:20.000Z\"}")),
		"11");
}

TEST(takes_the_time_from_the_id_when_x_does_not_say)
{
	/* (1790000000000 - 1288834974657) << 22, and an hour before */
	assert_string_equal(
		look("post", HELLO,
			PAGE("{\"id\":\"2102038470456246272\",\"text\":\"hello\"}")),
		"2102038470456246272");
	assert_string_equal(
		look("post", HELLO,
			PAGE("{\"id\":\"2102023370961846272\",\"text\":\"hello\"}")),
		"absent");
}

TEST(wants_the_same_reply_target)
{
	static const char reply[] = "{\"to\":\"7\",\"text\":\"thanks\"}";

	assert_string_equal(look("reply", reply,
				    PAGE(POST("11", "@ann thanks", REFERS("replied_to", "7")))),
		"11");
	assert_string_equal(look("reply", reply,
				    PAGE(POST("11", "@ann thanks", REFERS("replied_to", "8")))),
		"absent");
	assert_string_equal(look("reply", reply, PAGE(POST("11", "thanks", TOLD))), "absent");
	assert_string_equal(look("post", "{\"text\":\"thanks\"}",
				    PAGE(POST("11", "thanks", REFERS("replied_to", "7")))),
		"absent");
	assert_string_equal(look("reply", reply,
				    PAGE(POST("11", "thanks",
					    ",\"referenced_posts\":[{\"type\":\"replied_to\","
					    "\"id\":\"7\"}]"))),
		"11");
}

TEST(wants_the_same_quoted_post)
{
	static const char quote[] = "{\"post\":\"7\",\"text\":\"read\"}";

	assert_string_equal(
		look("quote", quote,
			PAGE(POST("11", "read https://t.co/q", REFERS("quoted", "7")))),
		"11");
	assert_string_equal(
		look("quote", quote, PAGE(POST("11", "read", REFERS("quoted", "8")))),
		"absent");
	assert_string_equal(look("quote", quote, PAGE(POST("11", "read", TOLD))), "absent");
}

TEST(is_not_misled_by_a_repost)
{
	assert_string_equal(
		look("post", HELLO, PAGE(POST("11", "hello", REFERS("retweeted", "7")))),
		"absent");
}

TEST(wants_media_and_poll_where_there_were_some)
{
	static const char photo[] = "{\"text\":\"look\",\"media\":[\"1\",\"2\"]}";
	static const char poll[] = "{\"text\":\"vote\",\"poll\":{\"options\":[\"a\",\"b\"],"
				   "\"duration_minutes\":5}}";

	assert_string_equal(
		look("post", photo,
			PAGE(POST("11", "look https://t.co/m",
				",\"attachments\":{\"media_keys\":[\"3_1\",\"3_2\"]}"))),
		"11");
	assert_string_equal(look("post", photo, PAGE(POST("11", "look", TOLD))), "absent");
	assert_string_equal(
		look("post", poll,
			PAGE(POST("11", "vote", ",\"attachments\":{\"poll_ids\":[\"5\"]}"))),
		"11");
	assert_string_equal(look("post", poll, PAGE(POST("11", "vote", TOLD))), "absent");
}

#define PHOTO    ",\"attachments\":{\"media_keys\":[\"3_1\"]}"
#define QUESTION ",\"attachments\":{\"poll_ids\":[\"5\"]}"

TEST(wants_no_media_poll_or_quote_where_there_was_none)
{
	static const char linked[] = "{\"text\":\"hello example.com\"}";

	assert_string_equal(
		look("post", HELLO, PAGE(POST("11", "hello", TOLD QUESTION))), "absent");
	assert_string_equal(
		look("post", HELLO, PAGE(POST("11", "hello", TOLD PHOTO))), "absent");
	assert_string_equal(
		look("post", HELLO, PAGE(POST("11", "hello", TOLD REFERS("quoted", "7")))),
		"absent");
	/* but a link of its own may bring a card, or a quoted post */
	assert_string_equal(
		look("post", linked, PAGE(POST("11", "hello example.com", TOLD PHOTO))), "11");
	assert_string_equal(
		look("post", linked,
			PAGE(POST("11", "hello example.com", TOLD REFERS("quoted", "7")))),
		"11");
}

TEST(wants_as_many_media)
{
	static const char two[] = "{\"text\":\"look\",\"media\":[\"1\",\"2\"]}";

	assert_string_equal(
		look("post", two, PAGE(POST("11", "look https://t.co/m", TOLD PHOTO))),
		"absent");
	assert_string_equal(look("post", "{\"text\":\"look\",\"media\":[\"1\"]}",
				    PAGE(POST("11", "look https://t.co/m", TOLD PHOTO))),
		"11");
}

TEST(wants_the_version_after_the_one_that_was_edited)
{
	static const char edit[] = "{\"text\":\"hello\",\"edit\":\"7\"}";

	assert_string_equal(
		look("post", edit,
			PAGE(POST("11", "hello",
				TOLD ",\"edit_history_tweet_ids\":[\"7\",\"11\"]"))),
		"11");
	assert_string_equal(
		look("post", edit,
			PAGE(POST("11", "hello", TOLD ",\"edit_history_post_ids\":[\"11\"]"))),
		"absent");
	assert_string_equal(look("post", edit, PAGE(POST("11", "hello", TOLD))), "cannot");
}

TEST(cannot_tell_where_a_text_is_the_same_and_the_rest_is_not_told)
{
	static const char reply[] = "{\"to\":\"7\",\"text\":\"hello\"}";
	static const char photo[] = "{\"text\":\"hello\",\"media\":[\"1\"]}";

	assert_string_equal(look("reply", reply, PAGE(POST("11", "hello", ""))), "cannot");
	assert_string_equal(look("reply", reply, PAGE(POST("11", "hullo", ""))), "absent");
	assert_string_equal(look("reply", reply, PAGE(POST("11", "hello", TOLD))), "absent");
	assert_string_equal(look("post", photo, PAGE(POST("11", "hello", ""))), "cannot");
	assert_string_equal(look("post", photo, PAGE(POST("11", "hello", TOLD))), "absent");
}

TEST(reads_the_whole_text_of_a_long_post)
{
	assert_string_equal(
		look("post", "{\"text\":\"long & https://example.com/\"}",
			PAGE(POST("11", "lo",
				",\"note_tweet\":{\"text\":\"long &amp; "
				"https://t.co/a\",\"entities\":{\"urls\":[{\"url\":\"https://"
				"t.co/a\",\"expanded_url\":\"https://example.com/\"}]}}"))),
		"11");
}

TEST(cannot_tell_when_the_page_ends_too_early)
{
	assert_string_equal(look("post", HELLO,
				    "{\"data\":[" POST("12", "other",
					    "") "],\"meta\":{\"next_token\":\"n\"}}"),
		"cannot");
	assert_string_equal(look("post", HELLO,
				    "{\"data\":[" POST("12", "other",
					    "") ",{\"id\":\"11\",\"text\":\"x\","
						"\"created_at\":\"2026-09-21T14:00:00.000Z\"}],"
						"\"meta\":{\"next_token\":\"n\"}}"),
		"absent");
	assert_string_equal(look("post", HELLO,
				    "{\"data\":[" POST("12", "hello",
					    "") "],\"meta\":{\"next_token\":\"n\"}}"),
		"12");
	assert_string_equal(look("post", HELLO, "{}"), "cannot");
	assert_string_equal(look("post", HELLO, "{\"data\":{}}"), "cannot");
}

TEST(is_not_upset_by_a_page_of_nonsense)
{
	assert_string_equal(
		look("post", HELLO, PAGE("1,null,\"x\",[],{},{\"id\":7},{\"id\":\"x\"}")),
		"absent");
}

#define EVENT(id, type, sender, text)                                            \
	"{\"id\":\"" id "\",\"event_type\":\"" type "\",\"sender_id\":\"" sender \
	"\",\"text\":\"" text "\"," AT "}"
#define DM "{\"to\":\"99\",\"text\":\"hi & bye\"}"

TEST(finds_a_message_by_sender_and_text)
{
	assert_string_equal(
		look("dm", DM, PAGE(EVENT("77", "MessageCreate", "42", "hi &amp; bye"))), "77");
	assert_string_equal(
		look("dm", DM, PAGE(EVENT("77", "MessageCreate", "99", "hi &amp; bye"))),
		"absent");
	assert_string_equal(
		look("dm", DM, PAGE(EVENT("77", "ParticipantsJoin", "42", "hi &amp; bye"))),
		"absent");
	assert_string_equal(
		look("dm", DM, PAGE(EVENT("77", "MessageCreate", "42", "hi"))), "absent");
}
