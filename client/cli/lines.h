/*
 * lines.h - a file, a line at a time, of bounded length
 *
 * A byte order mark at its beginning is no part of the first line. Lines can be put back, to be
 * read once more.
 */
#ifndef ROOST_CLIENT_CLI_LINES_H
#define ROOST_CLIENT_CLI_LINES_H

#include <stdio.h>

#include "common/base/buf.h"

#define LINE_BYTES_MAX ((size_t)1024 * 1024)

enum line_is { LINE_GOOD, LINE_TOO_LONG, LINE_NONE };

struct lines {
	FILE *in;         /* lent */
	struct buf line;  /* the last one read, with its newline; of a line too long, nothing */
	size_t number;    /* its number, from 1 */
	size_t read;      /* lines that came from the file so far */
	struct buf again; /* what was put back */
	size_t again_from; /* how much of it was read again */
	bool failed;       /* the file cannot be read, or memory ran out */
};

void lines_init(struct lines *l, FILE *in);
void lines_done(struct lines *l);

/* Reads the next line. LINE_NONE: at the end, or l->failed. */
enum line_is lines_next(struct lines *l);

/* Puts `text`, whole lines that were read, back: the next line is its first, with that number.
 */
void lines_put_back(struct lines *l, struct str text, size_t number);

#endif
