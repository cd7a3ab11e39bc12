#include "client/cli/rows.h"

#include <csv.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/json/json.h"

#define COLUMNS_MAX 64

/* --- cells --- */

enum cell_type { CELL_TEXT, CELL_INT, CELL_BOOL, CELL_LIST, CELL_JSON };

/* Keys of a job that are no texts; arguments are looked up in the catalogue. */
/* clang-format off */
static const struct { const char *key; enum cell_type type; } job_keys[] = {
	{"priority", CELL_INT}, {"max_attempts", CELL_INT}, {"max_price_usd_micros", CELL_INT},
	{"approval", CELL_BOOL}, {"tags", CELL_LIST}, {"after", CELL_LIST}, {"meta", CELL_JSON},
};
static const enum cell_type arg_types[] = {
	[ARG_ID] = CELL_TEXT, [ARG_USER] = CELL_TEXT, [ARG_TEXT] = CELL_TEXT, [ARG_POST] = CELL_TEXT,
	[ARG_WORD] = CELL_TEXT, [ARG_TIME] = CELL_TEXT, [ARG_CONVERSATION] = CELL_TEXT,
	[ARG_BOOL] = CELL_BOOL, [ARG_INT] = CELL_INT, [ARG_IDS] = CELL_LIST, [ARG_POLL] = CELL_JSON,
};
/* clang-format on */

static enum cell_type arg_cell(const struct arg *arg)
{
	return arg && arg->type < COUNT_OF(arg_types) ? arg_types[arg->type] : CELL_TEXT;
}

static enum cell_type type_of(const char *key, const struct action *action)
{
	if (strncmp(key, "args.", 5) == 0)
		return arg_cell(action ? action_arg(action, str_of(key + 5)) : NULL);
	for (size_t i = 0; i < COUNT_OF(job_keys); i++)
		if (strcmp(key, job_keys[i].key) == 0)
			return job_keys[i].type;
	return CELL_TEXT;
}

/* "a;b" as ["a","b"]; a cell that begins with [ is JSON. */
static json_t *read_list(const char *text)
{
	json_t *list;

	if (text[0] == '[')
		return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	list = json_array();
	for (const char *at = text; *at;) {
		size_t n = strcspn(at, ";");

		json_array_append_new(list, json_stringn(at, n));
		at += n + (at[n] == ';');
	}
	return list;
}

static json_t *read_bool(const char *text)
{
	static const char *const yes[] = {"true", "yes", "1"};
	static const char *const no[] = {"false", "no", "0"};

	for (size_t i = 0; i < COUNT_OF(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0)
			return json_true();
		if (strcasecmp(text, no[i]) == 0)
			return json_false();
	}
	return NULL;
}

/* A cell as the value its key wants; NULL when it is none. */
static json_t *read_cell(enum cell_type type, const char *text)
{
	int64_t number;

	switch (type) {
	case CELL_TEXT:
		return json_string(text);
	case CELL_INT:
		return text_to_int(str_of(text), INT64_MIN, INT64_MAX, &number)
			       ? NULL
			       : json_integer(number);
	case CELL_BOOL:
		return read_bool(text);
	case CELL_LIST:
		return read_list(text);
	case CELL_JSON:
		return json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	}
	return NULL;
}

json_t *rows_arg(const struct arg *arg, const char *text)
{
	return read_cell(arg_cell(arg), text);
}

/* Instants may be integers: a cell of digits is one. */
static bool is_instant(const char *key)
{
	return strcmp(key, "run_at") == 0 || strcmp(key, "expires_at") == 0;
}

/* --- CSV --- */

struct csv_file {
	rows_each *each;
	void *ctx;
	char *titles[COLUMNS_MAX]; /* owned */
	size_t title_count;
	bool has_header;
	char *cells[COLUMNS_MAX]; /* owned; of the row being read */
	size_t cell_count;
	size_t line, first_line; /* of the file; of the row */
	struct errmsg broken;    /* of the header */
};

static void forget_cells(struct csv_file *f)
{
	for (size_t i = 0; i < f->cell_count && i < COLUMNS_MAX; i++) {
		mem_free(f->cells[i]);
		f->cells[i] = NULL;
	}
	f->cell_count = 0;
}

static void on_cell(void *bytes, size_t len, void *ctx)
{
	struct csv_file *f = ctx;

	if (f->cell_count < COLUMNS_MAX)
		f->cells[f->cell_count] = mem_dup(bytes ? bytes : "", bytes ? len : 0);
	f->cell_count++;
}

static bool take_header(struct csv_file *f)
{
	bool has_action = false;

	f->has_header = true;
	f->title_count = f->cell_count;
	for (size_t i = 0; i < f->cell_count && i < COLUMNS_MAX; i++) {
		f->titles[i] = f->cells[i];
		f->cells[i] = NULL;
		has_action |= f->titles[i] && strcmp(f->titles[i], "action") == 0;
	}
	f->cell_count = 0;
	if (f->title_count > COLUMNS_MAX)
		err_say(&f->broken, ERR_FORMAT, "the header row has more than %d columns",
			COLUMNS_MAX);
	else if (!has_action)
		err_say(&f->broken, ERR_FORMAT,
			"the first row must name the columns: action, account, args.text ...");
	return f->broken.text[0] == 0;
}

/* Puts one cell where its title says. */
static enum err place(const struct csv_file *f, size_t i, const struct action *action,
	json_t *job, struct errmsg *m)
{
	const char *title = f->titles[i];
	const char *text = f->cells[i];
	int64_t number;

	if (!text || !text[0])
		return ERR_OK;
	json_t *value = is_instant(title) && !text_to_int(str_of(text), 0, INT64_MAX, &number)
				? json_integer(number)
				: read_cell(type_of(title, action), text);
	if (!value) {
		char shown[60];

		return err_say(m, ERR_FORMAT, "column %s: '%s' is no such value", title,
			text_show(str_of(text), shown, sizeof(shown)));
	}
	if (strncmp(title, "args.", 5) != 0) {
		json_object_set_new(job, title, value);
		return ERR_OK;
	}
	json_t *args = json_object_get(job, "args");
	if (!args) {
		args = json_object();
		json_object_set_new(job, "args", args);
	}
	json_object_set_new(args, title + 5, value);
	return ERR_OK;
}

static const struct action *action_of(const struct csv_file *f)
{
	for (size_t i = 0; i < f->title_count; i++)
		if (strcmp(f->titles[i], "action") == 0 && f->cells[i])
			return action_find(str_of(f->cells[i]));
	return NULL;
}

static void take_row(struct csv_file *f)
{
	json_t *job = json_object();
	struct errmsg m = {0};
	enum err e = ERR_OK;

	if (f->cell_count != f->title_count)
		e = err_say(&m, ERR_FORMAT, "%zu columns, where the header row has %zu",
			f->cell_count, f->title_count);
	const struct action *action = e ? NULL : action_of(f);
	for (size_t i = 0; !e && i < f->title_count; i++)
		e = place(f, i, action, job, &m);
	if (e) {
		json_decref(job);
		job = NULL;
	}
	f->each(f->ctx, f->first_line, job, e ? &m : NULL);
}

static void on_row(int end, void *ctx)
{
	struct csv_file *f = ctx;
	bool empty = f->cell_count == 1 && f->cells[0] && !f->cells[0][0];

	(void)end;
	if (f->cell_count == 0 || empty) {
		forget_cells(f);
		return;
	}
	if (!f->has_header)
		take_header(f);
	else if (!f->broken.text[0])
		take_row(f);
	forget_cells(f);
}

/*
 * Feeds one physical line at a time, so that a row with an open quote can be given up at the
 * end of the file with its line number, and every row knows where it began.
 */
static enum err read_csv(FILE *in, char *line, size_t len, struct csv_file *f, struct errmsg *m)
{
	struct csv_parser p;
	size_t cap = len + 1;

	if (csv_init(&p, CSV_STRICT | CSV_APPEND_NULL))
		return ERR_NOMEM;
	f->line = 0;
	for (ssize_t n = (ssize_t)len; n > 0; n = getline(&line, &cap, in)) {
		f->line++;
		if (p.pstate == 0) /* libcsv's ROW_NOT_BEGUN */
			f->first_line = f->line;
		if (csv_parse(&p, line, (size_t)n, on_cell, on_row, f) == (size_t)n)
			continue;
		/* A stray quote: this row is lost, the next begins anew. */
		struct errmsg why;
		err_say(&why, ERR_FORMAT,
			"a quote stands where none may: write \"\" for a quote inside quotes");
		forget_cells(f);
		csv_free(&p);
		if (csv_init(&p, CSV_STRICT | CSV_APPEND_NULL))
			break;
		f->each(f->ctx, f->line, NULL, &why);
	}
	if (csv_fini(&p, on_cell, on_row, f)) {
		struct errmsg why;

		err_say(&why, ERR_FORMAT, "a quoted cell that begins here is never closed");
		f->each(f->ctx, f->first_line, NULL, &why);
	}
	csv_free(&p);
	free(line);
	*m = f->broken;
	return f->broken.text[0] ? ERR_FORMAT : ERR_OK;
}

/* --- JSON lines --- */

static void take_json(char *line, size_t len, size_t number, rows_each *each, void *ctx)
{
	struct errmsg m;
	json_t *job;

	while (len && isspace((unsigned char)line[len - 1]))
		len--;
	if (len == 0)
		return;
	enum err e = json_read((struct str){line, len}, &job, &m);
	if (!e && !json_is_object(job)) {
		json_decref(job);
		e = err_say(&m, ERR_FORMAT, "a line is one JSON object");
	}
	each(ctx, number, e ? NULL : job, e ? &m : NULL);
}

static enum err read_json(FILE *in, char *line, size_t len, rows_each *each, void *ctx)
{
	size_t cap = len + 1, number = 0;

	for (ssize_t n = (ssize_t)len; n > 0; n = getline(&line, &cap, in))
		take_json(line, (size_t)n, ++number, each, ctx);
	free(line);
	return ERR_OK;
}

static bool looks_like_json(const char *line)
{
	while (isspace((unsigned char)*line))
		line++;
	return *line == '{';
}

enum err rows_read(FILE *in, rows_each *each, void *ctx, struct errmsg *m)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n = getline(&line, &cap, in);

	if (n <= 0) {
		bool failed = ferror(in);

		free(line);
		return failed ? err_say(m, ERR_IO, "%s", strerror(errno))
			      : err_say(m, ERR_FORMAT, "the file is empty");
	}
	if (looks_like_json(line))
		return read_json(in, line, (size_t)n, each, ctx);
	if (n >= 3 && memcmp(line, "\xef\xbb\xbf", 3) ==
			      0) { /* spreadsheets write a byte order mark */
		memmove(line, line + 3, (size_t)n - 2);
		n -= 3;
	}
	struct csv_file f = {.each = each, .ctx = ctx};
	enum err e = read_csv(in, line, (size_t)n, &f, m);
	for (size_t i = 0; i < f.title_count && i < COLUMNS_MAX; i++)
		mem_free(f.titles[i]);
	forget_cells(&f);
	return e;
}
