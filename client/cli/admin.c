#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/json/json.h"

/* --- apps --- */

static int app_add(struct cli *c, const char *name, const char *plan)
{
	const char *id = getenv("X_CLIENT_ID");
	const char *secret = getenv("X_CLIENT_SECRET");
	char asked_id[256] = "", asked_secret[512] = "";

	if (!id && cli_ask_secret("OAuth 2.0 client id", asked_id, sizeof(asked_id)))
		id = asked_id;
	if (!id || !id[0])
		return cli_fail(EXIT_USAGE, "set X_CLIENT_ID (and X_CLIENT_SECRET for a "
					    "confidential client), or run this on a terminal");
	if (!secret && id == asked_id &&
		cli_ask_secret("client secret (empty for a public client)", asked_secret,
			sizeof(asked_secret)))
		secret = asked_secret;
	json_t *request = json_pack("{s:s,s:s}", "name", name, "client_id", id);
	if (plan)
		json_object_set_new(request, "plan", json_string(plan));
	if (secret && secret[0])
		json_object_set_new(request, "client_secret", json_string(secret));
	int code = cli_admin(c, "app_add", request, NULL);
	explicit_bzero(asked_secret, sizeof(asked_secret));
	if (!code && !c->json)
		printf("app %s is known\n", name);
	return code;
}

static int app_list(struct cli *c)
{
	static const struct column columns[] = {
		{"APP", "name"},
		{"PLAN", "plan"},
		{"STATE", "state"},
		{"CLIENT ID", "client_id"},
		{"PUBLIC", "public"},
		{"PARKED FOR", "park_cause"},
		{0},
	};
	json_t *answer = NULL;
	int code = cli_admin(c, "app_list", NULL, &answer);

	if (!code)
		cli_print_list(c, json_object_get(answer, "apps"), columns);
	json_decref(answer);
	return code;
}

static int run_app(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 2};
	const char *plan = NULL;
	const struct option_spec specs[] = {
		{"plan", "payg (default), enterprise, free, basic or pro", &plan, NULL},
		{0},
	};
	int code;
	int count = cli_options(c, cmd, specs, argc, argv, bounds, &code);

	if (count < 0)
		return code;
	if (strcmp(argv[1], "list") == 0 && count == 1)
		return app_list(c);
	if ((strcmp(argv[1], "add") == 0 || strcmp(argv[1], "set") == 0) && count == 2)
		return app_add(c, argv[2], plan);
	return cli_fail(EXIT_USAGE, "say `roost app add NAME` or `roost app list`");
}

/* --- accounts --- */

static int account_import(struct cli *c, const char *path)
{
	bool standard = !path || strcmp(path, "-") == 0;
	FILE *in = standard ? stdin : fopen(path, "re");
	char *line = NULL;
	size_t cap = 0, number = 0, good = 0, bad = 0;

	if (!in)
		return cli_fail(EXIT_NOINPUT, "'%s': %s", path, strerror(errno));
	for (ssize_t n; (n = getline(&line, &cap, in)) > 0;) {
		struct errmsg m;
		json_t *account;

		number++;
		if (strspn(line, " \t\r\n") == (size_t)n)
			continue;
		if (json_read((struct str){line, (size_t)n}, &account, &m) ||
			!json_is_object(account)) {
			cli_fail(0, "line %zu: not one JSON object",
				number); /* its content may be a secret */
			bad++;
			continue;
		}
		if (cli_admin(c, "account_import", account, NULL)) {
			cli_fail(0, "line %zu was refused", number);
			bad++;
			continue;
		}
		good++;
	}
	if (line)
		explicit_bzero(line, cap);
	free(line);
	if (!standard)
		(void)fclose(in);
	if (!c->json)
		printf("imported %zu accounts\n", good);
	else
		printf("{\"imported\":%zu,\"refused\":%zu}\n", good, bad);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

static int account_list(struct cli *c, const char *only)
{
	static const struct column columns[] = {
		{"ACCOUNT", "name"},
		{"USER", "username"},
		{"APP", "app"},
		{"STATE", "state"},
		{"TOKEN", "token"},
		{"TOKEN UNTIL", "token_until"},
		{"PARKED FOR", "park_cause"},
		{0},
	};
	json_t *answer = NULL;
	int code = cli_admin(c, "accounts", NULL, &answer);

	if (code)
		return code;
	json_t *all = json_object_get(answer, "accounts");
	for (size_t i = json_array_size(all); only && i > 0; i--)
		if (strcmp(json_string_value(
				   json_object_get(json_array_get(all, i - 1), "name")),
			    only) != 0)
			json_array_remove(all, i - 1);
	if (only && json_array_size(all) == 0)
		code = cli_fail(EXIT_FAILED,
			"there is no account '%s'; `roost account list` shows those there are",
			only);
	else if (only && c->json)
		cli_print_json(json_array_get(all, 0));
	else
		cli_print_list(c, all, columns);
	json_decref(answer);
	return code;
}

static int account_pause(struct cli *c, const char *name, bool pause)
{
	int code = cli_admin(c, pause ? "account_pause" : "account_resume",
		json_pack("{s:s}", "name", name), NULL);

	if (!code && !c->json)
		printf("account %s %s\n", name, pause ? "is paused: its jobs wait" : "goes on");
	return code;
}

static int run_account(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 2};
	int code;
	int count = cli_options(c, cmd, NULL, argc, argv, bounds, &code);

	if (count < 0)
		return code;
	if (strcmp(argv[1], "import") == 0)
		return account_import(c, count > 1 ? argv[2] : NULL);
	if (strcmp(argv[1], "list") == 0 && count == 1)
		return account_list(c, NULL);
	if (strcmp(argv[1], "show") == 0 && count == 2)
		return account_list(c, argv[2]);
	if (strcmp(argv[1], "pause") == 0 && count == 2)
		return account_pause(c, argv[2], true);
	if (strcmp(argv[1], "resume") == 0 && count == 2)
		return account_pause(c, argv[2], false);
	return cli_fail(
		EXIT_USAGE, "say import [FILE], list, show NAME, pause NAME or resume NAME");
}

/* clang-format off */
const struct command admin_commands[] = {
	{"app", run_app, "X developer apps: add, list",
		"add NAME [--plan PLAN] | list\n\nThe client id and secret come from X_CLIENT_ID and X_CLIENT_SECRET, or from a prompt.\n\n"
		"example:\n  X_CLIENT_ID=... X_CLIENT_SECRET=... roost app add acme --plan payg"},
	{"account", run_account, "accounts: import, list, show, pause, resume",
		"import [FILE|-] | list | show NAME | pause NAME | resume NAME\n\n"
		"A file has JSON lines: {name, app, user_id, username, access_token, refresh_token, expires_at, scopes}.\n\n"
		"example:\n  roost account import accounts.jsonl\n  roost account pause acme"},
	{0},
};
/* clang-format on */
