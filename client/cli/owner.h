/*
 * owner.h - settings of apps, accounts and agents on the command line
 *
 * The flags of `roost app|account|agent set` and what `show` prints are made
 * from the table of common/conf/owner.h.
 */
#ifndef ROOST_CLIENT_CLI_OWNER_H
#define ROOST_CLIENT_CLI_OWNER_H

#include "client/cli/cli.h"
#include "common/conf/owner.h"

#define OWNER_SPECS_MAX (2 * OWNER_KEY_COUNT + 8)

/* The flags of one kind: a command's `specs`, and what was given. It must not be moved. */
struct owner_flags {
	enum owner_kind kind;
	struct option_spec specs[OWNER_SPECS_MAX];
	char names[OWNER_KEY_COUNT][2][48];
	char helps[OWNER_KEY_COUNT][200];
	const char *values[OWNER_KEY_COUNT];
	bool yes[OWNER_KEY_COUNT], no[OWNER_KEY_COUNT];
	const char *unset;
};

/* Makes the flags; `own`, if not NULL, are the command's other options, at most 6. */
void owner_flags_init(
	struct owner_flags *f, enum owner_kind kind, const struct option_spec *own);

/* Whether one was given. */
bool owner_any(const struct owner_flags *f);

/* What was given as the map `settings` of a request, the caller's. An exit code. */
MUST_USE int owner_settings(const struct owner_flags *f, json_t **ret);

/* Sends app_set, account_set or agent_set; `request` is taken. An exit code. */
int owner_set(struct cli *c, enum owner_kind kind, json_t *request);

/* Both at once, for a name: nothing given is a mistake. */
int owner_change(struct cli *c, const struct owner_flags *f, const char *name);

/* Prints one app, account or agent with all its settings. */
int owner_show(struct cli *c, enum owner_kind kind, const char *name);

#endif
