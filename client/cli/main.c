#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/conf/conf.h"
#include "common/net/zsock.h"

static const struct {
	const char *title; /* NULL: goes on under the last one */
	const struct command *commands;
} groups[] = {
	{"Run", up_commands},
	{"Jobs", enqueue_commands},
	{NULL, job_commands},
	{"Results", result_commands},
	{"Actions: one job, waits for its result", action_commands},
	{"Watch", watch_commands},
	{"Apps and accounts", admin_commands},
};

static void print_help(void)
{
	printf("usage: roost COMMAND [ARGUMENTS]\n\n"
	       "A durable job queue and worker pool for agents that act on X.\n");
	for (size_t g = 0; g < COUNT_OF(groups); g++) {
		if (groups[g].title)
			printf("\n%s:\n", groups[g].title);
		for (const struct command *c = groups[g].commands; c->name; c++)
			printf("  %-14s %s\n", c->name, c->help);
	}
	printf("\nWith every command: --help, --json, --config FILE, --agent NAME, --timeout "
	       "SECONDS.\n"
	       "\nexample:\n"
	       "  roost up --xsim                      # everything on this machine, against a "
	       "simulated X\n"
	       "  roost post --account demo1 'hello'   # in another terminal\n");
}

/* Names with '_' and with '-' are the same. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

static const struct command *find(const char *name)
{
	for (size_t g = 0; g < COUNT_OF(groups); g++)
		for (const struct command *c = groups[g].commands; c->name; c++)
			if (same_name(name, c->name))
				return c;
	return NULL;
}

static bool is_any(const char *arg, const char *a, const char *b)
{
	return strcmp(arg, a) == 0 || strcmp(arg, b) == 0;
}

static int run(struct cli *c, int argc, char **argv)
{
	int at = 1;

	while (at + 1 < argc && strcmp(argv[at], "--config") == 0) {
		c->config = argv[at + 1];
		at += 2;
	}
	if (at >= argc || is_any(argv[at], "--help", "-h") ||
		is_any(argv[at], "help", "help")) {
		print_help();
		return at >= argc ? EXIT_USAGE : EXIT_DONE;
	}
	if (is_any(argv[at], "--version", "version")) {
		printf("roost %s\n", roost_version());
		return EXIT_DONE;
	}
	const struct command *cmd = find(argv[at]);
	if (!cmd)
		return cli_fail(EXIT_USAGE,
			"there is no command '%s'; `roost --help` lists them", argv[at]);
	return cmd->run(c, cmd, argc - at, argv + at);
}

int main(int argc, char **argv)
{
	const char *agent = getenv("ROOST_AGENT");
	struct cli c = {.agent = agent && *agent ? agent : NULL, .timeout_ms = 10000};
	int code = run(&c, argc, argv);

	roost_close(c.agents);
	roost_close(c.admin);
	conf_free(c.conf);
	zsock_end();
	if (fflush(stdout) && code == EXIT_DONE)
		code = EXIT_FAILED;
	return code;
}
