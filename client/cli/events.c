#include <signal.h>
#include <stdio.h>

#include "client/cli/cli.h"
#include "common/conf/conf.h"
#include "common/json/json.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signo)
{
	(void)signo;
	interrupted = 1;
}

static const char *text_of(const json_t *event, const char *key)
{
	const char *text = json_string_value(json_object_get(event, key));

	return text ? text : "";
}

static void print_event(const struct cli *c, const json_t *event)
{
	char time[64];

	if (c->json) {
		cli_print_json(event);
	} else {
		cli_show("time", json_object_get(event, "time"), time, sizeof(time));
		printf("%-24s %-10s %-9s %-14s %-12s %s%s\n", time, text_of(event, "id"),
			text_of(event, "state"), text_of(event, "account"),
			text_of(event, "action"), text_of(event, "x_id"),
			text_of(event, "error"));
	}
	(void)fflush(stdout);
}

static int listen_on(const struct cli *c, struct roost_events *ev, int64_t count)
{
	struct roost_error e;
	char *text;

	while (!interrupted) {
		enum roost_status s = roost_events_next(ev, 500, &text, &e);

		if (s == ROOST_TIMEOUT)
			continue;
		if (s)
			return cli_fail(EXIT_FAILED, "%s", e.message);
		AUTO_JSON event = json_loads(text, 0, NULL);
		roost_free(text);
		print_event(c, event);
		if (--count == 0)
			break;
	}
	return EXIT_DONE;
}

static int run_events(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	const char *state = NULL, *account = NULL, *count = "0";
	const struct option_spec specs[] = {
		{"state", "only of jobs that became this", &state, NULL},
		{"account", "only of this account; with --state", &account, NULL},
		{"count", "end after so many (default: go on)", &count, NULL},
		{0},
	};
	struct roost_events *ev = NULL;
	struct roost_error e;
	char prefix[128];
	int64_t most;
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	if (text_to_int(str_of(count), 0, INT64_MAX, &most))
		return cli_fail(EXIT_USAGE, "--count is a whole number");
	if (account && !state)
		return cli_fail(EXIT_USAGE, "--account goes with --state");
	if (!cli_conf(c))
		return EXIT_CONFIG;
	(void)snprintf(prefix, sizeof(prefix), "job.%s%s%s", state ? state : "",
		state ? "." : "", account ? account : "");
	if (roost_events_open(cli_conf(c)->listen_events, prefix, &ev, &e))
		return cli_fail(EXIT_UNAVAILABLE, "%s", e.message);
	(void)signal(SIGINT, on_interrupt);
	(void)signal(SIGTERM, on_interrupt);
	code = listen_on(c, ev, most);
	roost_events_close(ev);
	return code;
}

/* clang-format off */
const struct command event_commands[] = {
	{"events", run_events, "what becomes of jobs, as it happens",
		"[OPTIONS]\n\nexample:\n  roost events --state failed\n  roost events --json"},
	{0},
};
/* clang-format on */
