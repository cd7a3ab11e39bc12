#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/lines.h"
#include "client/cli/owner.h"
#include "client/cli/policy.h"
#include "common/json/json.h"

/* What was done to what: a line, or {"app": "acme", "done": "is known"}. */
static void say_done(const struct cli *c, const char *kind, const char *name, const char *words)
{
	if (!c->json) {
		printf("%s %s %s\n", kind, name, words);
		return;
	}
	AUTO_JSON o = json_pack("{s:s,s:s}", kind, name, "done", words);
	cli_print_json(o);
}

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
	explicit_bzero(asked_secret, sizeof(asked_secret));
	int code = cli_admin(c, "app_add", request, NULL);
	if (!code)
		say_done(c, "app", name, "is known");
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

static int app_remove(struct cli *c, const char *name)
{
	int code = cli_admin(c, "app_remove", json_pack("{s:s}", "name", name), NULL);

	if (!code)
		say_done(c, "app", name, "is removed, and its secret with it");
	return code;
}

/* Without an option `set` takes the credentials anew, as `add` does. */
struct app_options {
	const char *plan;
	bool forget_refusals;
};

static int app_set(
	struct cli *c, const char *name, const struct app_options *o, struct owner_flags *f)
{
	json_t *settings = NULL;
	int code = owner_settings(f, &settings);

	if (code)
		return code;
	if (!o->plan && !o->forget_refusals && json_object_size(settings) == 0) {
		json_decref(settings);
		return app_add(c, name, NULL);
	}
	json_t *request = json_pack("{s:s,s:o}", "name", name, "settings", settings);
	if (o->plan)
		json_object_set_new(request, "plan", json_string(o->plan));
	if (o->forget_refusals)
		json_object_set_new(request, "forget_refusals", json_true());
	return owner_set(c, OWNER_app, request);
}

static int run_app(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 2};
	enum { ADD, LIST, SHOW, SET, REMOVE };
	static const struct verb verbs[] = {
		[ADD] = {"add", "NAME [--plan PLAN]", 2, 2},
		[LIST] = {"list", "", 1, 1},
		[SHOW] = {"show", "NAME", 2, 2},
		[SET] = {"set", "NAME OPTIONS", 2, 2},
		[REMOVE] = {"remove", "NAME", 2, 2},
		{0},
	};
	struct app_options o = {0};
	const struct option_spec own[] = {
		{"plan", "payg (default), enterprise, free, basic, pro, or one of your tables",
			&o.plan, NULL},
		{"forget-refusals",
			"with set: what X refused as not part of the plan may be tried again",
			NULL, &o.forget_refusals},
		{0},
	};
	struct owner_flags f;

	owner_flags_init(&f, OWNER_app, own);
	int count = cli_options(c, cmd, f.specs, argc, argv, bounds);
	if (count < 0)
		return c->exit;
	int verb = cli_which(cmd, verbs, argv[1], count);
	if (verb >= 0 && verb != SET && owner_any(&f))
		return cli_fail(EXIT_USAGE, "settings are changed by `roost app set NAME`");
	switch (verb) {
	case ADD:
		return app_add(c, argv[2], o.plan);
	case LIST:
		return app_list(c);
	case SHOW:
		return owner_show(c, OWNER_app, argv[2]);
	case SET:
		return app_set(c, argv[2], &o, &f);
	case REMOVE:
		return app_remove(c, argv[2]);
	default:
		return EXIT_USAGE;
	}
}

/* --- accounts --- */

/* Imports one line. Exit code; what went wrong is said without what the line says: it may be a
 * secret. */
static int import_line(struct cli *c, const struct lines *l, enum line_is is)
{
	struct errmsg m = {0};
	json_t *account = NULL;
	int code = EXIT_DATA;

	if (is == LINE_GOOD && !json_read(buf_view(&l->line), &account, &m) &&
		json_is_object(account)) {
		code = cli_admin(c, "account_import", account, NULL);
		if (code)
			cli_fail(0, "line %zu was refused", l->number);
		return code;
	}
	json_decref(account);
	return cli_fail(code,
		"line %zu: not one JSON object%s%s; write {\"name\": ..., \"app\": ..., "
		"\"access_token\": ...} on one line",
		l->number, m.text[0] ? ": " : "", m.text);
}

/* Until the end, or until the dispatcher cannot be reached. */
static int import_all(struct cli *c, struct lines *l, size_t *good, size_t *bad)
{
	int code = EXIT_DONE;

	for (enum line_is is; (is = lines_next(l)) != LINE_NONE;) {
		struct str line = buf_view(&l->line);

		if (is == LINE_GOOD && strspn(buf_cstr(&l->line), " \t\r\n") == line.len)
			continue;
		int one = import_line(c, l, is);
		*good += one == EXIT_DONE;
		*bad += one != EXIT_DONE;
		if (one == EXIT_UNAVAILABLE || one == EXIT_CONFIG)
			return one;
		code = one ? EXIT_FAILED : code;
	}
	return code;
}

static int account_import(struct cli *c, const char *path)
{
	bool standard = !path || strcmp(path, "-") == 0;
	FILE *in = standard ? stdin : fopen(path, "re");
	size_t good = 0, bad = 0;
	struct lines l;

	if (!in)
		return cli_fail(EXIT_NOINPUT, "'%s' cannot be read: %s", path, strerror(errno));
	lines_init(&l, in);
	int code = import_all(c, &l, &good, &bad);
	if (l.failed)
		code = cli_fail(EXIT_NOINPUT, "reading stopped: %s", strerror(errno));
	lines_done(&l);
	if (!standard)
		(void)fclose(in);
	if (c->json)
		printf("{\"imported\":%zu,\"refused\":%zu}\n", good, bad);
	else
		printf("imported %zu accounts, refused %zu\n", good, bad);
	return code;
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

	if (!code)
		say_done(c, "account", name, pause ? "is paused: its jobs wait" : "goes on");
	return code;
}

static int run_account(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, PEOPLE_ARGS};
	enum { IMPORT, GIVE, LIST, SHOW, SET, PAUSE, RESUME, DISCONNECT, OPT_OUT, INVITED };
	static const struct verb verbs[] = {
		[IMPORT] = {"import", "[FILE|-]", 1, 2},
		[GIVE] = {"give", "NAME --app APP [--for CAPABILITY,...]", 2, 2},
		[LIST] = {"list", "", 1, 1},
		[SHOW] = {"show", "NAME", 2, 2},
		[SET] = {"set", "NAME OPTIONS", 2, 2},
		[PAUSE] = {"pause", "NAME", 2, 2},
		[RESUME] = {"resume", "NAME", 2, 2},
		[DISCONNECT] = {"disconnect", "NAME", 2, 2},
		[OPT_OUT] = {"opt-out", PEOPLE_USAGE, 3, PEOPLE_ARGS},
		[INVITED] = {"invited", PEOPLE_USAGE, 3, PEOPLE_ARGS},
		{0},
	};
	const char *app = NULL, *capabilities = NULL;
	const struct option_spec own[] = {
		{"app", "with give: the app that the token or the keys belong to", &app, NULL},
		{"for",
			"with give: what it may do, as capabilities with commas (default: "
			"x.tweet.read,x.tweet.write,x.user.read; of OAuth 1.0a: all)",
			&capabilities, NULL},
		{0},
	};
	struct owner_flags f;

	owner_flags_init(&f, OWNER_account, own);
	int count = cli_options(c, cmd, f.specs, argc, argv, bounds);
	if (count < 0)
		return c->exit;
	int verb = cli_which(cmd, verbs, argv[1], count);
	if (verb >= 0 && verb != SET && owner_any(&f))
		return cli_fail(EXIT_USAGE, "settings are changed by `roost account set NAME`");
	switch (verb) {
	case IMPORT:
		return account_import(c, count > 1 ? argv[2] : NULL);
	case GIVE:
		return cli_give(c, argv[2], app, capabilities);
	case LIST:
		return account_list(c);
	case SHOW:
		return owner_show(c, OWNER_account, argv[2]);
	case SET:
		return owner_change(c, &f, argv[2]);
	case PAUSE:
		return account_pause(c, argv[2], true);
	case RESUME:
		return account_pause(c, argv[2], false);
	case DISCONNECT:
		return cli_disconnect(c, argv[2]);
	case OPT_OUT:
		return policy_people(c, "opt_out", count - 1, argv + 2);
	case INVITED:
		return policy_people(c, "invited", count - 1, argv + 2);
	default:
		return EXIT_USAGE;
	}
}

/* clang-format off */
const struct command admin_commands[] = {
	{"app", run_app, "manage X developer apps: add, list, show, set, remove",
		"add NAME [--plan PLAN] | list | show NAME | set NAME [--plan PLAN] [--SETTING VALUE]... [--unset SETTING,...] |\n"
		"  remove NAME\n\n"
		"The client id and secret come from X_CLIENT_ID and X_CLIENT_SECRET, or from a prompt; `set` without an\n"
		"option takes them anew. An app to which accounts are connected is not removed.\n\n"
		"example:\n  X_CLIENT_ID=... X_CLIENT_SECRET=... roost app add acme --plan payg\n  roost app set acme --plan enterprise"},
	{"account", run_account, "manage accounts: import, give, list, show, set, pause, resume, disconnect, opt-out, invited",
		"import [FILE|-] | give NAME --app APP [--for CAPABILITY,...] | list | show NAME |\n"
		"  set NAME [--SETTING VALUE]... [--unset SETTING,...] | pause NAME | resume NAME | disconnect NAME |\n"
		"  opt-out add|remove ACCOUNT USER... | opt-out list ACCOUNT | invited add|remove|list ...\n\n"
		"A file has JSON lines: {name, app, user_id, username, access_token, refresh_token, expires_at, scopes}; without a\n"
		"refresh token the access token is used while it lives; with api_key, api_secret and access_token_secret it is one of\n"
		"OAuth 1.0a. Without user_id and username X is asked who it is. `give` takes one from the environment: X_ACCESS_TOKEN,\n"
		"and X_ACCESS_TOKEN_EXPIRES_AT, or X_ACCESS_TOKEN_SECRET, X_API_KEY and X_API_SECRET.\n\n"
		"example:\n  roost account import accounts.jsonl\n  X_ACCESS_TOKEN=... roost account give acme --app acme-app\n  roost account set acme --tz Europe/Berlin --premium\n  roost account opt-out add acme @bob_example"},
	{0},
};
/* clang-format on */
