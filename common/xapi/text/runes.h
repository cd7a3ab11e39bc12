/*
 * runes.h - a text as code points in NFC, each knowing where it came from
 */
#ifndef ROOST_COMMON_XAPI_TEXT_RUNES_H
#define ROOST_COMMON_XAPI_TEXT_RUNES_H

#include "common/base/text.h"

#define RUNES_AT_HAND 1024 /* code points that need no allocation */

/* All zeroes before first use; must not be moved. */
struct runes {
	uint32_t *at;   /* the code points */
	uint32_t *from; /* the byte of the text that each came from: of those composed, the
			   first */
	size_t count;
	uint32_t *own; /* owned; NULL when all are at hand */
	uint32_t at_hand[2 * RUNES_AT_HAND];
};

/*
 * Reads well-formed UTF-8 of less than 4 GiB. A character with more than 64 marks to be
 * composed with it is composed in parts, which bounds the time. ERR_NOMEM. Ends with
 * runes_done().
 */
MUST_USE enum err runes_read(struct runes *r, struct str text);
void runes_done(struct runes *r);

#endif
