/* check.c - every invariant that can be seen from inside, for the simulator */
#include "common/base/mem.h"
#include "dispatcher/core/inside.h"

/* --- jobs and lanes --- */

static void check_item(const struct core *c, uint32_t slot)
{
	const struct item *it = item_at(c, slot);
	const struct job *j = &it->job;
	bool may_expire = j->state <= JOB_READY && j->expires_at != USEC_NEVER;

	ASSERT(!job_is_final((enum job_state)j->state));
	ASSERT((it->expiry_at != HEAP_NONE) == may_expire);
	if (may_expire)
		ASSERT(c->expiring.slots[it->expiry_at] == slot);
	if (j->state == JOB_RUNNING)
		ASSERT(it->place == PLACE_LEASE);
	if (j->flags & JOB_BEGUN)
		ASSERT((j->state == JOB_RUNNING || j->state == JOB_UNSURE) && j->lease &&
			j->begun_at);
	ASSERT(!j->page || j->page < j->pages);
	switch ((enum place)it->place) {
	case PLACE_NONE:
		ASSERT(j->state == JOB_HELD || j->state == JOB_WAITING || j->flags & JOB_ASKED);
		break;
	case PLACE_DUE:
		ASSERT(c->due.slots[it->at] == slot);
		break;
	case PLACE_LANE:
		ASSERT(j->state == JOB_READY || j->state == JOB_UNSURE);
		ASSERT(lane_find(c, account_find(c, j->account), it)->jobs.slots[it->at] ==
			slot);
		break;
	case PLACE_LEASE:
		ASSERT(lease_at(c, it->holder)->item == slot);
		ASSERT(j->state == JOB_RUNNING || j->state == JOB_UNSURE);
		break;
	}
}

static void check_items(const struct core *c)
{
	uint64_t by_state[JOB_STATE_COUNT] = {0};
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->item_by_id, &at)) != MAP_NONE;) {
		check_item(c, slot);
		by_state[item_at(c, slot)->job.state]++;
	}
	for (int state = 0; state < JOB_STATE_COUNT; state++)
		if (!job_is_final((enum job_state)state))
			ASSERT(by_state[state] == c->counts.by_state[state]);
}

/* When everything is drained and a worker has room, no lane is left that the gate would let
 * through. */
static void check_lane(const struct core *c, const struct lane *l, bool drained, struct now now)
{
	const struct item *it = item_at(c, heap_first(&l->jobs));
	struct asked q = {.c = c,
		.it = it,
		.account = account_at(c, l->account),
		.account_slot = l->account,
		.call = (enum call)l->call,
		.kind = (enum post_kind)l->kind,
		.draws = &l->draws,
		.now = now};
	struct answer a;

	ASSERT(l->jobs.count > 0);
	ASSERT(!list_is_empty(&l->node) || l->bar != NONE || !list_is_empty(&c->ring));
	if (!drained || !worker_next(c, now))
		return;
	ASSERT(l->bar != NONE);
	ASSERT(!gate_passes(&q, &a));
}

static void check_shares(const struct core *c)
{
	uint32_t at = 0, lanes = 0;

	for (uint32_t slot; (slot = map_next(&c->share_by_key, &at)) != MAP_NONE;) {
		const struct share *s = share_at(c, slot);

		ASSERT(s->lanes > 0);
		ASSERT(list_is_empty(&s->turn.ring) == list_is_empty(&s->turn.node));
		ASSERT(list_is_empty(&s->order_lanes) == list_is_empty(&s->order_node));
		lanes += s->lanes;
	}
	ASSERT(lanes == c->lane_by_key.count);
}

static bool is_drained(const struct core *c, struct now now)
{
	return c->started && !c->starved && !c->orders.count && core_sleep(c, now) > 0;
}

static void check_lanes(const struct core *c, struct now now)
{
	bool drained = is_drained(c, now);
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;)
		check_lane(c, slab_at(&c->lanes, slot), drained, now);
}

/* --- leases, windows, workers --- */

static uint32_t count_leases(const struct core *c, const struct worker *w)
{
	uint32_t n = 0;

	for (struct list *node = w->leases.next; node != &w->leases; node = node->next) {
		ASSERT(worker_at(c, LIST_ITEM(node, struct lease, node)->worker) == w);
		n++;
	}
	return n;
}

static void check_workers(const struct core *c)
{
	uint32_t at = 0;
	uint64_t slots = 0;

	for (uint32_t slot; (slot = map_next(&c->worker_by_id, &at)) != MAP_NONE;) {
		const struct worker *w = worker_at(c, slot);

		ASSERT(count_leases(c, w) == w->used);
		ASSERT((w->used < w->slots && !w->closed) == !list_is_empty(&w->node));
		slots += w->slots;
	}
	ASSERT(slots == c->counts.slots && c->worker_by_id.count == c->counts.workers);
}

struct tally {
	int32_t reserved, in_flight;
};

static void tally_lease(const struct core *c, const struct lease *l, struct tally *of_counter,
	uint32_t *of_account)
{
	const struct item *it = lease_item(c, l);

	for (uint32_t i = 0; i < l->draws.count; i++) {
		of_counter[l->draws.slot[i]].reserved += !l->begun;
		of_counter[l->draws.slot[i]].in_flight += l->begun;
	}
	of_account[l->account] += l->effect && it;
	if (it)
		ASSERT(it->place == PLACE_LEASE && lease_at(c, it->holder) == l);
	if (it && l->effect)
		ASSERT(l->begun == ((it->job.flags & JOB_BEGUN) != 0));
}

static void check_counters(const struct core *c, const struct tally *of_counter)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&c->counter_by_key, &at)) != MAP_NONE;) {
		const struct counter *n = counter_at(c, slot);

		ASSERT(n->w.reserved == of_counter[slot].reserved);
		ASSERT(n->w.in_flight == of_counter[slot].in_flight);
		ASSERT(n->w.row.used >= 0 && n->w.row.limit >= 1);
		ASSERT(!n->w.dirty || n->listed);
	}
}

static void check_pacers(const struct core *c)
{
	uint32_t at = 0, paced = 0;

	for (uint32_t slot; (slot = map_next(&c->lease_by_id, &at)) != MAP_NONE;) {
		const struct lease *l = lease_at(c, slot);

		ASSERT(!l->paced || (!l->begun && pacer_of(c, l->account)));
		paced += l->paced;
	}
	at = 0;
	for (uint32_t slot; (slot = map_next(&c->pacer_by_account, &at)) != MAP_NONE;)
		for (int act = 0; act < ACT_COUNT; act++)
			paced -= pacer_at(c, slot)->under_way[act];
	ASSERT(paced == 0);
}

static void check_leases(const struct core *c)
{
	struct tally *of_counter = mem_array((size_t)c->counters.used + 1, sizeof(*of_counter));
	uint32_t *of_account = mem_array((size_t)c->accounts.used + 1, sizeof(*of_account));
	uint32_t at = 0;

	ASSERT(of_counter && of_account);
	for (uint32_t slot; (slot = map_next(&c->lease_by_id, &at)) != MAP_NONE;)
		tally_lease(c, lease_at(c, slot), of_counter, of_account);
	check_counters(c, of_counter);
	at = 0;
	for (uint32_t slot; (slot = map_next(&c->account_by_id, &at)) != MAP_NONE;)
		ASSERT(account_at(c, slot)->effects == of_account[slot]);
	ASSERT(c->lease_by_id.count == c->counts.leases);
	mem_free(of_counter);
	mem_free(of_account);
}

/* --- money --- */

static void check_purse(const struct core *c, uint32_t slot, const int64_t *reserved,
	const int64_t *under_way, const uint32_t *lanes)
{
	const struct purse *p = purse_at(c, slot);

	ASSERT(p->l.reserved == reserved[slot] && p->l.under_way == under_way[slot]);
	ASSERT(p->lanes == lanes[slot] && p->needs.size >= p->lanes);
	ASSERT(list_is_empty(&p->bar.lanes) == (p->needs.count == 0));
	for (unsigned i = 0; i < LEDGER_LENGTHS; i++)
		ASSERT(p->l.now[i].spent >= 0);
	ASSERT(!ledger_is_dirty(&p->l) || p->listed);
	for (uint32_t i = 0; i < p->needs.count; i++) {
		const struct lane *l = slab_at(&c->lanes, p->needs.slots[i]);

		ASSERT(l->need_at == i && l->bar == BAR_REF(BAR_BUDGET, slot));
	}
}

static void check_money(const struct core *c)
{
	size_t n = (size_t)c->purses.used + 1;
	int64_t *reserved = mem_array(n, sizeof(*reserved));
	int64_t *under_way = mem_array(n, sizeof(*under_way));
	uint32_t *lanes = mem_array(n, sizeof(*lanes));
	uint32_t at = 0;

	ASSERT(reserved && under_way && lanes);
	for (uint32_t slot; (slot = map_next(&c->lease_by_id, &at)) != MAP_NONE;) {
		const struct lease *l = lease_at(c, slot);

		for (unsigned i = 0; l->pay.amount && i < LEDGER_KINDS; i++)
			(l->begun ? under_way : reserved)[l->pay.by[i]] += l->pay.amount;
		if (l->pay.quota != NONE)
			(l->begun ? under_way : reserved)[l->pay.quota] += l->pay.objects;
	}
	at = 0;
	for (uint32_t slot; (slot = map_next(&c->lane_by_key, &at)) != MAP_NONE;) {
		uint32_t of[PURSES_A_LANE];
		size_t count = purses_of_lane(c, slab_at(&c->lanes, slot), of);

		for (size_t i = 0; i < count; i++)
			lanes[of[i]]++;
	}
	at = 0;
	for (uint32_t slot; (slot = map_next(&c->purse_by_key, &at)) != MAP_NONE;)
		check_purse(c, slot, reserved, under_way, lanes);
	mem_free(reserved);
	mem_free(under_way);
	mem_free(lanes);
}

void core_check(const struct core *c, struct now now)
{
	check_items(c);
	knots_check(c);
	check_lanes(c, now);
	check_shares(c);
	check_workers(c);
	check_leases(c);
	check_pacers(c);
	check_money(c);
}
