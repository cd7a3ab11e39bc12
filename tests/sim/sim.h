/*
 * sim.h - how a simulation fails, what it says, and the paths it counts
 */
#ifndef ROOST_TESTS_SIM_SIM_H
#define ROOST_TESTS_SIM_SIM_H

#include "common/base/base.h"

struct world;

/* Prints the seed, the instant and the words, and ends the process with code 1. */
_Noreturn void sim_fail(const struct world *w, const char *fmt, ...) PRINTF(2, 3);
#define CHECK(w, cond, ...) ((cond) ? (void)0 : sim_fail(w, __VA_ARGS__))

/* One line of what happens, when the seed is played verbosely. */
void sim_trace(const struct world *w, const char *fmt, ...) PRINTF(2, 3);

enum path {
#define X(path, words) path,
#include "tests/sim/paths.def"
#undef X
	PATH_COUNT,
};

/* Counts one; all worlds of the process together. */
void path(enum path p);
uint64_t path_count(enum path p);

/* Prints the table; returns how many paths were never reached. */
size_t paths_print(void);

#endif
