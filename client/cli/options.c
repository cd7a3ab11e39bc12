#include <stdio.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/base/near.h"

static const struct near_alias no_habits[] = {{NULL, NULL}};

/* The options of every command, in the words of `roost --help`. */
static const struct {
	const char *name, *value, *help;
} everywhere[] = {
	{"json", "", "print JSON instead of text"},
	{"config", " FILE", "settings; else $ROOST_CONFIG, ./roost.yaml and so on"},
	{"agent", " NAME", "act as this agent; else $ROOST_AGENT, else \"default\""},
	{"timeout", " SECONDS", "wait so long for the dispatcher's answer (default 10)"},
	{"help", "", "what the command does, its options, an example"},
};

void cli_print_common_options(void)
{
	for (size_t i = 0; i < COUNT_OF(everywhere); i++) {
		char left[40];

		(void)snprintf(
			left, sizeof(left), "--%s%s", everywhere[i].name, everywhere[i].value);
		printf("  %-26s %s\n", left, everywhere[i].help);
	}
}

static void print_usage(const struct command *cmd, const struct option_spec *specs)
{
	printf("usage: roost %s%s%s\n", cmd->name, cmd->usage[0] == '\n' ? "" : " ",
		cmd->usage);
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

/* The name in "--name=value", '_' written as '-': a value may be a secret, and is never shown.
 */
static struct str name_in(const char *arg, char out[64])
{
	size_t n = 0;

	for (const char *at = arg + 2; *at && *at != '=' && n + 1 < 64; at++)
		out[n++] = (char)(*at == '_' ? '-' : *at);
	out[n] = 0;
	return (struct str){out, n};
}

/* The i-th option of a command and of all commands, for near_find(). */
static const char *nth_option(const void *ctx, size_t i)
{
	const struct option_spec *specs = ctx;

	for (; specs && specs->help; specs++)
		if (i-- == 0)
			return specs->name;
	return i < COUNT_OF(everywhere) ? everywhere[i].name : NULL;
}

static const struct option_spec *find(const struct option_spec *specs, struct str name)
{
	for (; specs && specs->help; specs++) {
		char own[64] = "--";

		(void)snprintf(own + 2, sizeof(own) - 2, "%s", specs->name);
		char plain[64];
		if (str_equal(name_in(own, plain), name))
			return specs;
	}
	return NULL;
}

static bool say_unknown(
	const struct command *cmd, const struct option_spec *specs, struct str name)
{
	const char *meant = near_find(name, nth_option, specs, no_habits);
	char shown[64];

	text_show(name, shown, sizeof(shown));
	if (meant)
		cli_fail(EXIT_USAGE, "%s has no option '--%s'; did you mean --%s?", cmd->name,
			shown, meant);
	else
		cli_fail(EXIT_USAGE, "%s has no option '--%s'; `roost %s --help` shows them",
			cmd->name, shown, cmd->name);
	return false;
}

/* Takes "--name", "--name value" or "--name=value" at argv[*at]. False after saying what is
 * wrong. */
static bool take(const struct option_spec *o, int argc, char **argv, int *at)
{
	const char *equals = strchr(argv[*at], '=');

	if (o->flag && equals) {
		cli_fail(EXIT_USAGE, "--%s takes no value", o->name);
		return false;
	}
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
	char name[64];
	const struct option_spec *o = find(specs, name_in(argv[*at], name));
	int64_t seconds;

	if (!o)
		o = find(common, str_of(name));
	if (!o)
		return say_unknown(cmd, specs, str_of(name));
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
	int argc, char **argv, const int bounds[2])
{
	bool options = true; /* until "--" */
	int count = 0;

	c->exit = EXIT_USAGE;
	for (int i = 1; i < argc; i++) {
		if (options && asks_help(argv[i])) {
			print_usage(cmd, specs);
			c->exit = EXIT_DONE;
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

int cli_command_at(int argc, char **argv)
{
	static const char *const valued[] = {"--config", "--agent", "--timeout"};
	int at = 1;

	while (at < argc && strncmp(argv[at], "--", 2) == 0) {
		size_t i = 0;

		while (i < COUNT_OF(valued) && strcmp(argv[at], valued[i]) != 0)
			i++;
		at += i < COUNT_OF(valued) ? 2 : 1;
	}
	return at < argc ? at : argc;
}

static const char *nth_verb(const void *verbs, size_t i)
{
	return ((const struct verb *)verbs)[i].name;
}

int cli_which(const struct command *cmd, const struct verb *verbs, const char *word, int count)
{
	const char *separator = "";
	char list[200] = "";
	size_t n = 0;

	for (size_t i = 0; verbs[i].name; i++) {
		if (strcmp(word, verbs[i].name) != 0)
			continue;
		if (count >= verbs[i].least && count <= verbs[i].most)
			return (int)i;
		cli_fail(EXIT_USAGE, "say `roost %s %s%s%s`; `roost %s --help` has an example",
			cmd->name, verbs[i].name, verbs[i].arguments[0] ? " " : "",
			verbs[i].arguments, cmd->name);
		return -1;
	}
	for (size_t i = 0; verbs[i].name && n < sizeof(list); i++, separator = ", ")
		n += (size_t)snprintf(
			list + n, sizeof(list) - n, "%s%s", separator, verbs[i].name);
	const char *meant = near_find(str_of(word), nth_verb, verbs, no_habits);
	if (meant)
		cli_fail(EXIT_USAGE, "there is no `roost %s %s`; did you mean %s?", cmd->name,
			word, meant);
	else
		cli_fail(EXIT_USAGE, "there is no `roost %s %s`; there is %s", cmd->name, word,
			list);
	return -1;
}
