#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/embed.h"

#define FIXTURES_MAX 64
#define PROBLEM      "application/problem+json"
#define JSON         "application/json; charset=utf-8"
#define SHOWN_MAX    1024 /* bytes of a value shown in an error */

static struct {
	const char *name;
	int status;
	char *text; /* compact; owned */
} fixtures[FIXTURES_MAX];
static size_t fixture_count;

/* "429-rate-limit" and "token-400-…" begin with their status. */
static int status_of(const char *name)
{
	return (int)strtol(strncmp(name, "token-", 6) == 0 ? name + 6 : name, NULL, 10);
}

/* As text without blanks, the caller's. */
static char *compact(const json_t *j)
{
	size_t len = json_dumpb(j, NULL, 0, JSON_COMPACT);
	char *text = need(mem_alloc(len + 1));

	ASSERT(json_dumpb(j, text, len, JSON_COMPACT) == len);
	return text;
}

void answers_load(void)
{
	for (size_t i = 0; i < embedded_count; i++) {
		const struct embedded *e = &embedded[i];
		int status = status_of(e->name);
		AUTO_JSON j = NULL;

		if (status < 100)
			continue;
		ASSERT(fixture_count < FIXTURES_MAX);
		j = json_loadb((const char *)e->data, e->len, JSON_REJECT_DUPLICATES, NULL);
		ASSERT(j);
		fixtures[fixture_count].name = e->name;
		fixtures[fixture_count].status = status;
		fixtures[fixture_count++].text = compact(j);
	}
}

void answers_unload(void)
{
	for (size_t i = 0; i < fixture_count; i++)
		mem_free(fixtures[i].text);
	fixture_count = 0;
}

struct str fixture(const char *name, int *ret_status)
{
	for (size_t i = 0; i < fixture_count; i++) {
		if (strcmp(fixtures[i].name, name) != 0)
			continue;
		*ret_status = fixtures[i].status;
		return str_of(fixtures[i].text);
	}
	return (struct str){NULL, 0};
}

static int put_bytes(const char *p, size_t n, void *buf)
{
	buf_put(buf, p, n);
	return 0;
}

void answer_json(struct call *c, int status, json_t *j)
{
	c->a->status = status;
	c->a->type = status < 400 ? JSON : PROBLEM;
	if (json_dump_callback(need_json(j), put_bytes, &c->a->body, JSON_COMPACT))
		out_of_memory();
	json_decref(j);
}

void answer_data(struct call *c, int status, json_t *data)
{
	answer_json(c, status, json_pack("{s:o}", "data", need_json(data)));
}

void answer_fixture(struct call *c, const char *name)
{
	struct str text = fixture(name, &c->a->status);

	ASSERT(text.at);
	c->a->type = c->a->status < 400 ? JSON : PROBLEM;
	buf_put(&c->a->body, text.at, text.len);
}

void answer_forbidden(struct call *c, const char *detail)
{
	answer_json(c, 403,
		json_pack("{s:s,s:s,s:s,s:i}", "detail", detail, "type", "about:blank", "title",
			"Forbidden", "status", 403));
}

void answer_problem(struct call *c, json_t *parameters, const char *message)
{
	answer_json(c, 400,
		json_pack("{s:[{s:O,s:s}],s:s,s:s,s:s}", "errors", "parameters", parameters,
			"message", message, "title", "Invalid Request", "detail",
			"One or more parameters to your request was invalid.", "type",
			"https://api.twitter.com/2/problems/invalid-request"));
}

/* Text as JSON, with '?' for what is no UTF-8. */
static json_t *shown_json(struct str s)
{
	char shown[SHOWN_MAX];

	return need_json(json_string(text_show(s, shown, sizeof(shown))));
}

void answer_invalid(struct call *c, const char *name, struct str value, const char *fmt, ...)
{
	AUTO_JSON parameters = need_json(json_object());
	char message[1024], shown[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);
	if (name)
		json_object_set_new(
			parameters, name, need_json(json_pack("[o]", shown_json(value))));
	answer_problem(c, parameters, text_show(str_of(message), shown, sizeof(shown)));
}

struct found found_new(void)
{
	return (struct found){need_json(json_array()), need_json(json_array()), NULL};
}

void found_drop(struct found *f)
{
	json_decref(f->data);
	json_decref(f->errors);
	json_decref(f->users);
}

static bool expands(const struct call *c, const char *what)
{
	struct str rest = params_get(&c->query, "expansions"), item;

	while (list_next(&rest, &item))
		if (str_is(item, what))
			return true;
	return false;
}

void found_author(const struct call *c, struct found *f, uint32_t post)
{
	const struct world *w = &c->x->world;
	struct shape s = call_shape(c);
	const json_t *known;
	size_t i;

	if (!expands(c, "author_id"))
		return;
	json_t *author = render_user(w, world_post(w, post)->author, &s);
	json_array_foreach(f->users, i, known)
	{
		if (json_equal(json_object_get(known, "id"), json_object_get(author, "id"))) {
			json_decref(author);
			return;
		}
	}
	if (!f->users)
		f->users = need_json(json_array());
	json_array_append_new(f->users, author);
}

void answer_found(struct call *c, struct found *f, json_t *meta)
{
	json_t *j = need_json(json_object());

	if (json_array_size(f->data))
		json_object_set(j, "data", f->data);
	if (json_array_size(f->errors))
		json_object_set(j, "errors", f->errors);
	if (f->users)
		json_object_set_new(
			j, "includes", need_json(json_pack("{s:O}", "users", f->users)));
	if (meta)
		json_object_set_new(j, "meta", meta);
	found_drop(f);
	answer_json(c, 200, j);
}

/* A member of "errors" about one thing. */
static json_t *thing_error(const char *title, const char *type, const char *detail,
	const char *what, const char *parameter, struct str value)
{
	return need_json(json_pack("{s:o,s:s,s:s,s:s,s:s,s:o,s:o}", "value", shown_json(value),
		"detail", detail, "title", title, "resource_type", what, "parameter", parameter,
		"resource_id", shown_json(value), "type",
		json_sprintf("https://api.twitter.com/2/problems/%s", type)));
}

json_t *not_authorized_error(const char *what, const char *parameter, struct str value)
{
	char detail[160], shown[64];

	snprintf(detail, sizeof(detail),
		"Sorry, you are not authorized to see the %s with %s: [%s].", what, parameter,
		text_show(value, shown, sizeof(shown)));
	return thing_error("Authorization Error", "not-authorized-for-resource", detail, what,
		parameter, value);
}

json_t *not_found_error(const char *what, const char *parameter, struct str value)
{
	char detail[160], shown[64];

	snprintf(detail, sizeof(detail), "Could not find %s with %s: [%s].", what, parameter,
		text_show(value, shown, sizeof(shown)));
	return thing_error(
		"Not Found Error", "resource-not-found", detail, what, parameter, value);
}

void answer_not_found(struct call *c, const char *what, const char *parameter, struct str value)
{
	answer_json(c, 404,
		json_pack("{s:[o]}", "errors", not_found_error(what, parameter, value)));
}
