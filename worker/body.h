/*
 * body.h - the JSON body of a request, from an action's arguments
 */
#ifndef ROOST_WORKER_BODY_H
#define ROOST_WORKER_BODY_H

#include <jansson.h>

#include "common/base/buf.h"
#include "common/xapi/actions.h"

/*
 * Makes the body by the rules of common/xapi/actions.h; NULL when the call `c` that the action
 * leads to has none. ERR_INVALID, with words, when a user's name stands where X wants an id, or
 * a list is none; ERR_NOMEM. *ret is the caller's.
 */
MUST_USE enum err body_make(enum call c, const struct action *a, const json_t *args,
	json_t **ret, struct errmsg *m);

/* Writes it at the end of b; nothing for NULL. */
void body_write(const json_t *body, struct buf *b);

#endif
