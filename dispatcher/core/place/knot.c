/* knot.c - which jobs come after which, and what follows when one ends */
#include "dispatcher/core/inside.h"

static struct knot *knot_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->knots, slot);
}

static struct strand *strand_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->strands, slot);
}

uint64_t knot_key_of(const void *ctx, uint32_t slot)
{
	return knot_at(ctx, slot)->id;
}

static uint64_t ends(uint32_t knot, uint32_t item)
{
	return (uint64_t)knot << 32 | item;
}

uint64_t strand_key_of(const void *ctx, uint32_t slot)
{
	const struct strand *s = strand_at(ctx, slot);

	return ends(s->knot, s->item);
}

static bool may_wait(const struct item *it)
{
	return it->job.state == JOB_HELD || it->job.state == JOB_WAITING;
}

bool knots_hold(const struct item *it)
{
	return may_wait(it) && it->holder != NONE;
}

const struct knot *knot_first(const struct core *c, const struct item *it)
{
	ASSERT(knots_hold(it));
	return knot_at(c, strand_at(c, it->holder)->knot);
}

uint32_t knots_count(const struct core *c, const struct item *it)
{
	uint32_t n = 0;

	if (!knots_hold(it))
		return 0;
	for (uint32_t at = it->holder; at != NONE; at = strand_at(c, at)->of_item)
		n++;
	return n;
}

uint64_t knots_nth(const struct core *c, const struct item *it, uint32_t n)
{
	uint32_t at = knots_hold(it) ? it->holder : NONE;

	while (at != NONE && n-- > 0)
		at = strand_at(c, at)->of_item;
	return at == NONE ? 0 : knot_at(c, strand_at(c, at)->knot)->id;
}

/* --- tying --- */

/* The knot of a job, made if need be; NONE: no memory. */
static uint32_t knot_need(struct core *c, uint64_t id)
{
	uint32_t slot = map_find(&c->knot_by_id, id);

	if (slot != MAP_NONE)
		return slot;
	slot = slab_take(&c->knots);
	if (slot == SLAB_NONE)
		return NONE;
	*knot_at(c, slot) = (struct knot){.id = id, .first = NONE, .last = NONE};
	if (map_put(&c->knot_by_id, slot))
		return slot;
	slab_give(&c->knots, slot);
	return NONE;
}

/* A knot that ties nothing goes, unless it is among those to be let go: they go there. */
static void knot_drop(struct core *c, uint32_t slot)
{
	const struct knot *k = knot_at(c, slot);

	if (k->first == NONE && !k->is_loose)
		slab_give(&c->knots, map_remove(&c->knot_by_id, k->id));
}

static void link_behind(struct core *c, struct knot *k, uint32_t slot)
{
	strand_at(c, slot)->prev = k->last;
	if (k->last == NONE)
		k->first = slot;
	else
		strand_at(c, k->last)->next = slot;
	k->last = slot;
}

static void link_before(struct core *c, struct knot *k, uint32_t slot)
{
	strand_at(c, slot)->next = k->first;
	if (k->first == NONE)
		k->last = slot;
	else
		strand_at(c, k->first)->prev = slot;
	k->first = slot;
}

bool knot_tie(struct core *c, struct item *it, const struct need *n)
{
	uint32_t item = item_slot(c, it);
	uint32_t knot = knot_need(c, n->id);

	ASSERT(may_wait(it) && n->id != it->job.id);
	if (knot == NONE)
		return false;
	if (map_find(&c->strand_by_ends, ends(knot, item)) != MAP_NONE)
		return true;
	uint32_t slot = slab_take(&c->strands);
	struct strand *s = slot == SLAB_NONE ? NULL : strand_at(c, slot);
	if (s)
		*s = (struct strand){.knot = knot,
			.item = item,
			.prev = NONE,
			.next = NONE,
			.of_item = it->holder,
			.patient = n->patient};
	if (!s || !map_put(&c->strand_by_ends, slot)) {
		if (s)
			slab_give(&c->strands, slot);
		knot_drop(c, knot);
		return false;
	}
	it->holder = slot;
	if (n->patient)
		link_behind(c, knot_at(c, knot), slot);
	else
		link_before(c, knot_at(c, knot), slot);
	return true;
}

/* --- untying --- */

static void unlink_strand(struct core *c, const struct strand *s)
{
	struct knot *k = knot_at(c, s->knot);

	if (s->prev == NONE)
		k->first = s->next;
	else
		strand_at(c, s->prev)->next = s->next;
	if (s->next == NONE)
		k->last = s->prev;
	else
		strand_at(c, s->next)->prev = s->prev;
}

static void untie(struct core *c, struct item *it, uint32_t slot)
{
	const struct strand s = *strand_at(c, slot);
	uint32_t *at = &it->holder;

	while (*at != slot)
		at = &strand_at(c, *at)->of_item;
	*at = s.of_item;
	unlink_strand(c, &s);
	slab_give(&c->strands, map_remove(&c->strand_by_ends, ends(s.knot, s.item)));
	knot_drop(c, s.knot);
}

void knots_untie(struct core *c, struct item *it)
{
	while (knots_hold(it))
		untie(c, it, it->holder);
}

/* --- letting go --- */

void knot_ended(struct core *c, uint64_t id, enum job_state how)
{
	uint32_t slot = map_find(&c->knot_by_id, id);

	if (slot == MAP_NONE)
		return;
	struct knot *k = knot_at(c, slot);
	k->has_ended = true;
	k->state = (uint8_t)how;
	if (k->is_loose)
		return;
	k->is_loose = true;
	k->next_loose = c->loose;
	c->loose = slot + 1;
}

void knot_back(struct core *c, uint64_t id)
{
	uint32_t slot = map_find(&c->knot_by_id, id);

	if (slot != MAP_NONE)
		knot_at(c, slot)->has_ended = false;
}

enum err knot_loaded(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct item *it = item_find(c, f->job.id);

	(void)now;
	if (!it || !may_wait(it) || MISTAKE(MISTAKE_AFTER_FORGOTTEN))
		return ERR_OK;
	if (!knot_tie(c, it, &f->needs[0]))
		return err_say(m, ERR_NOMEM, "out of memory");
	if (job_is_final(f->need_state))
		knot_ended(c, f->needs[0].id, f->need_state);
	return ERR_OK;
}

usec_t knots_loose_at(const struct core *c)
{
	return c->loose ? 0 : USEC_NEVER;
}

void knots_let_go(struct core *c, struct now now)
{
	uint32_t slot = c->loose - 1;
	struct knot *k = knot_at(c, slot);
	bool is_done = k->state == JOB_DONE || MISTAKE(MISTAKE_AFTER_ANY_END);
	uint32_t first = k->has_ended ? k->first : NONE;

	if (first == NONE || (!is_done && strand_at(c, first)->patient)) {
		c->loose = k->next_loose;
		k->is_loose = false;
		knot_drop(c, slot);
		return;
	}
	struct item *it = item_at(c, strand_at(c, first)->item);
	if (!is_done) {
		finish(c, it, JOB_FAILED,
			&(struct ended){.cause = CAUSE_DEPENDENCY, .about = k->id});
		return;
	}
	untie(c, it, first);
	if (it->job.state == JOB_WAITING && !knots_hold(it))
		agent_released(c, it, now);
}

/* --- for the simulator --- */

static uint32_t check_knot(const struct core *c, uint32_t slot)
{
	const struct knot *k = knot_at(c, slot);
	uint32_t n = 0, prev = NONE;
	bool patient = false;

	ASSERT(k->first != NONE || k->is_loose);
	for (uint32_t at = k->first; at != NONE; at = strand_at(c, at)->next) {
		const struct strand *s = strand_at(c, at);

		ASSERT(s->knot == slot && s->prev == prev && s->patient >= patient);
		ASSERT(knots_hold(item_at(c, s->item)));
		patient = s->patient;
		prev = at;
		n++;
	}
	ASSERT(k->last == prev);
	return n;
}

void knots_check(const struct core *c)
{
	uint32_t at = 0, strands = 0, of_items = 0;

	for (uint32_t slot; (slot = map_next(&c->knot_by_id, &at)) != MAP_NONE;)
		strands += check_knot(c, slot);
	at = 0;
	for (uint32_t slot; (slot = map_next(&c->item_by_id, &at)) != MAP_NONE;)
		of_items += knots_count(c, item_at(c, slot));
	ASSERT(strands == c->strand_by_ends.count && of_items == strands);
}
