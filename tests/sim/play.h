/*
 * play.h - one seed from its first event to its end
 */
#ifndef ROOST_TESTS_SIM_PLAY_H
#define ROOST_TESTS_SIM_PLAY_H

#include "common/base/clock.h"

struct played {
	uint64_t steps;
	usec_t time; /* simulated */
};

/* Plays a seed to its end; does not return when anything is wrong. */
struct played play(uint64_t seed, bool verbose);

#endif
