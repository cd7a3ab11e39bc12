#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/calls.h"
#include "tests/xsim/calls/page.h"

#define GROUP_LEAST 2 /* others in a group */

/* --- sending --- */

/* The ids of a message's attachments. The caller's. */
static json_t *media_ids(const json_t *message)
{
	const json_t *list = json_object_get(message, "attachments");
	json_t *ids = need_json(json_array());

	for (size_t i = 0; i < json_array_size(list); i++)
		json_array_append(ids, json_object_get(json_array_get(list, i), "media_id"));
	return ids;
}

/* The schema lets attachments alone through: with no text, and with none. */
static bool has_good_media(struct call *c, const json_t *message)
{
	json_t *list = json_object_get(message, "attachments");
	AUTO_JSON ids = media_ids(message);
	AUTO_JSON parameters = NULL;

	if (!json_array_size(list) && json_object_get(message, "text"))
		return true;
	if (json_array_size(ids) == 1 && media_are_ready(c, ids, true))
		return true;
	parameters = need_json(list ? json_pack("{s:O}", "attachments", list) : json_object());
	answer_problem(c, parameters,
		json_array_size(list) ? "Your media IDs are invalid."
				      : "$.message.text: is missing but it is required");
	return false;
}

/* Writes the message, notes it, answers. `target`: the other user, or 0 for a group. */
static void send_to(struct call *c, uint32_t talk, const json_t *message, uint64_t target)
{
	struct mail *m = &c->x->mail;
	const char *text = json_string_value(json_object_get(message, "text"));
	uint32_t slot = mail_send(m, talk, c->user, str_of(text ? text : ""), c->r->now.wall);
	uint64_t id = mail_message(m, slot)->id;
	AUTO_JSON media = media_ids(message);

	call_effect(c, &(struct effect){.action = "dm",
			       .id = id,
			       .text = text,
			       .target = target,
			       .media = json_array_size(media) ? media : NULL});
	answer_data(c, 201,
		json_pack("{s:s,s:o}", "dm_conversation_id", mail_talk(m, talk)->id,
			"dm_event_id", id_json(id)));
}

/* Whether the token's user may write to that one; false: it has answered. */
static bool may_write(struct call *c, uint32_t user)
{
	const struct user *u = user != NOBODY ? world_user(&c->x->world, user) : NULL;

	if (u && user != c->user && !u->dm_closed &&
		!shelf_find_tie(&c->x->shelves, "dm_block", u->id, call_user(c)->id))
		return true;
	answer_fixture(c, "403-dm-not-permitted");
	return false;
}

static void send_pair(struct call *c, uint64_t id)
{
	uint32_t user = world_find_user(&c->x->world, id);

	if (may_write(c, user))
		send_to(c, mail_pair(&c->x->mail, c->user, user), c->body, id);
}

void dm_user(struct call *c)
{
	if (has_good_media(c, c->body))
		send_pair(c, call_id(c, 0));
}

/* Splits "smaller-larger"; false when it is not of that form. */
static bool split_pair(struct str id, uint64_t *first, uint64_t *second)
{
	const char *dash = id.len ? memchr(id.at, '-', id.len) : NULL;
	size_t len = dash ? (size_t)(dash - id.at) : 0;
	struct str a = {id.at, len}, b = {id.at + len + 1, dash ? id.len - len - 1 : 0};

	if (!text_is_x_id(a) || !text_is_x_id(b))
		return false;
	*first = id_of(a);
	*second = id_of(b);
	return *first < *second;
}

/* A pair may begin with the first message; a group must be there. */
void dm_talk(struct call *c)
{
	uint64_t self = call_user(c)->id, first, second;

	if (!has_good_media(c, c->body))
		return;
	if (split_pair(c->path[0], &first, &second) && (first == self || second == self)) {
		send_pair(c, first == self ? second : first);
		return;
	}
	uint32_t talk = mail_find_talk(&c->x->mail, c->path[0]);
	if (talk == NOBODY || !mail_is_member(&c->x->mail, talk, c->user))
		answer_fixture(c, "403-dm-not-permitted");
	else
		send_to(c, talk, c->body, 0);
}

/* Reads participant_ids into members, the token's user first. 0: it has answered. */
static uint32_t read_members(struct call *c, uint32_t *members)
{
	const json_t *ids = json_object_get(c->body, "participant_ids");
	uint32_t count = 0;

	members[count++] = c->user;
	for (size_t i = 0; i < json_array_size(ids); i++) {
		struct str id = str_of(json_string_value(json_array_get(ids, i)));
		uint32_t user = world_find_user(&c->x->world, id_of(id));
		uint32_t at = 0;

		while (at < count && members[at] != user)
			at++;
		if (at < count && user != NOBODY)
			continue; /* named twice, or the sender */
		if (!may_write(c, user))
			return 0;
		members[count++] = user;
	}
	if (count > GROUP_LEAST)
		return count;
	answer_fixture(c, "403-dm-not-permitted");
	return 0;
}

void dm_group(struct call *c)
{
	const json_t *message = json_object_get(c->body, "message");
	uint32_t members[MEMBERS_MAX], count;

	if (!has_good_media(c, message) || !(count = read_members(c, members)))
		return;
	send_to(c, mail_group(&c->x->mail, members, count, c->r->now.wall), message, 0);
}

/* --- events --- */

/* The event of the path that the token's user sees; NOBODY: none. */
static uint32_t find_event(const struct call *c)
{
	uint32_t slot = mail_find_message(&c->x->mail, call_id(c, 0));

	return slot != NOBODY && mail_sees(&c->x->mail, slot, c->user) ? slot : NOBODY;
}

void delete_dm(struct call *c)
{
	uint32_t slot = find_event(c);

	if (slot == NOBODY) {
		answer_not_found(c, "dm_event", "event_id", c->path[0]);
		return;
	}
	mail_hide(&c->x->mail, slot, c->user);
	call_effect(c,
		&(struct effect){
			.action = "delete_dm", .id = call_id(c, 0), .target = call_id(c, 0)});
	answer_data(c, 200, json_pack("{s:b}", "deleted", 1));
}

void dm_event(struct call *c)
{
	struct shape s = call_shape(c);
	uint32_t slot = find_event(c);

	if (slot != NOBODY)
		answer_data(c, 200, render_message(&c->x->mail, slot, &s));
	else
		answer_json(c, 200,
			json_pack("{s:[o]}", "errors",
				not_found_error("dm_event", "event_id", c->path[0])));
}

static bool wants_messages(const struct call *c)
{
	struct str rest = params_get(&c->query, "event_types"), item;
	bool any = rest.at;

	while (list_next(&rest, &item))
		if (str_is(item, "MessageCreate"))
			return true;
	return !any;
}

static bool event_wants(const void *ctx, uint32_t slot)
{
	const struct call *c = ctx;

	return mail_sees(&c->x->mail, slot, c->user);
}

/* Answers with a page of the messages in a series, which may be NULL. */
static void show_events(struct call *c, const struct series *series)
{
	static const struct series none;
	const struct mail *m = &c->x->mail;
	struct page_source from = {
		series && wants_messages(c) ? series : &none, mail_key, event_wants, c, m};
	struct shape s = call_shape(c);
	struct page p;

	if (!page_read(c, 1, POSTS_MAX, POSTS_MAX, &p))
		return;
	page_cut(&p, &from);
	struct found f = found_new();
	for (uint32_t i = 0; i < p.count; i++)
		json_array_append_new(f.data, render_message(m, p.slots[i], &s));
	answer_found(c, &f, page_meta(&p, &from, false));
}

void dm_events(struct call *c)
{
	show_events(c, &call_user(c)->dms);
}

void dm_events_of(struct call *c)
{
	const struct mail *m = &c->x->mail;
	uint32_t talk = mail_find_talk(m, c->path[0]);
	bool member = talk != NOBODY && mail_is_member(m, talk, c->user);

	show_events(c, member ? &mail_talk(m, talk)->messages : NULL);
}

void dm_events_with(struct call *c)
{
	struct mail *m = &c->x->mail;
	uint32_t user = world_find_user(&c->x->world, call_id(c, 0));

	if (user == NOBODY || user == c->user)
		show_events(c, NULL);
	else
		show_events(c, &mail_talk(m, mail_pair(m, c->user, user))->messages);
}
