/* lease.c - what is out with workers, until when, and which windows it draws on */
#include "dispatcher/core/inside.h"

struct lease *lease_at(const struct core *c, uint32_t slot)
{
	return slab_at(&c->leases, slot);
}

uint64_t lease_key_of(const void *ctx, uint32_t slot)
{
	return lease_at(ctx, slot)->id;
}

struct lease *lease_find(const struct core *c, uint64_t id)
{
	uint32_t slot = map_find(&c->lease_by_id, id);

	return slot == MAP_NONE ? NULL : lease_at(c, slot);
}

struct item *lease_item(const struct core *c, const struct lease *l)
{
	return l->item == NONE ? NULL : item_at(c, l->item);
}

static bool before(const void *ctx, uint32_t a, uint32_t b)
{
	const struct lease *x = lease_at(ctx, a);
	const struct lease *y = lease_at(ctx, b);

	return x->deadline != y->deadline ? x->deadline < y->deadline : x->id < y->id;
}

static void moved(void *ctx, uint32_t slot, uint32_t at)
{
	lease_at(ctx, slot)->at = at;
}

static const struct heap_ops ops = {before, moved};

usec_t leases_first(const struct core *c)
{
	uint32_t slot = heap_first(&c->deadlines);

	return slot == HEAP_NONE ? USEC_NEVER : lease_at(c, slot)->deadline;
}

void lease_set_deadline(struct core *c, struct lease *l, usec_t deadline)
{
	l->deadline = deadline;
	heap_fix(&c->deadlines, l->at, &ops, c);
}

/* --- giving --- */

struct lease *lease_new(
	struct core *c, uint64_t id, struct item *it, struct worker *w, usec_t deadline)
{
	if (!heap_reserve(&c->deadlines, c->leases.count + 1))
		return NULL;
	uint32_t slot = slab_take(&c->leases);
	if (slot == SLAB_NONE)
		return NULL;
	struct lease *l = lease_at(c, slot);
	*l = (struct lease){.id = id,
		.deadline = deadline,
		.item = item_slot(c, it),
		.worker = NONE,
		.pay.quota = NONE};
	list_init(&l->node);
	if (!map_put(&c->lease_by_id, slot)) {
		slab_give(&c->leases, slot);
		return NULL;
	}
	bool put = heap_put(&c->deadlines, slot, &ops, c);
	ASSERT(put);
	l->account = account_find(c, it->job.account);
	l->tokens = account_at(c, l->account)->tokens;
	item_lease(c, it, slot);
	account_app(c, account_at(c, l->account))->out++;
	l->app = account_at(c, l->account)->app;
	if (w)
		lease_attach(c, l, w);
	c->counts.leases++;
	return l;
}

void lease_attach(struct core *c, struct lease *l, struct worker *w)
{
	l->worker = worker_slot(c, w->id);
	list_append(&w->leases, &l->node);
	worker_took(c, w);
}

void lease_watch(struct core *c, struct lease *l)
{
	l->watched = true;
	c->watched++;
	worker_close(c, worker_at(c, l->worker), true);
}

static void unwatch(struct core *c, struct lease *l)
{
	if (!l->watched)
		return;
	l->watched = false;
	c->watched--;
	if (l->worker != NONE)
		worker_close(c, worker_at(c, l->worker), false);
}

void lease_reserve(struct core *c, struct lease *l, usec_t wall)
{
	pay_reserve(c, l, lease_item(c, l), wall);
	for (uint32_t i = 0; i < l->draws.count; i++)
		window_reserve(&counter_at(c, l->draws.slot[i])->w, wall);
	if (l->effect)
		account_at(c, l->account)->effects++;
	pacer_reserve(c, l);
}

bool lease_may_charge(const struct core *c, const struct lease *l, usec_t wall)
{
	for (uint32_t i = 0; i < l->draws.count; i++)
		if (!window_may_charge(&counter_at(c, l->draws.slot[i])->w, wall))
			return false;
	return pay_may_charge(c, l, wall);
}

void lease_charge(struct core *c, struct lease *l, usec_t wall)
{
	for (uint32_t i = 0; i < l->draws.count; i++) {
		struct window *w = &counter_at(c, l->draws.slot[i])->w;

		window_charge(w, wall);
		l->charges[i] = w->charges;
		counter_changed(c, l->draws.slot[i]);
	}
	pay_charge(c, l, wall);
	l->begun = true;
}

/* After a restart: what it drew on was charged before. */
void lease_adopt(struct core *c, struct lease *l)
{
	pay_adopt(c, l, lease_item(c, l));
	for (uint32_t i = 0; i < l->draws.count; i++) {
		struct window *w = &counter_at(c, l->draws.slot[i])->w;

		window_adopt(w);
		l->charges[i] = w->charges;
	}
	if (l->effect)
		account_at(c, l->account)->effects++;
	l->begun = true;
}

/* --- taking back --- */

static void return_windows(struct core *c, struct lease *l, enum lease_end how, usec_t wall)
{
	pacer_return(c, l, how == LEASE_UNSENT, wall);
	for (uint32_t i = 0; i < l->draws.count; i++) {
		struct window *w = &counter_at(c, l->draws.slot[i])->w;

		if (!l->begun && !MISTAKE(MISTAKE_WAIT_HOLDS))
			window_release(w);
		else if (!l->begun)
			continue;
		else if (how == LEASE_UNSENT)
			window_refund(w);
		else
			window_settle(w, how == LEASE_DONE, wall);
		counter_changed(c, l->draws.slot[i]);
	}
	l->draws.count = 0;
}

/* What was taken and not spent. */
static void return_money(struct core *c, struct lease *l, enum lease_end how)
{
	if (!l->begun)
		pay_release(c, l);
	else
		pay_settle(c, l, lease_item(c, l), how == LEASE_UNSENT);
}

/* The job leaves the lease. */
static void let_go(struct core *c, struct lease *l)
{
	struct item *it = lease_item(c, l);

	if (!it)
		return;
	ASSERT(it->place == PLACE_LEASE && lease_at(c, it->holder) == l);
	it->place = PLACE_NONE;
	it->holder = NONE;
	l->item = NONE;
	unwatch(c, l);
	if (l->effect) {
		account_at(c, l->account)->effects--;
		if (MISTAKE(MISTAKE_NO_WAKE))
			return;
		bar_stir(c, BAR_REF(BAR_ORDER, l->account));
	}
}

void lease_void(struct core *c, struct lease *l, usec_t wall)
{
	let_go(c, l);
	if (l->begun)
		return;
	return_windows(c, l, LEASE_UNSENT, wall);
	return_money(c, l, LEASE_UNSENT);
}

void lease_over(struct core *c, struct lease *l, enum lease_end how, usec_t wall)
{
	uint32_t slot = map_remove(&c->lease_by_id, l->id);

	return_money(c, l, how);
	storm_left(c, l);
	let_go(c, l);
	return_windows(c, l, how, wall);
	app_at(c, l->app)->out--;
	if (app_is_on_trial(app_at(c, l->app), wall))
		bar_stir(c, BAR_REF(BAR_APP, l->app));
	if (l->worker != NONE) {
		list_remove(&l->node);
		if (!MISTAKE(MISTAKE_SLOT_LEAK) || how != LEASE_SETTLED)
			worker_freed(c, worker_at(c, l->worker));
	}
	(void)heap_remove(&c->deadlines, l->at, &ops, c);
	slab_give(&c->leases, slot);
	c->counts.leases--;
}

/* --- losing --- */

/* It has killed as many workers as it may. */
static void poisoned(struct core *c, struct item *it, struct now now)
{
	if (it->job.state == JOB_UNSURE) { /* looking for it kills: a person has to */
		settle_ask(c, it, now);
		return;
	}
	c->counts.poisoned++;
	order_note(c, NOTE_POISON, it, CAUSE_POISON);
	finish(c, it, JOB_FAILED, &(struct ended){.cause = CAUSE_POISON});
}

static void lost(struct core *c, struct lease *l, struct now now)
{
	struct item *it = lease_item(c, l);
	bool begun = l->begun;
	bool in_doubt = begun && !call_is_repeatable((enum call)l->call);

	lease_over(c, l, LEASE_SETTLED, now.wall);
	if (!it)
		return;
	c->counts.lost++;
	if (!in_doubt && it->losses >= c->conf.poison_after)
		poisoned(c, it, now);
	else if (begun)
		after_unknown(c, it, CAUSE_LEASE_LOST, NULL, now);
	else
		put_back(c, it, now);
}

/*
 * A worker that dies takes along every job it had. Those that were with the most dead workers
 * so far are to blame, all of them as long as none was before; who is to blame for two goes
 * alone from then on (dispatch.c), so that the third death, if there is one, tells which it is.
 */
void lease_blame(struct core *c, struct worker *w)
{
	uint8_t most = 0;

	for (struct list *n = w->leases.next; n != &w->leases; n = n->next) {
		const struct item *it = lease_item(c, LIST_ITEM(n, struct lease, node));

		most = it && it->losses > most ? it->losses : most;
	}
	for (struct list *n = w->leases.next; n != &w->leases; n = n->next) {
		struct item *it = lease_item(c, LIST_ITEM(n, struct lease, node));

		if (it && it->losses == most && most < UINT8_MAX)
			it->losses++;
	}
}

void lease_orphan(struct core *c, struct lease *l, struct now now)
{
	worker_freed(c, worker_at(c, l->worker));
	if (l->watched)
		worker_close(c, worker_at(c, l->worker), false);
	l->worker = NONE;
	if (l->begun && l->effect && l->item != NONE)
		return; /* its outcome may still come, until the deadline */
	lost(c, l, now);
}

void lease_passed(struct core *c, struct now now)
{
	lost(c, lease_at(c, heap_first(&c->deadlines)), now);
}

void leases_start(struct core *c, struct now now)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->lease_by_id, &at)) != MAP_NONE;)
		lease_set_deadline(c, lease_at(c, slot), now.mono + c->conf.lease);
}
