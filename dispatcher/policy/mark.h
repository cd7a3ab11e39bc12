/*
 * mark.h - what the policy guard remembers of one action: a few numbers, no text
 */
#ifndef ROOST_DISPATCHER_POLICY_MARK_H
#define ROOST_DISPATCHER_POLICY_MARK_H

#include "common/xapi/alike/print.h"
#include "dispatcher/policy/act.h"

#define MARK_BYTES 44

/* A value. */
struct mark {
	struct print print; /* of its text; strict is 0 when it has none */
	uint64_t target;    /* the post it answers or quotes, by its id; 0: none */
	enum act act;
};

/* As kept on disk, and back. False: of another version of prints, or no mark. */
void mark_write(const struct mark *m, unsigned char out[MARK_BYTES]);
bool mark_read(struct str bytes, struct mark *ret);

#endif
