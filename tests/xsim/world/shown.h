/*
 * shown.h - a text as X gives it back
 *
 * `&`, `<` and `>` are escaped, each link is one of t.co's with the whole of it in `entities`,
 * a link to what is attached or quoted follows, and of a text above 280 the beginning is shown
 * and the whole in the note (note_tweet, or note_post where that was asked for).
 */
#ifndef ROOST_TESTS_XSIM_WORLD_SHOWN_H
#define ROOST_TESTS_XSIM_WORLD_SHOWN_H

#include <jansson.h>

#include "common/base/text.h"

struct shown {
	struct str text;                      /* as it was written */
	struct str tail;                      /* the link that follows; {NULL, 0}: none */
	bool cut;                             /* when it is long: posts are, messages are not */
	bool entities, note_tweet, note_post; /* asked for */
};

/* Sets `text`, and `entities` and the note when they were asked for. */
void shown_text(json_t *j, const struct shown *s);

#endif
