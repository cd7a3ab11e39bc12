#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client/cli/cli.h"
#include "client/cli/media/files.h"
#include "client/cli/rows.h"
#include "common/json/json.h"

#define ARGS_MAX     40
#define LOOK_FIRST   20 /* ms between looks at a job that is waited for */
#define LOOK_MOST    500
#define WAIT_DEFAULT "120"
#define TEXT_MAX     ((size_t)1024 * 1024)
#define RESULTS_MOST 500

/* What a command line says of one job, beside the action's own arguments. */
struct job_flags {
	const char *account, *key, *at, *expires, *priority, *batch, *attempts, *unsure, *wait,
		*after;
	bool no_wait;
	struct media_files media;
	const char *unused;
	const char *json;           /* arguments as a map, or NULL */
	const char *args[ARGS_MAX]; /* by the action's table */
};

/* Taken by media_take() before; here they are for the help. Returns how many options that is.
 */
static size_t list_media(struct job_flags *f, struct option_spec *specs)
{
	specs[0] = (struct option_spec){"media",
		"a picture or video: a file, which is sent, its handle, or an id of X; may be "
		"given several times",
		&f->unused, NULL};
	specs[1] = (struct option_spec){"alt",
		"what the --media before it shows, for who cannot see it", &f->unused, NULL};
	return 2;
}

/* The options of an action: those of every job, then one for each of its arguments (a NULL:
 * none). */
static void list_options(
	struct job_flags *f, const struct action *a, struct option_spec specs[ARGS_MAX + 16])
{
	const struct option_spec common[] = {
		{"account", "the account that does it (not needed when there is only one)",
			&f->account, NULL},
		{"no-wait", "do not wait for its result", NULL, &f->no_wait},
		{"wait", "seconds to wait for its result (default " WAIT_DEFAULT ")", &f->wait,
			NULL},
		{"key", "idempotency key: the same key and content gives the same job", &f->key,
			NULL},
		{"at", "not before this instant: RFC 3339, +30m", &f->at, NULL},
		{"expires", "not after this instant", &f->expires, NULL},
		{"after", "ids or keys of jobs that must be done first, with commas", &f->after,
			NULL},
		{"priority", "0 low to 9 high (default 5)", &f->priority, NULL},
		{"batch", "name of a batch", &f->batch, NULL},
		{"max-attempts", "attempts that may fail", &f->attempts, NULL},
		{"on-unsure", "settle (default) or ask", &f->unsure, NULL},
	};
	size_t n = 0;

	for (; n < COUNT_OF(common); n++)
		specs[n] = common[n];
	for (size_t i = 0; a && i < a->arg_count && i < ARGS_MAX; i++) {
		if (a->args[i].type == ARG_MEDIA)
			n += list_media(f, &specs[n]);
		else
			specs[n++] = (struct option_spec){
				a->args[i].name, a->args[i].help, &f->args[i], NULL};
	}
	specs[n] = (struct option_spec){0};
}

static bool set_number(json_t *job, const char *key, const char *text)
{
	int64_t number;

	if (!text)
		return true;
	if (text_to_int(str_of(text), 0, 1000000, &number)) {
		cli_fail(EXIT_USAGE, "%s: '%s' is no number", key, text);
		return false;
	}
	json_object_set_new(job, key, json_integer(number));
	return true;
}

static void set_text(json_t *job, const char *key, const char *text)
{
	if (text)
		json_object_set_new(job, key, json_string(text));
}

/* The value of an argument, the caller's; NULL when it is none. "-" as a text is standard
 * input.
 */
static json_t *read_arg(const struct arg *arg, const char *text)
{
	struct buf in;

	if (strcmp(text, "-") != 0 || (arg->type != ARG_POST && arg->type != ARG_TEXT))
		return rows_arg(arg, text);
	buf_init(&in, TEXT_MAX);
	json_t *value = cli_text(text, &in) ? NULL : rows_arg(arg, buf_cstr(&in));
	buf_done(&in);
	return value;
}

static bool set_args(json_t *job, const struct action *a, const struct job_flags *f)
{
	json_t *args =
		f->json ? json_loads(f->json, JSON_REJECT_DUPLICATES, NULL) : json_object();

	if (!json_is_object(args)) {
		json_decref(args);
		cli_fail(EXIT_USAGE,
			"'%s' is no map of arguments in JSON; `roost actions %s` shows one",
			f->json, a->name);
		return false;
	}
	json_object_set_new(job, "args", args);
	for (size_t i = 0; i < a->arg_count && i < ARGS_MAX; i++) {
		if (!f->args[i])
			continue;
		json_t *value = read_arg(&a->args[i], f->args[i]);
		if (!value) {
			cli_fail(EXIT_USAGE, "%s: '%s' is no such value; write %s",
				a->args[i].name, f->args[i], rows_arg_form(&a->args[i]));
			return false;
		}
		json_object_set_new(args, a->args[i].name, value);
	}
	return true;
}

/* Names the only account there is. Exit code. */
static int set_only_account(struct cli *c, json_t *job)
{
	AUTO_JSON answer = NULL;
	int code = cli_call(c, "accounts", NULL, &answer);
	const json_t *all = json_object_get(answer, "accounts");

	if (code)
		return code;
	if (json_array_size(all) == 0)
		return cli_fail(EXIT_FAILED,
			"there is no account yet; `roost account import` brings one");
	if (json_array_size(all) > 1)
		return cli_fail(EXIT_USAGE, "there are %zu accounts: name one with --account",
			json_array_size(all));
	json_object_set(job, "account", json_object_get(json_array_get(all, 0), "name"));
	return EXIT_DONE;
}

/* "j12,launch" as a list. */
static void set_after(json_t *job, const char *names)
{
	json_t *list = names ? json_array() : NULL;

	while (names) {
		size_t n = strcspn(names, ",");

		json_array_append_new(list, json_stringn(names, n));
		names = names[n] ? names + n + 1 : NULL;
	}
	if (list)
		json_object_set_new(job, "after", list);
}

/* Sends the files that go with the job, once all else is known to be good. Exit code. */
static int set_media(
	struct cli *c, json_t *job, const struct action *a, const struct job_flags *f)
{
	json_t *list = json_array();
	int code = media_files_send(c, &f->media, list);

	for (size_t i = 0; i < a->arg_count && f->media.count; i++)
		if (a->args[i].type == ARG_MEDIA)
			json_object_set(json_object_get(job, "args"), a->args[i].name, list);
	json_decref(list);
	return code;
}

/* Puts what the command line says into the job. Exit code. */
static int fill_job(
	struct cli *c, json_t *job, const struct action *a, const struct job_flags *f)
{
	set_text(job, "account", f->account);
	set_text(job, "key", f->key);
	set_text(job, "batch", f->batch);
	set_text(job, "on_unsure", f->unsure);
	set_after(job, f->after);
	bool good = set_args(job, a, f) && set_number(job, "priority", f->priority) &&
		    set_number(job, "max_attempts", f->attempts) &&
		    (!f->at || cli_set_time(job, "run_at", f->at)) &&
		    (!f->expires || cli_set_time(job, "expires_at", f->expires));
	if (!good)
		return EXIT_USAGE;
	int code = set_media(c, job, a, f);
	return code || f->account ? code : set_only_account(c, job);
}

static bool has_ended(const json_t *job)
{
	static const char *const ends[] = {"done", "failed", "cancelled", "expired", "unsure"};
	const char *state = json_string_value(json_object_get(job, "state"));

	for (size_t i = 0; state && i < COUNT_OF(ends); i++)
		if (strcmp(state, ends[i]) == 0)
			return true;
	return false;
}

/* Its reply was shown here: if it is the oldest one that is kept, it need not be kept. */
static bool acknowledge(struct cli *c, const char *id)
{
	json_t *answer = NULL;
	bool was = false;

	if (cli_call(c, "results", json_pack("{s:i}", "max", 1), &answer) == EXIT_DONE) {
		const json_t *first = json_array_get(json_object_get(answer, "results"), 0);
		const char *its = json_string_value(json_object_get(first, "id"));

		was = its && strcmp(its, id) == 0 &&
		      !cli_call(c, "ack",
			      json_pack("{s:O}", "upto", json_object_get(first, "seq")), NULL);
	}
	json_decref(answer);
	return was;
}

static void print_response(const json_t *of)
{
	const json_t *response = json_object_get(of, "response");

	if (json_is_object(response) && !json_dumpf(response, stdout, JSON_INDENT(2)))
		(void)putchar('\n');
}

/* Shows the pages of a job that came as results of their own since `seen`, a seq. */
static void show_pages(struct cli *c, const char *id, json_int_t *seen)
{
	json_t *answer = NULL;
	size_t i;
	const json_t *result;

	if (cli_call(c, "results", json_pack("{s:i}", "max", RESULTS_MOST), &answer))
		return;
	json_array_foreach(json_object_get(answer, "results"), i, result)
	{
		const char *its = json_string_value(json_object_get(result, "id"));
		json_int_t seq = json_integer_value(json_object_get(result, "seq"));

		if (seq <= *seen || !its || strcmp(its, id) != 0 || has_ended(result))
			continue;
		*seen = seq;
		if (c->json) {
			cli_print_json(result);
			continue;
		}
		printf("%s page %lld of at most %lld\n", id,
			(long long)json_integer_value(json_object_get(result, "page")),
			(long long)json_integer_value(json_object_get(result, "pages")));
		print_response(result);
	}
	json_decref(answer);
}

static int show_end(const struct cli *c, const json_t *job)
{
	const char *state = json_string_value(json_object_get(job, "state"));
	const json_t *error = json_object_get(job, "error");
	char text[400];

	if (c->json) {
		cli_print_json(job);
	} else if (strcmp(state, "done") == 0) {
		const char *x_id = json_string_value(json_object_get(job, "x_id"));

		printf("%s done%s%s\n", json_string_value(json_object_get(job, "id")),
			x_id ? " " : "", x_id ? x_id : "");
		print_response(job);
	}
	if (strcmp(state, "done") == 0)
		return EXIT_DONE;
	return cli_fail(EXIT_FAILED, "the job is %s: %s", state,
		cli_show("message", json_object_get(error, "message"), text, sizeof(text)));
}

static int wait_for(struct cli *c, const char *id, int64_t seconds, bool each)
{
	json_int_t seen = 0;
	int64_t left = seconds * 1000;
	int pause = LOOK_FIRST;

	for (;;) {
		json_t *answer = NULL;
		int code = cli_call(c, "get", json_pack("{s:[s]}", "ids", id), &answer);
		const json_t *job = json_array_get(json_object_get(answer, "jobs"), 0);

		if (each && !code)
			show_pages(c, id, &seen);
		if (!code && has_ended(job)) {
			code = show_end(c, job);
			json_decref(answer);
			while (acknowledge(c, id) && each)
				continue;
			return code;
		}
		json_decref(answer);
		if (code && code != EXIT_UNAVAILABLE)
			return code;
		left -= code ? c->timeout_ms : 0; /* it may come back */
		if (left <= 0)
			return cli_fail(EXIT_FAILED,
				"%s has not ended yet; `roost job %s` says why", id, id);
		(void)poll(NULL, 0, pause);
		left -= pause;
		pause = pause * 2 > LOOK_MOST ? LOOK_MOST : pause * 2;
	}
}

static int enqueue(struct cli *c, json_t *job, const struct job_flags *f)
{
	json_t *answer = NULL;
	int64_t seconds = 0;
	bool each = json_is_true(json_object_get(json_object_get(job, "args"), "each"));

	if (text_to_int(str_of(f->wait), 1, 86400, &seconds)) {
		json_decref(job);
		return cli_fail(EXIT_USAGE, "--wait is 1 to 86400 seconds");
	}
	int code = cli_call(c, "enqueue", json_pack("{s:[o]}", "jobs", job), &answer);
	const json_t *entry = json_array_get(json_object_get(answer, "jobs"), 0);
	const char *id = json_string_value(json_object_get(entry, "id"));
	if (!code && f->no_wait) {
		if (c->json)
			cli_print_json(entry);
		else
			printf("%s %s\n", id,
				json_string_value(json_object_get(entry, "state")));
	} else if (!code) {
		code = wait_for(c, id, seconds, each);
	}
	json_decref(answer);
	return code;
}

/* The usage of an action command begins with its positional arguments: "TO TEXT". */
static int positional(const struct command *cmd, const struct action *a,
	const char *const *values, int count, struct job_flags *f)
{
	const char *at = cmd->usage;

	for (int i = 0; i < count; i++) {
		char name[32] = "";
		size_t n = 0;

		at += strspn(at, " [");
		for (; *at && !strchr(" ]\n", *at) && n + 1 < sizeof(name); at++)
			name[n++] = (char)(*at >= 'A' && *at <= 'Z' ? *at + 'a' - 'A' : *at);
		at += *at == ']';
		const struct arg *arg = action_arg(a, (struct str){name, n});
		if (!arg || arg - a->args >= ARGS_MAX)
			return cli_fail(EXIT_USAGE,
				"too many arguments; `roost %s --help` shows how it is used",
				cmd->name);
		f->args[arg - a->args] = values[i];
	}
	return EXIT_DONE;
}

/* The texts of a thread, each a post. */
static void set_posts(json_t *job, const char *const *texts, int count)
{
	json_t *posts = json_array();

	for (int i = 0; i < count; i++)
		json_array_append_new(posts, json_pack("{s:s}", "text", texts[i]));
	json_object_set_new(json_object_get(job, "args"), "posts", posts);
}

static bool takes_media(const struct action *a)
{
	for (size_t i = 0; i < a->arg_count; i++)
		if (a->args[i].type == ARG_MEDIA)
			return true;
	return false;
}

/* The job that the command line says, enqueued. Exit code. */
static int ask(struct cli *c, const struct action *a, const struct job_flags *f,
	const char *const *posts, int post_count)
{
	json_t *job = json_pack("{s:s}", "action", a->name);
	int code = fill_job(c, job, a, f);

	if (post_count)
		set_posts(job, posts, post_count);
	if (!code)
		return enqueue(c, job, f);
	json_decref(job);
	return code;
}

static int run_action(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 4}, posts[] = {0, THREAD_MAX};
	const struct action *a = action_find(str_of(cmd->name));
	const char *const *values = (const char *const *)argv + 1;
	struct job_flags f = {.wait = WAIT_DEFAULT};
	struct option_spec specs[ARGS_MAX + 16];

	ASSERT(a);
	if (takes_media(a) && !media_take(&f.media, &argc, argv))
		return EXIT_USAGE;
	list_options(&f, a, specs);
	bool is_thread = (a->flags & ACTION_PARTS) != 0;
	int count = cli_options(c, cmd, specs, argc, argv, is_thread ? posts : bounds);
	if (count < 0)
		return c->exit;
	int code = is_thread ? EXIT_DONE : positional(cmd, a, values, count, &f);
	return code ? code : ask(c, a, &f, values, is_thread ? count : 0);
}

/* Any action, its arguments as JSON, as options, or both. */
static int run_do(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 2};
	int at = cli_command_at(argc, argv);
	bool is_named = at < argc && argv[at][0] != '-';
	const struct action *a = is_named ? cli_action(argv[at]) : NULL;
	struct job_flags f = {.wait = WAIT_DEFAULT};
	struct option_spec specs[ARGS_MAX + 16];

	if (is_named && !a)
		return EXIT_FAILED;
	if (a && takes_media(a) && !media_take(&f.media, &argc, argv))
		return EXIT_USAGE;
	list_options(&f, a, specs);
	int count = cli_options(c, cmd, specs, argc, argv, bounds);
	if (count < 0)
		return c->exit;
	if (!a)
		return cli_fail(EXIT_USAGE,
			"the name of the action comes first: `roost do NAME ...`; `roost "
			"actions` lists them");
	f.json = count > 1 ? argv[2] : NULL;
	return ask(c, a, &f, NULL, 0);
}

/* clang-format off */
#define ACT(name, help, arguments, example) {name, run_action, help, arguments " [OPTIONS]\n\nexample:\n  roost " example}
const struct command action_commands[] = {
	ACT("post",        "post a text",                       "TEXT",       "post 'hello, world' --account acme --media cat.png --alt 'a black cat'\n  roost post 'tea or coffee?' --poll 'tea;coffee'"),
	ACT("reply",       "reply to a post",                   "TO TEXT",    "reply 1900000000000000001 'thank you'"),
	ACT("quote",       "quote a post",                      "POST TEXT",  "quote 1900000000000000001 'worth a read'"),
	ACT("delete_post", "delete one of your posts",          "POST",       "delete-post 1900000000000000001"),
	ACT("thread",      "post a thread: each text answers the one before", "[TEXT TEXT...]", "thread 'first' 'second' 'and last' --on_failure wait"),
	ACT("repost",      "repost a post",                     "POST",       "repost 1900000000000000001"),
	ACT("unrepost",    "take a repost back",                "POST",       "unrepost 1900000000000000001"),
	ACT("like",        "like a post",                       "POST",       "like 1900000000000000001"),
	ACT("unlike",      "take a like back",                  "POST",       "unlike 1900000000000000001"),
	ACT("follow",      "follow a user",                     "USER",       "follow @xdevelopers"),
	ACT("unfollow",    "stop following a user",             "USER",       "unfollow @xdevelopers"),
	ACT("mute",        "mute a user",                       "USER",       "mute @noisy"),
	ACT("unmute",      "stop muting a user",                "USER",       "unmute @noisy"),
	ACT("bookmark",    "bookmark a post",                   "POST",       "bookmark 1900000000000000001"),
	ACT("unbookmark",  "remove a bookmark",                 "POST",       "unbookmark 1900000000000000001"),
	ACT("dm",          "send a direct message",             "TO TEXT",    "dm @friend 'see you at eight'"),
	ACT("delete_dm",   "delete a direct message event",     "EVENT",      "delete-dm 1900000000000000001"),
	ACT("get_me",      "who the account is",                "",           "get-me --account acme"),
	ACT("get_user",    "look a user up",                    "USER",       "get-user @xdevelopers"),
	ACT("get_post",    "look a post up",                    "POST",       "get-post 1900000000000000001"),
	ACT("timeline",    "posts of a user, newest first",     "[USER]",     "timeline @xdevelopers --max-results 100 --pages 5"),
	ACT("mentions",    "posts that mention a user",         "[USER]",     "mentions --since_id 1900000000000000001"),
	ACT("home",        "the account's home timeline",       "",           "home --max_results 20"),
	ACT("search",      "search the posts of the last week", "QUERY",      "search 'roost lang:en -is:retweet'"),
	ACT("followers",   "who follows a user",                "[USER]",     "followers @xdevelopers --pages 10 --each true"),
	ACT("following",   "whom a user follows",               "[USER]",     "following @xdevelopers"),
	ACT("likes",       "posts a user likes",                "[USER]",     "likes @xdevelopers"),
	ACT("dms",         "messages of a conversation",        "[WITH]",     "dms @friend --max_results 20"),
	ACT("dm_group",    "begin a conversation of several",   "PARTICIPANTS TEXT", "dm-group '2244994945;6253282' 'hello'"),
	ACT("hide_reply",  "hide a reply to one of your posts", "POST",       "hide-reply 1900000000000000001"),
	ACT("unhide_reply", "show a hidden reply again",        "POST",       "unhide-reply 1900000000000000001"),
	{"do", run_do, "any action by its name, also the operations of X's specification",
		"NAME ['{JSON}'] [OPTIONS]\n\nThe arguments are a map in JSON, or options, or both. `roost actions` lists the actions, `roost actions NAME`\n"
		"shows the arguments of one, and `roost do NAME --help` its options.\n\nexample:\n"
		"  roost do createLists '{\"name\": \"birds\"}' --account acme\n  roost do getListsMembers --id 1900000000000000001"},
	{0},
};
/* clang-format on */
