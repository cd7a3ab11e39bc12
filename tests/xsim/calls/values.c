#include "tests/xsim/calls/values.h"

#include <string.h>

#include "tests/xsim/calls/call.h"

#define LIST_MAX 100

/* clang-format off */
#define USER_FIELDS \
	"affiliation confirmed_email connection_status created_at description entities id is_identity_verified location " \
	"most_recent_post_id most_recent_tweet_id name parody pinned_post_id pinned_tweet_id profile_banner_url " \
	"profile_image_url protected public_metrics receives_your_dm subscribes_to_you subscription subscription_type " \
	"url username verified verified_followers_count verified_type withheld"
#define POST_FIELDS \
	"article article_title attachments author_id card_uri community_id context_annotations conversation_id created_at " \
	"display_text_range edit_controls edit_history_post_ids edit_history_tweet_ids entities geo id in_reply_to_user_id " \
	"lang matched_media_notes media_metadata non_public_metrics note_post note_tweet note_request_suggestions " \
	"organic_metrics paid_partnership possibly_sensitive promoted_metrics public_metrics referenced_posts " \
	"referenced_tweets reply_settings scopes source suggested_source_links suggested_source_links_with_counts text " \
	"withheld"
#define DM_FIELDS \
	"attachments created_at dm_conversation_id entities event_type id participant_ids referenced_posts " \
	"referenced_tweets sender_id text"
#define EXPANSIONS \
	"affiliation article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet " \
	"attachments.poll_ids author_id edit_history_post_ids edit_history_tweet_ids entities.mentions.username " \
	"geo.place_id in_reply_to_user_id most_recent_post_id participant_ids pinned_post_id pinned_tweet_id " \
	"referenced_posts referenced_tweets.id referenced_tweets.id.author_id sender_id username"
#define MEDIA_FIELDS \
	"alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url promoted_metrics " \
	"public_metrics type url variants width"
/* clang-format on */

static bool is_word(struct str s, const char *words)
{
	size_t n = s.len;

	for (const char *at = words; n && (at = strchr(at, s.at[0])) != NULL; at++)
		if ((at == words || at[-1] == ' ') && strncmp(at, s.at, n) == 0 &&
			(at[n] == ' ' || !at[n]))
			return true;
	return false;
}

static bool is_id(struct str s, const char *words)
{
	(void)words;
	return text_is_x_id(s);
}

static bool is_username(struct str s, const char *words)
{
	(void)words;
	return text_is_username(s);
}

static bool is_time(struct str s, const char *words)
{
	usec_t at;

	(void)words;
	return !text_to_time(s, &at);
}

static const struct rule {
	const char *name;
	bool (*good)(struct str item, const char *words);
	const char *words; /* the items that there are, separated by blanks */
	bool list;         /* items separated by commas, none of them twice */
} rules[] = {
	{"ids", is_id, "", true},
	{"usernames", is_username, "", true},
	{"since_id", is_id, "", false},
	{"until_id", is_id, "", false},
	{"start_time", is_time, "", false},
	{"end_time", is_time, "", false},
	{"sort_order", is_word, "recency relevancy", false},
	{"exclude", is_word, "replies retweets", true},
	{"event_types", is_word, "MessageCreate ParticipantsJoin ParticipantsLeave", true},
	{"user.fields", is_word, USER_FIELDS, true},
	{"tweet.fields", is_word, POST_FIELDS, true},
	{"post.fields", is_word, POST_FIELDS, true},
	{"dm_event.fields", is_word, DM_FIELDS, true},
	{"media.fields", is_word, MEDIA_FIELDS, true},
	{"poll.fields", is_word, "duration_minutes end_datetime id options voting_status",
		true},
	{"place.fields", is_word,
		"contained_within country country_code full_name geo id name place_type", true},
	{"expansions", is_word, EXPANSIONS, true},
};

static bool check_item(struct call *c, const struct rule *r, struct str item)
{
	if (r->good(item, r->words))
		return true;
	if (r->words[0])
		answer_invalid(c, r->name, item,
			"The `%s` query parameter value [%.*s] is not one of [%s]", r->name,
			STR_ARG(item), r->words);
	else
		answer_invalid(c, r->name, item,
			"The `%s` query parameter value [%.*s] is not valid", r->name,
			STR_ARG(item));
	return false;
}

static bool check_list(struct call *c, const struct rule *r, struct str value)
{
	struct str rest = value, item;
	size_t count = 0;

	if (!value.len) {
		answer_invalid(c, r->name, value, "The `%s` query parameter can not be empty",
			r->name);
		return false;
	}
	while (list_next(&rest, &item)) {
		if (!check_item(c, r, item))
			return false;
		count++;
	}
	if (count <= LIST_MAX)
		return true;
	answer_invalid(c, r->name, value,
		"The number of values in the `%s` query parameter list [%zu] is not between 1 "
		"and %d",
		r->name, count, LIST_MAX);
	return false;
}

bool value_check(struct call *c, const char *name, struct str value)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (strcmp(rules[i].name, name) == 0)
			return rules[i].list ? check_list(c, &rules[i], value)
					     : check_item(c, &rules[i], value);
	return true; /* a number or a token: page.c reads them */
}
