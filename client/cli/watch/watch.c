#include <stdio.h>

#include "client/cli/cli.h"

/* As of when X's tables are, and how far X differs from them. */
static void print_tables(const json_t *answer)
{
	const char *key, *separator = "";
	json_t *date;

	printf("\ntables as of: ");
	json_object_foreach(json_object_get(answer, "tables"), key, date)
	{
		printf("%s%s %s", separator, key,
			json_is_string(date) ? json_string_value(date) : "-");
		separator = ", ";
	}
	printf("\nX differs in %lld of these windows; it named another limit %lld times since "
	       "the start\n",
		(long long)json_integer_value(json_object_get(answer, "differing")),
		(long long)json_integer_value(json_object_get(answer, "drift_seen")));
}

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
	bool tables = false;
	const struct option_spec specs[] = {
		{"tables", "as of when X's tables are, without the windows", NULL, &tables},
		{0},
	};
	json_t *answer = NULL;
	int code;
	int count = cli_options(c, cmd, specs, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	code = cli_look(
		c, "limits", count ? json_pack("{s:s}", "account", argv[1]) : NULL, &answer);
	if (!code && tables && c->json)
		cli_print_json(json_object_get(answer, "tables"));
	else if (!code && !tables)
		cli_print_list(c, json_object_get(answer, "windows"), columns);
	if (!code && !c->json)
		print_tables(answer);
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
	{"limits", run_limits, "rate windows as roost knows them", "[ACCOUNT]\n\nexample:\n  roost limits acme\n  roost limits --tables --json"},
	{"stats", run_stats, "counters of the dispatcher", "\n\nexample:\n  roost stats --json"},
	{0},
};
/* clang-format on */
