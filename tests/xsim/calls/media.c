/*
 * media.c - uploads: one shot, or initialize, append, finalize, status; alternative texts
 */
#include <stdio.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/crypto/encode.h"
#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/calls.h"
#include "tests/xsim/calls/schema.h"
#include "tests/xsim/form.h"

#define MIB       ((int64_t)1024 * 1024)
#define TOTAL_MAX INT64_C(17179869184)
#define ALT_MAX   1000
#define BYTES_CAP ((size_t)8 * 1024 * 1024)

/* Bytes, at most: X's documentation of media. */
static const struct {
	const char *category;
	int64_t most;
} categories[] = {
	{"tweet_image", 5 * MIB},
	{"dm_image", 5 * MIB},
	{"tweet_gif", 15 * MIB},
	{"dm_gif", 15 * MIB},
	{"tweet_video", 512 * MIB},
	{"dm_video", 512 * MIB},
	{"amplify_video", TOTAL_MAX},
};

static const char *const types[] = {"video/mp4", "video/webm", "video/mp2t", "video/quicktime",
	"image/jpeg", "image/gif", "image/bmp", "image/png", "image/webp", "image/pjpeg",
	"image/tiff"};

/* What a body has, as a form or as JSON. */
struct fields {
	struct form form;
	json_t *json; /* owned */
	struct buf bytes;
	char number[24];
};

/* Whether a body as JSON is what the specification has; of a form the fields are read one by
 * one. */
static bool is_allowed(struct call *c, const json_t *body)
{
	const json_t *schema = json_object_get(c->route->operation, "body");
	char words[512];

	if (!schema || schema_check_json(schema, body, words, sizeof(words)))
		return true;
	answer_invalid(c, NULL, str_of(""), "%s", words);
	return false;
}

static bool open_fields(struct call *c, struct fields *f)
{
	struct str type = httpd_request_header(c->r, "content-type");

	*f = (struct fields){.json = NULL};
	buf_init(&f->bytes, BYTES_CAP);
	if (form_is(type)) {
		if (form_read(&f->form, type, c->r->body))
			return true;
		answer_invalid(c, NULL, type, "Request body could not be parsed as a form.");
		return false;
	}
	if (type.len < 16 ||
		!http_is((struct str){type.at, strcspn(type.at, "; \r")}, "application/json")) {
		answer_invalid(c, NULL, type,
			"Requests with bodies must have content-type of application/json.");
		return false;
	}
	f->json = json_loadb(c->r->body.at, c->r->body.len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(f->json))
		return is_allowed(c, f->json);
	answer_invalid(c, NULL, str_of(""), "Request body could not be parsed as JSON.");
	return false;
}

static void close_fields(struct fields *f)
{
	json_decref(f->json);
	buf_done(&f->bytes);
}

/* A text or a number. {NULL, 0}: absent. */
static struct str field(struct fields *f, const char *name)
{
	const json_t *v = json_object_get(f->json, name);

	if (!f->json)
		return form_get(&f->form, name);
	if (json_is_string(v))
		return (struct str){json_string_value(v), json_string_length(v)};
	if (!json_is_integer(v))
		return (struct str){NULL, 0};
	(void)snprintf(f->number, sizeof(f->number), "%lld", (long long)json_integer_value(v));
	return str_of(f->number);
}

/* The bytes: as they are in a form, in base64 in JSON. */
static struct str bytes_of(struct fields *f)
{
	struct str text = field(f, "media");

	if (!f->json)
		return text;
	if (decode_base64(text, &f->bytes))
		return (struct str){NULL, 0};
	return buf_view(&f->bytes);
}

/* The index of a category, or -1 after answering. */
static int category_of(struct call *c, struct str name, bool amplify)
{
	for (size_t i = 0; i < COUNT_OF(categories) - !amplify; i++)
		if (str_is(name, categories[i].category))
			return (int)i;
	answer_invalid(
		c, "media_category", name, "$.media_category: is not one of the enumeration");
	return -1;
}

static json_t *seconds_left(const struct call *c, const struct film *m)
{
	return json_integer((m->forgotten_at - c->r->now.wall) / USEC_SEC);
}

/* {"id", "media_key", "size", "expires_after_secs", "processing_info"} */
static void answer_film(struct call *c, const struct film *m)
{
	int percent;
	const char *state = film_processing(m, c->r->now.wall, &percent);
	json_t *j = need_json(json_pack("{s:o,s:o,s:I,s:o}", "id", id_json(m->id), "media_key",
		json_sprintf("%d_%llu", film_moves(m) ? 13 : 3, (unsigned long long)m->id),
		"size", (json_int_t)m->received, "expires_after_secs", seconds_left(c, m)));

	if (state && percent < 100)
		json_object_set_new(j, "processing_info",
			need_json(json_pack("{s:s,s:i,s:i}", "state", state, "check_after_secs",
				1, "progress_percent", percent)));
	else if (state)
		json_object_set_new(j, "processing_info",
			need_json(json_pack(
				"{s:s,s:i}", "state", state, "progress_percent", percent)));
	answer_data(c, 200, j);
}

/* What has ended, for the ledger: with the hash of the bytes as its text. */
static void note(struct call *c, const struct film *m)
{
	char hex[2 * SHA256_BYTES + 1];

	for (size_t i = 0; i < SHA256_BYTES; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", m->hash[i]);
	call_effect(c, &(struct effect){.action = "media", .id = m->id, .text = hex});
}

/* The film that a call is about, which is the caller's own; NULL after answering. */
static struct film *own_film(struct call *c, struct str id)
{
	struct film *m =
		text_is_x_id(id) ? film_find(&c->x->films, id_of(id), c->r->now.wall) : NULL;

	if (m && m->owner == c->user)
		return m;
	answer_not_found(c, "media", "id", id);
	return NULL;
}

static bool fails_processing(struct call *c, const struct film *m)
{
	return film_moves(m) && faults_strike(&c->x->faults, FAULT_PROCESSING,
					(size_t)(c->route - routes), c->r->nth);
}

static void end_film(struct call *c, struct film *m)
{
	bool open = m->state == FILM_OPEN;
	const char *why = film_end(&c->x->films, m, c->r->now.wall);

	if (why) {
		answer_invalid(c, "id", c->path[0], "%s", why);
		return;
	}
	if (open) {
		m->fails = fails_processing(c, m);
		note(c, m);
	}
	answer_film(c, m);
}

static void upload(struct call *c, struct fields *f)
{
	int category = category_of(c, field(f, "media_category"), false);
	struct str bytes = bytes_of(f);

	if (category < 0)
		return;
	if (!bytes.len || (int64_t)bytes.len > categories[category].most) {
		answer_invalid(c, "media", str_of(""), "$.media: is missing or too large");
		return;
	}
	struct film *m = film_begin(&c->x->films, c->user, categories[category].category, "",
		(int64_t)bytes.len, c->r->now.wall);
	const char *why = film_segment(m, 0, bytes);
	ASSERT(!why);
	end_film(c, m);
}

void media_upload(struct call *c)
{
	struct fields f;

	if (open_fields(c, &f))
		upload(c, &f);
	close_fields(&f);
}

static bool is_type(struct str s)
{
	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_is(s, types[i]))
			return true;
	return false;
}

static void initialize(struct call *c, struct fields *f)
{
	struct str type = field(f, "media_type");
	char name[32];
	int64_t total;
	int category = category_of(c, field(f, "media_category"), true);

	if (category < 0)
		return;
	if (!is_type(type)) {
		answer_invalid(
			c, "media_type", type, "$.media_type: is not one of the enumeration");
		return;
	}
	(void)snprintf(name, sizeof(name), "%.*s", STR_ARG(type));
	if (text_to_int(field(f, "total_bytes"), 1, categories[category].most, &total)) {
		answer_invalid(c, "total_bytes", field(f, "total_bytes"),
			"$.total_bytes: must be between 1 and %lld",
			(long long)categories[category].most);
		return;
	}
	const struct film *m = film_begin(&c->x->films, c->user, categories[category].category,
		name, total, c->r->now.wall);
	answer_data(c, 200,
		json_pack("{s:o,s:o,s:o}", "id", id_json(m->id), "media_key",
			json_sprintf(
				"%d_%llu", film_moves(m) ? 13 : 3, (unsigned long long)m->id),
			"expires_after_secs", seconds_left(c, m)));
}

void media_initialize(struct call *c)
{
	struct fields f;

	if (open_fields(c, &f))
		initialize(c, &f);
	close_fields(&f);
}

static void append(struct call *c, struct fields *f)
{
	struct film *m = own_film(c, c->path[0]);
	int64_t index;

	if (!m)
		return;
	if (text_to_int(field(f, "segment_index"), 0, FILM_SEGMENTS_MAX - 1, &index)) {
		answer_invalid(c, "segment_index", field(f, "segment_index"),
			"$.segment_index: must be between 0 and 999");
		return;
	}
	const char *why = film_segment(m, (uint32_t)index, bytes_of(f));
	if (why)
		answer_invalid(c, "segment_index", str_of(""), "%s", why);
	else
		answer_data(c, 200,
			json_pack("{s:I}", "expires_at",
				(json_int_t)(m->forgotten_at / USEC_SEC)));
}

void media_append(struct call *c)
{
	struct fields f;

	if (open_fields(c, &f))
		append(c, &f);
	close_fields(&f);
}

/* An empty body is refused, though the specification has none: seen at X in July 2026. */
void media_finalize(struct call *c)
{
	struct fields f;
	struct film *m = NULL;

	if (open_fields(c, &f))
		m = own_film(c, c->path[0]);
	close_fields(&f);
	if (m)
		end_film(c, m);
}

void media_status(struct call *c)
{
	struct str command = params_get(&c->query, "command");
	const struct film *m;

	if (command.at && !str_is(command, "STATUS")) {
		answer_invalid(c, "command", command,
			"The `command` query parameter value [%.*s] is not one of [STATUS]",
			STR_ARG(command));
		return;
	}
	m = own_film(c, params_get(&c->query, "media_id"));
	if (m)
		answer_film(c, m);
}

static size_t code_points(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void describe(struct call *c, struct fields *f)
{
	const json_t *alt = json_object_get(json_object_get(f->json, "metadata"), "alt_text");
	const char *text = json_string_value(json_object_get(alt, "text"));
	struct film *m = own_film(c, field(f, "id"));

	if (!m)
		return;
	if (!text || !text[0] || code_points(text) > ALT_MAX) {
		answer_invalid(c, "metadata", str_of(""),
			"$.metadata.alt_text.text: must be at most 1000 characters long");
		return;
	}
	mem_free(m->alt);
	m->alt = need(mem_dup(text, strlen(text)));
	call_effect(c, &(struct effect){.action = "alt_text", .id = m->id, .text = text});
	answer_data(c, 200,
		json_pack("{s:o,s:{s:{s:s}}}", "id", id_json(m->id), "associated_metadata",
			"alt_text", "text", text));
}

void media_metadata(struct call *c)
{
	struct fields f;

	if (open_fields(c, &f))
		describe(c, &f);
	close_fields(&f);
}

/* --- in posts and messages --- */

bool media_are_ready(struct call *c, const json_t *ids, bool in_message)
{
	size_t count = json_array_size(ids), moving = 0;

	for (size_t i = 0; i < count; i++) {
		struct str id = str_of(json_string_value(json_array_get(ids, i)));
		const struct film *m = film_find(&c->x->films, id_of(id), c->r->now.wall);

		if (!m || !film_is_ready(m, c->user, in_message, c->r->now.wall))
			return false;
		moving += film_moves(m);
	}
	return count >= 1 && count <= 4 && (!moving || count == 1);
}
