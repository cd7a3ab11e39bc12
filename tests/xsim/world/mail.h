/*
 * mail.h - direct messages and the conversations they are in
 *
 * A conversation of two is called "smaller-larger" by their ids; a group has a
 * number of its own. A message that one member deletes is still there for the
 * others. Users are slots of the world, ids are the world's.
 */
#ifndef ROOST_TESTS_XSIM_WORLD_MAIL_H
#define ROOST_TESTS_XSIM_WORLD_MAIL_H

#include "tests/xsim/world/world.h"

#define MEMBERS_MAX 50 /* of a group, with the one who makes it: bodies.json says 49 others */
#define TALK_ID_LEN 40

struct talk {
	char id[TALK_ID_LEN];
	uint32_t members[MEMBERS_MAX]; /* users' slots; the two of a pair by rising id */
	uint32_t member_count;
	struct series messages;
};

struct message {
	uint64_t id;
	uint32_t talk, sender;
	uint64_t hidden; /* bit i: the i-th member has deleted it */
	char *text;      /* owned */
};

struct mail {
	struct world *world;
	struct slab talks, messages;
	struct map talk_by_id, message_by_id;
};

/* Empty. It must not be moved afterwards; the world must outlive it. */
void mail_init(struct mail *m, struct world *w);
void mail_done(struct mail *m);

struct talk *mail_talk(const struct mail *m, uint32_t slot);
struct message *mail_message(const struct mail *m, uint32_t slot);

/* Slots, or NOBODY. */
uint32_t mail_find_talk(const struct mail *m, struct str id);
uint32_t mail_find_message(const struct mail *m, uint64_t id);

/* The conversation of two different users, made when there is none. */
uint32_t mail_pair(struct mail *m, uint32_t a, uint32_t b);

/* A new group; the members are different users. */
uint32_t mail_group(struct mail *m, const uint32_t *members, uint32_t count, usec_t wall);

bool mail_is_member(const struct mail *m, uint32_t talk, uint32_t user);

/* Writes a message of a member. Returns its slot. */
uint32_t mail_send(
	struct mail *m, uint32_t talk, uint32_t sender, struct str text, usec_t wall);

/* Whether a user sees a message: is a member and has not deleted it. */
bool mail_sees(const struct mail *m, uint32_t message, uint32_t user);

/* Deletes a message for a user who sees it. */
void mail_hide(struct mail *m, uint32_t message, uint32_t user);

/* The key of a series of messages: their ids. ctx is the mail. */
uint64_t mail_key(const void *mail, uint32_t slot);

#endif
