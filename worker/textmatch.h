/*
 * textmatch.h - is this text of X that text of ours?
 */
#ifndef ROOST_WORKER_TEXTMATCH_H
#define ROOST_WORKER_TEXTMATCH_H

#include <jansson.h>

#include "common/base/text.h"

#define TEXTMATCH_MAX \
	((size_t)256 * 1024) /* no longer text is the same: no post of X is so long */

/* Ways in which X's text may differ from the one that was sent. */
enum textmatch_may {
	TEXT_MAY_MENTION = 1, /* begin with mentions: it is a reply */
	TEXT_MAY_LINK = 2,    /* end with one more link: it has media, or quotes a post */
};

/*
 * Whether `theirs`, as X gives it back with its `urls` (an array of {url, expanded_url}, or
 * NULL), is the text `ours`. Differences in case count; how much white space there is does not.
 */
bool textmatch(struct str ours, struct str theirs, const json_t *urls, unsigned may);

#endif
