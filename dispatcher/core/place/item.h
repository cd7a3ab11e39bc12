/*
 * item.h - a job the core holds, and where it stands
 */
#ifndef ROOST_DISPATCHER_CORE_PLACE_ITEM_H
#define ROOST_DISPATCHER_CORE_PLACE_ITEM_H

#include "common/base/heap.h"
#include "dispatcher/core/core.h"

enum place { PLACE_NONE, PLACE_DUE, PLACE_LANE, PLACE_LEASE };

struct item {
	struct job job;
	uint32_t at;        /* in the heap of its place */
	uint32_t expiry_at; /* in the heap of those that expire, or HEAP_NONE */
	uint32_t holder;    /* slot of its lane or its lease; HELD or WAITING: of its strands */
	uint8_t place;      /* enum place */
	uint8_t doubts;     /* attempts in doubt whose price is counted as spent (purse.c) */
	uint8_t losses;     /* workers that were lost while they had it, for which it may be to
			     * blame
			     */
	uint16_t media_call; /* enum call: what its media lack, while JOB_NEEDS_MEDIA */
	uint8_t anew;        /* uploads of its media that had to begin anew */
	uint8_t tries; /* in a row that cost no attempt: unsent, looks and names that failed */
};

extern const struct heap_ops item_lane_ops;
uint64_t item_key_of(const void *ctx, uint32_t slot);
struct item *item_find(const struct core *c, uint64_t id);
struct item *item_at(const struct core *c, uint32_t slot);
uint32_t item_slot(const struct core *c, const struct item *it);
MUST_USE enum err item_new(
	struct core *c, const struct job *job, struct item **ret); /* stands nowhere yet */
void item_drop(struct core *c, struct item *it);
void item_rest(struct core *c, struct item *it); /* takes it out of its place */
void item_stand(
	struct core *c, struct item *it, struct now now); /* puts it where its state says */
void item_lease(struct core *c, struct item *it, uint32_t lease);
enum call item_call(const struct item *it); /* of its next step */
enum post_kind item_kind(const struct item *it);

/*
 * The kind of a lane whose calls send media ahead of their jobs: like looks they ask for no
 * BEGIN, and do not stand in the account's order, since nobody sees what they do.
 */
#define KIND_AHEAD POST_KIND_COUNT
bool kind_has_effect(enum call call, unsigned kind);
void item_media(
	struct item *it, enum call next); /* what its media lack now; CALL_COUNT: nothing */
enum step item_step(const struct item *it);
MUST_USE bool item_reserve_expiry(struct core *c, usec_t expires_at);
void item_set_expiry(
	struct core *c, struct item *it, usec_t expires_at); /* room was reserved, it rests */
usec_t items_due_at(const struct core *c);
void items_due(struct core *c, struct now now);
usec_t items_expire_at(const struct core *c);
void items_expire(struct core *c, struct now now);
void items_mend(struct core *c, struct now now); /* the wall clock stepped back */

/*
 * The only place that assigns a job's state. Returns the store's order; NULL for what the row
 * implies: a ready job that is assigned and not begun, a scheduled one whose time has come.
 */
enum keep { KEEP, IMPLIED };
struct order *become(struct core *c, struct item *it, enum job_state to, enum keep keep);

/* How a job ends. */
struct ended {
	enum outcome_cause cause;
	uint64_t about;                /* of CAUSE_DEPENDENCY: which job */
	const struct outcome *outcome; /* NULL: none */
	bool settled;
};
void finish(struct core *c, struct item *it, enum job_state to,
	const struct ended *e); /* and forgets it */

#endif
