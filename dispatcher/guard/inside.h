/*
 * inside.h - what the files of the guard share
 */
#ifndef ROOST_DISPATCHER_GUARD_INSIDE_H
#define ROOST_DISPATCHER_GUARD_INSIDE_H

#include "common/base/map.h"
#include "common/base/slab.h"
#include "dispatcher/guard/guard.h"

/* Of one account, worked out from its settings, its app's, and the defaults. */
struct guard_rules {
	uint64_t
		hash; /* of what follows; equal ones that differ are told apart by adding one */
	struct text_rules text;
	struct pace_rules pace;
	bool opt_out, dm_invited;
};

/* One setting of policy.defaults. */
struct guard_default {
	bool set;
	int64_t number;
	char text[400];
};

/* A row of the table of the guard's settings: the same of an account and of an app. */
struct guard_setting {
	enum owner_key of_account, of_app;
};

extern const struct guard_setting guard_settings[];
extern const size_t guard_setting_count;

struct guard {
	struct guard_default *defaults; /* by place in guard_settings; owned */
	struct zones *zones;
	struct memory *texts;
	struct people *people;
	struct slab rules; /* struct guard_rules: each once, for most accounts have the same */
	struct map rules_by_hash;
	uint32_t *rules_of; /* by account: slot + 1; 0: to be worked out; owned */
	uint32_t rules_of_size;
	uint32_t message_count; /* drafts of the message being taken in that are remembered */
};

#define GUARD_PACE (SETTING_GUARD + PEOPLE_LIST_COUNT) /* kind of row: what an account did */

/* From the store. */
MUST_USE enum err guard_load_paces(struct dispatcher *d, struct errmsg *m);

enum guard_origin { GUARD_OF_ACCOUNT, GUARD_OF_APP, GUARD_OF_CONF, GUARD_STANDARD };

/* Where an account has setting i from, and its value. Lent until settings change. */
enum guard_origin guard_value(const struct dispatcher *d, size_t i, uint32_t account,
	int64_t *ret, struct str *ret_text);

/* The rules of an account; NULL: no memory. Lent until the next call. */
const struct guard_rules *guard_rules_of(struct dispatcher *d, uint32_t account);

/* Whether the action with these arguments writes to somebody who opted out: m has the words. */
bool guard_opted_out(struct dispatcher *d, uint32_t account, struct str action,
	const struct wire_value *args, struct errmsg *m);

/* Reads policy.defaults. */
MUST_USE enum err guard_read_defaults(struct guard *g, struct str text, struct errmsg *m);

#endif
