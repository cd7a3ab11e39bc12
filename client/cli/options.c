#include <stdio.h>
#include <string.h>

#include "client/cli/cli.h"

static void print_usage(const struct command *cmd, const struct option_spec *specs)
{
	printf("usage: roost %s %s\n", cmd->name, cmd->usage);
	if (specs && specs->help)
		printf("\noptions:\n");
	for (; specs && specs->help; specs++) {
		char left[40];

		(void)snprintf(
			left, sizeof(left), "--%s%s", specs->name, specs->flag ? "" : " VALUE");
		printf("  %-26s %s\n", left, specs->help);
	}
	printf("\nalso: --json, --config FILE, --agent NAME, --timeout SECONDS\n");
}

/* Whether `given`, up to a '=', is `name`; '-' and '_' are the same. */
static bool names(const char *given, const char *name)
{
	for (; *given && *given != '='; given++, name++)
		if ((*given == '_' ? '-' : *given) != (*name == '_' ? '-' : *name))
			return false;
	return *name == 0;
}

static const struct option_spec *find(const struct option_spec *specs, const char *name)
{
	for (; specs && specs->help; specs++)
		if (names(name, specs->name))
			return specs;
	return NULL;
}

/* Takes "--name", "--name value" or "--name=value" at argv[*at]. False after saying what is
 * wrong. */
static bool take(const struct option_spec *o, int argc, char **argv, int *at)
{
	const char *equals = strchr(argv[*at], '=');

	if (o->flag) {
		*o->flag = true;
		return true;
	}
	if (equals) {
		*o->value = equals + 1;
		return true;
	}
	if (*at + 1 >= argc) {
		cli_fail(EXIT_USAGE, "--%s needs a value", o->name);
		return false;
	}
	*o->value = argv[++*at];
	return true;
}

/* An option of the command's own, or one of the common ones. */
static bool take_any(struct cli *c, const struct command *cmd, const struct option_spec *specs,
	int argc, char **argv, int *at)
{
	const char *timeout = NULL;
	const struct option_spec common[] = {
		{"json", "", NULL, &c->json},
		{"config", "", &c->config, NULL},
		{"agent", "", &c->agent, NULL},
		{"timeout", "", &timeout, NULL},
		{0},
	};
	const struct option_spec *o = find(specs, argv[*at] + 2);
	int64_t seconds;

	if (!o)
		o = find(common, argv[*at] + 2);
	if (!o) {
		cli_fail(EXIT_USAGE, "%s has no option '%s'; `roost %s --help` shows them",
			cmd->name, argv[*at], cmd->name);
		return false;
	}
	if (!take(o, argc, argv, at))
		return false;
	if (!timeout)
		return true;
	if (text_to_int(str_of(timeout), 1, 3600, &seconds)) {
		cli_fail(EXIT_USAGE, "--timeout is 1 to 3600 seconds");
		return false;
	}
	c->timeout_ms = (int)seconds * 1000;
	return true;
}

static bool asks_help(const char *arg)
{
	return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0;
}

int cli_options(struct cli *c, const struct command *cmd, const struct option_spec *specs,
	int argc, char **argv, const int bounds[2], int *ret_exit)
{
	bool options = true; /* until "--" */
	int count = 0;

	*ret_exit = EXIT_USAGE;
	for (int i = 1; i < argc; i++) {
		if (options && asks_help(argv[i])) {
			print_usage(cmd, specs);
			*ret_exit = EXIT_DONE;
			return -1;
		}
		if (options && strcmp(argv[i], "--") == 0)
			options = false;
		else if (!options || strncmp(argv[i], "--", 2) != 0)
			argv[1 + count++] = argv[i];
		else if (!take_any(c, cmd, specs, argc, argv, &i))
			return -1;
	}
	if (count >= bounds[0] && count <= bounds[1])
		return count;
	cli_fail(EXIT_USAGE, "too %s arguments; `roost %s --help` shows how it is used",
		count < bounds[0] ? "few" : "many", cmd->name);
	return -1;
}
