/*
 * mistakes.c - makes each mistake of mistake.h in turn, and demands that a seed catches it
 *
 * Each is played in a process of its own, for whatever catches it ends that
 * process: a check of the world, an assertion of the core, a sanitizer.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/text.h"
#include "dispatcher/core/mistake.h"
#include "tests/sim/play.h"

#define SEEDS_MAX 1000 /* every mistake is caught within so many, from its first on */

static const struct {
	const char *name, *words;
} mistakes[] = {{"MISTAKE_NONE", "no mistake"},
#define X(mistake, words) {#mistake, words},
	CORE_MISTAKES(X)
#undef X
};

/* The rare one, for which few worlds have what it takes, begins near a seed that catches it:
 * that spares minutes, and where the worlds change the search goes on from there. */
static uint64_t first_seed(enum core_mistake mistake)
{
	return mistake == MISTAKE_DM_AGAIN ? 590 : 1;
}

/* Plays seeds until one fails; says each on stdout. */
static _Noreturn void make(enum core_mistake mistake, const int *pipe_ends, uint64_t seeds)
{
	(void)close(pipe_ends[0]);
	(void)dup2(pipe_ends[1], STDERR_FILENO);
	core_mistake = mistake;
	for (uint64_t seed = first_seed(mistake); seeds-- > 0; seed++) {
		dprintf(STDERR_FILENO, "seed=%llu\n", (unsigned long long)seed);
		(void)play(seed, false);
	}
	_exit(0);
}

struct caught {
	unsigned long long seed; /* the last that was played */
	char words[200];         /* the first that was said in it */
};

static void listen_to(int fd, struct caught *ret)
{
	static const char mark[] = "seed=";
	FILE *from = fdopen(fd, "r");
	char line[400];

	if (!from)
		return;
	while (fgets(line, sizeof(line), from)) {
		line[strcspn(line, "\n")] = 0;
		if (str_has_prefix(str_of(line), mark)) {
			ret->seed = strtoull(line + sizeof(mark) - 1, NULL, 10);
			ret->words[0] = 0;
		} else if (!ret->words[0] && line[0] && line[0] != '=') {
			(void)snprintf(ret->words, sizeof(ret->words), "%.199s", line);
		}
	}
	(void)fclose(from);
}

/* True when it was caught; MISTAKE_NONE must not be. */
static bool is_caught(enum core_mistake mistake, uint64_t seeds, struct caught *ret)
{
	int ends[2];
	int status = 0;

	*ret = (struct caught){0};
	(void)fflush(stdout);
	if (pipe(ends))
		exit(2);
	pid_t child = fork();
	if (child < 0)
		exit(2);
	if (child == 0)
		make(mistake, ends, seeds);
	(void)close(ends[1]);
	listen_to(ends[0], ret);
	if (waitpid(child, &status, 0) != child)
		exit(2);
	return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

/* All of them, or the one whose name is given. */
int main(int argc, char **argv)
{
	int missed = 0;

	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		if (argc > 1 && strcmp(argv[1], mistakes[i].name) != 0)
			continue;
		struct caught c;
		bool caught = is_caught((enum core_mistake)i, i ? SEEDS_MAX : 50, &c);
		bool right = caught == (i != MISTAKE_NONE);

		printf("%-9s %-26s %s: %s\n", right ? "ok" : "NOT OK", mistakes[i].name,
			mistakes[i].words, caught ? "caught" : "not caught");
		if (caught)
			printf("          seed %llu: %s\n", c.seed, c.words);
		missed += !right;
	}
	printf("%d of %zu not as they should be\n", missed,
		sizeof(mistakes) / sizeof(mistakes[0]));
	return missed != 0;
}
