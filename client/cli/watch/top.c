/* top.c - what a dispatcher does, looked at again and again; and how a batch stands */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/cli/cli.h"
#include "common/base/text.h"

#define EVERY_MS     2000
#define FULLEST      10
#define CLEAR_SCREEN "\033[H\033[J"

/* --- batch --- */

/* Adds the numbers of `more` to those of `all`, and those of their maps; the later eta counts.
 */
static void add_up(json_t *all, const json_t *more)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)more, key, value)
	{
		json_t *have = json_object_get(all, key);
		json_int_t sum = json_integer_value(have) + json_integer_value(value);

		if (json_is_object(have))
			add_up(have, value);
		else if (!json_is_integer(have) || strcmp(key, "eta") == 0)
			sum = json_integer_value(have) > json_integer_value(value)
				      ? json_integer_value(have)
				      : json_integer_value(value);
		if (json_is_integer(value) && !json_is_object(have))
			json_object_set_new(all, key, json_integer(sum));
	}
}

static int ask_batch(struct cli *c, const char *name, json_t **ret)
{
	json_t *all = NULL, *answer = NULL;
	char cursor[32] = "";
	int code;

	do {
		json_t *request = json_pack("{s:s}", "id", name);

		if (cursor[0])
			json_object_set_new(request, "cursor", json_string(cursor));
		code = cli_look(c, "batch", request, &answer);
		if (code)
			break;
		(void)snprintf(cursor, sizeof(cursor), "%s",
			json_is_string(json_object_get(answer, "cursor"))
				? json_string_value(json_object_get(answer, "cursor"))
				: "");
		json_object_del(answer, "cursor");
		if (all)
			add_up(all, answer);
		else
			all = json_incref(answer);
		json_decref(answer);
	} while (cursor[0]);
	if (code)
		json_decref(all);
	else
		*ret = all;
	return code;
}

static void print_batch(const json_t *o)
{
	static const char *const rows[] = {
		"total", "eta", "price_usd_micros", "spent_usd_micros"};
	const char *state;
	json_t *count;
	char text[80];

	json_object_foreach(json_object_get(o, "jobs"), state, count)
	{
		if (json_integer_value(count))
			printf("%-20s %lld\n", state, (long long)json_integer_value(count));
	}
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		printf("%-20s %s\n", rows[i],
			cli_show(rows[i], json_object_get(o, rows[i]), text, sizeof(text)));
}

static int run_batch(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};
	json_t *all = NULL;

	if (cli_options(c, cmd, NULL, argc, argv, bounds) < 0)
		return c->exit;
	int code = ask_batch(c, argv[1], &all);
	if (code)
		return code;
	if (c->json)
		cli_print_json(all);
	else
		print_batch(all);
	json_decref(all);
	return EXIT_DONE;
}

/* --- top --- */

static double fullness(const json_t *w)
{
	json_int_t limit = json_integer_value(json_object_get(w, "limit"));

	return limit ? (double)json_integer_value(json_object_get(w, "used")) / (double)limit
		     : 0;
}

/* The windows that are fullest, fullest first; the caller's. */
static json_t *fullest(const json_t *windows)
{
	json_t *best = json_array();

	for (size_t i = 0; i < json_array_size(windows); i++) {
		json_t *w = json_array_get(windows, i);
		size_t at = json_array_size(best);

		while (at > 0 && fullness(json_array_get(best, at - 1)) < fullness(w))
			at--;
		if (at < FULLEST && fullness(w) > 0)
			json_array_insert(best, at, w);
		if (json_array_size(best) > FULLEST)
			json_array_remove(best, FULLEST);
	}
	return best;
}

/* One look; NULL and an exit code when it failed. The caller's. */
static json_t *look(struct cli *c, int *ret_code)
{
	json_t *stats = NULL, *limits = NULL;

	*ret_code = cli_look(c, "stats", NULL, &stats);
	if (!*ret_code)
		*ret_code = cli_look(c, "limits", NULL, &limits);
	if (!*ret_code)
		json_object_set_new(
			stats, "windows", fullest(json_object_get(limits, "windows")));
	json_decref(limits);
	if (!*ret_code)
		return stats;
	json_decref(stats);
	return NULL;
}

static void print_counts(const char *title, const json_t *map)
{
	const char *key;
	json_t *count;

	printf("%-9s", title);
	json_object_foreach((json_t *)(uintptr_t)map, key, count)
	{
		if (json_integer_value(count))
			printf(" %s %lld", key, (long long)json_integer_value(count));
	}
	(void)putchar('\n');
}

/* "enqueued", "begun": how many a second since the look before. */
static void print_rates(const json_t *now, const json_t *before)
{
	static const char *const keys[] = {"enqueued", "assigned", "begun", "limited"};
	json_int_t ms = json_integer_value(json_object_get(now, "uptime_ms")) -
			json_integer_value(json_object_get(before, "uptime_ms"));

	printf("%-9s", "a second");
	for (size_t i = 0; before && ms > 0 && i < COUNT_OF(keys); i++)
		printf(" %s %.1f", keys[i],
			(double)(json_integer_value(json_object_get(now, keys[i])) -
				 json_integer_value(json_object_get(before, keys[i]))) *
				1000.0 / (double)ms);
	(void)putchar('\n');
}

static void print_look(const json_t *now, const json_t *before)
{
	static const struct column columns[] = {
		{"FULLEST WINDOWS", "family"},
		{"SCOPE", "scope"},
		{"OF", "owner"},
		{"USED", "used"},
		{"LIMIT", "limit"},
		{"RESETS AT", "resets_at"},
		{0},
	};

	if (isatty(STDOUT_FILENO))
		(void)fputs(CLEAR_SCREEN, stdout);
	printf("workers   %lld with %lld slots, %lld out\n",
		(long long)json_integer_value(json_object_get(now, "workers")),
		(long long)json_integer_value(json_object_get(now, "slots")),
		(long long)json_integer_value(json_object_get(now, "leases")));
	print_counts("jobs", json_object_get(now, "jobs"));
	print_rates(now, before);
	print_counts("held", json_object_get(now, "held"));
	print_counts("refused", json_object_get(now, "refused"));
	(void)putchar('\n');
	cli_print_table(json_object_get(now, "windows"), columns);
	(void)fflush(stdout);
}

/* Looks `count` times (0: for ever), `every` milliseconds apart. */
static int watch(struct cli *c, int64_t count, int every)
{
	json_t *before = NULL;
	int code = EXIT_DONE;

	for (int64_t n = 0; !code && (!count || n < count); n++) {
		if (n)
			(void)poll(NULL, 0, every);
		json_t *now = look(c, &code);
		if (now && c->json)
			cli_print_json(now);
		else if (now)
			print_look(now, before);
		json_decref(before);
		before = now;
	}
	json_decref(before);
	return code;
}

static int run_top(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	const char *count = NULL, *every = NULL;
	const struct option_spec specs[] = {
		{"count",
			"look so many times and end (default: for ever on a terminal, else "
			"once)",
			&count, NULL},
		{"every", "so long between two looks (default 2s)", &every, NULL},
		{0},
	};
	int64_t times = isatty(STDOUT_FILENO) && !c->json ? 0 : 1;
	usec_t pause = EVERY_MS * USEC_MSEC;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	if (c->json && !count)
		times = 1;
	if (count && text_to_int(str_of(count), 1, INT32_MAX, &times))
		return cli_fail(EXIT_USAGE, "--count is a whole number from 1 on");
	if (every && (text_to_duration(str_of(every), &pause) || pause < 100 * USEC_MSEC ||
			     pause > USEC_HOUR))
		return cli_fail(EXIT_USAGE, "--every is a time from 100ms to 1h, such as 2s");
	return watch(c, times, (int)(pause / USEC_MSEC));
}

/* clang-format off */
const struct command top_commands[] = {
	{"batch", run_batch, "how the jobs of a batch stand, and what they cost", "NAME\n\nexample:\n  roost batch spring --json"},
	{"top", run_top, "what the dispatcher does, looked at again and again",
		"\n\nJobs by state, rates, what holds and what was refused, and the fullest windows. With --json a line for each look.\n\n"
		"example:\n  roost top\n  roost top --count 1 --json"},
	{0},
};
/* clang-format on */
