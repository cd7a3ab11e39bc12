/*
 * upload.h - media on their way to X, one call at a time
 *
 * A job that names bytes is preceded by steps (STEP_MEDIA of the core), each
 * one call of an upload that passes the gate by itself and is charged to its
 * own windows:
 *
 *     a small image     upload
 *     anything else     initialize, append a part, ..., finalize, status, ...
 *     with alt text     ... metadata
 *
 * What X has is a row of the store, written with the outcome of each call; so
 * after a restart of anybody the next call is known. None of them has an
 * effect that anybody sees: what was under way is simply done again. Ids are
 * kept while they live, for all jobs of the account that use the same bytes in
 * the same way. Which call comes next is found here, from the row; the core
 * only knows its name.
 */
#ifndef ROOST_DISPATCHER_MEDIA_UPLOAD_H
#define ROOST_DISPATCHER_MEDIA_UPLOAD_H

#include "dispatcher/media/named.h"

struct uploads;

/* Numbers are stored, and never change. */
enum upload_state {
	UPLOAD_PARTS = 1,      /* X takes parts */
	UPLOAD_PROCESSING = 2, /* X has all, and works on it */
	UPLOAD_SILENT = 3,     /* its alternative text is not said yet */
	UPLOAD_READY = 4,
};

MUST_USE struct uploads *uploads_new(void);
void uploads_free(struct uploads *u);

/*
 * An assignment of a job that names bytes, with what its body has. STEP_MEDIA is sent from
 * here, or not at all when something else is next, which the core is told. Of STEP_ACT, true
 * says that X has all of it: their ids are in `out`.
 */
MUST_USE bool upload_assigned(struct dispatcher *d, const struct order *o,
	const struct action *a, const struct wire_value *args, struct named_list *out);

/* What the outcome of a call means. */
struct upload_told {
	enum call next;     /* CALL_COUNT: nothing is lacking */
	usec_t until;       /* wall: not before then */
	bool anew;          /* the upload begins anew */
	bool stale;         /* of the job itself: X does not know its media */
	struct str message; /* for a person, in the place of the worker's; or empty */
};

/* The outcome of a call of an upload, under the job's present lease. May change *o. */
struct upload_told upload_told(struct dispatcher *d, const struct job *j,
	const struct msg_result *r, struct outcome *o);

/* The outcome of a job that names bytes: does X not know them any more? */
struct upload_told upload_refused(struct dispatcher *d, const struct job *j,
	const struct msg_result *r, const struct outcome *o);

/* A worker wants bytes. */
void upload_want(struct dispatcher *d, uint32_t worker, const struct msg_want *w);

/* Writes how far the media of a job are: one value, nil for a job without. */
void upload_put(struct dispatcher *d, const struct job *j, struct buf *out);

struct upload_counts {
	uint64_t calls, parts, done, reused, anew;
};
struct upload_counts upload_counts(const struct dispatcher *d);

#endif
