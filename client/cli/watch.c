#include <stdio.h>

#include "client/cli/cli.h"

static int run_limits(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 1};
	static const struct column columns[] = {
		{"FAMILY", "family"},
		{"SCOPE", "scope"},
		{"OF", "owner"},
		{"WINDOW (s)", "window_s"},
		{"USED", "used"},
		{"LIMIT", "limit"},
		{"RESETS AT", "resets_at"},
		{"LEARNED", "learned"},
		{"DRIFT", "drift"},
		{0},
	};
	json_t *answer = NULL;
	int code;
	int count = cli_options(c, cmd, NULL, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	code = cli_look(
		c, "limits", count ? json_pack("{s:s}", "account", argv[1]) : NULL, &answer);
	if (!code)
		cli_print_list(c, json_object_get(answer, "windows"), columns);
	json_decref(answer);
	return code;
}

static void print_numbers(const json_t *o, const char *prefix)
{
	const char *key;
	json_t *value;
	char text[80];

	json_object_foreach((json_t *)(uintptr_t)o, key, value)
	{
		if (json_is_object(value))
			print_numbers(value, key);
		else
			printf("%s%s%-*s %s\n", prefix, prefix[0] ? "." : "", 28, key,
				cli_show(key, value, text, sizeof(text)));
	}
}

static int run_stats(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	json_t *answer = NULL;
	int code;

	if (cli_options(c, cmd, NULL, argc, argv, bounds) < 0)
		return c->exit;
	code = cli_look(c, "stats", NULL, &answer);
	if (!code) {
		if (c->json)
			cli_print_json(answer);
		else
			print_numbers(answer, "");
	}
	json_decref(answer);
	return code;
}

/* clang-format off */
const struct command watch_commands[] = {
	{"limits", run_limits, "rate windows as roost knows them", "[ACCOUNT]\n\nexample:\n  roost limits acme"},
	{"stats", run_stats, "counters of the dispatcher", "\n\nexample:\n  roost stats --json"},
	{0},
};
/* clang-format on */
