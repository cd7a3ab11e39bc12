/*
 * media.h - pictures and videos as X takes them
 *
 * Which types X takes, how large they may be, what their first bytes look like,
 * and under which category each is uploaded. Facts: X's documentation of media
 * (introduction and best practices, 2026-08-22): images up to 5 MB, animated
 * GIFs up to 15 MB, videos up to 512 MB; a post has up to 4 images, or one GIF,
 * or one video, a direct message one of them. Parts of an upload are numbered
 * 0 to 999; 1 MiB is what X's own examples send, and chunks of 5 MB are refused
 * at its edge.
 */
#ifndef ROOST_COMMON_XAPI_MEDIA_MEDIA_H
#define ROOST_COMMON_XAPI_MEDIA_MEDIA_H

#include "common/base/text.h"

#define MEDIA_IMAGE_MAX  (INT64_C(5) * 1024 * 1024)
#define MEDIA_GIF_MAX    (INT64_C(15) * 1024 * 1024)
#define MEDIA_VIDEO_MAX  (INT64_C(512) * 1024 * 1024)
#define MEDIA_PART       ((int64_t)1024 * 1024) /* bytes of each part but the last */
#define MEDIA_IMAGES_MAX 4                      /* in one post */
#define MEDIA_ALT_MAX    1000                   /* characters of an alternative text */
#define MEDIA_HEAD       16 /* so many first bytes are enough to tell a type */

enum media_kind { MEDIA_IMAGE, MEDIA_GIF, MEDIA_VIDEO };

struct media_type {
	const char *name; /* "image/png" */
	enum media_kind kind;
	const char *ending; /* of file names: "png" */
};

/* The type of that name; NULL: X does not take it. */
const struct media_type *media_type_find(struct str name);

/* The type that the first bytes (MEDIA_HEAD, or all there are) show; NULL: none that X takes.
 */
const struct media_type *media_type_of(struct str head);

/* Whether those bytes may be the beginning of such a medium. */
bool media_type_fits(const struct media_type *t, struct str head);

/* "image/jpeg, image/png, ...", written to out; returns out. */
char *media_type_names(char *out, size_t cap);

/* Bytes, at most; and "an image", for words. */
int64_t media_kind_max(enum media_kind kind);
const char *media_kind_name(enum media_kind kind);

/* What X calls it: "tweet_image", "dm_video". */
const char *media_category(enum media_kind kind, bool in_message);

/* Parts that so many bytes are sent in, >= 1. */
uint32_t media_parts(int64_t size);

/*
 * A handle: what roost calls bytes that an agent sent, "m" and 64 hexadecimal digits, their
 * SHA-256. An id of X is digits alone, so the two are told apart.
 */
#define MEDIA_HASH_BYTES  32
#define MEDIA_HANDLE_SIZE (2 * MEDIA_HASH_BYTES + 2) /* bytes, with the zero at the end */
char *media_handle_write(
	const unsigned char hash[MEDIA_HASH_BYTES], char out[MEDIA_HANDLE_SIZE]);
bool media_handle_read(struct str text, unsigned char out[MEDIA_HASH_BYTES]);

/*
 * Whether those may be in one post, or in one direct message. ERR_INVALID, with words that say
 * what is allowed.
 */
MUST_USE enum err media_may_join(
	const enum media_kind *kinds, size_t count, bool in_message, struct errmsg *m);

#endif
