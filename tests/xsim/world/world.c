#include "tests/xsim/world/world.h"

#include <stdio.h>
#include <string.h>

#include "tests/xsim/need.h"

#define X_EPOCH_MS 1288834974657 /* what snowflakes count from */

static uint64_t name_key(struct str name)
{
	char lower[16];
	size_t n = name.len < sizeof(lower) ? name.len : sizeof(lower) - 1;

	for (size_t i = 0; i < n; i++)
		lower[i] = (char)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] + 32
									 : name.at[i]);
	return text_hash(lower, n);
}

static uint64_t tie_key(uint32_t owner, enum tie_kind kind, uint64_t target)
{
	uint64_t parts[2] = {target, (uint64_t)owner << 8 | (uint64_t)kind};

	return text_hash(parts, sizeof(parts));
}

static uint64_t id_of_user(const void *w, uint32_t slot)
{
	return world_user(w, slot)->id;
}

static uint64_t name_of_user(const void *w, uint32_t slot)
{
	return name_key(str_of(world_user(w, slot)->username));
}

static uint64_t sameness_of_post(const void *w, uint32_t slot)
{
	return world_post(w, slot)->sameness;
}

static uint64_t key_of_tie(const void *w, uint32_t slot)
{
	const struct tie *t = world_tie(w, slot);

	return tie_key(t->owner, t->kind, t->target);
}

uint64_t world_post_key(const void *w, uint32_t slot)
{
	return world_post(w, slot)->id;
}

uint64_t world_tie_key(const void *w, uint32_t slot)
{
	return world_tie(w, slot)->seq;
}

void world_init(struct world *w, uint64_t seed)
{
	*w = (struct world){.rng = {seed}};
	slab_init(&w->users, sizeof(struct user));
	slab_init(&w->posts, sizeof(struct post));
	slab_init(&w->ties, sizeof(struct tie));
	map_init(&w->user_by_id, id_of_user, w);
	map_init(&w->user_by_name, name_of_user, w);
	map_init(&w->post_by_id, world_post_key, w);
	map_init(&w->post_by_sameness, sameness_of_post, w);
	map_init(&w->tie_by_key, key_of_tie, w);
}

static void user_done(struct user *u)
{
	series_done(&u->posts);
	series_done(&u->mentions);
	series_done(&u->followers);
	series_done(&u->dms);
	for (size_t i = 0; i < TIE_COUNT; i++)
		series_done(&u->ties[i]);
}

void world_done(struct world *w)
{
	for (uint32_t i = 0; i < w->users.count; i++)
		user_done(world_user(w, i));
	for (uint32_t i = 0; i < w->posts.count; i++)
		mem_free(world_post(w, i)->text);
	map_done(&w->user_by_id);
	map_done(&w->user_by_name);
	map_done(&w->post_by_id);
	map_done(&w->post_by_sameness);
	map_done(&w->tie_by_key);
	slab_done(&w->users);
	slab_done(&w->posts);
	slab_done(&w->ties);
}

uint64_t world_id_at(usec_t wall)
{
	usec_t ms = (wall + USEC_MSEC - 1) / USEC_MSEC;

	return ms <= X_EPOCH_MS ? 0 : (uint64_t)(ms - X_EPOCH_MS) << 22;
}

uint64_t world_next_id(struct world *w, usec_t wall)
{
	uint64_t id = (uint64_t)(wall / USEC_MSEC - X_EPOCH_MS) << 22;

	w->last_id = id > w->last_id ? id : w->last_id + 1;
	return w->last_id;
}

usec_t world_time_of(uint64_t id)
{
	return ((usec_t)(id >> 22) + X_EPOCH_MS) * USEC_MSEC;
}

struct user *world_user(const struct world *w, uint32_t slot)
{
	return slab_at(&w->users, slot);
}

struct post *world_post(const struct world *w, uint32_t slot)
{
	return slab_at(&w->posts, slot);
}

struct tie *world_tie(const struct world *w, uint32_t slot)
{
	return slab_at(&w->ties, slot);
}

uint32_t world_find_user(const struct world *w, uint64_t id)
{
	return map_find(&w->user_by_id, id);
}

uint32_t world_find_name(const struct world *w, struct str username)
{
	return text_is_username(username) ? map_find(&w->user_by_name, name_key(username))
					  : NOBODY;
}

uint32_t world_find_post(const struct world *w, uint64_t id)
{
	return map_find(&w->post_by_id, id);
}

uint32_t world_find_same(const struct world *w, uint64_t sameness)
{
	return map_find(&w->post_by_sameness, sameness);
}

uint32_t world_find_tie(
	const struct world *w, uint32_t owner, enum tie_kind kind, uint64_t target)
{
	return map_find(&w->tie_by_key, tie_key(owner, kind, target));
}

static uint32_t take(struct slab *s)
{
	uint32_t slot = slab_take(s);

	if (slot == SLAB_NONE)
		out_of_memory();
	return slot;
}

static void put(struct map *m, uint32_t slot)
{
	if (!map_put(m, slot))
		out_of_memory();
}

uint32_t world_add_user(
	struct world *w, uint64_t id, const char *username, const char *name, usec_t created)
{
	uint32_t slot = take(&w->users);
	struct user *u = world_user(w, slot);

	ASSERT(text_is_username(str_of(username)));
	ASSERT(world_find_user(w, id) == NOBODY &&
		world_find_name(w, str_of(username)) == NOBODY);
	*u = (struct user){.id = id, .created = created};
	snprintf(u->username, sizeof(u->username), "%s", username);
	snprintf(u->name, sizeof(u->name), "%s", name);
	put(&w->user_by_id, slot);
	put(&w->user_by_name, slot);
	return slot;
}

/* Who is told of a post because of another it answers or quotes. */
static void tell_author_of(struct world *w, uint32_t post, uint32_t other)
{
	if (other != NOBODY && world_post(w, other)->author != world_post(w, post)->author)
		world_mention(w, post, world_post(w, other)->author);
}

uint32_t world_add_post(struct world *w, const struct post_facts *f, usec_t wall)
{
	if (w->posts.count >= WORLD_POSTS_MAX)
		return NOBODY;

	uint32_t slot = take(&w->posts);
	struct post *p = world_post(w, slot);

	*p = (struct post){.id = world_next_id(w, wall),
		.author = f->author,
		.reply_to = f->reply_to,
		.quotes = f->quotes,
		.reposts = f->reposts,
		.media = f->media,
		.poll = f->poll,
		.before = f->before,
		.after = NOBODY,
		.is_fixed = f->is_fixed};
	if (f->before != NOBODY)
		world_post(w, f->before)->after = slot;
	if (f->reposts == NOBODY)
		p->text = need(mem_dup(f->text.len ? f->text.at : "", f->text.len));
	put(&w->post_by_id, slot);
	if (f->sameness) {
		map_remove(&w->post_by_sameness, f->sameness);
		p->sameness = f->sameness;
		put(&w->post_by_sameness, slot);
	}
	series_add(&world_user(w, f->author)->posts, slot);
	tell_author_of(w, slot, f->reply_to);
	tell_author_of(w, slot, f->quotes);
	return slot;
}

void world_mention(struct world *w, uint32_t post, uint32_t user)
{
	struct series *s = &world_user(w, user)->mentions;

	if (!s->count || s->slots[s->count - 1] != post)
		series_add(s, post);
}

bool world_is_listed(const struct world *w, uint32_t slot)
{
	const struct post *p = world_post(w, slot);

	return !p->deleted && p->after == NOBODY &&
	       (p->reposts == NOBODY || !world_post(w, p->reposts)->deleted);
}

uint32_t world_first_version(const struct world *w, uint32_t slot)
{
	while (world_post(w, slot)->before != NOBODY)
		slot = world_post(w, slot)->before;
	return slot;
}

static void delete_version(struct world *w, struct post *p, uint32_t slot)
{
	map_remove(&w->post_by_id, p->id);
	if (p->sameness && world_find_same(w, p->sameness) == slot)
		map_remove(&w->post_by_sameness, p->sameness);
	p->deleted = true;
	mem_free(p->text);
	p->text = NULL;
}

void world_delete_post(struct world *w, uint32_t slot)
{
	for (slot = world_first_version(w, slot); slot != NOBODY;
		slot = world_post(w, slot)->after)
		delete_version(w, world_post(w, slot), slot);
}

uint32_t world_add_tie(struct world *w, uint32_t owner, enum tie_kind kind, uint64_t target,
	uint32_t target_slot)
{
	uint32_t slot = take(&w->ties);
	struct tie *t = world_tie(w, slot);

	*t = (struct tie){.seq = ++w->tie_seq,
		.target = target,
		.owner = owner,
		.target_slot = target_slot,
		.post = NOBODY,
		.kind = (uint8_t)kind};
	put(&w->tie_by_key, slot);
	series_add(&world_user(w, owner)->ties[kind], slot);
	if (kind == TIE_FOLLOW)
		series_add(&world_user(w, target_slot)->followers, slot);
	return slot;
}

void world_remove_tie(struct world *w, uint32_t slot)
{
	struct tie *t = world_tie(w, slot);

	map_remove(&w->tie_by_key, tie_key(t->owner, t->kind, t->target));
	t->gone = true;
}
