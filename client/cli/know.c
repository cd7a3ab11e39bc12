#include <stdio.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/base/mem.h"
#include "common/json/json.h"
#include "common/xapi/actions.h"
#include "common/xapi/describe.h"
#include "common/xapi/entitle.h"
#include "common/xapi/limits.h"
#include "common/xapi/price.h"
#include "common/xapi/text/count.h"

#define PAGE_MAX   ((size_t)1 << 20)
#define SCOPES_MAX 512

/* --- actions --- */

static json_t *one_argument(const struct arg *arg)
{
	json_t *words = arg->words ? json_array() : json_null();

	for (const char *const *w = arg->words; w && *w; w++)
		json_array_append_new(words, json_string(*w));
	json_t *inner = arg->inner_count ? json_array() : json_null();
	for (size_t i = 0; i < arg->inner_count; i++)
		json_array_append_new(inner, one_argument(&arg->inner[i]));
	return json_pack("{s:s,s:s,s:b,s:I,s:I,s:o,s:s,s:s,s:o}", "name", arg->name, "type",
		describe_type(arg), "required", arg->required, "min", (json_int_t)arg->min,
		"max", (json_int_t)arg->max, "words", words, "pattern",
		pattern_expression(arg->pattern), "help", arg->help, "inner", inner);
}

static json_t *windows_of(const struct limits *l, enum call c, enum post_kind kind)
{
	struct limit limit[LIMITS_PER_CALL_MAX];
	size_t n = limits_of(l, "payg", c, limit);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		if (!limit_is_for(&limit[i], kind, true))
			continue;
		json_array_append_new(list,
			json_pack("{s:s,s:s,s:I,s:b,s:I}", "family",
				limits_family(l, limit[i].family), "scope",
				limit[i].scope == LIMIT_APP ? "app" : "account", "window_s",
				(json_int_t)(limit[i].length / USEC_SEC), "unverified_only",
				limit[i].unverified, "limit", (json_int_t)limit[i].limit));
	}
	return list;
}

static json_t *one_action(const struct limits *l, const struct action *a)
{
	const struct call_info *info = call_info(a->call);
	json_t *arguments = json_array();
	char scopes[SCOPES_MAX];

	for (size_t i = 0; i < a->arg_count; i++)
		json_array_append_new(arguments, one_argument(&a->args[i]));
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:I,s:I,s:b,s:o,s:o,s:s}",
		"name", a->name, "group",
		a->flags & ACTION_OPERATION ? "operation" : "everyday", "help", a->help,
		"capability", a->capability, "scopes",
		scopes_write(info->scopes, scopes, sizeof(scopes)), "method", info->method,
		"path", info->path, "effect", call_has_effect(a->call), "repeatable",
		call_is_repeatable(a->call), "price_usd_micros",
		(json_int_t)price_of(a->call, false), "price_with_url_usd_micros",
		(json_int_t)price_of(a->call, true), "price_per_object",
		price_is_per_object(a->call), "limits", windows_of(l, a->call, action_kind(a)),
		"arguments", arguments, "example", a->example);
}

static int list_actions(const struct cli *c, const struct limits *l)
{
	static const struct column columns[] = {
		{"ACTION", "name"},
		{"GROUP", "group"},
		{"CAPABILITY", "capability"},
		{"PRICE (USD)", "price_usd_micros"},
		{"TO", "help"},
		{0},
	};
	AUTO_JSON all = json_array();
	const struct action *a;

	for (size_t i = 0; (a = action_at(i)) != NULL; i++)
		json_array_append_new(all, one_action(l, a));
	cli_print_list(c, all, columns);
	return EXIT_DONE;
}

/* How it is asked for from the command line. */
static void print_command(const struct action *a)
{
	printf("\nFrom the command line: `roost do %s '%s' --account NAME`", a->name,
		a->example);
	if (!(a->flags & ACTION_OPERATION))
		printf("; or `roost %s --help`", a->name);
	printf(".\n");
}

static int show_action(const struct cli *c, const struct limits *l, const struct action *a)
{
	struct buf page;

	if (c->json) {
		AUTO_JSON one = one_action(l, a);

		cli_print_json(one);
		return EXIT_DONE;
	}
	buf_init(&page, PAGE_MAX);
	describe_action(a, l, &page);
	(void)fputs(buf_cstr(&page), stdout);
	buf_done(&page);
	print_command(a);
	return EXIT_DONE;
}

const struct action *cli_action(const char *typed)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s", typed);
	for (char *at = name; *at; at++)
		if (*at == '-')
			*at = '_';
	const struct action *a = action_find(str_of(name));
	if (a)
		return a;
	const char *why = action_refused(str_of(name));
	const char *meant = action_suggest(str_of(name));
	text_show(str_of(typed), name, sizeof(name));
	if (why)
		cli_fail(EXIT_FAILED, "%s is no action: it %s", name, why);
	else if (meant)
		cli_fail(EXIT_FAILED, "there is no action '%s'; did you mean %s?", name, meant);
	else
		cli_fail(EXIT_FAILED, "there is no action '%s'; `roost actions` lists them",
			name);
	return NULL;
}

static int run_actions(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 1};
	AUTO(limits) l = limits_builtin();
	int count = cli_options(c, cmd, NULL, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	if (!l)
		return cli_fail(EXIT_FAILED, "out of memory");
	if (count == 0)
		return list_actions(c, l);
	const struct action *a = cli_action(argv[1]);
	return a ? show_action(c, l, a) : EXIT_FAILED;
}

/* --- check --- */

/* How many cashtags a post of an app on that plan may have; -1: out of memory. */
static int64_t cashtags_of(const char *plan)
{
	AUTO(entitlements) e = entitlements_builtin();

	if (!e)
		return -1;
	return entitlements_find(e, plan, CALL_CREATE_POST, POST_PLAIN, ENTITLE_ONE_CASHTAG)
		       ? 1
		       : INT64_MAX;
}

/* What a text may have. */
struct measure {
	int64_t length, cashtags;
};

#define SEEN_BEFORE 24 /* bytes of a text that are shown before where it becomes too long */

/* Where it crosses the limit. */
static void print_crossing(const struct count *n, const struct measure *may, struct str text)
{
	size_t from = n->fits > SEEN_BEFORE ? n->fits - SEEN_BEFORE : 0;
	char shown[60];

	while (from < n->fits && ((unsigned char)text.at[from] & 0xc0) == 0x80)
		from++;
	printf("crosses          the limit after \"%s%s\", %lld units too many\n",
		from ? "..." : "",
		text_show((struct str){text.at + from, n->fits - from}, shown, sizeof(shown)),
		(long long)(n->weighted - may->length));
}

static bool is_blank(struct str text)
{
	size_t n = 0;

	while (n < text.len && memchr(" \t\r\n", text.at[n], 4))
		n++;
	return n == text.len;
}

/* Why X would not take it; NULL: it would. */
static const char *why_not(const struct count *n, const struct measure *may, struct str text)
{
	if (n->refused)
		return "it has a character that X does not take";
	if (n->weighted > may->length)
		return "it is too long";
	if (n->weighted < 1)
		return "it is empty";
	if (is_blank(text))
		return "it is only blanks";
	return n->cashtags > may->cashtags ? "it has more than one cashtag" : NULL;
}

static int print_count(
	const struct cli *c, const struct count *n, const struct measure *may, struct str text)
{
	int64_t max = may->length;
	const char *why = why_not(n, may, text);
	int64_t price = price_of(action_find(str_of("post"))->call, n->urls > 0);

	if (c->json) {
		AUTO_JSON o = json_pack("{s:I,s:I,s:b,s:I,s:I,s:I}", "weighted_length",
			(json_int_t)n->weighted, "max", (json_int_t)max, "valid", !why, "urls",
			(json_int_t)n->urls, "cashtags", (json_int_t)n->cashtags,
			"price_usd_micros", (json_int_t)price);

		cli_print_json(o);
		return EXIT_DONE; /* it was counted, and `valid` says the rest */
	}
	printf("weighted length  %lld of %lld\nurls             %lld\n"
	       "cashtags         %lld\nprice            $%lld.%03lld\n"
	       "valid            %s%s\n",
		(long long)n->weighted, (long long)max, (long long)n->urls,
		(long long)n->cashtags, (long long)(price / 1000000),
		(long long)(price % 1000000 / 1000), why ? "no: " : "yes", why ? why : "");
	if (n->weighted > max)
		print_crossing(n, may, text);
	return why ? EXIT_DATA : EXIT_DONE;
}

static int run_check(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};
	bool premium = false;
	const char *plan = "payg";
	const struct option_spec specs[] = {
		{"plan", "the plan of the app it is for: all but enterprise take one cashtag",
			&plan, NULL},
		{"premium", "count for an account whose posts may have 25,000 units", NULL,
			&premium},
		{0},
	};
	struct buf text;
	struct count n;
	int code;

	if (cli_options(c, cmd, specs, argc, argv, bounds) < 0)
		return c->exit;
	buf_init(&text, COUNT_TEXT_MAX + 1);
	code = cli_text(argv[1], &text);
	if (code) {
		buf_done(&text);
		return code;
	}
	struct measure may = {premium ? COUNT_LONG_MAX : COUNT_POST_MAX, cashtags_of(plan)};
	enum err e = count_text_within(buf_view(&text), may.length, &n);
	if (e == ERR_FORMAT)
		code = cli_fail(EXIT_DATA, "the text is not UTF-8");
	else if (e)
		code = cli_fail(EXIT_DATA, "the text cannot be counted: %s", err_text(e));
	else if (may.cashtags < 0)
		code = cli_fail(EXIT_FAILED, "out of memory");
	else
		code = print_count(c, &n, &may, buf_view(&text));
	buf_done(&text);
	return code;
}

/* clang-format off */
const struct command know_commands[] = {
	{"actions", run_actions, "list what an agent may ask for, or show one action",
		"[NAME]\n\nEveryday actions come first, then every operation of X that acts for a user, under its operationId. With NAME: its arguments, scopes, limits and price. Prices and limits are those of pay-per-use apps.\n\n"
		"example:\n  roost actions\n  roost actions post\n  roost actions createLists"},
	{"check", run_check, "count a text as X would",
		"TEXT|-\n\nFrom standard input (-) one final newline is not part of the text. Counting is done here: no dispatcher is asked.\n"
		"The exit code is 65 when X would not take it; with --json `valid` says so, and the exit code is 0.\n\n"
		"example:\n  roost check 'hello, world'\n  roost check - --json < post.txt"},
	{0},
};
/* clang-format on */
