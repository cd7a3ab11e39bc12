/*
 * requests.c - makes requests of actions, for test_requests.py
 *
 * usage: openapi_requests < lines. Each line is {"action", "args"}. For each
 * one line comes back: {"method", "path", "query", "body"} of the request as
 * the worker sends it, made by the worker's own code; or {"error", "field"}
 * when the check before the queue refuses the arguments.
 */
#include <stdio.h>
#include <string.h>

#include "common/json/args.h"
#include "worker/request.h"
#include "worker/tree.h"

#define BASE "https://api.x.com"
#define SELF "2244994945" /* the acting account */

static json_t *refusal(const struct errmsg *m)
{
	return json_pack("{s:s,s:s}", "error", m->text, "field", m->field);
}

static json_t *made(struct request *r)
{
	const char *path = buf_cstr(&r->url) + strlen(BASE);
	size_t n = strcspn(path, "?");
	struct str body = buf_view(&r->body);

	return json_pack("{s:s,s:s,s:s%,s:s,s:o}", "operation", call_info(r->call)->operation,
		"method", r->method, "path", path, n, "query", path[n] ? path + n + 1 : "",
		"body",
		body.len ? json_loadb(body.at, body.len, JSON_DECODE_ANY, NULL) : json_null());
}

static json_t *answer(const json_t *line)
{
	static const struct request_self self = {BASE, {SELF, sizeof(SELF) - 1}};
	const struct action *a = action_find(tree_text(line, "action"));
	const json_t *args = json_object_get(line, "args");
	struct action_facts f;
	struct errmsg m = {0};
	struct request r = {0};

	if (!a)
		return json_pack("{s:s,s:s}", "error", "no such action", "field", "action");
	if (action_check(a, &args_of_json, args, &f, &m))
		return refusal(&m);
	if (request_build(&self, a, args, &r, &m))
		return json_pack("{s:s}", "unmade", m.text);
	json_t *ret = made(&r);
	request_done(&r);
	return ret;
}

int main(void)
{
	AUTO_TREE line = NULL;

	while ((line = json_loadf(stdin, JSON_DISABLE_EOF_CHECK, NULL))) {
		AUTO_TREE out = answer(line);

		if (!out || json_dumpf(out, stdout, JSON_COMPACT))
			return 1;
		if (putchar('\n') == EOF || fflush(stdout))
			return 1;
		json_decref(line);
		line = NULL;
	}
	return 0;
}
