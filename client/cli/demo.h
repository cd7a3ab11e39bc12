/*
 * demo.h - the simulator of X under `roost up --xsim`
 */
#ifndef ROOST_CLIENT_CLI_DEMO_H
#define ROOST_CLIENT_CLI_DEMO_H

#include <sys/types.h>

#include "client/cli/cli.h"

struct demo {
	pid_t pid;
	char url[256]; /* where it listens */
};

/*
 * Whether `roost up`, with the simulator or without it, may use the state directory: one that
 * was used with the simulated X never meets the real one, nor the other way round, for its
 * tokens and jobs are of that X. Says what to do if not. Exit code.
 */
int demo_check_state(const struct conf *conf, bool simulated);

/* Starts the simulator at `path` on a port of the system's choice and waits until it is ready.
 * Exit code. */
int demo_start(struct demo *d, const char *path);

/* From here on the simulator is X to every program that is started. */
void demo_take_place(const struct demo *d);

/* Makes the app `demo` and imports the simulator's accounts. Exit code. */
int demo_connect(struct cli *c, const struct demo *d);

void demo_stop(struct demo *d);

/* In a child that `up`, whose pid is `parent`, just made: it shall end with `up`, not by
 * Ctrl-C. up.c has it. */
void up_detach(pid_t parent);

#endif
