/*
 * spool.h - bytes of agents on disk, by what they are
 *
 * A directory with one file for each content, named by its SHA-256, and one
 * for each upload of an agent that is not complete ("part-..."). Bytes are
 * appended and flushed before spool_take() says how many there are, so an
 * agent goes on from there after any restart of either side. A complete file
 * gets its name by a rename, and never changes.
 *
 * Who may use which content is not known here. Everything is bounded: the
 * whole directory by `most`, what one agent has by a share that its owner
 * knows, incomplete uploads of one agent by SPOOL_PARTS_MAX. An upload that
 * has begun has room for all of its bytes: they were counted then.
 */
#ifndef ROOST_DISPATCHER_MEDIA_SPOOL_H
#define ROOST_DISPATCHER_MEDIA_SPOOL_H

#include "common/base/text.h"

#define SPOOL_HASH_BYTES 32
#define SPOOL_PARTS_MAX  16  /* incomplete uploads of one agent */
#define SPOOL_OPEN_MAX   64  /* incomplete uploads whose file stays open */
#define SPOOL_NAME_MAX   255 /* bytes of a name */

struct spool;

/*
 * Opens the directory at `path`, which is made if need be (mode 0700), and counts what is in
 * it. `most`: bytes it may hold. Words name the path.
 */
MUST_USE enum err spool_open(
	const char *path, int64_t most, struct spool **ret, struct errmsg *m);
void spool_free(struct spool *s);
AUTO_DEFINE(spool)

void spool_set_most(struct spool *s, int64_t most);

/* What an agent has in complete files, and may have with the incomplete ones. */
struct spool_share {
	int64_t files, bytes;
	int64_t files_most, bytes_most;
};

/* Some bytes of a file. The first four say which upload it is. */
struct spool_bytes {
	uint32_t agent;
	struct str name, type;
	int64_t size; /* of the whole, >= 1 */
	int64_t offset;
	struct str data;          /* offset + data.len <= size; may be empty: a question */
	struct spool_share share; /* read where an upload begins: with bytes, at offset 0 */
};

struct spool_taken {
	int64_t received; /* bytes that are there, from the first on; less than all until it is
			     complete: after a restart they are hashed anew, a part at a time,
			     and the last ones have to come again until that is done */
	bool complete;    /* all: `hash` says what they are */
	unsigned char hash[SPOOL_HASH_BYTES];
};

/*
 * Takes bytes in. Those that are there already are compared: the same are taken as said, others
 * at offset 0 begin the upload anew. ERR_CONFLICT: others further on, or a gap; the words name
 * the offset that is expected. ERR_QUOTA: the spool, or the agent's share of it, is full.
 * ERR_UNAVAILABLE: the disk is; ERR_IO. Nothing was taken then.
 */
MUST_USE enum err spool_take(struct spool *s, const struct spool_bytes *b,
	struct spool_taken *ret, struct errmsg *m);

/*
 * Reads len bytes at offset of a content into out. ERR_NOT_FOUND when it is not here,
 * ERR_CORRUPT when it is shorter, ERR_IO.
 */
MUST_USE enum err spool_read(struct spool *s, const unsigned char hash[SPOOL_HASH_BYTES],
	int64_t offset, size_t len, void *out);

/* Its size; -1: it is not here. */
int64_t spool_size(const struct spool *s, const unsigned char hash[SPOOL_HASH_BYTES]);

/* Forgets a content; no matter if it is not here. */
void spool_drop(struct spool *s, const unsigned char hash[SPOOL_HASH_BYTES]);

/*
 * Forgets incomplete uploads that had no bytes since `before` (wall). And tells each content
 * that came before it to `each`, which says whether it is kept.
 */
typedef bool spool_keep_fn(void *ctx, const unsigned char hash[SPOOL_HASH_BYTES]);
void spool_sweep(struct spool *s, usec_t before, spool_keep_fn *keep, void *ctx);

/* Bytes in it now, and its bound. */
int64_t spool_bytes_kept(const struct spool *s);
int64_t spool_most(const struct spool *s);

#endif
