/*
 * posttext.h - what X sees in the text of a post
 *
 * Links, names and tags are found, and the weight counted, by rules of the
 * simulator's own, simpler than X's: a link begins with http:// or https://,
 * or is a host name that ends in one of a few well-known domains; text is
 * taken to be NFC-normalised already. docs/xsim.md names what that leaves out.
 */
#ifndef ROOST_TESTS_XSIM_WORLD_POSTTEXT_H
#define ROOST_TESTS_XSIM_WORLD_POSTTEXT_H

#include "common/base/text.h"

#define POST_WEIGHT_MAX  280   /* developer documentation, counting characters */
#define POST_PREMIUM_MAX 25000 /* changelog, 2024-08-20 */

/* Finds the next link at or after *from; moves *from behind it. */
bool post_next_link(struct str text, size_t *from, struct str *ret);

/* Finds the next @name; *ret is the name without the @. */
bool post_next_mention(struct str text, size_t *from, struct str *ret);

/* Whether the text names this user. */
bool post_mentions(struct str text, const char *username);

/* How many different places have a $TAG of letters. */
size_t post_cashtags(struct str text);

/* Its weighted length: a link is 23, an emoji 2, other code points 1 or 2. */
size_t post_weight(struct str text);

#endif
