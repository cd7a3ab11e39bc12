/*
 * stage.h - a core with an app, two accounts and a worker, for the unit tests of the core
 *
 * Time stands still until a test moves it. Orders are drained by stage_orders() and looked for
 * by kind. Limits are small: 5 posts in 15 minutes and 8 a day for the app, 3 DMs, 10 likes, 10
 * reads.
 */
#ifndef ROOST_TESTS_UNIT_STAGE_H
#define ROOST_TESTS_UNIT_STAGE_H

#include "dispatcher/core/core.h"

#define STAGE_WALL (1790000000 * USEC_SEC)

struct stage {
	struct core *core;
	struct limits *limits;
	struct core_conf conf;
	struct now now;
	struct order orders[512];
	size_t count;
	uint64_t last_id;
	struct errmsg words;
};

/* What all tests start from; change s->conf between the two. */
void stage_conf(struct stage *s);
void stage_start(struct stage *s); /* app 1, accounts 1 and 2, worker 1 with 16 slots */
void stage_open(struct stage *s);  /* both */
void stage_close(struct stage *s);
void stage_restart(struct stage *s, const struct job *jobs,
	size_t count); /* the core is lost; these were stored */

void stage_wait(struct stage *s, usec_t length); /* both clocks */
void stage_app(struct stage *s, uint32_t id, const char *plan);
void stage_account(struct stage *s, uint32_t id, uint32_t app);
void stage_worker(struct stage *s, uint32_t id, uint32_t slots);
enum err stage_feed(struct stage *s, const struct fact *f);

struct job stage_job(struct stage *s, enum call call); /* account 1, the next id */
uint64_t stage_enqueue(struct stage *s, enum call call);

/* Drains; returns how many came. */
size_t stage_orders(struct stage *s);
const struct order *stage_find(
	const struct stage *s, enum order_kind kind, uint64_t job); /* job 0: any; or NULL */
size_t stage_count(const struct stage *s, enum order_kind kind);

/* Drains and returns the assignment of a job, asserted to be there. */
struct order stage_assigned(struct stage *s, uint64_t id);
bool stage_begin(struct stage *s, const struct order *a); /* drains; whether it was granted */
void stage_outcome(
	struct stage *s, const struct order *a, const struct outcome *o); /* drains */
void stage_done(struct stage *s, const struct order *a);

/* From enqueue to begun. */
struct order stage_begun(struct stage *s, enum call call);
enum job_state stage_state(const struct stage *s, uint64_t id);

#endif
