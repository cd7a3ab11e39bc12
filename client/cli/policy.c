/* policy.c - the policy guard: which rules an account has, who must not or may be written to */
#include "client/cli/policy.h"

#include <stdio.h>
#include <string.h>

/* --- roost account opt-out, roost account invited --- */

static void print_people(const json_t *answer, const char *act)
{
	const json_t *users = json_object_get(answer, "users");
	json_int_t cancelled = json_integer_value(json_object_get(answer, "cancelled"));

	if (strcmp(act, "list") == 0)
		for (size_t i = 0; i < json_array_size(users); i++)
			printf("%s\n", json_string_value(json_array_get(users, i)));
	else
		printf("%lld changed, %zu on the list\n",
			(long long)json_integer_value(json_object_get(answer, "changed")),
			json_array_size(users));
	if (cancelled)
		printf("%lld jobs that would have written to them are cancelled\n",
			(long long)cancelled);
}

int policy_people(struct cli *c, const char *op, int count, char **words)
{
	bool list = count == 2 && strcmp(words[0], "list") == 0;
	bool change =
		count > 2 && (strcmp(words[0], "add") == 0 || strcmp(words[0], "remove") == 0);

	if (!list && !change)
		return cli_fail(EXIT_USAGE,
			"say add ACCOUNT USER..., remove ACCOUNT USER... or list ACCOUNT");
	json_t *request = json_pack("{s:s,s:s}", "do", words[0], "account", words[1]);
	json_t *users = json_array();
	json_t *answer = NULL;
	for (int i = 2; i < count; i++)
		json_array_append_new(users, json_string(words[i]));
	if (change)
		json_object_set(request, "users", users);
	json_decref(users);
	int code = cli_admin(c, op, request, &answer);
	if (!code && c->json)
		cli_print_json(answer);
	else if (!code)
		print_people(answer, words[0]);
	json_decref(answer);
	return code;
}

/* --- roost policy --- */

static void print_settings(const json_t *settings)
{
	for (size_t i = 0; i < json_array_size(settings); i++) {
		const json_t *s = json_array_get(settings, i);
		const char *value = json_string_value(json_object_get(s, "value"));

		printf("    %-22s %-14s %s\n", json_string_value(json_object_get(s, "name")),
			value ? value : "-", json_string_value(json_object_get(s, "from")));
	}
}

static void print_rules(const json_t *answer, bool settings)
{
	const json_t *rules = json_object_get(answer, "rules");

	printf("%-20s %-4s %-8s %s\n", "RULE", "ON", "DOES", "WHY");
	for (size_t i = 0; i < json_array_size(rules); i++) {
		const json_t *r = json_array_get(rules, i);

		printf("%-20s %-4s %-8s %s\n", json_string_value(json_object_get(r, "rule")),
			json_is_true(json_object_get(r, "on")) ? "yes" : "no",
			json_string_value(json_object_get(r, "does")),
			json_string_value(json_object_get(r, "why")));
		if (settings)
			print_settings(json_object_get(r, "settings"));
	}
}

static int run_policy(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 2};
	enum { LIST, SHOW };
	static const struct verb verbs[] = {
		[LIST] = {"list", "", 1, 1},
		[SHOW] = {"show", "ACCOUNT", 2, 2},
		{0},
	};
	json_t *answer = NULL;

	int count = cli_options(c, cmd, NULL, argc, argv, bounds);
	if (count < 0)
		return c->exit;
	int verb = cli_which(cmd, verbs, argv[1], count);
	if (verb < 0)
		return EXIT_USAGE;
	int code = cli_look(c, "policy",
		verb == SHOW ? json_pack("{s:s}", "account", argv[2]) : NULL, &answer);
	if (!code && c->json)
		cli_print_json(answer);
	else if (!code)
		print_rules(answer, verb == SHOW);
	json_decref(answer);
	return code;
}

const struct command policy_commands[] = {
	{"policy", run_policy, "see the rules of the policy guard: list, show",
		"list | show ACCOUNT\n\n"
		"The rules, what each does when it does not allow, and the rule of X behind "
		"it; "
		"for an account also its\nsettings and where they are from: the account, its "
		"app, "
		"the configuration, or the default. They are\nchanged by `roost account set` "
		"and "
		"`roost app set` (docs/policy.md).\n"
		"\nexample:\n  roost policy show acme"},
	{0},
};
