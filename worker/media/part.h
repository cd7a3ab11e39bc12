/*
 * part.h - a request whose body has bytes of a medium, as multipart/form-data (RFC 7578)
 *
 * The bytes come from the dispatcher in pieces, and each is written where it
 * is sent from: a worker never has more of a medium than the part it sends.
 */
#ifndef ROOST_WORKER_MEDIA_PART_H
#define ROOST_WORKER_MEDIA_PART_H

#include "worker/request.h"

#define PART_MAX       ((int64_t)1024 * 1024) /* bytes of a medium in one request */
#define PART_PIECE     ((int64_t)512 * 1024)  /* ... and in one message */
#define PART_TYPE_SIZE 112                    /* of a header line, its zero included */

/* Which bytes of a medium, and how many of them have come. */
struct part {
	int64_t offset, size;
	int64_t have;
	uint64_t name; /* makes the boundary differ from others */
	char boundary[40];
};

/*
 * Makes the request of an action whose body is sent in that form: its arguments as fields, and
 * the field `media`, whose bytes part_put() adds. ERR_INVALID with words, ERR_NOMEM. As
 * request_build().
 */
MUST_USE enum err part_open(struct part *p, const struct request_self *self,
	const struct action *a, const json_t *args, struct request *ret, struct errmsg *m);

/* Adds the next bytes; true when they were the last: the body is whole then. */
bool part_put(struct part *p, struct request *r, struct str data);

/* "Content-Type: multipart/form-data; boundary=...". */
char *part_type(const struct part *p, char out[PART_TYPE_SIZE]);

#endif
