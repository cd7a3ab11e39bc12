/*
 * pages.h - reads of several pages
 *
 * A job with `pages` is one call to X for each page. The core takes each as an
 * attempt of its own (core/life/after.c: read_on); here is what lies between
 * two of them. With a page goes X's token for the next one, so a restart goes
 * on where it was. With `each` a page is told at once, as a result of its own.
 * Else it is kept, and the result at the end is one of all: `data`, `includes`
 * and `errors` one after the other, and a `meta` that says how far it went.
 */
#ifndef ROOST_DISPATCHER_PAGES_PAGES_H
#define ROOST_DISPATCHER_PAGES_PAGES_H

#include "dispatcher/report.h"

#define PAGE_TOKEN_MAX 1024 /* bytes of X's token for the next page */

/*
 * One result of all pages ends with the page that brings it above this many bytes, encoded. The
 * last one may be as large as any result, so the whole still fits into a message.
 */
#define PAGES_BYTES ((size_t)512 * 1024)

/* Whether a job of several pages reads on after an answer, kept as `response`; see PAGES_BYTES.
 */
bool pages_more(struct dispatcher *d, const struct job *j, const struct wire_value *answer,
	struct str response);

/* Carries out ORDER_PAGE. */
void pages_read(struct dispatcher *d, const struct order *o);

/* X's token for the page that the job reads next, written to out; false: it is the first. */
bool pages_token(struct dispatcher *d, const struct job *j, char out[PAGE_TOKEN_MAX + 1]);

/*
 * A job ends: e->response becomes that of all its pages, if it is one for all. `out` is the
 * caller's, all zeroes, and has to outlive e; it is for buf_done().
 */
void pages_end(struct dispatcher *d, const struct order *o, struct ending *e, struct buf *out);

/* How many pages of a job were read, as agents see it. */
uint32_t pages_count(const struct job *j);

#endif
