/* kept.c - what kept.def says, done */
#include "tests/xsim/calls/kept.h"

#include <stdio.h>
#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/ends.h"
#include "tests/xsim/calls/generic.h"
#include "tests/xsim/calls/more.h"
#include "tests/xsim/calls/page.h"
#include "tests/xsim/calls/shaped.h"

#define SHOWN_USUAL 100

/* What a call has found on its way. */
struct errand {
	const struct kept *k;
	struct end from, thing;
};

/* --- making, changing, dropping --- */

static void keep(struct call *c, struct errand *e)
{
	struct thing t = {e->k->shelf, e->from.id, e->thing.id, c->user, NULL, false};
	struct thing *before = shelf_find(&c->x->shelves, t.shelf, t.id);

	if (before)
		before->gone = true; /* the same conversation, begun again */
	t.value = kept_value(c, e->thing.text);
	shelf_put(&c->x->shelves, &t);
	call_effect(
		c, &(struct effect){.action = c->route->name, .id = t.id, .target = t.from});
	answer_data(c, spec_status(c), shaped(c, spec_answer(c), t.value, e->k->names));
}

static void change(struct call *c, struct errand *e)
{
	json_object_update(e->thing.thing->value, c->body);
	call_effect(c, &(struct effect){.action = c->route->name, .id = e->thing.id});
	answer_data(c, spec_status(c),
		shaped(c, spec_answer(c), e->thing.thing->value, e->k->names));
}

static void drop(struct call *c, struct errand *e)
{
	e->thing.thing->gone = true;
	call_effect(c, &(struct effect){.action = c->route->name, .id = e->thing.id});
	answer_data(c, spec_status(c), generic_value(c, spec_answer(c)));
}

static void one(struct call *c, struct errand *e)
{
	answer_data(c, spec_status(c),
		shaped(c, spec_answer(c), dressed(c, e->thing.thing), e->k->names));
}

/* --- ties --- */

/* {"is_member": true}: whatever truth value the answer has. */
static json_t *verdict(const struct call *c, bool is)
{
	json_t *properties = json_object_get(spec_answer(c), "properties");
	json_t *o = need_json(json_object());

	for (void *at = json_object_iter(properties); at;
		at = json_object_iter_next(properties, at))
		json_object_set_new(o, json_object_iter_key(at), need_json(json_boolean(is)));
	return o;
}

static void tie_ends(struct call *c, struct errand *e)
{
	struct thing t = {e->k->shelf, e->from.id, e->thing.id, c->user, NULL, false};
	bool is_new = !shelf_find_tie(&c->x->shelves, t.shelf, t.from, t.id);

	if (is_new)
		shelf_put(&c->x->shelves, &t);
	call_effect(c, &(struct effect){.action = c->route->name,
			       .id = t.id,
			       .target = t.from,
			       .unchanged = !is_new});
	answer_data(c, spec_status(c), verdict(c, true));
}

static void untie_ends(struct call *c, struct errand *e)
{
	struct thing *t = shelf_find_tie(&c->x->shelves, e->k->shelf, e->from.id, e->thing.id);

	if (t)
		t->gone = true;
	call_effect(c, &(struct effect){.action = c->route->name,
			       .id = e->thing.id,
			       .target = e->from.id,
			       .unchanged = !t});
	answer_data(c, spec_status(c), verdict(c, false));
}

/* --- lists --- */

static uint64_t key_of(const void *ctx, uint32_t slot)
{
	(void)ctx;
	return (uint64_t)slot + 1;
}

static bool all_wanted(const void *ctx, uint32_t slot)
{
	(void)ctx;
	(void)slot;
	return true;
}

/* What one thing looks like in the list; NULL when what it names is gone. The caller's. */
typedef json_t *look(struct call *c, const struct errand *e, const struct thing *t);

static json_t *look_itself(struct call *c, const struct errand *e, const struct thing *t)
{
	return shaped(c, json_object_get(spec_answer(c), "items"), dressed(c, t), e->k->names);
}

/* A user, a post or a thing, by its kind. */
static json_t *look_end(struct call *c, const char *kind, uint64_t id)
{
	const json_t *schema = json_object_get(spec_answer(c), "items");
	const struct world *w = &c->x->world;
	struct shape s = call_shape(c);

	if (strcmp(kind, "user") == 0) {
		uint32_t user = world_find_user(w, id);
		return user == NOBODY ? NULL : render_user(w, user, &s);
	}
	if (strcmp(kind, "post") != 0) {
		const struct thing *t = shelf_find(&c->x->shelves, kind, id);
		return t ? shaped(c, schema, dressed(c, t), "") : NULL;
	}
	uint32_t post = world_find_post(w, id);
	AUTO_JSON all = post == NOBODY ? NULL : render_post(w, post, &s);
	return all ? shaped(c, schema, all, "") : NULL;
}

static json_t *look_to(struct call *c, const struct errand *e, const struct thing *t)
{
	return look_end(c, e->k->thing, t->id);
}

static json_t *look_from(struct call *c, const struct errand *e, const struct thing *t)
{
	return look_end(c, e->k->from, t->from);
}

/* Shows the things that were gathered, a page of them. */
static void show_page(struct call *c, struct errand *e, const struct series *all, look *looks)
{
	struct page_source from = {all, key_of, all_wanted, NULL, NULL};
	struct found f = found_new();
	struct page p;

	if (!page_read(c, 1, PAGE_MAX, SHOWN_USUAL, &p)) {
		found_drop(&f);
		return;
	}
	page_cut(&p, &from);
	for (uint32_t i = 0; i < p.count; i++)
		json_array_append_new(
			f.data, looks(c, e, shelf_at(&c->x->shelves, p.slots[i])));
	answer_found(c, &f, page_meta(&p, &from, false));
}

/* Gathers the things of the shelf that are wanted and can be shown, and shows them. */
static void show_wanted(struct call *c, struct errand *e,
	bool (*wants)(const struct call *c, const struct errand *e, const struct thing *t),
	look *looks)
{
	struct series all = {0};

	for (uint32_t i = 0; i < c->x->shelves.things.count; i++) {
		const struct thing *t = shelf_at(&c->x->shelves, i);
		bool wanted = !t->gone && strcmp(t->shelf, e->k->shelf) == 0 && wants(c, e, t);
		AUTO_JSON shown = wanted ? looks(c, e, t) : NULL;

		if (shown)
			series_add(&all, i);
	}
	show_page(c, e, &all, looks);
	series_done(&all);
}

static bool wants_of(const struct call *c, const struct errand *e, const struct thing *t)
{
	return end_has(c, &e->from, t);
}

static bool wants_from(const struct call *c, const struct errand *e, const struct thing *t)
{
	(void)c;
	return t->from == e->from.id;
}

static bool wants_to(const struct call *c, const struct errand *e, const struct thing *t)
{
	(void)c;
	return t->id == e->thing.id;
}

static void all(struct call *c, struct errand *e)
{
	show_wanted(c, e, wants_of, look_itself);
}

static void ends(struct call *c, struct errand *e)
{
	show_wanted(c, e, wants_from, look_to);
}

static void starts(struct call *c, struct errand *e)
{
	show_wanted(c, e, wants_to, look_from);
}

/* --- the table --- */

#define KEEP   keep
#define CHANGE change
#define DROP   drop
#define ONE    one
#define ALL    all
#define TIE    tie_ends
#define UNTIE  untie_ends
#define ENDS   ends
#define STARTS starts
static const struct row {
	const char *operation;
	void (*verb)(struct call *c, struct errand *e);
	struct kept k;
} rows[] = {
#define X(operation, verb, shelf, from, thing, names) \
	{operation, verb, {shelf, from, thing, names}},
#include "tests/xsim/calls/kept.def"
#undef X
};

static const struct row *row_of(const char *operation)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (strcmp(rows[i].operation, operation) == 0)
			return &rows[i];
	return NULL;
}

static void kept(struct call *c)
{
	const struct row *r = row_of(c->route->name);
	struct errand e = {.k = &r->k};

	if (end_find(c, r->k.from, &e.from) && end_find(c, r->k.thing, &e.thing))
		r->verb(c, &e);
}

void (*kept_handler(const char *operation))(struct call *c)
{
	if (row_of(operation))
		return kept;
	return more_handler(operation) ? more_handler(operation) : generic;
}
