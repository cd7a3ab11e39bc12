/*
 * windows.h - how often each call may be made
 *
 * X's own tables (rate-limits.csv, tier ppu, and rate-limit-groups.csv) as
 * fixed windows: the first request opens one, it ends a set time later, and
 * until then at most `limit` requests pass. A row of scope user counts for
 * each user, of scope app for each app; the rows of one group share one
 * count. A request passes when all of its windows let it; then it takes one
 * from each. One that is refused takes nothing.
 */
#ifndef ROOST_TESTS_XSIM_WINDOWS_H
#define ROOST_TESTS_XSIM_WINDOWS_H

#include "common/base/clock.h"
#include "common/base/err.h"

#define WINDOWS_PER_ROUTE 8
#define LIMITS_MAX        1024 /* rows in use */

struct httpd_answer;

enum limit_scope { LIMIT_USER, LIMIT_APP };

struct limit {
	enum limit_scope scope;
	int64_t most;
	usec_t length; /* after scaling */
	usec_t unscaled;
	char group[24]; /* "" when it is one call's own */
	size_t route;   /* of the first call it was read for */
};

struct window {
	int64_t used;
	usec_t resets_at; /* wall; in the past: not open */
};

struct windows {
	double scale;
	struct limit limits[LIMITS_MAX];
	size_t limit_count;
	struct {
		uint16_t limit[WINDOWS_PER_ROUTE];
		size_t count;
	} * routes;            /* owned; by route number */
	struct window **users; /* owned; by user slot; each limit_count windows, or NULL */
	size_t user_size;
	struct window *apps; /* owned; APP_COUNT * limit_count */
};

/* Reads the tables for the calls of the route table. Windows last 1/scale of what they say. */
MUST_USE enum err windows_init(struct windows *w, double scale, struct errmsg *m);
void windows_done(struct windows *w);

/*
 * Takes one request of `route` by a user (NOBODY: the app itself). True when it passes. False:
 * *ret_limit is the exhausted limit that opens again last.
 */
bool windows_take(struct windows *w, size_t route, uint32_t user, uint32_t app, usec_t wall,
	size_t *ret_limit);

/* Writes X's headers on the windows of this call as they now stand. */
void windows_headers(struct windows *w, size_t route, uint32_t user, uint32_t app, usec_t wall,
	struct httpd_answer *a);

/* Uses up the short windows of this call for this user, or for the app: the next is refused. */
void windows_shut(struct windows *w, size_t route, uint32_t user, uint32_t app, usec_t wall);

/* From now on new windows last 1/scale of what X's tables say. */
void windows_set_scale(struct windows *w, double scale);

/* Closes every window: as after a very long time. */
void windows_reset(struct windows *w);

#endif
