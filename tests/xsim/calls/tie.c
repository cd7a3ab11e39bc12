#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/calls.h"

/* One kind of tie as the API speaks of it. */
struct kind {
	enum tie_kind tie;
	const char *body; /* what names the target in the body of its call */
	const char *make; /* actions, for the ledger */
	const char *undo;
	const char *word; /* what the answer says is true or false */
	bool of_user;     /* the target is a user, not a post */
};

/* clang-format off */
static const struct kind
	likes     = {TIE_LIKE,     "tweet_id",       "like",     "unlike",     "liked",      false},
	bookmarks = {TIE_BOOKMARK, "tweet_id",       "bookmark", "unbookmark", "bookmarked", false},
	reposts   = {TIE_REPOST,   "tweet_id",       "repost",   "unrepost",   "retweeted",  false},
	follows   = {TIE_FOLLOW,   "target_user_id", "follow",   "unfollow",   "following",  true},
	mutes     = {TIE_MUTE,     "target_user_id", "mute",     "unmute",     "muting",     true};
/* clang-format on */

/* The slot of what the body names; NOBODY: it has answered. */
static uint32_t find_target(struct call *c, const struct kind *k)
{
	const struct world *w = &c->x->world;
	uint64_t id = body_id(c, k->body);
	uint32_t slot = k->of_user ? world_find_user(w, id) : world_find_post(w, id);
	struct str shown = str_of(json_string_value(json_object_get(c->body, k->body)));

	if (slot == NOBODY)
		answer_not_found(c, k->of_user ? "user" : "tweet", k->body, shown);
	if (slot != NOBODY && k->of_user && slot == c->user) {
		answer_invalid(c, k->body, shown,
			"The `%s` parameter value [%.*s] must not be the authenticating user",
			k->body, STR_ARG(shown));
		return NOBODY;
	}
	return slot;
}

static void note(struct call *c, const char *action, uint64_t target, bool changed)
{
	call_effect(
		c, &(struct effect){.action = action, .target = target, .unchanged = !changed});
}

/* Makes a tie unless it is there; and notes it. Returns its slot. */
static uint32_t tie(struct call *c, const struct kind *k, uint32_t target_slot)
{
	struct world *w = &c->x->world;
	uint64_t target = body_id(c, k->body);
	uint32_t slot = world_find_tie(w, c->user, k->tie, target);
	bool is_new = slot == NOBODY;

	if (is_new)
		slot = world_add_tie(w, c->user, k->tie, target, target_slot);
	note(c, k->make, target, is_new);
	return slot;
}

static void make(struct call *c, const struct kind *k)
{
	uint32_t target = find_target(c, k);

	if (target == NOBODY)
		return;
	tie(c, k, target);
	answer_data(c, 200, json_pack("{s:b}", k->word, 1));
}

/* Undoing what is not there, or of what there is not, is the same as undoing: X answers so. */
static void undo(struct call *c, const struct kind *k)
{
	struct world *w = &c->x->world;
	uint32_t slot = world_find_tie(w, c->user, k->tie, call_id(c, 1));

	if (slot != NOBODY && k->tie == TIE_REPOST)
		world_delete_post(w, world_tie(w, slot)->post);
	if (slot != NOBODY)
		world_remove_tie(w, slot);
	note(c, k->undo, call_id(c, 1), slot != NOBODY);
	answer_data(c, 200, json_pack("{s:b}", k->word, 0));
}

void like(struct call *c)
{
	make(c, &likes);
}

void unlike(struct call *c)
{
	undo(c, &likes);
}

/* A bookmark may be put into a folder of the caller's. */
void bookmark(struct call *c)
{
	const char *id = json_string_value(json_object_get(c->body, "folder_id"));
	uint64_t number = shelf_id(str_of(id ? id : "")), post = body_id(c, "tweet_id");
	struct shelves *s = &c->x->shelves;
	const struct thing *folder = id ? shelf_find(s, "folder", number) : NULL;

	if (id && (!folder || folder->owner != c->user)) {
		answer_not_found(c, "folder", "folder_id", str_of(id));
		return;
	}
	if (folder && !shelf_find_tie(s, "in_folder", number, post) &&
		world_find_post(&c->x->world, post) != NOBODY)
		shelf_put(s, &(struct thing){"in_folder", number, post, c->user, NULL, false});
	make(c, &bookmarks);
}

void unbookmark(struct call *c)
{
	const struct shelves *s = &c->x->shelves;

	for (uint32_t i = 0; i < s->things.count; i++) {
		struct thing *t = shelf_at(s, i);

		if (strcmp(t->shelf, "in_folder") == 0 && t->owner == c->user &&
			t->id == call_id(c, 1))
			t->gone = true;
	}
	undo(c, &bookmarks);
}

void mute(struct call *c)
{
	make(c, &mutes);
}

void unmute(struct call *c)
{
	undo(c, &mutes);
}

void unfollow(struct call *c)
{
	undo(c, &follows);
}

void unrepost(struct call *c)
{
	undo(c, &reposts);
}

/* A protected user would have to consent, which nobody does here: the request stays pending. */
void follow(struct call *c)
{
	uint32_t target = find_target(c, &follows);

	if (target == NOBODY)
		return;
	bool pending = world_user(&c->x->world, target)->is_protected;
	tie(c, &follows, target);
	answer_data(c, 200,
		json_pack("{s:b,s:b}", "following", !pending, "pending_follow", pending));
}

void repost(struct call *c)
{
	struct world *w = &c->x->world;
	uint32_t target = find_target(c, &reposts);
	struct post_facts f = {.author = c->user,
		.reply_to = NOBODY,
		.quotes = NOBODY,
		.reposts = target,
		.before = NOBODY};

	if (target == NOBODY)
		return;
	if (world_find_tie(w, c->user, TIE_REPOST, body_id(c, "tweet_id")) != NOBODY) {
		answer_fixture(c, "400-already-reposted");
		return;
	}
	uint32_t post = world_add_post(w, &f, c->r->now.wall);
	if (post == NOBODY) {
		answer_fixture(c, "503-service-unavailable");
		return;
	}
	world_tie(w, tie(c, &reposts, target))->post = post;
	answer_data(c, 200,
		json_pack("{s:b,s:o}", "retweeted", 1, "rest_id",
			id_json(body_id(c, "tweet_id"))));
}
