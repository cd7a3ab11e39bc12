/*
 * count.h - a text as X counts it
 *
 * twitter-text configuration 3: NFC; code points in U+0000-10FF, 2000-200D, 2010-201F and 2032-2037 weigh 1,
 * others 2; an emoji sequence 2 as a whole; a URL, also a bare domain, 23. At most 280 for a post.
 */
#ifndef ROOST_COMMON_XAPI_COUNT_H
#define ROOST_COMMON_XAPI_COUNT_H

#include "common/base/text.h"

#define COUNT_POST_MAX 280   /* weighted length of a post */
#define COUNT_LONG_MAX 25000 /* of a Premium account's */

struct count {
	int64_t weighted; /* weighted length */
	int64_t urls;
	int64_t cashtags;
	size_t fits;      /* bytes of the text that are within COUNT_POST_MAX; all of them when it fits */
};

/* Counts well-formed UTF-8 of at most 1 MiB. ERR_FORMAT for other bytes, ERR_NOMEM. */
MUST_USE enum err count_text(struct str text, struct count *ret);

#endif
