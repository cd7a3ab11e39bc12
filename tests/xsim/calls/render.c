#include "tests/xsim/calls/render.h"

#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "tests/xsim/calls/call.h"
#include "tests/xsim/world/posttext.h"

#define TEXT_CAP  ((size_t)1024 * 1024)
#define SHORT_LEN 24 /* "https://t.co/" and ten characters, and a zero byte */

json_t *id_json(uint64_t id)
{
	return need_json(json_sprintf("%llu", (unsigned long long)id));
}

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

static json_t *time_json(usec_t wall)
{
	char text[32];

	return json_string(text_from_time(wall, text, sizeof(text)));
}

/* --- text --- */

static void shorten(struct str link, char out[SHORT_LEN])
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ab";
	uint64_t hash = text_hash(link.at, link.len);
	size_t n = (size_t)snprintf(out, SHORT_LEN, "https://t.co/");

	for (; n < SHORT_LEN - 1; n++, hash = hash >> 6 | hash << 58)
		out[n] = letters[hash & 63];
	out[n] = '\0';
}

static size_t code_points(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.at[i] & 0xc0) != 0x80;
	return n;
}

static void escape(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.len; i++) {
		switch (s.at[i]) {
		case '&':
			buf_str(out, "&amp;");
			break;
		case '<':
			buf_str(out, "&lt;");
			break;
		case '>':
			buf_str(out, "&gt;");
			break;
		default:
			buf_byte(out, (unsigned char)s.at[i]);
		}
	}
}

static json_t *url_entity(struct str link, const char *t_co, size_t start)
{
	bool bare = !str_has_prefix(link, "http://") && !str_has_prefix(link, "https://");

	return need_json(json_pack("{s:I,s:I,s:s,s:o,s:s%}", "start", (json_int_t)start, "end",
		(json_int_t)start + (json_int_t)strlen(t_co), "url", t_co, "expanded_url",
		json_sprintf("%s%.*s", bare ? "http://" : "", STR_ARG(link)), "display_url",
		link.at, link.len));
}

/* Writes the text as X gives it back; adds what its links stand for to urls. */
static void show_text(struct str text, struct buf *out, json_t *urls)
{
	size_t from = 0, at = 0;
	struct str link;

	while (post_next_link(text, &at, &link)) {
		size_t start = (size_t)(link.at - text.at);
		char t_co[SHORT_LEN];

		escape((struct str){text.at + from, start - from}, out);
		shorten(link, t_co);
		json_array_append_new(urls, url_entity(link, t_co, code_points(buf_view(out))));
		buf_str(out, t_co);
		from = at;
	}
	escape((struct str){text.at + from, text.len - from}, out);
}

/* Sets text, and entities when they were asked for. */
static void put_text(json_t *j, struct str text, struct str fields)
{
	AUTO_JSON urls = need_json(json_array());
	struct buf shown;

	buf_init(&shown, TEXT_CAP);
	show_text(text, &shown, urls);
	struct str s = buf_view(&shown);
	json_object_set_new(j, "text", need_json(json_stringn(s.len ? s.at : "", s.len)));
	if (json_array_size(urls))
		put(j, fields, "entities", json_pack("{s:O}", "urls", urls));
	buf_done(&shown);
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

/* As many keys as it has media. */
static json_t *media_json(const struct post *p)
{
	json_t *keys = need_json(json_array());

	for (uint32_t i = 0; i < p->media; i++)
		json_array_append_new(
			keys, json_sprintf("3_%llu", (unsigned long long)p->id + i));
	return json_pack("{s:o}", "media_keys", keys);
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

	put_text(j, str_of(text), s->post);
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
	if (p->media)
		put(j, s->post, "attachments", media_json(p));
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

	put_text(j, str_of(d->text), s->dm);
	put(j, s->dm, "created_at", time_json(world_time_of(d->id)));
	put(j, s->dm, "sender_id", id_json(world_user(m->world, d->sender)->id));
	put(j, s->dm, "dm_conversation_id", json_string(mail_talk(m, d->talk)->id));
	return j;
}
