/*
 * wait.h - requests that are answered later, when X has answered
 */
#ifndef ROOST_DISPATCHER_WAIT_H
#define ROOST_DISPATCHER_WAIT_H

#include "dispatcher/state.h"

/* Who sent a request, so that it can be answered later. */
struct wait {
	struct list node; /* in a list of the dispatcher's */
	struct dispatcher *d;
	struct zsock *z;
	struct zpeer peer;
	uint32_t agent;   /* who asked, by number */
	uint32_t account; /* the caller's: for which account of the store */
	unsigned char seq[64];
	size_t seq_len;
};

/* Puts the sender of r into a list. NULL: out of memory, or a seq of more than 64 bytes. */
MUST_USE struct wait *wait_new(
	struct dispatcher *d, struct list *in, const struct request *r, uint32_t agent);

void wait_free(struct wait *w); /* takes it out of its list; NULL is fine */

/* The request as it was, for an answer. */
struct request wait_request(const struct wait *w);

/* Answers everybody in a list ERR_UNAVAILABLE. */
void wait_fail_all(struct dispatcher *d, struct list *in, const char *words);

#endif
