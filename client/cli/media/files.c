/* files.c - files that go with a job: sent first, then named by their handles */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/media/files.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/xapi/media/media.h"

/* How far it is, on a terminal alone. */
static void show_progress(void *ctx, long long sent, long long size)
{
	const char *path = ctx;

	if (!isatty(STDERR_FILENO) || size <= 0)
		return;
	(void)fprintf(stderr, "\r%s: %lld %% of %lld MiB%s", path, sent * 100 / size,
		(size + (1 << 20) - 1) >> 20, sent == size ? "\n" : "");
	(void)fflush(stderr);
}

int cli_send_media(struct cli *c, const char *path, char **ret_handle)
{
	struct roost_media m = {
		.path = path, .told = show_progress, .ctx = (void *)(uintptr_t)path};
	struct roost *r = cli_roost(c);
	struct roost_error e;

	*ret_handle = NULL;
	if (!r)
		return c->conf_failed ? EXIT_CONFIG : EXIT_UNAVAILABLE;
	switch (roost_send_media(r, &m, ret_handle, &e)) {
	case ROOST_OK:
		return EXIT_DONE;
	case ROOST_INVALID:
		return cli_fail(access(path, R_OK) ? EXIT_NOINPUT : EXIT_DATA, "%s", e.message);
	case ROOST_TIMEOUT:
		return cli_fail(EXIT_UNAVAILABLE, "%s", e.message);
	case ROOST_DENIED:
		return cli_fail(EXIT_NOPERM, "%s", e.message);
	case ROOST_REFUSED:
	case ROOST_FAILED:
		break;
	}
	return cli_fail(
		EXIT_FAILED, "%s: %s%s%s", path, e.field, e.field[0] ? ": " : "", e.message);
}

/* --- the options of an action --- */

static bool add_file(struct media_files *f, const char *text)
{
	if (f->count == COUNT_OF(f->path)) {
		cli_fail(
			EXIT_USAGE, "--media: a post takes up to %d of them", MEDIA_IMAGES_MAX);
		return false;
	}
	f->path[f->count++] = text;
	return true;
}

static bool add_alt(struct media_files *f, const char *text)
{
	if (f->count == 0 || f->alt[f->count - 1]) {
		cli_fail(EXIT_USAGE, "--alt stands behind the --media that it describes");
		return false;
	}
	f->alt[f->count - 1] = text;
	return true;
}

/* Whether argv[at] is --name, with a value in it or behind it, which is *ret then. */
static bool is_option(const char *name, int at, int argc, char **argv, const char **ret)
{
	size_t n = strlen(name);

	if (strncmp(argv[at], name, n) != 0)
		return false;
	*ret = argv[at][n] == '=' ? argv[at] + n + 1 : at + 1 < argc ? argv[at + 1] : NULL;
	return *ret && (argv[at][n] == '=' || !argv[at][n]);
}

bool media_take(struct media_files *f, int *argc, char **argv)
{
	bool options = true;
	int kept = 1;

	for (int i = 1; i < *argc; i++) {
		const char *value = NULL;
		bool is_media = options && is_option("--media", i, *argc, argv, &value);
		bool is_alt =
			options && !is_media && is_option("--alt", i, *argc, argv, &value);

		options = options && strcmp(argv[i], "--") != 0;
		if (!is_media && !is_alt) {
			argv[kept++] = argv[i];
			continue;
		}
		if (is_media ? !add_file(f, value) : !add_alt(f, value))
			return false;
		i += i + 1 < *argc && value == argv[i + 1];
	}
	*argc = kept;
	return true;
}

/* What is an id or a handle stays; everything else is a file. */
static int read_one(struct cli *c, const char *text, char **ret)
{
	unsigned char hash[MEDIA_HASH_BYTES];

	if (!text_is_x_id(str_of(text)) && !media_handle_read(str_of(text), hash))
		return cli_send_media(c, text, ret);
	*ret = mem_dup(text, strlen(text));
	return *ret ? EXIT_DONE : cli_fail(EXIT_FAILED, "out of memory");
}

int media_files_send(struct cli *c, const struct media_files *f, json_t *list)
{
	for (size_t i = 0; i < f->count; i++) {
		char *name = NULL;
		int code = read_one(c, f->path[i], &name);

		if (!code)
			json_array_append_new(list, f->alt[i] ? json_pack("{s:s,s:s}", "media",
									name, "alt", f->alt[i])
							      : json_string(name));
		roost_free(name);
		if (code)
			return code;
	}
	return EXIT_DONE;
}

/* --- roost media --- */

static int send_files(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 100};
	AUTO_JSON list = json_array();
	int count = cli_options(c, cmd, NULL, argc, argv, bounds);
	int code = count < 0 ? c->exit : EXIT_DONE;

	for (int i = 1; i <= count && !code; i++) {
		char *handle = NULL;

		code = cli_send_media(c, argv[i], &handle);
		if (!code && c->json)
			json_array_append_new(
				list, json_pack("{s:s,s:s}", "file", argv[i], "media", handle));
		else if (!code)
			printf("%s %s\n", handle, argv[i]);
		roost_free(handle);
	}
	if (!code && c->json)
		cli_print_json(list);
	return code;
}

const struct command media_commands[] = {
	{"media", send_files, "send pictures and videos, for jobs to come",
		"FILE... [OPTIONS]\n\nPrints the handle of each, which jobs name in their "
		"argument "
		"`media`. An upload\nthat was interrupted goes on where it was.\n\nexample:\n"
		"  roost media cat.png film.mp4"},
	{0},
};
