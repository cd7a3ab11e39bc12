/* feed.c - lists that are not one user's posts: mentions, home, search, likes, who follows whom
 */
#include <string.h>
#include <strings.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/calls.h"
#include "tests/xsim/calls/feed.h"
#include "tests/xsim/calls/page.h"

#define SEARCH_SPAN (7 * USEC_DAY) /* "recent": X's documentation of search */
#define WORD_LEN    128

/* Whether whoever asks may see the posts of a user. */
static bool may_see(const struct call *c, uint32_t author)
{
	return !world_user(&c->x->world, author)->is_protected || author == c->user;
}

/* The user that the path names; NOBODY: it has answered. */
static uint32_t find_user(struct call *c)
{
	uint32_t user = world_find_user(&c->x->world, call_id(c, 0));

	if (user != NOBODY && may_see(c, user))
		return user;
	answer_json(c, 200,
		json_pack("{s:[o]}", "errors",
			user == NOBODY ? not_found_error("user", "id", c->path[0])
				       : not_authorized_error("user", "id", c->path[0])));
	return NOBODY;
}

static bool excludes(const struct call *c, const char *what)
{
	struct str rest = params_get(&c->query, "exclude"), item;

	while (list_next(&rest, &item))
		if (str_is(item, what))
			return true;
	return false;
}

static bool post_wants(const void *ctx, uint32_t slot)
{
	const struct call *c = ctx;
	const struct post *p = world_post(&c->x->world, slot);

	return world_is_listed(&c->x->world, slot) && may_see(c, p->author);
}

/* What of a page is to be shown for a slot: the slot of a post or user; NOBODY: nothing. */
typedef uint32_t shown_slot(const struct world *w, uint32_t slot);

static uint32_t itself(const struct world *w, uint32_t slot)
{
	(void)w;
	return slot;
}

static uint32_t tie_target(const struct world *w, uint32_t slot)
{
	return world_tie(w, slot)->target_slot;
}

static uint32_t tie_owner(const struct world *w, uint32_t slot)
{
	return world_tie(w, slot)->owner;
}

/* How a kind of list is shown. */
struct look {
	shown_slot *shown;
	bool users; /* not posts */
	bool ids;   /* meta has newest_id and oldest_id */
};

static void show(
	struct call *c, struct page *p, const struct page_source *from, const struct look *l)
{
	const struct world *w = &c->x->world;
	struct shape s = call_shape(c);
	struct found f = found_new();

	page_cut(p, from);
	for (uint32_t i = 0; i < p->count; i++) {
		uint32_t slot = l->shown(w, p->slots[i]);

		json_array_append_new(
			f.data, l->users ? render_user(w, slot, &s) : render_post(w, slot, &s));
		if (!l->users)
			found_author(c, &f, slot);
	}
	answer_found(c, &f, page_meta(p, from, l->ids));
}

void show_posts(struct call *c, const struct series *series, int64_t least, int64_t usual)
{
	struct page_source from = {series, world_post_key, post_wants, c, &c->x->world};
	struct page p;

	if (page_read(c, least, POSTS_MAX, usual, &p))
		show(c, &p, &from, &(struct look){itself, false, true});
}

void mentions(struct call *c)
{
	uint32_t user = find_user(c);

	if (user != NOBODY)
		show_posts(c, &world_user(&c->x->world, user)->mentions, 5, 10);
}

/* --- home --- */

static bool is_followed(const struct call *c, uint32_t author)
{
	const struct world *w = &c->x->world;

	return author == c->user ||
	       world_find_tie(w, c->user, TIE_FOLLOW, world_user(w, author)->id) != NOBODY;
}

/* The newest posts of the user and of those it follows. */
void home(struct call *c)
{
	const struct world *w = &c->x->world;
	bool replies = !excludes(c, "replies"), reposts = !excludes(c, "retweets");
	struct series all = {0};

	for (uint32_t slot = 0; slot < w->posts.count; slot++) {
		const struct post *p = world_post(w, slot);

		if (is_followed(c, p->author) && (replies || p->reply_to == NOBODY) &&
			(reposts || p->reposts == NOBODY))
			series_add(&all, slot);
	}
	show_posts(c, &all, 1, POSTS_MAX);
	series_done(&all);
}

/* --- search --- */

static bool has_word(const char *text, const char *word)
{
	return text && strcasestr(text, word);
}

/* One word of a query. Operators the simulator does not know match everything. */
static bool word_matches(const struct world *w, const struct post *p, const char *word)
{
	bool negated = word[0] == '-';
	bool ret = true;

	word += negated;
	if (strncmp(word, "from:", 5) == 0)
		ret = strcasecmp(world_user(w, p->author)->username, word + 5) == 0;
	else if (strcmp(word, "is:retweet") == 0)
		ret = p->reposts != NOBODY;
	else if (strcmp(word, "is:reply") == 0)
		ret = p->reply_to != NOBODY;
	else if (!strchr(word, ':'))
		ret = has_word(p->text, word);
	else
		return true;
	return ret != negated;
}

bool query_matches(const struct world *w, const struct post *p, struct str query)
{
	char word[WORD_LEN];

	while (query.len) {
		const char *blank = memchr(query.at, ' ', query.len);
		size_t n = blank ? (size_t)(blank - query.at) : query.len;

		snprintf(word, sizeof(word), "%.*s", (int)(n < WORD_LEN ? n : WORD_LEN - 1),
			query.at);
		if (word[0] && !word_matches(w, p, word))
			return false;
		query = (struct str){
			query.at + n + (blank != NULL), query.len - n - (blank != NULL)};
	}
	return true;
}

void search(struct call *c)
{
	const struct world *w = &c->x->world;
	struct str query = params_get(&c->query, "query");
	uint64_t since = world_id_at(c->r->now.wall - SEARCH_SPAN);
	struct series all = {0};

	if (!query.len) {
		answer_invalid(
			c, "query", query, "The `query` query parameter can not be empty");
		return;
	}
	for (uint32_t slot = 0; slot < w->posts.count; slot++) {
		const struct post *p = world_post(w, slot);

		if (p->id >= since && world_is_listed(w, slot) && query_matches(w, p, query))
			series_add(&all, slot);
	}
	show_posts(c, &all, 10, 10);
	series_done(&all);
}

/* --- ties --- */

static bool tie_wants(const void *ctx, uint32_t slot)
{
	const struct call *c = ctx;
	const struct tie *t = world_tie(&c->x->world, slot);

	return !t->gone && (t->kind != TIE_LIKE || post_wants(ctx, t->target_slot));
}

static void show_ties(
	struct call *c, const struct series *series, const struct look *l, int64_t least)
{
	struct page_source from = {series, world_tie_key, tie_wants, c, &c->x->world};
	int64_t most = l->users ? PAGE_MAX : POSTS_MAX;
	struct page p;

	if (page_read(c, least, most, POSTS_MAX, &p))
		show(c, &p, &from, l);
}

void followers(struct call *c)
{
	uint32_t user = find_user(c);

	if (user != NOBODY)
		show_ties(c, &world_user(&c->x->world, user)->followers,
			&(struct look){tie_owner, true, false}, 1);
}

void following(struct call *c)
{
	uint32_t user = find_user(c);

	if (user != NOBODY)
		show_ties(c, &world_user(&c->x->world, user)->ties[TIE_FOLLOW],
			&(struct look){tie_target, true, false}, 1);
}

void liked_posts(struct call *c)
{
	uint32_t user = find_user(c);

	if (user != NOBODY)
		show_ties(c, &world_user(&c->x->world, user)->ties[TIE_LIKE],
			&(struct look){tie_target, false, false}, 5);
}

void bookmarked(struct call *c)
{
	show_ties(c, &call_user(c)->ties[TIE_BOOKMARK],
		&(struct look){tie_target, false, false}, 1);
}

void muting(struct call *c)
{
	show_ties(c, &call_user(c)->ties[TIE_MUTE], &(struct look){tie_target, true, false}, 1);
}

/* The post that the path names; NOBODY: it has answered. */
static uint32_t find_post(struct call *c)
{
	uint32_t slot = world_find_post(&c->x->world, call_id(c, 0));

	if (slot == NOBODY)
		answer_not_found(c, "tweet", "id", c->path[0]);
	return slot;
}

/* Who has a tie of that kind to the post that the path names. */
static void show_owners(struct call *c, enum tie_kind kind)
{
	const struct world *w = &c->x->world;
	uint32_t post = find_post(c);
	struct series all = {0};

	if (post == NOBODY)
		return;
	for (uint32_t slot = 0; slot < w->ties.count; slot++) {
		const struct tie *t = world_tie(w, slot);

		if (t->kind == kind && t->target_slot == post)
			series_add(&all, slot);
	}
	show_ties(c, &all, &(struct look){tie_owner, true, false}, 1);
	series_done(&all);
}

void liking_users(struct call *c)
{
	show_owners(c, TIE_LIKE);
}

void reposted_by(struct call *c)
{
	show_owners(c, TIE_REPOST);
}

void quotes_of(struct call *c)
{
	const struct world *w = &c->x->world;
	uint32_t post = find_post(c);
	struct series all = {0};

	if (post == NOBODY)
		return;
	for (uint32_t slot = 0; slot < w->posts.count; slot++)
		if (world_post(w, slot)->quotes == post)
			series_add(&all, slot);
	show_posts(c, &all, 10, 10);
	series_done(&all);
}

/* --- hiding --- */

/* Only whoever began a conversation hides the replies in it. */
void hide_reply(struct call *c)
{
	struct world *w = &c->x->world;
	uint32_t slot = world_find_post(w, call_id(c, 0));
	bool hidden = json_is_true(json_object_get(c->body, "hidden"));

	if (slot == NOBODY) {
		answer_not_found(c, "tweet", "tweet_id", c->path[0]);
		return;
	}
	const struct post *root = world_post(w, slot);
	while (root->reply_to != NOBODY)
		root = world_post(w, root->reply_to);
	if (root == world_post(w, slot) || root->author != c->user) {
		answer_fixture(c, "403-not-permitted-or-too-long");
		return;
	}
	bool changed = world_post(w, slot)->hidden != hidden;
	world_post(w, slot)->hidden = hidden;
	call_effect(c, &(struct effect){.action = hidden ? "hide_reply" : "unhide_reply",
			       .target = call_id(c, 0),
			       .unchanged = !changed});
	answer_data(c, 200, json_pack("{s:b}", "hidden", hidden));
}
