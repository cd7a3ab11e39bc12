/* roost vault: the master key, and another one in its place. */
#include <stdio.h>

#include "client/cli/cli.h"
#include "common/json/json.h"

#define ROTATE_WAIT 3600000 /* ms: as many rows as there may be */

static const char *text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

static void print_shown(const json_t *answer)
{
	printf("master key %s\n", text(answer, "key"));
	if (text(answer, "old_key")[0])
		printf("it takes the place of %s: %lld rows are done, %s\n",
			text(answer, "old_key"),
			(long long)json_integer_value(json_object_get(answer, "rows")),
			json_is_true(json_object_get(answer, "rotating"))
				? "and it goes on"
				: "then it failed; see the log, and say `roost vault rotate`");
}

static void print_rotated(const json_t *answer)
{
	const char *old = text(answer, "old_key_file");

	printf("master key %s: %lld rows are wrapped by it\n", text(answer, "key"),
		(long long)json_integer_value(json_object_get(answer, "rows")));
	if (old[0])
		printf("the old key is %s: backups from before need it; delete it when there "
		       "are none\n",
			old);
}

static int ask(struct cli *c, const char *op, void (*print)(const json_t *answer))
{
	json_t *answer = NULL;
	int code = cli_admin(c, op, NULL, &answer);

	if (!code && c->json)
		cli_print_json(answer);
	else if (!code)
		print(answer);
	json_decref(answer);
	return code;
}

static int run(struct cli *c, const struct command *cmd, int argc, char **argv)
{
	static const int bounds[] = {1, 1};
	enum { SHOW, ROTATE };
	static const struct verb verbs[] = {
		[SHOW] = {"show", "", 1, 1},
		[ROTATE] = {"rotate", "", 1, 1},
		{0},
	};
	int count = cli_options(c, cmd, NULL, argc, argv, bounds);

	if (count < 0)
		return c->exit;
	switch (cli_which(cmd, verbs, argv[1], count)) {
	case SHOW:
		return ask(c, "vault_show", print_shown);
	case ROTATE:
		c->timeout_ms = ROTATE_WAIT;
		return ask(c, "vault_rotate", print_rotated);
	default:
		return EXIT_USAGE;
	}
}

/* clang-format off */
const struct command vault_commands[] = {
	{"vault", run, "the master key that seals tokens: show which, put another in its place",
		"show | rotate\n\n"
		"`rotate` makes a new key, wraps what the old one wrapped, and waits until that is over; jobs go on meanwhile. If it is\n"
		"interrupted, it goes on when the dispatcher is started again.\n\n"
		"example:\n  roost vault rotate"},
	{0},
};
/* clang-format on */
