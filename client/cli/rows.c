#include "client/cli/rows.h"

#include <csv.h>
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "client/cli/lines.h"
#include "common/base/mem.h"
#include "common/base/near.h"
#include "common/json/json.h"

#define COLUMNS_MAX  64
#define POLL_MINUTES (24 * 60) /* a poll that says nothing else is open for a day */

static const struct near_alias no_habits[] = {{NULL, NULL}};

/* --- cells --- */

enum cell_type { CELL_TEXT, CELL_INT, CELL_BOOL, CELL_LIST, CELL_POLL, CELL_JSON };

/* Every key of a job, and what a cell of it is; arguments are looked up in the catalogue. */
/* clang-format off */
static const struct { const char *key; enum cell_type type; } job_keys[] = {
	{"action", CELL_TEXT}, {"account", CELL_TEXT}, {"args", CELL_JSON}, {"key", CELL_TEXT},
	{"run_at", CELL_TEXT}, {"expires_at", CELL_TEXT}, {"priority", CELL_INT}, {"max_attempts", CELL_INT},
	{"after", CELL_LIST}, {"batch", CELL_TEXT}, {"tags", CELL_LIST}, {"approval", CELL_BOOL},
	{"on_unsure", CELL_TEXT}, {"max_price_usd_micros", CELL_INT}, {"meta", CELL_JSON},
};
static const enum cell_type arg_types[] = {
	[ARG_ID] = CELL_TEXT, [ARG_USER] = CELL_TEXT, [ARG_TEXT] = CELL_TEXT, [ARG_POST] = CELL_TEXT,
	[ARG_WORD] = CELL_TEXT, [ARG_TIME] = CELL_TEXT, [ARG_CONVERSATION] = CELL_TEXT,
	[ARG_BOOL] = CELL_BOOL, [ARG_INT] = CELL_INT, [ARG_IDS] = CELL_LIST, [ARG_MEDIA] = CELL_LIST, [ARG_POLL] = CELL_POLL,
	[ARG_POSTS] = CELL_JSON, [ARG_MAP] = CELL_JSON, [ARG_LIST] = CELL_JSON,
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

/* "tea;coffee" as a poll that is open for a day; a cell that begins with { is JSON. */
static json_t *read_poll(const char *text)
{
	if (text[0] == '{')
		return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	json_t *options = read_list(text);
	return options ? json_pack("{s:o,s:i}", "options", options, "duration_minutes",
				 POLL_MINUTES)
		       : NULL;
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
	case CELL_POLL:
		return read_poll(text);
	case CELL_JSON:
		return json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	}
	return NULL;
}

const char *rows_arg_form(const struct arg *arg)
{
	static const char *const forms[] = {
		[CELL_TEXT] = "well-formed UTF-8",
		[CELL_INT] = "a whole number",
		[CELL_BOOL] = "true or false",
		[CELL_LIST] = "items with ';' between them, or a JSON list",
		[CELL_POLL] = ("its options with ';' between them, open for a day, or JSON "
			       "such as {\"options\": [\"tea\", \"coffee\"], "
			       "\"duration_minutes\": 60}"),
		[CELL_JSON] = "JSON",
	};

	return forms[arg_cell(arg)];
}

json_t *rows_arg(const struct arg *arg, const char *text)
{
	return read_cell(arg_cell(arg), text);
}

const char *rows_job_key(const void *ctx, size_t i)
{
	(void)ctx;
	return i < COUNT_OF(job_keys) ? job_keys[i].key : NULL;
}

bool rows_is_job_key(const char *key)
{
	for (size_t i = 0; i < COUNT_OF(job_keys); i++)
		if (strcmp(key, job_keys[i].key) == 0)
			return true;
	return false;
}

/* --- CSV --- */

struct csv_file {
	rows_each *each;
	void *ctx;
	struct lines *lines;
	struct csv_parser parser;
	struct buf row;            /* the lines of the row being read, as they stand */
	size_t first_line;         /* of that row */
	bool ended;                /* the row ended with the last line */
	char *titles[COLUMNS_MAX]; /* owned */
	size_t title_count;
	bool has_header;
	char *cells[COLUMNS_MAX]; /* owned; of the row being read */
	size_t cell_count;
	bool has_nul;         /* one of them is no text */
	struct errmsg broken; /* of the header */
};

static void forget_cells(struct csv_file *f)
{
	for (size_t i = 0; i < f->cell_count && i < COLUMNS_MAX; i++) {
		mem_free(f->cells[i]);
		f->cells[i] = NULL;
	}
	f->cell_count = 0;
	f->has_nul = false;
}

static void on_cell(void *bytes, size_t len, void *ctx)
{
	struct csv_file *f = ctx;

	if (f->cell_count < COLUMNS_MAX)
		f->cells[f->cell_count] = mem_dup(bytes ? bytes : "", bytes ? len : 0);
	f->cell_count++;
	f->has_nul |= bytes && memchr(bytes, 0, len);
}

/* Whether column i of the header may be called so. */
static bool check_title(struct csv_file *f, size_t i)
{
	const char *title = f->titles[i] ? f->titles[i] : "";
	char shown[60];

	for (size_t k = 0; k < i; k++)
		if (title[0] && strcmp(title, f->titles[k]) == 0)
			err_say(&f->broken, ERR_FORMAT, "the header row has %s twice",
				text_show(str_of(title), shown, sizeof(shown)));
	if (!title[0] || strncmp(title, "args.", 5) == 0 || rows_is_job_key(title))
		return f->broken.text[0] == 0;
	const char *meant = near_find(str_of(title), rows_job_key, NULL, no_habits);
	text_show(str_of(title), shown, sizeof(shown));
	if (meant)
		err_say(&f->broken, ERR_FORMAT,
			"the header row: a job has no key '%s'; did you mean %s?", shown,
			meant);
	else
		err_say(&f->broken, ERR_FORMAT,
			"the header row: a job has no key '%s'; arguments of an action are "
			"args.NAME, the others action, account, key, run_at ...",
			shown);
	return false;
}

static void take_header(struct csv_file *f)
{
	bool has_action = false;

	f->has_header = true;
	f->title_count = f->cell_count;
	for (size_t i = 0; i < f->cell_count && i < COLUMNS_MAX; i++) {
		f->titles[i] = f->cells[i];
		f->cells[i] = NULL;
		has_action |= f->titles[i] && strcmp(f->titles[i], "action") == 0;
	}
	if (f->title_count > COLUMNS_MAX)
		err_say(&f->broken, ERR_FORMAT, "the header row has more than %d columns",
			COLUMNS_MAX);
	else if (!has_action)
		err_say(&f->broken, ERR_FORMAT,
			"the first row must name the columns, with commas between them: "
			"action,account,args.text");
	for (size_t i = 0; !f->broken.text[0] && i < f->title_count; i++)
		if (!check_title(f, i))
			return;
}

/* Instants may be integers: a cell of digits is one. */
static json_t *read_titled(const char *title, const struct action *action, const char *text)
{
	bool instant = strcmp(title, "run_at") == 0 || strcmp(title, "expires_at") == 0;
	int64_t number;

	if (instant && !text_to_int(str_of(text), 0, INT64_MAX, &number))
		return json_integer(number);
	return read_cell(type_of(title, action), text);
}

/* Puts one cell where its title says. */
static enum err place(const struct csv_file *f, size_t i, const struct action *action,
	json_t *job, struct errmsg *m)
{
	const char *title = f->titles[i];
	const char *text = f->cells[i];
	char shown[60];

	if (!text || !text[0])
		return ERR_OK;
	if (!text_is_utf8(str_of(text)))
		return err_say(
			m, ERR_FORMAT, "column %s is not UTF-8; save the file as UTF-8", title);
	json_t *value = title[0] ? read_titled(title, action, text) : NULL;
	if (!value)
		return err_say(m, ERR_FORMAT,
			title[0] ? "column %s: '%s' is no such value"
				 : "column%s '%s' has no name in the header row",
			title, text_show(str_of(text), shown, sizeof(shown)));
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
	else if (f->has_nul)
		e = err_say(&m, ERR_FORMAT, "a cell has a zero byte: that is no text");
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
	f->ended = true;
	if (f->cell_count > 0 && !empty) {
		if (!f->has_header)
			take_header(f);
		else if (!f->broken.text[0])
			take_row(f);
	}
	forget_cells(f);
}

static void begin_parser(struct csv_file *f)
{
	ASSERT(!csv_init(&f->parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL));
}

/*
 * The row being read is none. Its first line is told and left; those after it, taken for more
 * of a quoted cell, are read again, each for itself.
 */
static void give_up_row(struct csv_file *f, const char *words)
{
	struct str text = buf_view(&f->row);
	const char *newline = text.len ? memchr(text.at, '\n', text.len) : NULL;
	size_t first = newline ? (size_t)(newline - text.at) + 1 : text.len;
	struct errmsg why;

	err_say(&why, ERR_FORMAT, "%s", words);
	if (!f->has_header)
		f->broken = why;
	else
		f->each(f->ctx, f->first_line, NULL, &why);
	f->has_header = true;
	forget_cells(f);
	csv_free(&f->parser);
	begin_parser(f);
	if (text.len > first)
		lines_put_back(f->lines, (struct str){text.at + first, text.len - first},
			f->first_line + 1);
	buf_reset(&f->row);
}

static bool is_blank(struct str line)
{
	while (line.len && isspace((unsigned char)line.at[line.len - 1]))
		line.len--;
	return line.len == 0;
}

static void take_line(struct csv_file *f)
{
	struct str line = buf_view(&f->lines->line);

	if (f->row.len == 0)
		f->first_line = f->lines->number;
	buf_put(&f->row, line.at, line.len);
	f->ended = false;
	if (csv_parse(&f->parser, line.at, line.len, on_cell, on_row, f) != line.len)
		give_up_row(f, "a quote stands where none may, or one was not closed: write "
			       "\"\" for a "
			       "quote inside quotes");
	else if (f->row.len > LINE_BYTES_MAX)
		give_up_row(f, "the row is larger than 1 MiB: is a quote not closed?");
	else if (f->ended || (f->row.len == line.len && is_blank(line)))
		buf_reset(&f->row);
}

static enum err read_csv(struct lines *lines, rows_each *each, void *ctx, struct errmsg *m)
{
	struct csv_file f = {.each = each, .ctx = ctx, .lines = lines};
	enum line_is is = LINE_GOOD;

	buf_init(&f.row, 2 * LINE_BYTES_MAX);
	begin_parser(&f);
	while (is != LINE_NONE && !f.broken.text[0]) {
		if (is == LINE_GOOD) {
			take_line(&f);
		} else {
			f.first_line = f.row.len ? f.first_line : lines->number;
			give_up_row(&f, "the line is longer than 1 MiB");
		}
		is = lines_next(lines);
		if (is == LINE_NONE && csv_fini(&f.parser, on_cell, on_row, &f)) {
			give_up_row(&f, "a quoted cell that begins here is never closed");
			is = lines_next(lines);
		}
	}
	csv_free(&f.parser);
	for (size_t i = 0; i < f.title_count && i < COLUMNS_MAX; i++)
		mem_free(f.titles[i]);
	forget_cells(&f);
	buf_done(&f.row);
	*m = f.broken;
	return f.broken.text[0] ? ERR_FORMAT : ERR_OK;
}

/* --- JSON lines --- */

static void take_json(
	struct str line, enum line_is is, size_t number, rows_each *each, void *ctx)
{
	struct errmsg m;
	json_t *job = NULL;
	enum err e;

	while (line.len && isspace((unsigned char)line.at[line.len - 1]))
		line.len--;
	if (is == LINE_GOOD && line.len == 0)
		return;
	if (is == LINE_TOO_LONG)
		e = err_say(&m, ERR_TOO_BIG, "the line is longer than 1 MiB");
	else
		e = json_read(line, &job, &m);
	if (!e && !json_is_object(job)) {
		json_decref(job);
		e = err_say(&m, ERR_FORMAT, "a line is one JSON object");
	}
	each(ctx, number, e ? NULL : job, e ? &m : NULL);
}

static char first_sign(struct str line)
{
	size_t i = 0;

	while (i < line.len && isspace((unsigned char)line.at[i]))
		i++;
	return (char)(i < line.len ? line.at[i] : 0);
}

static enum err read_rows(struct lines *l, rows_each *each, void *ctx, struct errmsg *m)
{
	enum line_is is = lines_next(l);

	while (is == LINE_GOOD && is_blank(buf_view(&l->line)))
		is = lines_next(l);
	if (is == LINE_NONE)
		return err_say(m, ERR_FORMAT, "the file is empty");
	char first = first_sign(buf_view(&l->line));
	if (first == '[')
		return err_say(m, ERR_FORMAT,
			"the file is one JSON list; write one job a line, without [ ] and "
			"commas (jq -c '.[]' does it)");
	if (first != '{')
		return read_csv(l, each, ctx, m);
	for (; is != LINE_NONE; is = lines_next(l))
		take_json(buf_view(&l->line), is, l->number, each, ctx);
	return ERR_OK;
}

enum err rows_read(FILE *in, rows_each *each, void *ctx, struct errmsg *m)
{
	struct lines l;

	lines_init(&l, in);
	enum err e = read_rows(&l, each, ctx, m);
	if (l.failed)
		e = err_say(m, ERR_IO, "it cannot be read: %s", strerror(errno));
	lines_done(&l);
	return e;
}

size_t rows_bytes(json_t *v)
{
	size_t n = 9 + json_string_length(v), i;
	const char *key;
	json_t *each;

	json_object_foreach(v, key, each)
	{
		n += strlen(key) + 2 + rows_bytes(each);
	}
	json_array_foreach(v, i, each)
	{
		n += rows_bytes(each);
	}
	return n;
}
