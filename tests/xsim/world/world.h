/*
 * world.h - the people and posts of the simulated X
 *
 * Users, posts, and the ties between them (likes, follows, mutes, bookmarks,
 * reposts). Everything is found by id in constant time and listed newest
 * first. Ids are snowflakes: (milliseconds since 1288834974657) << 22, made
 * unique by counting up. Nothing here knows of HTTP, tokens or rules.
 */
#ifndef ROOST_TESTS_XSIM_WORLD_WORLD_H
#define ROOST_TESTS_XSIM_WORLD_WORLD_H

#include "common/base/clock.h"
#include "common/base/map.h"
#include "common/base/rng.h"
#include "common/base/slab.h"
#include "common/base/text.h"
#include "tests/xsim/world/series.h"

#define WORLD_POSTS_MAX 4000000 /* posts ever made; then POST /2/tweets answers 503 */
#define WORLD_USERS_MAX 100000
#define NOBODY          UINT32_MAX /* no user, no post */

/* What one user can have with a post or with another user. */
enum tie_kind { TIE_LIKE, TIE_REPOST, TIE_BOOKMARK, TIE_FOLLOW, TIE_MUTE, TIE_COUNT };

struct user {
	uint64_t id;
	char username[16];
	char name[51];
	usec_t created;
	bool is_protected;   /* a follow waits for consent */
	bool premium;        /* may post long texts */
	bool dm_closed;      /* receives no direct messages */
	struct series posts; /* of posts, oldest first */
	struct series
		mentions; /* posts of others that name this user or quote or answer them */
	struct series ties[TIE_COUNT]; /* of ties this user made */
	struct series followers;       /* of ties of kind follow that point here */
	struct series dms;             /* of direct messages this user can see */
};

struct post {
	uint64_t id;
	uint32_t author;                    /* a user's slot */
	uint32_t reply_to, quotes, reposts; /* posts' slots, or NOBODY */
	bool deleted;
	bool hidden;       /* a reply, by whoever began the conversation */
	uint64_t sameness; /* what the duplicate rule compares; 0: nothing */
	uint32_t media;    /* how many it has */
	uint32_t before;   /* the version that this one replaces, a slot; or NOBODY */
	uint32_t after;    /* the version that replaces this one, or NOBODY */
	bool is_fixed;     /* may not be edited */
	bool poll;         /* it has one */
	char *text; /* owned; as written, with X's own reply mention; NULL for a repost */
};

struct tie {
	uint64_t seq;    /* in the order they were made */
	uint64_t target; /* id of the post or user */
	uint32_t owner;  /* a user's slot */
	uint32_t target_slot;
	uint32_t post; /* TIE_REPOST: the post it made */
	uint8_t kind;
	bool gone;
};

struct world {
	struct rng rng;
	struct slab users, posts, ties;
	struct map user_by_id, user_by_name, post_by_id, post_by_sameness, tie_by_key;
	uint64_t last_id;
	uint64_t tie_seq;
};

/* What a new post is made of. */
struct post_facts {
	uint32_t author;
	uint32_t reply_to, quotes, reposts;
	struct str text;
	uint64_t sameness;
	uint32_t media;  /* how many it has */
	uint32_t before; /* the version that it replaces, or NOBODY */
	bool is_fixed;   /* may not be edited */
	bool poll;       /* it has one */
};

/* Empty. It must not be moved afterwards. */
void world_init(struct world *w, uint64_t seed);
void world_done(struct world *w);

/* The next snowflake at this instant. */
uint64_t world_next_id(struct world *w, usec_t wall);

/* The least id made at or after this instant. */
uint64_t world_id_at(usec_t wall);

/* When an id was made. */
usec_t world_time_of(uint64_t id);

struct user *world_user(const struct world *w, uint32_t slot);
struct post *world_post(const struct world *w, uint32_t slot);
struct tie *world_tie(const struct world *w, uint32_t slot);

/* Slots, or NOBODY. Names compare without case. A deleted post is not found. */
uint32_t world_find_user(const struct world *w, uint64_t id);
uint32_t world_find_name(const struct world *w, struct str username);
uint32_t world_find_post(const struct world *w, uint64_t id);
uint32_t world_find_same(const struct world *w, uint64_t sameness);
uint32_t world_find_tie(
	const struct world *w, uint32_t owner, enum tie_kind kind, uint64_t target);

/* Makes a user with an id and a username nobody has (asserted). Returns the slot. */
uint32_t world_add_user(
	struct world *w, uint64_t id, const char *username, const char *name, usec_t created);

/* Makes a post; enters it in its author's timeline and, for an answer or quote, in the other's
 * mentions. Returns the slot, NOBODY when there are WORLD_POSTS_MAX. */
uint32_t world_add_post(struct world *w, const struct post_facts *f, usec_t wall);

/* Enters a post in the mentions of a user, unless it is there already. */
void world_mention(struct world *w, uint32_t post, uint32_t user);

/* Whether a post is in lists: neither deleted nor replaced by another version, nor a repost of
 * one that was deleted. */
bool world_is_listed(const struct world *w, uint32_t slot);

/* The first version of a post that was edited; of any other the post itself. */
uint32_t world_first_version(const struct world *w, uint32_t slot);

/* Deletes a post in all its versions; the reposts made of it are left pointing at nothing. */
void world_delete_post(struct world *w, uint32_t slot);

/* Makes a tie that is not there yet. Returns its slot. */
uint32_t world_add_tie(struct world *w, uint32_t owner, enum tie_kind kind, uint64_t target,
	uint32_t target_slot);
void world_remove_tie(struct world *w, uint32_t slot);

/* Keys of series: posts by id, ties by seq. ctx is the world. */
uint64_t world_post_key(const void *world, uint32_t slot);
uint64_t world_tie_key(const void *world, uint32_t slot);

#endif
