/*
 * csv.h - X's tables, line by line
 *
 * The files of common/xapi/data are plain: a line of titles, then rows whose
 * last field, the source, may hold commas; nothing is quoted. Empty lines and
 * lines that begin with "#" are passed over; a line may end with CR LF.
 */
#ifndef ROOST_COMMON_XAPI_CSV_H
#define ROOST_COMMON_XAPI_CSV_H

#include "common/base/text.h"

#define CSV_FIELDS_MAX 8
#define CSV_LINE_MAX   4096 /* bytes */

struct csv {
	const char *file; /* its name, for words */
	struct str text;  /* lent */
	size_t at;
	int line; /* of the fields, from 1 */
	size_t count;
	struct str fields[CSV_FIELDS_MAX]; /* lent by the text */
};

/*
 * Begins at the first row of a file whose titles must be these, with commas between them.
 * ERR_FORMAT.
 */
MUST_USE enum err csv_open(
	struct csv *c, const char *file, struct str text, const char *titles, struct errmsg *m);

/* Reads the next row into c->fields. *ret is false after the last. ERR_FORMAT with file and
 * line. */
MUST_USE enum err csv_next(struct csv *c, bool *ret, struct errmsg *m);

/* Takes one row into what `to` points to. */
typedef enum err csv_take(void *to, const struct csv *c, struct errmsg *m);

/* Has take() called for every row of a file with these titles, until one is refused. */
MUST_USE enum err csv_each(const char *file, struct str text, const char *titles,
	csv_take *take, void *to, struct errmsg *m);

/* Says what is wrong with the row that was read, after file and line; returns ERR_FORMAT. */
enum err csv_say(const struct csv *c, struct errmsg *m, const char *fmt, ...) PRINTF(3, 4);

/* A whole number of the row within [1, max]; `title` is for words. ERR_FORMAT. */
MUST_USE enum err csv_count(const struct csv *c, size_t field, const char *title, int64_t max,
	int64_t *ret, struct errmsg *m);

/*
 * As of when a file says it is, by its first line "# as of 2026-08-22: ..."; a day or a month.
 * Empty when it does not say.
 */
#define CSV_DATE_MAX 11
void csv_as_of(struct str text, char out[CSV_DATE_MAX]);

#endif
