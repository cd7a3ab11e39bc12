/*
 * life.h - the steps of a job, from an agent to its end
 */
#ifndef ROOST_DISPATCHER_CORE_LIFE_LIFE_H
#define ROOST_DISPATCHER_CORE_LIFE_LIFE_H

#include "dispatcher/core/core.h"

struct item;
struct lease;

enum err agent_enqueue(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_loaded(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_cancel(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_update(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_approve(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_reject(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err agent_filled(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void agent_released(
	struct core *c, struct item *it, struct now now); /* what it came after is done */

bool dispatch(
	struct core *c, struct now now); /* tries one lane; false: there is nothing to try */

enum err begin_asked(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err begin_holds(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err begin_back(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err begin_media(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
enum err begin_named(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void begin_write(
	struct core *c, struct lease *l, struct now now); /* charges, and writes the intent */
void put_back(
	struct core *c, struct item *it, struct now now); /* assigned, and proven not sent */

enum err after_outcome(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void after_unknown(struct core *c, struct item *it, enum outcome_cause cause,
	const struct outcome *o, struct now now);
void stand_again(struct core *c, struct item *it, usec_t not_before,
	struct now now); /* ready once more */

enum err settle_resolve(struct core *c, const struct fact *f, struct now now, struct errmsg *m);
void settle_unsure(struct core *c, struct item *it, enum outcome_cause cause, struct now now);
void settle_looked(struct core *c, struct item *it, const struct outcome *o, struct now now);
void settle_ask(struct core *c, struct item *it, struct now now);
void settle_leave(
	struct core *c, struct item *it, struct now now); /* out of its place, a lease voided */

#endif
