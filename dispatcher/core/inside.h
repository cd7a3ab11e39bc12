/*
 * inside.h - the machine's own memory, and the headers of its parts
 *
 * Things live in slabs and know each other by 32-bit slots. A job stands in
 * exactly one place: in no place (held, asked), in the heap of what is due
 * later, in a lane, or under a lease. A lane that has jobs is either in its
 * share's ring (it could run) or waits at one bar.
 *
 * Turns. What could run stands in rings within rings: the core has a ring of
 * apps, an app one of accounts, an account one of shares (an agent's part of
 * an account), a share one of lanes. Each level goes round on its own, so a
 * flood of one lane, agent, account or app costs the others one turn in each
 * round, however long it is.
 */
#ifndef ROOST_DISPATCHER_CORE_INSIDE_H
#define ROOST_DISPATCHER_CORE_INSIDE_H

#include "common/base/heap.h"
#include "common/base/list.h"
#include "common/base/map.h"
#include "common/base/rng.h"
#include "common/base/slab.h"
#include "dispatcher/core/brake/breaker.h"
#include "dispatcher/core/brake/entitle.h"
#include "dispatcher/core/brake/pacer.h"
#include "dispatcher/core/brake/storm.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/gate.h"
#include "dispatcher/core/life/life.h"
#include "dispatcher/core/mistake.h"
#include "dispatcher/core/money/pay.h"
#include "dispatcher/core/money/purse.h"
#include "dispatcher/core/money/quota.h"
#include "dispatcher/core/money/seen.h"
#include "dispatcher/core/party.h"
#include "dispatcher/core/place/bar.h"
#include "dispatcher/core/place/item.h"
#include "dispatcher/core/place/knot.h"
#include "dispatcher/core/place/lane.h"
#include "dispatcher/core/place/lease.h"
#include "dispatcher/core/place/suspect.h"
#include "dispatcher/core/place/worker.h"
#include "dispatcher/core/queue.h"
#include "dispatcher/core/rate/counter.h"

#define NONE UINT32_MAX
#define ORDERS_A_STEP \
	24 /* orders that one fact or one alarm leads to, at most, besides those of leases */
#define ORDERS_A_LEASE 3 /* ... and for each lease that is lost with its worker */

struct core {
	struct core_conf conf;
	struct rng rng;
	struct order_queue orders;
	const void *tag; /* of the fact being told */

	struct slab items, knots, strands, counters, purses, apps, accounts, shares, lanes,
		workers, leases;
	struct map item_by_id, knot_by_id, strand_by_ends, counter_by_key, purse_by_key,
		app_by_id, account_by_id, share_by_key, lane_by_key, worker_by_id, lease_by_id;
	struct heap due, expiring, bars, deadlines;
	uint64_t id_last;       /* the highest of a job so far */
	uint32_t expiring_jobs; /* that have an end, wherever they stand */
	struct list ring;       /* of apps */
	struct list roomy;      /* workers with room */
	struct list heard;      /* workers */
	struct plan *plans;
	usec_t lengths[32]; /* of windows, as met: part of a window's key */
	uint32_t length_count;
	uint32_t watched; /* leases of suspects */
	struct ward ward;
	uint32_t loose; /* slot + 1 of the first knot whose strands are to be let go */
	uint32_t dirty; /* slot + 1 of the first dirty counter */
	struct slab pacers;
	struct map pacer_by_account;
	uint32_t dirty_purse;

	uint32_t took[CALL_COUNT]; /* usec from assignment to answer, a moving mean; 0: not
				      known */
	struct watch *watch;       /* of a copy that is walked (walk.c); else NULL */

	uint64_t lease_last;
	usec_t offset;   /* wall - mono, when last seen */
	usec_t wait_max; /* no wait that the core itself imposes on a job is longer */
	bool started;
	bool starved;    /* memory ran out: a little later again */
	uint32_t trials; /* left in this turn, after which core_orders() says 0 */
	bool in_turn;    /* core_orders() has not said 0 yet */
	uint32_t agents_off;
	bool paused;                      /* everything */
	uint8_t paused_calls[CALL_COUNT]; /* bit 1 << kind */
	struct core_counts counts;
};

/* A core like c, on its own from now on, with no orders waiting. NULL: out of memory. */
MUST_USE struct core *core_copy(const struct core *c);

/* What a walk, or a simulation, wants to know of its core. */
struct watch {
	void (*blocked)(
		struct watch *w, const struct asked *q, const struct answer *a, uint32_t lane);
	void (*assigned)(struct watch *w, const struct asked *q, uint32_t lane);
	void (*joined)(struct watch *w, const struct core *c,
		uint32_t lane); /* the rings, behind the others; NULL: not of interest */
};
usec_t call_takes(const struct core *c, enum call call); /* from assignment to answer */

#endif
