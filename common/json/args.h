/*
 * args.h - arguments as the catalogue of actions reads them (common/xapi/check.h)
 */
#ifndef ROOST_COMMON_JSON_ARGS_H
#define ROOST_COMMON_JSON_ARGS_H

#include "common/xapi/check.h"

extern const struct args_ops args_of_wire; /* of struct wire_value */
extern const struct args_ops
	args_of_json; /* of json_t; a map is walked pair by pair: small ones */

#endif
