#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/owner.h"
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

/* Without an option `set` takes the credentials anew, as `add` does. */
static int app_set(struct cli *c, const char *name, const char *plan, struct owner_flags *f)
{
	json_t *settings = NULL;
	int code = owner_settings(f, &settings);

	if (code)
		return code;
	if (!plan && json_object_size(settings) == 0) {
		json_decref(settings);
		return app_add(c, name, NULL);
	}
	json_t *request = json_pack("{s:s,s:o}", "name", name, "settings", settings);
	if (plan)
		json_object_set_new(request, "plan", json_string(plan));
	return owner_set(c, OWNER_app, request);
}

static int run_app(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 2};
	const char *plan = NULL;
	const struct option_spec own = {
		"plan", "payg (default), enterprise, free, basic or pro", &plan, NULL};
	struct owner_flags f;
	int code;

	owner_flags_init(&f, OWNER_app, &own);
	int count = cli_options(c, cmd, f.specs, argc, argv, bounds, &code);
	if (count < 0)
		return code;
	if (strcmp(argv[1], "set") == 0 && count == 2)
		return app_set(c, argv[2], plan, &f);
	if (owner_any(&f))
		return cli_fail(EXIT_USAGE, "settings are changed by `roost app set NAME`");
	if (strcmp(argv[1], "list") == 0 && count == 1)
		return app_list(c);
	if (strcmp(argv[1], "show") == 0 && count == 2)
		return owner_show(c, OWNER_app, argv[2]);
	if (strcmp(argv[1], "add") == 0 && count == 2)
		return app_add(c, argv[2], plan);
	return cli_fail(EXIT_USAGE, "say add NAME, list, show NAME or set NAME");
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

static int account_list(struct cli *c)
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

	if (!code)
		cli_print_list(c, json_object_get(answer, "accounts"), columns);
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
	struct owner_flags f;
	int code;

	owner_flags_init(&f, OWNER_account, NULL);
	int count = cli_options(c, cmd, f.specs, argc, argv, bounds, &code);
	if (count < 0)
		return code;
	if (strcmp(argv[1], "set") == 0 && count == 2)
		return owner_change(c, &f, argv[2]);
	if (owner_any(&f))
		return cli_fail(EXIT_USAGE, "settings are changed by `roost account set NAME`");
	if (strcmp(argv[1], "import") == 0)
		return account_import(c, count > 1 ? argv[2] : NULL);
	if (strcmp(argv[1], "list") == 0 && count == 1)
		return account_list(c);
	if (strcmp(argv[1], "show") == 0 && count == 2)
		return owner_show(c, OWNER_account, argv[2]);
	if (strcmp(argv[1], "pause") == 0 && count == 2)
		return account_pause(c, argv[2], true);
	if (strcmp(argv[1], "resume") == 0 && count == 2)
		return account_pause(c, argv[2], false);
	return cli_fail(EXIT_USAGE,
		"say import [FILE], list, show NAME, set NAME, pause NAME or resume NAME");
}

/* --- agents --- */

static int agent_list(struct cli *c)
{
	static const struct column columns[] = {
		{"AGENT", "name"},
		{"NOTE", "settings.note"},
		{0},
	};
	json_t *answer = NULL;
	int code = cli_admin(c, "agent_list", NULL, &answer);

	if (!code)
		cli_print_list(c, json_object_get(answer, "agents"), columns);
	json_decref(answer);
	return code;
}

static int run_agent(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 2};
	struct owner_flags f;
	int code;

	owner_flags_init(&f, OWNER_agent, NULL);
	int count = cli_options(c, cmd, f.specs, argc, argv, bounds, &code);
	if (count < 0)
		return code;
	if (strcmp(argv[1], "set") == 0 && count == 2)
		return owner_change(c, &f, argv[2]);
	if (owner_any(&f))
		return cli_fail(EXIT_USAGE, "settings are changed by `roost agent set NAME`");
	if (strcmp(argv[1], "list") == 0 && count == 1)
		return agent_list(c);
	if (strcmp(argv[1], "show") == 0 && count == 2)
		return owner_show(c, OWNER_agent, argv[2]);
	return cli_fail(EXIT_USAGE, "say list, show NAME or set NAME");
}

/* clang-format off */
const struct command admin_commands[] = {
	{"app", run_app, "X developer apps: add, list, show, set",
		"add NAME [--plan PLAN] | list | show NAME | set NAME [--plan PLAN] [--SETTING VALUE]... [--unset SETTING,...]\n\n"
		"The client id and secret come from X_CLIENT_ID and X_CLIENT_SECRET, or from a prompt; `set` without an\n"
		"option takes them anew.\n\n"
		"example:\n  X_CLIENT_ID=... X_CLIENT_SECRET=... roost app add acme --plan payg\n  roost app set acme --plan enterprise"},
	{"account", run_account, "accounts: import, list, show, set, pause, resume",
		"import [FILE|-] | list | show NAME | set NAME [--SETTING VALUE]... [--unset SETTING,...] | pause NAME | resume NAME\n\n"
		"A file has JSON lines: {name, app, user_id, username, access_token, refresh_token, expires_at, scopes}.\n\n"
		"example:\n  roost account import accounts.jsonl\n  roost account set acme --tz Europe/Berlin --premium"},
	{"agent", run_agent, "agents: list, show, set",
		"list | show NAME | set NAME [--SETTING VALUE]... [--unset SETTING,...]\n\n"
		"example:\n  roost agent set writer --note 'drafts posts'"},
	{0},
};
/* clang-format on */
