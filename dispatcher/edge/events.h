/*
 * events.h - the socket that tells whoever listens what becomes of jobs
 *
 * Events of a turn are gathered and leave after its commit, or are dropped
 * with it. Nobody may rely on them: a listener that is slow, or comes late,
 * misses some. What has to arrive is a result (docs/protocol.md).
 */
#ifndef ROOST_DISPATCHER_EDGE_EVENTS_H
#define ROOST_DISPATCHER_EDGE_EVENTS_H

#include "common/base/buf.h"
#include "common/net/zsock.h"

#define EVENTS_BYTES_MAX ((size_t)8 * 1024 * 1024) /* of one turn; what is above is dropped */
#define EVENT_TOPIC_MAX  128

struct events;

/* Binds. Words name the endpoint that could not be bound. */
MUST_USE enum err events_open(const char *endpoint, struct events **ret, struct errmsg *m);
void events_free(struct events *e);
AUTO_DEFINE(events)

/* Whether anybody listens; when nobody does, making events is of no use. */
bool events_are_heard(struct events *e);

/*
 * Begins an event under a topic (cut at EVENT_TOPIC_MAX); write one MessagePack map to what is
 * returned, then call events_put().
 */
struct buf *events_begin(struct events *e, const char *topic);
void events_put(struct events *e);

/* Publishes what was gathered; forgets it. */
void events_flush(struct events *e);
void events_drop(struct events *e);

struct events_counts {
	uint64_t published, dropped;
};
struct events_counts events_counts(const struct events *e);

#endif
