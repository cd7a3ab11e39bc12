/* roost run: a program of somebody else's, with an account's token, if it may have what it
 * needs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "common/conf/manifest.h"
#include "common/json/json.h"
#include "common/net/zsock.h"
#include "common/xapi/capability.h"

#define TOKEN_VARIABLE "X_ACCESS_TOKEN"
#define UNTIL_VARIABLE "X_ACCESS_TOKEN_EXPIRES_AT"
#define RENEWAL_WAIT   60000 /* ms: X may be slow to renew */
#define LIST_MAX       ((size_t)8192)

/* As shells have it. */
enum { EXIT_CANNOT_RUN = 126, EXIT_NO_COMMAND = 127 };

/* A program that is to be run. */
struct running {
	struct cli *c;
	const char *path; /* of the manifest */
	struct manifest manifest;
	const json_t *account; /* a row of `accounts` */
	const char *name;
};

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static bool is_capability(struct str key)
{
	return capability_find(key) != NULL;
}

/* --- the account --- */

static const json_t *find_account(const json_t *rows, const char *name)
{
	for (size_t i = 0; i < json_array_size(rows); i++)
		if (strcmp(text(json_array_get(rows, i), "name"), name) == 0)
			return json_array_get(rows, i);
	return NULL;
}

static int choose_account(struct running *r, const json_t *rows, const char *name)
{
	size_t count = json_array_size(rows);

	if (!name && count != 1)
		return cli_fail(EXIT_USAGE,
			count ? "there are several accounts: name one with --account; `roost "
				"account list` shows them"
			      : "there is no account; say `roost connect NAME --app APP` "
				"first");
	r->account = name ? find_account(rows, name) : json_array_get(rows, 0);
	if (!r->account)
		return cli_fail(EXIT_FAILED,
			"there is no account '%s'; `roost account list` shows those there are, "
			"`roost connect %s --app APP` makes one",
			name, name);
	r->name = text(r->account, "name");
	return EXIT_DONE;
}

static bool has(const struct running *r, const char *capability)
{
	const json_t *list = json_object_get(r->account, "capabilities");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), capability) == 0)
			return true;
	return false;
}

/* "roost connect acme --app demo --for a,b": what the account has to be granted. */
static void put_remedy(const struct running *r, struct buf *out)
{
	const json_t *had = json_object_get(r->account, "capabilities");
	const char *app = text(r->account, "app");
	const char *comma = "";

	buf_fmt(out, "roost connect %s --app %s --for ", r->name, app[0] ? app : "APP");
	for (size_t i = 0; i < json_array_size(had); i++, comma = ",")
		buf_fmt(out, "%s%s", comma, json_string_value(json_array_get(had, i)));
	for (size_t i = 0; i < r->manifest.count; i++) {
		const struct integration *n = &r->manifest.items[i];

		if (has(r, n->key) || n->optional)
			continue;
		buf_fmt(out, "%s%s", comma, n->key);
		comma = ",";
	}
}

static void put_need(const struct integration *n, struct buf *out)
{
	buf_fmt(out, "%s%s", out->len ? ", " : "", n->key);
	if (n->description[0])
		buf_fmt(out, " (%s)", n->description);
}

static int say_missing(const struct running *r, struct buf *needs)
{
	struct buf remedy;

	buf_init(&remedy, LIST_MAX);
	put_remedy(r, &remedy);
	cli_fail(0,
		"%s requires what account %s was not granted: %s; connect it again with: %s",
		r->path, r->name, buf_cstr(needs), buf_cstr(&remedy));
	buf_done(&remedy);
	return EXIT_NOPERM;
}

/* What is missing: an error when it is required, a warning when it is optional. */
static int check_needs(const struct running *r)
{
	struct buf needs;
	int code = EXIT_DONE;

	buf_init(&needs, LIST_MAX * 4);
	for (size_t i = 0; i < r->manifest.count; i++)
		if (!has(r, r->manifest.items[i].key) && !r->manifest.items[i].optional)
			put_need(&r->manifest.items[i], &needs);
	if (needs.len)
		code = say_missing(r, &needs);
	for (size_t i = 0; !code && i < r->manifest.count; i++) {
		const struct integration *n = &r->manifest.items[i];

		if (!has(r, n->key))
			cli_fail(0,
				"warning: account %s was not granted %s%s%s%s, which is "
				"optional",
				r->name, n->key, n->description[0] ? " (" : "", n->description,
				n->description[0] ? ")" : "");
	}
	buf_done(&needs);
	return code;
}

/* --- the program --- */

static int set_environment(const json_t *token)
{
	const json_t *at = json_object_get(token, "expires_at");
	char until[40];

	text_from_time(json_integer_value(at) * USEC_MSEC, until, sizeof(until));
	/* Of a token that was given nobody may know when it ends. */
	int set = json_is_integer(at) ? setenv(UNTIL_VARIABLE, until, 1)
				      : unsetenv(UNTIL_VARIABLE);
	if (set || setenv(TOKEN_VARIABLE, text(token, "access_token"), 1))
		return cli_fail(EXIT_FAILED, "the environment is full: %s", strerror(errno));
	return EXIT_DONE;
}

/* Becomes the program; comes back only when that cannot be. */
static int become(struct cli *c, char **argv)
{
	roost_close(c->agents);
	roost_close(c->admin);
	c->agents = c->admin = NULL;
	zsock_end();
	(void)fflush(stdout);
	(void)execvp(argv[0], argv);
	return cli_fail(errno == ENOENT ? EXIT_NO_COMMAND : EXIT_CANNOT_RUN,
		"'%s' cannot be run: %s", argv[0], strerror(errno));
}

static int run_checked(struct running *r, char **argv)
{
	json_t *token = NULL;

	if (r->c->timeout_ms < RENEWAL_WAIT)
		r->c->timeout_ms = RENEWAL_WAIT;
	int code =
		cli_admin(r->c, "account_token", json_pack("{s:s}", "name", r->name), &token);
	if (!code)
		code = set_environment(token);
	json_decref(token);
	return code ? code : become(r->c, argv);
}

static int run_with(struct running *r, const char *account, char **argv)
{
	json_t *answer = NULL;
	int code = cli_admin(r->c, "accounts", NULL, &answer);

	if (!code)
		code = choose_account(r, json_object_get(answer, "accounts"), account);
	if (!code)
		code = check_needs(r);
	if (!code)
		code = run_checked(r, argv);
	json_decref(answer);
	return code;
}

static int read_manifest(struct running *r)
{
	struct errmsg m = {0};
	enum err e = manifest_load(r->path, is_capability, &r->manifest, &m);

	if (!e && r->manifest.others[0])
		cli_fail(0, "warning: %s: not for roost, and ignored: %s", r->path,
			r->manifest.others);
	if (!e)
		return EXIT_DONE;
	return cli_fail(
		e == ERR_IO || e == ERR_NOT_FOUND || e == ERR_DENIED ? EXIT_NOINPUT : EXIT_DATA,
		"%s", m.text[0] ? m.text : err_text(e));
}

static int run_run(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 100000};
	const char *account = NULL;
	struct running r = {.c = c};
	const struct option_spec specs[] = {
		{"manifest", "what the program needs of an account", &r.path, NULL},
		{"account", "whose token it gets (may be left out when there is one account)",
			&account, NULL},
		{0},
	};
	int count = cli_options(c, cmd, specs, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	if (!r.path)
		return cli_fail(EXIT_USAGE,
			"name the program's manifest with --manifest FILE; `roost run --help` "
			"has an example");
	argv[count + 1] = NULL; /* it has room for one more than argc */
	int code = read_manifest(&r);
	return code ? code : run_with(&r, account, argv + 1);
}

/* clang-format off */
const struct command run_commands[] = {
	{"run", run_run, "run a program with an account's access token, if the account may do what it needs",
		"--manifest FILE [--account NAME] -- COMMAND [ARGUMENTS]\n\n"
		"The command finds X_ACCESS_TOKEN, and X_ACCESS_TOKEN_EXPIRES_AT (RFC 3339), in its environment, and its exit\n"
		"code is that of `roost run`. A token that lives less than five minutes longer is renewed first. The manifest is YAML:\n\n"
		"  requirements:\n"
		"    integrations:\n"
		"      - key: x.tweet.write\n"
		"        description: Post automated tweets\n"
		"      - key: x.dm.read\n"
		"        optional: true\n\n"
		"example:\n  roost run --manifest bot.yaml --account acme -- python3 bot.py"},
	{0},
};
/* clang-format on */
