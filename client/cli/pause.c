#include <stdio.h>
#include <string.h>

#include "client/cli/cli.h"

static void print_names(const json_t *answer, const char *key)
{
	const json_t *names = json_object_get(answer, key);

	for (size_t i = 0; i < json_array_size(names); i++)
		printf("paused: %.*s %s\n", (int)(strlen(key) - 1), key,
			json_string_value(json_array_get(names, i)));
}

static void print_paused(const json_t *answer)
{
	const json_t *breakers = json_object_get(answer, "breakers");
	char at[64];

	if (json_is_true(json_object_get(answer, "everything")))
		printf("paused: everything\n");
	print_names(answer, "apps");
	print_names(answer, "accounts");
	print_names(answer, "actions");
	for (size_t i = 0; i < json_array_size(breakers); i++) {
		const json_t *b = json_array_get(breakers, i);
		const char *call = json_string_value(json_object_get(b, "call"));

		printf("X only fails: %s of app %s, tried again at %s\n",
			call ? call : "every call (tokens are refused)",
			json_string_value(json_object_get(b, "app")),
			cli_show("next_try_at", json_object_get(b, "next_try_at"), at,
				sizeof(at)));
	}
}

static int run(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	static const char *const keys[] = {"app", "account", "action"};
	const char *values[3] = {NULL};
	bool list = false;
	const struct option_spec specs[] = {
		{keys[0], "this app only", &values[0], NULL},
		{keys[1], "this account only", &values[1], NULL},
		{keys[2], "this action only, of all accounts", &values[2], NULL},
		{"list", "change nothing, show what is paused", NULL, &list},
		{0},
	};
	json_t *answer = NULL;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	json_t *request = json_object();
	for (size_t i = 0; i < 3; i++)
		if (values[i])
			json_object_set_new(request, keys[i], json_string(values[i]));
	if (list && json_object_size(request)) {
		json_decref(request);
		return cli_fail(EXIT_USAGE, "--list stands alone");
	}
	int code = cli_admin(c, list ? "pauses" : cmd->name, request, &answer);
	json_object_del(answer, "seq");
	json_object_del(answer, "ok");
	if (!code && c->json)
		cli_print_json(answer);
	else if (!code)
		print_paused(answer);
	json_decref(answer);
	return code;
}

/* clang-format off */
const struct command pause_commands[] = {
	{"pause", run, "hold everything, an app, an account or an action",
		"[--app NAME] [--account NAME] [--action NAME] [--list]\n\n"
		"Without an option everything is held. What runs already finishes; it is kept over restarts.\n\n"
		"example:\n  roost pause --account acme\n  roost pause --list"},
	{"resume", run, "let what is paused go on",
		"[--app NAME] [--account NAME] [--action NAME]\n\n"
		"Without an option it takes back a pause of everything; pauses of one thing stay.\n\n"
		"example:\n  roost resume --account acme"},
	{0},
};
/* clang-format on */
