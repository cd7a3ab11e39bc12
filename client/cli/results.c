#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "client/cli/cli.h"

static const struct column columns[] = {
	{"SEQ", "seq"},
	{"ID", "id"},
	{"STATE", "state"},
	{"ACCOUNT", "account"},
	{"ACTION", "action"},
	{"X ID", "x_id"},
	{"TRIES", "attempts"},
	{"ERROR", "error.message"},
	{0},
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signo)
{
	(void)signo;
	interrupted = 1;
}

static void print_result(const struct cli *c, const json_t *r)
{
	char id[32], state[16], account[72], action[40], x_id[32], words[200];
	const json_t *error = json_object_get(r, "error");

	if (c->json) {
		cli_print_json(r);
		return;
	}
	printf("%-6lld %-8s %-9s %-12s %-12s %s%s\n",
		(long long)json_integer_value(json_object_get(r, "seq")),
		cli_show("id", json_object_get(r, "id"), id, sizeof(id)),
		cli_show("state", json_object_get(r, "state"), state, sizeof(state)),
		cli_show("account", json_object_get(r, "account"), account, sizeof(account)),
		cli_show("action", json_object_get(r, "action"), action, sizeof(action)),
		cli_show("x_id", json_object_get(r, "x_id"), x_id, sizeof(x_id)),
		cli_show("message", json_object_get(error, "message"), words, sizeof(words)));
}

/* Prints results as they come, until interrupted. */
static int follow(struct cli *c, bool ack)
{
	struct roost *r = cli_roost(c);
	struct roost_error e;
	long long seq = 0;

	if (!r)
		return EXIT_UNAVAILABLE;
	(void)signal(SIGINT, on_interrupt);
	(void)signal(SIGTERM, on_interrupt);
	while (!interrupted) {
		char *text;
		enum roost_status s = roost_next_result(r, ack ? seq : 0, 500, &text, &e);

		seq = 0;
		if (s == ROOST_TIMEOUT)
			continue;
		if (s)
			return cli_fail(EXIT_FAILED, "%s", e.message);
		json_t *result = json_loads(text, 0, NULL);
		roost_free(text);
		print_result(c, result);
		(void)fflush(stdout);
		seq = json_integer_value(json_object_get(result, "seq"));
		json_decref(result);
	}
	return EXIT_DONE;
}

static int ack_all(struct cli *c, const json_t *results)
{
	size_t n = json_array_size(results);

	if (n == 0)
		return EXIT_DONE;
	const json_t *last = json_array_get(results, n - 1);
	return cli_call(
		c, "ack", json_pack("{s:O}", "upto", json_object_get(last, "seq")), NULL);
}

static int run_results(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	bool going_on = false, ack = false;
	const char *max = "100", *wait = "0";
	const struct option_spec specs[] = {
		{"follow", "go on, and print results as they come", NULL, &going_on},
		{"ack", "acknowledge what was printed: it does not come again", NULL, &ack},
		{"max", "at most so many (default 100)", &max, NULL},
		{"wait", "wait so many seconds for the first one (default 0)", &wait, NULL},
		{0},
	};
	json_t *answer = NULL;
	int64_t most, seconds;
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	if (going_on)
		return follow(c, ack);
	if (text_to_int(str_of(max), 1, 1000, &most) ||
		text_to_int(str_of(wait), 0, 60, &seconds))
		return cli_fail(EXIT_USAGE, "--max is 1 to 1000, --wait 0 to 60");
	if (c->timeout_ms < (seconds + 5) * 1000)
		c->timeout_ms = (int)(seconds + 5) * 1000;
	code = cli_call(c, "results",
		json_pack("{s:I,s:I}", "max", (json_int_t)most, "wait_ms",
			(json_int_t)seconds * 1000),
		&answer);
	if (!code) {
		const json_t *results = json_object_get(answer, "results");
		json_int_t pending = json_integer_value(json_object_get(answer, "pending"));

		cli_print_list(c, results, columns);
		if (!c->json && pending > (json_int_t)json_array_size(results))
			cli_fail(0, "%lld more are kept",
				(long long)(pending - (json_int_t)json_array_size(results)));
		(void)fflush(stdout);
		if (ack)
			code = ack_all(c, results);
	}
	json_decref(answer);
	return code;
}

/* clang-format off */
const struct command result_commands[] = {
	{"results", run_results, "fetch results; they stay until acknowledged",
		"[OPTIONS]\n\nexample:\n  roost results --ack\n  roost results --follow --ack --json"},
	{0},
};
/* clang-format on */
