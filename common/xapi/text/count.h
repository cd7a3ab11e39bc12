/*
 * count.h - a text as X counts it
 *
 * twitter-text configuration 3, the rules X publishes: the text is taken in NFC; code points in
 * U+0000-10FF, 2000-200D, 2010-201F and 2032-2037 weigh 1, others 2; an emoji weighs 2 as a
 * whole, be it a flag, a keycap, one with a skin tone, or several with U+200D between them; a
 * URL weighs 23 however long it is, also a bare domain whose end is a top-level domain
 * (data/tlds.txt).
 *
 * Where it is not as X does it: any emoji may be joined to any other, X knows a list of those
 * that are; a run of more than 64 combining marks is not composed as one.
 */
#ifndef ROOST_COMMON_XAPI_TEXT_COUNT_H
#define ROOST_COMMON_XAPI_TEXT_COUNT_H

#include "common/base/text.h"

#define COUNT_POST_MAX 280               /* weighted length of a post */
#define COUNT_LONG_MAX 25000             /* of a Premium account's */
#define COUNT_URL      23                /* weight of a URL */
#define COUNT_TEXT_MAX ((size_t)1 << 20) /* bytes that can be counted */

struct count {
	int64_t weighted; /* weighted length */
	int64_t urls;
	int64_t cashtags; /* "$" and 1 to 6 letters, which may be followed by "." or "_" and 1
			     or 2 */
	size_t fits;  /* bytes of the text that are within COUNT_POST_MAX; all of them when it
			 fits */
	bool refused; /* has a character X does not take: U+FFFE, U+FEFF, U+FFFF */
};

/*
 * Counts well-formed UTF-8 of at most COUNT_TEXT_MAX bytes. ERR_FORMAT for other bytes,
 * ERR_TOO_BIG, ERR_NOMEM.
 */
MUST_USE enum err count_text(struct str text, struct count *ret);

/* The same, with `fits` for another limit than COUNT_POST_MAX. */
MUST_USE enum err count_text_within(struct str text, int64_t max, struct count *ret);

#endif
