/*
 * outbox.h - what is said only after the commit
 *
 * During a turn messages are written here; when the turn is committed they are
 * sent, in order; when it could not be, they are dropped and every answer
 * among them becomes an error, so that nobody waits for nothing (promise P5).
 */
#ifndef ROOST_DISPATCHER_EDGE_OUTBOX_H
#define ROOST_DISPATCHER_EDGE_OUTBOX_H

#include "common/base/buf.h"
#include "common/net/zsock.h"

#define OUTBOX_BYTES_MAX ((size_t)256 * 1024 * 1024) /* in one turn */

struct outbox;

/* Empty. NULL only when out of memory. */
MUST_USE struct outbox *outbox_new(void);
void outbox_free(struct outbox *o);
AUTO_DEFINE(outbox)

/*
 * Begins a message to `peer` on `z`; write its body to what is returned and call
 * outbox_close(). One at a time. A body above ZSOCK_MESSAGE_MAX becomes a too_big error when it
 * is an answer, and is dropped when it is not.
 */
struct buf *outbox_open(struct outbox *o, struct zsock *z, const struct zpeer *peer);
void outbox_close(struct outbox *o);

/* Bytes written of the message that is open. */
size_t outbox_open_len(const struct outbox *o);

/* Says that the open message is an answer, whose `seq`, already encoded, is `seq` (copied; may
 * be empty). */
void outbox_is_answer(struct outbox *o, struct str seq);

/* Forgets the message that is open. */
void outbox_cancel(struct outbox *o);

/* Sends all; what a peer that is gone or full cannot take is dropped and counted. */
void outbox_send(struct outbox *o);

/* Drops all; each answer becomes an error with this code and these words, sent at once. */
void outbox_fail(struct outbox *o, enum err e, const char *words);

bool outbox_is_empty(const struct outbox *o);

/* Counts a refusal by its code: of a request (answer_error() does), or of one job of it. */
void outbox_refused(struct outbox *o, enum err e);

/* How often each was given since the start. */
uint64_t outbox_refusals(const struct outbox *o, enum err e);

struct outbox_counts {
	uint64_t sent, dropped, too_big;
};
struct outbox_counts outbox_counts(const struct outbox *o);

#endif
