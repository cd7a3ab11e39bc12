/* roost agent, roost worker: who may do what, and the files with their keys. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/owner.h"
#include "common/json/json.h"
#include "common/net/curve.h"

#define GRANTS_MAX ((size_t)65536) /* bytes of grants on one command line */
#define FILE_MAX   ((size_t)4096)

/* --- options that may be given several times --- */

struct repeated {
	const char *name; /* "--allow" */
	json_t *list;     /* owned */
};

/* Takes "--name VALUE" and "--name=VALUE" out of argv, up to "--". The new argc. */
static int take_repeated(int argc, char **argv, struct repeated *r)
{
	size_t n = strlen(r->name);
	int count = 1;

	r->list = json_array();
	for (int i = 1; i < argc; i++) {
		bool is = strncmp(argv[i], r->name, n) == 0;

		if (strcmp(argv[i], "--") == 0) {
			while (i < argc)
				argv[count++] = argv[i++];
			break;
		}
		if (is && argv[i][n] == '=')
			json_array_append_new(r->list, json_string(argv[i] + n + 1));
		else if (is && !argv[i][n] && i + 1 < argc)
			json_array_append_new(r->list, json_string(argv[++i]));
		else
			argv[count++] = argv[i];
	}
	return count;
}

/* --- key files --- */

/* What the dispatcher said of itself, and a pair of keys for somebody else. */
struct key_file {
	const char *kind, *name;
	const char *out;      /* --out; NULL: standard output */
	bool quiet;           /* nothing is said of it */
	const char *endpoint; /* --endpoint; NULL: as the dispatcher says */
	const json_t *answer;
	char public[CURVE_TEXT], secret[CURVE_TEXT];
};

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

/* Where others reach the dispatcher: a wildcard address is told as this machine's name. */
static const char *reach(const struct key_file *k, char out[300])
{
	static const char *const any[] = {"tcp://0.0.0.0:", "tcp://[::]:"};
	const char *endpoint = k->endpoint ? k->endpoint : text(k->answer, "endpoint");
	char host[128] = "";

	for (size_t i = 0; i < COUNT_OF(any); i++) {
		if (strncmp(endpoint, any[i], strlen(any[i])) != 0 ||
			gethostname(host, sizeof(host) - 1))
			continue;
		(void)snprintf(out, 300, "tcp://%s:%s", host, endpoint + strlen(any[i]));
		return out;
	}
	return endpoint;
}

static void write_file(const struct key_file *k, struct buf *out)
{
	bool worker = strcmp(k->kind, "worker") == 0;
	char at[300];

	buf_fmt(out,
		"# The key of %s %s: keep this file secret, with mode 0600. It is not shown "
		"again.\n",
		k->kind, k->name);
	if (worker)
		buf_fmt(out,
			"worker:\n  name: %s\n  dispatchers: [\"%s\"]\nx:\n  api_url: \"%s\"\n",
			k->name, reach(k, at), text(k->answer, "api_url"));
	else
		buf_fmt(out, "listen:\n  agents: \"%s\"\n", reach(k, at));
	buf_fmt(out, "security:\n  server_key: \"%s\"\n  secret_key: \"%s\"\n",
		text(k->answer, "server_key"), k->secret);
}

static void print_json(const struct key_file *k)
{
	char at[300];
	AUTO_JSON o = json_pack("{s:s,s:s,s:s,s:s,s:s}", k->kind, k->name, "endpoint",
		reach(k, at), "server_key", text(k->answer, "server_key"), "public_key",
		k->public, "secret_key", k->secret);

	cli_print_json(o);
}

/* A new file of mode 0600; one that is there is left alone. */
static int save(const struct key_file *k, struct str content)
{
	int fd = open(k->out, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return cli_fail(EXIT_NO_CREATE, "'%s': %s", k->out, strerror(errno));
	bool good = write(fd, content.at, content.len) == (ssize_t)content.len;
	good = close(fd) == 0 && good;
	if (!good)
		return cli_fail(EXIT_NO_CREATE, "'%s': %s", k->out, strerror(errno));
	if (!k->quiet)
		printf("%s %s: its key is in %s\n", k->kind, k->name, k->out);
	return EXIT_DONE;
}

static int show(const struct cli *c, struct key_file *k)
{
	int code = EXIT_DONE;
	struct buf b;

	buf_init(&b, FILE_MAX);
	write_file(k, &b);
	if (k->out)
		code = save(k, buf_view(&b));
	else if (c->json)
		print_json(k);
	else
		printf("%s", buf_cstr(&b));
	(void)fflush(stdout);
	explicit_bzero(b.data, b.len);
	buf_done(&b);
	explicit_bzero(k->secret, sizeof(k->secret));
	return code;
}

static int make_keys(struct key_file *k)
{
	struct errmsg m;

	/* Before the dispatcher is told of it: a key nobody has is of no use. */
	if (k->out && access(k->out, F_OK) == 0)
		return cli_fail(EXIT_NO_CREATE,
			"'%s' is there already; name another file with --out", k->out);
	return curve_make(k->public, k->secret, &m) ? cli_fail(EXIT_FAILED, "%s", m.text)
						    : EXIT_DONE;
}

/* --- agents --- */

struct agent_options {
	const char *out, *endpoint;
	struct repeated allow, hold;
};

static int agent_key(struct cli *c, const char *name, const struct agent_options *o)
{
	struct key_file k = {
		.kind = "agent", .name = name, .out = o->out, .endpoint = o->endpoint};
	json_t *answer = NULL;
	int code = make_keys(&k);

	if (!code)
		code = cli_admin(c, "agent_key",
			json_pack("{s:s,s:s}", "name", name, "key", k.public), &answer);
	k.answer = answer;
	if (!code)
		code = show(c, &k);
	json_decref(answer);
	return code;
}

static json_t *grants_of(const char *name, const struct agent_options *o)
{
	json_t *request = json_pack("{s:s}", "name", name);

	if (json_array_size(o->allow.list))
		json_object_set(request, "allow", o->allow.list);
	if (json_array_size(o->hold.list))
		json_object_set(request, "hold", o->hold.list);
	return request;
}

/* Settings that were given with `add`. */
static int add_settings(struct cli *c, const char *name, struct owner_flags *f)
{
	json_t *settings = NULL;
	int code = owner_any(f) ? owner_settings(f, &settings) : EXIT_DONE;

	if (code || !settings)
		return code;
	return cli_admin(c, "agent_set",
		json_pack("{s:s,s:o}", "name", name, "settings", settings), NULL);
}

static int agent_add(
	struct cli *c, const char *name, const struct agent_options *o, struct owner_flags *f)
{
	json_t *answer = NULL;
	int code = cli_admin(c, "agent_add", grants_of(name, o), &answer);

	if (!code)
		code = add_settings(c, name, f);
	bool curve = json_is_true(json_object_get(answer, "curve"));
	if (!code && curve)
		code = agent_key(c, name, o);
	else if (!code && c->json)
		cli_print_json(answer);
	else if (!code)
		printf("agent %s is known; it needs no key, since the dispatcher takes agents "
		       "of this machine by name (--agent %s)\n",
			name, name);
	json_decref(answer);
	return code;
}

static void print_agent(const struct cli *c, const json_t *answer)
{
	const json_t *grants = json_object_get(answer, "grants");

	if (c->json) {
		cli_print_json(answer);
		return;
	}
	printf("agent %s is %s%s\n", text(answer, "agent"), text(answer, "state"),
		json_array_size(grants) ? "; it may:" : "; it has no grants");
	for (size_t i = 0; i < json_array_size(grants); i++)
		printf("  %s\n", json_string_value(json_array_get(grants, i)));
}

static int agent_ask(struct cli *c, const char *op, json_t *request)
{
	json_t *answer = NULL;
	int code = cli_admin(c, op, request, &answer);

	if (!code)
		print_agent(c, answer);
	json_decref(answer);
	return code;
}

/* allow, hold, deny: the grants are arguments. */
static int agent_grant(struct cli *c, const char *how, int count, char **argv)
{
	json_t *list = json_array();

	for (int i = 2; i < count; i++)
		json_array_append_new(list, json_string(argv[i + 1]));
	return agent_ask(c, "agent_grant", json_pack("{s:s,s:o}", "name", argv[2], how, list));
}

static int agent_switch(struct cli *c, const char *name, bool on)
{
	return agent_ask(c, "agent_switch", json_pack("{s:s,s:b}", "name", name, "on", on));
}

/* What `op` answers under `key`, as a table. */
static int show_list(
	struct cli *c, const char *op, const char *key, const struct column *columns)
{
	json_t *answer = NULL;
	int code = cli_admin(c, op, NULL, &answer);

	if (!code)
		cli_print_list(c, json_object_get(answer, key), columns);
	json_decref(answer);
	return code;
}

static int agent_list(struct cli *c)
{
	static const struct column columns[] = {
		{"AGENT", "name"},
		{"STATE", "state"},
		{"GRANTS", "grants"},
		{"NOTE", "settings.note"},
		{0},
	};

	return show_list(c, "agent_list", "agents", columns);
}

#define ARGUMENTS_MOST 1002

enum {
	A_ADD,
	A_LIST,
	A_SHOW,
	A_SET,
	A_ALLOW,
	A_HOLD,
	A_DENY,
	A_DISABLE,
	A_ENABLE,
	A_KEY,
	A_REMOVE
};

static const struct verb agent_verbs[] = {
	[A_ADD] = {"add", "NAME [--allow CAP[@ACCOUNT]]... [--hold CAP[@ACCOUNT]]...", 2, 2},
	[A_LIST] = {"list", "", 1, 1},
	[A_SHOW] = {"show", "NAME", 2, 2},
	[A_SET] = {"set", "NAME OPTIONS", 2, 2},
	[A_ALLOW] = {"allow", "NAME CAP[@ACCOUNT]...", 3, ARGUMENTS_MOST},
	[A_HOLD] = {"hold", "NAME CAP[@ACCOUNT]...", 3, ARGUMENTS_MOST},
	[A_DENY] = {"deny", "NAME CAP[@ACCOUNT]...", 3, ARGUMENTS_MOST},
	[A_DISABLE] = {"disable", "NAME", 2, 2},
	[A_ENABLE] = {"enable", "NAME", 2, 2},
	[A_KEY] = {"key", "NAME", 2, 2},
	[A_REMOVE] = {"remove", "NAME", 2, 2},
	{0},
};

static int agent_do(struct cli *c, int verb, int count, char **argv,
	const struct agent_options *o, struct owner_flags *f)
{
	switch (verb) {
	case A_ADD:
		return agent_add(c, argv[2], o, f);
	case A_LIST:
		return agent_list(c);
	case A_SHOW:
		return owner_show(c, OWNER_agent, argv[2]);
	case A_SET:
		return owner_change(c, f, argv[2]);
	case A_ALLOW:
	case A_HOLD:
	case A_DENY:
		return agent_grant(c, agent_verbs[verb].name, count, argv);
	case A_DISABLE:
	case A_ENABLE:
		return agent_switch(c, argv[2], verb == A_ENABLE);
	case A_KEY:
		return agent_key(c, argv[2], o);
	case A_REMOVE:
		return agent_ask(c, "agent_remove", json_pack("{s:s}", "name", argv[2]));
	default:
		return EXIT_USAGE;
	}
}

static int run_agent(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, ARGUMENTS_MOST};
	struct agent_options o = {.allow.name = "--allow", .hold.name = "--hold"};
	const char *unused = NULL; /* these two were taken out before */
	const struct option_spec own[] = {
		{"allow", "with add: what it may do, CAPABILITY[@ACCOUNT]; again for more",
			&unused, NULL},
		{"hold", "with add: the same, but its jobs wait until somebody approves them",
			&unused, NULL},
		{"out", "with add and key: write the key to this new file, not to the screen",
			&o.out, NULL},
		{"endpoint", "with add and key: where the agent reaches the dispatcher",
			&o.endpoint, NULL},
		{0},
	};
	struct owner_flags f;
	int code = EXIT_USAGE;

	argc = take_repeated(argc, argv, &o.allow);
	argc = take_repeated(argc, argv, &o.hold);
	owner_flags_init(&f, OWNER_agent, own);
	int count = cli_options(c, cmd, f.specs, argc, argv, bounds);
	int verb = count < 0 ? -1 : cli_which(cmd, agent_verbs, argv[1], count);
	if (count < 0)
		code = c->exit;
	else if (verb >= 0 && verb != A_SET && verb != A_ADD && owner_any(&f))
		code = cli_fail(EXIT_USAGE, "settings are changed by `roost agent set NAME`");
	else if (verb >= 0)
		code = agent_do(c, verb, count, argv, &o, &f);
	json_decref(o.allow.list);
	json_decref(o.hold.list);
	return code;
}

/* --- workers --- */

static int worker_add(struct cli *c, struct key_file k)
{
	json_t *answer = NULL;
	int code = cli_admin(c, "worker_list", NULL, &answer);
	bool curve = json_is_true(json_object_get(answer, "curve"));

	json_decref(answer);
	answer = NULL;
	if (!code && !curve)
		return cli_fail(EXIT_FAILED,
			"workers need no keys here: listen.workers is of this machine alone; "
			"give it an address that others reach, or set security.curve: on, "
			"restart the dispatcher, then add workers");
	if (!code)
		code = make_keys(&k);
	if (!code)
		code = cli_admin(c, "worker_add",
			json_pack("{s:s,s:s}", "name", k.name, "key", k.public), &answer);
	k.answer = answer;
	if (!code)
		code = show(c, &k);
	json_decref(answer);
	return code;
}

int cli_worker_key(struct cli *c, const char *name, const char *out)
{
	return worker_add(c,
		(struct key_file){.kind = "worker", .name = name, .out = out, .quiet = true});
}

static int worker_list(struct cli *c)
{
	static const struct column columns[] = {
		{"WORKER", "name"},
		{"STATE", "state"},
		{"THERE", "there"},
		{"KEY", "key"},
		{0},
	};

	return show_list(c, "worker_list", "workers", columns);
}

static int worker_ask(struct cli *c, const char *op, json_t *request, const char *words)
{
	json_t *answer = NULL;
	int code = cli_admin(c, op, request, &answer);

	if (!code && c->json)
		cli_print_json(answer);
	else if (!code)
		printf("worker %s is %s\n", text(answer, "worker"), words);
	json_decref(answer);
	return code;
}

static int run_worker(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 2};
	enum { ADD, LIST, DISABLE, ENABLE, REMOVE };
	static const struct verb verbs[] = {
		[ADD] = {"add", "NAME", 2, 2},
		[LIST] = {"list", "", 1, 1},
		[DISABLE] = {"disable", "NAME", 2, 2},
		[ENABLE] = {"enable", "NAME", 2, 2},
		[REMOVE] = {"remove", "NAME", 2, 2},
		{0},
	};
	const char *out = NULL, *endpoint = NULL;
	const struct option_spec specs[] = {
		{"out", "with add: write the file here, not to the screen", &out, NULL},
		{"endpoint", "with add: where the worker reaches the dispatcher", &endpoint,
			NULL},
		{0},
	};
	int count = cli_options(c, cmd, specs, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	int verb = cli_which(cmd, verbs, argv[1], count);
	switch (verb) {
	case ADD:
		return worker_add(c, (struct key_file){.kind = "worker",
					     .name = argv[2],
					     .out = out,
					     .endpoint = endpoint});
	case LIST:
		return worker_list(c);
	case DISABLE:
	case ENABLE:
		return worker_ask(c, "worker_switch",
			json_pack("{s:s,s:b}", "name", argv[2], "on", verb == ENABLE),
			verb == ENABLE ? "enabled" : "disabled");
	case REMOVE:
		return worker_ask(c, "worker_remove", json_pack("{s:s}", "name", argv[2]),
			"not admitted any more");
	default:
		return EXIT_USAGE;
	}
}

/* clang-format off */
const struct command access_commands[] = {
	{"agent", run_agent, "manage agents: keys, grants, the switch, settings",
		"add NAME [--allow CAP[@ACCOUNT]]... [--hold CAP[@ACCOUNT]]... [--SETTING VALUE]... [--out FILE] | list | show NAME |\n"
		"  set NAME [--SETTING VALUE]... [--unset SETTING,...] | allow|hold|deny NAME CAP[@ACCOUNT]... |\n"
		"  disable NAME | enable NAME | key NAME | remove NAME\n\n"
		"An agent that was added may do what it was granted and nothing else. Its key is printed once.\n\n"
		"example:\n  roost agent add writer --allow x.tweet.write@acme --hold x.dm.write@acme --jobs-day 200 --out writer.yaml\n  roost agent disable writer"},
	{"worker", run_worker, "manage workers of other machines: keys, the switch",
		"add NAME [--out FILE] [--endpoint ENDPOINT] | list | disable NAME | enable NAME | remove NAME\n\n"
		"The file that `add` prints once is all a worker needs: roost-worker --config FILE.\n\n"
		"example:\n  roost worker add east-1 --endpoint tcp://roost.example.com:7702 --out east-1.yaml"},
	{0},
};
/* clang-format on */
