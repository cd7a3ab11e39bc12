/*
 * purse.h - who pays for a job, and whether they can
 */
#ifndef ROOST_DISPATCHER_CORE_MONEY_PURSE_H
#define ROOST_DISPATCHER_CORE_MONEY_PURSE_H

#include "common/base/heap.h"
#include "dispatcher/core/core.h"
#include "dispatcher/core/money/ledger.h"
#include "dispatcher/core/place/bar.h"

struct account;
struct item;
struct lane;

/* What an agent, an account or an app spends, and the lanes that wait for it. */
struct purse {
	struct ledger l;
	struct bar bar;      /* lanes in the order they came ... */
	struct heap needs;   /* ... and by what they need */
	uint32_t lanes;      /* that draw on it, wherever they stand */
	uint32_t next_dirty; /* slot + 1, like a counter's */
	bool listed;
	bool off; /* its agent is switched off */
};

/* What a job lacks: of which purse, by day or month, and until when. */
struct short_of {
	uint32_t purse; /* slot; NONE */
	enum ledger_length length;
	usec_t until; /* wall */
	int64_t need;
};

uint64_t purse_key_of(const void *ctx, uint32_t slot);
struct purse *purse_at(const struct core *c, uint32_t slot);
uint32_t purse_find(const struct core *c, enum ledger_kind kind, uint32_t owner); /* NONE */
uint32_t purse_of(struct core *c, enum ledger_kind kind, uint32_t owner,
	usec_t wall); /* made if need be; NONE: no memory */
void purses_done(struct core *c);
bool purses_order(struct core *c); /* an order for one dirty period; false: none is */
enum err purse_caps(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err purse_spent(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err purse_raise(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void purse_joins_app(struct core *c, const struct account *a, usec_t wall);
int64_t purse_price(const struct core *c, const struct item *it,
	int64_t *ret_unit); /* of the step that is next */
bool purse_blocks(const struct core *c, const struct item *it, const struct account *a,
	usec_t wall, struct short_of *ret);
void purse_changed(struct core *c, uint32_t slot); /* its money is other than before */
void purse_took(struct core *c, uint32_t slot, usec_t wall); /* something: warns */
void purse_payers(const struct core *c, uint32_t agent, const struct account *a,
	uint32_t ret[LEDGER_KINDS]); /* the agent's is NONE before its first job is kept */
void purse_stopped(struct core *c, uint32_t slot, enum ledger_length length);
void purse_verdict(const struct core *c, const struct short_of *s, usec_t wall,
	struct verdict *ret); /* its ref and its text */

/* The purses (slots) a lane may wait at; returns how many. */
#define PURSES_A_LANE (LEDGER_KINDS + 1)
size_t purses_of_lane(const struct core *c, const struct lane *l, uint32_t ret[PURSES_A_LANE]);

/* Whether the agent of that number is switched off. */
bool purse_is_off(const struct core *c, uint32_t agent);

/* Room for a lane in the heaps of those who pay for it; false: no memory. And back. */
MUST_USE bool purse_lane_room(struct core *c, const struct lane *l);
void purse_lane_count(struct core *c, const struct lane *l, int more);
MUST_USE bool purse_reserve_lanes(struct core *c, uint32_t slot, uint32_t more);
void purse_join(struct core *c, uint32_t slot, struct lane *l);
void purse_leave(struct core *c, uint32_t slot, struct lane *l);
struct lane *purse_next(const struct core *c, uint32_t slot,
	int64_t room); /* that waits, and needs no more; NULL */

#endif
