/*
 * json_args.h - arguments that are JSON, as the catalogue of actions reads them
 */
#ifndef ROOST_TESTS_UNIT_JSON_ARGS_H
#define ROOST_TESTS_UNIT_JSON_ARGS_H

#include "common/xapi/check.h"

/* Values are json_t. */
extern const struct args_ops json_args;

#endif
