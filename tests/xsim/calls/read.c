#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/calls.h"
#include "tests/xsim/calls/page.h"

#define TIMELINE_DEPTH 3200 /* posts of a user that X still lists */

/* --- posts by their ids --- */

/* Whether whoever asks may see the posts of a user: those of protected ones are their own. */
static bool may_see(const struct call *c, uint32_t author)
{
	return !world_user(&c->x->world, author)->is_protected || author == c->user;
}

static uint32_t find_visible(const struct call *c, struct str id)
{
	const struct world *w = &c->x->world;
	uint32_t post = world_find_post(w, id_of(id));

	return post != NOBODY && may_see(c, world_post(w, post)->author) ? post : NOBODY;
}

void get_post(struct call *c)
{
	struct shape s = call_shape(c);
	uint32_t post = find_visible(c, c->path[0]);

	if (post != NOBODY)
		answer_data(c, 200, render_post(&c->x->world, post, &s));
	else
		answer_json(c, 200,
			json_pack("{s:[o]}", "errors",
				not_found_error("tweet", "id", c->path[0])));
}

void get_posts(struct call *c)
{
	struct shape s = call_shape(c);
	struct str rest = params_get(&c->query, "ids"), id;
	struct found f = found_new();

	if (!rest.at) {
		answer_invalid(c, "ids", rest, "The `ids` query parameter can not be empty");
		found_drop(&f);
		return;
	}
	while (list_next(&rest, &id)) {
		uint32_t post = find_visible(c, id);
		if (post != NOBODY)
			json_array_append_new(f.data, render_post(&c->x->world, post, &s));
		else
			json_array_append_new(f.errors, not_found_error("tweet", "ids", id));
	}
	answer_found(c, &f, NULL);
}

/* --- timelines --- */

struct timeline {
	const struct call *c;
	bool replies, reposts; /* wanted */
};

static bool timeline_wants(const void *ctx, uint32_t slot)
{
	const struct timeline *t = ctx;
	const struct post *p = world_post(&t->c->x->world, slot);

	if (!world_is_listed(&t->c->x->world, slot) || (p->reply_to != NOBODY && !t->replies))
		return false;
	return p->reposts == NOBODY || t->reposts;
}

static bool excludes(const struct call *c, const char *what)
{
	struct str rest = params_get(&c->query, "exclude"), item;

	while (list_next(&rest, &item))
		if (str_is(item, what))
			return true;
	return false;
}

/* The posts of a user whom whoever asks may see. */
static void show_timeline(struct call *c, uint32_t user)
{
	const struct world *w = &c->x->world;
	struct timeline t = {c, !excludes(c, "replies"), !excludes(c, "retweets")};
	struct page_source from = {
		&world_user(w, user)->posts, world_post_key, timeline_wants, &t, w};
	struct shape s = call_shape(c);
	struct page p;

	if (!page_read(c, 5, POSTS_MAX, 10, &p))
		return;
	p.newest_only = TIMELINE_DEPTH;
	page_cut(&p, &from);
	struct found f = found_new();
	for (uint32_t i = 0; i < p.count; i++) {
		json_array_append_new(f.data, render_post(w, p.slots[i], &s));
		found_author(c, &f, p.slots[i]);
	}
	answer_found(c, &f, page_meta(&p, &from, true));
}

void user_posts(struct call *c)
{
	uint32_t user = world_find_user(&c->x->world, call_id(c, 0));

	if (user == NOBODY)
		answer_json(c, 200,
			json_pack("{s:[o]}", "errors",
				not_found_error("user", "id", c->path[0])));
	else if (!may_see(c, user))
		answer_json(c, 200,
			json_pack("{s:[o]}", "errors",
				not_authorized_error("user", "id", c->path[0])));
	else
		show_timeline(c, user);
}
