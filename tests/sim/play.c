#include "tests/sim/play.h"

#include "tests/sim/world.h"

#define STEPS_MAX 1000000

static bool is_over(const struct world *w)
{
	if (!w->calm || w->writing)
		return false;
	for (uint32_t i = 0; i < w->job_count; i++)
		if (!w->jobs[i].acked || w->jobs[i].told < w->jobs[i].lives)
			return false;
	for (uint32_t i = 0; i < w->worker_count; i++)
		for (size_t k = 0; k < ATTEMPTS_MAX; k++)
			if (w->workers[i].attempts[k].state != ATTEMPT_FREE)
				return false;
	return true;
}

static void start(struct world *w)
{
	keep_open(w);
	vault_start(w);
	enum err e = store_commit(w->store, NULL);
	ASSERT(!e && !w->failed);
	w->writing = false;
	keep_load(w);
	agents_start(w);
	workers_start(w);
	weather_start(w);
}

/* A seed that does not come to its end says which jobs it waits for. */
static void give_up(struct world *w)
{
	for (uint32_t i = 0; i < w->job_count; i++) {
		struct verdict v;

		if (w->jobs[i].told == w->jobs[i].lives ||
			core_verdict(w->core, w->jobs[i].asked.id, world_now(w), &v))
			continue;
		sim_fail(w, "j%llu never ends: %s, %s", (unsigned long long)w->jobs[i].asked.id,
			v.ref, v.text);
	}
	sim_fail(w, "it never ends");
}

struct played play(uint64_t seed, bool verbose)
{
	struct world *w = world_new(seed, verbose);

	start(w);
	while (!is_over(w)) {
		if (w->steps > STEPS_MAX || !world_step(w))
			give_up(w);
	}
	check_end(w);
	money_end(w);
	full_end(w);
	struct played p = {.steps = w->steps, .time = w->time - w->began};
	world_free(w);
	return p;
}
