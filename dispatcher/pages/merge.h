/*
 * merge.h - one result of all the pages that a job has read
 */
#ifndef ROOST_DISPATCHER_PAGES_MERGE_H
#define ROOST_DISPATCHER_PAGES_MERGE_H

#include "dispatcher/pages/pages.h"

/* X's token for the page after an answer; empty: there is none. Lent by the answer. */
struct str pages_next(const struct wire_value *answer);

/*
 * Of what was kept of an ended job, and of the answer that e brought: the last page when it is
 * done, else X's problem. e->response becomes that, written into *out, which is all zeroes.
 */
void pages_merge(struct dispatcher *d, const struct job *j, struct ending *e, struct buf *out);

#endif
