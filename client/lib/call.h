/*
 * call.h - a request as a tree, for programs of this repository that have one already
 *
 * roost.h's way for everybody goes through JSON text; of a plan of 100,000 jobs that text is
 * a quarter of all work. Not exported: what is stable is roost.h.
 */
#ifndef ROOST_CLIENT_LIB_CALL_H
#define ROOST_CLIENT_LIB_CALL_H

#include <jansson.h>

#include "common/base/text.h"
#include "roost/roost.h"

/*
 * roost_call() without the text: `request` is an object, lent, or NULL. *ret_answer is the
 * whole answer, also a refusal's; the caller's, NULL when there was none.
 */
enum roost_status roost_call_tree(struct roost *r, const char *op, const json_t *request,
	json_t **ret_answer, struct roost_error *e);

/* The same with bytes as the member `data`, of a place that is not NULL. */
enum roost_status roost_call_data(struct roost *r, const char *op, const json_t *request,
	struct str data, json_t **ret_answer, struct roost_error *e);

/* Fills in an error (e may be NULL), and returns s. */
enum roost_status roost_say(struct roost_error *e, enum roost_status s, const char *fmt, ...)
	PRINTF(3, 4);

#endif
