/*
 * named.h - the media that a job's arguments name
 */
#ifndef ROOST_DISPATCHER_MEDIA_NAMED_H
#define ROOST_DISPATCHER_MEDIA_NAMED_H

#include "common/xapi/media/media.h"
#include "dispatcher/state.h"

#define NAMED_MAX 4 /* in one post */

struct draft;

struct named {
	char x_id[STORE_X_ID_MAX]; /* given as such; else "" until it is known */
	bool is_handle;
	unsigned char hash[MEDIA_HASH_BYTES];
	const struct media_type *type; /* of a handle, as the two below */
	int64_t size;
	const char *category;
	struct str alt;                      /* lent by the arguments; empty: none */
	unsigned char key[STORE_HASH_BYTES]; /* of its upload: the same bytes, used alike */
};

struct named_list {
	struct named at[NAMED_MAX];
	size_t count;
};

/* The argument in which that action takes media, if `args` has it; else NULL. */
const struct arg *named_arg(const struct action *a, const struct wire_value *args);

/*
 * Reads them; `agent` is the store's number of whoever brought the job. ERR_NOT_FOUND with a
 * sentence and a field when it sent no such bytes. ret->count is 0 when there are none.
 */
MUST_USE enum err named_read(struct dispatcher *d, uint32_t agent, const struct action *a,
	const struct wire_value *args, struct named_list *ret, struct errmsg *m);

/*
 * Whether a job may have those media: they are its agent's own, and X lets them stand together.
 * Sets JOB_MEDIA and JOB_NEEDS_MEDIA; *ret_price: what bringing them to X may cost.
 */
MUST_USE enum err named_check(struct dispatcher *d, const struct action *a,
	const struct wire_value *args, struct draft *f, int64_t *ret_price, struct errmsg *m);

#endif
