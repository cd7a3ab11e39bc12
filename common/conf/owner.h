/*
 * owner.h - settings of one app, account or agent, which operators change at run time
 *
 * One table, owner.def, gives the names, the reader of values, the flags of
 * `roost app|account|agent set` with their help, and docs/settings.md. What is
 * set is kept in the store as text, in the form of owner_read(); what is not
 * set has the row's default. dispatcher/requests/settings.h has them at run time.
 */
#ifndef ROOST_COMMON_CONF_OWNER_H
#define ROOST_COMMON_CONF_OWNER_H

#include "common/base/buf.h"

#define OWNER_TEXT_MAX 4096 /* bytes of any value */

/* Kept in the store: the numbers never change. */
enum owner_kind { OWNER_app, OWNER_account, OWNER_agent, OWNER_KIND_COUNT };

/* clang-format off */
/*        type          what a person reads */
#define OWNER_TYPES(X) \
	X(BOOL,     "yes or no")     /* "true", "false" */ \
	X(INT,      "whole number") \
	X(MONEY,    "US dollars")    /* micro-dollars, but for the command line */ \
	X(DURATION, "duration")      /* "90s" */ \
	X(WORD,     "word") \
	X(TEXT,     "text")
/* clang-format on */

enum owner_type {
#define X(type, words) OWNER_TYPE_##type,
	OWNER_TYPES(X)
#undef X
};

enum owner_key {
#define X(kind, name, ...) OWNER_##kind##_##name,
#include "common/conf/owner.def"
#undef X
	OWNER_KEY_COUNT,
};

struct owner_setting {
	enum owner_kind kind;
	const char *name;
	enum owner_type type;
	const char *standard; /* its default, as owner_read() takes it; "": not set */
	int64_t least, most;
	const char *choice; /* of a WORD: words between '|' */
	const char *help;
};

extern const struct owner_setting owner_table[OWNER_KEY_COUNT];

/* "app", "account", "agent". */
const char *owner_kind_name(enum owner_kind kind);

/* "whole number" and the like. */
const char *owner_type_words(enum owner_type type);

/* The setting of that name ('-' and '_' are the same), or OWNER_KEY_COUNT. */
enum owner_key owner_find(enum owner_kind kind, struct str name);

/*
 * Checks a value. *ret is 0 or 1 for a BOOL, the number, the micro-dollars, the microseconds,
 * the place of a WORD among its choices, and 0 for a TEXT. ERR_INVALID with words and the
 * setting's name as the field.
 */
MUST_USE enum err owner_read(
	enum owner_key key, struct str text, int64_t *ret, struct errmsg *m);

/* What owner_read() makes of the default; 0 when there is none. */
int64_t owner_standard(enum owner_key key);

/* Adds the page docs/settings.md. */
void owner_print_markdown(struct buf *out);

#endif
