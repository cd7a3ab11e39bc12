/*
 * http_chunk.h - a request body that comes in chunks
 *
 * Pure, and strict: a size is 1 to 8 hexadecimal digits and ends with CRLF, or
 * with ';' and an extension that is ignored; trailer lines are ignored. All of
 * what is not data is bounded.
 */
#ifndef ROOST_COMMON_NET_HTTP_CHUNK_H
#define ROOST_COMMON_NET_HTTP_CHUNK_H

#include "common/base/buf.h"

enum chunk_phase { CHUNK_SIZE, CHUNK_DATA, CHUNK_END, CHUNK_TRAILER, CHUNK_DONE };

struct chunk_reader {
	size_t at;    /* bytes of the input understood so far */
	size_t left;  /* of the chunk being read */
	size_t spent; /* bytes that were not data */
	size_t body_max;
	enum chunk_phase phase;
};

#define CHUNK_MORE (-1)

/* Will read from byte `at` of the input on. */
void chunk_reader_init(struct chunk_reader *r, size_t at, size_t body_max);

/* The most bytes of input a body of body_max can take. */
size_t chunk_input_max(size_t body_max);

/*
 * Reads on in `all`, the input from its first byte, and adds what is data to body. Returns 0
 * when the body is complete and r->at is the end of it, CHUNK_MORE when more must come, else
 * the status with which to refuse: 400 malformed, 413 too big, 500 out of memory.
 */
MUST_USE int chunk_read(struct chunk_reader *r, struct str all, struct buf *body);

#endif
