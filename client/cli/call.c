#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/lib/call.h"
#include "common/conf/conf.h"
#include "common/json/json.h"
#include "common/net/zsock.h"

#define PATIENCE 2000 /* ms that a dispatcher may need to come back */
#define PAUSE    50

static const char ipc[] = "ipc://";

int cli_fail(int code, const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fputs("roost: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return code;
}

const struct conf *cli_conf(struct cli *c)
{
	struct errmsg m;

	if (!c->conf && !c->conf_failed && conf_load(c->config, &c->conf, &m)) {
		c->conf_failed = true;
		cli_fail(EXIT_CONFIG, "%s", m.text);
	}
	return c->conf;
}

/* Where the settings came from, for people who look for a dispatcher. */
static const char *settings_of(const struct cli *c)
{
	return c->conf->file ? c->conf->file : "the defaults: there is no settings file";
}

/* Somebody must listen; one who was just killed has a moment to come back. */
static bool is_there(const struct cli *c, const char *endpoint)
{
	int left = c->timeout_ms < PATIENCE ? c->timeout_ms : PATIENCE;

	for (; !cli_listens(endpoint); left -= PAUSE) {
		if (left <= 0)
			return false;
		(void)poll(NULL, 0, PAUSE);
	}
	return true;
}

/* `keyed`: with the keys of the settings. */
static struct roost *open_at(const struct cli *c, const char *endpoint, bool keyed)
{
	struct roost_options o = {
		.endpoint = endpoint, .agent = c->agent, .timeout_ms = c->timeout_ms};

	if (keyed) {
		o.server_key = c->conf->security_server_key;
		o.secret_key = c->conf->security_secret_key;
	}
	struct roost_error e;
	struct roost *r;

	if (!is_there(c, endpoint)) {
		cli_fail(EXIT_UNAVAILABLE,
			"no dispatcher is at %s (settings: %s); start one with `roost up`, or "
			"name "
			"its settings with --config FILE",
			endpoint, settings_of(c));
		return NULL;
	}
	if (roost_open(&o, &r, &e) == ROOST_OK)
		return r;
	cli_fail(EXIT_UNAVAILABLE, "%s: %s", endpoint, e.message);
	return NULL;
}

/* Whether the administrators' endpoint is a socket this user may open. */
static bool may_administer(struct cli *c)
{
	const struct conf *conf = cli_conf(c);

	return conf && strncmp(conf->listen_admin, ipc, sizeof(ipc) - 1) == 0 &&
	       access(conf->listen_admin + sizeof(ipc) - 1, R_OK | W_OK) == 0;
}

/* Whether the agents' endpoint wants keys: as the dispatcher decides it. */
static bool wants_keys(const struct conf *conf)
{
	return strcmp(conf->security_curve, "on") == 0 ||
	       (strcmp(conf->security_curve, "off") != 0 &&
		       !zsock_is_local(conf->listen_agents));
}

static struct roost *admin_of(struct cli *c);

/* Who has no key may still be the dispatcher's user, who needs none. */
struct roost *cli_roost(struct cli *c)
{
	const struct conf *conf = cli_conf(c);
	bool keyed = conf && conf->security_secret_key[0] &&
		     strcmp(conf->security_curve, "off") != 0;

	if (conf && !keyed && wants_keys(conf) && may_administer(c))
		return admin_of(c);
	if (!c->agents && conf)
		c->agents = open_at(c, conf->listen_agents, keyed);
	return c->agents;
}

/* The administrators' socket is the dispatcher's user's alone. */
static bool may_open(const char *endpoint)
{
	if (strncmp(endpoint, ipc, sizeof(ipc) - 1) != 0)
		return true;
	return access(endpoint + sizeof(ipc) - 1, R_OK | W_OK) == 0 || errno != EACCES;
}

static struct roost *admin_of(struct cli *c)
{
	const struct conf *conf = cli_conf(c);

	if (c->admin || !conf)
		return c->admin;
	if (may_open(conf->listen_admin)) {
		c->admin = open_at(c, conf->listen_admin, false);
		return c->admin;
	}
	cli_fail(EXIT_UNAVAILABLE,
		"this is for administrators: only the dispatcher's user may open %s; run it as "
		"that user",
		conf->listen_admin);
	return NULL;
}

static int exit_code(enum roost_status s)
{
	static const int codes[] = {
		[ROOST_OK] = EXIT_DONE,
		[ROOST_REFUSED] = EXIT_FAILED,
		[ROOST_TIMEOUT] = EXIT_UNAVAILABLE,
		[ROOST_INVALID] = EXIT_FAILED,
		[ROOST_FAILED] = EXIT_UNAVAILABLE,
		[ROOST_DENIED] = EXIT_NOPERM,
	};

	return codes[s];
}

/* What went wrong, as one sentence. */
static void say_why(const struct cli *c, enum roost_status s, const struct roost_error *e)
{
	static const char first[] = "jobs[0].";
	bool of_first = strncmp(e->field, first, sizeof(first) - 1) == 0;
	const char *field = e->field + (of_first ? sizeof(first) - 1 : 0); /* the only one */

	if (s == ROOST_TIMEOUT)
		cli_fail(0,
			"the dispatcher did not answer within %d s; --timeout SECONDS waits "
			"longer, its log says what it does",
			c->timeout_ms / 1000);
	else
		cli_fail(0, "%s%s%s", field, field[0] ? ": " : "", e->message);
}

/* `request` is taken. r NULL: it could not be opened, which has been said. */
static int call(struct cli *c, struct roost *r, const char *op, json_t *request, json_t **ret)
{
	enum roost_status s = ROOST_FAILED;
	struct roost_error e = {0};
	AUTO_JSON answer = NULL;

	if (ret)
		*ret = NULL;
	if (r) {
		s = roost_call_tree(r, op, request, &answer, &e);
		if (s)
			say_why(c, s, &e);
	}
	if (answer && ret) {
		json_object_del(answer, "seq");
		json_object_del(answer, "ok");
		*ret = STEAL(answer);
	}
	json_decref(request);
	return r || c->conf ? exit_code(s) : EXIT_CONFIG;
}

int cli_call(struct cli *c, const char *op, json_t *request, json_t **ret)
{
	return call(c, cli_roost(c), op, request, ret);
}

int cli_admin(struct cli *c, const char *op, json_t *request, json_t **ret)
{
	return call(c, admin_of(c), op, request, ret);
}

int cli_look(struct cli *c, const char *op, json_t *request, json_t **ret)
{
	bool all = !c->agent && may_administer(c);

	return all ? cli_admin(c, op, request, ret) : cli_call(c, op, request, ret);
}
