#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "client/cli/rows.h"
#include "common/base/mem.h"

#define BATCH       500
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
	json_t *ids; /* owned */
	int code;
};

static void say_refused(struct import *im, size_t line, const char *field, const char *words)
{
	im->refused++;
	cli_fail(0, "line %zu: %s%s%s", line, field, field[0] ? ": " : "", words);
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

static void take_answer(struct import *im, const json_t *answer)
{
	const json_t *jobs = json_object_get(answer, "jobs");

	for (size_t i = 0; i < json_array_size(jobs) && i < BATCH; i++) {
		const json_t *job = json_array_get(jobs, i);
		const json_t *error = json_object_get(job, "error");

		if (error) {
			say_refused(im, im->lines[i], text_of(error, "field"),
				text_of(error, "message"));
			continue;
		}
		im->accepted++;
		im->duplicates += json_is_true(json_object_get(job, "duplicate"));
		json_array_append(im->ids, json_object_get(job, "id"));
	}
}

/*
 * Sends the batch. Without an answer nobody knows whether it was kept: it is sent again only
 * when every job has a key, for then the same jobs come back.
 */
static int send_batch(struct import *im)
{
	json_t *answer = NULL;
	int code = EXIT_UNAVAILABLE;

	for (int i = 0; i < ASK_AGAIN && code == EXIT_UNAVAILABLE; i++) {
		json_t *request = json_pack("{s:O,s:b}", "jobs", im->jobs, "atomic", 0);

		if (i > 0)
			cli_fail(0, "lines %zu to %zu: asking again", im->lines[0],
				im->lines[json_array_size(im->jobs) - 1]);
		code = cli_call(im->c, "enqueue", request, &answer);
		if (code == EXIT_UNAVAILABLE && !im->keyed) {
			cli_fail(0,
				"whether lines %zu to %zu were kept is not known: look with "
				"`roost jobs`; with keys (--key-prefix) they could be sent "
				"again safely",
				im->lines[0], im->lines[json_array_size(im->jobs) - 1]);
			break;
		}
	}
	if (!code)
		take_answer(im, answer);
	json_decref(answer);
	return code;
}

static void flush(struct import *im)
{
	if (json_array_size(im->jobs) == 0)
		return;
	if (!im->code && im->dry)
		im->accepted += json_array_size(im->jobs);
	else if (!im->code)
		im->code = send_batch(im);
	json_array_clear(im->jobs);
	im->bytes = 0;
	im->keyed = true;
	show_progress(im);
}

static void take_row(void *ctx, size_t line, json_t *job, const struct errmsg *why)
{
	struct import *im = ctx;
	char key[200];

	im->rows++;
	if (!job) {
		say_refused(im, line, "", why->text);
		return;
	}
	if (im->prefix && !json_object_get(job, "key")) {
		(void)snprintf(key, sizeof(key), "%s-%zu", im->prefix, line);
		json_object_set_new(job, "key", json_string(key));
	}
	size_t bytes = json_dumpb(job, NULL, 0, JSON_COMPACT);
	if (json_array_size(im->jobs) == BATCH || im->bytes + bytes > BATCH_BYTES)
		flush(im);
	im->keyed &= json_object_get(job, "key") != NULL;
	im->lines[json_array_size(im->jobs)] = line;
	im->bytes += bytes;
	json_array_append_new(im->jobs, job);
}

static int finish(struct import *im)
{
	if (im->progress)
		(void)fputc('\n', stderr);
	if (im->c->json) {
		json_t *summary = json_pack("{s:I,s:I,s:I,s:I,s:O}", "rows",
			(json_int_t)im->rows, "accepted", (json_int_t)im->accepted,
			"duplicates", (json_int_t)im->duplicates, "refused",
			(json_int_t)im->refused, "ids", im->ids);

		cli_print_json(summary);
		json_decref(summary);
	} else {
		printf("%s %zu of %zu rows, %zu of them were there already; refused %zu\n",
			im->dry ? "read" : "enqueued", im->accepted, im->rows, im->duplicates,
			im->refused);
	}
	if (im->code)
		return im->code;
	return im->refused ? EXIT_FAILED : EXIT_DONE;
}

static int run_enqueue(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};
	bool dry = false;
	const char *prefix = NULL;
	const struct option_spec specs[] = {
		{"dry-run", "read the file and say what is wrong with it; enqueue nothing",
			NULL, &dry},
		{"key-prefix",
			"give rows without a key PREFIX-LINE, so that sending the file twice "
			"enqueues it once",
			&prefix, NULL},
		{0},
	};
	struct errmsg m;
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds, &code) < 0)
		return code;
	bool standard = strcmp(argv[1], "-") == 0;
	FILE *in = standard ? stdin : fopen(argv[1], "re");
	if (!in)
		return cli_fail(EXIT_NOINPUT, "'%s' cannot be read", argv[1]);
	struct import im = {
		.c = c,
		.dry = dry,
		.prefix = prefix,
		.keyed = true,
		.jobs = json_array(),
		.ids = json_array(),
		.progress = isatty(STDERR_FILENO) && !c->json,
	};
	enum err e = rows_read(in, take_row, &im, &m);
	flush(&im);
	if (!standard)
		(void)fclose(in);
	code = e ? cli_fail(EXIT_FAILED, "%s: %s", argv[1], m.text) : finish(&im);
	json_decref(im.jobs);
	json_decref(im.ids);
	return code;
}

/* clang-format off */
const struct command enqueue_commands[] = {
	{"enqueue", run_enqueue, "enqueue a file of jobs: JSON lines, or CSV with a header row",
		"FILE|- [OPTIONS]\n\nexample:\n  roost enqueue jobs.csv --key-prefix spring\n"
		"  echo '{\"action\":\"post\",\"account\":\"acme\",\"args\":{\"text\":\"hello\"}}' | roost enqueue -"},
	{0},
};
/* clang-format on */
