/* plan.c - roost plan: when the jobs of a file would run, and for how much */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/rows.h"
#include "common/base/mem.h"

#define BATCH        1000
#define BATCH_BYTES  ((size_t)600 * 1024) /* a message may have 1 MiB */
#define CHART_WIDE   60                   /* columns of the chart */
#define CHART_HIGH   30                   /* accounts in it */
#define NAME_WIDE    16
#define REFUSED_MOST 20 /* shown as text */

/* A plan on its way. */
struct planning {
	struct cli *c;
	json_t *jobs; /* owned; the batch being filled */
	size_t bytes; /* of it, near enough */
	char plan[32];
	const char *until;
	json_t *planned, *refused, *spend, *binds; /* owned; of all pages */
	size_t broken;                             /* rows that are none */
	int code;
};

/* --- asking --- */

static void take_page(struct planning *p, const json_t *answer)
{
	json_array_extend(p->planned, json_object_get(answer, "jobs"));
	json_array_extend(p->refused, json_object_get(answer, "refused"));
	json_decref(p->spend);
	p->spend = json_incref(json_object_get(answer, "spend"));
	json_decref(p->binds);
	p->binds = json_incref(json_object_get(answer, "binds"));
}

/* One request; `request` is taken. *ret is its answer, the caller's. */
static int ask(struct planning *p, json_t *request, json_t **ret)
{
	if (p->plan[0])
		json_object_set_new(request, "plan", json_string(p->plan));
	int code = cli_call(p->c, "plan", request, ret);
	const char *name = json_string_value(json_object_get(*ret, "plan"));
	if (!code && name)
		(void)snprintf(p->plan, sizeof(p->plan), "%s", name);
	return code;
}

static void send_batch(struct planning *p, bool more)
{
	json_t *answer = NULL;
	json_t *request = json_pack("{s:O,s:b}", "jobs", p->jobs, "more", more);

	if (p->until && !p->plan[0] && !cli_set_time(request, "until", p->until)) {
		json_decref(request);
		p->code = EXIT_USAGE;
		return;
	}
	p->code = ask(p, request, &answer);
	json_array_clear(p->jobs);
	p->bytes = 0;
	while (!p->code && !more) {
		take_page(p, answer);
		json_t *cursor = json_incref(json_object_get(answer, "cursor"));
		json_decref(answer);
		answer = NULL;
		if (!json_is_integer(cursor)) {
			json_decref(cursor);
			return;
		}
		p->code = ask(p, json_pack("{s:o}", "cursor", cursor), &answer);
	}
	json_decref(answer);
}

static void take_row(void *ctx, size_t line, json_t *job, const struct errmsg *why)
{
	struct planning *p = ctx;

	if (!job) {
		p->broken++;
		cli_fail(0, "line %zu: %s", line, why->text);
		return;
	}
	size_t bytes = rows_bytes(job);
	if (!p->code && (json_array_size(p->jobs) == BATCH || p->bytes + bytes > BATCH_BYTES))
		send_batch(p, true);
	p->bytes += bytes;
	json_array_append_new(p->jobs, job);
}

/* --- the chart: accounts by days or hours --- */

struct chart {
	int64_t first, last; /* ms */
	int64_t unit;        /* ms a column */
	size_t wide;
	json_t *counts; /* owned; account -> array of counts */
	int64_t most;
};

static int64_t int_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

static void span(struct chart *ch, const json_t *jobs)
{
	static const int64_t units[] = {
		1, 5, 15, 60, 180, 360, 720, 1440, 2880, 10080, 43200}; /* minutes */

	for (size_t i = 0; i < json_array_size(jobs); i++) {
		int64_t at = int_of(json_array_get(jobs, i), "start");

		if (at && (!ch->first || at < ch->first))
			ch->first = at;
		if (at > ch->last)
			ch->last = at;
	}
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		ch->unit = units[i] * 60000;
		if ((ch->last - ch->first) / ch->unit < CHART_WIDE)
			break;
	}
	ch->first -= ch->first % ch->unit;
	ch->wide = (size_t)((ch->last - ch->first) / ch->unit) + 1;
	if (ch->wide > CHART_WIDE)
		ch->wide = CHART_WIDE;
}

static void count(struct chart *ch, const json_t *jobs)
{
	for (size_t i = 0; i < json_array_size(jobs); i++) {
		const json_t *job = json_array_get(jobs, i);
		const char *account = text_of(job, "account");
		int64_t start = int_of(job, "start");
		json_t *row = json_object_get(ch->counts, account);
		size_t at = (size_t)((start - ch->first) / ch->unit);

		if (!start || at >= ch->wide)
			continue;
		if (!row) {
			row = json_array();
			for (size_t k = 0; k < ch->wide; k++)
				json_array_append_new(row, json_integer(0));
			json_object_set_new(ch->counts, account, row);
		}
		int64_t n = json_integer_value(json_array_get(row, at)) + 1;
		json_integer_set(json_array_get(row, at), n);
		ch->most = n > ch->most ? n : ch->most;
	}
}

static void print_line(const struct chart *ch, const char *account, const json_t *row)
{
	static const char shades[] = ".:-=+*#%@";
	size_t steps = sizeof(shades) - 2;
	char name[NAME_WIDE + 1];

	text_show(str_of(account), name, sizeof(name));
	printf("%-*s |", NAME_WIDE, name);
	for (size_t k = 0; k < ch->wide; k++) {
		int64_t n = json_integer_value(json_array_get(row, k));

		(void)putchar(!n ? ' '
				 : shades[(size_t)(n - 1) * steps /
					   (size_t)(ch->most > 1 ? ch->most - 1 : 1)]);
	}
	printf("|\n");
}

static void print_chart(const json_t *jobs)
{
	struct chart ch = {.counts = json_object()};
	char first[40], last[40];
	const char *account;
	json_t *row;
	size_t shown = 0;

	span(&ch, jobs);
	if (ch.first) {
		count(&ch, jobs);
		text_from_time(ch.first * USEC_MSEC, first, sizeof(first));
		text_from_time(ch.last * USEC_MSEC, last, sizeof(last));
		printf("%s to %s, a column is %lld minutes, '@' is %lld jobs\n", first, last,
			(long long)(ch.unit / 60000), (long long)ch.most);
		json_object_foreach(ch.counts, account, row)
		{
			if (shown++ < CHART_HIGH)
				print_line(&ch, account, row);
		}
		if (shown > CHART_HIGH)
			printf("... and %zu accounts more\n", shown - CHART_HIGH);
		printf("\n");
	}
	json_decref(ch.counts);
}

/* --- in words --- */

static void print_totals(const struct planning *p)
{
	char last[40] = "";
	int64_t latest = 0, price = 0;
	size_t starts = 0;

	for (size_t i = 0; i < json_array_size(p->planned); i++) {
		const json_t *job = json_array_get(p->planned, i);

		starts += int_of(job, "start") != 0;
		price += int_of(job, "start") ? int_of(job, "price_usd_micros") : 0;
		latest = int_of(job, "end") > latest ? int_of(job, "end") : latest;
	}
	if (latest)
		text_from_time(latest * USEC_MSEC, last, sizeof(last));
	printf("%zu jobs would run%s%s, for $%lld.%02lld", starts,
		last[0] ? ", the last until " : "", last, (long long)(price / 1000000),
		(long long)(price % 1000000 / 10000));
	printf("; %zu would not, %zu are refused\n\n", json_array_size(p->planned) - starts,
		json_array_size(p->refused) + p->broken);
}

static void print_refused(const json_t *refused)
{
	for (size_t i = 0; i < json_array_size(refused) && i < REFUSED_MOST; i++) {
		const json_t *no = json_array_get(refused, i);
		const json_t *error = json_object_get(no, "error");

		printf("refused: job %lld (%s, %s): %s\n", (long long)int_of(no, "index") + 1,
			text_of(no, "account"), text_of(no, "action"),
			text_of(error, "message"));
	}
	if (json_array_size(refused) > REFUSED_MOST)
		printf("... and %zu more; --json lists them all\n",
			json_array_size(refused) - REFUSED_MOST);
}

static void print_plan(const struct planning *p)
{
	static const struct column days[] = {
		{"DAY", "day"}, {"JOBS", "jobs"}, {"PRICE (USD)", "price_usd_micros"}, {0}};
	static const struct column binds[] = {
		{"HELD BY", "blocker"}, {"WHICH", "ref"}, {"JOBS", "jobs"}, {0}};

	print_totals(p);
	if (isatty(STDOUT_FILENO))
		print_chart(p->planned);
	cli_print_table(p->spend, days);
	if (json_array_size(p->binds)) {
		printf("\n");
		cli_print_table(p->binds, binds);
	}
	print_refused(p->refused);
}

/* --- the command --- */

static int finish(struct planning *p)
{
	if (!p->code && (json_array_size(p->jobs) || p->plan[0]))
		send_batch(p, false);
	if (p->code)
		return p->code;
	if (p->c->json) {
		json_t *all = json_pack("{s:O,s:O,s:O,s:O}", "jobs", p->planned, "refused",
			p->refused, "spend", p->spend, "binds", p->binds);

		cli_print_json(all);
		json_decref(all);
	} else {
		print_plan(p);
	}
	return p->broken ? EXIT_FAILED : EXIT_DONE;
}

static int run_plan(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};
	const char *until = NULL;
	const struct option_spec specs[] = {
		{"until", "look no further: 2026-12-24T18:00:00Z, +30d, or Unix milliseconds",
			&until, NULL},
		{0},
	};
	struct errmsg m;
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	bool standard = strcmp(argv[1], "-") == 0;
	FILE *in = standard ? stdin : fopen(argv[1], "re");
	if (!in)
		return cli_fail(EXIT_NOINPUT, "'%s' cannot be read", argv[1]);
	struct planning p = {.c = c,
		.until = until,
		.jobs = json_array(),
		.planned = json_array(),
		.refused = json_array(),
		.spend = json_array(),
		.binds = json_array()};
	enum err e = rows_read(in, take_row, &p, &m);
	if (!standard)
		(void)fclose(in);
	code = e ? cli_fail(EXIT_FAILED, "%s: %s", argv[1], m.text) : finish(&p);
	json_decref(p.jobs);
	json_decref(p.planned);
	json_decref(p.refused);
	json_decref(p.spend);
	json_decref(p.binds);
	return code;
}

/* clang-format off */
const struct command plan_commands[] = {
	{"plan", run_plan, "when the jobs of a file would run, and for how much; enqueues nothing",
		"FILE|- [OPTIONS]\n\nexample:\n  roost plan jobs.csv\n  roost plan jobs.jsonl --until +30d --json"},
	{0},
};
/* clang-format on */
