#include "tests/xsim/calls/more.h"

#include <stdio.h>
#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/feed.h"
#include "tests/xsim/calls/page.h"
#include "tests/xsim/calls/shaped.h"

#define COUNTS_SPAN (7 * USEC_DAY)
#define COUNTS_MAX  10080 /* minutes of a week */

/* --- posts --- */

static void show_if(struct call *c, bool (*wants)(const struct call *c, const struct post *p))
{
	const struct world *w = &c->x->world;
	struct series all = {0};

	for (uint32_t slot = 0; slot < w->posts.count; slot++)
		if (wants(c, world_post(w, slot)))
			series_add(&all, slot);
	show_posts(c, &all, 1, POSTS_MAX);
	series_done(&all);
}

static bool by_member(const struct call *c, const struct post *p)
{
	const struct user *u = world_user(&c->x->world, p->author);

	return shelf_find_tie(&c->x->shelves, "member", call_id(c, 0), u->id);
}

static void list_posts(struct call *c)
{
	if (shelf_find(&c->x->shelves, "list", call_id(c, 0)))
		show_if(c, by_member);
	else
		answer_not_found(c, "list", "id", c->path[0]);
}

static bool of_that_post(const struct call *c, const struct post *p)
{
	return p->reposts != NOBODY &&
	       world_post(&c->x->world, p->reposts)->id == call_id(c, 0);
}

static void reposts_of(struct call *c)
{
	if (world_find_post(&c->x->world, call_id(c, 0)) != NOBODY)
		show_if(c, of_that_post);
	else
		answer_not_found(c, "tweet", "id", c->path[0]);
}

/* The caller's own posts that others have reposted. */
static bool is_reposted(const struct call *c, const struct post *p)
{
	const struct world *w = &c->x->world;

	for (uint32_t i = 0; p->author == c->user && i < w->ties.count; i++) {
		const struct tie *t = world_tie(w, i);

		if (t->kind == TIE_REPOST && !t->gone && t->target == p->id)
			return true;
	}
	return false;
}

static void reposts_of_me(struct call *c)
{
	show_if(c, is_reposted);
}

/* --- counts --- */

static usec_t bucket_of(const struct call *c)
{
	struct str s = params_get(&c->query, "granularity");

	return str_is(s, "minute") ? USEC_MIN : str_is(s, "day") ? USEC_DAY : USEC_HOUR;
}

static void read_time(const struct call *c, const char *name, usec_t *at)
{
	struct str s = params_get(&c->query, name);

	if (s.at)
		(void)!text_to_time(s, at);
}

static json_t *bucket_json(usec_t start, usec_t end, json_int_t count)
{
	char from[32], to[32];

	return need_json(
		json_pack("{s:s,s:s,s:I}", "start", text_from_time(start, from, sizeof(from)),
			"end", text_from_time(end, to, sizeof(to)), "post_count", count));
}

static json_int_t count_between(const struct call *c, usec_t start, usec_t end)
{
	const struct world *w = &c->x->world;
	struct str query = params_get(&c->query, "query");
	json_int_t n = 0;

	for (uint32_t slot = (uint32_t)w->posts.count; slot-- > 0;) {
		const struct post *p = world_post(w, slot);
		usec_t at = world_time_of(p->id);

		if (at < start)
			break;
		n += at < end && world_is_listed(w, slot) && query_matches(w, p, query);
	}
	return n;
}

/* How many posts a query finds, in each day, hour or minute of the last week. */
static void counts_recent(struct call *c)
{
	usec_t step = bucket_of(c), end = c->r->now.wall, start = end - COUNTS_SPAN;
	json_t *list = need_json(json_array());
	json_int_t sum = 0;

	read_time(c, "start_time", &start);
	read_time(c, "end_time", &end);
	for (usec_t at = start - start % step; at < end && json_array_size(list) < COUNTS_MAX;
		at += step) {
		usec_t from = at < start ? start : at, to = at + step < end ? at + step : end;
		json_int_t n = count_between(c, from, to);

		sum += n;
		json_array_append_new(list, bucket_json(from, to, n));
	}
	answer_json(c, 200,
		json_pack("{s:o,s:{s:I}}", "data", list, "meta", "total_tweet_count", sum));
}

/* --- users --- */

static uint64_t user_key(const void *ctx, uint32_t slot)
{
	(void)ctx;
	return (uint64_t)slot + 1;
}

static bool any_user(const void *ctx, uint32_t slot)
{
	(void)ctx;
	(void)slot;
	return true;
}

static void search_users(struct call *c)
{
	const struct world *w = &c->x->world;
	struct str query = params_get(&c->query, "query");
	struct shape s = call_shape(c);
	struct series all = {0};
	struct page p;

	for (uint32_t slot = 0; slot < w->users.count; slot++) {
		const struct user *u = world_user(w, slot);

		if (memmem(u->username, strlen(u->username), query.at, query.len) ||
			memmem(u->name, strlen(u->name), query.at, query.len))
			series_add(&all, slot);
	}
	struct page_source from = {&all, user_key, any_user, NULL, NULL};
	if (page_read(c, 1, PAGE_MAX, POSTS_MAX, &p)) {
		struct found f = found_new();

		page_cut(&p, &from);
		for (uint32_t i = 0; i < p.count; i++)
			json_array_append_new(f.data, render_user(w, p.slots[i], &s));
		answer_found(c, &f, page_meta(&p, &from, false));
	}
	series_done(&all);
}

/* --- articles --- */

/* The caller's own thing that the path names; NULL: it has answered. */
static struct thing *own_thing(struct call *c, const char *shelf)
{
	struct thing *t = shelf_find(&c->x->shelves, shelf, shelf_id(c->path[0]));

	if (t && t->owner == c->user)
		return t;
	answer_not_found(c, shelf, "id", c->path[0]);
	return NULL;
}

/* A draft that is published becomes a post that says its title. */
static void publish(struct call *c)
{
	struct thing *draft = own_thing(c, "draft");
	const char *title =
		draft ? json_string_value(json_object_get(draft->value, "title")) : "";
	struct post_facts f = {.author = c->user,
		.reply_to = NOBODY,
		.quotes = NOBODY,
		.reposts = NOBODY,
		.before = NOBODY,
		.text = str_of(title),
		.is_fixed = true};

	if (!draft)
		return;
	uint32_t post = world_add_post(&c->x->world, &f, c->r->now.wall);
	if (post == NOBODY) {
		answer_fixture(c, "503-service-unavailable");
		return;
	}
	draft->gone = true;
	uint64_t id = world_post(&c->x->world, post)->id;
	call_effect(c,
		&(struct effect){.action = c->route->name, .id = id, .target = call_id(c, 0)});
	answer_data(c, 200, json_pack("{s:o}", "post_id", id_json(id)));
}

/* --- broadcasts and chats --- */

/* What was scheduled is a broadcast from now on, under the same id. */
static void go_live(struct call *c)
{
	struct thing *plan = own_thing(c, "scheduled");

	if (!plan)
		return;
	struct thing live = *plan;
	live.shelf = "broadcast";
	live.value = need_json(json_deep_copy(plan->value));
	shelf_put(&c->x->shelves, &live);
	call_effect(c, &(struct effect){.action = c->route->name, .id = live.id});
	answer_data(c, 200,
		shaped(c, spec_answer(c), live.value,
			"broadcast_id=id scheduled_broadcast_id=number"));
}

/* Adds to a list of texts those that are not there. */
static void add_texts(json_t *list, const json_t *more)
{
	for (size_t i = 0; i < json_array_size(more); i++) {
		bool there = false;

		for (size_t k = 0; k < json_array_size(list); k++)
			there |= json_equal(json_array_get(list, k), json_array_get(more, i));
		if (!there)
			json_array_append(list, json_array_get(more, i));
	}
}

static void add_chat_members(struct call *c)
{
	struct thing *chat = own_thing(c, "chat");

	if (!chat)
		return;
	add_texts(json_object_get(chat->value, "group_members"),
		json_object_get(c->body, "user_ids"));
	call_effect(c, &(struct effect){.action = c->route->name, .id = chat->id});
	answer_data(c, 200, shaped(c, spec_answer(c), chat->value, ""));
}

/* Drops the caller's messages of the conversation that are named. */
static void delete_chat_messages(struct call *c)
{
	const json_t *ids = json_object_get(c->body, "sequence_ids");
	struct shelves *s = &c->x->shelves;
	bool changed = false;

	for (size_t i = 0; i < json_array_size(ids); i++) {
		struct str id = str_of(json_string_value(json_array_get(ids, i)));
		struct thing *t = shelf_find(s, "chat_message", shelf_id(id));

		if (!t || t->owner != c->user || t->from != shelf_id(c->path[0]))
			continue;
		t->gone = true;
		changed = true;
	}
	call_effect(c, &(struct effect){.action = c->route->name, .unchanged = !changed});
	answer_data(c, 200, json_pack("{s:b}", "deleted", 1));
}

void (*more_handler(const char *operation))(struct call *c)
{
	static const struct {
		const char *operation;
		void (*handle)(struct call *c);
	} all[] = {
		{"getListsPosts", list_posts},
		{"getPostsReposts", reposts_of},
		{"getUsersRepostsOfMe", reposts_of_me},
		{"getPostsCountsRecent", counts_recent},
		{"searchUsers", search_users},
		{"articlePublish", publish},
		{"goLiveScheduledBroadcast", go_live},
		{"addChatGroupMembers", add_chat_members},
		{"deleteChatMessages", delete_chat_messages},
	};

	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (strcmp(all[i].operation, operation) == 0)
			return all[i].handle;
	return NULL;
}
