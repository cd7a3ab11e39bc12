#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/xsim/call.h"
#include "tests/xsim/embed.h"

#define FIXTURES_MAX 64
#define PROBLEM      "application/problem+json"
#define JSON         "application/json; charset=utf-8"

static struct {
	const char *name;
	int status;
	char *text; /* compact */
} fixtures[FIXTURES_MAX];
static size_t fixture_count;

/* "429-rate-limit" and "token-400-…" begin with their status. */
static int status_of(const char *name)
{
	return (int)strtol(strncmp(name, "token-", 6) == 0 ? name + 6 : name, NULL, 10);
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
		fixtures[fixture_count++].text = need(json_dumps(j, JSON_COMPACT));
	}
}

void answers_unload(void)
{
	for (size_t i = 0; i < fixture_count; i++)
		free(fixtures[i].text);
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

void answer_invalid(struct call *c, const char *name, struct str value, const char *fmt, ...)
{
	char message[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);

	json_t *parameters = need_json(json_object());
	if (name)
		json_object_set_new(
			parameters, name, need_json(json_pack("[s%]", value.at, value.len)));
	answer_json(c, 400,
		json_pack("{s:[{s:o,s:s}],s:s,s:s,s:s}", "errors", "parameters", parameters,
			"message", message, "title", "Invalid Request", "detail",
			"One or more parameters to your request was invalid.", "type",
			"https://api.twitter.com/2/problems/invalid-request"));
}

json_t *not_found_error(const char *what, const char *parameter, struct str value)
{
	char detail[160], shown[64];

	text_show(value, shown, sizeof(shown));
	snprintf(detail, sizeof(detail), "Could not find %s with %s: [%s].", what, parameter,
		shown);
	return need_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "value", shown, "detail",
		detail, "title", "Not Found Error", "resource_type", what, "parameter",
		parameter, "resource_id", shown, "type",
		"https://api.twitter.com/2/problems/resource-not-found"));
}

void answer_not_found(struct call *c, const char *what, const char *parameter, struct str value)
{
	answer_json(c, 404,
		json_pack("{s:[o]}", "errors", not_found_error(what, parameter, value)));
}
