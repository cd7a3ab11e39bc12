#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "common/json/json.h"

#define COLUMNS_MAX 16
#define CELL_MAX    80
#define PRINT_MAX   ((size_t)256 * 1024 * 1024)

void cli_print_json(const json_t *j)
{
	struct buf b;

	buf_init(&b, PRINT_MAX);
	json_write(j, &b);
	buf_byte(&b, '\n');
	if (!b.err)
		(void)fwrite(b.data, 1, b.len, stdout);
	buf_done(&b);
}

static bool is_instant(const char *key)
{
	size_t n = strlen(key);

	return strcmp(key, "eta") == 0 || (n >= 5 && strcmp(key + n - 5, "until") == 0) ||
	       (n > 3 && strcmp(key + n - 3, "_at") == 0);
}

static bool is_money(const char *key)
{
	static const char ending[] = "usd_micros";
	size_t n = strlen(key), len = sizeof(ending) - 1;

	return n >= len && strcmp(key + n - len, ending) == 0;
}

/* Micro-dollars as "0.015": at least two digits after the point. */
static void show_dollars(int64_t micros, char *out, size_t cap)
{
	(void)snprintf(out, cap, "%lld.%06lld", (long long)(micros / 1000000),
		(long long)(micros % 1000000));
	for (size_t n = strlen(out); n > 3 && out[n - 1] == '0' && out[n - 3] != '.'; n--)
		out[n - 1] = 0;
}

char *cli_show(const char *key, const json_t *v, char *out, size_t cap)
{
	out[0] = 0;
	if (json_is_string(v)) {
		text_show((struct str){json_string_value(v), json_string_length(v)}, out, cap);
	} else if (json_is_integer(v) && is_instant(key)) {
		text_from_time(json_integer_value(v) * USEC_MSEC, out, cap);
	} else if (json_is_integer(v) && is_money(key)) {
		show_dollars(json_integer_value(v), out, cap);
	} else if (json_is_boolean(v)) {
		(void)snprintf(out, cap, "%s", json_is_true(v) ? "yes" : "no");
	} else if (v && !json_is_null(v)) {
		struct buf b;

		buf_init(&b, PRINT_MAX);
		json_write(v, &b);
		text_show(buf_view(&b), out, cap);
		buf_done(&b);
	}
	return out;
}

/* How many columns a text takes on a terminal, near enough: its characters, not its bytes. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

/* The value of "a.b" in a row. */
static const json_t *dig(const json_t *row, const char *path)
{
	const char *dot = strchr(path, '.');
	char key[64];

	if (!dot)
		return json_object_get(row, path);
	(void)snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
	return json_object_get(json_object_get(row, key), dot + 1);
}

static void print_cell(const char *text, size_t wide)
{
	(void)fputs(text, stdout);
	for (size_t n = width(text); n < wide; n++)
		(void)fputc(' ', stdout);
}

static void print_row(const json_t *row, const struct column *columns, const size_t *wide)
{
	char cell[CELL_MAX];

	for (size_t k = 0; columns[k].title; k++) {
		const char *text = row ? cli_show(columns[k].key, dig(row, columns[k].key),
						 cell, sizeof(cell))
				       : columns[k].title;

		print_cell(text, columns[k + 1].title ? wide[k] + 2 : 0);
	}
	(void)putchar('\n');
}

void cli_print_table(const json_t *rows, const struct column *columns)
{
	size_t wide[COLUMNS_MAX] = {0};
	char cell[CELL_MAX];

	for (size_t k = 0; columns[k].title; k++) {
		ASSERT(k < COLUMNS_MAX);
		wide[k] = width(columns[k].title);
		for (size_t i = 0; i < json_array_size(rows); i++) {
			const json_t *v = dig(json_array_get(rows, i), columns[k].key);
			size_t w = width(cli_show(columns[k].key, v, cell, sizeof(cell)));

			wide[k] = w > wide[k] ? w : wide[k];
		}
	}
	print_row(NULL, columns, wide);
	for (size_t i = 0; i < json_array_size(rows); i++)
		print_row(json_array_get(rows, i), columns, wide);
}

void cli_print_list(const struct cli *c, const json_t *list, const struct column *columns)
{
	if (c->json)
		cli_print_json(list);
	else
		cli_print_table(list, columns);
}

int cli_text(const char *arg, struct buf *out)
{
	size_t n = 1;

	if (strcmp(arg, "-") != 0) {
		buf_str(out, arg);
		return out->err ? cli_fail(EXIT_DATA, "the text is too long") : EXIT_DONE;
	}
	while (n > 0) {
		unsigned char *to = buf_room(out, 4096);

		n = to ? fread(to, 1, 4096, stdin) : 0;
		if (to)
			buf_add(out, n);
	}
	if (ferror(stdin))
		return cli_fail(EXIT_NOINPUT, "standard input cannot be read");
	if (out->err)
		return cli_fail(EXIT_DATA, "the text on standard input is too long");
	if (out->len && out->data[out->len - 1] == '\n')
		out->len--;
	return EXIT_DONE;
}

bool cli_ask_secret(const char *prompt, char *out, size_t cap)
{
	struct termios before, silent;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before))
		return false;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	(void)fprintf(
		stderr, "%s: ", prompt); /* whoever answers at once is not shown, either */
	bool got = fgets(out, (int)cap, stdin) != NULL;
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	(void)fputc('\n', stderr);
	if (got)
		out[strcspn(out, "\r\n")] = 0;
	return got;
}

bool cli_set_time(json_t *request, const char *key, const char *text)
{
	usec_t wall = 0;
	int64_t ms;

	if (text[0] == '+' && !text_to_duration(str_of(text + 1), &wall)) {
		wall += clock_system.read(NULL).wall;
	} else if (!text_to_int(str_of(text), 0, INT64_MAX / USEC_MSEC, &ms)) {
		wall = ms * USEC_MSEC;
	} else if (text_to_time(str_of(text), &wall)) {
		cli_fail(EXIT_USAGE,
			"'%s' is no instant; write 2026-12-24T18:00:00Z, +30m, or Unix "
			"milliseconds",
			text);
		return false;
	}
	json_object_set_new(request, key, json_integer(wall / USEC_MSEC));
	return true;
}
