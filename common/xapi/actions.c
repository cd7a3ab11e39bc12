#include "common/xapi/actions.h"

#include <string.h>

#include "common/base/near.h"
#include "common/xapi/made/operations.h"
#include "common/xapi/text/count.h"

static const char *const reply_settings[] = {
	"following", "mentionedUsers", "subscribers", "verified", NULL};
static const char *const failure_words[] = {"wait", "finish", "delete", NULL};
static const char *const exclude_words[] = {"replies", "retweets", NULL};
static const char *const order_words[] = {"recency", "relevancy", NULL};
static const char *const event_words[] = {
	"MessageCreate", "ParticipantsJoin", "ParticipantsLeave", NULL};

/* clang-format off */
#define BODY  PLACE_BODY
#define PATH  PLACE_PATH
#define QUERY PLACE_QUERY
#define MUST  true
#define MAY   false
#define PLAIN PATTERN_ANY, NULL, 0

/* name, type, required, flags, place, target, target of a name, min, max, words, help, and nothing more */
#define TEXT_ARG(required, flags) \
	{"text", ARG_POST, required, flags, BODY, "text", "", 1, COUNT_POST_MAX, NULL, "what the post says; URLs count 23, emoji 2", PLAIN}

static const struct arg site_button[] = {
	{"url", ARG_TEXT, MUST, 0, BODY, "url", "", 9, 2048, NULL, "the https address that the button leads to", PLAIN},
};

static const struct arg app_button[] = {
	{"app_store_id",      ARG_TEXT, MAY, 0, BODY, "app_store_id",      "", 1, 256, NULL, "id of an iPhone app in Apple's App Store", PLAIN},
	{"ipad_app_store_id", ARG_TEXT, MAY, 0, BODY, "ipad_app_store_id", "", 1, 256, NULL, "id of an iPad app in Apple's App Store", PLAIN},
	{"play_store_id",     ARG_TEXT, MAY, 0, BODY, "play_store_id",     "", 1, 256, NULL, "id of an app in Google's Play Store", PLAIN},
};

static const struct arg buttons[] = {
	{"visit_site",  ARG_MAP, MAY, 0, BODY, "visit_site",  "", 0, 0, NULL, "a button that leads to a site", PATTERN_ANY, site_button, COUNT_OF(site_button)},
	{"watch_now",   ARG_MAP, MAY, 0, BODY, "watch_now",   "", 0, 0, NULL, "a button that leads to a film", PATTERN_ANY, site_button, COUNT_OF(site_button)},
	{"app_install", ARG_MAP, MAY, 0, BODY, "app_install", "", 0, 0, NULL, "a button that installs an app", PATTERN_ANY, app_button, COUNT_OF(app_button)},
};

static const struct arg poll_option[] = {
	{"option", ARG_TEXT, MUST, 0, BODY, "option", "", 1, 25, NULL, "what may be chosen", PLAIN},
};

static const struct arg poll_parts[] = {
	{"options",          ARG_LIST, MUST, 0, BODY, "options",          "", 2, 4,     NULL, "what there is to choose from", PATTERN_ANY, poll_option, COUNT_OF(poll_option)},
	{"duration_minutes", ARG_INT,  MUST, 0, BODY, "duration_minutes", "", 5, 10080, NULL, "how long the poll is open", PLAIN},
	{"reply_settings",   ARG_WORD, MAY,  0, BODY, "reply_settings",   "", 0, 0, reply_settings, "taken because X takes it, where it has no effect any more: set it beside the poll", PLAIN},
};

#define ATTACHED_ARGS \
	{"media",            ARG_MEDIA,  MAY, ARG_ALONE | ARG_CONTENT, BODY, "media.media_ids",       "", 1, 4,  NULL, "4 photos, or 1 GIF, or 1 video: handles of bytes that were sent (media.md), also as {\"media\": handle, \"alt\": text}, or ids of X", PLAIN}, \
	{"tagged_user_ids",  ARG_IDS,  MAY, ARG_WITH_MEDIA,          BODY, "media.tagged_user_ids", "", 1, 10, NULL, "ids of users to be tagged in the media", PLAIN}, \
	{"media_title",      ARG_TEXT, MAY, ARG_WITH_MEDIA,          BODY, "media.title",       "", 1, 1000, NULL, "title of a video, for players that show one", PLAIN}, \
	{"media_description", ARG_TEXT, MAY, ARG_WITH_MEDIA,         BODY, "media.description", "", 1, 1000, NULL, "description of a video", PLAIN}, \
	{"embeddable",       ARG_BOOL, MAY, ARG_WITH_MEDIA,          BODY, "media.embeddable",  "", 0, 0,  NULL, "whether other sites may show the video", PLAIN}, \
	{"preview_media_id", ARG_ID,   MAY, ARG_WITH_MEDIA,          BODY, "media.preview_media_id", "", 0, 0, NULL, "id of an uploaded picture shown before the video plays", PLAIN}, \
	{"call_to_actions",  ARG_MAP,  MAY, ARG_WITH_MEDIA,          BODY, "media.call_to_actions", "", 0, 0, NULL, "a button on the media: visit_site or watch_now with an address, or app_install", PATTERN_ANY, buttons, COUNT_OF(buttons)}, \
	{"poll",             ARG_POLL, MAY, ARG_ALONE | ARG_CONTENT, BODY, "poll",                  "", 0, 0,  NULL, "a poll: 2 to 4 options of at most 25 characters, open for 5 to 10080 minutes", PATTERN_ANY, poll_parts, COUNT_OF(poll_parts)}, \
	{"card_uri",         ARG_TEXT, MAY, ARG_ALONE,               BODY, "card_uri",              "", 1, 2048, NULL, "address of a card to be shown", PLAIN}, \
	{"direct_message_deep_link", ARG_TEXT, MAY, ARG_ALONE,       BODY, "direct_message_deep_link", "", 1, 2048, NULL, "link that opens a direct message to the account", PLAIN}

#define SETTING_ARGS \
	{"reply_settings",   ARG_WORD, MAY, 0, BODY, "reply_settings",   "", 0, 0, reply_settings, "who may reply; everyone when it is not given", PLAIN}, \
	{"edit",             ARG_ID,   MAY, 0, BODY, "edit_options.previous_post_id", "", 0, 0, NULL, "id of a post of the account that this replaces; for Premium, within the hour", PLAIN}, \
	{"community_id",     ARG_ID,   MAY, 0, BODY, "community_id",     "", 0, 0, NULL, "id of the community to post to", PLAIN}, \
	{"share_with_followers", ARG_BOOL, MAY, 0, BODY, "share_with_followers", "", 0, 0, NULL, "show a community post to followers as well", PLAIN}, \
	{"for_super_followers_only", ARG_BOOL, MAY, 0, BODY, "for_super_followers_only", "", 0, 0, NULL, "for subscribers only", PLAIN}, \
	{"nullcast",         ARG_BOOL, MAY, 0, BODY, "nullcast",         "", 0, 0, NULL, "keep it out of public timelines", PLAIN}, \
	{"made_with_ai",     ARG_BOOL, MAY, 0, BODY, "made_with_ai",     "", 0, 0, NULL, "disclose that its media were made by AI", PLAIN}, \
	{"paid_partnership", ARG_BOOL, MAY, 0, BODY, "paid_partnership", "", 0, 0, NULL, "disclose that it is paid promotion", PLAIN}, \
	{"place_id",         ARG_TEXT, MAY, 0, BODY, "geo.place_id",     "", 1, 64, NULL, "id of a place; ignored unless the account shares places", PLAIN}

#include "common/xapi/made/fields.def"

#define FIELDS_ARG(name, target, words, things) \
	{name, ARG_WORDS, MAY, 0, QUERY, target, "", 1, 64, words, things, PLAIN}

#define USER_FIELDS_ARGS(expansions) \
	FIELDS_ARG("tweet_fields", "tweet.fields", post_fields, "fields of posts to be returned"), \
	FIELDS_ARG("user_fields",  "user.fields",  user_fields, "fields of users to be returned"), \
	FIELDS_ARG("expansions",   "expansions",   expansions,  "objects to be returned along with it")

#define POST_FIELDS_ARGS \
	USER_FIELDS_ARGS(post_expansions), \
	FIELDS_ARG("media_fields", "media.fields", media_fields, "fields of media to be returned"), \
	FIELDS_ARG("poll_fields",  "poll.fields",  poll_fields,  "fields of polls to be returned"), \
	FIELDS_ARG("place_fields", "place.fields", place_fields, "fields of places to be returned")

static const struct arg post_args[] = {
	TEXT_ARG(MAY, ARG_CONTENT),
	ATTACHED_ARGS,
	SETTING_ARGS,
};

static const struct arg reply_args[] = {
	{"to", ARG_ID, MUST, 0, BODY, "reply.in_reply_to_tweet_id", "", 0, 0, NULL, "id of the post to reply to", PLAIN},
	TEXT_ARG(MAY, ARG_CONTENT),
	{"exclude_reply_user_ids", ARG_IDS, MAY, 0, BODY, "reply.exclude_reply_user_ids", "", 1, 100, NULL, "ids of users to be left out of the conversation", PLAIN},
	{"auto_populate_reply_metadata", ARG_BOOL, MAY, 0, BODY, "reply.auto_populate_reply_metadata", "", 0, 0, NULL, "taken because X takes it, where it has no effect any more", PLAIN},
	ATTACHED_ARGS,
	SETTING_ARGS,
};

/* X allows one of media, poll, card, link and quoted post: so there are no others here. */
static const struct arg quote_args[] = {
	{"post", ARG_ID, MUST, 0, BODY, "quote_tweet_id", "", 0, 0, NULL, "id of the post to quote", PLAIN},
	TEXT_ARG(MUST, 0),
	SETTING_ARGS,
};

static const struct arg post_path_args[] = {
	{"post", ARG_ID, MUST, 0, PATH, "id", "", 0, 0, NULL, "id of the post", PLAIN},
};

static const struct arg tweet_path_args[] = {
	{"post", ARG_ID, MUST, 0, PATH, "tweet_id", "", 0, 0, NULL, "id of the post", PLAIN},
};

static const struct arg source_path_args[] = {
	{"post", ARG_ID, MUST, 0, PATH, "source_tweet_id", "", 0, 0, NULL, "id of the post", PLAIN},
};

static const struct arg post_body_args[] = {
	{"post", ARG_ID, MUST, 0, BODY, "tweet_id", "", 0, 0, NULL, "id of the post", PLAIN},
};

static const struct arg user_body_args[] = {
	{"user", ARG_USER, MUST, 0, BODY, "target_user_id", "", 0, 0, NULL, "id of the user, or \"@name\"", PLAIN},
};

static const struct arg user_path_args[] = {
	{"user", ARG_USER, MUST, 0, PATH, "target_user_id", "", 0, 0, NULL, "id of the user, or \"@name\"", PLAIN},
};

static const struct arg bookmark_args[] = {
	{"post",      ARG_ID, MUST, 0, BODY, "tweet_id",  "", 0, 0, NULL, "id of the post", PLAIN},
	{"folder_id", ARG_ID, MAY,  0, BODY, "folder_id", "", 0, 0, NULL, "id of a bookmark folder", PLAIN},
};

static const struct arg dm_args[] = {
	{"to",           ARG_USER, MAY, ARG_EITHER,  PATH, "participant_id",  "", 0, 0, NULL, "id of the receiver, or \"@name\"", PLAIN},
	{"conversation", ARG_CONVERSATION, MAY, ARG_EITHER, PATH, "dm_conversation_id", "", 1, 19, NULL, "id of a conversation that exists", PLAIN},
	{"text",         ARG_TEXT, MAY, ARG_CONTENT, BODY, "text",            "", 1, 10000, NULL, "what the message says", PLAIN},
	{"media",        ARG_MEDIA,  MAY, ARG_CONTENT, BODY, "attachments.*.media_id", "", 1, 1, NULL, "one medium, in an array: the handle of bytes that were sent (media.md), or an id of X", PLAIN},
};

static const struct arg dm_group_args[] = {
	{"participants", ARG_IDS,  MUST, 0,           BODY, "participant_ids", "", 2, 49, NULL, "ids of the others in the conversation", PLAIN},
	{"text",         ARG_TEXT, MAY,  ARG_CONTENT, BODY, "message.text",    "", 1, 10000, NULL, "what the message says", PLAIN},
	{"media",        ARG_MEDIA, MAY,  ARG_CONTENT, BODY, "message.attachments.*.media_id", "", 1, 1, NULL, "one medium, in an array: the handle of bytes that were sent (media.md), or an id of X", PLAIN},
};

static const struct arg event_path_args[] = {
	{"event", ARG_ID, MUST, 0, PATH, "event_id", "", 0, 0, NULL, "id of the message: the x_id of the job that sent it", PLAIN},
};

static const struct arg get_me_args[] = {
	USER_FIELDS_ARGS(user_expansions),
};

static const struct arg get_user_args[] = {
	{"user", ARG_USER, MUST, 0, PATH, "id", "username", 0, 0, NULL, "id of the user, or \"@name\"", PLAIN},
	USER_FIELDS_ARGS(user_expansions),
};

static const struct arg get_post_args[] = {
	{"post", ARG_ID, MUST, 0, PATH, "id", "", 0, 0, NULL, "id of the post", PLAIN},
	POST_FIELDS_ARGS,
};

static const struct arg thread_args[] = {
	{"posts",      ARG_POSTS, MUST, 0, PLACE_OURS, "posts",      "", 2, THREAD_MAX, NULL, "the posts, each with the arguments of `post`", PLAIN},
	{"on_failure", ARG_WORD,  MAY,  0, PLACE_OURS, "on_failure", "", 0, 0, failure_words, "when a post fails: wait for it to be retried, finish with what was posted (default), or delete that", PLAIN},
};

#define USER_ARG \
	{"user", ARG_USER, MAY, ARG_OR_SELF, PATH, "id", "", 0, 0, NULL, "id of the user, or \"@name\"; the account itself when it is not given", PLAIN}

#define PAGE_ARG(least, most, things) \
	{"max_results", ARG_INT, MAY, 0, QUERY, "max_results", "", least, most, NULL, things " of a page", PLAIN}

#define BOUNDS_ARGS \
	{"since_id",   ARG_ID,   MAY, 0, QUERY, "since_id",   "", 0, 0, NULL, "only posts after this one", PLAIN}, \
	{"until_id",   ARG_ID,   MAY, 0, QUERY, "until_id",   "", 0, 0, NULL, "only posts before this one", PLAIN}, \
	{"start_time", ARG_TIME, MAY, 0, QUERY, "start_time", "", 0, 0, NULL, "only posts from this instant on", PLAIN}, \
	{"end_time",   ARG_TIME, MAY, 0, QUERY, "end_time",   "", 0, 0, NULL, "only posts before this instant", PLAIN}

#define EXCLUDE_ARG \
	{"exclude", ARG_WORDS, MAY, 0, QUERY, "exclude", "", 1, 2, exclude_words, "kinds of posts to be left out", PLAIN}

#define TOKEN_ARG(least) \
	{"pagination_token", ARG_TEXT, MAY, 0, QUERY, "pagination_token", "", least, 1024, NULL, "the next_token of the page before", PLAIN}, \
	{"pages", ARG_INT, MAY, 0, PLACE_OURS, "pages", "", 1, ACTION_PAGES_MAX, NULL, "how many pages to read, one after the other, each when the limits allow; 1 when it is not given", PLAIN}, \
	{"each", ARG_BOOL, MAY, 0, PLACE_OURS, "each", "", 0, 0, NULL, "with pages: a result for each page as it comes, not one for all", PLAIN}

static const struct arg timeline_args[] = {
	USER_ARG,
	PAGE_ARG(5, 100, "posts"),
	BOUNDS_ARGS,
	EXCLUDE_ARG,
	TOKEN_ARG(1),
	POST_FIELDS_ARGS,
};

static const struct arg mentions_args[] = {
	USER_ARG,
	PAGE_ARG(5, 100, "posts"),
	BOUNDS_ARGS,
	TOKEN_ARG(1),
	POST_FIELDS_ARGS,
};

static const struct arg home_args[] = {
	{"user", ARG_USER, MAY, ARG_OR_SELF | ARG_SELF, PATH, "id", "", 0, 0, NULL, "the account itself, and nobody else: it need not be given", PLAIN},
	PAGE_ARG(1, 100, "posts"),
	BOUNDS_ARGS,
	EXCLUDE_ARG,
	TOKEN_ARG(1),
	POST_FIELDS_ARGS,
};

static const struct arg search_args[] = {
	{"query",      ARG_TEXT, MUST, 0, QUERY, "query",      "", 1, 4096, NULL, "what to look for, in X's query language", PLAIN},
	PAGE_ARG(10, 100, "posts"),
	BOUNDS_ARGS,
	{"sort_order", ARG_WORD, MAY,  0, QUERY, "sort_order", "", 0, 0, order_words, "newest first, which is usual, or those that fit best", PLAIN},
	TOKEN_ARG(1),
	POST_FIELDS_ARGS,
};

static const struct arg likes_args[] = {
	USER_ARG,
	PAGE_ARG(5, 100, "posts"),
	TOKEN_ARG(1),
	POST_FIELDS_ARGS,
};

static const struct arg follows_args[] = {
	USER_ARG,
	PAGE_ARG(1, 1000, "users"),
	TOKEN_ARG(16),
	USER_FIELDS_ARGS(user_expansions),
};

static const struct arg dms_args[] = {
	{"with",         ARG_USER, MAY, ARG_EITHER, PATH, "participant_id", "", 0, 0, NULL, "id of the other one, or \"@name\"", PLAIN},
	{"conversation", ARG_CONVERSATION, MAY, ARG_EITHER, PATH, "id",     "", 15, 19, NULL, "id of a conversation", PLAIN},
	PAGE_ARG(1, 100, "messages"),
	{"event_types",  ARG_WORDS, MAY, 0, QUERY, "event_types", "", 1, 3, event_words, "kinds of events; all when it is not given", PLAIN},
	TOKEN_ARG(16),
	FIELDS_ARG("dm_event_fields", "dm_event.fields", dm_event_fields, "fields of messages to be returned"),
	USER_FIELDS_ARGS(dm_event_expansions),
	FIELDS_ARG("media_fields", "media.fields", media_fields, "fields of media to be returned"),
};

static const struct action actions[] = {
#define X(name, capability, flags, call, when, other, args, help, example, always) \
	{name, capability, help, flags, call, when, other, args, COUNT_OF(args), example, always},
#include "common/xapi/actions.def"
#undef X
};

/* What people and models write from habit. Only for "did you mean". */
static const struct near_alias action_aliases[] = {
	{"tweet", "post"}, {"create_post", "post"}, {"send_tweet", "post"}, {"update_status", "post"},
	{"retweet", "repost"}, {"unretweet", "unrepost"}, {"undo_repost", "unrepost"},
	{"favorite", "like"}, {"unfavorite", "unlike"}, {"delete", "delete_post"}, {"delete_tweet", "delete_post"},
	{"tweetstorm", "thread"}, {"direct_message", "dm"}, {"send_dm", "dm"}, {"message", "dm"}, {"quote_tweet", "quote"},
	{"me", "get_me"}, {"user", "get_user"}, {"get_tweet", "get_post"}, {"comment", "reply"},
	{"user_timeline", "timeline"}, {NULL, NULL},
};

static const struct near_alias arg_aliases[] = {
	{"content", "text"}, {"body", "text"}, {"tweet", "text"}, {"message", "text"}, {"status", "text"},
	{"media_ids", "media"}, {"attachments", "media"}, {"image", "media"}, {"images", "media"},
	{"id", "post"}, {"tweet", "post"}, {"tweet_id", "post"}, {"post_id", "post"}, {"quote_tweet_id", "post"},
	{"id", "user"}, {"user_id", "user"}, {"username", "user"}, {"name", "user"}, {"target_user_id", "user"},
	{"reply_to", "to"}, {"in_reply_to", "to"}, {"in_reply_to_tweet_id", "to"}, {"in_reply_to_status_id", "to"},
	{"user", "to"}, {"post", "to"}, {"recipient", "to"}, {"recipient_id", "to"}, {"participant_id", "to"},
	{"id", "event"}, {"dm", "event"}, {"message", "event"}, {"dm_event_id", "event"},
	{"dm_conversation_id", "conversation"}, {"count", "max_results"}, {"limit", "max_results"},
	{"cursor", "pagination_token"}, {"next_token", "pagination_token"}, {"folder", "folder_id"},
	{"community", "community_id"}, {NULL, NULL},
};
/* clang-format on */

static const struct action *find(const struct action *rows, size_t count, struct str name)
{
	size_t from = 0, to = count;

	while (from < to) {
		size_t middle = (from + to) / 2;
		size_t len = strlen(rows[middle].name);
		int order = memcmp(name.len ? name.at : "", rows[middle].name,
			name.len < len ? name.len : len);

		if (order == 0 && name.len == len)
			return &rows[middle];
		if (order < 0 || (order == 0 && name.len < len))
			to = middle;
		else
			from = middle + 1;
	}
	return NULL;
}

const struct action *action_find(struct str name)
{
	const struct action *a = find(actions, COUNT_OF(actions), name);

	return a ? a : find(operations, operation_count, name);
}

const struct action *action_at(size_t i)
{
	if (i < COUNT_OF(actions))
		return &actions[i];
	i -= COUNT_OF(actions);
	return i < operation_count ? &operations[i] : NULL;
}

uint16_t action_number(const struct action *a)
{
	if (a->flags & ACTION_OPERATION)
		return (uint16_t)(COUNT_OF(actions) + (size_t)(a - operations));
	ASSERT(a >= actions && a < actions + COUNT_OF(actions));
	return (uint16_t)(a - actions);
}

const struct arg *action_arg(const struct action *a, struct str name)
{
	for (size_t i = 0; i < a->arg_count; i++)
		if (str_is(name, a->args[i].name))
			return &a->args[i];
	return NULL;
}

static const char *action_name(const void *ctx, size_t i)
{
	const struct action *a = action_at(i);

	(void)ctx;
	return a ? a->name : NULL;
}

static const char *arg_name(const void *ctx, size_t i)
{
	const struct action *a = ctx;

	return i < a->arg_count ? a->args[i].name : NULL;
}

const char *action_suggest(struct str name)
{
	return near_find(name, action_name, NULL, action_aliases);
}

const char *action_arg_suggest(const struct action *a, struct str name)
{
	return near_find(name, arg_name, a, arg_aliases);
}
