#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/policy.h"
#include "common/base/base.h"
#include "common/base/near.h"
#include "common/conf/conf.h"
#include "common/net/zsock.h"
#include "common/xapi/actions.h"

static const struct {
	const char *title; /* NULL: goes on under the last one */
	const struct command *commands;
} groups[] = {
	{"Run", up_commands},
	{NULL, run_commands},
	{"Jobs", enqueue_commands},
	{NULL, plan_commands},
	{NULL, job_commands},
	{"Results", result_commands},
	{"Actions: one job, waits for its result", action_commands},
	{NULL, media_commands},
	{"Watch", watch_commands},
	{NULL, top_commands},
	{NULL, spend_commands},
	{NULL, event_commands},
	{"Know beforehand", know_commands},
	{"Apps and accounts", admin_commands},
	{NULL, connect_commands},
	{NULL, access_commands},
	{NULL, audit_commands},
	{NULL, vault_commands},
	{NULL, pause_commands},
	{NULL, policy_commands},
};

static void print_help(FILE *to)
{
	(void)fprintf(to, "usage: roost COMMAND [ARGUMENTS] [OPTIONS]\n\n"
			  "A durable job queue and worker pool for agents that act on X.\n");
	for (size_t g = 0; g < COUNT_OF(groups); g++) {
		if (groups[g].title)
			(void)fprintf(to, "\n%s:\n", groups[g].title);
		for (const struct command *c = groups[g].commands; c->name; c++)
			(void)fprintf(to, "  %-14s %s\n", c->name, c->help);
	}
	(void)fprintf(to,
		"\nexample:\n"
		"  roost up --xsim                      # everything on this machine, "
		"against a simulated X\n"
		"  roost post --account demo1 'hello'   # in another terminal\n"
		"\n`roost COMMAND --help` has the options of a command and an example.\n");
}

/* Names with '_' and with '-' are the same. */
static bool same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b))
			return false;
	return *a == *b;
}

/* The i-th command of all groups; NULL past the last. */
static const struct command *nth(size_t i)
{
	for (size_t g = 0; g < COUNT_OF(groups); g++)
		for (const struct command *c = groups[g].commands; c->name; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

static const struct command *find(const char *name)
{
	const struct command *c;

	for (size_t i = 0; (c = nth(i)) != NULL; i++)
		if (same_name(name, c->name))
			return c;
	return NULL;
}

static const char *nth_name(const void *ctx, size_t i)
{
	const struct command *c = nth(i);

	(void)ctx;
	return c ? c->name : NULL;
}

/* What people write from habit. */
static const struct near_alias habits[] = {
	{"tweet", "post"},
	{"retweet", "repost"},
	{"ls", "jobs"},
	{"list", "jobs"},
	{"ps", "jobs"},
	{"show", "job"},
	{"status", "stats"},
	{"start", "up"},
	{"exec", "run"},
	{"serve", "up"},
	{"add", "enqueue"},
	{"submit", "enqueue"},
	{"rm", "cancel"},
	{"why", "explain"},
	{"accounts", "account"},
	{"apps", "app"},
	{"action", "actions"},
	{"result", "results"},
	{"user", "get_user"},
	{NULL, NULL},
};

static int say_unknown(const char *name)
{
	const char *meant = near_find(str_of(name), nth_name, NULL, habits);
	char shown[60];

	text_show(str_of(name), shown, sizeof(shown));
	if (action_find(str_of(name)))
		return cli_fail(EXIT_USAGE,
			"there is no command '%s', but an action: `roost do %s`", shown, shown);
	if (meant)
		return cli_fail(EXIT_USAGE,
			"there is no command '%s'; did you mean `roost %s`?", shown, meant);
	return cli_fail(
		EXIT_USAGE, "there is no command '%s'; `roost --help` lists them", shown);
}

/* The whole of docs/cli.md, made of the same tables as the help. */
static int print_page(struct cli *c)
{
	char help[] = "--help";

	printf("# The command line\n\n"
	       "Made by `roost help --markdown` from the tables of `client/cli`; a test "
	       "compares "
	       "them.\n\n"
	       "With every command:\n\n```\n");
	cli_print_common_options();
	printf("```\n\n"
	       "Options may stand before or after a command's own arguments; `--` ends them. "
	       "`-` "
	       "as a file, or as the text of a post or message, is standard input (one final "
	       "newline is not part of a text). Data go to standard output, everything else to "
	       "standard error; with `--json` standard output has nothing but JSON, and what "
	       "went wrong is still one sentence on standard error. A progress bar is drawn "
	       "only "
	       "on a terminal; there are no colours, with or without `NO_COLOR`.\n\n"
	       "| exit code | meaning |\n|---|---|\n"
	       "| 0 | done |\n"
	       "| 1 | the dispatcher refused it, or the job failed |\n"
	       "| 2 | the command line is wrong |\n"
	       "| 65 | a file or text is not what it should be |\n"
	       "| 66 | a file cannot be read |\n"
	       "| 69 | the dispatcher cannot be reached, or does not answer |\n"
	       "| 77 | the key is not admitted; or (`run`) the account may not do what a "
	       "manifest requires |\n"
	       "| 78 | the settings are wrong |\n"
	       "| 126, 127 | (`run`) the command cannot be run, or there is none |\n");
	for (size_t g = 0; g < COUNT_OF(groups); g++) {
		if (groups[g].title)
			printf("\n## %s\n", groups[g].title);
		for (const struct command *cmd = groups[g].commands; cmd->name; cmd++) {
			char name[64];
			char *argv[] = {name, help, NULL};

			(void)snprintf(name, sizeof(name), "%s", cmd->name);
			printf("\n### roost %s\n\n%c%s.\n\n```\n", cmd->name,
				toupper(cmd->help[0]), cmd->help + 1);
			(void)cmd->run(c, cmd, 2, argv);
			printf("```\n");
		}
	}
	return EXIT_DONE;
}

/* `roost help`, `roost help COMMAND`, `roost help --markdown`. */
static int run_help(struct cli *c, int argc, char **argv)
{
	char help[] = "--help";

	if (argc < 2) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--markdown") == 0)
		return print_page(c);
	const struct command *cmd = find(argv[1]);
	char *asked[] = {argv[1], help, NULL};
	return cmd ? cmd->run(c, cmd, 2, asked) : say_unknown(argv[1]);
}

static bool is_among(const char *word, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], word) == 0)
			return true;
	return false;
}

/* There is no command among the arguments. */
static int run_bare(int argc, char **argv)
{
	if (is_among("--version", argc, argv)) {
		printf("roost %s\n", roost_version());
		return EXIT_DONE;
	}
	bool asked = is_among("--help", argc, argv) || is_among("-h", argc, argv);
	print_help(asked ? stdout : stderr);
	return asked ? EXIT_DONE : EXIT_USAGE;
}

static int run(struct cli *c, int argc, char **argv)
{
	int at = cli_command_at(argc, argv);

	if (at == argc || strcmp(argv[at], "-h") == 0)
		return run_bare(argc, argv);
	char *name = argv[at];
	/* `roost --json jobs` is `roost jobs --json`. */
	memmove(argv + 2, argv + 1, (size_t)(at - 1) * sizeof(*argv));
	argv[1] = name;
	if (strcmp(name, "help") == 0)
		return run_help(c, argc - 1, argv + 1);
	if (strcmp(name, "version") == 0) {
		printf("roost %s\n", roost_version());
		return EXIT_DONE;
	}
	const struct command *cmd = find(name);
	return cmd ? cmd->run(c, cmd, argc - 1, argv + 1) : say_unknown(name);
}

int main(int argc, char **argv)
{
	const char *agent = getenv("ROOST_AGENT");
	struct cli c = {.agent = agent && *agent ? agent : NULL, .timeout_ms = 10000};
	harden_process(); /* it may have a key, or a token to hand on */
	int code = run(&c, argc, argv);

	roost_close(c.agents);
	roost_close(c.admin);
	conf_free(c.conf);
	zsock_end();
	if (fflush(stdout) && code == EXIT_DONE)
		code = EXIT_FAILED;
	return code;
}
