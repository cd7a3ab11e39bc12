/*
 * options.h - the command line of roost-xsim
 */
#ifndef ROOST_TESTS_XSIM_OPTIONS_H
#define ROOST_TESTS_XSIM_OPTIONS_H

#include "tests/xsim/xsim.h"

#define XSIM_PORT 7790

/*
 * Reads the arguments; texts in *ret are lent by argv. ERR_INVALID with words for a person.
 * *ret_help: the user asked for help and nothing else counts.
 */
MUST_USE enum err options_read(
	int argc, char **argv, struct xsim_options *ret, bool *ret_help, struct errmsg *m);

/* Prints what every option means, with examples. */
void options_help(void);

#endif
