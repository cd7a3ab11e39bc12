#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/rows.h"
#include "client/cli/weigh.h"
#include "common/json/json.h"

#define BATCH       1000                 /* jobs in one message: as many as it may have */
#define BATCH_BYTES ((size_t)600 * 1024) /* a message may have 1 MiB */
#define ASK_AGAIN   30                   /* times a batch is sent again while no answer comes */
#define BAR_WIDTH   30

/* A file on its way in. */
struct import {
	struct cli *c;
	bool dry;
	bool progress;       /* standard error is a terminal */
	const char *prefix;  /* of keys for rows that have none; NULL */
	json_t *jobs;        /* owned; the batch being filled */
	size_t lines[BATCH]; /* where each of them stands in the file */
	size_t bytes;        /* of the batch, near enough */
	bool keyed;          /* every job of the batch has a key */
	size_t rows, accepted, duplicates, refused;
	int64_t price; /* micro-dollars, of what was accepted anew */
	json_t *told;  /* owned; with --json, of each accepted row: its id, or the job itself */
	json_t *errors; /* owned; with --json: {line, field, message} */
	int code;
};

static void say_refused(struct import *im, size_t line, const char *field, const char *words)
{
	im->refused++;
	if (im->progress)
		(void)fputs("\r\033[K", stderr);
	cli_fail(0, "line %zu: %s%s%s", line, field, field[0] ? ": " : "", words);
	if (im->c->json)
		json_array_append_new(
			im->errors, json_pack("{s:I,s:s,s:s}", "line", (json_int_t)line,
					    "field", field, "message", words));
}

static void show_progress(const struct import *im)
{
	if (!im->progress)
		return;
	size_t full = im->rows ? im->accepted * BAR_WIDTH / im->rows : 0;
	(void)fprintf(stderr, "\r[%-*.*s] %zu of %zu rows", BAR_WIDTH, (int)full,
		"##############################", im->accepted, im->rows);
}

static const char *text_of(const json_t *o, const char *key)
{
	const char *text = json_string_value(json_object_get(o, key));

	return text ? text : "";
}

/* "jobs[12].args.text" as "args.text": the line says which job. */
static const char *field_of(const json_t *error)
{
	const char *field = text_of(error, "field");
	const char *inside = strchr(field, ']');

	if (strncmp(field, "jobs[", 5) != 0 || !inside)
		return field;
	return inside[1] == '.' ? inside + 2 : inside + 1;
}

static void take_answer(struct import *im, const json_t *answer)
{
	const json_t *jobs = json_object_get(answer, "jobs");

	for (size_t i = 0; i < json_array_size(jobs) && i < BATCH; i++) {
		const json_t *job = json_array_get(jobs, i);
		const json_t *error = json_object_get(job, "error");
		bool duplicate = json_is_true(json_object_get(job, "duplicate"));

		if (error) {
			say_refused(
				im, im->lines[i], field_of(error), text_of(error, "message"));
			continue;
		}
		im->accepted++;
		im->duplicates += duplicate;
		if (!duplicate)
			im->price +=
				json_integer_value(json_object_get(job, "price_usd_micros"));
		if (im->c->json)
			json_array_append(im->told, json_object_get(job, "id"));
	}
}

/* Whether lines first to last were kept, nobody knows. */
static void say_unknown(size_t first, size_t last)
{
	cli_fail(0,
		"whether lines %zu to %zu were kept is not known: look with `roost jobs`; with "
		"keys (--key-prefix) they could be sent again safely",
		first, last);
}

/*
 * Sends the batch. Without an answer nobody knows whether it was kept: it is sent again only
 * when every job has a key, for then the same jobs come back.
 */
static int send_batch(struct import *im)
{
	size_t first = im->lines[0], last = im->lines[json_array_size(im->jobs) - 1];
	json_t *answer = NULL;
	int code = EXIT_UNAVAILABLE;

	for (int i = 0; i < ASK_AGAIN && code == EXIT_UNAVAILABLE; i++) {
		json_t *request = json_pack("{s:O,s:b}", "jobs", im->jobs, "atomic", 0);

		if (i > 0)
			cli_fail(0, "lines %zu to %zu: asking again", first, last);
		bool reached = cli_roost(im->c) != NULL;
		code = reached ? cli_call(im->c, "enqueue", request, &answer)
			       : EXIT_UNAVAILABLE;
		if (!reached) {
			json_decref(request);
			return im->c->conf ? EXIT_UNAVAILABLE : EXIT_CONFIG;
		}
		if (code == EXIT_UNAVAILABLE && !im->keyed) {
			say_unknown(first, last);
			break;
		}
	}
	if (!code)
		take_answer(im, answer);
	json_decref(answer);
	return code;
}

/* Instead of sending: looks at the job by the tables, and prints it with its price. */
static void weigh_row(struct import *im, size_t line, json_t *job)
{
	struct errmsg m;
	char args[120];
	int64_t price;

	if (weigh_job(job, &price, &m)) {
		say_refused(im, line, m.field, m.text);
		return;
	}
	im->accepted++;
	im->price += price;
	if (im->c->json)
		json_array_append_new(
			im->told, json_pack("{s:I,s:O,s:I}", "line", (json_int_t)line, "job",
					  job, "price_usd_micros", (json_int_t)price));
	else
		printf("line %-6zu %-12s %-12s %8lld  %s\n", line, text_of(job, "account"),
			text_of(job, "action"), (long long)price,
			cli_show("args", json_object_get(job, "args"), args, sizeof(args)));
}

static void flush(struct import *im)
{
	if (json_array_size(im->jobs) == 0)
		return;
	if (!im->code)
		im->code = send_batch(im);
	json_array_clear(im->jobs);
	im->bytes = 0;
	im->keyed = true;
	show_progress(im);
}

static void take_row(void *ctx, size_t line, json_t *job, const struct errmsg *why)
{
	struct import *im = ctx;
	char key[256];

	im->rows++;
	if (!job) {
		say_refused(im, line, "", why->text);
		return;
	}
	if (im->prefix && !json_object_get(job, "key")) {
		(void)snprintf(key, sizeof(key), "%s-%zu", im->prefix, line);
		json_object_set_new(job, "key", json_string(key));
	}
	if (im->dry) {
		weigh_row(im, line, job);
		json_decref(job);
		return;
	}
	size_t bytes = rows_bytes(job);
	if (json_array_size(im->jobs) == BATCH || im->bytes + bytes > BATCH_BYTES)
		flush(im);
	im->keyed &= json_object_get(job, "key") != NULL;
	im->lines[json_array_size(im->jobs)] = line;
	im->bytes += bytes;
	json_array_append_new(im->jobs, job);
}

static void print_summary(const struct import *im)
{
	if (im->c->json) {
		AUTO_JSON summary = json_pack("{s:I,s:I,s:I,s:I,s:I,s:b,s:O,s:O}", "rows",
			(json_int_t)im->rows, "accepted", (json_int_t)im->accepted,
			"duplicates", (json_int_t)im->duplicates, "refused",
			(json_int_t)im->refused, "price_usd_micros", (json_int_t)im->price,
			"dry_run", im->dry, im->dry ? "jobs" : "ids", im->told, "errors",
			im->errors);

		cli_print_json(summary);
	} else if (im->dry) {
		printf("would enqueue %zu of %zu rows for $%lld.%03lld; refused %zu\n",
			im->accepted, im->rows, (long long)(im->price / 1000000),
			(long long)(im->price % 1000000 / 1000), im->refused);
	} else {
		printf("enqueued %zu of %zu rows, %zu of them were there already; refused "
		       "%zu\n",
			im->accepted, im->rows, im->duplicates, im->refused);
	}
}

static int import_from(struct import *im, FILE *in, const char *name)
{
	struct errmsg m;

	enum err e = rows_read(in, take_row, im, &m);
	flush(im);
	if (im->progress)
		(void)fputc('\n', stderr);
	if (e)
		cli_fail(0, "%s: %s", name, m.text);
	if (!e || im->rows)
		print_summary(im);
	if (im->code)
		return im->code;
	if (e)
		return e == ERR_IO ? EXIT_NOINPUT : EXIT_DATA;
	return im->refused ? EXIT_FAILED : EXIT_DONE;
}

static int run_enqueue(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};
	bool dry = false;
	const char *prefix = NULL;
	const struct option_spec specs[] = {
		{"dry-run",
			"print what would be enqueued and its price, and what is wrong; "
			"enqueue "
			"nothing",
			NULL, &dry},
		{"key-prefix",
			"give rows without a key PREFIX-LINE, so that sending the file twice "
			"enqueues it once",
			&prefix, NULL},
		{0},
	};
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	if (prefix && (!prefix[0] || strlen(prefix) > 100))
		return cli_fail(EXIT_USAGE, "--key-prefix is 1 to 100 bytes");
	bool standard = strcmp(argv[1], "-") == 0;
	FILE *in = standard ? stdin : fopen(argv[1], "re");
	if (!in)
		return cli_fail(
			EXIT_NOINPUT, "'%s' cannot be read: %s", argv[1], strerror(errno));
	struct import im = {
		.c = c,
		.dry = dry,
		.prefix = prefix,
		.keyed = true,
		.jobs = json_array(),
		.told = json_array(),
		.errors = json_array(),
		.progress = isatty(STDERR_FILENO) && !c->json && !dry,
	};
	code = import_from(&im, in, standard ? "standard input" : argv[1]);
	if (!standard)
		(void)fclose(in);
	json_decref(im.jobs);
	json_decref(im.told);
	json_decref(im.errors);
	return code;
}

/* clang-format off */
const struct command enqueue_commands[] = {
	{"enqueue", run_enqueue, "enqueue a file of jobs: JSON lines, or CSV with a header row",
		"FILE|- [OPTIONS]\n\nCSV: the first row names keys of a job (action, account, key, run_at, args.text ...); an empty cell is an\n"
		"absent key; a list is JSON, or texts with ';' between them. A bad row is told with its line, and costs only itself.\n\nexample:\n  roost enqueue jobs.csv --key-prefix spring\n"
		"  echo '{\"action\":\"post\",\"account\":\"acme\",\"args\":{\"text\":\"hello\"}}' | roost enqueue -"},
	{0},
};
/* clang-format on */
