#include <stdio.h>
#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/calls.h"
#include "tests/xsim/world/posttext.h"

#define SAME_SPAN USEC_DAY  /* how long a text counts as posted recently: X does not say */
#define EDIT_SPAN USEC_HOUR /* and so many edits: X's page of edits, and its changelog */
#define EDITS_MAX 5
#define TEXT_CAP  ((size_t)1024 * 1024)

/* A post as it is asked for, on its way through the rules. */
struct draft {
	struct post_facts facts;
	const char *text; /* as it came; "" when absent */
	struct buf full;  /* with the mentions that X puts before a reply */
};

/* --- what the body may say together --- */

static bool is_exclusive(struct call *c)
{
	static const char *const names[] = {
		"poll", "quote_tweet_id", "direct_message_deep_link", "media", "card_uri"};
	AUTO_JSON parameters = need_json(json_object());

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		const json_t *v = json_object_get(c->body, names[i]);
		const char *text = json_string_value(v);

		if (v)
			json_object_set_new(parameters, names[i],
				need_json(json_pack("[s]", text ? text : "[object]")));
	}
	if (json_object_size(parameters) < 2)
		return true;
	answer_problem(c, parameters,
		"You can only provide one of poll or quote_tweet_id or "
		"direct_message_deep_link or media or card_uri.");
	return false;
}

static json_t *media_ids(const struct call *c)
{
	return json_object_get(json_object_get(c->body, "media"), "media_ids");
}

static bool has_good_media(struct call *c, struct draft *d)
{
	json_t *ids = media_ids(c);
	AUTO_JSON parameters = NULL;

	if (!ids)
		return true;
	d->facts.media = (uint32_t)json_array_size(ids);
	if (media_are_ready(c, ids, false))
		return true;
	parameters = need_json(json_pack("{s:O}", "media.media_ids", ids));
	answer_problem(c, parameters, "Your media IDs are invalid.");
	return false;
}

/* Whoever is tagged in media has to be there, and each once. */
static bool has_known_tagged(struct call *c)
{
	json_t *ids = json_object_get(json_object_get(c->body, "media"), "tagged_user_ids");
	AUTO_JSON parameters = NULL;
	bool good = true;

	for (size_t i = 0; i < json_array_size(ids); i++) {
		const char *id = json_string_value(json_array_get(ids, i));

		good &= world_find_user(&c->x->world, id_of(str_of(id))) != NOBODY;
		for (size_t k = 0; k < i; k++)
			good &= !json_equal(json_array_get(ids, k), json_array_get(ids, i));
	}
	if (good)
		return true;
	parameters = need_json(json_pack("{s:O}", "media.tagged_user_ids", ids));
	answer_problem(c, parameters, "Your tagged user IDs are invalid.");
	return false;
}

static bool has_text(struct call *c, struct draft *d)
{
	const char *text = json_string_value(json_object_get(c->body, "text"));

	d->text = text ? text : "";
	if (d->text[0] || json_object_get(c->body, "media"))
		return true;
	answer_invalid(c, NULL, c->r->body, "$.text: is missing but it is required");
	return false;
}

static bool is_short(struct call *c, struct draft *d)
{
	size_t weight = post_weight(str_of(d->text));

	if (weight <= (call_user(c)->premium ? POST_PREMIUM_MAX : POST_WEIGHT_MAX))
		return true;
	answer_fixture(c, "403-not-permitted-or-too-long");
	return false;
}

/* --- edits --- */

/* Whether that version is the newest of a post that its author may still edit. */
static bool is_editable(const struct call *c, uint32_t slot)
{
	const struct world *w = &c->x->world;
	const struct post *p = world_post(w, slot);
	uint32_t first = world_first_version(w, slot), edits = 0;

	for (uint32_t v = slot; v != first; v = world_post(w, v)->before)
		edits++;
	bool foreign = p->reply_to != NOBODY && world_post(w, p->reply_to)->author != c->user;
	return p->author == c->user && p->reposts == NOBODY && p->after == NOBODY &&
	       !p->is_fixed && !foreign && edits < EDITS_MAX &&
	       world_time_of(world_post(w, first)->id) > c->r->now.wall - EDIT_SPAN;
}

/* An edit is a post of its own that takes the place of another, in the same conversation. */
static bool find_edited(struct call *c, struct draft *d)
{
	const json_t *options = json_object_get(c->body, "edit_options");
	const char *id = json_string_value(json_object_get(options, "previous_post_id"));

	if (!id)
		return true;
	uint32_t slot = world_find_post(&c->x->world, id_of(str_of(id)));
	bool other = json_object_get(c->body, "reply") || json_object_get(c->body, "poll") ||
		     json_object_get(c->body, "quote_tweet_id");
	if (slot == NOBODY || other || !call_user(c)->premium || !is_editable(c, slot)) {
		answer_fixture(c, "403-not-permitted-or-too-long");
		return false;
	}
	d->facts.before = slot;
	d->facts.reply_to = world_post(&c->x->world, slot)->reply_to;
	d->facts.quotes = world_post(&c->x->world, slot)->quotes;
	return true;
}

/* --- replies and quotes --- */

/* Has the author of that post mentioned this user in it, or quoted one of its posts? */
static bool is_summoned(const struct call *c, uint32_t post)
{
	const struct world *w = &c->x->world;
	const struct post *p = world_post(w, post);

	if (p->author == c->user)
		return true;
	if (p->quotes != NOBODY && world_post(w, p->quotes)->author == c->user)
		return true;
	return p->text && post_mentions(str_of(p->text), call_user(c)->username);
}

static bool find_reply(struct call *c, struct draft *d)
{
	const json_t *reply = json_object_get(c->body, "reply");
	const char *id = json_string_value(json_object_get(reply, "in_reply_to_tweet_id"));

	if (!id)
		return true;
	d->facts.reply_to = world_find_post(&c->x->world, id_of(str_of(id)));
	if (d->facts.reply_to == NOBODY) {
		answer_forbidden(c,
			"You attempted to reply to a Tweet that is deleted or not visible to "
			"you.");
		return false;
	}
	if (c->x->o.enterprise || is_summoned(c, d->facts.reply_to))
		return true;
	answer_fixture(c, "403-reply-not-summoned");
	return false;
}

static bool find_quoted(struct call *c, struct draft *d)
{
	if (!json_object_get(c->body, "quote_tweet_id"))
		return true;
	if (!c->x->o.enterprise) {
		answer_fixture(c, "403-quote-not-allowed");
		return false;
	}
	d->facts.quotes = world_find_post(&c->x->world, body_id(c, "quote_tweet_id"));
	if (d->facts.quotes != NOBODY)
		return true;
	answer_invalid(c, "quote_tweet_id",
		str_of(json_string_value(json_object_get(c->body, "quote_tweet_id"))),
		"The Tweet you attempted to quote is deleted or not visible to you.");
	return false;
}

static bool is_excluded(const struct call *c, const char *id)
{
	const json_t *list =
		json_object_get(json_object_get(c->body, "reply"), "exclude_reply_user_ids");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), id) == 0)
			return true;
	return false;
}

/* X puts the name of whoever is answered before the text, unless it is there or excluded. */
static void write_full(const struct call *c, struct draft *d)
{
	const struct world *w = &c->x->world;
	uint32_t reply_to = d->facts.reply_to;
	char id[24];

	if (reply_to != NOBODY && world_post(w, reply_to)->author != c->user) {
		const struct user *u = world_user(w, world_post(w, reply_to)->author);

		snprintf(id, sizeof(id), "%llu", (unsigned long long)u->id);
		if (!is_excluded(c, id) && !post_mentions(str_of(d->text), u->username))
			buf_fmt(&d->full, "@%s ", u->username);
	}
	buf_str(&d->full, d->text);
	d->facts.text = buf_view(&d->full);
}

/* --- the other rules --- */

static bool is_new(struct call *c, struct draft *d)
{
	const struct world *w = &c->x->world;
	uint64_t parts[2] = {c->user, text_hash(d->facts.text.at, d->facts.text.len)};

	d->facts.sameness = text_hash(parts, sizeof(parts));
	uint32_t same = world_find_same(w, d->facts.sameness);
	if (same == NOBODY ||
		world_time_of(world_post(w, same)->id) < c->r->now.wall - SAME_SPAN)
		return true;
	answer_fixture(c, "403-duplicate-content");
	return false;
}

static bool has_one_cashtag(struct call *c, struct draft *d)
{
	if (c->x->o.enterprise || post_cashtags(str_of(d->text)) <= 1)
		return true;
	answer_forbidden(c, "Posts may contain a maximum of one cashtag.");
	return false;
}

static void tell_mentioned(struct world *w, uint32_t post)
{
	const struct post *p = world_post(w, post);
	struct str name;

	for (size_t at = 0; post_next_mention(str_of(p->text), &at, &name);) {
		uint32_t user = world_find_name(w, name);
		if (user != NOBODY && user != p->author)
			world_mention(w, post, user);
	}
}

static void make_post(struct call *c, struct draft *d)
{
	struct world *w = &c->x->world;
	uint32_t to = d->facts.reply_to != NOBODY ? d->facts.reply_to : d->facts.quotes;

	if (d->facts.before != NOBODY)
		to = d->facts.before;
	uint32_t slot = world_add_post(w, &d->facts, c->r->now.wall);

	if (slot == NOBODY) {
		answer_fixture(c, "503-service-unavailable");
		return;
	}
	tell_mentioned(w, slot);
	call_effect(c, &(struct effect){.action = "post",
			       .id = world_post(w, slot)->id,
			       .text = d->text,
			       .media = media_ids(c),
			       .target = to == NOBODY ? 0 : world_post(w, to)->id});
	answer_data(c, 201, render_created(w, slot));
}

void create_post(struct call *c)
{
	struct draft d = {.facts = {.author = c->user,
				  .poll = json_object_get(c->body, "poll") != NULL,
				  .reply_to = NOBODY,
				  .quotes = NOBODY,
				  .reposts = NOBODY,
				  .before = NOBODY}};

	if (!is_exclusive(c) || !has_text(c, &d) || !has_good_media(c, &d) ||
		!has_known_tagged(c) || !is_short(c, &d) || !has_one_cashtag(c, &d) ||
		!find_quoted(c, &d) || !find_reply(c, &d) || !find_edited(c, &d))
		return;
	d.facts.is_fixed =
		json_object_get(c->body, "poll") || json_object_get(c->body, "community_id");
	buf_init(&d.full, TEXT_CAP);
	write_full(c, &d);
	if (is_new(c, &d))
		make_post(c, &d);
	buf_done(&d.full);
}

void delete_post(struct call *c)
{
	struct world *w = &c->x->world;
	uint32_t post = world_find_post(w, call_id(c, 0));

	if (post == NOBODY) {
		answer_not_found(c, "tweet", "id", c->path[0]);
		return;
	}
	if (world_post(w, post)->author != c->user) {
		answer_fixture(c, "403-delete-not-owner");
		return;
	}
	world_delete_post(w, post);
	call_effect(c,
		&(struct effect){
			.action = "delete_post", .id = call_id(c, 0), .target = call_id(c, 0)});
	answer_data(c, 200, json_pack("{s:b}", "deleted", 1));
}
