/*
 * pacer.h - accounts whose rules hold
 */
#ifndef ROOST_DISPATCHER_CORE_BRAKE_PACER_H
#define ROOST_DISPATCHER_CORE_BRAKE_PACER_H

#include "dispatcher/core/core.h"
#include "dispatcher/core/place/bar.h"
#include "dispatcher/core/rate/counter.h"

struct lease;

#define PACER_BARS 8 /* its bars have slots of their own: its slot times this, and the act */

/* An account whose rules hold (dispatcher/policy/pace.h); there as soon as it has one. */
struct pacer {
	uint32_t account;              /* slot */
	uint16_t under_way[ACT_COUNT]; /* assigned, and not begun */
	struct pace_rules rules;
	struct pace pace;
	struct bar bars[ACT_COUNT];
};

uint64_t pacer_key_of(const void *ctx, uint32_t slot);
struct pacer *pacer_at(const struct core *c, uint32_t slot);
struct pacer *pacer_of(const struct core *c, uint32_t account); /* by slot; NULL: none */
struct bar *pacer_bar(const struct core *c, uint32_t slot);     /* of a BAR_PACE */
uint32_t pacer_bar_ref(const struct core *c, const struct pacer *p, enum act act);
int64_t pacer_room(const struct core *c, uint32_t slot, usec_t wall, usec_t *ret_until);
enum err pacer_rules(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err pacer_loaded(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
bool pacer_pacing_holds(const struct core *c, const struct pacer *p, enum act act,
	const struct draws *draws, usec_t wall, struct pace_answer *ret);
bool pacer_rule_holds(
	const struct pacer *p, enum act act, usec_t wall, struct pace_answer *ret);
void pacer_reserve(struct core *c, struct lease *l); /* assigned */
bool pacer_may_begin(const struct core *c, const struct lease *l, usec_t wall);
void pacer_begin(struct core *c, struct lease *l, usec_t wall);
void pacer_return(
	struct core *c, struct lease *l, bool unsent, usec_t wall); /* the lease ends */
void pacer_learned(struct core *c,
	const struct lease *l); /* its windows: what is spread over them moves */
void pacers_mend(struct core *c, struct now now); /* the wall clock stepped back */

#endif
