/*
 * media.h - the list of media of a post or message
 *
 * Part of check.h: the form of each item. Whether a handle is known, and what
 * it stands for, is for whoever keeps the bytes.
 */
#ifndef ROOST_COMMON_XAPI_VALUE_MEDIA_H
#define ROOST_COMMON_XAPI_VALUE_MEDIA_H

#include "common/xapi/value.h"

/* ERR_INVALID with a sentence and the path of what is wrong. */
MUST_USE enum err media_check(struct check *c, const struct arg *arg, const void *v);

/* One item: `media` is an id of X or a handle ({NULL, 0}: it refers to another job). */
struct media_item {
	struct str media, alt;
	bool has_alt;
};
struct media_item media_item(const struct args_ops *ops, const void *v);

#endif
