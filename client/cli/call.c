#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "common/conf/conf.h"

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

	if (!c->conf && conf_load(c->config, &c->conf, &m))
		cli_fail(EXIT_CONFIG, "%s", m.text);
	return c->conf;
}

static struct roost *open_at(const struct cli *c, const char *endpoint)
{
	struct roost_options o = {
		.endpoint = endpoint, .agent = c->agent, .timeout_ms = c->timeout_ms};
	struct roost_error e;
	struct roost *r;

	if (roost_open(&o, &r, &e) == ROOST_OK)
		return r;
	cli_fail(EXIT_UNAVAILABLE, "%s", e.message);
	return NULL;
}

struct roost *cli_roost(struct cli *c)
{
	const struct conf *conf = cli_conf(c);

	if (!c->agents && conf)
		c->agents = open_at(c, conf->listen_agents);
	return c->agents;
}

static struct roost *admin_of(struct cli *c)
{
	const struct conf *conf = cli_conf(c);

	if (!c->admin && conf)
		c->admin = open_at(c, conf->listen_admin);
	return c->admin;
}

static int exit_code(enum roost_status s)
{
	static const int codes[] = {
		[ROOST_OK] = EXIT_DONE,
		[ROOST_REFUSED] = EXIT_FAILED,
		[ROOST_TIMEOUT] = EXIT_UNAVAILABLE,
		[ROOST_INVALID] = EXIT_FAILED,
		[ROOST_FAILED] = EXIT_UNAVAILABLE,
	};

	return codes[s];
}

static int call(struct roost *r, const char *op, json_t *request, json_t **ret)
{
	char *text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	char *answer = NULL;
	struct roost_error e = {0};

	if (ret)
		*ret = NULL;
	enum roost_status s = r ? roost_call(r, op, text, &answer, &e) : ROOST_FAILED;
	if (s && r)
		cli_fail(0, "%s%s%s", e.field, e.field[0] ? ": " : "", e.message);
	if (answer && ret)
		*ret = json_loads(answer, 0, NULL);
	roost_free(answer);
	free(text);
	json_decref(request);
	return exit_code(s);
}

int cli_call(struct cli *c, const char *op, json_t *request, json_t **ret)
{
	return call(cli_roost(c), op, request, ret);
}

int cli_admin(struct cli *c, const char *op, json_t *request, json_t **ret)
{
	return call(admin_of(c), op, request, ret);
}

/* Whether the administrators' endpoint is a socket this user may open. */
static bool may_administer(struct cli *c)
{
	static const char scheme[] = "ipc://";
	const struct conf *conf = cli_conf(c);

	return conf && strncmp(conf->listen_admin, scheme, sizeof(scheme) - 1) == 0 &&
	       access(conf->listen_admin + sizeof(scheme) - 1, R_OK | W_OK) == 0;
}

int cli_look(struct cli *c, const char *op, json_t *request, json_t **ret)
{
	bool all = !c->agent && may_administer(c);

	return all ? cli_admin(c, op, request, ret) : cli_call(c, op, request, ret);
}
