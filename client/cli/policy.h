/*
 * policy.h - the policy guard on the command line
 */
#ifndef ROOST_CLIENT_CLI_POLICY_H
#define ROOST_CLIENT_CLI_POLICY_H

#include "client/cli/cli.h"

#define PEOPLE_ARGS  1000 /* words of one command */
#define PEOPLE_USAGE "add|remove|list ACCOUNT [USER...]"

extern const struct command policy_commands[];

/*
 * The words after `roost account opt-out` or `invited`: add, remove or list, an account, users.
 * op is opt_out or invited. An exit code.
 */
int policy_people(struct cli *c, const char *op, int count, char **words);

#endif
