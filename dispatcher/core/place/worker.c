/* worker.c - the workers, their slots, and who has been silent for how long */
#include "dispatcher/core/inside.h"

struct worker *worker_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->workers, slot);
}

uint64_t worker_key_of(const void *ctx, uint32_t slot)
{
	return worker_at(ctx, slot)->id;
}

uint32_t worker_slot(const struct core *c, uint32_t id)
{
	return map_find(&c->worker_by_id, id);
}

static struct worker *find(const struct core *c, uint32_t id)
{
	uint32_t slot = worker_slot(c, id);

	return slot == MAP_NONE ? NULL : worker_at(c, slot);
}

/* Puts w among those with room, or takes it away from them. */
static void place(struct core *c, struct worker *w)
{
	bool has_room = w->used < w->slots && !w->closed;
	bool is_among = !list_is_empty(&w->node);

	if (has_room && !is_among)
		list_append(&c->roomy, &w->node);
	else if (!has_room && is_among)
		list_remove(&w->node);
}

static void set_slots(struct core *c, struct worker *w, uint32_t slots)
{
	c->counts.slots = c->counts.slots - w->slots + slots;
	w->slots = slots;
	place(c, w);
}

static void heard(struct core *c, struct worker *w, struct now now)
{
	w->heard_at = now.mono;
	list_remove(&w->heard);
	list_append(&c->heard, &w->heard);
}

static struct worker *worker_new(struct core *c, uint32_t id)
{
	uint32_t slot = slab_take(&c->workers);

	if (slot == SLAB_NONE)
		return NULL;
	struct worker *w = worker_at(c, slot);
	w->id = id;
	list_init(&w->node);
	list_init(&w->heard);
	list_init(&w->leases);
	if (!map_put(&c->worker_by_id, slot)) {
		slab_give(&c->workers, slot);
		return NULL;
	}
	c->counts.workers++;
	return w;
}

enum err worker_is_there(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct worker *w = find(c, f->worker);

	if (!w && c->counts.workers >= CORE_WORKERS_MAX)
		return err_say(m, ERR_QUOTA, "there are %d workers already", CORE_WORKERS_MAX);
	if (!w)
		w = worker_new(c, f->worker);
	if (!w)
		return ERR_NOMEM;
	set_slots(c, w, f->slots);
	heard(c, w, now);
	return ERR_OK;
}

enum err worker_heard(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct worker *w = find(c, f->worker);

	(void)m;
	if (w)
		heard(c, w, now);
	return ERR_OK;
}

struct worker *worker_next(const struct core *c, struct now now)
{
	for (struct list *n = c->roomy.next; n != &c->roomy; n = n->next) {
		struct worker *w = LIST_ITEM(n, struct worker, node);

		if (!suspect_keeps(c, w, now))
			return w;
	}
	return NULL;
}

struct worker *worker_least_busy(struct core *c)
{
	struct worker *best = NULL;

	for (struct list *n = c->heard.prev; n != &c->heard; n = n->prev) {
		struct worker *w = LIST_ITEM(n, struct worker, heard);

		if (w->slots && (!best || w->used < best->used))
			best = w;
	}
	return best;
}

void worker_close(struct core *c, struct worker *w, bool closed)
{
	w->closed = closed;
	place(c, w);
}

void worker_took(struct core *c, struct worker *w)
{
	w->used++;
	list_remove(&w->node); /* the others first */
	place(c, w);
}

void worker_freed(struct core *c, struct worker *w)
{
	ASSERT(w->used > 0);
	w->used--;
	place(c, w);
}

/* Its leases that X may have seen stay out until their deadline; the others are over at once.
 */
static void worker_lost(struct core *c, struct worker *w, bool died, struct now now)
{
	struct list *node;

	if (died)
		lease_blame(c, w);
	while ((node = list_pop(&w->leases)))
		lease_orphan(c, LIST_ITEM(node, struct lease, node), now);
	ASSERT(w->used == 0);
	set_slots(c, w, 0);
	list_remove(&w->heard);
	struct order *o = order_put(c, ORDER_NOTE);
	o->note = NOTE_WORKER_GONE;
	o->worker = w->id;
	slab_give(&c->workers, map_remove(&c->worker_by_id, w->id));
	c->counts.workers--;
}

/* Whether it claims any of its leases; they are as before afterwards. */
static bool claims_any(const struct worker *w)
{
	bool any = false;

	for (struct list *n = w->leases.next; n != &w->leases; n = n->next)
		any = any || LIST_ITEM(n, struct lease, node)->claimed;
	return any;
}

enum err worker_claimed(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct worker *w = find(c, f->worker);

	(void)m;
	if (!w)
		return ERR_OK;
	if (!orders_reserve(c, ORDERS_A_STEP + (size_t)w->used * ORDERS_A_LEASE))
		return ERR_NOMEM;
	if (!f->alive && !claims_any(w))
		lease_blame(c, w);
	for (struct list *n = w->leases.next, *next; n != &w->leases; n = next) {
		struct lease *l = LIST_ITEM(n, struct lease, node);

		next = n->next;
		if (!l->claimed) {
			list_remove(n);
			lease_orphan(c, l, now);
		}
		l->claimed = false;
	}
	return ERR_OK;
}

enum err worker_gone(struct core *c, const struct fact *f, struct now now, struct errmsg *m)
{
	struct worker *w = find(c, f->worker);

	(void)m;
	if (!w)
		return ERR_OK;
	if (!orders_reserve(c, ORDERS_A_STEP + (size_t)w->used * ORDERS_A_LEASE))
		return ERR_NOMEM;
	worker_lost(c, w, false, now);
	return ERR_OK;
}

usec_t worker_silent_at(const struct core *c)
{
	if (list_is_empty(&c->heard))
		return USEC_NEVER;
	return LIST_ITEM(c->heard.next, struct worker, heard)->heard_at +
	       c->conf.worker_silence;
}

void worker_silent(struct core *c, struct now now)
{
	struct worker *w = LIST_ITEM(c->heard.next, struct worker, heard);

	if (orders_reserve(c, ORDERS_A_STEP + (size_t)w->used * ORDERS_A_LEASE))
		worker_lost(c, w, true, now);
	else
		heard(c, w, now); /* no memory to say it: one silence later again */
}
