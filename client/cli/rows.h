/*
 * rows.h - files of jobs: JSON lines, or CSV with a header row
 *
 * CSV: the header names keys of a job ("action", "account", "run_at", "args.text" ...). A cell
 * of a key that is a number, a truth value or a list becomes one; a list is JSON, or texts with
 * ';' between them; a poll is JSON, or its options with ';' between them, open for a day. An
 * empty cell is an absent key. A row that is broken costs only itself: where a quote is not
 * closed, reading goes on with the line after the one where the row began. A line, and a row,
 * has at most LINE_BYTES_MAX bytes.
 */
#ifndef ROOST_CLIENT_CLI_ROWS_H
#define ROOST_CLIENT_CLI_ROWS_H

#include <jansson.h>
#include <stdio.h>

#include "common/base/err.h"
#include "common/xapi/actions.h"

/* A job of the file, or why its row is none. `job` is taken. */
typedef void rows_each(void *ctx, size_t line, json_t *job, const struct errmsg *why);

/*
 * Reads all of a file; each row is told once, in order, with the number of its (first) line.
 * ERR_IO when reading fails; ERR_FORMAT when the header row is none, or the file is empty: no
 * row is told then.
 */
MUST_USE enum err rows_read(FILE *in, rows_each *each, void *ctx, struct errmsg *m);

/* A cell or a flag as the value that the argument wants; NULL when it is none. The caller's. */
json_t *rows_arg(const struct arg *arg, const char *text);

/* How such a value is written, for people: "a whole number". */
const char *rows_arg_form(const struct arg *arg);

/* The i-th key of a job, NULL past the last: for near_find(). */
const char *rows_job_key(const void *ctx, size_t i);

/* Whether a job may have that key. */
bool rows_is_job_key(const char *key);

/* Bytes that a value takes in a message, near enough and never too few. */
size_t rows_bytes(json_t *v);

#endif
