/*
 * fetch_bench.h - a loop, a door, a rough server, and what came of a request
 */
#ifndef ROOST_TESTS_FETCH_BENCH_H
#define ROOST_TESTS_FETCH_BENCH_H

#include "common/base/buf.h"
#include "common/net/fetch.h"
#include "tests/unit/rough.h"

struct bench {
	struct loop *l;
	struct fetch *f;
	struct rough server;
	char url[64];

	/* What came of the last request, and how many have ended. */
	unsigned ended;
	enum fetch_end end;
	int status;
	bool cut;
	usec_t took;
	struct buf body;
	char words[400];
	char probe[200]; /* the value of header X-Probe */
	size_t header_count;
};

void bench_init(struct bench *b, size_t concurrent);
void bench_done(struct bench *b);

/* The fetch_done of a bench: ctx is the bench. */
void note(void *ctx, const struct fetch_answer *a);

/* Starts one, to end in note(). */
void start(struct bench *b, const struct fetch_request *r);

/* Runs the loop until as many requests have ended. */
void wait_ended(struct bench *b, unsigned count);

/* Sends one request to the server (if it names no other), and waits for its end. */
void ask(struct bench *b, struct fetch_request r);

struct fetch_request post(const char *body, bool effect);

/* Whether text is in the last request the server read. */
bool server_saw(struct bench *b, const char *text);

#endif
