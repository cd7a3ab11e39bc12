#include "tests/xsim/world/shown.h"

#include <stdio.h>
#include <string.h>

#include "common/base/buf.h"
#include "tests/xsim/need.h"
#include "tests/xsim/world/posttext.h"

#define TEXT_CAP  ((size_t)1024 * 1024)
#define SHORT_LEN 24  /* "https://t.co/" and ten characters, and a zero byte */
#define CUT_AT    275 /* code points of a long text that are shown: X does not say */

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

static json_t *entities_of(json_t *urls)
{
	return json_array_size(urls) ? json_pack("{s:O}", "urls", urls) : NULL;
}

/* The bytes of its first code points. */
static struct str first_points(struct str s, size_t n)
{
	size_t len = 0;

	while (len < s.len) {
		if (((unsigned char)s.at[len] & 0xc0) != 0x80 && n-- == 0)
			break;
		len++;
	}
	return (struct str){s.at, len};
}

static json_t *string_json(const struct buf *b)
{
	struct str s = buf_view(b);

	return need_json(json_stringn(s.len ? s.at : "", s.len));
}

/* The whole of a long text. */
static json_t *note_of(struct str text)
{
	AUTO_JSON urls = need_json(json_array());
	json_t *note = need_json(json_object());
	struct buf whole;

	buf_init(&whole, TEXT_CAP);
	show_text(text, &whole, urls);
	json_object_set_new(note, "text", string_json(&whole));
	if (json_array_size(urls))
		json_object_set_new(note, "entities", entities_of(urls));
	buf_done(&whole);
	return note;
}

void shown_text(json_t *j, const struct shown *s)
{
	AUTO_JSON urls = need_json(json_array());
	bool is_long = s->cut && post_weight(s->text) > POST_WEIGHT_MAX;
	struct buf shown;

	buf_init(&shown, TEXT_CAP);
	show_text(is_long ? first_points(s->text, CUT_AT) : s->text, &shown, urls);
	if (is_long)
		buf_str(&shown, "\xe2\x80\xa6");
	if (s->tail.len) {
		if (shown.len)
			buf_byte(&shown, ' ');
		show_text(s->tail, &shown, urls);
	}
	json_object_set_new(j, "text", string_json(&shown));
	if (s->entities && json_array_size(urls))
		json_object_set_new(j, "entities", need_json(entities_of(urls)));
	if (is_long && s->note_tweet)
		json_object_set_new(j, "note_tweet", note_of(s->text));
	if (is_long && s->note_post)
		json_object_set_new(j, "note_post", note_of(s->text));
	buf_done(&shown);
}
