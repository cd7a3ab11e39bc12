/*
 * worker.h - the workers, their slots, and who has been silent
 */
#ifndef ROOST_DISPATCHER_CORE_PLACE_WORKER_H
#define ROOST_DISPATCHER_CORE_PLACE_WORKER_H

#include "common/base/list.h"
#include "dispatcher/core/core.h"

struct worker {
	struct list node;  /* among those with room, or alone */
	struct list heard; /* all, the longest silent first */
	struct list leases;
	usec_t heard_at; /* mono */
	uint32_t id;
	uint32_t slots, used;
	bool closed; /* a suspect is alone there */
};

uint64_t worker_key_of(const void *ctx, uint32_t slot);
enum err worker_is_there(
	struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err worker_heard(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err worker_claimed(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err worker_gone(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
struct worker *worker_at(const struct core *c, uint32_t slot);
uint32_t worker_slot(const struct core *c, uint32_t id); /* NONE */
/* With room, the one that waited longest; NULL: none. */
struct worker *worker_next(const struct core *c, struct now now);
struct worker *worker_least_busy(struct core *c);                 /* NULL: there is none */
void worker_close(struct core *c, struct worker *w, bool closed); /* it gets nothing more */
void worker_took(struct core *c, struct worker *w);
void worker_freed(struct core *c, struct worker *w);
usec_t worker_silent_at(const struct core *c); /* mono */
void worker_silent(struct core *c, struct now now);

#endif
