/*
 * generic.c - calls that the simulator has no rules for, by the specification alone
 *
 * operations.json has every operation of X's OpenAPI file 2.167 that acts for
 * a user. What its schemas refuse is refused here as X does, and what they
 * allow is answered with a value of the answer's schema. Nothing is kept but
 * the line in the ledger; of others kept.c does.
 */
#include <string.h>

#include "tests/xsim/calls/call.h"
#include "tests/xsim/calls/calls.h"
#include "tests/xsim/calls/generic.h"
#include "tests/xsim/calls/schema.h"

#define WORDS_LEN 512

/* What a text of a path or query stands for, by its schema. The caller's. */
static json_t *typed(const json_t *schema, struct str s)
{
	const char *type = json_string_value(json_object_get(schema, "type"));
	int64_t number;

	if (strcmp(type, "integer") == 0 && !text_to_int(s, INT64_MIN, INT64_MAX, &number))
		return need_json(json_integer(number));
	if (strcmp(type, "boolean") == 0 && (str_is(s, "true") || str_is(s, "false")))
		return need_json(json_boolean(str_is(s, "true")));
	json_t *ret = json_stringn(s.len ? s.at : "", s.len);
	return ret ? ret : need_json(json_string("\x1a")); /* no UTF-8: nothing takes that */
}

static json_t *typed_list(const json_t *schema, struct str s)
{
	json_t *list = need_json(json_array());
	struct str item;

	while (list_next(&s, &item))
		json_array_append_new(list, typed(json_object_get(schema, "items"), item));
	return list;
}

static bool check_value(struct call *c, const json_t *parameter, struct str s)
{
	const json_t *schema = json_object_get(parameter, "schema");
	const char *name = json_string_value(json_object_get(parameter, "name"));
	const char *type = json_string_value(json_object_get(schema, "type"));
	char words[WORDS_LEN];
	AUTO_JSON value = strcmp(type, "array") == 0 ? typed_list(schema, s) : typed(schema, s);

	if (schema_check_json(schema, value, words, sizeof(words)))
		return true;
	answer_invalid(c, name, s, "The `%s` query parameter value [%.*s] is not valid: %s",
		name, (int)(s.len < 200 ? s.len : 200), s.at ? s.at : "", words);
	return false;
}

/* The parameter of that name; a text with another name for it is X's older one. */
static const json_t *parameter_of(const struct call *c, const char *in, struct str name)
{
	const json_t *all = json_object_get(c->route->spec, "parameters");
	struct str known = str_is(name, "tweet.fields") ? str_of("post.fields") : name;

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *p = json_array_get(all, i);

		if (str_is(known, json_string_value(json_object_get(p, "name"))) &&
			strcmp(json_string_value(json_object_get(p, "in")), in) == 0)
			return p;
	}
	return NULL;
}

bool generic_check_path(struct call *c)
{
	const char *at = c->route->path;

	for (size_t i = 0; i < ROUTE_PARAMS_MAX && (at = strchr(at, '{')); i++) {
		struct str name = {at + 1, strcspn(at + 1, "}")};
		const json_t *p = parameter_of(c, "path", name);

		if (p && !check_value(c, p, c->path[i]))
			return false;
		at++;
	}
	return true;
}

bool generic_has_query(const struct call *c, const char *name)
{
	return parameter_of(c, "query", str_of(name)) != NULL;
}

static bool has_required(struct call *c)
{
	const json_t *all = json_object_get(c->route->spec, "parameters");

	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *p = json_array_get(all, i);
		const char *name = json_string_value(json_object_get(p, "name"));

		if (strcmp(json_string_value(json_object_get(p, "in")), "query") != 0 ||
			!json_is_true(json_object_get(p, "required")) ||
			params_get(&c->query, name).at)
			continue;
		answer_invalid(c, name, (struct str){NULL, 0},
			"The `%s` query parameter can not be empty", name);
		return false;
	}
	return true;
}

bool generic_check_query(struct call *c)
{
	for (size_t i = 0; i < c->query.count; i++) {
		struct str name = c->query.items[i].name;
		const json_t *p = parameter_of(c, "query", name);
		char shown[64];

		if (!p) {
			text_show(name, shown, sizeof(shown));
			answer_invalid(c, shown, c->query.items[i].value,
				"The query parameter [%s] is not one that %s has", shown,
				c->route->name);
			return false;
		}
		if (!check_value(c, p, c->query.items[i].value))
			return false;
	}
	return has_required(c);
}

/* --- answers --- */

/* Whether a key of an answer names what the call has made. */
static bool is_made(const struct call *c, const char *key)
{
	return strcmp(c->route->method, "POST") == 0 &&
	       (strcmp(key, "id") == 0 || strcmp(key, "post_id") == 0);
}

/* Whether it is a text that no schema says more of, and no instant. */
static bool is_words(const char *key, const json_t *schema)
{
	const char *type = json_string_value(json_object_get(schema, "type"));
	size_t n = strlen(key);

	return type && strcmp(type, "string") == 0 && !json_object_get(schema, "pattern") &&
	       !json_object_get(schema, "format") && !json_object_get(schema, "example") &&
	       !json_object_get(schema, "enum") && (n < 3 || strcmp(key + n - 3, "_at") != 0) &&
	       strcmp(key, "start") != 0 && strcmp(key, "end") != 0 && !strstr(key, "time");
}

static json_t *object_of(struct call *c, const json_t *schema)
{
	json_t *properties = json_object_get(schema, "properties");
	json_t *o = need_json(json_object());

	for (void *at = json_object_iter(properties); at;
		at = json_object_iter_next(properties, at)) {
		const char *key = json_object_iter_key(at);
		const json_t *property = json_object_iter_value(at);

		json_object_set_new(o, key,
			is_made(c, key) ? id_json(world_next_id(&c->x->world, c->r->now.wall))
			: is_words(key, property) ? need_json(json_string("something"))
						  : generic_value(c, property));
	}
	return o;
}

static json_t *text_of(struct call *c, const json_t *schema)
{
	const char *pattern = json_string_value(json_object_get(schema, "pattern"));
	json_t *example = json_object_get(schema, "example");

	if (pattern && strcmp(pattern, "^[0-9]{1,19}$") == 0)
		return id_json(world_next_id(&c->x->world, c->r->now.wall));
	if (json_is_string(example))
		return json_incref(example);
	if (pattern && strstr(pattern, "{2}"))
		return need_json(json_string("EN"));
	return need_json(json_string("2026-01-01T00:00:00.000Z"));
}

json_t *generic_value(struct call *c, const json_t *schema)
{
	const char *type = json_string_value(json_object_get(schema, "type"));
	const json_t *words = json_object_get(schema, "enum");

	if (json_array_size(words))
		return json_incref(json_array_get(words, 0));
	if (!type || strcmp(type, "object") == 0)
		return object_of(c, schema);
	if (strcmp(type, "array") == 0) {
		json_t *items = json_object_get(schema, "items");

		return need_json(
			items ? json_pack("[o]", generic_value(c, items)) : json_array());
	}
	if (strcmp(type, "boolean") == 0)
		return need_json(json_true());
	return strcmp(type, "string") == 0 ? text_of(c, schema) : need_json(json_integer(1));
}

void generic(struct call *c)
{
	const json_t *spec = c->route->spec;

	if (strcmp(c->route->method, "GET") != 0)
		call_effect(c, &(struct effect){.action = c->route->name});
	answer_data(c, (int)json_integer_value(json_object_get(spec, "status")),
		generic_value(c, json_object_get(spec, "answer")));
}
