#include <string.h>

#include "client/cli/cli.h"
#include "common/json/json.h"

static const struct column job_columns[] = {
	{"ID", "id"},
	{"STATE", "state"},
	{"ACCOUNT", "account"},
	{"ACTION", "action"},
	{"TRIES", "attempts"},
	{"WAITS FOR", "verdict.text"},
	{"UNTIL", "verdict.until"},
	{"KEY", "key"},
	{0},
};

/* The filter options that `jobs` and `cancel` share. */
struct filter {
	const char *state, *account, *action, *batch, *tag, *text;
};

#define FILTER_OPTIONS(f)                                                      \
	{"state", "jobs in this state", &(f).state, NULL},                     \
		{"account", "jobs of this account", &(f).account, NULL},       \
		{"action", "jobs with this action", &(f).action, NULL},        \
		{"batch", "jobs of this batch", &(f).batch, NULL},             \
		{"tag", "jobs with this tag", &(f).tag, NULL},                 \
	{                                                                      \
		"text", "jobs whose arguments hold this text", &(f).text, NULL \
	}

static void set_text(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

static json_t *filter_request(const struct filter *f)
{
	json_t *o = json_object();

	set_text(o, "state", f->state);
	set_text(o, "account", f->account);
	set_text(o, "action", f->action);
	set_text(o, "batch", f->batch);
	set_text(o, "tag", f->tag);
	set_text(o, "text", f->text);
	return o;
}

static bool filter_is_given(const struct filter *f)
{
	return f->state || f->account || f->action || f->batch || f->tag || f->text;
}

static json_t *ids_request(int count, char **ids)
{
	json_t *list = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(list, json_string(ids[i]));
	return json_pack("{s:o}", "ids", list);
}

static int run_jobs(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 0};
	struct filter f = {0};
	const char *limit = "50", *cursor = NULL;
	bool all = false;
	const struct option_spec specs[] = {
		FILTER_OPTIONS(f),
		{"limit", "at most so many (default 50)", &limit, NULL},
		{"cursor", "go on where an earlier list left off", &cursor, NULL},
		{"all", "all of them, page by page", NULL, &all},
		{0},
	};
	AUTO_JSON jobs = json_array();
	AUTO_JSON at = NULL;
	int64_t max;
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	if (text_to_int(str_of(limit), 1, 1000, &max))
		return cli_fail(EXIT_USAGE, "--limit is 1 to 1000");
	if (cursor && !at)
		at = json_string(cursor);
	do {
		AUTO_JSON answer = NULL;
		json_t *request = filter_request(&f);

		json_object_set_new(request, "limit", json_integer(max));
		if (at)
			json_object_set(request, "cursor", at);
		code = cli_look(c, "list", request, &answer);
		if (code)
			return code;
		json_array_extend(jobs, json_object_get(answer, "jobs"));
		json_decref(at);
		at = json_is_string(json_object_get(answer, "cursor"))
			     ? json_incref(json_object_get(answer, "cursor"))
			     : NULL;
	} while (at && (all || json_array_size(jobs) == 0));
	cli_print_list(c, jobs, job_columns);
	if (at && !c->json)
		cli_fail(0, "there are more; --cursor %s goes on, --all lists everything",
			json_string_value(at));
	return EXIT_DONE;
}

static void print_pairs(const json_t *job)
{
	char text[4096];
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)job, key, value)
	{
		if (!json_is_null(value))
			printf("%-18s %s\n", key, cli_show(key, value, text, sizeof(text)));
	}
}

/* The entries of `list` that say why something was refused. Returns how many. */
static size_t print_refusals(const json_t *list)
{
	size_t bad = 0;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *entry = json_array_get(list, i);
		const json_t *error = json_object_get(entry, "error");

		if (!error || !json_object_get(error, "code"))
			continue;
		bad += json_object_get(entry, "action") ==
		       NULL; /* a job's own error is no refusal */
		if (!json_object_get(entry, "action"))
			cli_fail(0, "%s: %s", json_string_value(json_object_get(entry, "id")),
				json_string_value(json_object_get(error, "message")));
	}
	return bad;
}

static int run_job(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1000};
	AUTO_JSON answer = NULL;
	int code;
	int count = cli_options(c, cmd, NULL, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	code = cli_look(c, "get", ids_request(count, argv + 1), &answer);
	if (code)
		return code;
	const json_t *jobs = json_object_get(answer, "jobs");
	if (print_refusals(jobs))
		code = EXIT_FAILED;
	for (size_t i = 0; i < json_array_size(jobs); i++) {
		const json_t *job = json_array_get(jobs, i);

		if (!json_object_get(job, "action"))
			continue;
		if (c->json)
			cli_print_json(job);
		else
			print_pairs(job);
	}
	return code;
}

static int run_cancel(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 1000};
	struct filter f = {0};
	const struct option_spec specs[] = {FILTER_OPTIONS(f), {0}};
	AUTO_JSON answer = NULL;
	int code;
	int count = cli_options(c, cmd, specs, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	if (!count && !filter_is_given(&f))
		return cli_fail(EXIT_USAGE, "say which: ids, or a filter such as --batch "
					    "spring; `roost cancel --help` "
					    "shows them");
	code = cli_look(c, "cancel", count ? ids_request(count, argv + 1) : filter_request(&f),
		&answer);
	if (code)
		return code;
	size_t bad = print_refusals(json_object_get(answer, "errors"));
	if (c->json)
		cli_print_json(answer);
	else
		printf("cancelled %lld\n",
			(long long)json_integer_value(json_object_get(answer, "cancelled")));
	return bad && count ? EXIT_FAILED : EXIT_DONE;
}

static int run_retry(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1000};
	AUTO_JSON answer = NULL;
	int code;
	int count = cli_options(c, cmd, NULL, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	code = cli_look(c, "retry", ids_request(count, argv + 1), &answer);
	if (code)
		return code;
	const json_t *jobs = json_object_get(answer, "jobs");
	size_t bad = print_refusals(jobs);
	if (c->json)
		cli_print_json(jobs);
	else
		printf("brought back %zu\n", json_array_size(jobs) - bad);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

/* approve and reject: the operation has the command's name. */
static int run_decide(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1000};
	const char *reason = NULL;
	const struct option_spec specs[] = {
		{"reason", "why; a rejected job's result says it", &reason, NULL}, {0}};
	AUTO_JSON answer = NULL;
	int code;
	int count = cli_options(c, cmd, specs, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	json_t *request = ids_request(count, argv + 1);
	set_text(request, "reason", reason);
	code = cli_look(c, cmd->name, request, &answer);
	if (code)
		return code;
	const json_t *jobs = json_object_get(answer, "jobs");
	size_t bad = print_refusals(jobs);
	if (c->json)
		cli_print_json(jobs);
	else
		printf("%s: %zu\n", cmd->name, json_array_size(jobs) - bad);
	return bad ? EXIT_FAILED : EXIT_DONE;
}

static int print_one_job(const struct cli *c, int code, const json_t *answer)
{
	if (code)
		return code;
	if (c->json)
		cli_print_json(json_object_get(answer, "job"));
	else
		print_pairs(json_object_get(answer, "job"));
	return EXIT_DONE;
}

static int run_update(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};
	const char *at = NULL, *expires = NULL, *priority = NULL, *args = NULL;
	const struct option_spec specs[] = {
		{"at", "not before this instant", &at, NULL},
		{"expires", "not after this instant", &expires, NULL},
		{"priority", "0 low to 9 high", &priority, NULL},
		{"args", "all of the new arguments, as JSON", &args, NULL},
		{0},
	};
	AUTO_JSON answer = NULL;
	struct errmsg m;
	json_t *new_args = NULL;
	int64_t number = 0;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	if (priority && text_to_int(str_of(priority), 0, 9, &number))
		return cli_fail(EXIT_USAGE, "--priority is 0 to 9");
	if (args && json_read(str_of(args), &new_args, &m))
		return cli_fail(EXIT_USAGE, "--args: %s", m.text);
	json_t *request = json_pack("{s:s}", "id", argv[1]);
	if (priority)
		json_object_set_new(request, "priority", json_integer(number));
	if (new_args)
		json_object_set_new(request, "args", new_args);
	if ((at && !cli_set_time(request, "run_at", at)) ||
		(expires && !cli_set_time(request, "expires_at", expires))) {
		json_decref(request);
		return EXIT_USAGE;
	}
	return print_one_job(c, cli_look(c, "update", request, &answer), answer);
}

/* A blocker, one line a key. */
static void print_fields(const json_t *v, const char *indent)
{
	static const char *const keys[] = {"blocker", "ref", "until", "text", "unblock"};
	char text[300];

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (json_object_get(v, keys[i]))
			printf("%s%-8s %s\n", indent, keys[i],
				cli_show(keys[i], json_object_get(v, keys[i]), text,
					sizeof(text)));
}

/* What looks at X saw, of an unsure job: on it a person decides (`roost resolve`). */
static void print_looks(const json_t *looks)
{
	static const char *const keys[] = {"at", "look", "compared", "matches", "text"};
	char text[300];

	for (size_t i = 0; i < json_array_size(looks); i++) {
		const json_t *look = json_array_get(looks, i);

		printf("\nlook %zu of %zu\n", i + 1, json_array_size(looks));
		for (size_t k = 0; k < COUNT_OF(keys); k++)
			printf("  %-8s %s\n", keys[k],
				cli_show(keys[k], json_object_get(look, keys[k]), text,
					sizeof(text)));
	}
}

/* Without a verdict: what there is to decide on. */
static int print_evidence(struct cli *c, const char *id)
{
	AUTO_JSON answer = NULL;
	int code = cli_look(c, "explain", json_pack("{s:s}", "id", id), &answer);

	if (code)
		return code;
	if (c->json) {
		cli_print_json(json_object_get(answer, "looks"));
		return EXIT_DONE;
	}
	print_fields(json_object_get(answer, "verdict"), "");
	print_looks(json_object_get(answer, "looks"));
	printf("\nTo decide: roost resolve %s done X_ID | retry | failed\n", id);
	return EXIT_DONE;
}

static int run_resolve(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 3};
	AUTO_JSON answer = NULL;
	int count = cli_options(c, cmd, NULL, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	if (count == 1)
		return print_evidence(c, argv[1]);
	json_t *request = json_pack("{s:s,s:s}", "id", argv[1], "as", argv[2]);
	if (count > 2)
		json_object_set_new(request, "x_id", json_string(argv[3]));
	int code = print_one_job(c, cli_look(c, "resolve", request, &answer), answer);
	if (!code && !c->json)
		print_looks(json_object_get(answer, "looks"));
	return code;
}

static int run_explain(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};
	AUTO_JSON answer = NULL;
	char text[300];
	int code;

	if (cli_options(c, cmd, NULL, argc, argv, bounds) < 0)
		return c->exit;
	code = cli_look(c, "explain", json_pack("{s:s}", "id", argv[1]), &answer);
	if (code)
		return code;
	if (c->json) {
		cli_print_json(answer);
		return EXIT_DONE;
	}
	print_fields(json_object_get(answer, "verdict"), "");
	printf("%-8s %s\n", "eta",
		cli_show("eta", json_object_get(answer, "eta"), text, sizeof(text)));
	printf("%-8s %s\n", "ahead",
		cli_show("ahead", json_object_get(answer, "ahead"), text, sizeof(text)));
	const json_t *chain = json_object_get(answer, "chain");
	for (size_t i = 0; i < json_array_size(chain); i++) {
		printf("\nblocker %zu of %zu\n", i + 1, json_array_size(chain));
		print_fields(json_array_get(chain, i), "  ");
	}
	print_looks(json_object_get(answer, "looks"));
	return EXIT_DONE;
}

/* clang-format off */
const struct command job_commands[] = {
	{"jobs", run_jobs, "list jobs, newest first",
		"[OPTIONS]\n\nexample:\n  roost jobs --state ready --account acme"},
	{"job", run_job, "everything about a job, and why it waits",
		"ID...\n\nexample:\n  roost job j12"},
	{"cancel", run_cancel, "cancel jobs that have not begun",
		"ID... | FILTER OPTIONS\n\nexample:\n  roost cancel j12 j13\n  roost cancel --batch spring"},
	{"retry", run_retry, "run failed, expired or cancelled jobs again",
		"ID...\n\nexample:\n  roost retry j12"},
	{"update", run_update, "change a job that does not run yet",
		"ID [OPTIONS]\n\nexample:\n  roost update j12 --at +30m --priority 9"},
	{"resolve", run_resolve, "decide what became of an unsure job, or see what was found",
		"ID [done|retry|failed] [X_ID]\n\nWithout a decision it shows what looks at X "
		"found.\n\nexample:\n  roost resolve j12\n  roost resolve j12 done "
		"1900000000000000001"},
	{"approve", run_decide, "let held jobs go",
		"ID... [--reason TEXT]\n\nexample:\n  roost approve j12 j13"},
	{"reject", run_decide, "let held jobs fail",
		"ID... [--reason TEXT]\n\nexample:\n  roost reject j12 --reason 'not our tone'"},
	{"explain", run_explain, "why a job waits, and until when",
		"ID\n\nexample:\n  roost explain j12"},
	{0},
};
/* clang-format on */
