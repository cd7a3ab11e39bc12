/*
 * copy.c - a core like another, to be driven on its own
 *
 * Slabs are copied whole, so slots, maps and heaps stay as they are; only what
 * points (list nodes, plans, the heaps that lanes own) is set right. What the
 * core is made of is said once, in parts.def.
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "dispatcher/core/inside.h"

/* --- pointers --- */

/* What lay at [from, from + len) lies at `to` now. */
struct move {
	const char *from;
	size_t len;
	char *to;
};

struct moves {
	struct move *at; /* owned; in order of `from` */
	size_t count;
};

static int by_from(const void *a, const void *b)
{
	const struct move *x = a;
	const struct move *y = b;

	return (x->from > y->from) - (x->from < y->from);
}

static void *moved(const struct moves *m, const void *p)
{
	size_t low = 0, high = m->count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (m->at[mid].from <= (const char *)p)
			low = mid;
		else
			high = mid;
	}
	const struct move *of = &m->at[low];
	ASSERT((const char *)p >= of->from && (const char *)p < of->from + of->len);
	return of->to + ((const char *)p - of->from);
}

/* `node` is the copy of a node that was at `was`. */
static void relink(const struct moves *m, struct list *node, const struct list *was)
{
	if (was->next == was) {
		list_init(node);
		return;
	}
	node->next = moved(m, was->next);
	node->prev = moved(m, was->prev);
}

static void relink_all(const struct moves *m, struct slab *slab, const struct slab *was,
	const struct map *map, size_t offset)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(map, &at)) != MAP_NONE;)
		relink(m, (struct list *)(void *)((char *)slab_at(slab, slot) + offset),
			(const struct list *)(const void *)((const char *)slab_at(was, slot) +
							    offset));
}

static void add_moves(struct moves *m, const struct slab *to, const struct slab *from)
{
	for (uint32_t i = 0; i < from->chunk_count; i++)
		m->at[m->count++] = (struct move){(const char *)from->chunks[i],
			slab_chunk_bytes(from, i), (char *)to->chunks[i]};
}

static bool relink_core(struct core *to, const struct core *from)
{
	struct moves m = {0};
	size_t count = 1;

#define SLAB(name, thing, map, key_of) count += from->name.chunk_count;
#include "dispatcher/core/parts.def"
	m.at = mem_array(count, sizeof(*m.at));
	if (!m.at)
		return false;
	m.at[m.count++] = (struct move){(const char *)from, sizeof(*from), (char *)to};
#define SLAB(name, thing, map, key_of) add_moves(&m, &to->name, &from->name);
#include "dispatcher/core/parts.def"
	qsort(m.at, m.count, sizeof(*m.at), by_from);
#define LIST(name) relink(&m, &to->name, &from->name);
#define NODE(name, thing, map, member) \
	relink_all(&m, &to->name, &from->name, &from->map, offsetof(struct thing, member));
#include "dispatcher/core/parts.def"
	mem_free(m.at);
	return true;
}

/* --- what things own, and what they refer to --- */

/* After a failure, too: the original's heaps stay its own. */
static bool copy_lanes(struct core *to, const struct core *from, bool ok)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&to->lane_by_key, &at)) != MAP_NONE;) {
		struct lane *l = slab_at(&to->lanes, slot);
		const struct lane *was = slab_at(&from->lanes, slot);

		l->jobs = (struct heap){0};
		ok = ok && heap_copy(&l->jobs, &was->jobs);
	}
	return ok;
}

static bool copy_breakers(struct app *to, const struct app *from)
{
	if (!from->breakers)
		return true;
	to->breakers = mem_array(CALL_COUNT, sizeof(*to->breakers));
	if (to->breakers)
		memcpy(to->breakers, from->breakers, CALL_COUNT * sizeof(*to->breakers));
	return to->breakers != NULL;
}

/* The same of what apps own. */
static bool copy_apps(struct core *to, const struct core *from, bool ok)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&to->app_by_id, &at)) != MAP_NONE;) {
		struct app *a = app_at(to, slot);
		const struct refusals *was = &app_at(from, slot)->refusals;

		a->refusals = (struct refusals){0};
		a->breakers = NULL;
		ok = ok && copy_breakers(a, app_at(from, slot));
		for (uint32_t i = 0; ok && i < was->count; i++)
			ok = !refusals_add(&a->refusals, (enum call)was->at[i].call,
				(enum post_kind)was->at[i].kind, was->at[i].since);
	}
	return ok;
}

/* What is waited for with money, and, in a copy, no memory of what was read. */
static bool copy_purses(struct core *to, const struct core *from, bool ok)
{
	uint32_t at = 0;

	for (uint32_t slot; (slot = map_next(&to->purse_by_key, &at)) != MAP_NONE;) {
		struct purse *p = purse_at(to, slot);

		p->needs = (struct heap){0};
		ok = ok && heap_copy(&p->needs, &purse_at(from, slot)->needs) &&
		     heap_reserve(&p->needs, p->lanes);
	}
	at = 0;
	for (uint32_t slot; (slot = map_next(&to->app_by_id, &at)) != MAP_NONE;)
		app_at(to, slot)->seen = (struct seen){0};
	return ok;
}

static bool copy_plans(struct core *to, const struct core *from)
{
	struct plan **last = &to->plans;
	uint32_t at = 0;

	to->plans = NULL;
	for (const struct plan *p = from->plans; p; p = p->next) {
		*last = mem_alloc(sizeof(*p));
		if (!*last)
			return false;
		**last = *p;
		(*last)->next = NULL;
		last = &(*last)->next;
	}
	for (uint32_t slot; (slot = map_next(&from->app_by_id, &at)) != MAP_NONE;) {
		struct app *a = app_at(to, slot);

		if (a->plan)
			a->plan = plan_of(to, a->plan->name);
	}
	return true;
}

static bool copy_things(struct core *to, const struct core *from)
{
	bool ok = true;

#define SLAB(name, thing, map, key_of) \
	ok = ok && slab_copy(&to->name, &from->name) && map_copy(&to->map, &from->map, to);
#define HEAP(name) ok = ok && heap_copy(&to->name, &from->name);
#include "dispatcher/core/parts.def"
	return ok;
}

struct core *core_copy(const struct core *c)
{
	struct core *to = mem_alloc(sizeof(*to));

	if (!to)
		return NULL;
	*to = *c;
	to->orders = (struct order_queue){0};
	to->plans = NULL;
	to->tag = NULL;
#define SLAB(name, thing, map, key_of)              \
	slab_init(&to->name, sizeof(struct thing)); \
	map_init(&to->map, key_of, to);
#define HEAP(name) to->name = (struct heap){0};
#include "dispatcher/core/parts.def"
	bool ok = copy_things(to, c);
	ok = copy_lanes(to, c, ok);
	ok = copy_apps(to, c, ok);
	ok = copy_purses(to, c, ok);
	ok = ok && copy_plans(to, c) && relink_core(to, c);
	if (ok)
		return to;
	core_free(to);
	return NULL;
}
