/* item.c - the jobs the core holds, and where each stands */
#include "dispatcher/core/inside.h"

uint64_t item_key_of(const void *ctx, uint32_t slot)
{
	return item_at(ctx, slot)->job.id;
}

struct item *item_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->items, slot);
}

uint32_t item_slot(const struct core *c, const struct item *it)
{
	return slab_slot(&c->items, it);
}

struct item *item_find(const struct core *c, uint64_t id)
{
	uint32_t slot = map_find(&c->item_by_id, id);

	return slot == MAP_NONE ? NULL : item_at(c, slot);
}

enum step item_step(const struct item *it)
{
	if (it->job.state == JOB_UNSURE)
		return STEP_LOOK;
	if (it->job.flags & JOB_NEEDS_NAME)
		return STEP_NAME;
	return it->job.flags & JOB_NEEDS_MEDIA ? STEP_MEDIA : STEP_ACT;
}

enum call item_call(const struct item *it)
{
	static const enum call looks[] = {
		[SETTLE_NONE] = CALL_TIMELINE,
		[SETTLE_TIMELINE] = CALL_TIMELINE,
		[SETTLE_DM] = CALL_DM_EVENTS_WITH,
	};
	enum call own = (enum call)it->job.call;

	switch (item_step(it)) {
	case STEP_LOOK:
		return looks[call_info(own)->settle];
	case STEP_NAME:
		return CALL_GET_USER_BY_NAME;
	case STEP_MEDIA:
		return (enum call)it->media_call;
	case STEP_ACT:
		break;
	}
	return own;
}

enum post_kind item_kind(const struct item *it)
{
	enum step step = item_step(it);

	if (step == STEP_MEDIA)
		return KIND_AHEAD;
	return step == STEP_ACT ? job_kind(&it->job) : POST_PLAIN;
}

bool kind_has_effect(enum call call, unsigned kind)
{
	return kind != KIND_AHEAD && call_has_effect(call);
}

void item_media(struct item *it, enum call next)
{
	if (next == CALL_COUNT) {
		it->job.flags &= (uint16_t)~JOB_NEEDS_MEDIA;
		return;
	}
	it->job.flags |= JOB_NEEDS_MEDIA;
	it->media_call = (uint16_t)next;
}

/* --- heaps of jobs --- */

static bool lane_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct job *x = &item_at(ctx, a)->job;
	const struct job *y = &item_at(ctx, b)->job;

	if (x->priority != y->priority && !MISTAKE(MISTAKE_NO_PRIORITY))
		return x->priority > y->priority;
	if (x->not_before != y->not_before)
		return x->not_before < y->not_before;
	return x->id < y->id;
}

static bool due_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct job *x = &item_at(ctx, a)->job;
	const struct job *y = &item_at(ctx, b)->job;

	return x->not_before != y->not_before ? x->not_before < y->not_before : x->id < y->id;
}

static bool expires_before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct job *x = &item_at(ctx, a)->job;
	const struct job *y = &item_at(ctx, b)->job;

	return x->expires_at != y->expires_at ? x->expires_at < y->expires_at : x->id < y->id;
}

static void moved(void *ctx, uint32_t slot, uint32_t at)
{
	item_at(ctx, slot)->at = at;
}

static void expiry_moved(void *ctx, uint32_t slot, uint32_t at)
{
	item_at(ctx, slot)->expiry_at = at;
}

const struct heap_ops item_lane_ops = {lane_before, moved};
static const struct heap_ops due_ops = {due_before, moved};
static const struct heap_ops expiry_ops = {expires_before, expiry_moved};

/* --- coming and going --- */

bool item_reserve_expiry(struct core *c, usec_t expires_at)
{
	return expires_at == USEC_NEVER || heap_reserve(&c->expiring, c->expiring_jobs + 1);
}

void item_set_expiry(struct core *c, struct item *it, usec_t expires_at)
{
	c->expiring_jobs -= it->job.expires_at != USEC_NEVER;
	c->expiring_jobs += expires_at != USEC_NEVER;
	it->job.expires_at = expires_at;
}

enum err item_new(struct core *c, const struct job *job, struct item **ret)
{
	if (!heap_reserve(&c->due, c->items.count + 1) ||
		!item_reserve_expiry(c, job->expires_at))
		return ERR_NOMEM;
	uint32_t slot = slab_take(&c->items);
	if (slot == SLAB_NONE)
		return ERR_NOMEM;
	struct item *it = item_at(c, slot);
	*it = (struct item){.job = *job,
		.media_call = CALL_OP_INITIALIZE_MEDIA_UPLOAD,
		.expiry_at = HEAP_NONE,
		.at = HEAP_NONE,
		.holder = NONE};
	if (!map_put(&c->item_by_id, slot)) {
		slab_give(&c->items, slot);
		return ERR_NOMEM;
	}
	it->job.expires_at = USEC_NEVER;
	item_set_expiry(c, it, job->expires_at);
	if (job->id > c->id_last)
		c->id_last = job->id;
	c->counts.by_state[job->state]++;
	*ret = it;
	return ERR_OK;
}

void item_drop(struct core *c, struct item *it)
{
	ASSERT(it->place == PLACE_NONE && it->expiry_at == HEAP_NONE);
	item_set_expiry(c, it, USEC_NEVER);
	slab_give(&c->items, map_remove(&c->item_by_id, it->job.id));
}

/* --- standing --- */

void item_rest(struct core *c, struct item *it)
{
	if (it->place == PLACE_DUE)
		(void)heap_remove(&c->due, it->at, &due_ops, c);
	else if (it->place == PLACE_LANE)
		lane_take(c, it);
	ASSERT(it->place != PLACE_LEASE);
	it->place = PLACE_NONE;
	if (it->expiry_at != HEAP_NONE)
		(void)heap_remove(&c->expiring, it->expiry_at, &expiry_ops, c);
}

static void stand_due(struct core *c, struct item *it, uint32_t slot)
{
	bool put = heap_put(&c->due, slot, &due_ops, c);

	ASSERT(put); /* room for every job was reserved */
	it->place = PLACE_DUE;
}

/* In its lane, or, while there is no memory for one, among what is due a little later. */
static void stand_in_lane(struct core *c, struct item *it, uint32_t slot, struct now now)
{
	uint32_t account = account_find(c, it->job.account);

	ASSERT(account != NONE);
	if (lane_put(c, it, account)) {
		it->place = PLACE_LANE;
		return;
	}
	it->job.not_before = now.wall + USEC_SEC;
	stand_due(c, it, slot);
}

void item_stand(struct core *c, struct item *it, struct now now)
{
	struct job *j = &it->job;
	uint32_t slot = item_slot(c, it);

	ASSERT(it->place == PLACE_NONE && !job_is_final((enum job_state)j->state));
	if (j->state <= JOB_READY && j->expires_at != USEC_NEVER) {
		bool put = heap_put(&c->expiring, slot, &expiry_ops, c);

		ASSERT(put);
	}
	if (j->state == JOB_HELD || j->state == JOB_WAITING || j->flags & JOB_ASKED)
		return;
	if (j->state != JOB_SCHEDULED && j->not_before > now.wall + c->wait_max)
		j->not_before =
			now.wall + c->wait_max; /* set under a clock that has stepped back */
	if (j->not_before > now.wall && !MISTAKE(MISTAKE_EARLY)) {
		stand_due(c, it, slot);
		return;
	}
	if (j->state == JOB_SCHEDULED)
		become(c, it, JOB_READY, IMPLIED);
	stand_in_lane(c, it, slot, now);
}

void item_lease(struct core *c, struct item *it, uint32_t lease)
{
	item_rest(c, it);
	it->place = PLACE_LEASE;
	it->holder = lease;
}

/* --- instants --- */

usec_t items_due_at(const struct core *c)
{
	uint32_t slot = heap_first(&c->due);

	return slot == HEAP_NONE ? USEC_NEVER : item_at(c, slot)->job.not_before;
}

void items_due(struct core *c, struct now now)
{
	struct item *it = item_at(c, heap_first(&c->due));

	item_rest(c, it);
	item_stand(c, it, now);
}

usec_t items_expire_at(const struct core *c)
{
	uint32_t slot = heap_first(&c->expiring);

	return slot == HEAP_NONE ? USEC_NEVER : item_at(c, slot)->job.expires_at;
}

void items_expire(struct core *c, struct now now)
{
	struct item *it = item_at(c, heap_first(&c->expiring));

	(void)now;
	if (MISTAKE(MISTAKE_NOT_TOLD)) {
		item_rest(c, it);
		(void)become(c, it, JOB_EXPIRED, IMPLIED);
		item_drop(c, it);
		return;
	}
	finish(c, it, JOB_EXPIRED, &(struct ended){.cause = CAUSE_EXPIRED});
}

void items_mend(struct core *c, struct now now)
{
	for (uint32_t at = 0; at < c->due.count; at++) {
		struct job *j = &item_at(c, c->due.slots[at])->job;

		if (j->state == JOB_SCHEDULED || j->not_before <= now.wall + c->wait_max)
			continue;
		j->not_before = now.wall + c->wait_max;
		heap_fix(&c->due, at, &due_ops,
			c); /* upwards: those after it stay where they are */
	}
}

/* --- states --- */

struct order *become(struct core *c, struct item *it, enum job_state to, enum keep keep)
{
	enum job_state from = (enum job_state)it->job.state;

	ASSERT(job_may(from, to));
	c->counts.by_state[from]--;
	c->counts.by_state[to]++;
	it->job.state = (uint8_t)to;
	if (keep == IMPLIED)
		return NULL;
	return order_job(c, job_is_final(to) ? ORDER_END : ORDER_SAVE, it);
}

void finish(struct core *c, struct item *it, enum job_state to, const struct ended *e)
{
	uint64_t id = it->job.id;

	ASSERT(job_is_final(to));
	knots_untie(c, it);
	item_rest(c, it);
	if (to != JOB_DONE || it->doubts > 1)
		doubt_clear(c, it);
	struct order *o = become(c, it, to, KEEP);
	o->cause = e->cause;
	o->about = e->about;
	o->settled = e->settled;
	o->has_outcome = e->outcome != NULL;
	if (e->outcome)
		o->outcome = *e->outcome;
	item_drop(c, it);
	knot_ended(c, id, to);
}
