#include "tests/xsim/calls/render.h"

#include <stdio.h>
#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/world/shown.h"

#define LINK_CAP 128 /* of the address of a post or of what is attached to it */

static bool asked(struct str fields, const char *name)
{
	struct str item;

	while (list_next(&fields, &item))
		if (str_is(item, name))
			return true;
	return false;
}

/* Sets j's member when it was asked for; takes value. */
static void put(json_t *j, struct str fields, const char *name, json_t *value)
{
	need_json(value);
	if (asked(fields, name))
		json_object_set_new(j, name, value);
	else
		json_decref(value);
}

json_t *id_json(uint64_t id)
{
	return need_json(json_sprintf("%llu", (unsigned long long)id));
}

static json_t *time_json(usec_t wall)
{
	char text[32];

	return json_string(text_from_time(wall, text, sizeof(text)));
}

/* --- users --- */

static json_int_t living(const struct world *w, const struct series *ties)
{
	json_int_t n = 0;

	for (uint32_t i = 0; i < ties->count; i++)
		n += !world_tie(w, ties->slots[i])->gone;
	return n;
}

static json_t *metrics_of(const struct world *w, const struct user *u)
{
	json_int_t posts = 0;

	for (uint32_t i = 0; i < u->posts.count; i++)
		posts += world_is_listed(w, u->posts.slots[i]);
	return json_pack("{s:I,s:I,s:I,s:i}", "followers_count", living(w, &u->followers),
		"following_count", living(w, &u->ties[TIE_FOLLOW]), "tweet_count", posts,
		"listed_count", 0);
}

json_t *render_user(const struct world *w, uint32_t user, const struct shape *s)
{
	const struct user *u = world_user(w, user);
	json_t *j = need_json(json_pack("{s:o,s:s,s:s}", "id", id_json(u->id), "name", u->name,
		"username", u->username));

	put(j, s->user, "created_at", time_json(u->created));
	put(j, s->user, "description", json_string(""));
	put(j, s->user, "protected", json_boolean(u->is_protected));
	put(j, s->user, "verified", json_boolean(u->premium));
	put(j, s->user, "verified_type", json_string(u->premium ? "blue" : "none"));
	put(j, s->user, "receives_your_dm", json_boolean(!u->dm_closed));
	if (asked(s->user, "public_metrics"))
		put(j, s->user, "public_metrics", metrics_of(w, u));
	return j;
}

/* --- posts --- */

/* The text of a post, with what a repost shows of the other; the caller frees it. */
static char *text_of(const struct world *w, const struct post *p)
{
	if (p->reposts == NOBODY)
		return need(mem_dup(p->text ? p->text : "", strlen(p->text ? p->text : "")));

	const struct post *other = world_post(w, p->reposts);
	const char *text = other->text ? other->text : "";
	size_t len = strlen(text) + 32;
	char *s = need(mem_alloc(len));

	snprintf(s, len, "RT @%s: %s", world_user(w, other->author)->username, text);
	return s;
}

static json_t *references_of(const struct world *w, const struct post *p)
{
	const struct {
		const char *type;
		uint32_t post;
	} kinds[] = {
		{"replied_to", p->reply_to}, {"quoted", p->quotes}, {"retweeted", p->reposts}};
	json_t *list = need_json(json_array());

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (kinds[i].post != NOBODY)
			json_array_append_new(list,
				need_json(json_pack("{s:s,s:o}", "type", kinds[i].type, "id",
					id_json(world_post(w, kinds[i].post)->id))));
	return list;
}

/* The post that began the conversation that p is in. */
static uint64_t conversation_of(const struct world *w, const struct post *p)
{
	while (p->reply_to != NOBODY)
		p = world_post(w, p->reply_to);
	return p->id;
}

static void put_ties(
	json_t *j, const struct world *w, const struct post *p, const struct shape *s)
{
	const char *name = s->new_names ? "referenced_posts" : "referenced_tweets";
	json_t *references = references_of(w, p);

	if (json_array_size(references))
		put(j, s->post, name, references);
	else
		json_decref(references);
	if (p->reply_to == NOBODY)
		return;
	uint32_t to = world_post(w, p->reply_to)->author;
	put(j, s->post, "in_reply_to_user_id", id_json(world_user(w, to)->id));
}

/* The link that X puts behind a text: to what is attached, or to the post that is quoted. */
static struct str tail_of(const struct world *w, const struct post *p, char out[LINK_CAP])
{
	const struct post *to = p->media              ? p
				: p->quotes == NOBODY ? NULL
						      : world_post(w, p->quotes);

	if (!to)
		return (struct str){0};
	(void)snprintf(out, LINK_CAP, "https://x.com/%s/status/%llu%s",
		world_user(w, to->author)->username, (unsigned long long)to->id,
		p->media ? "/photo/1" : "");
	return str_of(out);
}

/* As many keys as it has media, and the poll. */
static json_t *attachments_json(const struct post *p)
{
	json_t *j = need_json(json_object()), *keys = need_json(json_array());

	for (uint32_t i = 0; i < p->media; i++)
		json_array_append_new(
			keys, json_sprintf("3_%llu", (unsigned long long)p->id + i));
	if (p->media)
		json_object_set(j, "media_keys", keys);
	if (p->poll)
		json_object_set_new(j, "poll_ids", json_pack("[o]", id_json(p->id + 1)));
	json_decref(keys);
	return j;
}

/* The ids of its versions up to this one, the first one first. */
static json_t *history_of(const struct world *w, uint32_t post)
{
	json_t *ids = need_json(json_array());

	for (uint32_t v = world_first_version(w, post);; v = world_post(w, v)->after) {
		json_array_append_new(ids, id_json(world_post(w, v)->id));
		if (v == post)
			return ids;
	}
}

json_t *render_post(const struct world *w, uint32_t post, const struct shape *s)
{
	const struct post *p = world_post(w, post);
	json_t *j = need_json(json_pack("{s:o}", "id", id_json(p->id)));
	char *text = text_of(w, p);
	char tail[LINK_CAP];

	shown_text(j, &(struct shown){.text = str_of(text),
			      .tail = tail_of(w, p, tail),
			      .cut = true,
			      .entities = asked(s->post, "entities"),
			      .note_tweet = asked(s->post, "note_tweet"),
			      .note_post = asked(s->post, "note_post")});
	mem_free(text);
	json_object_set_new(j,
		s->new_names ? "edit_history_post_ids" : "edit_history_tweet_ids",
		history_of(w, post));
	put(j, s->post, "created_at", time_json(world_time_of(p->id)));
	put(j, s->post, "author_id", id_json(world_user(w, p->author)->id));
	put(j, s->post, "conversation_id", id_json(conversation_of(w, p)));
	put(j, s->post, "lang", json_string("und"));
	put(j, s->post, "possibly_sensitive", json_false());
	put(j, s->post, "reply_settings", json_string("everyone"));
	if (p->media || p->poll)
		put(j, s->post, "attachments", attachments_json(p));
	put_ties(j, w, p, s);
	return j;
}

json_t *render_created(const struct world *w, uint32_t post)
{
	static const struct shape plain;

	return render_post(w, post, &plain);
}

/* --- messages --- */

json_t *render_message(const struct mail *m, uint32_t message, const struct shape *s)
{
	const struct message *d = mail_message(m, message);
	json_t *j = need_json(
		json_pack("{s:o,s:s}", "id", id_json(d->id), "event_type", "MessageCreate"));

	shown_text(j,
		&(struct shown){.text = str_of(d->text), .entities = asked(s->dm, "entities")});
	put(j, s->dm, "created_at", time_json(world_time_of(d->id)));
	put(j, s->dm, "sender_id", id_json(world_user(m->world, d->sender)->id));
	put(j, s->dm, "dm_conversation_id", json_string(mail_talk(m, d->talk)->id));
	return j;
}
