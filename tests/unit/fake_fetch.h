/*
 * fake_fetch.h - fetch without a network
 *
 * Stands in the place of common/net/fetch.c in a test program: it keeps what
 * it is asked to send, and the test says what comes back.
 */
#ifndef ROOST_TESTS_FAKE_FETCH_H
#define ROOST_TESTS_FAKE_FETCH_H

#include "common/net/fetch.h"

#define FAKE_MAX 64 /* requests of one test */

struct fake_request {
	char method[8];
	char url[2048];
	char body[2048];
	char bearer[256]; /* what its Authorization header says, of a token ... */
	char oauth[1024]; /* ... or signed */
	bool effect;
	usec_t timeout;
	bool (*may_send)(void *ctx);
	fetch_done *done; /* NULL once it was answered */
	void *ctx;
};

struct fetch {
	struct fake_request requests[FAKE_MAX];
	size_t count;
	bool full; /* fetch_start() says that there is no room */
};

/* Answers the i-th request, or ends it. A request that may_send() forbids ends as unsent. */
void fake_answer(struct fetch *f, size_t i, int status, const char *body);
void fake_end(struct fetch *f, size_t i, enum fetch_end end);

#endif
