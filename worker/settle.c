#include "worker/settle.h"

#include <stdio.h>
#include <string.h>

#include "common/xapi/text/count.h"
#include "worker/textmatch.h"
#include "worker/tree.h"

#define PAGE_MAX 100 /* posts or events X gives at once */

static const char post_fields[] = "created_at,entities,in_reply_to_user_id,referenced_tweets,"
				  "conversation_id,attachments,note_tweet";
static const char event_fields[] =
	"id,text,event_type,created_at,sender_id,dm_conversation_id,entities,attachments";

/* --- the request --- */

/* "2026-11-24T10:00:00Z": whole seconds, as in X's own examples. */
static struct str write_time(usec_t at, char out[32])
{
	text_from_time(at, out, 32);
	memcpy(out + 19, "Z", 2);
	return str_of(out);
}

static enum err timeline_request(
	const struct request_self *self, usec_t begun_at, struct now now, struct request *ret)
{
	char start[32], end[32];
	struct request_part parts[5] = {
		{PLACE_PATH, "id", self->user_id},
		{PLACE_QUERY, "max_results", str_of("100")},
		{PLACE_QUERY, "start_time", write_time(begun_at - SETTLE_SLACK, start)},
		{PLACE_QUERY, "tweet.fields", str_of(post_fields)},
	};
	size_t count = 4;

	if (now.wall - begun_at > 2 * SETTLE_SPAN) {
		struct str until = write_time(begun_at + SETTLE_SPAN, end);

		parts[count++] = (struct request_part){PLACE_QUERY, "end_time", until};
	}
	return request_plain(self, CALL_TIMELINE, parts, count, ret);
}

static enum err events_request(const struct request_self *self, enum call c, const char *place,
	struct str value, struct request *ret)
{
	struct request_part parts[] = {
		{PLACE_PATH, place, value},
		{PLACE_QUERY, "max_results", str_of("100")},
		{PLACE_QUERY, "event_types", str_of("MessageCreate")},
		{PLACE_QUERY, "dm_event.fields", str_of(event_fields)},
	};

	return request_plain(self, c, parts, COUNT_OF(parts), ret);
}

static enum err dm_request(const struct request_self *self, const struct action *a,
	const json_t *args, struct request *ret)
{
	if (request_call(a, args) == CALL_DM_USER)
		return events_request(self, CALL_DM_EVENTS_WITH, "participant_id",
			request_path_arg(a, args, "participant_id"), ret);
	return events_request(self, CALL_DM_EVENTS, "id",
		request_path_arg(a, args, "dm_conversation_id"), ret);
}

enum err settle_request(const struct request_self *self, const struct action *a,
	const json_t *args, usec_t begun_at, struct now now, struct request *ret)
{
	enum settle_way way = call_info(request_call(a, args))->settle;

	if (way == SETTLE_TIMELINE)
		return timeline_request(self, begun_at, now, ret);
	return way == SETTLE_DM ? dm_request(self, a, args, ret) : ERR_INVALID;
}

/* --- the comparison --- */

/* The instant a post or event was made: as X says, else as its id tells (a snowflake). */
static usec_t made_at(const json_t *item)
{
	usec_t at;
	int64_t id;

	if (!text_to_time(tree_text(item, "created_at"), &at))
		return at;
	if (text_to_int(tree_text(item, "id"), 0, INT64_MAX, &id))
		return 0;
	return ((id >> 22) + INT64_C(1288834974657)) * USEC_MSEC;
}

/* The id of the post that `item` refers to in that way, or {NULL, 0}. */
static struct str referred(const json_t *item, const char *type)
{
	const json_t *all = json_object_get(item, "referenced_tweets");

	if (!all)
		all = json_object_get(item, "referenced_posts");
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *r = json_array_get(all, i);

		if (str_is(tree_text(r, "type"), type))
			return tree_text(r, "id");
	}
	return (struct str){0};
}

static size_t attached(const json_t *item, const char *path)
{
	return json_array_size(tree_at(item, path));
}

/* The whole text of a post, and the links in it. */
static struct str full_text(const json_t *item, const json_t **ret_urls)
{
	static const char *const notes[] = {"note_tweet", "note_post"};

	for (size_t i = 0; i < COUNT_OF(notes); i++) {
		const json_t *note = json_object_get(item, notes[i]);

		if (!tree_text(note, "text").len)
			continue;
		*ret_urls = tree_at(note, "entities.urls");
		return tree_text(note, "text");
	}
	*ret_urls = tree_at(item, "entities.urls");
	return tree_text(item, "text");
}

static bool is_that_text(const struct settle_want *w, const json_t *item, unsigned may)
{
	const json_t *urls;
	struct str theirs = full_text(item, &urls);

	return textmatch(tree_text(w->body, "text"), theirs, urls, may);
}

/* Whether an item is what the attempt would have made. */
enum fits {
	FITS_NOT,
	FITS_PERHAPS, /* so far as X told: what was asked for beside the text is not there */
	FITS,
};

/* A link in a text of ours may itself make X attach a medium, or call a post quoted. */
static bool has_link(struct str text)
{
	struct count c;

	return count_text(text, &c) || c.urls > 0;
}

/* What is attached: as many media, a poll, the quoted post; and no others than a link brings.
 */
static bool has_the_same_attached(const struct settle_want *w, const json_t *item)
{
	size_t media = attached(w->body, "media.media_ids");
	size_t their_media = attached(item, "attachments.media_keys");
	struct str quote = tree_text(w->body, "quote_tweet_id");
	struct str their_quote = referred(item, "quoted");
	bool poll = tree_at(w->body, "poll") != NULL;
	bool free = has_link(tree_text(w->body, "text"));

	return poll == (attached(item, "attachments.poll_ids") > 0) &&
	       (media == their_media || (!media && free)) &&
	       (str_equal(quote, their_quote) || (!quote.len && free));
}

/* An edit is the version that follows the one that was edited. */
static enum fits fits_version(const struct settle_want *w, const json_t *item)
{
	struct str previous = tree_text(w->body, "edit_options.previous_post_id");
	const json_t *ids = json_object_get(item, "edit_history_tweet_ids");

	if (!previous.len)
		return FITS;
	if (!ids)
		ids = json_object_get(item, "edit_history_post_ids");
	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		if (id && str_is(previous, id))
			return FITS;
	}
	return ids ? FITS_NOT : FITS_PERHAPS;
}

/* Whether X told anything of what was asked for beside the text; every post has a conversation.
 */
static bool tells_more(const json_t *item)
{
	static const char *const fields[] = {"conversation_id", "in_reply_to_user_id",
		"referenced_tweets", "referenced_posts", "attachments"};

	for (size_t i = 0; i < COUNT_OF(fields); i++)
		if (json_object_get(item, fields[i]))
			return true;
	return false;
}

static enum fits fits_post(const struct settle_want *w, const json_t *item)
{
	struct str reply = tree_text(w->body, "reply.in_reply_to_tweet_id");
	bool added = tree_at(w->body, "quote_tweet_id") || tree_at(w->body, "media");
	unsigned may = (reply.len ? TEXT_MAY_MENTION : 0) | (added ? TEXT_MAY_LINK : 0);

	enum fits version = fits_version(w, item);

	if (!is_that_text(w, item, may) || referred(item, "retweeted").len ||
		version == FITS_NOT)
		return FITS_NOT;
	if (str_equal(referred(item, "replied_to"), reply) && has_the_same_attached(w, item))
		return version;
	return tells_more(item) ? FITS_NOT : FITS_PERHAPS;
}

static enum fits fits_message(const struct settle_want *w, const json_t *item)
{
	size_t media = attached(w->body, "attachments");
	size_t theirs = attached(item, "attachments.media_keys");
	struct str sender = tree_text(item, "sender_id");

	if (!str_is(tree_text(item, "event_type"), "MessageCreate") ||
		(sender.len && !str_equal(sender, w->user_id)) ||
		!is_that_text(w, item, media ? TEXT_MAY_LINK : 0))
		return FITS_NOT;
	if (!sender.len)
		return FITS_PERHAPS;
	return media == theirs || (!media && has_link(tree_text(w->body, "text"))) ? FITS
										   : FITS_NOT;
}

static enum fits fits(const struct settle_want *w, const json_t *item)
{
	return call_info(w->call)->settle == SETTLE_DM ? fits_message(w, item)
						       : fits_post(w, item);
}

/* Whether nothing that was made since `since` can be on a further page. Newest come first. */
static bool reaches(const json_t *page, usec_t since)
{
	const json_t *data = json_object_get(page, "data");
	size_t count = json_array_size(data);

	if (!tree_text(page, "meta.next_token").len)
		return true;
	return count > 0 && made_at(json_array_get(data, count - 1)) < since;
}

enum look settle_look(const struct settle_want *want, const json_t *page, json_t **ret)
{
	const json_t *data = json_object_get(page, "data");
	usec_t since = want->begun_at - SETTLE_SLACK;
	AUTO_TREE found = json_array();
	bool perhaps = false;

	if (!found ||
		(!json_is_array(data) && !json_is_integer(tree_at(page, "meta.result_count"))))
		return LOOK_CANNOT;
	for (size_t i = json_array_size(data); i-- > 0;) {
		const json_t *item = json_array_get(data, i);

		if (!text_is_x_id(tree_text(item, "id")) || made_at(item) < since)
			continue;
		enum fits f = fits(want, item);
		perhaps |= f == FITS_PERHAPS;
		if (f == FITS && (json_array_size(found) == PAGE_MAX ||
					 json_array_append(found, json_object_get(item, "id"))))
			return LOOK_CANNOT;
	}
	if (json_array_size(found) == 0)
		return !perhaps && reaches(page, since) ? LOOK_ABSENT : LOOK_CANNOT;
	*ret = STEAL(found);
	return LOOK_FOUND;
}
