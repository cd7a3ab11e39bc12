/*
 * print.h - a text as a few numbers, to tell whether another one says the same
 *
 * Texts are compared as people read them: case, white space, most punctuation,
 * apostrophes, control and joining characters do not count. Digits do, and the
 * signs that belong to a number ("1-0", "2.5", "-5"); symbols and emoji do.
 *
 *   strict   equal for texts that differ in no more than that
 *   loose    links and @mentions do not count either
 *   near     128 bits, of which two texts that share most of their runs of
 *            four characters (links and mentions left out) share most:
 *            print_likeness(). Known as simhash (Charikar 2002).
 *
 * Prints are kept on disk: what they are of a text never changes, but with a
 * new version of its rules (PRINT_VERSION).
 */
#ifndef ROOST_COMMON_XAPI_ALIKE_PRINT_H
#define ROOST_COMMON_XAPI_ALIKE_PRINT_H

#include "common/base/text.h"

#define PRINT_VERSION 1

struct print {
	uint64_t strict, loose; /* 0: nothing is left of the text */
	uint64_t near[2];
	uint16_t len; /* characters that `near` was made of, at most UINT16_MAX */
};

/*
 * The print of a well-formed UTF-8 text of less than 4 GiB; `near` and `len` are zero unless
 * asked for, which costs about ten times the rest. ERR_NOMEM.
 */
MUST_USE enum err print_text(struct str text, bool near, struct print *ret);

/* How alike two texts are, in percent: 100 when all bits are the same, 50 by chance. */
int print_likeness(const struct print *a, const struct print *b);

#endif
