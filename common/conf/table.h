/*
 * table.h - conf.def as rows, for the files of common/conf
 */
#ifndef ROOST_COMMON_CONF_TABLE_H
#define ROOST_COMMON_CONF_TABLE_H

#include "common/conf/conf.h"

struct setting {
	enum conf_type type;
	const char *section, *key;
	const char *standard; /* its default, before $STATE and the like are filled in */
	int64_t least, most;
	const char *choice;   /* parts between '|', or NULL */
	bool reload;          /* taken over by SIGHUP */
	const char *programs; /* letters: d, w, c */
	const char *help;
	size_t at; /* offsetof in struct conf */
};

extern const struct setting conf_table[CONF_COUNT];

/* The setting of that section and key, or CONF_COUNT. */
size_t conf_find(struct str section, struct str key);

/* --- value.c --- */

/*
 * Reads one text, or `count` of them for a list, into c. Texts are taken literally. ERR_INVALID
 * with words that begin with the setting's name; c is then as it was.
 */
MUST_USE enum err conf_take(struct conf *c, size_t setting, const struct str *texts,
	size_t count, struct errmsg *m);

/* The same from one line: a list has commas. */
MUST_USE enum err conf_take_line(
	struct conf *c, size_t setting, struct str line, struct errmsg *m);

/* Gives back what a setting of c holds. */
void conf_drop(struct conf *c, size_t setting);

/* Whether a setting has the same value in both. */
bool conf_same(const struct conf *a, const struct conf *b, size_t setting);

/* --- yaml.c --- */

/* Reads a settings file's text into c. Words have file, line and column. */
MUST_USE enum err conf_take_yaml(
	struct conf *c, struct str text, const char *name, struct errmsg *m);

/* --- place.c --- */

/* The default of a setting with $STATE, $DEFAULT_STATE, $HOST and $PID filled in; b->err says
 * whether it fitted. */
void conf_expand(const struct conf *c, size_t setting, struct buf *b);

/* The file to read: *ret is owned by the caller, NULL when there is none. */
MUST_USE enum err conf_find_file(const char *path, char **ret, struct errmsg *m);

#endif
