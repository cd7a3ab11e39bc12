/*
 * film.h - pictures and videos at the simulated X, before and after they are in a post
 *
 * An upload is begun with its size, gets its segments in order, each as often
 * as it comes (the same bytes again change nothing), and is ended. A video or
 * GIF is then processed for a while. Who began it owns it; it is forgotten
 * when its life is over. Bytes are not kept, their SHA-256 is.
 */
#ifndef ROOST_TESTS_XSIM_WORLD_FILM_H
#define ROOST_TESTS_XSIM_WORLD_FILM_H

#include "common/crypto/digest.h"
#include "tests/xsim/world/world.h"

#define FILM_SEGMENTS_MAX 1000

enum film_state { FILM_OPEN, FILM_PROCESSED };

struct film {
	uint64_t id;
	uint32_t owner; /* a user's slot */
	char category[16];
	char type[32];
	int64_t size; /* as it was begun with */
	int64_t received;
	uint32_t segments;  /* that came */
	uint64_t *prints;   /* owned: a fingerprint of each */
	struct sha256 *sha; /* owned; NULL once it has ended */
	unsigned char hash[SHA256_BYTES];
	enum film_state state;
	usec_t ended_at, ready_at; /* wall */
	usec_t forgotten_at;       /* wall */
	bool fails;                /* its processing will */
	char *alt;                 /* owned, or NULL */
};

struct films {
	struct world *world;
	struct slab films;
	struct map by_id;
	usec_t life, takes; /* how long ids live, and processing takes */
};

/* Empty. It must not be moved afterwards; the world must outlive it. */
void films_init(struct films *f, struct world *w, usec_t life, usec_t takes);
void films_done(struct films *f);

/* A new upload, which is lent. */
struct film *film_begin(struct films *f, uint32_t owner, const char *category, const char *type,
	int64_t size, usec_t wall);

/* The one of that id, if its life is not over; NULL. */
struct film *film_find(const struct films *f, uint64_t id, usec_t wall);

/* A segment; NULL when it was taken, else why not. */
const char *film_segment(struct film *m, uint32_t index, struct str bytes);

/* All segments have come; NULL when it makes sense, else why not. */
const char *film_end(struct films *f, struct film *m, usec_t wall);

/* "pending", "in_progress", "succeeded", "failed"; NULL: it needs no processing. */
const char *film_processing(const struct film *m, usec_t wall, int *ret_percent);

/* Whether it may be in a post (in_message: in a direct message) of that user now. */
bool film_is_ready(const struct film *m, uint32_t user, bool in_message, usec_t wall);

/* Whether it moves: a GIF or a video. */
bool film_moves(const struct film *m);

#endif
