/*
 * need.h - memory, or the end
 *
 * The simulator has nothing to save: when memory runs out it says so and
 * stops, instead of giving an answer that X would not give.
 */
#ifndef ROOST_TESTS_XSIM_NEED_H
#define ROOST_TESTS_XSIM_NEED_H

#include <jansson.h>

#include "common/base/mem.h"

_Noreturn void out_of_memory(void);

/* p itself, never NULL. */
static inline void *need(void *p)
{
	if (!p)
		out_of_memory();
	return p;
}

static inline json_t *need_json(json_t *j)
{
	return need(j);
}

#define AUTO_JSON __attribute__((cleanup(need_json_auto))) json_t *
static inline void need_json_auto(json_t **j)
{
	json_decref(*j);
}

#endif
