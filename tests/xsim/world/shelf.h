/*
 * shelf.h - what calls made and others show: lists, folders, notes, drafts, broadcasts, chats
 *
 * A thing lies on a shelf, which has a name, under an id; it was made by a
 * user and belongs to something (`from`): its maker, a conversation, a post.
 * A thing without a value is a tie between `from` and `id`, such as of a list
 * and a member of it. Ids that are no numbers stand here as hashes.
 */
#ifndef ROOST_TESTS_XSIM_WORLD_SHELF_H
#define ROOST_TESTS_XSIM_WORLD_SHELF_H

#include <jansson.h>

#include "common/base/slab.h"
#include "common/base/text.h"

struct thing {
	const char *shelf; /* its name; static */
	uint64_t from, id;
	uint32_t owner; /* a user's slot */
	json_t *value;  /* owned; NULL: a tie */
	bool gone;
};

struct shelves {
	struct slab things; /* in the order they came; slots are never given back */
};

void shelves_init(struct shelves *s);
void shelves_done(struct shelves *s);

/* An id as a number: itself when it is one, else its hash. */
uint64_t shelf_id(struct str text);

/* Keeps a thing; takes its value. Lent until the shelves go. */
struct thing *shelf_put(struct shelves *s, const struct thing *t);

struct thing *shelf_at(const struct shelves *s, uint32_t slot);

/* The thing of that id that is there, or the tie of those two; NULL. */
struct thing *shelf_find(const struct shelves *s, const char *shelf, uint64_t id);
struct thing *shelf_find_tie(
	const struct shelves *s, const char *shelf, uint64_t from, uint64_t id);

/* How many ties a shelf has from one (from: true), or to one. */
json_int_t shelf_count(const struct shelves *s, const char *shelf, bool from, uint64_t id);

#endif
