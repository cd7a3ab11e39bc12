/*
 * embed.h - the data files built into roost-xsim
 *
 * Written by embed.cmake: the error fixtures by their file name without
 * ".json", and "rate-limits.csv", "rate-limit-groups.csv", "bodies.json".
 */
#ifndef ROOST_TESTS_XSIM_EMBED_H
#define ROOST_TESTS_XSIM_EMBED_H

#include <stddef.h>

struct embedded {
	const char *name;
	const unsigned char *data;
	size_t len;
};

extern const struct embedded embedded[];
extern const size_t embedded_count;

#endif
