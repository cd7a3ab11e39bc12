/*
 * answer.h - answers to agents: {"seq": ..., "ok": true, ...}
 */
#ifndef ROOST_DISPATCHER_EDGE_ANSWER_H
#define ROOST_DISPATCHER_EDGE_ANSWER_H

#include "common/wire/write.h"
#include "dispatcher/edge/agents.h"

/* An answer being written. Count every pair that is put into it: answer_pair() does. */
struct answer {
	struct outbox *o;
	struct buf *b;
	size_t mark;
	uint32_t pairs;
};

/* Begins the answer to r with its seq and `ok`. Write with wire_*; finish with answer_close().
 */
void answer_open(struct answer *a, struct outbox *o, const struct request *r, bool ok);

/* Writes a key; write exactly one value after it. Returns where. */
struct buf *answer_key(struct answer *a, const char *key);
void answer_int(struct answer *a, const char *key, int64_t v);
void answer_text(struct answer *a, const char *key, const char *v);
void answer_close(struct answer *a);

/* The whole of a refusal. m's words and field go to the agent. */
void answer_error(
	struct outbox *o, const struct request *r, enum err e, const struct errmsg *m);

/* {"code": ..., "message": ..., "field": ...}: one value. */
void answer_put_error(struct buf *b, enum err e, const struct errmsg *m);

#endif
