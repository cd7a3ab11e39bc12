#include "common/xapi/capability.h"

/* clang-format off */
#define S(name) (1u << SCOPE_##name)
#define T_U     (S(TWEET_READ) | S(USERS_READ))
static const struct capability table[] = {
	{"x.tweet.read",     T_U,                                0,                          "read posts, timelines and searches"},
	{"x.tweet.write",    T_U | S(TWEET_WRITE),               S(MEDIA_WRITE) | S(TWEET_MODERATE), "post, reply, quote, repost, delete; hide replies"},
	{"x.user.read",      S(USERS_READ),                      0,              "read profiles"},
	{"x.follow.read",    T_U | S(FOLLOWS_READ),              0,              "read who follows whom"},
	{"x.follow.write",   T_U | S(FOLLOWS_WRITE),             0,              "follow and unfollow"},
	{"x.dm.read",        T_U | S(DM_READ),                   0,              "read direct messages"},
	{"x.dm.write",       T_U | S(DM_READ) | S(DM_WRITE),     S(MEDIA_WRITE), "send and delete direct messages"},
	{"x.like.read",      T_U | S(LIKE_READ),                 0,              "read likes"},
	{"x.like.write",     T_U | S(LIKE_WRITE),                0,              "like and unlike"},
	{"x.mute.read",      T_U | S(MUTE_READ),                 0,              "read who is muted"},
	{"x.mute.write",     T_U | S(MUTE_WRITE),                0,              "mute and unmute"},
	{"x.block.read",     T_U | S(BLOCK_READ),                0,              "read who is blocked"},
	{"x.bookmark.read",  T_U | S(BOOKMARK_READ),             0,              "read bookmarks"},
	{"x.bookmark.write", T_U | S(BOOKMARK_WRITE),            0,              "bookmark and take back"},
	{"x.list.read",      T_U | S(LIST_READ),                 0,              "read lists"},
	{"x.list.write",     T_U | S(LIST_READ) | S(LIST_WRITE), 0,              "make and change lists"},
	{"x.timeline.read",  S(TWEET_READ) | S(TIMELINE_READ),   0,              "read who reposted the account's posts"},
	{"x.space.read",     T_U | S(SPACE_READ),                0,              "read Spaces"},
	{"x.broadcast.read", S(BROADCAST_READ),                  0,              "read live broadcasts and their chat"},
	{"x.broadcast.write", S(BROADCAST_READ) | S(BROADCAST_WRITE), 0,         "plan and run live broadcasts"},
};
#undef S
#undef T_U
/* clang-format on */

const struct capability *capability_at(size_t i)
{
	return i < COUNT_OF(table) ? &table[i] : NULL;
}

const struct capability *capability_find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (str_is(name, table[i].name))
			return &table[i];
	return NULL;
}
