/*
 * log.h - one line, one event
 *
 * Every event has a stable name, a level and a meaning in log.def, from which
 * docs/operating.md lists them; a line is its name and key=value pairs:
 *
 *     2026-11-24T10:00:00.000Z info worker.joined worker=w1 slots=64
 *
 * Only shells log: main.c, dispatcher.c, worker.c, the edge, the programs of
 * tests. Never a secret, never the text of a post.
 */
#ifndef ROOST_COMMON_BASE_LOG_H
#define ROOST_COMMON_BASE_LOG_H

#include "common/base/clock.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

enum log_event {
#define X(event, name, level, meaning) event,
#include "common/base/log.def"
#undef X
};

/* What is below `least` is not written. The default is LOG_INFO. */
void log_level(enum log_level least);

/* "debug", "info", "warn", "error". False when it is none of them. */
MUST_USE bool log_level_parse(const char *name, enum log_level *ret);

/* Writes one line to standard error. `fmt` gives the key=value pairs, without a newline. */
void log_event(enum log_event event, const char *fmt, ...) PRINTF(2, 3);

/* The name of an event, such as "job.done". Static storage. */
const char *log_event_name(enum log_event event);

/* What an event means, for the documents. Static storage. */
const char *log_event_meaning(enum log_event event);

#endif
