/*
 * room.h - how much space is left, and a ballast to give up when there is none
 *
 * New work is refused while less than a reserve is free, so that results and
 * tokens can still be written. Should the space run out all the same, because
 * somebody else filled it, the ballast, a file beside the store that holds
 * nothing, is given up; it is made again once there is room.
 *
 * Both are a share of the file system, so that a store works on 16 MiB as well
 * as on a terabyte.
 */
#ifndef ROOST_DISPATCHER_STORE_SQLITE_ROOM_H
#define ROOST_DISPATCHER_STORE_SQLITE_ROOM_H

#include "common/base/err.h"

struct room {
	const char *store; /* the file whose file system this is about; lent */
	char *path;        /* of the ballast; owned */
	uint64_t total;    /* bytes of the file system, as seen last */
	uint64_t free;     /* of them, for us */
	uint64_t ballast;  /* its bytes; 0: given up */
};

/*
 * For the file at `store`, lent until room_done(). Makes the ballast if there is room.
 * ERR_NOMEM.
 */
MUST_USE enum err room_init(struct room *r, const char *store);
void room_done(struct room *r);

/* Looks again. What cannot be found out counts as room: the write itself will tell. */
void room_look(struct room *r);

/* Bytes that stay free for results and tokens. */
uint64_t room_reserve(const struct room *r);

/* Gives the ballast up; false when it was given up before. */
bool room_give_ballast(struct room *r);

/* Makes the ballast again if it was given up and there is plenty of room. */
void room_mend_ballast(struct room *r);

#endif
