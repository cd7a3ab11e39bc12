/* main.c - plays many seeds, or one verbosely, and prints what was reached */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/sim/play.h"
#include "tests/sim/sim.h"
#include "tests/sim/world.h"

static volatile uint64_t playing;

/* The core's own assertions end the process; the seed is what has to be known then. */
static void on_abort(int signo)
{
	char line[96];
	/* It allocates nothing, and the process ends here.
	 * NOLINTNEXTLINE(bugprone-signal-handler) */
	int n = snprintf(
		line, sizeof(line), "sim: ROOST_SEED=%" PRIu64 " plays it again\n", playing);

	(void)signo;
	(void)!write(STDERR_FILENO, line, (size_t)n);
	_exit(1);
}

static uint64_t option(int argc, char **argv, const char *name, uint64_t otherwise)
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return strtoull(argv[i + 1], NULL, 10);
	return otherwise;
}

static int campaign(uint64_t from, uint64_t seeds, bool whole)
{
	struct played all = {0};

	for (uint64_t i = 0; i < seeds; i++) {
		playing = from + i;
		struct played p = play(playing, false);
		all.steps += p.steps;
		all.time += p.time;
		if (isatty(STDERR_FILENO) && i % 100 == 99)
			fprintf(stderr, "\r%" PRIu64 " of %" PRIu64, i + 1, seeds);
	}
	size_t missed = paths_print();
	bool used = full_print();
	printf("%" PRIu64 " seeds from %" PRIu64 ", %" PRIu64 " steps, %.1f simulated days\n",
		seeds, from, all.steps, (double)all.time / (double)USEC_DAY);
	if (!used)
		return 1;
	if (missed && whole) {
		printf("%zu paths were never reached\n", missed);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *seed = getenv("ROOST_SEED");

	signal(SIGABRT, on_abort);
	if (seed) {
		playing = strtoull(seed, NULL, 10);
		(void)play(playing, true);
		printf("seed %" PRIu64 " comes to its end\n", playing);
		return 0;
	}
	uint64_t seeds = option(argc, argv, "--seeds", 2000);
	return campaign(option(argc, argv, "--from", 1), seeds, seeds >= 500);
}
