/*
 * ledger.h - what was done, written down before anybody is told
 *
 * One JSON line an effect, in a file: the one named, or one without a name
 * that is gone with the program. A line is written (one write(2)) before the
 * answer that speaks of it leaves; so whoever has an answer finds the line,
 * and whoever lost an answer can be told the truth. In memory there is only
 * where every 256th line begins.
 */
#ifndef ROOST_TESTS_XSIM_LEDGER_H
#define ROOST_TESTS_XSIM_LEDGER_H

#include <jansson.h>

#include "common/base/buf.h"

#define LEDGER_ANSWER_MAX \
	((size_t)64 * 1024 * 1024) /* bytes of lines read at once; ask again for the rest */

struct ledger {
	int fd;
	uint64_t count; /* lines; the last has this seq */
	int64_t size;   /* bytes */
	int64_t *marks; /* owned; marks[i] is where line i * 256 + 1 begins */
	size_t mark_size;
	struct buf line; /* reused */
};

/* Opens or makes the file (emptied first); NULL: one without a name. */
MUST_USE enum err ledger_open(struct ledger *l, const char *path, struct errmsg *m);
void ledger_done(struct ledger *l);

/* Adds a line; sets its "seq". The object stays the caller's. Stops the program when it cannot
 * be written. */
void ledger_add(struct ledger *l, json_t *line);

/* Reads the lines after `since` into out, whole lines only, as many as fit. */
void ledger_read(const struct ledger *l, uint64_t since, struct buf *out);

#endif
