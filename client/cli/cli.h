/*
 * cli.h - what the commands of `roost` share
 */
#ifndef ROOST_CLIENT_CLI_CLI_H
#define ROOST_CLIENT_CLI_CLI_H

#include <jansson.h>

#include "common/base/buf.h"
#include "common/base/text.h"
#include "roost/roost.h"

/* Exit codes: 0, 1, 2, and those of sysexits where they fit. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_DATA = 65,
	EXIT_NOINPUT = 66,
	EXIT_UNAVAILABLE = 69,
	EXIT_NO_CREATE = 73,
	EXIT_NOPERM = 77,
	EXIT_CONFIG = 78,
};

struct conf;

/* What `roost disconnect` does. An exit code. */
struct cli;
int cli_disconnect(struct cli *c, const char *name);

/* Makes a key for a worker, tells the dispatcher, and writes its settings to the new file
 * `out`. */
int cli_worker_key(struct cli *c, const char *name, const char *out);

/* The rest of `account give`, with a token or keys from the environment. */
int cli_give(struct cli *c, const char *name, const char *app, const char *capabilities);

/* What the command line said beside the command's own arguments. */
struct cli {
	const char *config; /* --config; NULL: the usual places */
	const char *agent;  /* --agent, $ROOST_AGENT, or NULL: the dispatcher's default */
	bool json;          /* --json */
	int timeout_ms;     /* --timeout */
	struct conf *conf;  /* owned; loaded when first needed */
	bool conf_failed;   /* they are wrong, and that has been said */
	int exit;           /* of cli_options(), when it says no */
	struct roost *agents, *admin; /* owned; opened when first needed */
};

/* One option of a command: --name, with a value unless `flag` is set. A table ends with help
 * NULL. */
struct option_spec {
	const char *name;
	const char *help;
	const char **value;
	bool *flag;
};

struct action;

struct command {
	const char *name;
	int (*run)(struct cli *c, const struct command *cmd, int argc, char **argv);
	const char *help;  /* one line */
	const char *usage; /* arguments and an example: what --help prints first */
};

/* The commands of each file end with a row without a name. */
extern const struct command up_commands[];
extern const struct command admin_commands[];
extern const struct command connect_commands[];
extern const struct command access_commands[];
extern const struct command audit_commands[];
extern const struct command run_commands[];
extern const struct command vault_commands[];
extern const struct command job_commands[];
extern const struct command enqueue_commands[];
extern const struct command plan_commands[];
extern const struct command result_commands[];
extern const struct command action_commands[];
extern const struct command watch_commands[];
extern const struct command top_commands[];
extern const struct command spend_commands[];
extern const struct command event_commands[];
extern const struct command media_commands[];
extern const struct command know_commands[];
extern const struct command pause_commands[];

/* A word after a command that has several: `account pause`. A table ends with name NULL. */
struct verb {
	const char *name;
	const char *arguments; /* what follows, for people */
	int least, most;       /* arguments, with the word itself */
};

/*
 * Takes the options out of argv: those of `specs` (may be NULL) and the common ones. What is
 * left are the positional arguments, from argv[1] on, at least `min` and at most `max`. Returns
 * how many, or -1 after saying what is wrong, or after printing the help: c->exit is then the
 * exit code.
 */
int cli_options(struct cli *c, const struct command *cmd, const struct option_spec *specs,
	int argc, char **argv, const int bounds[2]);

/* The number of the verb `word` with `count` arguments; -1 after saying what is wrong. */
int cli_which(const struct command *cmd, const struct verb *verbs, const char *word, int count);

/* Where in argv the command stands behind common options; argc when there is none. */
int cli_command_at(int argc, char **argv);

/* The options of every command, a line each. */
void cli_print_common_options(void);

/*
 * Whether somebody listens at a tcp:// or ipc:// endpoint of roost; true, too, where that
 * cannot be told at once.
 */
bool cli_listens(const char *endpoint);

/* The settings; NULL after saying what is wrong with them. */
const struct conf *cli_conf(struct cli *c);

/*
 * One operation; `request` is taken. *ret (may be NULL) is the answer without `seq` and `ok`,
 * the caller's. Returns an exit code; what went wrong has been printed.
 */
int cli_call(struct cli *c, const char *op, json_t *request, json_t **ret);

/* The same over the administrators' endpoint. */
int cli_admin(struct cli *c, const char *op, json_t *request, json_t **ret);

/*
 * The same over the administrators' endpoint where it can be opened and no agent was named,
 * since it sees the jobs of all; else as an agent.
 */
int cli_look(struct cli *c, const char *op, json_t *request, json_t **ret);

/* The connection for agents' operations; NULL after saying why not. */
struct roost *cli_roost(struct cli *c);

/* "roost: " and words, on standard error. Returns `code`. */
int cli_fail(int code, const char *fmt, ...) PRINTF(2, 3);

/* The action of that name, '-' written as '_'; NULL after saying what is wrong. */
const struct action *cli_action(const char *typed);

/* Prints j as one line of JSON. */
void cli_print_json(const json_t *j);

/* One column of a table: a title, and the key (or "a.b") of each row. Ends with title NULL. */
struct column {
	const char *title;
	const char *key;
};
void cli_print_table(const json_t *rows, const struct column *columns);

/* An answer's list as JSON, or as a table. */
void cli_print_list(const struct cli *c, const json_t *list, const struct column *columns);

/* A value as a person reads it: instants as such when the key names one. Returns out. */
char *cli_show(const char *key, const json_t *v, char *out, size_t cap);

/* `arg` as a text, or standard input when it is "-", less one final newline. Exit code. */
int cli_text(const char *arg, struct buf *out);

/* Asks for a secret on the terminal without showing it; false when there is no terminal. */
bool cli_ask_secret(const char *prompt, char *out, size_t cap);

/*
 * Sets request[key] to an instant: RFC 3339, Unix milliseconds, or "+30m" from now. False after
 * saying why not.
 */
bool cli_set_time(json_t *request, const char *key, const char *text);

#endif
