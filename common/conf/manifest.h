/*
 * manifest.h - what a program needs of an account, as its author writes it
 *
 *     requirements:
 *       integrations:
 *         - key: x.tweet.write
 *           description: Post automated tweets
 *         - key: x.dm.read
 *           optional: true
 *
 * `key` is a capability; whether there is one of that name is the caller's to say, by a check
 * that is asked for each. A manifest is other tools' file, too: keys beside `requirements` are
 * theirs, and only noted. Unknown keys within it, and integrations that stand there twice, are
 * errors, with file, line and column.
 */
#ifndef ROOST_COMMON_CONF_MANIFEST_H
#define ROOST_COMMON_CONF_MANIFEST_H

#include "common/base/err.h"
#include "common/base/text.h"

#define MANIFEST_MAX      64 /* integrations */
#define MANIFEST_KEY      60 /* bytes of a key */
#define MANIFEST_WORDS    200
#define MANIFEST_FILE_MAX ((size_t)64 * 1024)

struct integration {
	char key[MANIFEST_KEY + 1];
	char description[MANIFEST_WORDS + 1]; /* "" when there is none; what is longer is cut */
	bool optional;
};

struct manifest {
	struct integration items[MANIFEST_MAX];
	size_t count;
	char others[MANIFEST_WORDS + 1]; /* keys that are not ours, with commas; cut */
};

/* Whether there is such a capability. */
typedef bool manifest_check(struct str key);

/* Reads a file. ERR_IO; ERR_FORMAT no YAML; ERR_INVALID, ERR_TOO_BIG, ERR_NOMEM. */
MUST_USE enum err manifest_load(
	const char *path, manifest_check *check, struct manifest *ret, struct errmsg *m);

/* The same from text; `name` stands for the file in words. */
MUST_USE enum err manifest_read(struct str text, const char *name, manifest_check *check,
	struct manifest *ret, struct errmsg *m);

#endif
