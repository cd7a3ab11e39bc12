#include "dispatcher/core/place/suspect.h"

#include "dispatcher/core/inside.h"

#define SUSPECT_FROM 2 /* losses */

bool is_suspect(const struct item *it)
{
	return it->losses >= SUSPECT_FROM;
}

void suspect_survived(struct core *c, uint64_t job)
{
	struct item *it = item_find(c, job);

	if (it && it->losses > 0)
		it->losses--;
}

static bool could_run(const struct core *c, const struct item *it)
{
	const struct lane *l = slab_at(&c->lanes, it->holder);

	return it->at == 0 && l->bar == NONE;
}

/* Whom a worker is kept for, while that one would go there at once: a job that something else
 * holds, or that is not the next of its lane, keeps none. */
static const struct item *ward(const struct core *c, struct now now)
{
	const struct item *it = c->ward.job ? item_find(c, c->ward.job) : NULL;

	if (!it || !is_suspect(it))
		return NULL;
	if (it->place == PLACE_LANE)
		return could_run(c, it) ? it : NULL;
	return it->place == PLACE_DUE && it->job.not_before <= now.wall + SUSPECT_AGAIN ? it
											: NULL;
}

/* The worker that is kept, unless it is gone or takes nothing more. */
static struct worker *kept(const struct core *c)
{
	uint32_t slot = worker_slot(c, c->ward.worker);
	struct worker *w = slot == NONE ? NULL : worker_at(c, slot);

	return w && w->slots && !w->closed ? w : NULL;
}

bool suspect_keeps(const struct core *c, const struct worker *w, struct now now)
{
	return c->ward.job && c->ward.worker == w->id && ward(c, now);
}

struct worker *suspect_worker(struct core *c, const struct item *it, struct now now)
{
	const struct item *other = ward(c, now);

	if (c->watched || (other && other != it))
		return NULL;
	struct worker *w = other ? kept(c) : NULL;
	if (!w)
		w = worker_least_busy(c);
	if (w && w->used) {
		c->ward = (struct ward){.job = it->job.id, .worker = w->id};
		return NULL;
	}
	c->ward = (struct ward){0};
	return w;
}

struct lane *suspect_lane(const struct core *c, struct now now)
{
	const struct item *it = ward(c, now);
	const struct worker *w = it ? kept(c) : NULL;

	return w && !w->used && it->place == PLACE_LANE ? slab_at(&c->lanes, it->holder) : NULL;
}
