/*
 * conf.h - the settings of every program of roost
 *
 * One table, conf.def, gives the struct below, the reader of the YAML file, its
 * checks, the environment's overrides, the help and docs/configuration.md. A
 * value comes from the last of these that names it: the default; the file; the
 * variable ROOST_<SECTION>_<KEY>; a flag, by conf_set().
 *
 * The file is --config FILE, else $ROOST_CONFIG (both must exist), else the
 * first that exists of ./roost.yaml, $XDG_CONFIG_HOME/roost/roost.yaml (or
 * ~/.config/roost/roost.yaml) and /etc/roost/roost.yaml, else none. A file that
 * is empty, or only comments, is fine.
 *
 * What is wrong is said with file, line and column, and the setting's name in
 * the message's field; a caller at start ends with exit code 78 (EX_CONFIG). A
 * value that may hold a password is never repeated in words.
 */
#ifndef ROOST_COMMON_CONF_CONF_H
#define ROOST_COMMON_CONF_CONF_H

#include "common/base/buf.h"

#define CONF_FILE_MAX ((size_t)256 * 1024) /* bytes in a settings file */
#define CONF_LIST_MAX 32                   /* things in a list */

/* At least one, at most CONF_LIST_MAX. */
struct conf_durations {
	usec_t *at; /* owned */
	size_t count;
};

struct conf_texts {
	char **at; /* owned, each of them too */
	size_t count;
};

/* clang-format off */
/*        type        what a person reads */
#define CONF_TYPES(X) \
	X(TEXT,       "text") \
	X(WORD,       "word") \
	X(NAME,       "name") \
	X(ENDPOINT,   "endpoint") \
	X(ADDRESS,    "host:port") \
	X(INT,        "whole number") \
	X(DURATION,   "duration") \
	X(DURATIONS,  "list of durations") \
	X(ENDPOINTS,  "list of endpoints")
/* clang-format on */

enum conf_type {
#define X(type, words) CONF_##type,
	CONF_TYPES(X)
#undef X
};

/* What a type is in struct conf. */
#define CONF_C_TEXT      char *
#define CONF_C_WORD      char *
#define CONF_C_NAME      char *
#define CONF_C_ENDPOINT  char *
#define CONF_C_ADDRESS   char *
#define CONF_C_INT       int64_t
#define CONF_C_DURATION  usec_t
#define CONF_C_DURATIONS struct conf_durations
#define CONF_C_ENDPOINTS struct conf_texts

enum conf_key {
#define X(type, section, key, ...) CONF_##section##_##key,
#include "common/conf/conf.def"
#undef X
	CONF_COUNT,
};

/* Where a value came from. */
enum conf_origin { CONF_BY_DEFAULT, CONF_BY_FILE, CONF_BY_ENVIRONMENT, CONF_BY_FLAG };

/*
 * One field for each setting: store.url is store_url, a TEXT. Texts are owned, never NULL;
 * durations are in microseconds. To be read only; conf.c writes it.
 */
struct conf {
#define X(type, section, key, ...) CONF_C_##type section##_##key;
#include "common/conf/conf.def"
#undef X
	enum conf_origin origin[CONF_COUNT];
	char *file; /* where it was read from; NULL: from no file */
	char *path; /* what conf_load() was given; NULL */
};

/*
 * Reads the settings. `path`: what --config says, or NULL. ERR_INVALID a setting
 * is wrong, ERR_FORMAT not YAML, ERR_TOO_BIG, ERR_NOT_FOUND, ERR_DENIED, ERR_IO,
 * ERR_NOMEM.
 */
MUST_USE enum err conf_load(const char *path, struct conf **ret, struct errmsg *m);

/* The same from text; `name` stands for the file in words. */
MUST_USE enum err conf_read(
	struct str text, const char *name, struct conf **ret, struct errmsg *m);

void conf_free(struct conf *c);
AUTO_DEFINE(conf)

/*
 * A flag's value for a setting, "worker.concurrency", written as in the
 * environment (a list with commas). Defaults that follow from it follow.
 * ERR_NOT_FOUND no such setting, ERR_INVALID; c is then as it was.
 */
MUST_USE enum err conf_set(
	struct conf *c, const char *name, struct str value, struct errmsg *m);

/*
 * Reads the file again, for SIGHUP. What may change while a program runs is
 * taken over; names of other settings that changed are added to `restart`,
 * with commas between them. On failure c is as it was. Flags stay in force.
 */
MUST_USE enum err conf_reload(struct conf *c, struct buf *restart, struct errmsg *m);

/* Reads a whole file into b, up to its cap. ERR_IO, ERR_TOO_BIG, with the path. */
MUST_USE enum err conf_read_file(const char *path, struct buf *b, struct errmsg *m);

/* Adds the settings of the programs named by `programs` ("dwc"), for --help. */
void conf_print_help(const char *programs, struct buf *out);

/* Adds the table of docs/configuration.md. */
void conf_print_markdown(struct buf *out);

/* Adds a settings file in which every setting stands, with its default, as a comment. */
void conf_print_sample(struct buf *out);

#endif
