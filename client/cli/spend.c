#include <stdio.h>
#include <string.h>

#include "client/cli/cli.h"

static const struct column rows[] = {
	{"OF", "name"},
	{"PERIOD", "period"},
	{"BEGINS", "begins"},
	{"SPENT", "spent_usd_micros"},
	{"RESERVED", "reserved_usd_micros"},
	{"CAP", "cap_usd_micros"},
	{"RAISED", "raised_usd_micros"},
	{"LEFT", "left_usd_micros"},
	{0},
};

static const struct column overrides[] = {
	{"OVERRIDE OF", "name"},
	{"PERIOD", "period"},
	{"BEGINS", "begins"},
	{"BY", "by_usd_micros"},
	{"AT", "raised_at"},
	{"REASON", "reason"},
	{0},
};

static void put_text(json_t *request, const char *key, const char *value)
{
	if (value)
		json_object_set_new(request, key, json_string(value));
}

static int run_spend(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 1};
	const char *by = NULL, *period = NULL;
	const struct option_spec specs[] = {
		{"by", "agent, account or app (default)", &by, NULL},
		{"period", "day, month, a date (2026-11-26) or a month (2026-11)", &period,
			NULL},
		{0},
	};
	json_t *answer = NULL;
	int code;
	int count = cli_options(c, cmd, specs, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	json_t *request = json_object();
	put_text(request, "by", by);
	put_text(request, "period", period);
	put_text(request, "name", count ? argv[1] : NULL);
	code = cli_look(c, "spend", request, &answer);
	if (!code && c->json) {
		cli_print_json(answer);
	} else if (!code) {
		cli_print_table(json_object_get(answer, "spend"), rows);
		if (json_array_size(json_object_get(answer, "overrides")))
			cli_print_table(json_object_get(answer, "overrides"), overrides);
		if (json_is_true(json_object_get(answer, "more")))
			printf("there are more; give a name\n");
	}
	json_decref(answer);
	return code;
}

static int run_budget(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {3, 3};
	const char *period = NULL, *by = NULL, *reason = NULL;
	const struct option_spec specs[] = {
		{"period", "day or month: the one that is under way", &period, NULL},
		{"by", "how much more, in US dollars", &by, NULL},
		{"reason", "why; shown in `roost spend`", &reason, NULL},
		{0},
	};
	int64_t micros;
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	if (strcmp(argv[1], "raise") != 0 || !period || !by || !reason)
		return cli_fail(EXIT_USAGE, "say `roost budget raise app|account|agent NAME "
					    "--period day|month --by "
					    "DOLLARS --reason WHY`");
	if (text_to_micros(str_of(by), &micros))
		return cli_fail(
			EXIT_USAGE, "--by: must be an amount in dollars, such as 12.50");
	code = cli_admin(c, "budget_raise",
		json_pack("{s:s,s:s,s:s,s:I,s:s}", "of", argv[2], "name", argv[3], "period",
			period, "by_usd_micros", (json_int_t)micros, "reason", reason),
		NULL);
	if (!code && !c->json)
		printf("the %s's budget of the %s is raised by %s USD until the %s ends\n",
			argv[3], period, by, period);
	return code;
}

/* clang-format off */
const struct command spend_commands[] = {
	{"spend", run_spend, "what apps, accounts and agents spend, and their budgets",
		"[NAME] [--by agent|account|app] [--period day|month|DATE|MONTH]\n\n"
		"Amounts in US dollars. Budgets are settings: `roost app|account|agent set NAME --budget-day-usd 5`.\n\n"
		"example:\n  roost spend --by account --period day\n  roost spend --period 2026-11 --json"},
	{"budget", run_budget, "raise a budget until the end of its day or month",
		"raise app|account|agent NAME --period day|month --by DOLLARS --reason WHY\n\n"
		"example:\n  roost budget raise app acme --period day --by 2.50 --reason 'launch day'"},
	{0},
};
/* clang-format on */
