/*
 * page.h - one page of a series, as X cuts them: newest first
 *
 * Bounds are keys (ids). A token says where a page ended and in which
 * direction to go on; it is opaque to whoever gets it.
 */
#ifndef ROOST_TESTS_XSIM_CALLS_PAGE_H
#define ROOST_TESTS_XSIM_CALLS_PAGE_H

#include <jansson.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/world/series.h"

#define PAGE_MAX  1000 /* users; of posts and messages: */
#define POSTS_MAX 100

struct page {
	uint32_t most;        /* items wanted */
	uint64_t low, high;   /* low <= key < high */
	uint32_t newest_only; /* of the series only so many are looked at; 0: all */
	char way;             /* 'n': a page further down, 'p': further up, 0: the first */
	uint64_t from;        /* the key the token names */
	uint16_t seal;        /* of its tokens: of which list they are, and whose */

	uint32_t slots[PAGE_MAX]; /* what was found, newest first */
	uint32_t count;
	bool more; /* there are more the same way */
};

/* What a page is cut from. */
struct page_source {
	const struct series *series;
	series_key *key_of;
	bool (*wants)(const void *ctx, uint32_t slot);
	const void *ctx;     /* for wants */
	const void *key_ctx; /* for key_of */
};

/* Reads max_results, pagination_token and the bounds of time and id. False: it has answered. */
bool page_read(struct call *c, int64_t least, int64_t most, int64_t usual, struct page *p);

void page_cut(struct page *p, const struct page_source *s);

/* The meta of a page: result_count, the tokens, and with `ids` newest_id and oldest_id. The
 * caller's. */
json_t *page_meta(const struct page *p, const struct page_source *s, bool ids);

#endif
