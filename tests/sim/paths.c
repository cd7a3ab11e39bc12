#include <inttypes.h>
#include <stdio.h>

#include "tests/sim/sim.h"

static uint64_t counts[PATH_COUNT];

static const char *const words[PATH_COUNT] = {
#define X(path, words) [path] = (words),
#include "tests/sim/paths.def"
#undef X
};

void path(enum path p)
{
	ASSERT(p < PATH_COUNT);
	counts[p]++;
}

uint64_t path_count(enum path p)
{
	return counts[p];
}

size_t paths_print(void)
{
	size_t missed = 0;

	for (size_t i = 0; i < PATH_COUNT; i++) {
		printf("%12" PRIu64 "  %s%s\n", counts[i], words[i],
			counts[i] ? "" : "   <- never reached");
		missed += counts[i] == 0;
	}
	return missed;
}
