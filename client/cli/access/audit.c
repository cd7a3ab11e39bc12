/* roost audit: who changed what, and whether the record of it is whole. */
#include <stdio.h>
#include <string.h>

#include "client/cli/cli.h"
#include "common/json/json.h"

#define PAGE 1000

static const struct column columns[] = {
	{"SEQ", "seq"},
	{"AT", "recorded_at"},
	{"WHO", "who"},
	{"WHAT", "what"},
	{"WHOM", "whom"},
	{"HOW", "how"},
	{0},
};

/* Prints records; the seq of the last one, or `after` when there was none. */
static json_int_t print_records(const struct cli *c, const json_t *answer, json_int_t after)
{
	const json_t *records = json_object_get(answer, "records");
	size_t count = json_array_size(records);

	for (size_t i = 0; i < count; i++) {
		json_t *r = json_array_get(records, i);

		after = json_integer_value(json_object_get(r, "seq"));
		json_object_set(r, "recorded_at", json_object_get(r, "at"));
		json_object_del(r, "at");
		if (c->json)
			cli_print_json(r);
	}
	if (!c->json && count)
		cli_print_table(records, columns);
	return after;
}

/* `all`: page by page from the beginning; else the last ones. */
static int audit_list(struct cli *c, json_int_t limit, bool all)
{
	json_int_t after = 0, before;
	json_t *answer = NULL;
	int code;

	do {
		json_t *request = json_pack("{s:I}", "limit", all ? (json_int_t)PAGE : limit);

		before = after;
		if (all)
			json_object_set_new(request, "after", json_integer(after));
		code = cli_admin(c, "audit", request, &answer);
		if (!code)
			after = print_records(c, answer, after);
		json_decref(answer);
		answer = NULL;
	} while (!code && all && after > before);
	return code;
}

/* What was found out so far. */
struct verified {
	json_int_t checked, seq;
	char hash[65], broken[400];
	bool found, more;
};

static void take(struct verified *v, const json_t *answer)
{
	const json_t *head = json_object_get(answer, "head");
	const char *hash = json_string_value(json_object_get(head, "hash"));
	const char *broken = json_string_value(json_object_get(answer, "broken"));

	v->checked += json_integer_value(json_object_get(answer, "checked"));
	v->seq = json_integer_value(json_object_get(head, "seq"));
	(void)snprintf(v->hash, sizeof(v->hash), "%s", hash ? hash : "");
	(void)snprintf(v->broken, sizeof(v->broken), "%s", broken ? broken : "");
	v->found |= json_is_true(json_object_get(answer, "found"));
	v->more = json_is_true(json_object_get(answer, "more"));
}

static int walk(struct cli *c, const char *head, struct verified *v)
{
	int code;

	do {
		json_t *request = json_pack("{s:I}", "after", v->seq);
		json_t *answer = NULL;

		if (v->seq)
			json_object_set_new(request, "hash", json_string(v->hash));
		if (head)
			json_object_set_new(request, "head", json_string(head));
		code = cli_admin(c, "audit_verify", request, &answer);
		if (!code)
			take(v, answer);
		json_decref(answer);
	} while (!code && v->more);
	return code;
}

static void print_verified(const struct cli *c, const char *head, const struct verified *v)
{
	if (c->json) {
		AUTO_JSON o = json_pack("{s:I,s:s,s:I,s:s?}", "checked", v->checked, "head",
			v->hash, "seq", v->seq, "broken", v->broken[0] ? v->broken : NULL);

		if (head)
			json_object_set_new(o, "found", json_boolean(v->found));
		cli_print_json(o);
	} else if (!v->broken[0]) {
		printf("%lld records, each follows from the one before\nhead %s\n",
			(long long)v->checked, v->hash);
	}
}

static int audit_verify(struct cli *c, const char *head)
{
	struct verified v = {0};
	int code = walk(c, head, &v);

	if (code)
		return code;
	print_verified(c, head, &v);
	if (v.broken[0])
		return cli_fail(EXIT_FAILED,
			"%s; the %lld records before that are as they were written", v.broken,
			(long long)v.checked);
	if (head && !v.found)
		return cli_fail(EXIT_FAILED,
			"no record has the hash %s: records up to it were taken away or "
			"written anew since it was noted",
			head);
	if (head && !c->json)
		printf("the hash given is among them: nothing up to it has changed since it "
		       "was noted\n");
	return EXIT_DONE;
}

static int run(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {0, 1};
	enum { LIST, VERIFY };
	static const struct verb verbs[] = {
		[LIST] = {"list", "[--last N | --all]", 1, 1},
		[VERIFY] = {"verify", "[--head HASH]", 1, 1},
		{0},
	};
	const char *last = "100", *head = NULL;
	bool all = false;
	const struct option_spec specs[] = {
		{"last", "with list: the last so many records (1 to 1000, default 100)", &last,
			NULL},
		{"all", "with list: every record there is", NULL, &all},
		{"head", "with verify: a hash noted earlier, which has to be among them", &head,
			NULL},
		{0},
	};
	int64_t limit;
	int count = cli_options(c, cmd, specs, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	if (text_to_int(str_of(last), 1, PAGE, &limit))
		return cli_fail(EXIT_USAGE, "--last is 1 to %d", PAGE);
	switch (count ? cli_which(cmd, verbs, argv[1], count) : LIST) {
	case LIST:
		return audit_list(c, limit, all);
	case VERIFY:
		return audit_verify(c, head);
	default:
		return EXIT_USAGE;
	}
}

/* clang-format off */
const struct command audit_commands[] = {
	{"audit", run, "who changed what: list the records, or verify that they are whole",
		"[list] [--last N | --all] | verify [--head HASH]\n\n"
		"`list` is what is meant without a word; with --json one record a line. `verify` prints the hash of the last record:\n"
		"noted where nobody can change it, and given as --head later, it shows that all records up to it are still there.\n\n"
		"example:\n  roost audit --last 20\n  roost audit verify --head 5f1c..."},
	{0},
};
/* clang-format on */
