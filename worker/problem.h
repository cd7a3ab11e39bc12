/*
 * problem.h - what X says is wrong, in whichever of its shapes
 *
 * X answers with RFC 7807 problems, with `errors` beside or instead of one,
 * and with the numbered errors of its older interface. All of them become
 * one list here, which can be asked simple questions.
 */
#ifndef ROOST_WORKER_PROBLEM_H
#define ROOST_WORKER_PROBLEM_H

#include <jansson.h>

#include "common/base/text.h"

#define PROBLEM_PARTS_MAX 9 /* the document itself and eight of its errors; the rest repeat */

/* Lent by the document it was made of. */
struct problem {
	const json_t *parts[PROBLEM_PARTS_MAX];
	size_t count;
};

/* Of an answer's document, which may be NULL. */
void problem_init(struct problem *p, const json_t *body);

/* Whether a part's type ends in `/problems/NAME`, whatever the host: X writes it with two. */
bool problem_has_type(const struct problem *p, const char *name);

/* Whether a part has that title or that reason. */
bool problem_has_title(const struct problem *p, const char *title);

/* Whether a part has that number of the older interface. */
bool problem_has_code(const struct problem *p, int code);

/* Whether a part's title, detail or message holds these words; case is not regarded. */
bool problem_says(const struct problem *p, const char *words);

/* Whether it says nothing but "Forbidden": no type, no errors, no other words. */
bool problem_is_bare(const struct problem *p);

/* The most telling words in it, or {NULL, 0}. */
struct str problem_words(const struct problem *p);

#endif
