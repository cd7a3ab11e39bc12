/*
 * args.h - arguments of an action, as JSON
 */
#ifndef ROOST_WORKER_ARGS_H
#define ROOST_WORKER_ARGS_H

#include <jansson.h>

#include "common/xapi/actions.h"

/* Whether an argument is given: it is there, and not null. */
bool args_have(const json_t *args, const char *name);

/* Whether it is a user, given as "@name". */
bool args_name_user(const json_t *args, const struct arg *arg);

#endif
